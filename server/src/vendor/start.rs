//! Who can call each contract before anybody was given a credential over it.

use indexmap::IndexMap;
use rescind_specs::Vendor;
use serde_json::{Value, json};

use super::records::{dinie, entrytarget, shiftagent};
use crate::bootstrap::{
    self, Bootstrap, BootstrapError, COLLEAGUE, LEAVER, OPERATOR, OUTSIDER, POOL, Pair, Turn, Wanted,
    generations, turns,
};
use crate::id::Format;
use crate::secret::SecretHash;
use crate::state::State;
use crate::store::{NewResource, PairState, Realm, Registration};

/// Makes the callers of a contract, or finds them again after a restart. Those that the same process has made `before` are
/// made again.
pub async fn bootstrap(
    vendor: Vendor,
    state: &State,
    before: &Bootstrap,
) -> Result<Bootstrap, BootstrapError> {
    match vendor {
        // Nobody needs a credential to ask for one.
        Vendor::WattShift => Ok(Bootstrap::default()),
        Vendor::Dinie => partners(state, before).await,
        Vendor::ShiftAgent => service_keys(state, before).await,
        Vendor::EntryTarget => pairs(state, before).await,
    }
}

async fn partners(state: &State, before: &Bootstrap) -> Result<Bootstrap, BootstrapError> {
    let mut start = Bootstrap::default();
    for (name, partner) in [OPERATOR, OUTSIDER].into_iter().zip(dinie::PARTNERS) {
        let wanted = Wanted {
            caller: format!("dinie {name}"),
            realm: dinie::CREDENTIALS.of(partner),
            name,
            id: dinie::CLIENT_ID,
            secret: dinie::CLIENT_SECRET,
            attributes: serde_json::Map::new(),
        };
        let pair = bootstrap::credential(state, wanted, before.callers.get(name)).await?;
        start.callers.insert(name.to_owned(), pair);
    }
    Ok(start)
}

async fn service_keys(state: &State, before: &Bootstrap) -> Result<Bootstrap, BootstrapError> {
    let mut start = Bootstrap::default();
    let [own, foreign] = shiftagent::ROOT_TENANTS;
    for (name, root) in [(OPERATOR, own), (OUTSIDER, foreign), (COLLEAGUE, own), (LEAVER, own)] {
        let wanted = Wanted {
            caller: format!("shiftagent {name}"),
            realm: shiftagent::SERVICE_KEYS.of(root),
            name,
            id: shiftagent::KEY_ID,
            secret: shiftagent::SERVICE_KEY,
            attributes: [("scopes".to_owned(), json!(shiftagent::SCOPES))].into_iter().collect(),
        };
        let key = bootstrap::credential(state, wanted, before.callers.get(name)).await?;
        start.callers.insert(name.to_owned(), Pair { expendable: name == LEAVER, ..key });
    }
    for root in shiftagent::ROOT_TENANTS {
        let tenants = shiftagent::TENANTS.of(root);
        let tenant = member(state, tenants, shiftagent::TENANT_EXTERNAL_ID, &shiftagent::TENANT_ID).await?;
        let users = shiftagent::USERS.of(&tenant);
        member(state, users, shiftagent::USER_EXTERNAL_ID, &shiftagent::USER_ID).await?;
    }
    start.supplied = IndexMap::from([
        ("tenant".to_owned(), shiftagent::TENANT_EXTERNAL_ID.to_owned()),
        ("user".to_owned(), shiftagent::USER_EXTERNAL_ID.to_owned()),
    ]);
    Ok(start)
}

/// The id of the record with this external id, which is made if it is missing.
async fn member(
    state: &State,
    realm: Realm<'_>,
    external_id: &str,
    format: &Format,
) -> Result<String, BootstrapError> {
    if let Some(known) = state.store().resource_named(realm, external_id).await? {
        return Ok(known.id);
    }
    let id = state.keys().text(&format!("{} {} {external_id}", realm.collection, realm.tenant), format);
    let record = NewResource {
        id: &id,
        name: external_id,
        credential: None,
        attributes: [("status".to_owned(), Value::from("active"))].into_iter().collect(),
        created_at: state.clock().now(),
    };
    state.store().register(realm, record, None).await?;
    Ok(id)
}

async fn pairs(state: &State, before: &Bootstrap) -> Result<Bootstrap, BootstrapError> {
    let derivation = entrytarget::derivation(state);
    let mut start = Bootstrap::default();
    let pairs = generations("entrytarget operator").map(|generation| {
        let id = generation.text(state.keys(), "id", &entrytarget::API_KEY);
        let secret = derivation.secret(&id);
        Pair::new(id, secret)
    });
    for (pair, turn) in turns(pairs, before.callers.get(OPERATOR)) {
        let hash = SecretHash::of(pair.secret.expose());
        match state.store().register_pair(&pair.id, hash, state.clock().now()).await? {
            Registration::Registered if turn == Turn::Over => {
                state.store().revoke_pair(&pair.id, state.clock().now()).await?;
            }
            Registration::Registered | Registration::Duplicate(PairState::Active) => {
                start.callers.insert(OPERATOR.to_owned(), pair);
                break;
            }
            Registration::Duplicate(PairState::Revoked { .. }) => {}
        }
    }
    if start.callers.is_empty() {
        return Err(BootstrapError::Exhausted("entrytarget operator".to_owned()));
    }
    start.pool = mint(state, POOL);
    Ok(start)
}

/// Genuine pairs that were never made before, for contracts whose pairs come from elsewhere.
pub fn mint(state: &State, count: usize) -> Vec<Pair> {
    let derivation = entrytarget::derivation(state);
    let pairs = std::iter::repeat_with(|| derivation.mint(state.ids()));
    pairs.take(count).map(|(id, secret)| Pair::new(id, secret)).collect()
}
