//! Parameters of checks of what a revocation does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lifecycle::{
    CallerName, Condition, HookName, JsonTemplate, KindName, Nothing, Period, TokenName, WayName,
};

/// Parameters of `use_after_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseAfterRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Longest time that it may still be accepted, counted from the answer to the revocation.
    pub within: Period,
    /// The time that is recommended, shorter than `within`: accepted past it is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Period>,
    /// How long it is watched after that.
    pub watch: Period,
    /// How it is used until then.
    #[serde(default)]
    pub traffic: Traffic,
    /// From when on every use has to be refused.
    #[serde(default)]
    pub settles: Settles,
    /// What the refusal has to be like beyond the probe's own condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
    /// How it is revoked.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
    /// The hook that is run right after the revocation, such as a restart. `within` is counted from its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<HookName>,
    /// The caller whose own credential is used and revoked; absent: one is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<CallerName>,
}

/// How a credential is revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// With the documented call.
    #[default]
    Call,
    /// By a step outside of the API.
    Hook(HookName),
    /// In one of the further ways.
    Way(WayName),
}

impl Means {
    /// The hook, if it is one.
    pub fn hook(&self) -> Option<&HookName> {
        match self {
            Self::Call | Self::Way(_) => None,
            Self::Hook(name) => Some(name),
        }
    }

    /// The further way, if it is one.
    pub fn way(&self) -> Option<&WayName> {
        match self {
            Self::Call | Self::Hook(_) => None,
            Self::Way(name) => Some(name),
        }
    }

    pub(super) fn is_call(&self) -> bool {
        *self == Self::Call
    }
}

/// Parameters of `repeated_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How it is revoked the first time.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// How a credential is used around its revocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// A few uses, spread over the time watched.
    #[default]
    Steady,
    /// Uses so dense that each falls into the window that the one before could have renewed.
    Continuous,
    /// Never used before it is revoked.
    Unused,
}

/// From when on every use of a revoked credential has to be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Settles {
    /// From the bound on; before it, refused and accepted may alternate.
    #[default]
    AtBound,
    /// From the first refusal on, even before the bound.
    AtFirstRefusal,
}

/// Parameters of `outstanding_tokens`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutstandingTokens {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The kind of token.
    pub token: TokenName,
    /// How the credential is revoked.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
}

/// Parameters of `revocation_answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationAnswer {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How it is revoked.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// Parameters of `others_unaffected`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OthersUnaffected {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How the one is revoked.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
}

/// Parameters of `others_revoked`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OthersRevoked {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How the one is revoked: a way that ends all.
    pub by: Means,
    /// Longest time that the others may still be accepted, counted from the answer to the revocation.
    pub within: Period,
}

/// Parameters of `token_lifetime`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenLifetime {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The kind of token.
    pub token: TokenName,
    /// Longest life.
    pub at_most: Period,
    /// What the refusal after that should be like; another refusal is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
}

/// Parameters of `revocation_body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBody {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Bodies that revoke.
    pub accepted: Vec<BodyCase>,
    /// Bodies that are refused.
    pub rejected: Vec<BodyCase>,
    /// Answers to those that are refused.
    pub answer: Vec<Condition>,
}

/// One body of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyCase {
    /// No body at all.
    Absent(Nothing),
    /// This JSON value.
    Json(JsonTemplate),
    /// An object with one member: so many repetitions of a letter.
    LongText {
        /// The member.
        member: String,
        /// How many characters.
        length: usize,
    },
}

/// Parameters of `revoked_by_another`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedByAnother {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The caller who revokes; absent: another credential of the same kind does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallerName>,
}

/// Parameters of `self_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
}

/// Parameters of `listed_after_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedAfterRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How it is revoked.
    #[serde(default, skip_serializing_if = "Means::is_call")]
    pub by: Means,
    /// Whether it is listed then.
    pub listed: ListedAs,
    /// Members that keep their values, by JSON pointer into the item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub keeps: Vec<crate::Pointer>,
    /// Members that change with each use that is accepted, and with none that is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub moves: Vec<crate::Pointer>,
}

/// Whether a revoked credential is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListedAs {
    /// It stays, marked as revoked.
    Revoked,
    /// It is gone.
    Gone,
}

/// Parameters of `last_active`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastActive {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// A caller who has one active credential only, and attempts to revoke it.
    pub by: CallerName,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
    /// What is left of the caller then.
    #[serde(default)]
    pub then: AfterLast,
}

/// What is left of a caller who attempted to revoke its last active credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterLast {
    /// The credential, which keeps working.
    #[default]
    Kept,
    /// Nothing; a credential that is issued then restores access. The caller is used up.
    Restored,
}
