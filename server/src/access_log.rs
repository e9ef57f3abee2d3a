//! One log line a request: what it meant, how it ended, how long it took. Neither headers nor paths nor bodies, because
//! any of them may hold a secret.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;

use crate::clock::Stopwatch;
use crate::runtime::Matched;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request in the log: the caller's own, if it sent a short plain one in `X-Request-Id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Logs every request to `routes`. A caller who names the request gets the name back; nobody else sees it, so that two
/// answers do not differ for its sake.
pub(crate) fn wrap(routes: Router) -> Router {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let log = from_fn(|mut request: Request, next: Next| async move {
        let watch = Stopwatch::start();
        let named = request.headers().get(REQUEST_ID).filter(|value| is_plain(value)).cloned();
        let id: Arc<str> = match named.as_ref().and_then(|value| value.to_str().ok()) {
            Some(name) => name.into(),
            None => COUNT.fetch_add(1, Ordering::Relaxed).to_string().into(),
        };
        let method = request.method().clone();
        request.extensions_mut().insert(RequestId(id.clone()));
        let mut response = next.run(request).await;
        let matched = response.extensions().get::<Matched>();
        tracing::info!(
            request = &*id,
            %method,
            contract = matched.map(|matched| &*matched.contract),
            operation = matched.map(|matched| matched.operation.0.as_str()),
            status = response.status().as_u16(),
            microseconds = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        if let Some(name) = named {
            response.headers_mut().insert(REQUEST_ID, name);
        }
        response
    });
    routes.layer(CatchPanicLayer::custom(panicked)).layer(log)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn panicked(payload: Box<dyn Any + Send>) -> Response<Body> {
    let reason = payload.downcast_ref::<&str>().copied();
    let reason = reason.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    tracing::error!(reason, "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=64).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
