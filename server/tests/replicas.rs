//! Several servers on one database with one clock: what one of them is told, all of them know.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "another program crashes its cluster")]
#[path = "support/postgres.rs"]
mod postgres;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rescind_server::bootstrap::{OPERATOR, Pair};
use rescind_server::store::PostgresUrl;
use rescind_server::{Builder, Clock, Database, Fault, Running, Server, Vendor, vendor};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use self::postgres::Schema;

struct Replicas {
    servers: Vec<Running>,
    clock: Clock,
    _folder: TempDir,
    _schema: Option<Schema>,
}

impl Replicas {
    /// Three on a file, and three on PostgreSQL.
    async fn of_each_kind(fault: Option<Fault>) -> Vec<Self> {
        let mut all = vec![Self::start(fault, None).await];
        if let Some(schema) = Schema::new().await {
            all.push(Self::start(fault, Some(schema)).await);
        }
        all
    }

    /// Three of them, with the same seed, as whoever repeats a run starts them.
    async fn start(fault: Option<Fault>, schema: Option<Schema>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
        let mut servers = Vec::new();
        for _ in 0..3 {
            let database = match &schema {
                None => Database::File(folder.path().join("facts.db")),
                Some(schema) => Database::Postgres(PostgresUrl::new(schema.url())),
            };
            let server = Server::builder().database(database).key_file(folder.path().join("root.key"));
            let server = server.clock(clock.clone()).seed(7);
            let server = fault.into_iter().fold(server, Builder::fault);
            servers.push(server.spawn().await.unwrap());
        }
        Self { servers, clock, _folder: folder, _schema: schema }
    }

    fn pair(&self, contract: Vendor, name: &str) -> Pair {
        let pairs: Vec<_> =
            self.servers.iter().map(|server| server.target(contract).callers[name].clone()).collect();
        assert!(pairs.iter().all(|pair| *pair == pairs[0]));
        pairs[0].clone()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).unwrap();
    }

    async fn call(
        &self,
        at: usize,
        contract: Vendor,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, Value) {
        let url = self.servers[at].base_url(contract);
        let (address, prefix) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (method, path) = request;
        let mut text =
            format!("{method} /{prefix}{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        if body.starts_with('{') {
            text.push_str("content-type: application/json\r\n");
        }
        text.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n", body]);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }
}

/// Which of the replicas accept a credential.
type Accepted = [bool; 3];

/// Revokes a credential at the first replica after all have accepted it; says who accepts it `later` seconds after.
async fn revoked_at_the_first(contract: Vendor, replicas: &Replicas, later: u64) -> Accepted {
    match contract {
        Vendor::WattShift => wattshift(replicas, later).await,
        Vendor::Dinie => dinie(replicas, later).await,
        Vendor::EntryTarget => entrytarget(replicas, later).await,
        Vendor::ShiftAgent => shiftagent(replicas).await,
    }
}

async fn wattshift(replicas: &Replicas, later: u64) -> Accepted {
    let wanted = json!({
        "organization_name": "Example Energy Lab",
        "user_name": "Robin Example",
        "assignment": "Check that revoked keys are refused.",
        "requested_scopes": ["calculate"],
    });
    let call = async |at, path: &str, headers: &[(&str, &str)], body: &Value| {
        replicas.call(at, Vendor::WattShift, ("POST", path), headers, &body.to_string()).await
    };
    let (status, issued) = call(1, "/v1/agent-credentials", &[], &wanted).await;
    assert_eq!(status, 200, "{issued}");
    let key = [("x-ws-api-key", issued["credential"].as_str().unwrap())];
    let look = json!({ "zipcode": "94107", "detailLevel": "minimal" });
    for at in 0..3 {
        assert_eq!(call(at, "/v1/utility/get", &key, &look).await.0, 200);
    }
    let path = issued["revocation_path"].as_str().unwrap();
    assert_eq!(call(0, path, &key, &json!({})).await.0, 200);
    replicas.advance(later);
    let mut accepted = [false; 3];
    for (at, accepted) in accepted.iter_mut().enumerate() {
        *accepted = call(at, "/v1/utility/get", &key, &look).await.0 != 401;
    }
    accepted
}

async fn dinie(replicas: &Replicas, later: u64) -> Accepted {
    let exchange = async |at, pair: &Pair| {
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", pair.id, pair.secret.expose())));
        let headers = [("authorization", &*basic), ("content-type", "application/x-www-form-urlencoded")];
        let body = "grant_type=client_credentials";
        let (status, token) = replicas.call(at, Vendor::Dinie, ("POST", "/auth/token"), &headers, body).await;
        (status, format!("Bearer {}", token["access_token"].as_str().unwrap_or_default()))
    };
    let (status, bearer) = exchange(0, &replicas.pair(Vendor::Dinie, OPERATOR)).await;
    assert_eq!(status, 200);
    let bearer = [("authorization", &*bearer)];
    let mut made = Vec::new();
    // One at each, so that equal ids would be noticed.
    for at in 0..3 {
        let request = ("POST", "/auth/credentials");
        let (status, one) = replicas.call(at, Vendor::Dinie, request, &bearer, r#"{"name": "a"}"#).await;
        assert_eq!(status, 201, "{one}");
        made.push(Pair::new(one["client_id"].as_str().unwrap(), one["client_secret"].as_str().unwrap()));
    }
    for at in 0..3 {
        assert_eq!(exchange(at, &made[2]).await.0, 200);
    }
    let path = format!("/auth/credentials/{}", made[2].id);
    assert_eq!(replicas.call(0, Vendor::Dinie, ("DELETE", &path), &bearer, "").await.0, 204);
    replicas.advance(later);
    let mut accepted = [false; 3];
    for (at, accepted) in accepted.iter_mut().enumerate() {
        *accepted = exchange(at, &made[2]).await.0 != 401;
    }
    accepted
}

async fn register(replicas: &Replicas, at: usize) -> Pair {
    let pair = vendor::mint(replicas.servers[at].state(), 1).remove(0);
    let body = json!({ "api_key": pair.id, "api_secret": pair.secret.expose() }).to_string();
    let (status, answer) = replicas.call(at, Vendor::EntryTarget, ("POST", "/credentials"), &[], &body).await;
    assert_eq!(status, 201, "{answer}");
    pair
}

async fn probe(replicas: &Replicas, at: usize, pair: &Pair) -> bool {
    let headers = [("x-api-key", &*pair.id), ("x-api-secret", pair.secret.expose())];
    let request = ("GET", "/account/6f1d2c0e-8b47-4e3a-9d15-7c20a4be93f8");
    let (status, _) = replicas.call(at, Vendor::EntryTarget, request, &headers, "").await;
    assert!([401, 404].contains(&status), "{status}");
    status == 404
}

async fn revoke_pair(replicas: &Replicas, at: usize, pair: &Pair) {
    let caller = replicas.pair(Vendor::EntryTarget, OPERATOR);
    let headers = [("x-api-key", &*caller.id), ("x-api-secret", caller.secret.expose())];
    let path = format!("/credentials/{}", pair.id);
    let (status, _) = replicas.call(at, Vendor::EntryTarget, ("DELETE", &path), &headers, "").await;
    assert_eq!(status, 200);
}

async fn entrytarget(replicas: &Replicas, later: u64) -> Accepted {
    let pair = register(replicas, 1).await;
    for at in 0..3 {
        assert!(probe(replicas, at, &pair).await);
    }
    revoke_pair(replicas, 0, &pair).await;
    replicas.advance(later);
    let mut accepted = [false; 3];
    for (at, accepted) in accepted.iter_mut().enumerate() {
        *accepted = probe(replicas, at, &pair).await;
    }
    accepted
}

async fn shiftagent(replicas: &Replicas) -> Accepted {
    let bearer = format!("Bearer {}", replicas.pair(Vendor::ShiftAgent, OPERATOR).secret.expose());
    let bearer = [("authorization", &*bearer)];
    let body = r#"{"name": "a", "type": "git_pat", "secret": "not-a-secret"}"#;
    let request = ("POST", "/credentials");
    let (status, made) = replicas.call(1, Vendor::ShiftAgent, request, &bearer, body).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/credentials/{}", made["id"].as_str().unwrap());
    assert_eq!(replicas.call(0, Vendor::ShiftAgent, ("DELETE", &path), &bearer, "").await.0, 204);
    let mut accepted = [false; 3];
    for (at, accepted) in accepted.iter_mut().enumerate() {
        let (_, list) = replicas.call(at, Vendor::ShiftAgent, ("GET", "/credentials"), &bearer, "").await;
        *accepted = list["data"] != json!([]);
    }
    accepted
}

#[tokio::test]
async fn a_revocation_is_known_to_all() {
    for replicas in Replicas::of_each_kind(None).await {
        for contract in Vendor::ALL {
            let later = if contract == Vendor::EntryTarget { 300 } else { 0 };
            assert_eq!(revoked_at_the_first(contract, &replicas, later).await, [false; 3], "{contract}");
        }
    }
}

#[tokio::test]
async fn each_remembers_for_itself() {
    for replicas in Replicas::of_each_kind(None).await {
        let pair = register(&replicas, 0).await;
        assert!(probe(&replicas, 1, &pair).await);
        replicas.advance(200);
        assert!(probe(&replicas, 2, &pair).await);
        revoke_pair(&replicas, 0, &pair).await;
        let accepted = async || {
            let mut accepted = [false; 3];
            for (at, accepted) in accepted.iter_mut().enumerate() {
                *accepted = probe(&replicas, at, &pair).await;
            }
            accepted
        };
        assert_eq!(accepted().await, [false, true, true]);
        replicas.advance(100);
        assert_eq!(accepted().await, [false, false, true]);
        replicas.servers[2].hook(Vendor::EntryTarget, "restart", None).await.unwrap();
        assert_eq!(accepted().await, [false; 3]);
    }
}

/// Of syncs of one repository that are asked for at once, wherever, one is started; repeats under its key get its answer.
#[tokio::test(flavor = "multi_thread")]
async fn one_sync_is_in_flight() {
    for replicas in Replicas::of_each_kind(None).await {
        let bearer = format!("Bearer {}", replicas.pair(Vendor::ShiftAgent, OPERATOR).secret.expose());
        let bearer = ("authorization", &*bearer);
        let body = json!({ "name": "r", "repo_url": "https://git.example/r.git", "provider": "github" });
        let request = ("POST", "/repositories");
        let (status, made) =
            replicas.call(0, Vendor::ShiftAgent, request, &[bearer], &body.to_string()).await;
        assert_eq!(status, 201, "{made}");
        // The first sync of a new repository ends by itself.
        replicas.advance(60);
        let path = format!("/repositories/{}/sync", made["id"].as_str().unwrap());
        let sync = async |number: usize, key: &str| {
            let headers = [bearer, ("idempotency-key", key)];
            replicas.call(number % 3, Vendor::ShiftAgent, ("POST", &path), &headers, "").await
        };
        let keys = ["a", "b", "c", "d", "a", "b", "c", "d", "a"];
        let answers = keys.iter().enumerate().map(|(number, key)| sync(number, key));
        let answers = futures::future::join_all(answers).await;
        let started: Vec<_> = keys.iter().zip(&answers).filter(|(_, (status, _))| *status == 202).collect();
        assert!(!started.is_empty() && started.iter().all(|(key, _)| *key == started[0].0), "{answers:?}");
        assert!(answers.iter().all(|(status, _)| [202, 409].contains(status)), "{answers:?}");
        let repeats = keys.iter().filter(|key| *key == started[0].0).count();
        assert_eq!(started.len(), repeats, "{answers:?}");
    }
}

#[tokio::test]
async fn faults_of_replicas_show() {
    for fault in Fault::ALL.iter().filter(|fault| fault.needs_replicas()) {
        for replicas in Replicas::of_each_kind(Some(*fault)).await {
            for contract in fault.contracts() {
                let accepted = revoked_at_the_first(contract, &replicas, 300).await;
                assert_eq!(accepted, [false, true, true], "{fault} of {contract}");
            }
        }
    }
}
