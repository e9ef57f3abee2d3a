//! Parameters of checks of what happens at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lifecycle::{CallerName, Condition, DependentName, KindName, Period};

/// Parameters of `concurrent_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcurrentRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How many at once.
    pub parallel: u8,
    /// How many may succeed.
    pub successes: Successes,
    /// Answers of the others.
    pub others: Vec<Condition>,
}

/// How many of several concurrent revocations may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Successes {
    /// Exactly one.
    One,
    /// At least one.
    AtLeastOne,
}

/// Parameters of `racing_use`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RacingUse {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Longest time that it may still be accepted, counted from the answer to the revocation. A use that was sent
    /// before that answer came may go either way.
    pub within: Period,
    /// How many uses are under way at each moment.
    #[serde(default = "four")]
    pub uses: u8,
}

fn four() -> u8 {
    4
}

/// Parameters of `racing_reference`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RacingReference {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that is created meanwhile.
    pub by: DependentName,
    /// How many races are run, each with a credential of its own.
    #[serde(default = "four")]
    pub rounds: u8,
}

/// Parameters of `last_two_active`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastTwoActive {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// A caller who has one active credential only; a second one is issued.
    pub by: CallerName,
    /// Answers to the revocation that is refused.
    pub answer: Vec<Condition>,
}
