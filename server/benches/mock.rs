//! How many times faster the mock answers than Prism, with the same document, the same requests and the same client.
//!
//! Both run as programs of their own on the loopback interface and are asked in turn, over several connections. Prism
//! is asked twice: as it starts by default, and without its log. The mock is asked three times: by default, without its
//! log, and without log and journal, for Prism keeps no journal. A bare axum handler, which neither checks nor chooses
//! anything, shows what this machine and this client allow at most. What is printed are requests a second, and those of
//! the mock divided by those of Prism.
//!
//! ```console
//! $ npm install --prefix /tmp/prism @stoplight/prism-cli
//! $ PRISM=/tmp/prism/node_modules/.bin/prism cargo bench -p rescind-server --bench mock
//! ```
//!
//! Without `PRISM` only the mock is measured.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]
#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What both answer.
const DOCUMENT: &str = r"
openapi: 3.0.3
info: { title: Orders, version: '1' }
security: [{ token: [] }]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: depth, in: query, schema: { type: integer, minimum: 1, maximum: 9 } }
      responses:
        '200':
          description: an order
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Order' }
              example: { id: 7, items: [{ name: nut, count: 100 }, { name: bolt, count: 100 }], note: null }
  /orders:
    post:
      operationId: placeOrder
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } }
      responses:
        '201':
          description: placed
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Order' }
              example: { id: 7, items: [{ name: nut, count: 100 }], note: null }
components:
  securitySchemes: { token: { type: http, scheme: bearer } }
  schemas:
    Order:
      type: object
      required: [id, items]
      properties:
        id: { type: integer }
        note: { type: string, nullable: true, maxLength: 100 }
        items:
          type: array
          minItems: 1
          items:
            type: object
            required: [name, count]
            properties: { name: { type: string, minLength: 1 }, count: { type: integer, minimum: 1 } }
";

const REQUESTS: [(&str, &str); 2] = [
    (
        "GET",
        "GET /orders/7?depth=2 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer abc\r\naccept: application/json\r\n\r\n",
    ),
    (
        "POST",
        "POST /orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer abc\r\ncontent-type: application/json\r\n\
         content-length: 50\r\n\r\n{\"id\": 7, \"items\": [{\"name\": \"nut\", \"count\": 10}]}",
    ),
];

/// Makes this program the bare handler, at the port that follows.
const BARE: &str = "--bare";

const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

/// A program that answers, ended when it goes.
struct Answerer {
    name: &'static str,
    address: String,
    child: Child,
}

impl Drop for Answerer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answerer {
    fn start(name: &'static str, program: &str, arguments: &[&str], port: u16) -> Self {
        let child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "{name} does not listen");
            std::thread::yield_now();
        }
        Self { name, address, child }
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends a request again and again until the time is over; says how often it was answered with a success.
///
/// The answers are alike, so only the first is taken apart: on a machine with few processors, what the client does with
/// the others would be taken from the server.
async fn ask(address: String, request: &'static str, until: Instant) -> u64 {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(8192);
    stream.write_all(request.as_bytes()).await.unwrap();
    while !is_whole(&buffer) {
        assert_ne!(stream.read_buf(&mut buffer).await.unwrap(), 0, "{address} closed the connection");
    }
    assert!(buffer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&buffer));
    let mut answers = 1;
    while Instant::now() < until {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_exact(&mut buffer).await.unwrap();
        assert!(buffer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&buffer));
        answers += 1;
    }
    answers
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    match length {
        Some(length) => answer.len() >= end + 4 + length,
        None => answer.ends_with(b"0\r\n\r\n"),
    }
}

async fn rate(address: &str, request: &'static str, connections: usize) -> f64 {
    let until = Instant::now() + ROUND;
    let asked = (0..connections).map(|_| tokio::task::spawn_local(ask(address.to_owned(), request, until)));
    let mut answers = 0;
    for task in asked.collect::<Vec<_>>() {
        answers += task.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "far below the bound")]
    let answers = answers as f64;
    answers / ROUND.as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Answers both requests with the same JSON, whatever is in them.
async fn bare(port: u16) {
    let answer = async || Json(json!({ "id": 7, "items": [{ "name": "nut", "count": 100 }], "note": null }));
    let read = async move |_: Json<Value>| (StatusCode::CREATED, answer().await);
    let routes = Router::new().route("/orders/{id}", get(answer)).route("/orders", post(read));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), routes).await.unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == BARE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(bare(arguments[at + 1].parse().unwrap()));
    }
    // One thread: what the client takes of the machine, it takes from the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openapi.yaml");
    std::fs::File::create(&path).unwrap().write_all(DOCUMENT.as_bytes()).unwrap();
    let document = path.to_str().unwrap();
    let server = std::env::var("RESCIND_SERVER").unwrap_or(env!("CARGO_BIN_EXE_rescind-server").to_owned());
    let mut answerers = Vec::new();
    let bare = std::env::current_exe().unwrap();
    let port = free_port();
    answerers.push(Answerer::start("bare handler", bare.to_str().unwrap(), &[BARE, &port.to_string()], port));
    let quiet = ["--log-level", "off", "--journal", "0"];
    for (name, more) in [("mock", &[][..]), ("mock, no log", &quiet[..2]), ("mock, quiet", &quiet)] {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let arguments = [&["mock", "--openapi", document, "--listen", &listen], more].concat();
        answerers.push(Answerer::start(name, &server, &arguments, port));
    }
    if let Ok(prism) = std::env::var("PRISM") {
        for (name, more) in [("Prism", &[][..]), ("Prism, quiet", &["--verboseLevel", "silent"][..])] {
            let port = free_port();
            let text = port.to_string();
            let mut arguments = vec!["mock", document, "--port", &text, "--host", "127.0.0.1"];
            arguments.extend(more);
            answerers.push(Answerer::start(name, &prism, &arguments, port));
        }
    }
    for connections in [1, 32] {
        for (method, request) in REQUESTS {
            let mut rates = vec![Vec::new(); answerers.len()];
            for _ in 0..ROUNDS {
                for (rates, answerer) in rates.iter_mut().zip(&answerers) {
                    rates.push(rate(&answerer.address, request, connections).await);
                }
            }
            let rates: Vec<f64> = rates.into_iter().map(median).collect();
            println!("{method}, {connections} connections");
            for (answerer, rate) in answerers.iter().zip(&rates) {
                println!("  {:14} {rate:10.0} requests a second", answerer.name);
            }
            if let [_, loud, no_log, quiet, prism, silent] = rates.as_slice() {
                println!(
                    "  {:.1} times Prism; beside Prism's quiet mode {:.1} times without the log, {:.1} without log and journal",
                    loud / prism,
                    no_log / silent,
                    quiet / silent
                );
            }
        }
    }
}
