//! What was acknowledged survives the death of the process that acknowledged it, and of the database under it.
//!
//! A real server is put under a load of issuing and revoking, and killed in the middle (`SIGKILL`, no time to end
//! anything); with PostgreSQL, every other time the database is killed instead, and every third time both. Then
//! everything that was ever acknowledged is asked about. `RESCIND_KILLS` says how many times (3 by default); the counts
//! are printed.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "a cluster that is killed is nobody else's")]
#[path = "support/postgres.rs"]
mod postgres;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::postgres::Cluster;

/// How many clients are busy at once.
const CLIENTS: usize = 16;

fn kills() -> usize {
    std::env::var("RESCIND_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

/// A process of `rescind-server`.
struct Server {
    process: Child,
    /// Where it listens.
    address: String,
    /// The bearer token of a caller that may issue.
    bearer: String,
}

impl Server {
    /// Starts one on a database and waits until it serves.
    async fn start(folder: &Path, database: &str) -> Self {
        let target = folder.join("target.toml");
        let _ = std::fs::remove_file(&target);
        let mut process = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
            .args(["--listen", "127.0.0.1:0", "--log-format", "json", "--rate-limit", "100000000"])
            .args(["--database", database])
            .arg("--key-file")
            .arg(folder.join("root.key"))
            .arg("--write-target")
            .arg(&target)
            .env("RUST_LOG", "rescind_server=info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut ready = Some(ready);
            let mut said = String::new();
            // Reads on to the end, because nobody may fill the pipe.
            for line in log.lines().map_while(Result::ok) {
                if line.contains("target file written") {
                    ready.take().map(|ready| ready.send(Ok(())));
                }
                if ready.is_some() {
                    said.extend([&line, "\n"]);
                }
            }
            ready.take().map(|ready| ready.send(Err(said)));
        });
        let started: Result<(), String> = is_ready.await.unwrap();
        assert_eq!(started, Ok(()), "the server does not start");
        let target: toml::Table = std::fs::read_to_string(&target).unwrap().parse().unwrap();
        let dinie = &target["contracts"]["dinie"];
        let address = dinie["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let address = address.split_once('/').unwrap().0.to_owned();
        let operator = &dinie["callers"]["operator"];
        let (id, secret) =
            (operator["id"].as_str().unwrap(), operator["secret"]["literal"].as_str().unwrap());
        let mut server = Self { process, address, bearer: String::new() };
        let (status, token) = server.client().await.unwrap().exchange(id, secret).await.unwrap();
        assert_eq!(status, 200, "{token}");
        server.bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        server
    }

    async fn client(&self) -> std::io::Result<Client> {
        let stream = TcpStream::connect(&self.address).await?;
        Ok(Client { stream, bearer: self.bearer.clone() })
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A connection that is kept.
struct Client {
    stream: TcpStream,
    bearer: String,
}

impl Client {
    async fn call(
        &mut self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<(u16, Value)> {
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nhost: reference\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["\r\n", body]);
        self.stream.write_all(text.as_bytes()).await?;
        let mut answer = Vec::new();
        let gone = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        loop {
            if let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
                if answer.len() >= end + 4 + length {
                    let body = serde_json::from_slice(&answer[end + 4..]).unwrap_or_default();
                    return Ok((head[9..12].parse().unwrap(), body));
                }
            }
            if self.stream.read_buf(&mut answer).await? == 0 {
                return Err(gone());
            }
        }
    }

    async fn exchange(&mut self, id: &str, secret: &str) -> std::io::Result<(u16, Value)> {
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let headers = [("authorization", &*basic), ("content-type", "application/x-www-form-urlencoded")];
        self.call(("POST", "/dinie/v3/auth/token"), &headers, "grant_type=client_credentials").await
    }
}

/// What is known of a credential from the answers.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    secret: String,
    /// The idempotency key that it was issued under; none where the contract has none.
    key: Option<String>,
    revocation: Revocation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revocation {
    NotAsked,
    Asked,
    Acknowledged,
}

/// Everything that the clients were told, and asked.
#[derive(Default)]
struct Record {
    known: Vec<Known>,
    /// Keys under which something was asked for, without an answer.
    unanswered: Vec<String>,
    lost_revocations: usize,
    lost_credentials: usize,
    half_made: usize,
}

/// What the clients of a round share.
#[derive(Default)]
struct Load {
    /// How many answers acknowledged something.
    done: AtomicUsize,
    /// Told when there are as many as were wanted.
    enough: Notify,
    /// A database that comes back soon enough is no reason to stop for a client.
    is_over: AtomicBool,
}

/// Issues and revokes until the server does not answer any more, or the load is over. Every third credential stays.
async fn work(mut client: Client, name: String, load: Arc<Load>, goal: usize) -> Record {
    let mut record = Record::default();
    let count = || {
        if load.done.fetch_add(1, Ordering::SeqCst) + 1 == goal {
            load.enough.notify_one();
        }
    };
    for number in 0.. {
        if load.is_over.load(Ordering::SeqCst) {
            break;
        }
        let (issue, key) = if number % 2 == 0 {
            (client.issue_key().await, None)
        } else {
            let key = format!("{name}-{number}");
            (client.issue_pair(&key).await, Some(key))
        };
        let Some((id, secret)) = issue else {
            record.unanswered.extend(key);
            break;
        };
        record.known.push(Known { id, secret, key, revocation: Revocation::NotAsked });
        count();
        let Some(credential) = record.known.last_mut().filter(|_| number % 3 > 0) else { continue };
        credential.revocation = Revocation::Asked;
        if !client.revoke(credential).await {
            break;
        }
        credential.revocation = Revocation::Acknowledged;
        count();
    }
    record
}

impl Client {
    async fn issue_key(&mut self) -> Option<(String, String)> {
        let wanted = json!({
            "organization_name": "Example Energy Lab",
            "user_name": "Robin Example",
            "assignment": "Check that revoked keys are refused.",
            "requested_scopes": ["calculate"],
        });
        let headers = [("content-type", "application/json")];
        let request = ("POST", "/wattshift/v1/agent-credentials");
        let (status, body) = self.call(request, &headers, &wanted.to_string()).await.ok()?;
        let text = |name: &str| Some(body[name].as_str()?.to_owned());
        if status == 200 { text("credential_id").zip(text("credential")) } else { None }
    }

    async fn issue_pair(&mut self, key: &str) -> Option<(String, String)> {
        let bearer = self.bearer.clone();
        let headers =
            [("content-type", "application/json"), ("authorization", &*bearer), ("idempotency-key", key)];
        let request = ("POST", "/dinie/v3/auth/credentials");
        let (status, body) = self.call(request, &headers, r#"{"name": "a"}"#).await.ok()?;
        let text = |name: &str| Some(body[name].as_str()?.to_owned());
        if status == 201 { text("client_id").zip(text("client_secret")) } else { None }
    }

    async fn revoke(&mut self, credential: &Known) -> bool {
        let id = &credential.id;
        let answer = if credential.key.is_none() {
            let path = format!("/wattshift/v1/agent-credentials/{id}/revoke");
            let headers = [("content-type", "application/json"), ("x-ws-api-key", &*credential.secret)];
            self.call(("POST", &path), &headers, "{}").await
        } else {
            let bearer = self.bearer.clone();
            let path = format!("/dinie/v3/auth/credentials/{id}");
            self.call(("DELETE", &path), &[("authorization", &*bearer)], "").await
        };
        matches!(answer, Ok((200 | 204, _)))
    }

    /// Whether a credential is accepted.
    async fn is_accepted(&mut self, credential: &Known) -> bool {
        let answer = if credential.key.is_none() {
            let headers = [("content-type", "application/json"), ("x-ws-api-key", &*credential.secret)];
            let look = json!({ "zipcode": "94107", "detailLevel": "minimal" }).to_string();
            self.call(("POST", "/wattshift/v1/utility/get"), &headers, &look).await
        } else {
            self.exchange(&credential.id, &credential.secret).await
        };
        let (status, body) = answer.unwrap();
        assert!(matches!(status, 200 | 401), "{status} {body}");
        status == 200
    }
}

impl Record {
    fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unanswered.extend(other.unanswered);
    }

    /// Asks about everything since this credential.
    async fn check(&mut self, server: &Server, since: usize) {
        let mut client = server.client().await.unwrap();
        for credential in &self.known[since..] {
            let is_accepted = client.is_accepted(credential).await;
            match credential.revocation {
                Revocation::NotAsked if !is_accepted => self.lost_credentials += 1,
                Revocation::Acknowledged if is_accepted => self.lost_revocations += 1,
                _ => {}
            }
            if let Some(key) = &credential.key {
                // The answer is kept with what it is about.
                let again = client.issue_pair(key).await.unwrap();
                if again != (credential.id.clone(), credential.secret.clone()) {
                    self.half_made += 1;
                }
            }
        }
        // What nobody was told of is there with its answer, or not at all; either way the same request gets one that works.
        for key in std::mem::take(&mut self.unanswered) {
            let (id, secret) = client.issue_pair(&key).await.unwrap();
            let credential = Known { id, secret, key: Some(key), revocation: Revocation::NotAsked };
            if !client.is_accepted(&credential).await {
                self.half_made += 1;
            }
            self.known.push(credential);
        }
    }
}

/// Who is killed in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Server,
    Database,
    Both,
}

async fn rounds(engine: &str, folder: &Path, database: &str, mut cluster: Option<Cluster>) {
    let kills = kills();
    let mut record = Record::default();
    let mut server = Server::start(folder, database).await;
    for round in 0..kills {
        let victim = match (&cluster, round % 3) {
            (None, _) | (_, 0) => Victim::Server,
            (_, 1) => Victim::Database,
            _ => Victim::Both,
        };
        let load = Arc::<Load>::default();
        // Another moment each time.
        let goal = 60 + round * 37 % 100;
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = server.client().await.unwrap();
            let name = format!("{round}-{number}");
            clients.spawn(work(client, name, load.clone(), goal));
        }
        load.enough.notified().await;
        if victim != Victim::Database {
            server.process.kill().unwrap();
        }
        if victim != Victim::Server {
            let mut crashing = cluster.take().unwrap();
            let crashed = tokio::task::spawn_blocking(move || crashing.crash().map(|()| crashing));
            cluster = Some(crashed.await.unwrap().unwrap());
        }
        load.is_over.store(true, Ordering::SeqCst);
        let since = record.known.len();
        for part in clients.join_all().await {
            record.add(part);
        }
        if victim != Victim::Database {
            server.kill();
            server = Server::start(folder, database).await;
        }
        record.check(&server, since).await;
    }
    record.check(&server, 0).await;
    server.kill();
    let count = |wanted| record.known.iter().filter(|known| known.revocation == wanted).count();
    let _ = writeln!(
        std::io::stderr(),
        "{engine}: {kills} kills under load; {} credentials acknowledged, {} revocations acknowledged, {} \
         unacknowledged; lost: {} credentials, {} revocations; half made: {}",
        record.known.len(),
        count(Revocation::Acknowledged),
        count(Revocation::Asked),
        record.lost_credentials,
        record.lost_revocations,
        record.half_made,
    );
    assert_eq!((record.lost_credentials, record.lost_revocations, record.half_made), (0, 0, 0));
    assert!(count(Revocation::Acknowledged) >= kills * 10, "there was no load");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_with_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("facts.db").display());
    rounds("SQLite", folder.path(), &database, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_with_postgres() {
    let folder = tempfile::tempdir().unwrap();
    match Cluster::start(&[]) {
        Ok(cluster) => {
            let url = cluster.url();
            rounds("PostgreSQL", folder.path(), &url, Some(cluster)).await;
        }
        Err(reason) => postgres::not_run(&reason),
    }
}
