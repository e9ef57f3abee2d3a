//! What a breach leaves behind so that it can be looked for again: steps in the words of the contract, never a secret.

use rescind_specs::lifecycle::{CheckSpec, KindName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shrink;
use crate::lifecycle::{History, Step};

/// How to look for a breach once more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// By running a sequence of lifecycle steps.
    Sequence(RepeatedSequence),
}

/// A sequence of lifecycle steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedSequence {
    /// The kind of credential that it is about.
    pub of: KindName,
    /// The check that judges what comes of it, with its parameters; absent: all requirements together do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckSpec>,
    /// The steps, in order.
    pub steps: Vec<RepeatedStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedStep {
    /// What it does, for people; nothing reads this.
    #[serde(default)]
    pub about: String,
    /// The step.
    #[serde(rename = "do")]
    pub step: Step,
}

impl Repeat {
    /// The steps of a history, to be judged by a check of a requirement, or by all requirements.
    pub(crate) fn sequence(of: &KindName, check: Option<&CheckSpec>, history: &History) -> Self {
        let steps =
            shrink::steps(history).into_iter().map(|step| RepeatedStep { about: step.to_string(), step });
        Self::Sequence(RepeatedSequence { of: of.clone(), check: check.cloned(), steps: steps.collect() })
    }
}
