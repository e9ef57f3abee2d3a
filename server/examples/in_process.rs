//! How a test of another project uses this server: in its own process, one for each test.
//!
//! The project keeps a key for a ledger and has to notice when the key is revoked. Its tests want to see that without a
//! ledger, and without waiting for five minutes, which is how long a revoked key may still be accepted there.
//!
//! ```text
//! cargo run -p rescind-server --example in_process
//! ```
//!
//! In a project of your own, the body of `main` is the body of a `#[tokio::test]`.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::error::Error;
use std::io;
use std::time::Duration;

use rescind_server::bootstrap::Pair;
use rescind_server::{Clock, Fault, Rule, Running, Server, Vendor};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the project is about: a client of the ledger, with a key. All it does here is to return the status it got.
struct Ledger<'s> {
    server: &'s Running,
    key: Pair,
}

impl Ledger<'_> {
    /// Asks for an account that is not there. A ledger that accepts the key says 404, one that does not says 401.
    async fn ask(&self) -> io::Result<u16> {
        self.send("GET", "/account/019702a0-1234-7abc-8def-000000000001", "").await
    }

    /// Registers another key, so that it can be used.
    async fn register(&self, other: &Pair) -> io::Result<u16> {
        let body = json!({ "api_key": other.id, "api_secret": other.secret.expose() });
        self.send("POST", "/credentials", &body.to_string()).await
    }

    /// Revokes another key.
    async fn revoke(&self, other: &Pair) -> io::Result<u16> {
        self.send("DELETE", &format!("/credentials/{}", other.id), "").await
    }

    /// Your project has its HTTP client; this example does without one.
    async fn send(&self, method: &str, path: &str, body: &str) -> io::Result<u16> {
        let Pair { id, secret, .. } = &self.key;
        let (secret, length) = (secret.expose(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\nx-api-key: {id}\r\nx-api-secret: {secret}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let mut connection = TcpStream::connect(self.server.address()).await?;
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A server for this test alone: in memory, on a free port, with a clock that stands still until it is moved. It is
    // gone when `server` goes out of scope, so tests may run side by side.
    let clock = Clock::virtual_at("2026-01-01T12:00:00Z".parse()?);
    let server = Server::builder().contract(Vendor::EntryTarget).at_root().clock(clock).spawn().await?;

    // The server tells who can call from the start, and offers keys that nobody has registered yet.
    let start = server.target(Vendor::EntryTarget);
    let operator = Ledger { server: &server, key: start.callers["operator"].clone() };
    let ledger = Ledger { server: &server, key: start.pool[0].clone() };

    // Issue a key, and use it.
    expect("registering the key", operator.register(&ledger.key).await?, 201)?;
    expect("the key in use", ledger.ask().await?, 404)?;

    // Revoke it. This contract remembers who was accepted for at most 300 seconds, and so does this server.
    expect("revoking the key", operator.revoke(&ledger.key).await?, 200)?;
    expect("the key right after its revocation", ledger.ask().await?, 404)?;

    // Let the 300 seconds pass, in no time.
    server.clock().advance(Duration::from_mins(5))?;
    expect("the key 300 seconds later", ledger.ask().await?, 401)?;

    // What does the project do when the network fails? The operator's next request is lost, the one after it is not.
    server.disturb(Rule::reset().caller(&operator.key.id).once())?;
    let lost = operator.ask().await.err().ok_or("the connection was not reset")?;
    println!("{:<36} {}", "the operator's next request", lost);
    expect("the operator's request after it", operator.ask().await?, 404)?;

    // And when the ledger is slow, busy, or breaks a promise? Rules are written in words as well.
    server.disturb("latency=1ms..20ms,operation=getAccount".parse()?)?;
    server.disturb("status=500,operation=getAccount,times=1".parse()?)?;
    expect("the ledger when it fails", operator.ask().await?, 500)?;
    server.faults().set(Fault::AcceptedAfterRevocation);
    expect("the key of a ledger that forgets", ledger.ask().await?, 404)?;

    // Start over without starting anew: no facts, no faults, no disturbances.
    server.reset().await?;
    expect("the key after a reset", ledger.ask().await?, 401)?;
    Ok(())
}

/// A test of your own would use `assert_eq!`.
fn expect(what: &str, received: u16, wanted: u16) -> Result<(), String> {
    println!("{what:<36} {received}");
    if received == wanted { Ok(()) } else { Err(format!("{what}: {received} instead of {wanted}")) }
}
