//! What was acknowledged survives the death of the process that acknowledged it, and of the database under it.
//!
//! A real server is put under a load of issuing and revoking in every contract, and killed in the middle (`SIGKILL`, no
//! time to end anything); with PostgreSQL, every other time the database is killed instead, and every third time both.
//! Then everything that was ever acknowledged is asked about. `RESCIND_KILLS` says how many times (3 by default); the
//! counts are printed.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod client;
#[expect(dead_code, reason = "a cluster that is killed is nobody else's")]
#[path = "../support/postgres.rs"]
mod postgres;
mod record;
mod server;
mod wire;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::client::{Client, Contract, Issue, Wanted};
use self::postgres::Cluster;
use self::record::{Known, Lost, Memory, Record, Revocation};
use self::server::Server;

/// How many clients are busy at once.
const CLIENTS: usize = 16;

fn kills() -> usize {
    std::env::var("RESCIND_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

/// What the clients of a round share.
#[derive(Default)]
struct Load {
    /// How many answers acknowledged something.
    done: AtomicUsize,
    /// How many are wanted.
    goal: usize,
    /// Told when there are as many.
    enough: Notify,
    /// A database that comes back soon enough is no reason to stop for a client.
    is_over: AtomicBool,
}

impl Load {
    fn count(&self) {
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 == self.goal {
            self.enough.notify_one();
        }
    }
}

/// Issues and revokes, in one contract after the other, until the server does not answer any more or the load is over.
async fn work(mut client: Client, name: String, first: usize, load: Arc<Load>) -> Record {
    let mut record = Record::default();
    for number in first.. {
        if load.is_over.load(Ordering::SeqCst) {
            break;
        }
        let contract = Contract::ALL[number % Contract::ALL.len()];
        let wanted = client.wish(contract, format!("{name}-{number}"));
        if step(&mut client, wanted, number, &load, &mut record).await.is_err() {
            break;
        }
    }
    record
}

/// One credential; every third stays.
async fn step(
    client: &mut Client,
    wanted: Wanted,
    number: usize,
    load: &Load,
    record: &mut Record,
) -> io::Result<()> {
    let contract = wanted.contract();
    let pair = match client.issue(&wanted).await {
        Ok(Issue::Made(pair)) => pair,
        Ok(Issue::Exists) => panic!("{wanted:?} was there before anybody asked for it"),
        Err(gone) => {
            if contract != Contract::WattShift {
                record.unanswered.push(wanted);
            }
            return Err(gone);
        }
    };
    record.known.push(Known { wanted, pair: pair.clone(), revocation: Revocation::NotAsked });
    load.count();
    // From here on it is in the cache, which must not outlive the process.
    if contract == Contract::EntryTarget && !client.is_let_in(&pair).await? {
        record.lost.credentials += 1;
    }
    let Some(known) = record.known.last_mut().filter(|_| !number.is_multiple_of(3)) else { return Ok(()) };
    known.revocation = Revocation::Asked;
    if client.revoke(contract, &pair).await? {
        known.revocation = Revocation::Acknowledged;
        load.count();
    } else {
        record.lost.credentials += 1;
    }
    Ok(())
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
        // Another moment each time.
        let load = Arc::new(Load { goal: 80 + round * 37 % 120, ..Load::default() });
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = server.client().await.unwrap();
            clients.spawn(work(client, format!("{round}-{number}"), number, load.clone()));
        }
        load.enough.notified().await;
        if victim != Victim::Database {
            server.kill();
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
        let memory = if victim == Victim::Database {
            Memory::Kept
        } else {
            server = Server::start(folder, database).await;
            Memory::Empty
        };
        record.check(server.client().await.unwrap(), memory, since).await;
    }
    // Once more, from the beginning, at a server that remembers nothing.
    server.kill();
    server = Server::start(folder, database).await;
    record.check(server.client().await.unwrap(), Memory::Empty, 0).await;
    server.kill();
    let counts = Contract::ALL.map(|contract| {
        format!(
            "  {contract:?}: {} credentials acknowledged that stay, {} revocations acknowledged, {} unacknowledged\n",
            record.count(contract, Revocation::NotAsked),
            record.count(contract, Revocation::Acknowledged),
            record.count(contract, Revocation::Asked),
        )
    });
    let report = format!("{engine}: {kills} kills under load; lost: {:?}\n{}", record.lost, counts.concat());
    // One write, so that the engines do not mix their lines.
    let _ = io::stderr().write_all(report.as_bytes());
    assert_eq!(record.lost, Lost::default());
    for contract in Contract::ALL {
        let revoked = record.count(contract, Revocation::Acknowledged);
        assert!(revoked >= kills * 3, "there was no load on {contract:?}: {revoked} revocations");
    }
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
