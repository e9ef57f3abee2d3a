//! Credentials: issued, looked up, exchanged, revoked or deleted.

use jiff::Timestamp;

use super::{Attributes, Collection, Listing, NewAnswer, Page, Pending, Realm, StoredAnswer};
use crate::secret::SecretHash;

/// A credential as it is stored; of its secret only the hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// Unique within its collection.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// Given by the caller who issued it.
    pub name: String,
    /// To compare with what a caller presents, in constant time.
    pub secret_hash: SecretHash,
    /// What else the contract keeps with it: scopes, a type, metadata.
    pub attributes: Attributes,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When its record changed last: issued or revoked.
    pub updated_at: Timestamp,
    /// When it was last accepted in an exchange.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is expired; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Credential {
    /// What it is at this time. A revoked credential stays revoked past its expiry.
    pub fn state(&self, now: Timestamp) -> State {
        if self.revoked_at.is_some() {
            State::Revoked
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            State::Expired
        } else {
            State::Active
        }
    }
}

/// What a credential is at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Neither revoked nor expired.
    Active,
    /// Past `expires_at`, never revoked.
    Expired,
    /// Revoked, for good.
    Revoked,
}

/// A credential to issue.
#[derive(Clone, Debug)]
pub struct NewCredential<'a> {
    /// From the id generator.
    pub id: &'a str,
    /// From the caller.
    pub name: &'a str,
    /// Whether another credential of the tenant may have the same name.
    pub names: Names,
    /// Hash of the secret.
    pub secret_hash: SecretHash,
    /// Secret material to keep for somebody, sealed; `None` where the hash is all that is needed.
    pub material: Option<&'a str>,
    /// What else is kept with it.
    pub attributes: Attributes,
    /// The present time.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// Whether names are unique within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Any number of credentials may share one.
    Shared,
    /// Of all that exist, one at most.
    Unique,
    /// Of all that are not revoked, one at most.
    UniqueUntilRevoked,
}

/// What came of issuing, or of another creation under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issue {
    /// It exists now, and the answer is stored under the key, if one was given.
    Issued,
    /// There is a credential with this id already, in this state; nothing was stored.
    IdTaken(State),
    /// This id has the name; nothing was stored.
    NameTaken(String),
    /// The key was used for the same request before; this is the answer of then. Nothing else was done.
    Replayed(StoredAnswer),
    /// The key was used for another request before. Nothing was done.
    KeyReused,
}

/// What came of exchanging a credential for a token.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is looked at once and dropped")]
pub enum Exchange {
    /// Accepted; `last_used_at` is moved and durable.
    Accepted(Credential),
    /// No credential has this id.
    Unknown,
    /// The secret is not the one of this id.
    WrongSecret,
    /// Refused, without a trace in the record.
    Refused(State),
}

/// What must remain after a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// At least one active credential of the tenant.
    KeepOneActive,
}

/// What came of revoking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It was not revoked before. Of concurrent revocations of one credential, exactly one gets this.
    Revoked,
    /// It had been revoked at this time; nothing changed.
    AlreadyRevoked {
        /// When; the first revocation stands.
        at: Timestamp,
    },
    /// The realm has no such id.
    Unknown,
    /// It is the only active credential of its tenant and stays so.
    LastActive,
}

/// What a deletion does about records that refer to the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// They prevent it.
    Prevent,
    /// They lose their reference. No contract asks for this; it is a promise to break.
    Clear,
}

/// What came of deleting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The record is gone, with its secret material.
    Deleted,
    /// The realm has no such id.
    Unknown,
    /// This record refers to it: one that existed, and did so, in the moment of the refusal. Nothing changed.
    InUse {
        /// Its id.
        dependent: String,
    },
}

/// Facts about credentials.
pub trait Credentials {
    /// Issues a credential, and stores the answer under an idempotency key in the same step.
    fn issue<'a>(
        &'a self,
        realm: Realm<'a>,
        credential: NewCredential<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Issue>;

    /// The credential with this id, whoever's it is.
    fn credential<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, Option<Credential>>;

    /// Whether the realm had a record with this id, of whatever kind, that was deleted.
    fn was_deleted<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, bool>;

    /// The credential with this secret, where the secret alone is presented.
    fn credential_by_secret<'a>(
        &'a self,
        collection: Collection,
        secret: &'a SecretHash,
    ) -> Pending<'a, Option<Credential>>;

    /// Accepts an active credential with the right secret, and moves its `last_used_at`.
    fn exchange<'a>(
        &'a self,
        collection: Collection,
        id: &'a str,
        secret: &'a SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Exchange>;

    /// Revokes a credential; the record stays.
    fn revoke<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        guard: Guard,
        now: Timestamp,
    ) -> Pending<'a, Revocation>;

    /// Deletes a credential; the record and its secret material go.
    fn delete<'a>(&'a self, realm: Realm<'a>, id: &'a str, references: References) -> Pending<'a, Deletion>;

    /// A page of the tenant's credentials; of those whose attribute has this value, if a filter is given.
    fn credentials<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Credential>>;

    /// Takes a revocation back, and says whether there was one. No contract allows this; it is a promise to break.
    fn revive<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, bool>;
}
