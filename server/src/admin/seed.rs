//! Credentials and resources that are added from outside, beside those that callers make.

use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::generated::admin::types::{Seed, SeedCredential, SeedPair, SeedResource, Seeded};
use crate::secret::SecretHash;
use crate::served::Contracts;
use crate::state::State;
use crate::store::{
    Collection, Guard, Issue, NewCredential, NewResource, Registered, Registration, StoreError,
};

/// Whose everything is where a contract has no tenants.
const NO_TENANT: &str = "-";

/// Why a seed was not added, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A contract is not served.
    #[error("{item}: contract {contract:?} is not served")]
    UnknownContract {
        /// Where in the seed.
        item: String,
        /// What it names.
        contract: String,
    },
    /// A contract keeps nothing of this kind.
    #[error("{item}: {contract} keeps no {kind:?}; it keeps {known}")]
    UnknownKind {
        /// Where in the seed.
        item: String,
        /// The contract.
        contract: String,
        /// What it names.
        kind: String,
        /// What there is.
        known: String,
    },
    /// Something else is there already.
    #[error("{item}: {id:?} is there already, with another {differs}")]
    Taken {
        /// Where in the seed.
        item: String,
        /// The id.
        id: String,
        /// In what it differs.
        differs: &'static str,
    },
    /// The name belongs to another resource.
    #[error("{item}: {id:?} has this name already")]
    NameTaken {
        /// Where in the seed.
        item: String,
        /// Who has it.
        id: String,
    },
    /// It refers to a credential that is not there, or revoked.
    #[error("{item}: the credential that it refers to is not there, or is revoked")]
    CredentialUnknown {
        /// Where in the seed.
        item: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds several, one after the other.
///
/// # Errors
/// Something of one does not fit.
pub(crate) fn add_all(
    seeds: Vec<Seed>,
    contracts: Contracts,
    state: State,
) -> BoxFuture<'static, Result<(), SeedError>> {
    Box::pin(async move {
        for seed in &seeds {
            add(seed, &contracts, &state).await?;
        }
        Ok(())
    })
}

/// Adds what a seed names and is not there yet.
///
/// # Errors
/// Something of it does not fit; says which item. The items before it were added.
pub(super) async fn add(seed: &Seed, contracts: &Contracts, state: &State) -> Result<Seeded, SeedError> {
    let now = state.clock().now();
    let mut added = Seeded { credentials: 0, pairs: 0, resources: 0 };
    for (number, credential) in seed.credentials.iter().flatten().enumerate() {
        let item = format!("credentials[{number}]");
        added.credentials += i64::from(add_credential(credential, item, contracts, state, now).await?);
    }
    for (number, pair) in seed.pairs.iter().flatten().enumerate() {
        added.pairs += i64::from(add_pair(pair, format!("pairs[{number}]"), state, now).await?);
    }
    for (number, resource) in seed.resources.iter().flatten().enumerate() {
        let item = format!("resources[{number}]");
        added.resources += i64::from(add_resource(resource, item, contracts, state, now).await?);
    }
    tracing::info!(
        credentials = added.credentials,
        pairs = added.pairs,
        resources = added.resources,
        "a seed was added"
    );
    Ok(added)
}

/// Says whether it was added. What was deleted or revoked since it was added stays so.
async fn add_credential(
    seed: &SeedCredential,
    item: String,
    contracts: &Contracts,
    state: &State,
    now: Timestamp,
) -> Result<bool, SeedError> {
    let collection = collection(&item, &seed.contract, &seed.kind, contracts)?;
    let tenant = seed.tenant.as_deref().unwrap_or(NO_TENANT);
    let realm = collection.of(tenant);
    state.journal().taint(seed.secret.expose());
    let secret_hash = SecretHash::of(seed.secret.expose());
    let store = state.store();
    let mut is_new = false;
    loop {
        if let Some(known) = store.credential(collection, &seed.id).await? {
            let differs = if known.tenant != tenant {
                "tenant"
            } else if known.secret_hash != secret_hash {
                "secret"
            } else {
                break;
            };
            return Err(SeedError::Taken { item, id: seed.id.to_string(), differs });
        }
        if store.was_deleted(realm, &seed.id).await? {
            return Ok(false);
        }
        let credential = NewCredential {
            id: &seed.id,
            name: seed.name.as_deref().unwrap_or(&seed.id),
            names: crate::vendor::names(collection),
            secret_hash,
            material: None,
            attributes: seed.attributes.clone().unwrap_or_default(),
            created_at: seed.created_at.unwrap_or(now),
            expires_at: seed.expires_at,
        };
        match store.issue(realm, credential, None).await? {
            // Another server on the same database has added it meanwhile, or something else.
            Issue::IdTaken(_) => {}
            Issue::NameTaken(id) if id == *seed.id => {}
            Issue::NameTaken(id) => return Err(SeedError::NameTaken { item, id }),
            Issue::Issued | Issue::Replayed(_) | Issue::KeyReused => {
                is_new = true;
                break;
            }
        }
    }
    if let Some(revoked_at) = seed.revoked_at {
        store.revoke(realm, &seed.id, Guard::None, revoked_at).await?;
    }
    Ok(is_new)
}

/// Says whether it was added. What was revoked since it was added stays so.
async fn add_pair(seed: &SeedPair, item: String, state: &State, now: Timestamp) -> Result<bool, SeedError> {
    state.journal().taint(seed.secret.expose());
    let secret_hash = SecretHash::of(seed.secret.expose());
    let created_at = seed.created_at.unwrap_or(now);
    let registration = state.store().register_pair(&seed.id, secret_hash, created_at).await?;
    if let Some(known) = state.store().pair(&seed.id).await?
        && known.secret_hash != secret_hash
    {
        return Err(SeedError::Taken { item, id: seed.id.to_string(), differs: "secret" });
    }
    if let Some(revoked_at) = seed.revoked_at {
        state.store().revoke_pair(&seed.id, revoked_at).await?;
    }
    Ok(registration == Registration::Registered)
}

/// Says whether it was added. What was deleted or changed since it was added stays so.
async fn add_resource(
    seed: &SeedResource,
    item: String,
    contracts: &Contracts,
    state: &State,
    now: Timestamp,
) -> Result<bool, SeedError> {
    let at = collection(&item, &seed.contract, &seed.kind, contracts)?;
    let credential = match &seed.credential {
        Some(named) => Some((collection(&item, &seed.contract, &named.kind, contracts)?, named.id.as_str())),
        None => None,
    };
    let realm = at.of(seed.tenant.as_deref().unwrap_or(NO_TENANT));
    let store = state.store();
    if store.resource(realm, &seed.id).await?.is_some() || store.was_deleted(realm, &seed.id).await? {
        return Ok(false);
    }
    let resource = NewResource {
        id: &seed.id,
        name: &seed.name,
        credential,
        attributes: seed.attributes.clone().unwrap_or_default(),
        created_at: seed.created_at.unwrap_or(now),
    };
    match store.register(realm, resource, None).await? {
        // Another server on the same database has added it meanwhile.
        Registered::Issue(Issue::NameTaken(id)) if id == *seed.id => Ok(false),
        Registered::Issue(Issue::NameTaken(id)) => Err(SeedError::NameTaken { item, id }),
        Registered::IdTaken if store.resource(realm, &seed.id).await?.is_some() => Ok(false),
        Registered::IdTaken => Err(SeedError::Taken { item, id: seed.id.to_string(), differs: "tenant" }),
        Registered::CredentialUnknown => Err(SeedError::CredentialUnknown { item }),
        Registered::Issue(_) => Ok(true),
    }
}

/// The records of that kind of a contract that is served.
fn collection(
    item: &str,
    contract: &str,
    kind: &str,
    contracts: &Contracts,
) -> Result<Collection, SeedError> {
    let Some(served) = contracts.get(contract) else {
        return Err(SeedError::UnknownContract { item: item.to_owned(), contract: contract.to_owned() });
    };
    let known = served.collections();
    known.iter().find(|collection| collection.kind() == kind).copied().ok_or_else(|| SeedError::UnknownKind {
        item: item.to_owned(),
        contract: contract.to_owned(),
        kind: kind.to_owned(),
        known: known.iter().map(|collection| collection.kind()).collect::<Vec<_>>().join(", "),
    })
}

/// A file is no seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedFileError {
    /// It cannot be read.
    #[error("the seed {path} cannot be read")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// It is something else. What it holds is not shown: it may be a secret.
    #[error("{path}:{line}:{column}: {at} is not as the schema `Seed` of the admin listener's document says")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// Where within the document.
        at: String,
    },
}

/// The seed in a JSON file.
///
/// # Errors
/// The file cannot be read, or is no seed.
pub fn read(path: &Path) -> Result<Seed, SeedFileError> {
    let file = |source| SeedFileError::File { path: path.to_owned(), source };
    let text = std::fs::read(path).map_err(file)?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| SeedFileError::Syntax {
        path: path.to_owned(),
        line: error.inner().line(),
        column: error.inner().column(),
        at: error.path().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_seed_is_told_with_its_place_and_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        assert!(matches!(read(&path), Err(SeedFileError::File { .. })));
        std::fs::write(&path, "{\"pairs\": [\n  {\"id\": \"ak_1\", \"secret\": [\"sk_secret\"]}]}").unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(told.contains("seed.json:2:") && told.contains("pairs[0].secret"), "{told}");
        assert!(!told.contains("sk_secret"), "{told}");
        std::fs::write(&path, "{\"pairs\": [{\"id\": \"ak_1\", \"secret\": \"sk_secret\"}]}").unwrap();
        let seed = read(&path).unwrap();
        assert_eq!(seed.pairs.as_ref().map(Vec::len), Some(1));
        assert!(!format!("{seed:?}").contains("sk_secret"));
    }
}
