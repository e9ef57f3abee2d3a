//! What the journal costs: the throughput of a server that keeps one divided by that of a server that does not, so that
//! 1.00 means that it is free. Both are asked in turn over loopback, by the same client.
//!
//! Run with `cargo bench -p rescind-server --bench journal`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]
#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rescind_server::journal::Bounds;
use rescind_server::limiter::RateLimit;
use rescind_server::{Server, Vendor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONTRACT: Vendor = Vendor::Dinie;

const ROUNDS: usize = 21;

const COUNT: u32 = 2_000;

/// A server on a thread of its own: where it listens, and what its operator presents.
fn serve(bounds: Bounds) -> (SocketAddr, String) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rate = RateLimit { calls: u32::MAX, window: Duration::from_mins(1) };
            let builder = Server::builder().contract(CONTRACT).at_root().journal(bounds).rate_limit(rate);
            let running = builder.spawn().await.unwrap();
            let pair = running.target(CONTRACT).callers["operator"].clone();
            let pair = STANDARD.encode(format!("{}:{}", pair.id, pair.secret.expose()));
            sender.send((running.address(), pair)).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().unwrap()
}

/// Reads one answer to its end; its body.
async fn answer(stream: &mut TcpStream, wanted: &str) -> String {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        assert_ne!(stream.read_buf(&mut buffer).await.unwrap(), 0);
        let text = str::from_utf8(&buffer).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with(wanted), "{text}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return body.to_owned();
        }
    }
}

async fn token(address: SocketAddr, pair: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let form = "grant_type=client_credentials";
    let request = format!(
        "POST /auth/token HTTP/1.1\r\nhost: x\r\nauthorization: Basic {pair}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let body = answer(&mut stream, "HTTP/1.1 200").await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// The time that the calls take over so many connections.
async fn measure(address: SocketAddr, request: Arc<str>, wanted: &'static str, connections: u32) -> Duration {
    let start = Instant::now();
    let calls = (0..connections).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            for _ in 0..COUNT / connections {
                stream.write_all(request.as_bytes()).await.unwrap();
                answer(&mut stream, wanted).await;
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    start.elapsed()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (on, on_pair) = serve(Bounds::default());
    let (off, off_pair) = serve(Bounds { entries: 0, ..Bounds::default() });
    let bearer = |address, pair: &str| {
        let token = runtime.block_on(token(address, pair));
        Arc::<str>::from(format!(
            "GET /auth/credentials HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        ))
    };
    let (with, without) = (bearer(on, &on_pair), bearer(off, &off_pair));
    let bare: Arc<str> = "GET /auth/nowhere HTTP/1.1\r\nhost: x\r\n\r\n".into();
    for (name, wanted, with, without) in [
        ("an authenticated read", "HTTP/1.1 200", &with, &without),
        ("an unknown path", "HTTP/1.1 404", &bare, &bare),
    ] {
        for connections in [1, 32] {
            let mut pairs: Vec<_> = (0..ROUNDS)
                .map(|_| {
                    let with = runtime.block_on(measure(on, with.clone(), wanted, connections));
                    (with, runtime.block_on(measure(off, without.clone(), wanted, connections)))
                })
                .collect();
            let ratio = |(with, without): &(Duration, Duration)| without.as_secs_f64() / with.as_secs_f64();
            pairs.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
            let at = |part: usize| ratio(&pairs[pairs.len() * part / 4]);
            let best = |times: &mut dyn Iterator<Item = Duration>| times.min().unwrap_or_default() / COUNT;
            let with = best(&mut pairs.iter().map(|pair| pair.0));
            let without = best(&mut pairs.iter().map(|pair| pair.1));
            println!(
                "{name}, {connections} connections: {:.2} ({:.2} to {:.2}); at best {with:.1?} a request, {without:.1?} without",
                at(2),
                at(1),
                at(3),
            );
        }
    }
}
