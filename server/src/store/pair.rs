//! Key pairs of table `api_credential`: registered from outside, revoked over the API or by hand in the database.

use jiff::Timestamp;

use super::Pending;
use crate::secret::SecretHash;

/// A registered pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The half that identifies.
    pub api_key: String,
    /// To compare with the half that proves, in constant time.
    pub secret_hash: SecretHash,
    /// Whether it is accepted.
    pub state: PairState,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Whether a pair is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairState {
    /// It is.
    Active,
    /// Not any more. Without a time if somebody cleared `active` by hand; a pair that was revoked over the API stays
    /// so, whatever is written into that column afterwards.
    Revoked {
        /// When it was revoked over the API.
        at: Option<Timestamp>,
    },
}

/// What came of registering a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// It is active now.
    Registered,
    /// The key exists already, in this state; nothing changed.
    Duplicate(PairState),
}

/// Facts about key pairs.
pub trait Pairs {
    /// Registers a pair that is known to be genuine.
    fn register_pair<'a>(
        &'a self,
        api_key: &'a str,
        secret: SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Registration>;

    /// The pair with this key, as it is in the table at this moment.
    fn pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, Option<Pair>>;

    /// Revokes a pair: `true` if it was active. Of concurrent revocations of one pair, exactly one gets `true`; an
    /// unknown key and one that is already revoked get `false` alike.
    fn revoke_pair<'a>(&'a self, api_key: &'a str, now: Timestamp) -> Pending<'a, bool>;

    /// Makes a pair inactive without a time, as whoever changes the table by hand does; says whether it is there.
    fn deactivate_pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, bool>;

    /// How many pairs were made inactive by hand.
    fn edited_pairs(&self) -> Pending<'_, u64>;

    /// How many pairs are active.
    fn active_pairs(&self) -> Pending<'_, u64>;

    /// Makes a revoked pair active again, with this secret. No contract allows this; it is a promise to break.
    fn revive_pair<'a>(&'a self, api_key: &'a str, secret: SecretHash) -> Pending<'a, bool>;
}
