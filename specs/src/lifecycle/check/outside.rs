//! Parameters of checks around steps outside of the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Means;
use crate::lifecycle::{Call, Condition, HookName, KindName};

/// Parameters of `use_during_outage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseDuringOutage {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The hook that begins the outage.
    pub during: HookName,
    /// Answers to a use that is not accepted.
    pub answer: Vec<Condition>,
}

/// Parameters of `call_after_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallAfterRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How the credential is revoked.
    #[serde(default)]
    pub by: Means,
    /// The call that has nothing to do with it.
    pub call: Call,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
}
