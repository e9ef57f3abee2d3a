//! What the store costs: an authenticated call with few and with many credentials in it, and the throughput of a read
//! and of a revocation beside a handler that stores nothing and beside SQLite's own commits.
//!
//! Everything that is compared is asked in turn, in one process, on one disk. Run with
//! `cargo bench -p rescind-server --bench store`; `RESCIND_BENCH_SIZES=1000,100000` chooses how many credentials are
//! stored, `RESCIND_BENCH_ROUNDS` how often each is asked in turn, `TMPDIR` the disk.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]
#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::routing::post;
use axum::{Json, Router};
use http::Request;
use rescind_server::id::Ids;
use rescind_server::keys::Keys;
use rescind_server::secret::SecretHash;
use rescind_server::state::{Settings, State};
use rescind_server::store::{Attributes, CredentialFact, Facts, SqliteStore, Transfer as _};
use rescind_server::vendor::{self, records::wattshift as records};
use rescind_server::{Clock, Faults, Vendor};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

const LOOK: &str = r#"{"zipcode":"94107","detailLevel":"minimal"}"#;

/// A credential: its id, and the key that is presented.
type Key = (String, String);

/// This many credentials, as facts and as who holds them knows them. The keys are the same each time.
fn credentials(count: usize) -> (Facts, Vec<Key>) {
    let ids = Ids::seeded(1);
    let keys: Vec<Key> =
        (0..count).map(|_| (ids.make(&records::CREDENTIAL_ID), ids.make(&records::CREDENTIAL))).collect();
    let facts = keys.iter().map(|(id, key)| CredentialFact {
        collection: records::CREDENTIALS.to_string(),
        id: id.clone(),
        tenant: records::TENANT.to_owned(),
        name: "bench".to_owned(),
        name_is_unique: false,
        secret_hash: SecretHash::of(key),
        sealed_secret: None,
        attributes: Attributes::new(),
        created_at: Clock::system().now(),
        updated_at: None,
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
        place: None,
    });
    (Facts { credentials: facts.collect(), ..Facts::none() }, keys)
}

/// The contract over a file with these facts.
async fn contract(path: &Path, facts: &Facts) -> Router {
    let ids = Ids::seeded(2);
    let keys = Keys::generate(&ids);
    let store = SqliteStore::open(path, keys.sealer(), ids.clone()).await.unwrap();
    store.import(facts).await.unwrap();
    let state =
        State::new(Arc::new(store), Clock::system(), ids, keys, Faults::default(), Settings::default());
    vendor::deploy(Vendor::WattShift, &state).unwrap().routes
}

/// The same routes with handlers that know nothing and store nothing.
fn bare() -> Router {
    let look = async |Json(body): Json<Value>| Json(json!({ "zipcode": body["zipcode"], "utilities": [] }));
    let revoke = async || Json(json!({ "outcome": "revoked" }));
    Router::new()
        .route("/v1/utility/get", post(look))
        .route("/v1/agent-credentials/{credential_id}/revoke", post(revoke))
}

/// How long each of `count` calls in process takes.
async fn latencies(routes: &Router, keys: &[Key], start: usize, count: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        // Far from each other, so that what was just read is of no help.
        let (_, key) = &keys[(start + number) * 7919 % keys.len()];
        let request = Request::post("/v1/utility/get")
            .header("content-type", "application/json")
            .header("x-ws-api-key", key)
            .body(Body::from(LOOK))
            .unwrap();
        let began = Instant::now();
        let response = routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
        times.push(began.elapsed());
        assert_eq!(status, 200);
    }
    times
}

fn part(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// The latency of an authenticated call at several sizes.
async fn scale(folder: &Path, sizes: &[usize], rounds: usize) {
    let mut deployments = Vec::new();
    for size in sizes {
        let began = Instant::now();
        let (facts, keys) = credentials(*size);
        let routes = contract(&folder.join(format!("scale-{size}.db")), &facts).await;
        println!("{size} credentials stored in {:.1?}", began.elapsed());
        deployments.push((size, routes, keys, Vec::new()));
    }
    let calls = 2_000;
    for round in 0..=rounds {
        for (_, routes, keys, times) in &mut deployments {
            let taken = latencies(routes, keys, round * calls, calls).await;
            // The first round warms up.
            if round > 0 {
                times.extend(taken);
            }
        }
    }
    let mut first = None;
    for (size, _, _, mut times) in deployments {
        times.sort_unstable();
        let (median, high) = (part(&times, 50), part(&times, 99));
        let (first_median, first_high) = *first.get_or_insert((median, high));
        println!(
            "an authenticated call, {size} credentials: median {median:.1?} ({:.2} times the first), 99 % within \
             {high:.1?} ({:.2} times)",
            median.as_secs_f64() / first_median.as_secs_f64(),
            high.as_secs_f64() / first_high.as_secs_f64(),
        );
    }
}

/// Serves routes on a thread of their own.
fn serve(routes: impl FnOnce() -> Pin<Box<dyn Future<Output = Router>>> + Send + 'static) -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let routes = routes().await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

#[derive(Clone, Copy)]
enum Call {
    Read,
    Revoke,
}

/// How many calls a second several connections get through, each with the next key.
async fn throughput(
    address: SocketAddr,
    call: Call,
    keys: &Arc<Vec<Key>>,
    next: &Arc<AtomicUsize>,
    (connections, count): (usize, usize),
) -> f64 {
    let began = Instant::now();
    let calls = (0..connections).map(|_| {
        let (keys, next) = (keys.clone(), next.clone());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            for _ in 0..count / connections {
                let (id, key) = &keys[next.fetch_add(1, Ordering::Relaxed) % keys.len()];
                let (path, body) = match call {
                    Call::Read => ("/v1/utility/get".to_owned(), LOOK),
                    Call::Revoke => (format!("/v1/agent-credentials/{id}/revoke"), "{}"),
                };
                let text = format!(
                    "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                     x-ws-api-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len(),
                );
                stream.write_all(text.as_bytes()).await.unwrap();
                answer(&mut stream).await;
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    per_second(count / connections * connections, began.elapsed())
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream) {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        assert_ne!(stream.read_buf(&mut buffer).await.unwrap(), 0);
        let text = str::from_utf8(&buffer).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 200"), "{text}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return;
        }
    }
}

/// How many changes of one row a second SQLite makes durable by itself.
async fn commits(path: &Path, count: usize) -> f64 {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = options.connect().await.unwrap();
    let table = "CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT";
    sqlx::query(table).execute(&mut connection).await.unwrap();
    let ids = Ids::from_os().unwrap();
    let began = Instant::now();
    for _ in 0..count {
        let mut change = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO revoked (id, at) VALUES ($1, $2)")
            .bind(ids.make(&records::CREDENTIAL_ID))
            .bind(1_i64)
            .execute(&mut *change)
            .await
            .unwrap();
        change.commit().await.unwrap();
    }
    per_second(count, began.elapsed())
}

fn per_second(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Reads and revocations a second, beside a bare handler and SQLite's own commits.
async fn rates(folder: PathBuf, rounds: usize) {
    let revocations = 640;
    let (facts, keys) = credentials(2 * revocations * (rounds + 1) + 1_000);
    let (path, keys) = (folder.join("rates.db"), Arc::new(keys));
    let own = serve(move || Box::pin(async move { contract(&path, &facts).await }));
    let hand = serve(|| Box::pin(async { bare() }));
    let (next, last) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let mut alone = Vec::new();
    for (call, name, count) in [(Call::Read, "read", 4_000), (Call::Revoke, "revoke", revocations)] {
        for connections in [1, 32] {
            let mut measured = [Vec::new(), Vec::new(), Vec::new()];
            for _ in 0..rounds {
                let size = (connections, count);
                // Revocations use up keys from the front, reads take those at the back, which stay.
                let own_rate = match call {
                    Call::Revoke => throughput(own, call, &keys, &next, size).await,
                    Call::Read => {
                        let kept = Arc::new(keys[keys.len() - 1_000..].to_vec());
                        throughput(own, call, &kept, &last, size).await
                    }
                };
                measured[0].push(own_rate);
                measured[1].push(throughput(hand, call, &keys, &Arc::default(), size).await);
                if let Call::Revoke = call {
                    measured[2].push(commits(&folder.join("commits.db"), count).await);
                }
            }
            let [own, hand, commits] =
                measured.map(|values| if values.is_empty() { 0.0 } else { median(values) });
            print!(
                "{name}, {connections} connections: {own:.0}/s, {:.2} of a bare handler ({hand:.0}/s)",
                own / hand
            );
            if let Call::Revoke = call {
                print!(", {:.2} of SQLite's own commits ({commits:.0}/s)", own / commits);
                alone.push(own);
            }
            println!();
        }
    }
    println!("32 connections revoke {:.2} times as fast as one", alone[1] / alone[0]);
}

fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).ok().map_or(default, |value| value.parse().unwrap());
    let sizes = std::env::var("RESCIND_BENCH_SIZES").unwrap_or_else(|_| "1000,100000,1000000".to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let rounds = number("RESCIND_BENCH_ROUNDS", 7);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(rates(folder.path().to_owned(), rounds));
    runtime.block_on(scale(folder.path(), &sizes, rounds));
}
