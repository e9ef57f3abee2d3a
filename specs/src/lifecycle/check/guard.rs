//! Parameters of checks of what refers to a credential.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lifecycle::{Condition, DependentName, KindName};

/// Parameters of `guard`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that refers to it.
    pub by: DependentName,
    /// How many of them.
    #[serde(default = "one")]
    pub dependents: u8,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// Where the answer names a dependent that really refers to the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub names_dependent: Option<crate::Pointer>,
}

fn one() -> u8 {
    1
}

/// Parameters of `guard_lifted`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardLifted {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that refers to it.
    pub by: DependentName,
    /// The ways to remove the reference, each tried with a credential of its own.
    pub ways: Vec<Lift>,
}

/// A way to remove a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lift {
    /// The dependent is made to refer to another credential.
    Repoint,
    /// The reference is cleared.
    Clear,
    /// The dependent is deleted.
    Delete,
}

/// Parameters of `revoked_reference`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedReference {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that would refer to it.
    pub by: DependentName,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
}
