//! Connections: accepted within bounds, served, and ended when the server stops.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::disturbance::wire::wire;

/// Bounds on connections. A connection carries one request at a time, so their number bounds the requests under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// How many are open at once; the next one waits.
    pub most: usize,
    /// Longest request line and headers, in bytes, at least 8192; more is answered 431.
    pub headers: usize,
    /// Longest time the headers of a request may take, counted from its first byte or from the end of the request
    /// before; then the connection is closed.
    pub header_time: Duration,
    /// How long requests under way may take when the server stops.
    pub deadline: Duration,
}

impl Default for Connections {
    /// 1024 connections, 32 KiB of headers within 30 seconds, 10 seconds to finish.
    fn default() -> Self {
        Self {
            most: 1024,
            headers: 32 * 1024,
            header_time: Duration::from_secs(30),
            deadline: Duration::from_secs(10),
        }
    }
}

/// The least number of bytes that the HTTP library accepts as a bound on headers.
const LEAST_HEADERS: usize = 8192;

/// How long to wait when the operating system accepts no connection, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `routes` on `listener` until `stop`, then until the last request is answered or the deadline is over. No
/// connection outlives this future, whether it ends or is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    bounds: Connections,
    stop: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header_time)
        .max_buf_size(bounds.headers.max(LEAST_HEADERS));
    let places = Arc::new(Semaphore::new(bounds.most.max(1)));
    let graceful = GracefulShutdown::new();
    let end = CancellationToken::new();
    let _ends_with_this = end.clone().drop_guard();
    let mut stopped = pin!(stop.cancelled());
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = places.clone().acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = &mut stopped => break,
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => (place, stream),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
                    continue;
                }
            },
        };
        // Answers are small; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let (io, wire) = wire(stream);
        let routes = routes.clone().map_request({
            let wire = wire.clone();
            move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(wire.clone());
                request
            }
        });
        let connection = http.serve_connection(TokioIo::new(io), TowerToHyperService::new(routes));
        let connection = graceful.watch(connection);
        let served = async move {
            // What goes wrong here (a reset, a timeout, a malformed request) is between the caller and the HTTP library.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            wire.finish().await;
            drop(place);
        };
        tokio::spawn(end.clone().run_until_cancelled_owned(served));
    }
    drop(listener);
    if tokio::time::timeout(bounds.deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way at the deadline and were ended");
    }
}
