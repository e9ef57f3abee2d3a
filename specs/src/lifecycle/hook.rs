//! Steps outside of the API: what the operator of a run can do to a deployment that no operation does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HookName, KindName};

/// A step outside of the API. How it is done stands in the target file of the run; without that, whatever needs it is
/// not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// What it does, in a sentence for whoever supplies it.
    pub about: String,
    /// What it means for credentials.
    pub does: HookEffect,
}

/// What a step outside of the API means for credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HookEffect {
    /// The deployment is started again. No credential changes; whatever was remembered in memory is forgotten.
    Restart,
    /// It revokes the credential of this kind whose identifier it is given.
    Revoke(KindName),
    /// Credentials cannot be looked up until another hook is run.
    OutageUntil(HookName),
    /// It ends an outage.
    Recover,
}

/// A value that only the operator of a run knows: `$supplied.NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supplied {
    /// What it is, in a sentence for whoever supplies it.
    pub about: String,
}
