//! A caller who behaves, and expects to be served as if nothing were going on.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::victim::Victim;

/// Longer than any caller would wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a caller saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) calls: usize,
    pub(crate) slowest: Duration,
    pub(crate) wrong: Vec<String>,
}

/// Gets tokens and lists credentials, each on a connection of its own, until `over`; at least three times.
pub(crate) async fn live(address: SocketAddr, authorization: String, over: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    while seen.calls < 3 || !*over.borrow() {
        #[expect(clippy::disallowed_methods, reason = "how long callers wait is what is measured here")]
        let start = Instant::now();
        match timeout(PATIENCE, call(address, &authorization)).await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => seen.wrong.push(reason),
            Err(_) => seen.wrong.push("no answer".to_owned()),
        }
        seen.calls += 1;
        seen.slowest = seen.slowest.max(start.elapsed());
    }
    seen
}

async fn call(address: SocketAddr, authorization: &str) -> Result<(), String> {
    let form = "grant_type=client_credentials";
    let length = form.len();
    let token = send(
        address,
        &format!(
            "POST /dinie/v3/auth/token HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
        ),
    )
    .await?;
    let token = token["access_token"].as_str().ok_or("no token")?.to_owned();
    let listed = send(
        address,
        &format!(
            "GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             connection: close\r\n\r\n"
        ),
    )
    .await?;
    if listed["data"].is_array() { Ok(()) } else { Err(format!("no list: {listed}")) }
}

async fn send(address: SocketAddr, request: &str) -> Result<Value, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(told)?;
    stream.write_all(request.as_bytes()).await.map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(told)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("half an answer: {answer:?}"))?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(answer);
    }
    serde_json::from_str(body).map_err(|error| error.to_string())
}

/// Does `work` while a caller lives.
pub(crate) async fn beside<T>(victim: &Victim, work: impl Future<Output = T>) -> (T, Seen) {
    let (end, over) = watch::channel(false);
    let life = tokio::spawn(live(victim.address, victim.authorization.clone(), over));
    let done = work.await;
    let _ = end.send(true);
    (done, life.await.unwrap())
}
