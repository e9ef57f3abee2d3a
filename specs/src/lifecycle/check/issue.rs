//! Parameters of checks of issuing, issuing again and expiring.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Means;
use crate::lifecycle::{Call, Condition, JsonTemplate, KindName, Period};

/// Parameters of `usable_after_issue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsableAfterIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// What happens before it is issued.
    #[serde(default)]
    pub first: FirstUse,
}

/// What happens to a credential before it is issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FirstUse {
    /// Nothing.
    #[default]
    Nothing,
    /// It is used and refused. Only where it is known beforehand, as one of the pool is.
    Refused,
}

/// Parameters of `reissue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How the first one is revoked.
    #[serde(default)]
    pub by: Means,
    /// What issuing the same again gives.
    pub gives: Reissued,
    /// Answers that keep the promise; one has to fit. Absent: those that mean success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<Condition>,
}

/// What issuing the same again after a revocation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reissued {
    /// A different credential; the old one stays dead.
    Another,
    /// A refusal; the old one stays dead.
    Refusal,
}

/// Parameters of `replayed_issue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayedIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How long an answer is kept.
    pub window: Period,
}

/// Parameters of `refused_issue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Members that replace those of the issuing body (RFC 7396).
    pub body: JsonTemplate,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// Whether the right body was issued before.
    #[serde(default)]
    pub first: ThenIssue,
    /// Whether the right body is issued afterwards all the same.
    #[serde(default)]
    pub then: ThenIssue,
}

/// What precedes or follows a refused issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ThenIssue {
    /// Nothing.
    #[default]
    Nothing,
    /// The right body is sent and succeeds.
    Succeeds,
}

/// Parameters of `expiry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// What the refusal has to be like beyond the probe's own condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
}

/// Parameters of `secret_shown_once`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretShownOnce {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Calls whose answers are searched as well, beside all those that a run makes anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Call>,
}
