//! What whoever runs the program relies on: exit codes, health, counts, bounds on connections, an orderly end.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::{Command, Output};
use std::time::Duration;

use rescind_server::{Connections, Running, Server, Vendor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ENOUGH: Duration = Duration::from_secs(20);

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Reads one answer with a `Content-Length` and leaves the connection open.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return (head[9..12].parse().unwrap(), body.to_owned());
            }
        }
        let mut buffer = [0; 4096];
        let read = timeout(ENOUGH, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(read, 0, "it was closed after {text:?}");
        seen.extend_from_slice(&buffer[..read]);
    }
}

async fn ask(stream: &mut TcpStream, path: &str) -> (u16, String) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").as_bytes()).await.unwrap();
    answer(stream).await
}

/// Waits until the server closes the connection.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = timeout(ENOUGH, stream.read_to_end(&mut rest)).await.unwrap();
}

async fn with(bounds: Connections) -> Running {
    let server = Server::builder().contract(Vendor::Dinie).connections(bounds).metrics(any()).admin(any());
    server.spawn().await.unwrap()
}

async fn scrape(running: &Running) -> HashMap<String, f64> {
    let url = running.metrics_url().unwrap();
    let mut stream = connect(url.strip_prefix("http://").unwrap().parse().unwrap()).await;
    let (status, text) = ask(&mut stream, "/metrics").await;
    assert_eq!(status, 200);
    read(&text)
}

/// The samples of an exposition, by name and labels. Fails on whatever the format does not allow.
fn read(text: &str) -> HashMap<String, f64> {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut samples = HashMap::new();
    let mut family = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" {
            assert!(lines.peek().is_none(), "something follows the end");
            return samples;
        }
        if let Some(comment) = line.strip_prefix("# ") {
            let (kind, rest) = comment.split_once(' ').unwrap();
            assert!(["HELP", "TYPE", "UNIT"].contains(&kind), "{line}");
            rest.split(' ').next().unwrap().clone_into(&mut family);
            assert!(is_name(&family), "{line}");
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = sample.split_once('{').map_or((sample, ""), |(name, labels)| (name, labels));
        assert!(is_name(name) && name.starts_with(&family), "{line}");
        if !labels.is_empty() {
            for label in labels.strip_suffix('}').unwrap().split(',') {
                let (name, value) = label.split_once('=').unwrap();
                assert!(is_name(name), "{line}");
                assert!(value.len() >= 2 && value.starts_with('"') && value.ends_with('"'), "{line}");
            }
        }
        assert!(samples.insert(sample.to_owned(), value.parse().unwrap()).is_none(), "{line} comes twice");
    }
    panic!("it has no end");
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_never_by_path() {
    let running = with(Connections::default()).await;
    let mut stream = connect(running.address()).await;
    for path in
        ["/dinie/v3/auth/credentials", "/dinie/v3/auth/credentials", "/dinie/v3/no/such/path", "/x/1", "/x/2"]
    {
        ask(&mut stream, path).await;
    }
    running.faults().set(rescind_server::Fault::SlidingCache);
    let counts = scrape(&running).await;
    let requests: Vec<_> =
        counts.iter().filter(|(name, _)| name.starts_with("rescind_requests_total")).collect();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let known = r#"contract="dinie",operation="listCredentials""#;
    for (name, expected) in [
        (format!("rescind_requests_total{{{known},status=\"4xx\"}}"), 2.0),
        (r#"rescind_requests_total{contract="",operation="unmatched",status="4xx"}"#.to_owned(), 3.0),
        (format!("rescind_request_duration_seconds_count{{{known}}}"), 2.0),
        (r#"rescind_authentications_total{contract="dinie",outcome="missing"}"#.to_owned(), 2.0),
        (r#"rescind_faults_on{fault="sliding-cache"}"#.to_owned(), 1.0),
        (r#"rescind_connections{listener="public"}"#.to_owned(), 1.0),
        ("rescind_requests_under_way".to_owned(), 0.0),
    ] {
        assert_eq!(counts.get(&name), Some(&expected), "{name} in {counts:#?}");
    }
    assert!(counts[r#"rescind_received_bytes_total{listener="public"}"#] > 100.0);
}

#[tokio::test]
async fn whoever_keeps_the_server_waiting_gives_way_to_the_next() {
    let running = with(Connections { most: 3, ..Connections::default() }).await;
    let mut idle = connect(running.address()).await;
    let mut slow = connect(running.address()).await;
    slow.write_all(b"GET /").await.unwrap();
    let mut body = connect(running.address()).await;
    let head = "POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    body.write_all(head.as_bytes()).await.unwrap();
    // They are known to be there when the last one is.
    let mut others = Vec::new();
    for _ in 0..6 {
        let mut other = connect(running.address()).await;
        assert_eq!(ask(&mut other, "/nothing").await.0, 404);
        others.push(other);
    }
    for stream in [&mut idle, &mut slow, &mut body] {
        closed(stream).await;
    }
    assert_eq!(ask(others.last_mut().unwrap(), "/nothing").await.0, 404);
    let counts = scrape(&running).await;
    let displaced = r#"rescind_connections_closed_total{listener="public",reason="displaced"}"#;
    assert!(counts[displaced] >= 6.0, "{counts:#?}");
    assert!(counts[r#"rescind_connections{listener="public"}"#] <= 3.0);
}

#[tokio::test]
async fn one_address_cannot_take_all_places() {
    let bounds = Connections { most_per_peer: NonZeroUsize::new(2), ..Connections::default() };
    let running = with(bounds).await;
    let mut first = connect(running.address()).await;
    let mut second = connect(running.address()).await;
    let mut third = connect(running.address()).await;
    closed(&mut first).await;
    assert_eq!(ask(&mut third, "/nothing").await.0, 404);
    assert_eq!(ask(&mut second, "/nothing").await.0, 404);
}

#[tokio::test]
async fn every_wait_for_a_peer_has_its_end() {
    let short = Duration::from_millis(50);
    for (bounds, sent, reason) in [
        (Connections { idle_time: short, ..Connections::default() }, "", "idle"),
        (Connections { header_time: short, ..Connections::default() }, "GET / HTTP/1.1\r\n", "slow_headers"),
    ] {
        let running = with(bounds).await;
        let mut stream = connect(running.address()).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        closed(&mut stream).await;
        let counts = scrape(&running).await;
        let name = format!(r#"rescind_connections_closed_total{{listener="public",reason="{reason}"}}"#);
        assert_eq!(counts.get(&name), Some(&1.0), "{counts:#?}");
    }
}

#[tokio::test]
async fn whoever_reads_no_answer_is_let_go() {
    let bounds = Connections { write_time: Duration::from_millis(50), ..Connections::default() };
    let running = with(bounds).await;
    let stream = connect(running.address()).await;
    let (mut reader, mut writer) = stream.into_split();
    let request = "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    // Until the answers that nobody reads fill every buffer on their way, and beyond.
    let end = async { while writer.write_all(request.as_bytes()).await.is_ok() {} };
    timeout(ENOUGH, end).await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(ENOUGH, reader.read_to_end(&mut rest)).await.unwrap();
    let slow = r#"rescind_connections_closed_total{listener="public",reason="slow_reader"}"#;
    assert_eq!(scrape(&running).await.get(slow), Some(&1.0));
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_arrives() {
    let running = with(Connections::default()).await;
    for _ in 0..20 {
        let stream = connect(running.address()).await;
        let (mut reader, mut writer) = stream.into_split();
        let length = 8 << 20;
        let head = format!(
            "POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        writer.write_all(head.as_bytes()).await.unwrap();
        let body = vec![b' '; length];
        // Without a look at what is said meanwhile, as simple clients do.
        let (sent, received) = tokio::join!(writer.write_all(&body), async {
            let mut text = String::new();
            reader.read_to_string(&mut text).await.map(|_| text)
        });
        sent.unwrap();
        assert!(received.unwrap().starts_with("HTTP/1.1 4"));
    }
}

#[tokio::test]
async fn beyond_so_many_requests_at_once_the_next_has_to_come_again() {
    let running = with(Connections { requests: NonZeroUsize::new(1), ..Connections::default() }).await;
    // Longer than any test, so that this one is worked on until its caller goes.
    running.disturb("latency=1h,operation=listCredentials".parse().unwrap()).unwrap();
    let mut late = connect(running.address()).await;
    late.write_all(b"GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    while running.disturbances().list()[0].struck == 0 {
        tokio::task::yield_now().await;
    }
    let mut next = connect(running.address()).await;
    next.write_all(b"GET /dinie/v3/nothing HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut head = vec![0; 1024];
    let length = timeout(ENOUGH, next.read(&mut head)).await.unwrap().unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 503 ") && head.contains("\r\nretry-after: 1\r\n"), "{head}");
    // Whoever looks after the server is not in the same row, nor is whoever follows the journal.
    let admin: SocketAddr = running.admin_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let mut follower = connect(admin).await;
    let ask_for_all = format!("GET /journal/stream HTTP/1.1\r\nhost: {admin}\r\n\r\n");
    follower.write_all(ask_for_all.as_bytes()).await.unwrap();
    timeout(ENOUGH, follower.read(&mut [0; 1024])).await.unwrap().unwrap();
    assert_eq!(ask(&mut connect(admin).await, "/health").await.0, 200);
    let metrics: SocketAddr =
        running.metrics_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(ask(&mut connect(metrics).await, "/health").await.0, 200);
    drop(late);
    // As soon as it is gone there is a place again.
    while ask(&mut connect(running.address()).await, "/dinie/v3/nothing").await.0 == 503 {}
}

/// Reads the head of an answer.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = vec![0; 1024];
    let length = timeout(ENOUGH, stream.read(&mut head)).await.unwrap().unwrap();
    String::from_utf8_lossy(&head[..length]).to_ascii_lowercase()
}

#[tokio::test]
async fn a_body_makes_no_more_requests_be_worked_on_at_once() {
    let bounds = Connections { requests: NonZeroUsize::new(1), ..Connections::default() };
    let contracts = Server::builder().contract(Vendor::Dinie).contract(Vendor::WattShift);
    let running = contracts.connections(bounds).spawn().await.unwrap();
    let begun = "POST /wattshift/v1/agent-credentials HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
    // One whose body is waited for is not worked on.
    let mut arriving = connect(running.address()).await;
    arriving.write_all(begun.as_bytes()).await.unwrap();
    // Said when the body is asked for.
    assert!(head(&mut arriving).await.starts_with("http/1.1 100 "));
    running.disturb("latency=1h,operation=listCredentials".parse().unwrap()).unwrap();
    let late = loop {
        let mut late = connect(running.address()).await;
        late.write_all(b"GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let refused = tokio::select! {
            head = head(&mut late) => head,
            () = async { while running.disturbances().list()[0].struck == 0 { tokio::task::yield_now().await } } => break late,
        };
        assert!(refused.starts_with("http/1.1 503 "), "{refused}");
    };
    // When it has come there is no room for it.
    arriving.write_all(b"{}").await.unwrap();
    let refused = head(&mut arriving).await;
    assert!(refused.starts_with("http/1.1 503 ") && refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    // The journal has none of those that were turned away, as nothing came of them.
    running.journal().expect("requestAgentSandboxCredential").never();
    drop(late);
    while ask(&mut arriving, "/dinie/v3/nothing").await.0 == 503 {}
    // One that waits for nothing but the server is worked on, though nobody has read its body yet.
    running.disturb("latency=1h,operation=requestAgentSandboxCredential".parse().unwrap()).unwrap();
    let mut late = connect(running.address()).await;
    late.write_all(format!("{begun}{{}}").as_bytes()).await.unwrap();
    while running.disturbances().list().iter().map(|rule| rule.struck).sum::<u64>() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&mut arriving, "/dinie/v3/nothing").await.0, 503);
}

#[tokio::test]
async fn readiness_ends_before_the_server_does() {
    let running = with(Connections::default()).await;
    let url = running.metrics_url().unwrap();
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let (live, ready) = (rescind_server::health::LIVE, rescind_server::health::READY);
    assert!(rescind_server::health::ask(address, ready).await.is_ok());
    running.state().leave();
    let unwell = rescind_server::health::ask(address, ready).await.unwrap_err().to_string();
    assert!(unwell.contains("503") && unwell.contains("about to stop"), "{unwell}");
    assert!(rescind_server::health::ask(address, live).await.is_ok());
    assert_eq!(ask(&mut connect(running.address()).await, "/nothing").await.0, 404);
    running.shutdown().await;
    let gone = rescind_server::health::ask(address, live).await.unwrap_err();
    assert!(gone.to_string().starts_with("nothing answers at "), "{gone}");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end_and_stuck_ones_end_with_it() {
    let bounds = Connections { deadline: Duration::from_millis(100), ..Connections::default() };
    let running = with(bounds).await;
    let mut idle = connect(running.address()).await;
    ask(&mut idle, "/nothing").await;
    let mut stuck = connect(running.address()).await;
    let head = "POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stuck.write_all(head.as_bytes()).await.unwrap();
    // It is known to be there when a later one was answered.
    ask(&mut connect(running.address()).await, "/nothing").await;
    timeout(ENOUGH, running.shutdown()).await.unwrap();
    closed(&mut idle).await;
    closed(&mut stuck).await;
}

fn program(arguments: &[&str], folder: &std::path::Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind-server"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn exit_codes_are_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    for (arguments, code, says) in [
        (vec!["--help"], 0, ""),
        (vec!["--version"], 0, ""),
        (vec!["config"], 0, ""),
        (vec!["schema", "config"], 0, ""),
        (vec!["man"], 0, ""),
        (vec!["completions", "zsh"], 0, ""),
        (vec!["--at-root"], 1, "cannot share the root"),
        (vec!["health"], 1, "--admin"),
        (vec!["health", "--admin", &nobody], 1, "nothing answers at"),
        (vec!["health", "--admin", "nowhere"], 2, "write an address"),
        (vec!["--no-such-flag"], 2, "unexpected argument"),
        (vec!["--config", "missing.toml"], 2, "cannot read missing.toml"),
        (vec!["schema", "none"], 2, "possible values"),
    ] {
        let output = program(&arguments, folder.path());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(stderr.is_empty(), code == 0, "{arguments:?}: {stderr}");
    }
    std::fs::write(folder.path().join("rescind-server.toml"), "max-conections = 1\n").unwrap();
    let output = program(&[], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("rescind-server.toml:1:1: unknown key `max-conections`; did you mean"),
        "{stderr}"
    );
}

#[test]
fn the_environment_stands_between_flags_and_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "max-connections = 7\nrate-limit = 8\nseed = 9\ndatabase = { env = \"PLACE\" }\n";
    std::fs::write(folder.path().join("rescind-server.toml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
        .args(["config", "--rate-limit", "1"])
        .current_dir(folder.path())
        .env("RESCIND_RATE_LIMIT", "2")
        .env("RESCIND_SEED", "3")
        .env("PLACE", "sqlite:elsewhere.db")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("max-connections "), "max-connections = 7 # rescind-server.toml:1");
    assert_eq!(line("rate-limit "), "rate-limit = 1 # flag");
    assert_eq!(line("seed "), "seed = 3 # environment RESCIND_SEED");
    assert_eq!(line("database "), "database = \"sqlite:elsewhere.db\" # rescind-server.toml:4");
}

#[test]
fn there_is_a_manual_page_for_each_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(&["man", "--out", "pages"], folder.path());
    let listed = String::from_utf8(output.stdout).unwrap();
    let mut written: Vec<_> = listed.lines().map(str::to_owned).collect();
    written.sort();
    let mut there: Vec<_> = std::fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .map(|page| format!("pages/{}", page.unwrap().file_name().to_string_lossy()))
        .collect();
    there.sort();
    assert_eq!(written, there);
    for page in ["rescind-server.1", "rescind-server-config.1", "rescind-server-health.1"] {
        let text = std::fs::read_to_string(folder.path().join("pages").join(page)).unwrap();
        assert!(text.contains(".TH ") && text.contains(".SH OPTIONS"), "{page}: {text}");
    }
}
