//! What the typed client costs: a call by it and the same call by bare reqwest, in turn, against one server.
//!
//! Both put the URL together, send the same headers under the same time limits, read the body and the documented
//! headers, and parse them into the same types. They take turns in short blocks. What is printed is the median of the
//! times, and the median of the ratios of blocks that ran one after the other, which a busy machine disturbs least; 1.00
//! means that the client is free. `bare again` is the same code a second time: how far it is from 1.00 is noise. The
//! processor's time is that of the calling thread, kernel included, where the system tells it.
//!
//! `cargo bench -p rescind-client --bench call`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use rescind_client::dinie::{Client, types::CredentialList};
use rescind_client::support::reqwest;
use rescind_client::support::reqwest::header::ACCEPT;
use rescind_client::{Credentials, Retry, Settings};

const ROUNDS: usize = 1000;
const CALLS: usize = 20;
const TOKEN: &str = "dinie_at_550e8400e29b41d4a716446655440000";
const LIMIT: Duration = Duration::from_secs(30);

/// The headers of an answer that the contract documents.
const WINDOW: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// A page of a list, which takes some parsing.
fn page() -> String {
    let item = r#"{"id":"dinie_ci_1","client_id":"dinie_ci_550e8400e29b41d4a716446655440000","name":"Key","status":"active",
        "expires_at":null,"created_at":"2026-03-04T12:00:00Z","updated_at":"2026-03-04T12:00:00Z","last_used_at":null}"#;
    format!(r#"{{"data":[{}],"has_more":false}}"#, [item; 10].join(","))
}

async fn by_client(client: &Client) {
    let page = client.list_credentials().limit(black_box(10)).send().await.unwrap();
    assert_eq!(page.data.len(), 10);
    black_box(page);
}

async fn by_reqwest(http: &reqwest::Client, base: &str) {
    let answer = http
        .get(format!("{base}/auth/credentials?limit={}", black_box(10)))
        .header(ACCEPT, "application/json, application/problem+json")
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let window = WINDOW.map(|name| answer.headers()[name].to_str().unwrap().parse::<i64>().unwrap());
    let page: CredentialList = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(page.data.len(), 10);
    black_box((page, window));
}

/// How long a call took, on average over a block.
#[derive(Clone, Copy)]
struct Cost {
    elapsed: f64,
    /// The time of the processor.
    busy: Option<f64>,
}

/// Nanoseconds that this thread has run, as Linux tells it.
fn busy() -> Option<f64> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split(' ').next()?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn measure(mut call: impl AsyncFnMut()) -> Cost {
    let calls = f64::from(u32::try_from(CALLS).unwrap());
    let (start, before) = (Instant::now(), busy());
    for _ in 0..CALLS {
        call().await;
    }
    let elapsed = start.elapsed().as_secs_f64() * 1e6 / calls;
    let busy = before.zip(busy()).map(|(before, after)| (after - before) / 1e3 / calls);
    Cost { elapsed, busy }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Where the server listens, which has a thread of its own.
fn serve() -> String {
    let body = page();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            let answer = move || {
                let body = body.clone();
                let [limit, remaining, reset] = WINDOW.map(HeaderName::from_static);
                // What a deployment of this contract sends.
                let headers = [
                    (CONTENT_TYPE, "application/json"),
                    (limit, "100"),
                    (remaining, "99"),
                    (reset, "1772625600"),
                ];
                async move { (headers, body) }
            };
            axum::serve(listener, Router::new().route("/auth/credentials", get(answer))).await.unwrap();
        });
    });
    format!("http://{}", receive.recv().unwrap())
}

fn main() {
    let base = serve();
    let client = Client::new(&base).with_credentials(Credentials::new().bearer(TOKEN));
    let patient = client.clone().with_settings(Settings::new().retry(Retry::default()));
    // As the typed client makes its own.
    let http = reqwest::Client::builder().connect_timeout(LIMIT).read_timeout(LIMIT).timeout(LIMIT);
    let http = http.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let names = ["bare reqwest", "bare again", "typed client", "with retries"];
    let mut rounds = Vec::new();
    runtime.block_on(async {
        for round in 0..ROUNDS {
            let mut costs = [None; 4];
            // Nobody is always the first, or the one after the same other.
            for turn in 0..4 {
                let who = if round % 2 == 0 { (round / 2 + turn) % 4 } else { (round / 2 + 4 - turn) % 4 };
                costs[who] = Some(match who {
                    0 | 1 => measure(async || by_reqwest(&http, &base).await).await,
                    2 => measure(async || by_client(&client).await).await,
                    _ => measure(async || by_client(&patient).await).await,
                });
            }
            // The first ones warm up.
            if round >= ROUNDS / 10 {
                rounds.push(costs.map(Option::unwrap));
            }
        }
    });
    println!("                a call       of bare     processor    of bare");
    for (who, name) in names.into_iter().enumerate() {
        let time = median(rounds.iter().map(|costs| costs[who].elapsed).collect());
        let ratio = median(rounds.iter().map(|costs| costs[who].elapsed / costs[0].elapsed).collect());
        let times = rounds.iter().filter_map(|costs| costs[who].busy.zip(costs[0].busy));
        let (busy, ratios) = times.map(|(busy, bare)| (busy, busy / bare)).unzip();
        let (busy, busy_ratio) = (median(busy), median(ratios));
        println!("{name:<13} {time:6.1} µs   {ratio:8.3}   {busy:8.1} µs   {busy_ratio:8.3}");
    }
}
