//! What the typed client costs: a call by it and the same call by bare reqwest, in turn, against one server.
//!
//! Both send the same header, read the body and parse it into the same type. What is printed is the median of each and
//! their ratio; 1.00 means that the client is free. `cargo bench -p rescind-client --bench call`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use rescind_client::dinie::{Client, types::CredentialList};
use rescind_client::support::reqwest;
use rescind_client::{Credentials, Retry, Settings};

const BLOCKS: usize = 400;
const CALLS: usize = 50;

/// A page of a list, which takes some parsing.
fn page() -> String {
    let item = r#"{"id":"dinie_ci_1","client_id":"dinie_ci_550e8400e29b41d4a716446655440000","name":"Key","status":"active",
        "expires_at":null,"created_at":"2026-03-04T12:00:00Z","updated_at":"2026-03-04T12:00:00Z","last_used_at":null}"#;
    format!(r#"{{"data":[{}],"has_more":false}}"#, [item; 10].join(","))
}

async fn by_client(client: &Client) -> usize {
    client.list_credentials().limit(10).send().await.unwrap().data.len()
}

async fn by_reqwest(http: &reqwest::Client, url: &str) -> usize {
    let answer = http
        .get(url)
        .header("accept", "application/json, application/problem+json")
        .header("authorization", "Bearer token")
        .timeout(Duration::from_secs(30))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.bytes().await.unwrap();
    serde_json::from_slice::<CredentialList>(&body).unwrap().data.len()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn measure<F: Future<Output = usize>>(mut call: impl FnMut() -> F) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        assert_eq!(call().await, 10);
    }
    start.elapsed() / u32::try_from(CALLS).unwrap()
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    let body = page();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            let answer = move || {
                let body = body.clone();
                // What a deployment of this contract sends.
                let headers = [
                    (CONTENT_TYPE, "application/json"),
                    (HeaderName::from_static("x-ratelimit-limit"), "100"),
                    (HeaderName::from_static("x-ratelimit-remaining"), "99"),
                    (HeaderName::from_static("x-ratelimit-reset"), "1772625600"),
                ];
                async move { (headers, body) }
            };
            axum::serve(listener, Router::new().route("/auth/credentials", get(answer))).await.unwrap();
        });
    });
    let base = format!("http://{}", receive.recv().unwrap());
    let url = format!("{base}/auth/credentials?limit=10");
    let client = Client::new(&base).with_credentials(Credentials::new().bearer("token"));
    let patient = client.clone().with_settings(Settings::new().retry(Retry::default()));
    // The time limits that the typed client has.
    let limit = Duration::from_secs(30);
    let http = reqwest::Client::builder().connect_timeout(limit).read_timeout(limit);
    let http = http.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut typed, mut repeated, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for block in 0..BLOCKS {
            let (one, two) = (measure(|| by_client(&client)).await, measure(|| by_client(&patient)).await);
            let three = measure(|| by_reqwest(&http, &url)).await;
            // The first ones warm up.
            if block >= BLOCKS / 10 {
                typed.push(one);
                repeated.push(two);
                plain.push(three);
            }
        }
        let (typed, repeated, plain) = (median(&mut typed), median(&mut repeated), median(&mut plain));
        println!("bare reqwest    {plain:8.1} µs a call");
        println!("typed client    {typed:8.1} µs a call   {:.3} of bare reqwest", typed / plain);
        println!("with retries    {repeated:8.1} µs a call   {:.3} of bare reqwest", repeated / plain);
    });
}
