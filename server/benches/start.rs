//! How long a server takes to start in memory, as a test that wants one of its own would start it: to the first byte
//! that it could answer.
//!
//! Beside it a bare axum router with one route is started in turn; what is printed is the median of both and how many
//! times longer ours takes. The first start of a process reads the contracts, which later ones share. Run with
//! `cargo bench -p rescind-server --bench start`, or in a debug build, as tests are, with `cargo bench --profile dev`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rescind_server::clock::Stopwatch;
use rescind_server::{Server, Vendor};
use tokio::net::{TcpListener, TcpStream};

const STARTS: usize = 50;

async fn ours(contracts: &[Vendor]) -> Duration {
    let watch = Stopwatch::start();
    let mut builder = Server::builder();
    for contract in contracts {
        builder = builder.contract(*contract);
    }
    let running = builder.spawn().await.unwrap();
    TcpStream::connect(running.address()).await.unwrap();
    watch.elapsed()
}

async fn bare() -> Duration {
    let watch = Stopwatch::start();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/", get(|| async { "ok" }));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    TcpStream::connect(address).await.unwrap();
    let time = watch.elapsed();
    serving.abort();
    time
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let alone = Vendor::ALL.map(|contract| vec![contract]);
    let cases = alone.iter().map(Vec::as_slice).chain([Vendor::ALL.as_slice()]);
    println!("{:<12} {:>10} {:>10} {:>10} {:>8}", "", "first ms", "median ms", "bare ms", "times");
    for contracts in cases {
        let name = if let [one] = contracts { one.name() } else { "all" };
        let first = ours(contracts).await.as_secs_f64() * 1000.0;
        let (mut started, mut compared) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            started.push(ours(contracts).await);
            compared.push(bare().await);
        }
        let (started, compared) = (median(&mut started), median(&mut compared));
        println!("{name:<12} {first:>10.2} {started:>10.2} {compared:>10.3} {:>8.1}", started / compared);
    }
}
