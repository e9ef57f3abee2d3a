//! How much a generated stub, which checks all that its contract says, costs over a handler written by hand that
//! only parses the same JSON into the same type and answers the same.
//!
//! Both are asked in turn, in process and over loopback; what is printed is the throughput of the stub divided by that
//! of the handler, so 1.00 means that checking is free. Run with `cargo bench -p rescind-server --bench stub`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]
#![expect(clippy::disallowed_methods, reason = "it measures the time of the machine")]

#[rustfmt::skip]
#[path = "../../xtask/tests/golden/request_constraints/server.rs"]
mod orders;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, Request, StatusCode, Uri};
use rescind_server::generated::dinie;
use rescind_server::runtime::{Context, Failure, Limits, Mode, Presented, Refused};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

struct Service;

impl orders::Api for Service {
    async fn place_order(
        &self,
        request: orders::request::PlaceOrderRequest,
    ) -> Result<orders::response::PlaceOrderResponse, Failure> {
        let items = i64::try_from(request.body.items.len())?;
        Ok(orders::response::PlaceOrderResponse::Ok(orders::types::Receipt { items }))
    }
}

impl dinie::Api for Service {
    type Caller = ();

    async fn authenticate(
        &self,
        _: dinie::Operation,
        _: &Presented<dinie::Credentials>,
        _: &Context,
    ) -> Result<(), Refused> {
        Ok(())
    }

    async fn create_credential(
        &self,
        (): (),
        request: dinie::request::CreateCredentialRequest,
    ) -> Result<dinie::response::CreateCredentialResponse, Failure> {
        Ok(dinie::response::CreateCredentialResponse::Created {
            body: created(&request.body.name),
            headers: dinie::response::Headers {
                x_rate_limit_limit: 100,
                x_rate_limit_remaining: 99,
                x_rate_limit_reset: 1_800_000_000,
            },
        })
    }
}

/// The same answer to each request, but for the name.
fn created(name: &str) -> dinie::types::CredentialWithSecret {
    static CREATED: LazyLock<dinie::types::CredentialWithSecret> = LazyLock::new(|| {
        serde_json::from_value(json!({
            "id": "cred_1", "client_id": "dinie_ci_0123456789", "client_secret": "dinie_cs_live_0123456789",
            "name": "", "status": "active", "expires_at": null, "last_used_at": null,
            "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
        }))
        .unwrap()
    });
    dinie::types::CredentialWithSecret { name: name.to_owned(), ..CREATED.clone() }
}

async fn place_order(
    Path(shop): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Json(order): Json<orders::types::Order>,
) -> Json<orders::types::Receipt> {
    let dry = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "dry=true"));
    std::hint::black_box((shop, dry, headers.get("x-trace").map(|value| value.to_str().unwrap().to_owned())));
    Json(orders::types::Receipt { items: i64::try_from(order.items.len()).unwrap() })
}

async fn create_credential(
    headers: HeaderMap,
    Json(body): Json<dinie::types::CreateCredentialRequest>,
) -> Result<(StatusCode, [(&'static str, String); 3], Json<dinie::types::CredentialWithSecret>), StatusCode> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    std::hint::black_box(token.ok_or(StatusCode::UNAUTHORIZED)?.to_owned());
    let headers = [
        ("x-ratelimit-limit", 100.to_string()),
        ("x-ratelimit-remaining", 99.to_string()),
        ("x-ratelimit-reset", 1_800_000_000.to_string()),
    ];
    Ok((StatusCode::CREATED, headers, Json(created(&body.name))))
}

struct Case {
    name: &'static str,
    stub: Router,
    hand: Router,
    path: &'static str,
    body: String,
}

fn cases() -> [Case; 2] {
    let limits = Limits::default;
    let items: Vec<_> = (0..24)
        .map(|index| {
            json!({
                "sku": format!("ABC-{:05}", index), "title": "A thing of some length, as titles have it",
                "tags": ["red", "large", "on sale"], "quantity": index + 1, "price": index * 5, "discount": 0.25,
            })
        })
        .collect();
    let order = json!({
        "id": "6f1c7f4e-0000-4000-8000-000000000000",
        "placedAt": "2026-01-02T03:04:05Z",
        "customer": {
            "name": "Ada Example", "email": "ada@shop.example", "language": "en",
            "address": { "street": "Long Street 12", "city": "Springfield", "postcode": "12345" },
        },
        "items": items,
        "payment": { "iban": "DE02120300000000202051" },
        "labels": { "source": "web", "campaign": "spring" },
        "note": "Please ring twice.",
    });
    [
        Case {
            name: "a small body of a bundled contract",
            stub: dinie::router(Arc::new(Service), limits(), Mode::Strict).unwrap(),
            hand: Router::new().route("/auth/credentials", post(create_credential)),
            path: "/auth/credentials",
            body: json!({ "name": "ci", "expires_at": "2027-01-02T03:04:05Z" }).to_string(),
        },
        Case {
            name: "a body of some KB",
            stub: orders::router(Arc::new(Service), limits(), Mode::Strict).unwrap(),
            hand: Router::new().route("/shops/{shop}/orders", post(place_order)),
            path: "/shops/berlin/orders?dry=true",
            body: order.to_string(),
        },
    ]
}

fn request(case: &Case) -> Request<Body> {
    Request::post(case.path)
        .header("content-type", "application/json")
        .header("authorization", "Bearer token")
        .header("x-trace", "0123456789")
        .body(Body::from(case.body.clone()))
        .unwrap()
}

/// The time that `count` calls in process take.
async fn in_process(router: &Router, case: &Case, count: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        let response = router.clone().oneshot(request(case)).await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
    }
    start.elapsed()
}

const CONNECTIONS: u32 = 4;

/// The time that `count` calls take over several connections.
async fn over_loopback(address: SocketAddr, case: &Case, count: u32) -> Duration {
    let text = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer token\r\n\
         x-trace: 0123456789\r\ncontent-length: {}\r\n\r\n{}",
        case.path,
        case.body.len(),
        case.body
    );
    let text: Arc<[u8]> = text.into_bytes().into();
    let start = Instant::now();
    let calls = (0..CONNECTIONS).map(|_| {
        let text = text.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            for _ in 0..count / CONNECTIONS {
                stream.write_all(&text).await.unwrap();
                answer(&mut stream).await;
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    start.elapsed()
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream) {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        assert_ne!(stream.read_buf(&mut buffer).await.unwrap(), 0);
        let text = str::from_utf8(&buffer).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 20"), "{text}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return;
        }
    }
}

fn serve(router: Router) -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

/// Prints the median of the ratios, and the quarters around it.
fn report(name: &str, how: &str, count: u32, mut pairs: Vec<(Duration, Duration)>) {
    let ratio = |(stub, hand): &(Duration, Duration)| hand.as_secs_f64() / stub.as_secs_f64();
    pairs.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let at = |part: usize| ratio(&pairs[pairs.len() * part / 4]);
    let each = pairs.iter().map(|(stub, _)| *stub).min().unwrap() / count;
    println!("{name}, {how}: {:.2} ({:.2} to {:.2}); at best {each:.1?} a request", at(2), at(1), at(3));
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rounds = 21;
    for case in cases() {
        println!("{}: {} bytes", case.name, case.body.len());
        let count = 3_000;
        let pairs = (0..rounds)
            .map(|_| {
                let stub = runtime.block_on(in_process(&case.stub, &case, count));
                (stub, runtime.block_on(in_process(&case.hand, &case, count)))
            })
            .collect();
        report(case.name, "in process", count, pairs);
        let (stub, hand) = (serve(case.stub.clone()), serve(case.hand.clone()));
        let count = 2_000;
        let pairs = (0..rounds)
            .map(|_| {
                let stub = runtime.block_on(over_loopback(stub, &case, count));
                (stub, runtime.block_on(over_loopback(hand, &case, count)))
            })
            .collect();
        report(case.name, "over loopback", count, pairs);
    }
}
