//! How the server is: routes that tell it, and the question of the subcommand `health`.

use std::net::SocketAddr;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::metrics::MEDIA_TYPE;
use crate::state::State;

/// Whether the process answers.
pub const LIVE: &str = "/health";

/// Whether it takes new work.
pub const READY: &str = "/ready";

/// `/health`, `/ready` and `/metrics`. They change nothing and tell no secret.
pub(crate) fn router(state: &State) -> Router {
    let state = state.clone();
    counts(&state).route(LIVE, get(async || told(StatusCode::OK, "ok\n".to_owned()))).route(
        READY,
        get(async move || match state.readiness().await {
            Ok(()) => told(StatusCode::OK, "ready\n".to_owned()),
            Err(reason) => told(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
        }),
    )
}

/// `/metrics` alone.
pub(crate) fn counts(state: &State) -> Router {
    let metrics = state.metrics().clone();
    let answer = async move || {
        let headers = [(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")];
        (headers, metrics.render())
    };
    Router::new().route("/metrics", get(answer))
}

fn told(status: StatusCode, text: String) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], text).into_response()
}

/// Why a server is not well.
#[derive(Debug, thiserror::Error)]
pub enum Unwell {
    /// Nobody listens there.
    #[error("nothing answers at {address}: {source}")]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What answers is no server of this kind.
    #[error("what answers at {address} does not speak HTTP: {source}")]
    Foreign {
        /// Where.
        address: SocketAddr,
        /// What was wrong.
        source: hyper::Error,
    },
    /// It says so.
    #[error("{status}: {text}")]
    Said {
        /// The status.
        status: StatusCode,
        /// What it said, shortened.
        text: String,
    },
}

/// How much of an answer is read.
const MOST: usize = 1024;

/// Asks the server that listens for metrics or for its admin at `address` for one of [`LIVE`] and [`READY`].
pub async fn ask(address: SocketAddr, path: &'static str) -> Result<(), Unwell> {
    let foreign = |source| Unwell::Foreign { address, source };
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|source| Unwell::Unreachable { address, source })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(foreign)?;
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = http::Uri::from_static(path);
    if let Ok(host) = address.to_string().try_into() {
        request.headers_mut().insert(HOST, host);
    }
    // It ends when the sender is dropped, or with the process.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(foreign)?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = Limited::new(response.into_body(), MOST).collect().await;
    let bytes = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Err(Unwell::Said { status, text: String::from_utf8_lossy(&bytes).trim().to_owned() })
}
