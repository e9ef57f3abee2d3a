//! Numbered requirements: what a deployment promises, where that is written, and how it is seen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CheckSpec;

/// The identifier of a requirement within its contract: `R3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RequirementId(pub String);

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a requirement rests on. It caps the verdict: an inference yields a divergence at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The documents of the operations themselves.
    Contract,
    /// Other public pages of the vendor.
    Documentation,
    /// A reading of ours; nothing says so.
    Inference,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contract => "contract",
            Self::Documentation => "documentation",
            Self::Inference => "inference",
        })
    }
}

/// One numbered requirement. Exactly one of `check`, `pending` and `not_observed` says how it is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its number.
    pub id: RequirementId,
    /// What is promised, in a sentence.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
    /// Where that is written: the names of the pages, or why it was inferred.
    pub source: String,
    /// The checks that cover it, each with its parameters; the worst verdict counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<CheckSpec>,
    /// The check that will cover it and does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// Why it cannot be seen from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_observed: Option<String>,
}

/// How a requirement is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coverage<'r> {
    /// By these checks.
    Checked(&'r [CheckSpec]),
    /// By a check that does not exist yet, described here.
    Pending(&'r str),
    /// Not from outside, and why.
    NotObserved(&'r str),
}

impl Requirement {
    /// How it is seen.
    pub fn coverage(&self) -> Coverage<'_> {
        match (&self.pending, &self.not_observed) {
            (Some(pending), _) => Coverage::Pending(pending),
            (None, Some(why)) => Coverage::NotObserved(why),
            (None, None) => Coverage::Checked(&self.check),
        }
    }
}
