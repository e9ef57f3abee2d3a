//! The server around the contracts: start, stop, bounds, the admin listener, the program.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rescind_server::secret::SecretHash;
use rescind_server::store::{Collection, Deletion, Guard, PairState, References};
use rescind_server::{Clock, Connections, Database, Fault, Running, Server, StartError, Vendor};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends a request as it is written and reads to the end of the connection.
async fn send(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn call(url: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let address = url.strip_prefix("http://").unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    let answer = send(
        address,
        &format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"),
    )
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

async fn admin(running: &Running, method: &str, path: &str, body: &str) -> (u16, Value) {
    let (status, body) = call(&running.admin_url().unwrap(), method, path, body).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn start() -> Running {
    let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
    Server::builder().clock(clock).seed(1).admin(any()).spawn().await.unwrap()
}

#[tokio::test]
async fn the_clock_moves_forward_over_the_admin_listener() {
    let running = start().await;
    let shown = json!({"now": "1970-01-12T13:46:40Z", "virtual": true, "pace": "frozen"});
    assert_eq!(admin(&running, "GET", "/clock", "").await, (200, shown));
    let (status, moved) = admin(&running, "POST", "/clock/advance", r#"{"seconds": 300.5}"#).await;
    assert_eq!((status, &moved["now"]), (200, &json!("1970-01-12T13:51:40.5Z")));
    assert_eq!(running.clock().now().as_millisecond(), 1_000_300_500);
    for (refused, wrong) in [
        (400, ""),
        (400, "{}"),
        (400, r#"{"seconds": -1}"#),
        (400, r#"{"seconds": 1e300}"#),
        (409, r#"{"seconds": 1e15}"#),
    ] {
        let (status, reason) = admin(&running, "POST", "/clock/advance", wrong).await;
        assert_eq!(status, refused, "{wrong}");
        assert!(reason["error"].is_string(), "{wrong}");
    }
    let system = Server::builder().admin(any()).spawn().await.unwrap();
    assert_eq!(admin(&system, "POST", "/clock/advance", r#"{"seconds": 1}"#).await.0, 409);
}

#[tokio::test]
async fn faults_are_set_and_cleared_while_the_server_runs() {
    let running = start().await;
    assert_eq!(admin(&running, "PUT", "/faults/sliding-cache", "").await, (200, json!(["sliding-cache"])));
    assert!(running.faults().is_on(Fault::SlidingCache));
    let (_, listed) = admin(&running, "GET", "/faults", "").await;
    let listed = listed.as_array().unwrap().clone();
    assert_eq!(listed.len(), Fault::ALL.len());
    let on: Vec<_> = listed.iter().filter(|fault| fault["is_on"] == true).collect();
    assert_eq!(on.len(), 1);
    assert_eq!(on[0]["breaks"], json!(["entrytarget/R4"]));
    assert_eq!(admin(&running, "DELETE", "/faults/sliding-cache", "").await, (200, json!([])));
    running.faults().set(Fault::SlowRevocation);
    assert_eq!(admin(&running, "DELETE", "/faults", "").await, (200, json!([])));
    assert!(!running.faults().is_on(Fault::SlowRevocation));
    assert_eq!(admin(&running, "PUT", "/faults/none-such", "").await.0, 404);
}

#[tokio::test]
async fn a_reset_brings_the_start_back() {
    let running = start().await;
    let store = running.state().store();
    let operator = &running.target(Vendor::EntryTarget).callers["operator"];
    let spare = &running.target(Vendor::EntryTarget).pool[0];
    let now = running.clock().now();
    store.register_pair(&spare.id, SecretHash::of(spare.secret.expose()), now).await.unwrap();
    assert!(store.revoke_pair(&operator.id, now).await.unwrap());
    running.faults().set(Fault::GuardIgnored);
    running.hook(Vendor::EntryTarget, "stop_store", None).await.unwrap();
    let url = format!("http://{}", running.address());
    let body = json!({ "api_key": spare.id, "api_secret": spare.secret.expose() }).to_string();
    let register = async || call(&url, "POST", "/entrytarget/credentials", &body).await.0;
    assert_eq!(register().await, 500);
    assert_eq!(admin(&running, "POST", "/reset", "").await.0, 204);
    assert!(store.pair(&spare.id).await.unwrap().is_none());
    assert_eq!(register().await, 201);
    assert!(store.revoke_pair(&operator.id, now).await.unwrap());
    assert_eq!(running.faults().on().count(), 0);
}

#[tokio::test]
async fn pairs_are_minted_for_whoever_runs_the_server() {
    let running = start().await;
    let (status, minted) = admin(&running, "POST", "/mint?count=3", "").await;
    assert_eq!((status, minted.as_array().unwrap().len()), (200, 3));
    assert!(minted[0]["id"].as_str().unwrap().starts_with("ak_"));
    assert!(minted[0]["secret"].as_str().unwrap().starts_with("sk_"));
    assert_eq!(admin(&running, "POST", "/mint", "").await.1.as_array().unwrap().len(), 1);
    for wrong in ["/mint?count=0", "/mint?count=x", "/mint?count=10001", "/mint?n=1"] {
        assert_eq!(admin(&running, "POST", wrong, "").await.0, 400, "{wrong}");
    }
    assert_eq!(admin(&running, "GET", "/health", "").await.0, 200);
    assert_eq!(admin(&running, "GET", "/ready", "").await.0, 200);
    running.state().store().close().await.unwrap();
    assert_eq!(admin(&running, "GET", "/ready", "").await.0, 503);
}

#[tokio::test]
async fn hooks_take_steps_beside_the_api() {
    let running = start().await;
    let spare = &running.target(Vendor::EntryTarget).pool[0];
    let store = running.state().store();
    let now = running.clock().now();
    store.register_pair(&spare.id, SecretHash::of(spare.secret.expose()), now).await.unwrap();
    let subject = json!({ "credential": { "id": spare.id } }).to_string();
    let run = async |path: &str, body: &str| admin(&running, "POST", &format!("/hooks/{path}"), body).await;
    assert_eq!(run("entrytarget/deactivate", &subject).await, (204, json!("")));
    let edited = store.pair(&spare.id).await.unwrap().unwrap();
    assert_eq!(edited.state, PairState::Revoked { at: None });
    let key = &running.target(Vendor::ShiftAgent).callers["leaver"];
    running.hook(Vendor::ShiftAgent, "revoke_service_key", Some(&key.id)).await.unwrap();
    let keys = Collection::new(Vendor::ShiftAgent, "service-keys");
    assert!(store.credential(keys, &key.id).await.unwrap().unwrap().revoked_at.is_some());
    for contract in Vendor::ALL {
        assert!(running.target(contract).hooks.iter().any(|hook| hook == "restart"));
        for body in ["", "{}", &subject] {
            assert_eq!(run(&format!("{contract}/restart"), body).await.0, 204);
        }
    }
    let unknown = r#"{"credential": {"id": "nobody"}}"#;
    for (path, body, status, says) in [
        ("nobody/restart", "{}", 404, "contract nobody is not served"),
        ("dinie/none", "{}", 404, "its hooks are restart"),
        ("entrytarget/deactivate", "{}", 400, "is about a credential"),
        ("entrytarget/deactivate", unknown, 404, "no credential"),
        ("shiftagent/revoke_service_key", unknown, 404, "no credential"),
        ("dinie/restart", "[", 400, "send nothing"),
        ("dinie/restart", r#"{"id": "x"}"#, 400, "send nothing"),
    ] {
        let (received, reason) = run(path, body).await;
        assert_eq!(received, status, "{path} {body}");
        assert!(reason["error"].as_str().unwrap().contains(says), "{path} {body}: {reason}");
    }
}

#[tokio::test]
async fn a_target_tells_hooks_only_where_they_can_be_run() {
    let running = start().await;
    let told = running.describe();
    let entry = &told.contracts["entrytarget"];
    let names: Vec<_> = entry.hooks.keys().map(String::as_str).collect();
    assert_eq!(names, ["deactivate", "restart", "stop_store", "start_store"]);
    let post = format!("{}/hooks/entrytarget/deactivate", running.admin_url().unwrap());
    assert_eq!(entry.hooks["deactivate"].post, post);
    let agent = &told.contracts["shiftagent"];
    assert_eq!(agent.callers.keys().collect::<Vec<_>>(), ["operator", "outsider", "colleague", "leaver"]);
    let expendable: Vec<_> = agent.callers.iter().filter(|(_, key)| key.expendable).collect();
    assert_eq!(expendable.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["leaver"]);
    assert_eq!(agent.supplied.keys().collect::<Vec<_>>(), ["tenant", "user"]);
    let closed = Server::builder().spawn().await.unwrap();
    assert!(closed.describe().contracts.values().all(|contract| contract.hooks.is_empty()));
    assert!(!closed.target(Vendor::EntryTarget).hooks.is_empty());
}

#[tokio::test]
async fn a_seed_repeats_the_start() {
    let (first, second) = (start().await, start().await);
    for contract in Vendor::ALL {
        assert_eq!(first.target(contract), second.target(contract));
    }
    let unpredictable = Server::builder().spawn().await.unwrap();
    assert_ne!(first.target(Vendor::Dinie), unpredictable.target(Vendor::Dinie));
    assert!(unpredictable.admin_url().is_none());
}

#[tokio::test]
async fn callers_outlive_a_restart_and_a_revoked_one_is_followed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = async || {
        let database = Database::File(folder.path().join("facts.db"));
        Server::builder().database(database).spawn().await.unwrap()
    };
    let first = spawn().await;
    let before = Vendor::ALL.map(|contract| first.target(contract).callers);
    first.shutdown().await;
    let second = spawn().await;
    assert_eq!(Vendor::ALL.map(|contract| second.target(contract).callers), before);
    let callers = &second.target(Vendor::Dinie).callers;
    assert_eq!(callers.keys().collect::<Vec<_>>(), ["operator", "outsider"]);
    let credentials = Collection::new(Vendor::Dinie, "credentials");
    let id = &callers["operator"].id;
    let tenant = second.state().store().credential(credentials, id).await.unwrap().unwrap().tenant;
    let now = second.clock().now();
    second.state().store().revoke(credentials.of(&tenant), id, Guard::None, now).await.unwrap();
    second.shutdown().await;
    let third = spawn().await.target(Vendor::Dinie).callers;
    assert_ne!(third["operator"], callers["operator"]);
    assert_eq!(third["outsider"], callers["outsider"]);
}

/// A reset is a new start of this process, whoever was used up in earlier ones.
#[tokio::test]
async fn a_reset_brings_those_callers_back_who_were_there_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = async || {
        let database = Database::File(folder.path().join("facts.db"));
        Server::builder().database(database).admin(any()).spawn().await.unwrap()
    };
    let first = spawn().await;
    let operators = |running: &Running| {
        [Vendor::EntryTarget, Vendor::Dinie]
            .map(|contract| running.target(contract).callers["operator"].clone())
    };
    let [pair, operator] = operators(&first);
    let now = first.clock().now();
    let store = first.state().store();
    assert!(store.revoke_pair(&pair.id, now).await.unwrap());
    let credentials = Collection::new(Vendor::Dinie, "credentials");
    let tenant = store.credential(credentials, &operator.id).await.unwrap().unwrap().tenant;
    store.revoke(credentials.of(&tenant), &operator.id, Guard::None, now).await.unwrap();
    first.shutdown().await;

    let second = spawn().await;
    let [next_pair, next_operator] = operators(&second);
    assert!(next_pair != pair && next_operator != operator);
    assert_eq!(admin(&second, "POST", "/reset", "").await.0, 204);
    let store = second.state().store();
    assert!(store.pair(&next_pair.id).await.unwrap().is_some());
    assert_ne!(store.pair(&pair.id).await.unwrap().unwrap().state, PairState::Active);
    assert!(store.credential(credentials, &next_operator.id).await.unwrap().is_some());
    second.shutdown().await;
    // Who was used up before does not come back with the next start either.
    assert_eq!(operators(&spawn().await), [next_pair, next_operator]);
}

const SEED: &str = r#"{
    "credentials": [
        { "contract": "shiftagent", "kind": "credentials", "id": "crd_seeded", "name": "seeded", "secret": "s",
          "tenant": "t" },
        { "contract": "dinie", "kind": "credentials", "id": "dinie_ci_seeded", "secret": "s", "tenant": "t" },
        { "contract": "dinie", "kind": "credentials", "id": "dinie_ci_dead", "secret": "s", "tenant": "t",
          "revoked_at": "2026-01-01T00:00:00Z" }
    ],
    "pairs": [{ "id": "ak_seeded", "secret": "s" }],
    "resources": [
        { "contract": "shiftagent", "kind": "repositories", "id": "rep_seeded", "name": "seeded", "tenant": "t",
          "credential": { "kind": "credentials", "id": "crd_seeded" } }
    ]
}"#;

/// What happened to what was seeded stays so, and is no reason not to start.
#[tokio::test]
async fn a_seed_that_is_given_again_takes_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = async || {
        let database = Database::File(folder.path().join("facts.db"));
        let seed = serde_json::from_str(SEED).unwrap();
        Server::builder().database(database).facts(seed).admin(any()).spawn().await.unwrap()
    };
    let [vaulted, partners] =
        [Vendor::ShiftAgent, Vendor::Dinie].map(|of| Collection::new(of, "credentials"));
    let repositories = Collection::new(Vendor::ShiftAgent, "repositories");
    let first = spawn().await;
    let (store, now) = (first.state().store(), first.clock().now());
    assert!(store.credential(partners, "dinie_ci_dead").await.unwrap().unwrap().revoked_at.is_some());
    assert!(store.remove(repositories.of("t"), "rep_seeded").await.unwrap());
    let deletion = store.delete(vaulted.of("t"), "crd_seeded", References::Prevent).await.unwrap();
    assert_eq!(deletion, Deletion::Deleted);
    store.revoke(partners.of("t"), "dinie_ci_seeded", Guard::None, now).await.unwrap();
    assert!(store.revoke_pair("ak_seeded", now).await.unwrap());
    first.shutdown().await;

    let second = spawn().await;
    let store = second.state().store();
    assert_eq!(store.credential(vaulted, "crd_seeded").await.unwrap(), None);
    assert_eq!(store.resource(repositories.of("t"), "rep_seeded").await.unwrap(), None);
    assert!(store.credential(partners, "dinie_ci_seeded").await.unwrap().unwrap().revoked_at.is_some());
    assert_ne!(store.pair("ak_seeded").await.unwrap().unwrap().state, PairState::Active);
    let (status, added) = admin(&second, "POST", "/seed", SEED).await;
    assert_eq!((status, added), (200, json!({ "credentials": 0, "pairs": 0, "resources": 0 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_share_a_new_database() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.db");
        let start = || {
            let seed = serde_json::from_str(SEED).unwrap();
            Server::builder().database(Database::File(path.clone())).facts(seed).spawn()
        };
        let starts: Vec<_> = (0..4).map(|_| tokio::spawn(start())).collect();
        let mut callers = Vec::new();
        for start in starts {
            callers.push(start.await.unwrap().unwrap().target(Vendor::Dinie).callers);
        }
        callers.dedup();
        assert_eq!(callers.len(), 1);
        #[cfg(unix)]
        for file in std::fs::read_dir(folder.path()).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let at_root = Server::builder().at_root().spawn().await;
    assert!(matches!(at_root, Err(StartError::RootTaken { contracts: 4 })));
    let running = Server::builder().contract(Vendor::Dinie).at_root().spawn().await.unwrap();
    assert_eq!(running.base_url(Vendor::Dinie), format!("http://{}", running.address()));
    let taken = Server::builder().bind(running.address()).spawn().await.unwrap_err();
    assert!(taken.to_string().starts_with("cannot listen on 127.0.0.1:"), "{taken}");
    let folder = tempfile::tempdir().unwrap();
    let missing = Database::File(folder.path().join("none").join("facts.db"));
    let error = Server::builder().database(missing).spawn().await.unwrap_err();
    assert!(matches!(error, StartError::Key(_)), "{error}");
    let garbage = folder.path().join("facts.db");
    std::fs::write(
        &garbage,
        "no database at all, but long enough for a header of one hundred bytes".repeat(9),
    )
    .unwrap();
    let error = Server::builder().database(Database::File(garbage)).spawn().await.unwrap_err();
    assert!(matches!(error, StartError::Store(_)), "{error}");
}

#[tokio::test]
async fn a_dropped_server_listens_no_more() {
    let running = start().await;
    let address = running.address();
    assert!(TcpStream::connect(address).await.is_ok());
    drop(running);
    tokio::time::timeout(Duration::from_secs(10), async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it still listens");
}

#[tokio::test]
async fn a_shutdown_ends_idle_connections_and_keeps_its_deadline() {
    let bounds = Connections { deadline: Duration::from_millis(50), ..Connections::default() };
    let running = Server::builder().connections(bounds).spawn().await.unwrap();
    // One request that never ends, one connection without any.
    let mut stuck = TcpStream::connect(running.address()).await.unwrap();
    stuck.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let _idle = TcpStream::connect(running.address()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), running.shutdown()).await.expect("it did not stop");
}

#[tokio::test]
async fn headers_are_bounded() {
    let bounds = Connections { headers: 8192, ..Connections::default() };
    let running = Server::builder().connections(bounds).spawn().await.unwrap();
    let address = running.address().to_string();
    let padding = "x".repeat(9000);
    let request = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\npadding: {padding}\r\n\r\n");
    assert!(send(&address, &request).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_request_gets_its_own_name_back_and_no_other() {
    let running = start().await;
    let address = running.address().to_string();
    let ask = async |header: &str| {
        send(&address, &format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n")).await
    };
    assert!(ask("x-request-id: mine-1\r\n").await.contains("x-request-id: mine-1\r\n"));
    assert!(!ask("x-request-id: not plain\r\n").await.contains("x-request-id"));
    assert!(!ask("").await.contains("x-request-id"));
}

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rescind-server")).args(arguments).output().unwrap()
}

#[test]
fn the_program_lists_its_faults_and_refuses_what_it_does_not_know() {
    let listed = program(&["faults"]);
    assert_eq!(listed.status.code(), Some(0));
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(Fault::ALL.iter().all(|fault| text.lines().any(|line| line == fault.name())));
    assert_eq!(program(&["completions", "bash"]).status.code(), Some(0));
    assert_eq!(program(&["--fault", "none-such"]).status.code(), Some(2));
    let failed = program(&["--at-root"]);
    assert_eq!(failed.status.code(), Some(1));
    let reason = String::from_utf8(failed.stderr).unwrap();
    assert!(reason.contains("4 contracts cannot share the root"), "{reason}");
}

#[cfg(unix)]
#[test]
fn the_program_serves_until_it_is_told_to_stop_and_logs_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.toml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
        .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--clock", "virtual", "--write-target"])
        .arg(&target)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("target file written") {
        assert_ne!(log.read_line(&mut seen).unwrap(), 0, "it ended: {seen}");
    }
    let text = std::fs::read_to_string(&target).unwrap();
    let written: toml::Table = text.parse().unwrap();
    assert!(written["control"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(written["contracts"].as_table().unwrap().len(), 4);
    let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    std::io::Read::read_to_string(&mut log, &mut seen).unwrap();
    let secrets = text.lines().filter_map(|line| line.strip_prefix("literal = \"")?.strip_suffix('"'));
    assert!(secrets.clone().count() > 60);
    for secret in secrets {
        assert!(!seen.contains(secret));
    }
}

#[tokio::test]
async fn a_prefix_with_a_slash_behind_it_is_answered_in_the_envelope_of_its_contract() {
    let server = Server::builder().contract(Vendor::EntryTarget).spawn().await.unwrap();
    let url = format!("http://{}", server.address());
    let (status, body) = call(&url, "GET", "/entrytarget/", "").await;
    assert_eq!(status, 404);
    let envelope: Value = serde_json::from_str(&body).unwrap();
    assert!(envelope["error"]["code"].is_string());
}
