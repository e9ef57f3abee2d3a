//! What is there before the first call: callers, and pairs that nobody has registered yet.

use indexmap::IndexMap;

use crate::id::Format;
use crate::keys::Keys;
use crate::runtime::Secret;
use crate::secret::SecretHash;
use crate::state::State;
use crate::store::{Attributes, Guard, Names, NewCredential, Realm, State as CredentialState, StoreError};

/// The caller of a run's own calls.
pub const OPERATOR: &str = "operator";

/// Another caller of the operator's tenant.
pub const COLLEAGUE: &str = "colleague";

/// A caller of the operator's tenant whose credential a run may use up.
pub const LEAVER: &str = "leaver";

/// A caller of another tenant.
pub const OUTSIDER: &str = "outsider";

/// How many unregistered pairs a server offers.
pub const POOL: usize = 256;

/// The credentials of one contract to start with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bootstrap {
    /// Who can act from the start, by name.
    pub callers: IndexMap<String, Pair>,
    /// Pairs that are genuine and not registered.
    pub pool: Vec<Pair>,
    /// Values that the API does not tell and its calls need, by name.
    pub supplied: IndexMap<String, String>,
    /// The steps beside the API that can be taken on the running server, by name.
    pub hooks: Vec<String>,
}

/// An id and its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The part that identifies; empty where the secret alone is presented.
    pub id: String,
    /// The part that proves.
    pub secret: Secret,
    /// Whether a run may revoke it. The next start offers another one then.
    pub expendable: bool,
}

impl Pair {
    /// A pair of these two, not to be revoked.
    pub fn new(id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self { id: id.into(), secret: secret.into(), expendable: false }
    }
}

/// A caller could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Every generation of the caller was revoked.
    #[error("caller {0} was revoked {GENERATIONS} times; start over with an empty database")]
    Exhausted(String),
}

/// How many times a caller may be revoked before a start gives up.
pub const GENERATIONS: u32 = 10_000;

/// A caller that a contract wants.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Tells it from all other callers of the deployment.
    pub caller: String,
    /// Where its credential is kept.
    pub realm: Realm<'a>,
    /// Name of its credential.
    pub name: &'a str,
    /// What its id looks like.
    pub id: Format,
    /// What its secret looks like.
    pub secret: Format,
    /// What else is kept with it.
    pub attributes: Attributes,
}

/// Issues a credential that is not issued over the contract itself, or finds the one of an earlier start. If the same
/// process has made one `before`, it is that one again.
pub async fn credential(
    state: &State,
    wanted: Wanted<'_>,
    before: Option<&Pair>,
) -> Result<Pair, BootstrapError> {
    let (store, now) = (state.store(), state.clock().now());
    let pairs = generations(&wanted.caller).map(|generation| {
        let text = |what, format| generation.text(state.keys(), what, format);
        Pair::new(text("id", &wanted.id), text("secret", &wanted.secret))
    });
    for (pair, turn) in turns(pairs, before) {
        match store.credential(wanted.realm.collection, &pair.id).await? {
            Some(known) if turn == Turn::Open && known.state(now) == CredentialState::Active => {
                return Ok(pair);
            }
            Some(_) => {}
            None => {
                let credential = NewCredential {
                    id: &pair.id,
                    name: wanted.name,
                    names: Names::Shared,
                    secret_hash: SecretHash::of(pair.secret.expose()),
                    material: None,
                    attributes: wanted.attributes.clone(),
                    created_at: now,
                    expires_at: None,
                };
                if let Err(error) = store.issue(wanted.realm, credential, None).await {
                    // Another server on the same database may have been faster.
                    let known = store.credential(wanted.realm.collection, &pair.id).await?;
                    if known.is_none() {
                        return Err(error.into());
                    }
                }
                match turn {
                    Turn::Open => return Ok(pair),
                    Turn::Over => {
                        store.revoke(wanted.realm, &pair.id, Guard::None, now).await?;
                    }
                }
            }
        }
    }
    Err(BootstrapError::Exhausted(wanted.caller))
}

/// Whether a generation of a caller can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It comes before the one that the same process had: it was used up, and stays so at the starts to come.
    Over,
    /// It can, unless it was revoked.
    Open,
}

/// The generations of a caller in their order, where the same process had this one `before`.
pub fn turns(
    generations: impl Iterator<Item = Pair>,
    before: Option<&Pair>,
) -> impl Iterator<Item = (Pair, Turn)> {
    let mut turn = if before.is_some() { Turn::Over } else { Turn::Open };
    generations.map(move |pair| {
        if before.is_some_and(|before| before.id == pair.id) {
            turn = Turn::Open;
        }
        (pair, turn)
    })
}

/// The generations of a caller. One that was revoked is followed by the next at the next start; one that was not is
/// found again, though its secret is stored nowhere, because ids and secrets are derived from the deployment's keys.
pub fn generations(caller: &str) -> impl Iterator<Item = Generation> + '_ {
    (0..GENERATIONS).map(move |number| Generation { purpose: format!("caller {caller} {number}") })
}

/// One generation of a caller.
#[derive(Clone, Debug)]
pub struct Generation {
    purpose: String,
}

impl Generation {
    /// A text of this caller that is the same at each start: its id, its secret.
    pub fn text(&self, keys: &Keys, what: &str, format: &Format) -> String {
        keys.text(&format!("{} {what}", self.purpose), format)
    }
}
