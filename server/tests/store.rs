//! What the store promises, above all under concurrency and across a restart.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "another program crashes its cluster")]
#[path = "support/postgres.rs"]
mod postgres;

use std::fmt::Write as _;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use rescind_server::Vendor;
use rescind_server::id::{Alphabet, Format, Ids};
use rescind_server::secret::{Sealer, SecretHash};
use rescind_server::store::{
    Attributes, Collection, Condition, Deletion, Exchange, Facts, Fingerprint, Guard, Issue, Listing, Names,
    NewAnswer, NewCredential, NewResource, Page, PairState, Pointing, PostgresStore, PostgresUrl, Recalled,
    References, Registered, Registration, ResourceChange, ResourceFact, Revocation, SqliteStore, Start,
    State, Store, StoreError, StoredAnswer, Transfer as _, Updated,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::task::JoinSet;

use self::postgres::Schema;

const CREDENTIALS: Collection = Collection::new(Vendor::ShiftAgent, "credentials");
const REPOSITORIES: Collection = Collection::new(Vendor::ShiftAgent, "repositories");
const DAY: Duration = Duration::from_hours(24);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn sealer() -> Sealer {
    Sealer::new(&[7; 32])
}

async fn open(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path, sealer(), Ids::seeded(1)).await.unwrap())
}

async fn connect(schema: &Schema) -> Arc<dyn Store> {
    let url = PostgresUrl::new(schema.url());
    Arc::new(PostgresStore::connect(&url, sealer(), Ids::seeded(1)).await.unwrap())
}

/// The facts of one deployment, as several servers see them.
struct Replicas(Vec<Arc<dyn Store>>);

impl Replicas {
    /// What the server with this number has, where there are so many; any other otherwise.
    fn at(&self, number: usize) -> Arc<dyn Store> {
        self.0[number % self.0.len()].clone()
    }
}

impl Deref for Replicas {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.0[0]
    }
}

/// Where the facts are, until the end of a test.
struct Place {
    folder: TempDir,
    schema: Option<Schema>,
}

/// Stores of each kind; every promise is tested on all. In memory there is one server, on a file there are two, on
/// PostgreSQL three.
async fn stores() -> (Place, Vec<Replicas>) {
    let place = Place { folder: tempfile::tempdir().unwrap(), schema: Schema::new().await };
    let memory: Arc<dyn Store> = Arc::new(SqliteStore::in_memory(sealer(), Ids::seeded(1)).await.unwrap());
    let path = place.folder.path().join("facts.db");
    let mut stores = vec![Replicas(vec![memory]), Replicas(vec![open(&path).await, open(&path).await])];
    if let Some(schema) = &place.schema {
        let servers = [connect(schema), connect(schema), connect(schema)];
        stores.push(Replicas(futures::future::join_all(servers).await));
    }
    (place, stores)
}

fn new<'a>(id: &'a str, name: &'a str, names: Names) -> NewCredential<'a> {
    NewCredential {
        id,
        name,
        names,
        secret_hash: SecretHash::of(&format!("secret of {id}")),
        material: None,
        attributes: Attributes::new(),
        created_at: at(1),
        expires_at: None,
    }
}

async fn issue(store: &dyn Store, tenant: &str, id: &str) {
    let issued = store.issue(CREDENTIALS.of(tenant), new(id, id, Names::Shared), None).await.unwrap();
    assert_eq!(issued, Issue::Issued);
}

fn repository<'a>(id: &'a str, credential: Option<&'a str>) -> NewResource<'a> {
    NewResource {
        id,
        name: id,
        credential: credential.map(|credential| (CREDENTIALS, credential)),
        attributes: Attributes::new(),
        created_at: at(1),
    }
}

async fn ids(store: &dyn Store, tenant: &str, start: Start<'_>, limit: u32) -> (Vec<String>, bool) {
    match store.credentials(CREDENTIALS.of(tenant), None, Page { start, limit }).await.unwrap() {
        Listing::Page { items, has_more } => (items.into_iter().map(|item| item.id).collect(), has_more),
        Listing::UnknownStart => panic!("unknown start"),
    }
}

/// Runs the same call many times at once.
async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    times: usize,
    call: impl Fn(usize) -> F,
) -> Vec<T> {
    let mut calls = JoinSet::new();
    for number in 0..times {
        calls.spawn(call(number));
    }
    calls.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_revocations_exactly_one_revokes() {
    let (_place, stores) = stores().await;
    for store in stores {
        issue(&*store, "a", "crd_1").await;
        let outcomes = race(20, |number| {
            let store = store.at(number);
            let now = at(10 + i64::try_from(number).unwrap());
            async move { store.revoke(CREDENTIALS.of("a"), "crd_1", Guard::None, now).await.unwrap() }
        })
        .await;
        let revoked = outcomes.iter().filter(|outcome| **outcome == Revocation::Revoked).count();
        assert_eq!(revoked, 1);
        let record = store.credential(CREDENTIALS, "crd_1").await.unwrap().unwrap();
        assert_eq!(record.state(at(10)), State::Revoked);
        assert_eq!(Some(record.updated_at), record.revoked_at);
        for outcome in outcomes {
            if let Revocation::AlreadyRevoked { at } = outcome {
                assert_eq!(Some(at), record.revoked_at);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_last_active_credentials_one_survives_a_race() {
    let (_place, stores) = stores().await;
    for store in stores {
        for round in 0..10 {
            let tenant: Arc<str> = format!("tenant {round}").into();
            let names: [Arc<str>; 3] = [1, 2, 3].map(|number| format!("crd_{round}_{number}").into());
            for name in &names {
                issue(&*store, &tenant, name).await;
            }
            let outcomes = race(3, |number| {
                let (store, tenant, id) = (store.at(number), tenant.clone(), names[number].clone());
                async move {
                    store.revoke(CREDENTIALS.of(&tenant), &id, Guard::KeepOneActive, at(10)).await.unwrap()
                }
            })
            .await;
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Revocation::Revoked).count(), 2);
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Revocation::LastActive).count(), 1);
        }
    }
}

#[tokio::test]
async fn neither_an_expired_nor_a_foreign_credential_counts_as_active() {
    let (_place, stores) = stores().await;
    for store in stores {
        issue(&*store, "a", "crd_1").await;
        issue(&*store, "b", "crd_2").await;
        let expiring = NewCredential { expires_at: Some(at(20)), ..new("crd_3", "x", Names::Shared) };
        store.issue(CREDENTIALS.of("a"), expiring, None).await.unwrap();
        let revoke = |id, now| store.revoke(CREDENTIALS.of("a"), id, Guard::KeepOneActive, now);
        assert_eq!(revoke("crd_1", at(20)).await.unwrap(), Revocation::LastActive);
        // The expired one itself may go: it takes no active one away.
        assert_eq!(revoke("crd_3", at(20)).await.unwrap(), Revocation::Revoked);
        assert_eq!(revoke("crd_2", at(20)).await.unwrap(), Revocation::Unknown);
        assert_eq!(revoke("crd_9", at(20)).await.unwrap(), Revocation::Unknown);
        assert_eq!(revoke("crd_1", at(20)).await.unwrap(), Revocation::LastActive);
    }
}

#[tokio::test]
async fn an_exchange_moves_the_last_use_of_active_credentials_only() {
    let (_place, stores) = stores().await;
    for store in stores {
        let expiring = NewCredential { expires_at: Some(at(20)), ..new("crd_1", "x", Names::Shared) };
        store.issue(CREDENTIALS.of("a"), expiring, None).await.unwrap();
        let (right, wrong) = (SecretHash::of("secret of crd_1"), SecretHash::of("wrong"));
        let exchange =
            async |id, secret, second| store.exchange(CREDENTIALS, id, secret, at(second)).await.unwrap();
        let Exchange::Accepted(record) = exchange("crd_1", &right, 19).await else { panic!("refused") };
        assert_eq!(record.last_used_at, Some(at(19)));
        assert_eq!(exchange("crd_1", &wrong, 19).await, Exchange::WrongSecret);
        assert_eq!(exchange("crd_2", &right, 19).await, Exchange::Unknown);
        assert_eq!(exchange("crd_1", &right, 20).await, Exchange::Refused(State::Expired));
        store.revoke(CREDENTIALS.of("a"), "crd_1", Guard::None, at(21)).await.unwrap();
        assert_eq!(exchange("crd_1", &right, 22).await, Exchange::Refused(State::Revoked));
        let record = store.credential_by_secret(CREDENTIALS, &right).await.unwrap().unwrap();
        assert_eq!(record.last_used_at, Some(at(19)));
        assert_eq!(store.credential_by_secret(CREDENTIALS, &wrong).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_name_is_given_once_and_free_again_after_deletion() {
    let (_place, stores) = stores().await;
    for store in stores {
        let outcomes = race(20, |number| {
            let store = store.at(number);
            async move {
                let id = format!("crd_{number}");
                let outcome = store.issue(CREDENTIALS.of("a"), new(&id, "main", Names::Unique), None).await;
                (id, outcome.unwrap())
            }
        })
        .await;
        let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == Issue::Issued).collect();
        assert_eq!(winners.len(), 1);
        let winner = &winners[0].0;
        let losers = outcomes.iter().filter(|(_, outcome)| *outcome == Issue::NameTaken(winner.clone()));
        assert_eq!(losers.count(), 19);
        let elsewhere = store.issue(CREDENTIALS.of("b"), new("crd_b", "main", Names::Unique), None).await;
        assert_eq!(elsewhere.unwrap(), Issue::Issued);
        let gone = store.delete(CREDENTIALS.of("a"), winner, References::Prevent).await.unwrap();
        assert_eq!(gone, Deletion::Deleted);
        let again = store.issue(CREDENTIALS.of("a"), new("crd_new", "main", Names::Unique), None).await;
        assert_eq!(again.unwrap(), Issue::Issued);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_unique_until_revoked_is_given_again_once() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = CREDENTIALS.of("a");
        let issue = async |number: usize, id: &str, names| {
            store.at(number).issue(realm, new(id, "main", names), None).await.unwrap()
        };
        let taken = Issue::NameTaken("crd_1".to_owned());
        assert_eq!(issue(0, "crd_1", Names::UniqueUntilRevoked).await, Issue::Issued);
        assert_eq!(issue(1, "crd_2", Names::UniqueUntilRevoked).await, taken);
        store.revoke(realm, "crd_1", Guard::None, at(2)).await.unwrap();
        assert_eq!(issue(0, "crd_2", Names::Unique).await, taken);
        assert_eq!(issue(0, "crd_1", Names::UniqueUntilRevoked).await, Issue::IdTaken(State::Revoked));
        let outcomes = race(20, |number| {
            let (store, id) = (store.at(number), format!("crd_new_{number}"));
            async move { store.issue(realm, new(&id, "main", Names::UniqueUntilRevoked), None).await.unwrap() }
        });
        let outcomes = outcomes.await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Issue::Issued).count(), 1, "{outcomes:?}");
        assert_eq!(ids(&*store, "a", Start::Beginning, 9).await.0.len(), 2);
    }
}

#[tokio::test]
async fn a_credential_in_use_is_not_deleted() {
    let (_place, stores) = stores().await;
    for store in stores {
        let (credentials, repositories) = (CREDENTIALS.of("a"), REPOSITORIES.of("a"));
        issue(&*store, "a", "crd_1").await;
        issue(&*store, "a", "crd_2").await;
        issue(&*store, "b", "crd_b").await;
        let made = Registered::Issue(Issue::Issued);
        let register = |id, credential| store.register(repositories, repository(id, credential), None);
        assert_eq!(register("rep_1", Some("crd_1")).await.unwrap(), made);
        assert_eq!(register("rep_2", Some("crd_1")).await.unwrap(), made);
        for unknown in ["crd_9", "crd_b"] {
            assert_eq!(register("rep_3", Some(unknown)).await.unwrap(), Registered::CredentialUnknown);
        }
        let delete = |id| store.delete(credentials, id, References::Prevent);
        let in_use = |dependent: &str| Deletion::InUse { dependent: dependent.to_owned() };
        assert_eq!(delete("crd_1").await.unwrap(), in_use("rep_1"));
        assert_eq!(ids(&*store, "a", Start::Beginning, 9).await.0, ["crd_1", "crd_2"]);
        let known = store.resource(repositories, "rep_1").await.unwrap().unwrap();
        assert_eq!(known.credential_id.as_deref(), Some("crd_1"));
        // Of another tenant there is nothing to see, used or not.
        assert_eq!(
            store.delete(CREDENTIALS.of("b"), "crd_1", References::Prevent).await.unwrap(),
            Deletion::Unknown
        );

        let repoint = ResourceChange { credential: Pointing::At(CREDENTIALS, "crd_2"), ..Default::default() };
        assert!(matches!(
            store.update(repositories, "rep_1", repoint, at(2)).await.unwrap(),
            Updated::Updated(_)
        ));
        assert_eq!(delete("crd_1").await.unwrap(), in_use("rep_2"));
        let clear = ResourceChange { credential: Pointing::Clear, ..Default::default() };
        let Updated::Updated(cleared) = store.update(repositories, "rep_2", clear, at(3)).await.unwrap()
        else {
            panic!("not updated")
        };
        assert_eq!((cleared.credential_id, cleared.updated_at), (None, at(3)));
        assert_eq!(delete("crd_1").await.unwrap(), Deletion::Deleted);
        assert_eq!(delete("crd_1").await.unwrap(), Deletion::Unknown);
        let dangling =
            ResourceChange { credential: Pointing::At(CREDENTIALS, "crd_1"), ..Default::default() };
        assert_eq!(
            store.update(repositories, "rep_2", dangling, at(4)).await.unwrap(),
            Updated::CredentialUnknown
        );
        assert!(store.remove(repositories, "rep_1").await.unwrap());
        assert!(!store.remove(repositories, "rep_1").await.unwrap());
        assert_eq!(delete("crd_2").await.unwrap(), Deletion::Deleted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_race_of_deletion_and_reference_leaves_a_dangling_one() {
    let (_place, stores) = stores().await;
    for store in stores {
        for round in 0..20 {
            let credential: Arc<str> = format!("crd_{round}").into();
            issue(&*store, "a", &credential).await;
            let kept = race(8, |number| {
                let (store, credential) = (store.at(number), credential.clone());
                async move {
                    if number == 4 {
                        let outcome = store
                            .delete(CREDENTIALS.of("a"), &credential, References::Prevent)
                            .await
                            .unwrap();
                        return outcome != Deletion::Deleted;
                    }
                    let id = format!("rep_{round}_{number}");
                    let new = repository(&id, Some(&credential));
                    store.register(REPOSITORIES.of("a"), new, None).await.unwrap()
                        == Registered::Issue(Issue::Issued)
                }
            })
            .await;
            let exists = store.credential(CREDENTIALS, &credential).await.unwrap().is_some();
            let refused = kept.iter().filter(|kept| !**kept).count();
            assert_eq!(refused, if exists { 0 } else { 8 }, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_starts_one_is_let_through() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = REPOSITORIES.of("a");
        store.register(realm, repository("rep_1", None), None).await.unwrap();
        let read = Arc::new(store.resource(realm, "rep_1").await.unwrap().unwrap());
        let outcomes = race(10, |number| {
            let (store, read) = (store.at(number), read.clone());
            async move {
                let key = format!("key {number}");
                let change = ResourceChange {
                    attributes: Attributes::from_iter([("state".to_owned(), json!("syncing"))]),
                    condition: Condition::Still(&read),
                    answer: Some(answer(&key, "sync", &key)),
                    ..Default::default()
                };
                (number, store.update(REPOSITORIES.of("a"), "rep_1", change, at(2)).await.unwrap())
            }
        })
        .await;
        // With the change of the one that was let through its answer is kept, and no other.
        for (number, outcome) in &outcomes {
            let key = format!("key {number}");
            let change =
                |request| ResourceChange { answer: Some(answer(&key, request, "")), ..Default::default() };
            let updated = |change| store.update(realm, "rep_1", change, at(3));
            match outcome {
                Updated::Refused => {}
                Updated::Updated(_) => {
                    let replayed = Updated::Replayed(StoredAnswer::new(key.clone().into_bytes()));
                    assert_eq!(updated(change("sync")).await.unwrap(), replayed);
                    assert_eq!(updated(change("other")).await.unwrap(), Updated::KeyReused);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(outcomes.iter().filter(|(_, outcome)| *outcome == Updated::Refused).count(), 9);
    }
}

#[tokio::test]
async fn resources_are_found_by_name_and_by_attribute() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = REPOSITORIES.of("a");
        for (id, kind) in [("rep_1", "x"), ("rep_2", "y"), ("rep_3", "x")] {
            let attributes = Attributes::from_iter([("kind".to_owned(), json!(kind))]);
            let new = NewResource { attributes, ..repository(id, None) };
            store.register(realm, new, None).await.unwrap();
        }
        let page = Page { start: Start::Beginning, limit: 9 };
        let Listing::Page { items, has_more } =
            store.resources(realm, Some(("kind", "x")), page).await.unwrap()
        else {
            panic!("unknown start")
        };
        assert_eq!(items.iter().map(|item| &*item.id).collect::<Vec<_>>(), ["rep_1", "rep_3"]);
        assert!(!has_more);
        assert_eq!(store.resource_named(realm, "rep_2").await.unwrap().unwrap().attributes["kind"], "y");
        assert_eq!(store.resource_named(REPOSITORIES.of("b"), "rep_2").await.unwrap(), None);
        let rename = ResourceChange { name: Some("rep_1"), ..Default::default() };
        let taken = store.update(realm, "rep_2", rename.clone(), at(2)).await.unwrap();
        assert_eq!(taken, Updated::NameTaken("rep_1".to_owned()));
        assert!(matches!(store.update(realm, "rep_1", rename, at(2)).await.unwrap(), Updated::Updated(_)));
    }
}

#[tokio::test]
async fn pages_run_both_ways_and_survive_deletions() {
    let (_place, stores) = stores().await;
    for store in stores {
        for number in 1..=5 {
            issue(&*store, "a", &format!("crd_{number}")).await;
        }
        issue(&*store, "b", "crd_b").await;
        let page = async |start, limit| ids(&*store, "a", start, limit).await;
        let names = |numbers: &[u8]| numbers.iter().map(|number| format!("crd_{number}")).collect::<Vec<_>>();
        assert_eq!(page(Start::Beginning, 2).await, (names(&[1, 2]), true));
        assert_eq!(page(Start::After("crd_2"), 2).await, (names(&[3, 4]), true));
        assert_eq!(page(Start::After("crd_4"), 2).await, (names(&[5]), false));
        assert_eq!(page(Start::Before("crd_4"), 2).await, (names(&[2, 3]), true));
        assert_eq!(page(Start::Before("crd_2"), 2).await, (names(&[1]), false));
        assert_eq!(page(Start::Beginning, 5).await, (names(&[1, 2, 3, 4, 5]), false));
        store.delete(CREDENTIALS.of("a"), "crd_2", References::Prevent).await.unwrap();
        assert_eq!(page(Start::After("crd_2"), 2).await, (names(&[3, 4]), true));
        for unknown in ["crd_9", "crd_b"] {
            let page = Page { start: Start::After(unknown), limit: 2 };
            let listing = store.credentials(CREDENTIALS.of("a"), None, page).await.unwrap();
            assert_eq!(listing, Listing::UnknownStart);
        }
    }
}

fn answer<'a>(key: &'a str, request: &str, text: &str) -> NewAnswer<'a> {
    NewAnswer {
        principal: "key_1",
        operation: "createCredential",
        key,
        fingerprint: Fingerprint::of(request.as_bytes()),
        answer: text.as_bytes().to_vec(),
        keep: DAY,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_creates_once() {
    let (_place, stores) = stores().await;
    for store in stores {
        let outcomes = race(10, |number| {
            let store = store.at(number);
            async move {
                let id = format!("crd_{number}");
                let new = new(&id, "main", Names::Unique);
                store.issue(CREDENTIALS.of("a"), new, Some(answer("k", "request", &id))).await.unwrap()
            }
        })
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Issue::Issued).count(), 1);
        let (known, _) = ids(&*store, "a", Start::Beginning, 99).await;
        assert_eq!(known.len(), 1);
        for outcome in outcomes {
            match outcome {
                Issue::Issued => {}
                Issue::Replayed(answer) => assert_eq!(answer.as_bytes(), known[0].as_bytes()),
                other => panic!("{other:?}"),
            }
        }
        let other = store.issue(
            CREDENTIALS.of("a"),
            new("crd_x", "x", Names::Unique),
            Some(answer("k", "another request", "")),
        );
        assert_eq!(other.await.unwrap(), Issue::KeyReused);
    }
}

#[tokio::test]
async fn a_refused_creation_leaves_its_key_free() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = CREDENTIALS.of("a");
        store.issue(realm, new("crd_1", "main", Names::Unique), None).await.unwrap();
        let refused =
            store.issue(realm, new("crd_2", "main", Names::Unique), Some(answer("k", "r", "2"))).await;
        assert_eq!(refused.unwrap(), Issue::NameTaken("crd_1".to_owned()));
        store.delete(realm, "crd_1", References::Prevent).await.unwrap();
        let made = store.issue(realm, new("crd_3", "main", Names::Unique), Some(answer("k", "r", "3"))).await;
        assert_eq!(made.unwrap(), Issue::Issued);
    }
}

#[tokio::test]
async fn a_key_is_held_for_its_time_even_when_the_credential_is_gone() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = CREDENTIALS.of("a");
        store
            .issue(realm, new("crd_1", "main", Names::Unique), Some(answer("k", "r", "body")))
            .await
            .unwrap();
        store.delete(realm, "crd_1", References::Prevent).await.unwrap();
        let recall = async |principal, request: &str, second| {
            let fingerprint = Fingerprint::of(request.as_bytes());
            let operation = "createCredential";
            store.recall(CREDENTIALS, principal, operation, "k", fingerprint, at(second)).await.unwrap()
        };
        let day = i64::try_from(DAY.as_secs()).unwrap();
        assert!(
            matches!(recall("key_1", "r", day).await, Recalled::Replay(answer) if answer.as_bytes() == b"body")
        );
        assert_eq!(recall("key_1", "other", day).await, Recalled::OtherRequest);
        assert_eq!(recall("key_2", "r", day).await, Recalled::Unused);
        assert_eq!(recall("key_1", "r", day + 1).await, Recalled::Unused);
        let again = answer("k", "other", "later");
        assert_eq!(store.remember(CREDENTIALS, again.clone(), at(day + 1)).await.unwrap(), Recalled::Unused);
        let known = store.remember(CREDENTIALS, again, at(day + 2)).await.unwrap();
        assert!(matches!(known, Recalled::Replay(answer) if answer.as_bytes() == b"later"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_registered_and_revoked_once() {
    let (_place, stores) = stores().await;
    for store in stores {
        let secret = SecretHash::of("sk_1");
        assert_eq!(store.register_pair("ak_1", secret, at(1)).await.unwrap(), Registration::Registered);
        assert_eq!(
            store.register_pair("ak_1", secret, at(2)).await.unwrap(),
            Registration::Duplicate(PairState::Active)
        );
        let outcomes = race(20, |number| {
            let store = store.at(number);
            async move { store.revoke_pair("ak_1", at(3)).await.unwrap() }
        })
        .await;
        assert_eq!(outcomes.iter().filter(|revoked| **revoked).count(), 1);
        let revoked = PairState::Revoked { at: Some(at(3)) };
        assert_eq!(store.pair("ak_1").await.unwrap().unwrap().state, revoked);
        assert_eq!(
            store.register_pair("ak_1", secret, at(4)).await.unwrap(),
            Registration::Duplicate(revoked)
        );
        assert!(!store.revoke_pair("ak_2", at(3)).await.unwrap());
        assert_eq!(store.pair("ak_2").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_revocation_by_hand_is_honoured_and_cannot_be_undone_by_hand() {
    let (place, stores) = stores().await;
    let path = place.folder.path().join("facts.db");
    for (kind, store) in stores.iter().enumerate().skip(1) {
        for key in ["ak_1", "ak_2"] {
            store.register_pair(key, SecretHash::of("sk"), at(1)).await.unwrap();
        }
        store.revoke_pair("ak_2", at(2)).await.unwrap();
        for statement in [
            "UPDATE api_credential SET active = false WHERE api_key = 'ak_1'",
            "UPDATE api_credential SET active = true WHERE api_key = 'ak_2'",
        ] {
            match &place.schema {
                Some(schema) if kind == 2 => schema.run(statement).await,
                _ => {
                    let mut hand = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
                    sqlx::query(statement).execute(&mut hand).await.unwrap();
                }
            }
        }
        let state = async |key| store.pair(key).await.unwrap().unwrap().state;
        assert_eq!(state("ak_1").await, PairState::Revoked { at: None });
        assert_eq!(state("ak_2").await, PairState::Revoked { at: Some(at(2)) });
        assert!(!store.revoke_pair("ak_1", at(3)).await.unwrap());
        assert!(!store.revoke_pair("ak_2", at(3)).await.unwrap());
        assert_eq!((store.edited_pairs().await.unwrap(), store.active_pairs().await.unwrap()), (1, 0));
    }
}

/// PostgreSQL cannot store U+0000, and an index of it no long key.
#[tokio::test]
async fn every_text_is_kept_as_it_is() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = CREDENTIALS.of("a");
        for (id, name) in [("crd_1", "a\0b"), ("crd_2", "a\u{1a}0b"), ("crd_3", "\u{10ffff}'\"\\%_")] {
            let attributes = Attributes::from_iter([("note".to_owned(), json!({ name: [name] }))]);
            let new = NewCredential { attributes, ..new(id, name, Names::Unique) };
            assert_eq!(store.issue(realm, new.clone(), None).await.unwrap(), Issue::Issued);
            let record = store.credential(CREDENTIALS, id).await.unwrap().unwrap();
            assert_eq!((&*record.name, &record.attributes), (name, &new.attributes));
            let again = NewCredential { id: "crd_9", ..new };
            assert_eq!(store.issue(realm, again, None).await.unwrap(), Issue::NameTaken(id.to_owned()));
        }
        assert_eq!(store.credential(CREDENTIALS, "crd_1\0").await.unwrap(), None);
        let page = Page { start: Start::Beginning, limit: 9 };
        let filtered = store.credentials(realm, Some(("note", "x")), page).await.unwrap();
        assert_eq!(filtered, Listing::Page { items: Vec::new(), has_more: false });
        // Longer than an index has room for, and not to be made shorter.
        let noise: String = (0..4000).map(|number| Ids::seeded(number).uuid().to_string()).collect();
        let mut hash = "sha256:".to_owned();
        for byte in Sha256::digest(noise.as_bytes()) {
            write!(hash, "{byte:02x}").unwrap();
        }
        for (id, taken) in [("crd_noise", None), ("crd_again", Some("crd_noise"))] {
            let issued = store.issue(realm, new(id, &noise, Names::Unique), None).await.unwrap();
            assert_eq!(issued, taken.map_or(Issue::Issued, |id| Issue::NameTaken(id.to_owned())));
        }
        let issued = store.issue(realm, new("crd_hash", &hash, Names::Unique), None).await.unwrap();
        assert_eq!(issued, Issue::Issued);
        let record = store.credential(CREDENTIALS, "crd_noise").await.unwrap().unwrap();
        assert_eq!(record.name, noise);
        let resources = [
            ("rep_noise", &noise, None),
            ("rep_again", &noise, Some("rep_noise")),
            ("rep_hash", &hash, None),
        ];
        for (id, name, taken) in resources {
            let resource = NewResource { name, ..repository(id, None) };
            let registered = store.register(REPOSITORIES.of("a"), resource, None).await.unwrap();
            let issue = taken.map_or(Issue::Issued, |id| Issue::NameTaken(id.to_owned()));
            assert_eq!(registered, Registered::Issue(issue));
        }
        let long: Vec<_> = ["x", "y"].map(|last| format!("{}{last}", "\u{1f511}7q".repeat(4000))).into();
        for (number, key) in long.iter().enumerate() {
            let id = format!("crd_long_{number}");
            for expected in [Issue::Issued, Issue::Replayed(StoredAnswer::new(id.clone().into_bytes()))] {
                let issued = store.issue(realm, new(&id, &id, Names::Unique), Some(answer(key, "r", &id)));
                assert_eq!(issued.await.unwrap(), expected);
            }
        }
    }
}

/// A database whose names were indexed as they are goes on with its rows.
#[tokio::test]
async fn long_names_come_to_a_database_that_has_rows() {
    let Some(schema) = Schema::new().await else { return };
    let resource = |id, name| NewResource { name, ..repository(id, None) };
    let taken = |id: &str| Registered::Issue(Issue::NameTaken(id.to_owned()));
    let long = "n".repeat(700);
    let store = connect(&schema).await;
    let realm = REPOSITORIES.of("a");
    for (id, name) in [("rep_1", "short"), ("rep_2", &*long), ("rep_3", "sha256:")] {
        let made = store.register(realm, resource(id, name), None).await.unwrap();
        assert_eq!(made, Registered::Issue(Issue::Issued));
    }
    drop(store);
    schema
        .run(
            "DROP INDEX resource_unique_name; DROP INDEX resource_by_name; DROP FUNCTION rescind_indexed;
             ALTER TABLE resource ADD UNIQUE (collection, tenant, name);
             DELETE FROM _sqlx_migrations WHERE version > 1",
        )
        .await;
    let store = connect(&schema).await;
    for (id, name) in [("rep_1", "short"), ("rep_2", &*long), ("rep_3", "sha256:")] {
        assert_eq!(store.register(realm, resource("rep_9", name), None).await.unwrap(), taken(id));
    }
}

/// Also where an id belongs to somebody else, whose record shows to nobody.
#[tokio::test]
async fn an_id_of_a_resource_is_given_once() {
    let (_place, stores) = stores().await;
    for store in stores {
        let register = async |tenant, name| {
            let resource = NewResource { name, ..repository("rep_1", None) };
            store.register(REPOSITORIES.of(tenant), resource, None).await.unwrap()
        };
        assert_eq!(register("a", "one").await, Registered::Issue(Issue::Issued));
        assert_eq!(register("a", "one").await, Registered::Issue(Issue::NameTaken("rep_1".into())));
        assert_eq!(register("a", "two").await, Registered::IdTaken);
        assert_eq!(register("b", "one").await, Registered::IdTaken);
        assert!(!store.was_deleted(REPOSITORIES.of("a"), "rep_1").await.unwrap());
        assert!(store.remove(REPOSITORIES.of("a"), "rep_1").await.unwrap());
        assert!(store.was_deleted(REPOSITORIES.of("a"), "rep_1").await.unwrap());
        assert!(!store.was_deleted(REPOSITORIES.of("b"), "rep_1").await.unwrap());
    }
}

/// Changes of one database that wait for each other in a circle, or for the same name, end like all others.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_takes_back_is_tried_again() {
    let (_place, stores) = stores().await;
    for store in stores {
        for id in ["crd_1", "crd_2"] {
            issue(&*store, "a", id).await;
        }
        for id in ["rep_1", "rep_2"] {
            store.register(REPOSITORIES.of("a"), repository(id, Some("crd_1")), None).await.unwrap();
        }
        // Each way locks repository and credential in another order, or swaps two unique names.
        race(60, |number| {
            let store = store.at(number);
            async move {
                let realm = REPOSITORIES.of("a");
                let id = ["rep_1", "rep_2"][number % 2];
                let target = ["crd_1", "crd_2"][number / 2 % 2];
                if number % 5 == 4 {
                    store.delete(CREDENTIALS.of("a"), target, References::Clear).await.unwrap();
                    store
                        .issue(CREDENTIALS.of("a"), new(target, target, Names::Shared), None)
                        .await
                        .unwrap_or(Issue::Issued);
                    return;
                }
                let name = format!("name {}", number % 3);
                let change = ResourceChange {
                    name: Some(&name),
                    credential: Pointing::At(CREDENTIALS, target),
                    ..Default::default()
                };
                store.update(realm, id, change, at(3)).await.unwrap();
            }
        })
        .await;
        for id in ["rep_1", "rep_2"] {
            let resource = store.resource(REPOSITORIES.of("a"), id).await.unwrap().unwrap();
            if let Some(credential) = resource.credential_id {
                assert!(store.credential(CREDENTIALS, &credential).await.unwrap().is_some());
            }
        }
    }
}

/// A change that nobody waits for any more is whole or absent, and holds up no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_dropped_takes_no_other_with_it() {
    let (_place, stores) = stores().await;
    for store in stores {
        let outcomes = race(120, |number| {
            let store = store.at(number);
            async move {
                let id = format!("crd_{number}");
                let realm = CREDENTIALS.of("a");
                let issued = store.issue(realm, new(&id, &id, Names::Unique), Some(answer(&id, "r", &id)));
                if number % 3 > 0 {
                    return issued.await.is_ok().then_some(id);
                }
                // Polled a few times, at another point of its way each time, and then dropped.
                let mut issued = issued;
                for _ in 0..number / 3 {
                    if (&mut issued).now_or_never().is_some() {
                        return Some(id.clone());
                    }
                    tokio::task::yield_now().await;
                }
                None
            }
        })
        .await;
        for number in (0..120).filter(|number| number % 3 > 0) {
            assert!(outcomes.contains(&Some(format!("crd_{number}"))), "{number}");
        }
        let (known, _) = ids(&*store, "a", Start::Beginning, 999).await;
        for id in outcomes.into_iter().flatten() {
            assert!(known.contains(&id), "{id} was acknowledged");
        }
        for number in 0..120 {
            let id = format!("crd_{number}");
            let fingerprint = Fingerprint::of(b"r");
            let recalled =
                store.recall(CREDENTIALS, "key_1", "createCredential", &id, fingerprint, at(2)).await;
            let is_kept = matches!(recalled.unwrap(), Recalled::Replay(_));
            assert_eq!(known.contains(&id), is_kept, "{id} is half made");
        }
    }
}

/// A server with another key could open nothing of what is there.
#[tokio::test]
async fn a_database_belongs_to_one_key() {
    let (place, _stores) = stores().await;
    let other = || Sealer::new(&[8; 32]);
    let file = SqliteStore::open(&place.folder.path().join("facts.db"), other(), Ids::seeded(1)).await;
    assert!(matches!(file, Err(StoreError::OtherKey)), "{file:?}");
    if let Some(schema) = &place.schema {
        let url = PostgresUrl::new(schema.url());
        let refused = PostgresStore::connect(&url, other(), Ids::seeded(1)).await;
        assert!(matches!(refused, Err(StoreError::OtherKey)), "{refused:?}");
        let known = PostgresStore::connect(&url, sealer(), Ids::seeded(1)).await;
        assert!(known.is_ok(), "{known:?}");
    }
}

/// Whose identifier it is decides, and not who asks.
#[tokio::test]
async fn an_identifier_is_given_once() {
    let (_place, stores) = stores().await;
    for store in stores {
        issue(&*store, "a", "crd_1").await;
        let again = async |tenant| {
            store.issue(CREDENTIALS.of(tenant), new("crd_1", "another", Names::Shared), None).await.unwrap()
        };
        assert_eq!(again("a").await, Issue::IdTaken(State::Active));
        store.revoke(CREDENTIALS.of("a"), "crd_1", Guard::None, at(5)).await.unwrap();
        assert_eq!(again("b").await, Issue::IdTaken(State::Revoked));
    }
}

/// What an engine says about a row that it refuses tells nothing of the row.
#[tokio::test]
async fn errors_hold_no_values() {
    let (_place, stores) = stores().await;
    for store in stores {
        let realm = REPOSITORIES.of("a");
        store.register(realm, repository("planted", None), None).await.unwrap();
        let mut facts = store.export().await.unwrap();
        let twin = facts.resources[0].clone();
        facts.resources.push(ResourceFact { name: "another".into(), place: None, ..twin });
        let error = store.import(&facts).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.db");
    let store = open(&path).await;
    issue(&*store, "a", "crd_1").await;
    store.register_pair("ak_1", SecretHash::of("sk"), at(1)).await.unwrap();
    store.revoke(CREDENTIALS.of("a"), "crd_1", Guard::None, at(5)).await.unwrap();
    store.revoke_pair("ak_1", at(6)).await.unwrap();
    store.remember(CREDENTIALS, answer("k", "r", "body"), at(7)).await.unwrap();
    // No orderly end: the files are read as a crash would leave them.
    let crashed = folder.path().join("crashed.db");
    for suffix in ["", "-wal"] {
        let file = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(file(&path), file(&crashed)).unwrap();
    }
    drop(store);
    for path in [path, crashed] {
        let store = open(&path).await;
        let record = store.credential(CREDENTIALS, "crd_1").await.unwrap().unwrap();
        assert_eq!(record.revoked_at, Some(at(5)));
        assert_eq!(store.pair("ak_1").await.unwrap().unwrap().state, PairState::Revoked { at: Some(at(6)) });
        let known = store.remember(CREDENTIALS, answer("k", "r", ""), at(8)).await.unwrap();
        assert!(matches!(known, Recalled::Replay(answer) if answer.as_bytes() == b"body"));
    }
}

#[tokio::test]
async fn no_secret_is_readable_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("facts.db")).await;
    let secret = Ids::seeded(3).make(&Format::new("planted_", Alphabet::Alphanumeric, 40));
    let new = NewCredential {
        secret_hash: SecretHash::of(&secret),
        material: Some(&secret),
        ..new("crd_1", "main", Names::Unique)
    };
    store.issue(CREDENTIALS.of("a"), new, Some(answer("k", "r", &secret))).await.unwrap();
    store.close().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

#[tokio::test]
async fn stores_in_memory_are_apart_and_can_be_cleared() {
    let open = async || SqliteStore::in_memory(sealer(), Ids::seeded(1)).await.unwrap();
    let (first, second): (&dyn Store, &dyn Store) = (&open().await, &open().await);
    issue(first, "a", "crd_1").await;
    first.register(REPOSITORIES.of("a"), repository("rep_1", Some("crd_1")), None).await.unwrap();
    assert_eq!(ids(second, "a", Start::Beginning, 9).await.0.len(), 0);
    first.clear().await.unwrap();
    assert_eq!(ids(first, "a", Start::Beginning, 9).await.0.len(), 0);
    first.ping().await.unwrap();
    first.close().await.unwrap();
    assert!(first.ping().await.is_err());
}

#[tokio::test]
async fn what_a_fault_takes_back_is_live_again() {
    let (_place, stores) = stores().await;
    for store in stores {
        issue(&*store, "a", "crd_1").await;
        assert!(!store.revive(CREDENTIALS, "crd_1").await.unwrap());
        store.revoke(CREDENTIALS.of("a"), "crd_1", Guard::None, at(2)).await.unwrap();
        assert!(store.revive(CREDENTIALS, "crd_1").await.unwrap());
        let record = store.credential(CREDENTIALS, "crd_1").await.unwrap().unwrap();
        assert_eq!(record.state(at(3)), State::Active);
        store.register_pair("ak_1", SecretHash::of("sk"), at(1)).await.unwrap();
        store.revoke_pair("ak_1", at(2)).await.unwrap();
        assert!(store.revive_pair("ak_1", SecretHash::of("sk")).await.unwrap());
        assert_eq!(store.pair("ak_1").await.unwrap().unwrap().state, PairState::Active);
        store.register(REPOSITORIES.of("a"), repository("rep_1", Some("crd_1")), None).await.unwrap();
        let gone = store.delete(CREDENTIALS.of("a"), "crd_1", References::Clear).await.unwrap();
        assert_eq!(gone, Deletion::Deleted);
        let resource = store.resource(REPOSITORIES.of("a"), "rep_1").await.unwrap().unwrap();
        assert_eq!(resource.credential_id, None);
    }
}

/// A deployment with some of everything.
async fn fill(store: &dyn Store) {
    let realm = CREDENTIALS.of("a");
    for number in 1..=5 {
        let (id, note) = (format!("crd_{number}"), format!("\0{number}"));
        let new = NewCredential {
            material: (number == 1).then_some("planted material"),
            attributes: Attributes::from_iter([("note".to_owned(), json!(note))]),
            expires_at: (number == 2).then(|| at(99)),
            ..new(&id, &id, if number == 3 { Names::Shared } else { Names::Unique })
        };
        store.issue(realm, new, Some(answer(&id, "r", "planted answer"))).await.unwrap();
    }
    store.exchange(CREDENTIALS, "crd_1", &SecretHash::of("secret of crd_1"), at(5)).await.unwrap();
    store.revoke(realm, "crd_4", Guard::None, at(6)).await.unwrap();
    for deleted in ["crd_2", "crd_5"] {
        store.delete(realm, deleted, References::Prevent).await.unwrap();
    }
    for (id, credential) in [("rep_1", Some("crd_1")), ("rep_2", None), ("rep_3", None)] {
        store.register(REPOSITORIES.of("a"), repository(id, credential), None).await.unwrap();
    }
    store.remove(REPOSITORIES.of("a"), "rep_2").await.unwrap();
    for key in ["ak_1", "ak_2", "ak_3"] {
        store.register_pair(key, SecretHash::of("planted pair"), at(1)).await.unwrap();
    }
    store.revoke_pair("ak_2", at(7)).await.unwrap();
    store.deactivate_pair("ak_3").await.unwrap();
}

#[tokio::test]
async fn all_facts_go_out_and_in_again() {
    let (_place, sources) = stores().await;
    for source in &sources {
        fill(&**source).await;
        let facts = source.export().await.unwrap();
        let text = serde_json::to_string(&facts).unwrap();
        assert!(!text.contains("planted") && !text.contains("secret of"), "{text}");
        assert!(!format!("{facts:?}").contains(&text[text.find("sealed_secret").unwrap() + 16..][..20]));
        let read: Facts = serde_json::from_str(&text).unwrap();
        assert_eq!(read, facts);
        let (_other_place, targets) = stores().await;
        for target in targets {
            issue(&*target, "a", "crd_gone").await;
            target.import(&read).await.unwrap();
            assert_eq!(target.export().await.unwrap(), facts);
            // Everything works on: keys, places, names, references, and numbers for what comes next.
            let known = target.remember(CREDENTIALS, answer("crd_1", "r", ""), at(8)).await.unwrap();
            assert!(matches!(known, Recalled::Replay(answer) if answer.as_bytes() == b"planted answer"));
            issue(&*target, "a", "crd_new").await;
            let (listed, _) = ids(&*target, "a", Start::After("crd_2"), 9).await;
            assert_eq!(listed, ["crd_3", "crd_4", "crd_new"]);
            // Nobody gets the place of one that was deleted.
            let (listed, _) = ids(&*target, "a", Start::After("crd_5"), 9).await;
            assert_eq!(listed, ["crd_new"]);
            let taken = target.issue(CREDENTIALS.of("a"), new("crd_x", "crd_1", Names::Unique), None).await;
            assert_eq!(taken.unwrap(), Issue::NameTaken("crd_1".to_owned()));
            let kept = target.delete(CREDENTIALS.of("a"), "crd_1", References::Prevent).await.unwrap();
            assert_eq!(kept, Deletion::InUse { dependent: "rep_1".to_owned() });
        }
    }
}

#[tokio::test]
async fn facts_that_cannot_be_true_are_refused_and_change_nothing() {
    let (_place, stores) = stores().await;
    for store in stores {
        fill(&*store).await;
        let facts = store.export().await.unwrap();
        let other = SqliteStore::in_memory(Sealer::new(&[8; 32]), Ids::seeded(1)).await.unwrap();
        let foreign = (other.export().await.unwrap().key, "the key of another deployment");
        let mut wrong = vec![
            (Facts { key: foreign.0, ..facts.clone() }, foreign.1),
            (Facts { key: None, ..facts.clone() }, "under which key"),
            (Facts { version: 2, ..facts.clone() }, "version 2"),
        ];
        let mut twice = facts.clone();
        twice.credentials.push(twice.credentials[0].clone());
        let mut dangling = facts.clone();
        dangling.credentials.clear();
        wrong.extend([twice, dangling].map(|facts| (facts, "is there twice, or a reference leads nowhere")));
        for (wrong, reason) in wrong {
            let error = store.import(&wrong).await.unwrap_err();
            assert!(matches!(&error, StoreError::Facts(said) if said.contains(reason)), "{error}");
            assert_eq!(store.export().await.unwrap(), facts);
        }
    }
}

/// A start for tests, as somebody writes it.
#[tokio::test]
async fn facts_can_be_written_by_hand() {
    let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let text = json!({
        "version": 1,
        "credentials": [{
            "collection": "shiftagent/credentials", "id": "crd_1", "tenant": "a", "name": "main",
            "secret_hash": hash, "created_at": "2026-01-02T03:04:05Z",
        }],
        "pairs": [{ "api_key": "ak_1", "secret_hash": hash, "active": true, "created_at": "2026-01-02T03:04:05Z" }],
    });
    let facts: Facts = serde_json::from_value(text).unwrap();
    let (_place, stores) = stores().await;
    for store in stores {
        store.import(&facts).await.unwrap();
        let found =
            store.credential_by_secret(CREDENTIALS, &SecretHash::of("secret")).await.unwrap().unwrap();
        assert_eq!((&*found.id, found.updated_at), ("crd_1", found.created_at));
        assert_eq!(store.pair("ak_1").await.unwrap().unwrap().state, PairState::Active);
        store.import(&Facts::none()).await.unwrap();
        assert_eq!(ids(&*store, "a", Start::Beginning, 9).await.0.len(), 0);
    }
    for wrong in ["{}", r#"{"version": 1, "credential": []}"#, r#"{"version": 1, "key": "12"}"#] {
        assert!(serde_json::from_str::<Facts>(wrong).is_err(), "{wrong}");
    }
}
