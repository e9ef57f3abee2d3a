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
const GENERATIONS: u32 = 10_000;

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
    let mut is_past = before.is_some();
    for generation in generations(&wanted.caller) {
        let id = generation.text(state.keys(), "id", &wanted.id);
        let secret = Secret::new(generation.text(state.keys(), "secret", &wanted.secret));
        is_past = is_past && before.is_some_and(|before| before.id != id);
        match store.credential(wanted.realm.collection, &id).await? {
            Some(known) if !is_past && known.state(now) == CredentialState::Active => {
                return Ok(Pair::new(id, secret));
            }
            Some(_) => {}
            None => {
                let credential = NewCredential {
                    id: &id,
                    name: wanted.name,
                    names: Names::Shared,
                    secret_hash: SecretHash::of(secret.expose()),
                    material: None,
                    attributes: wanted.attributes.clone(),
                    created_at: now,
                    expires_at: None,
                };
                if let Err(error) = store.issue(wanted.realm, credential, None).await {
                    // Another server on the same database may have been faster.
                    let known = store.credential(wanted.realm.collection, &id).await?;
                    if known.is_none() {
                        return Err(error.into());
                    }
                }
                if !is_past {
                    return Ok(Pair::new(id, secret));
                }
                // It was used up before that one was made, and stays so at the starts to come.
                store.revoke(wanted.realm, &id, Guard::None, now).await?;
            }
        }
    }
    Err(BootstrapError::Exhausted(wanted.caller))
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
