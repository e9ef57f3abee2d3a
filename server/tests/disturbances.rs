//! Disturbances as a client sees them, over real connections.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::io::ErrorKind;
use std::num::NonZeroU64;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rescind_server::disturbance::{Cut, Probability, RuleError};
use rescind_server::journal::{Outcome, Passage};
use rescind_server::{Clock, Fault, Rule, Running, Server, StartError, Vendor};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn start(contract: Vendor) -> Running {
    let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
    Server::builder().contract(contract).at_root().clock(clock).seed(7).spawn().await.unwrap()
}

/// What a client gets.
#[derive(Debug, PartialEq)]
enum Got {
    Answer {
        status: u16,
        head: String,
        body: String,
    },
    /// The connection ended (FIN) where an answer, or more of it, was due; so much was read.
    End(String),
    /// The connection was reset (RST).
    Reset,
}

impl Got {
    fn status(&self) -> u16 {
        match self {
            Self::Answer { status, .. } => *status,
            other => panic!("no answer: {other:?}"),
        }
    }
}

/// A connection of a client.
struct Client(TcpStream);

impl Client {
    async fn connect(running: &Running) -> Self {
        Self(TcpStream::connect(running.address()).await.unwrap())
    }

    async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) {
        let length = body.len();
        let media_type =
            if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: {media_type}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads one answer to its announced end.
    async fn receive(&mut self) -> Got {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let mut lines = head.lines();
                let length = lines.find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    let status = head[9..12].parse().unwrap();
                    return Got::Answer { status, head: head.to_owned(), body: body.to_owned() };
                }
            }
            match self.0.read_buf(&mut read).await {
                Ok(0) => return Got::End(text),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Got::Reset,
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn call(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Got {
        self.send(method, path, headers, body).await;
        self.receive().await
    }
}

async fn call(running: &Running, method: &str, path: &str, headers: &str, body: &str) -> Got {
    Client::connect(running).await.call(method, path, headers, body).await
}

async fn health(running: &Running) -> Got {
    call(running, "GET", "/health", "", "").await
}

fn rule(line: &str) -> Rule {
    line.parse().unwrap()
}

/// The headers of a pair of the pool, registered.
async fn registered(running: &Running, place: usize) -> (String, String) {
    let pair = &running.target(Vendor::EntryTarget).pool[place];
    let secret = pair.secret.expose();
    let body = json!({ "api_key": pair.id, "api_secret": secret }).to_string();
    assert_eq!(call(running, "POST", "/credentials", "", &body).await.status(), 201);
    (pair.id.clone(), format!("x-api-key: {}\r\nx-api-secret: {secret}\r\n", pair.id))
}

#[tokio::test]
async fn nothing_is_disturbed_unless_asked_for() {
    let running = start(Vendor::EntryTarget).await;
    assert!(running.disturbances().list().is_empty());
    assert!(!running.disturbances().is_any());
    assert_eq!(health(&running).await.status(), 200);
}

#[tokio::test]
async fn a_latency_on_one_operation_leaves_the_others_alone() {
    let running = start(Vendor::EntryTarget).await;
    // Longer than any test; the other operation is answered although the first one waits.
    running.disturb(rule("latency=1h,operation=getMetrics")).unwrap();
    let mut late = Client::connect(&running).await;
    late.send("GET", "/metrics", "", "").await;
    while running.disturbances().list()[0].struck == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(health(&running).await.status(), 200);
    let mut nothing = [0];
    let error = late.0.try_read(&mut nothing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "the late one still waits");
    let struck = &running.disturbances().list()[0];
    assert_eq!((struck.matched, struck.struck), (1, 1));
    running.disturbances().clear();
    // What is short enough to be waited for arrives.
    running.disturb(rule("latency=1ms..2ms,operation=getMetrics")).unwrap();
    assert_eq!(call(&running, "GET", "/metrics", "", "").await.status(), 200);
}

#[tokio::test]
async fn a_dropped_connection_ends_and_a_reset_one_fails() {
    let running = start(Vendor::EntryTarget).await;
    let mut other = Client::connect(&running).await;
    assert_eq!(other.call("GET", "/health", "", "").await.status(), 200);
    let mut struck = Client::connect(&running).await;
    assert_eq!(struck.call("GET", "/health", "", "").await.status(), 200);
    running.disturb(Rule::drop().once()).unwrap();
    assert_eq!(struck.call("GET", "/health", "", "").await, Got::End(String::new()));
    running.disturb(Rule::reset().once()).unwrap();
    assert_eq!(health(&running).await, Got::Reset);
    // Also with a body that nobody reads.
    let long = "x".repeat(600_000);
    running.disturb(Rule::drop().once()).unwrap();
    assert_eq!(call(&running, "POST", "/account", "", &long).await, Got::End(String::new()));
    assert_eq!(other.call("GET", "/health", "", "").await.status(), 200, "other connections live on");
}

#[tokio::test]
async fn requests_behind_a_cut_die_with_it() {
    let running = start(Vendor::EntryTarget).await;
    running.disturb(Rule::drop().operation("getMetrics")).unwrap();
    let mut client = Client::connect(&running).await;
    client.send("GET", "/metrics", "", "").await;
    client.send("GET", "/health", "", "").await;
    assert_eq!(client.receive().await, Got::End(String::new()));
}

#[tokio::test]
async fn a_request_that_is_lost_has_no_effect_and_an_answer_that_is_lost_has() {
    let running = start(Vendor::EntryTarget).await;
    let (id, headers) = registered(&running, 0).await;
    let (_, caller) = registered(&running, 1).await;
    let revoke = format!("/credentials/{id}");
    let is_live = async || {
        running.state().store().pair(&id).await.unwrap().unwrap().state
            == rescind_server::store::PairState::Active
    };
    running.disturb(rule("drop,operation=revokeCredential,times=1")).unwrap();
    assert_eq!(call(&running, "DELETE", &revoke, &caller, "").await, Got::End(String::new()));
    assert!(is_live().await);
    running.disturb(rule("reset,operation=revokeCredential,times=1,on=answer")).unwrap();
    assert_eq!(call(&running, "DELETE", &revoke, &caller, "").await, Got::Reset);
    assert!(!is_live().await);
    let again = call(&running, "POST", "/account", &headers, "{}").await;
    assert_eq!(again.status(), 401);
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_announced() {
    let running = start(Vendor::EntryTarget).await;
    let Got::Answer { body: whole, .. } = health(&running).await else { panic!("no answer") };
    for (cut, sent) in [(Cut::Bytes(0), 0), (Cut::Bytes(5), 5), (Cut::Percent(50), whole.len() / 2)] {
        running.disturb(Rule::truncate(cut).once()).unwrap();
        let Got::End(read) = health(&running).await else { panic!("it was not cut") };
        let (head, body) = read.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
        assert_eq!(body, &whole[..sent]);
    }
    // A body that is shorter than where it would be cut is sent whole.
    running.disturb(Rule::truncate(Cut::Bytes(10_000)).once()).unwrap();
    assert_eq!(health(&running).await.status(), 200);
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let running = start(Vendor::EntryTarget).await;
    let Got::Answer { body: whole, .. } = health(&running).await else { panic!("no answer") };
    running.disturb(rule("slow-body=1/1us")).unwrap();
    let Got::Answer { body, .. } = health(&running).await else { panic!("no answer") };
    assert_eq!(body, whole);
    assert_eq!(running.disturbances().list()[0].struck, 1);
    let entries = running.journal().expect("getHealth").received();
    let passages = entries.iter().map(|entry| match &entry.outcome {
        Outcome::Answered(response) => (response.body.passage, response.body.text().map(str::to_owned)),
        other => panic!("{other:?}"),
    });
    for passage in passages {
        assert_eq!(passage, (Passage::Complete, Some(whole.clone())));
    }
}

/// A request that is answered before it comes to the API uses up no rule about what the API does.
#[tokio::test]
async fn what_an_end_leaves_nothing_to_do_for_is_not_used_up() {
    for rules in [
        ["status=503,times=1", "fault=revocation-not-stored,times=1"],
        ["fault=revocation-not-stored,times=1", "status=503,times=1"],
        ["drop,times=1", "slow-body=1/1us,times=1"],
        ["status=503,times=1", "latency=1us,on=answer,times=1"],
    ] {
        let running = start(Vendor::EntryTarget).await;
        for line in rules {
            running.disturb(rule(line)).unwrap();
        }
        let struck = || running.disturbances().list().iter().map(|listed| listed.struck).sum::<u64>();
        health(&running).await;
        assert_eq!(struck(), 1, "{rules:?}");
        health(&running).await;
        assert_eq!(struck(), 2, "{rules:?}");
    }
}

#[tokio::test]
async fn a_status_is_answered_in_the_envelope_of_the_contract() {
    let running = start(Vendor::EntryTarget).await;
    running.disturb(rule("status=500,retry-after=1500ms,operation=revokeCredential,times=1")).unwrap();
    let Got::Answer { status, head, body } = call(&running, "DELETE", "/credentials/ak_x", "", "").await
    else {
        panic!("no answer")
    };
    assert_eq!(status, 500);
    assert!(head.contains("retry-after: 2"), "{head}");
    let envelope: Value = serde_json::from_str(&body).unwrap();
    assert!(envelope["error"]["code"].is_string(), "{body}");
    // A status that no document names has no envelope.
    running.disturb(rule("status=429,operation=revokeCredential,times=1")).unwrap();
    let Got::Answer { status, body, .. } = call(&running, "DELETE", "/credentials/ak_x", "", "").await else {
        panic!("no answer")
    };
    assert_eq!((status, body.as_str()), (429, ""));
    let undisturbed = call(&running, "DELETE", "/credentials/ak_x", "", "").await;
    assert_eq!(undisturbed.status(), 401);
}

#[tokio::test]
async fn the_next_requests_are_struck_and_no_more() {
    let running = start(Vendor::EntryTarget).await;
    let id =
        running.disturb(rule("status=503,operation=getHealth").times(NonZeroU64::new(2).unwrap())).unwrap();
    assert_eq!(call(&running, "GET", "/metrics", "", "").await.status(), 200);
    for wanted in [503, 503, 200, 200] {
        assert_eq!(health(&running).await.status(), wanted);
    }
    let spent = running.disturbances().get(id).unwrap();
    assert_eq!((spent.struck, spent.remaining), (2, Some(0)));
    assert!(!running.disturbances().is_any(), "a spent rule costs nothing");
}

#[tokio::test]
async fn the_same_seed_strikes_alike_and_other_rules_do_not_matter() {
    let share = Probability::new(0.3).unwrap();
    let mut runs = Vec::new();
    for others in [0, 1] {
        let running = start(Vendor::EntryTarget).await;
        let id = running.disturb(rule("status=503").probability(share)).unwrap();
        for _ in 0..others {
            running.disturb(rule("latency=1us..2us").probability(share)).unwrap();
        }
        let mut client = Client::connect(&running).await;
        let mut statuses = Vec::new();
        for _ in 0..200 {
            statuses.push(client.call("GET", "/health", "", "").await.status());
        }
        let struck = statuses.iter().filter(|status| **status == 503).count() as u64;
        let listed = running.disturbances().get(id).unwrap();
        assert_eq!((listed.matched, listed.struck), (200, struck));
        // Six standard deviations around 60.
        assert!((21..=99).contains(&struck), "{struck}");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_rule_for_one_caller_leaves_the_others_alone() {
    let running = start(Vendor::EntryTarget).await;
    let (id, mine) = registered(&running, 0).await;
    let (_, yours) = registered(&running, 1).await;
    running.disturb(Rule::reset().caller(&id)).unwrap();
    let read = async |headers: &str| call(&running, "GET", "/account/x", headers, "").await;
    assert_eq!(read(&mine).await, Got::Reset);
    assert!(matches!(read(&yours).await, Got::Answer { .. }));
    assert_eq!(read("").await.status(), 401);
    running.disturbances().clear();
    running.disturb(rule("reset,header=x-test:mine")).unwrap();
    assert_eq!(read(&format!("{mine}x-test: mine\r\n")).await, Got::Reset);
    assert!(matches!(read(&format!("{mine}x-test: other\r\n")).await, Got::Answer { .. }));
}

#[tokio::test]
async fn a_caller_is_known_by_user_name_and_by_the_subject_of_its_token() {
    let running = start(Vendor::Dinie).await;
    let callers = running.target(Vendor::Dinie).callers;
    let mut tokens = Vec::new();
    for name in ["operator", "outsider"] {
        let pair = &callers[name];
        let basic = STANDARD.encode(format!("{}:{}", pair.id, pair.secret.expose()));
        let headers = format!("authorization: Basic {basic}\r\n");
        let exchange =
            async || call(&running, "POST", "/auth/token", &headers, "grant_type=client_credentials").await;
        let Got::Answer { body, .. } = exchange().await else { panic!("no answer") };
        let body: Value = serde_json::from_str(&body).unwrap();
        tokens.push(body["access_token"].as_str().unwrap().to_owned());
        if name == "operator" {
            running.disturb(Rule::drop().caller(&pair.id)).unwrap();
            assert_eq!(exchange().await, Got::End(String::new()));
        }
    }
    let list = async |token: &str| {
        call(&running, "GET", "/auth/credentials", &format!("authorization: Bearer {token}\r\n"), "").await
    };
    assert_eq!(list(&tokens[0]).await, Got::End(String::new()));
    assert!(matches!(list(&tokens[1]).await, Got::Answer { .. }));
}

#[tokio::test]
async fn a_promise_is_broken_for_one_caller_once() {
    let running = start(Vendor::EntryTarget).await;
    let (_, operator) = registered(&running, 0).await;
    let (mine, my_headers) = registered(&running, 1).await;
    let (_, your_headers) = registered(&running, 2).await;
    for headers in [&my_headers, &your_headers] {
        let key = headers.split("\r\n").next().unwrap().strip_prefix("x-api-key: ").unwrap();
        assert!(call(&running, "DELETE", &format!("/credentials/{key}"), &operator, "").await.status() < 300);
    }
    running.disturb(Rule::fault(Fault::AcceptedAfterRevocation).caller(&mine).once()).unwrap();
    let read = async |headers: &str| call(&running, "GET", "/account/x", headers, "").await.status();
    assert_eq!(read(&your_headers).await, 401, "kept for the other caller");
    assert_ne!(read(&my_headers).await, 401, "broken once");
    assert_eq!(read(&my_headers).await, 401, "kept again");
    assert_eq!(running.faults().on().count(), 0, "and never for everybody");
}

#[tokio::test]
async fn a_reset_ends_all_disturbances() {
    let running = start(Vendor::EntryTarget).await;
    let (before, _) = registered(&running, 0).await;
    running.disturb(rule("drop")).unwrap();
    running.faults().set(Fault::GuardIgnored);
    running.reset().await.unwrap();
    assert!(running.disturbances().list().is_empty());
    assert_eq!(running.faults().on().count(), 0);
    // What was registered is forgotten, so that it can be registered once more.
    assert_eq!(registered(&running, 0).await.0, before);
}

#[tokio::test]
async fn a_rule_that_fits_nothing_is_refused() {
    let running = start(Vendor::EntryTarget).await;
    let refused = |line: &str| running.disturb(rule(line)).unwrap_err().to_string();
    assert_eq!(
        refused("drop,operation=revokeCredentials"),
        "there is no operation \"revokeCredentials\"; did you mean revokeCredential?"
    );
    assert!(refused("drop,contract=acme").contains("name one of entrytarget"));
    let elsewhere = Fault::TokensDieWithCredential;
    assert!(elsewhere.contracts().all(|vendor| vendor != Vendor::EntryTarget));
    assert!(refused(&format!("fault={elsewhere}")).contains("no contract that the rule is about promises"));
    assert!(refused("drop,header=X-Api-Key:1").contains("write caller instead"));
    assert!(refused("drop,header=Authorization:1").contains("write caller instead"));
    assert_eq!(running.disturbances().list(), []);
    let started = Server::builder().disturb(rule("drop,operation=nothingLikeIt")).spawn().await;
    assert!(matches!(
        started,
        Err(StartError::Disturbance { source: RuleError::UnknownOperation { .. }, .. })
    ));
}

#[tokio::test]
async fn a_server_that_is_dropped_leaves_nothing_behind_though_requests_hang() {
    let before = tasks();
    let running = start(Vendor::EntryTarget).await;
    running.disturb(rule("latency=1h")).unwrap();
    let mut hanging = Client::connect(&running).await;
    hanging.send("GET", "/health", "", "").await;
    let address = running.address();
    while running.disturbances().list()[0].struck == 0 {
        tokio::task::yield_now().await;
    }
    drop(running);
    // Its connection ends, although the request would have waited for an hour.
    tokio::time::timeout(PATIENCE, hanging.receive()).await.expect("the connection is still open");
    tokio::time::timeout(PATIENCE, async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("a task is still there");
    assert!(TcpStream::connect(address).await.is_err());
}

/// So long a test waits before it fails.
const PATIENCE: Duration = Duration::from_mins(1);

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}
