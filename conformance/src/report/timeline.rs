//! The life of a credential in a run, as far as it was seen: issued, used, revoked, used again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::words::MARGIN;
use crate::exchange::ExchangeId;

/// What was seen of one credential in one sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialTimeline {
    /// Its kind.
    pub kind: String,
    /// Its identifier.
    pub id: String,
    /// How long it may go on to be accepted once it is revoked, in seconds, as documented; absent: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// What happened, in order.
    pub events: Vec<Happening>,
    /// How many further events there were, for which there is no room.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Something that happened to a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Happening {
    /// When it was over, in seconds by the deployment's clock since the first event.
    pub at: f64,
    /// When it began, counted from the answer to the revocation; absent: before one was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_revocation: Option<f64>,
    /// What.
    pub what: What,
    /// In words: the step, and why its outcome is unclear if it is.
    pub words: String,
    /// Where: 0 is the base URL, 1 the first further replica.
    #[serde(default, skip_serializing_if = "is_first")]
    pub replica: usize,
    /// Its exchanges, the decisive one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_first(replica: &usize) -> bool {
    *replica == 0
}

/// What happened to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was issued, or registered.
    Issued,
    /// A use of it was accepted.
    Accepted,
    /// A use of it was refused.
    Refused,
    /// A token was given for it.
    TokenGiven,
    /// No token was given for it.
    TokenRefused,
    /// A use of a token for it was accepted.
    TokenAccepted,
    /// A use of a token for it was refused.
    TokenNotAccepted,
    /// Its revocation was acknowledged.
    Revoked,
    /// Its revocation was refused.
    NotRevoked,
    /// Something else was done with it.
    Other,
    /// What came of it does not tell.
    Unclear,
}

/// A use of a credential, seen from its revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before its revocation, or no use at all.
    Usual,
    /// Accepted after its revocation, and no later than documented.
    InWindow,
    /// Accepted after its revocation, and later than documented.
    TooLate,
}

impl CredentialTimeline {
    /// Whether its revocation was acknowledged.
    pub fn is_revoked(&self) -> bool {
        self.events.iter().any(|event| event.what == What::Revoked)
    }

    /// How a use of it stands to its revocation. A token may outlive its credential, so its uses do not count.
    pub fn standing(&self, event: &Happening) -> Standing {
        match (event.what, event.after_revocation) {
            (What::Accepted | What::TokenGiven, Some(after)) if is_late(after, self.bound) => {
                Standing::TooLate
            }
            (What::Accepted | What::TokenGiven, Some(_)) => Standing::InWindow,
            _ => Standing::Usual,
        }
    }
}

/// Whether a use that was accepted so long after a revocation was so later than documented, as the checks see it: where
/// a time is documented, they allow for a margin.
pub(crate) fn is_late(after: f64, bound: Option<f64>) -> bool {
    bound.is_some_and(|bound| bound <= 0.0 || after >= bound + MARGIN.as_secs_f64())
}
