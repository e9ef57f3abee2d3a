//! Requests and their answers as a result keeps them: redacted, and with bodies cut to a bound.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::{ExchangeId, Timing};

/// One request, and what came of it. It holds no secret: they are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeRecord {
    /// Its number within the run of its contract, from 0.
    pub id: ExchangeId,
    /// The operation that it calls; absent for a call that no operation documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Whose credential it presented.
    pub by: Presenter,
    /// Where it was sent: 0 is the base URL, 1 the first further replica.
    #[serde(default, skip_serializing_if = "is_first")]
    pub replica: usize,
    /// Whether it was under way alone.
    #[serde(default, skip_serializing_if = "is_alone")]
    pub timing: Timing,
    /// When it was sent, by the deployment's clock.
    #[schemars(with = "String")]
    pub sent: Timestamp,
    /// How long the reply took, in seconds by a clock that nobody moves.
    pub took: f64,
    /// The method.
    pub method: String,
    /// Path and query, relative to the base URL.
    pub target: String,
    /// The headers that the judge set, each a name and a value.
    pub headers: Vec<(String, String)>,
    /// The body, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyRecord>,
    /// What came of it.
    pub reply: ReplyRecord,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_first(replica: &usize) -> bool {
    *replica == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_alone(timing: &Timing) -> bool {
    *timing == Timing::InTurn
}

/// Whose credential a request presented, as far as the judge knows where it had it from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum Presenter {
    /// Nobody's.
    Nobody,
    /// One that was made up or spoiled.
    Unknown,
    /// That of a caller whom the operator supplied, or a token for it.
    Caller(String),
    /// One that the run issued or registered, by its identifier.
    Credential(String),
    /// A token for one that the run issued or registered, by its identifier.
    Token(String),
}

/// A body as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyRecord {
    /// Its length in bytes, as it was sent.
    pub length: u64,
    /// What is kept of it, as text; what is no UTF-8 is replaced.
    pub text: String,
    /// What is missing of it.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub kept: Kept,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_whole(kept: &Kept) -> bool {
    *kept == Kept::Whole
}

/// How much is kept of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// All of it.
    #[default]
    Whole,
    /// Its beginning.
    Beginning,
    /// Nothing, for its length.
    NothingTooLong,
    /// Nothing, because it is encoded, and so nobody can tell whether it holds a secret.
    NothingEncoded,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyRecord {
    /// A response.
    Received {
        /// The status.
        status: u16,
        /// The headers, each a name and a value.
        headers: Vec<(String, String)>,
        /// The body, unless it is empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<BodyRecord>,
    },
    /// None, and why.
    Lost(String),
}

impl ReplyRecord {
    /// The status, unless the reply was lost.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Received { status, .. } => Some(*status),
            Self::Lost(_) => None,
        }
    }
}
