//! Facts about credentials and what refers to them. Knows no HTTP, no vendor and no time of its own.
//!
//! Everything that has to hold under concurrency (a guard, a unique name, the last active credential, one answer for
//! an idempotency key) is one method here, and one transaction in the engine. What comes back is an enum of what can
//! happen. Times, ids and secrets come from the caller. A change is durable before its method answers.

mod answer;
mod credential;
mod error;
mod facts;
mod migration;
mod overview;
mod page;
mod pair;
mod postgres;
mod resource;
mod sql;
mod sqlite;

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

pub use answer::{Answers, Fingerprint, NewAnswer, Recalled, StoredAnswer};
pub use credential::{
    Credential, Credentials, Deletion, Exchange, Guard, Issue, Names, NewCredential, References, Revocation,
    State,
};
pub use error::StoreError;
pub use facts::{
    AnswerFact, CredentialFact, DeletedFact, Facts, PairFact, Reference, ResourceFact, Sealed, Transfer,
    VERSION,
};
pub use overview::{Overview, Placed, Wanted};
pub use page::{Listing, Page, Start};
pub use pair::{Pair, PairState, Pairs, Registration};
pub use postgres::{Postgres, PostgresStore, PostgresUrl};
use rescind_specs::Vendor;
pub use resource::{
    Attributes, Condition, NewResource, Pointing, Registered, Resource, ResourceChange, Resources, Updated,
};
pub use sql::SqlStore;
pub use sqlite::{Sqlite, SqliteStore};

/// What a method of the store returns. Boxed, so that the engine can be chosen when the server starts.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The whole store.
pub trait Store:
    Credentials + Resources + Pairs + Answers + Overview + Transfer + fmt::Debug + Send + Sync + 'static
{
    /// Whether the engine answers; for readiness.
    fn ping(&self) -> Pending<'_, ()>;

    /// Forgets everything, as if the deployment were new.
    fn clear(&self) -> Pending<'_, ()>;

    /// Ends all connections, after what is under way.
    fn close(&self) -> Pending<'_, ()>;
}

/// One kind of record of one contract: its credentials, its service keys, its repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Collection {
    contract: &'static str,
    kind: &'static str,
}

impl Collection {
    /// The records of this kind of a bundled contract; `kind` is a plural noun such as `credentials`.
    pub const fn new(contract: Vendor, kind: &'static str) -> Self {
        Self { contract: contract.name(), kind }
    }

    /// The records of this kind of any contract. The names are kept for as long as the process runs, once each, so they
    /// shall be those of documents and never those that a request gives.
    pub fn named(contract: &str, kind: &str) -> Self {
        Self { contract: interned(contract), kind: interned(kind) }
    }

    /// The name of the contract whose records they are.
    pub fn contract(self) -> &'static str {
        self.contract
    }

    /// The kind of record.
    pub fn kind(self) -> &'static str {
        self.kind
    }

    /// The records of one tenant. A contract without tenants uses one fixed name.
    pub fn of(self, tenant: &str) -> Realm<'_> {
        Realm { collection: self, tenant }
    }
}

/// The one copy of a name.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    kept
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.contract, self.kind)
    }
}

/// The records of one collection that one tenant can see. A method that takes a realm answers for a record outside of
/// it exactly as for one that never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Realm<'a> {
    /// The kind of record.
    pub collection: Collection,
    /// Whose.
    pub tenant: &'a str,
}
