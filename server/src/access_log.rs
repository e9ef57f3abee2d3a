//! One log line a request: what it meant, how it ended, how long it took. Neither headers nor paths nor bodies, because
//! any of them may hold a secret.

use std::any::Any;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use http::{HeaderName, HeaderValue, StatusCode};
use tower::{Layer, Service};

use crate::clock::Stopwatch;
use crate::connection::Peer;
use crate::metrics::Meter;
use crate::runtime::{Authentication, Matched};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id of a request in the log: the caller's own, if it sent a short plain one in `X-Request-Id`.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Logs and counts every request, and makes an answer of a panic. A caller who names the request gets the name back;
/// nobody else sees it, so that two answers do not differ for its sake.
#[derive(Clone, Debug)]
pub(crate) struct AccessLog(pub(crate) Meter);

impl<S> Layer<S> for AccessLog {
    type Service = Logged<S>;

    fn layer(&self, inner: S) -> Logged<S> {
        Logged { inner, meter: self.0.clone() }
    }
}

/// What is inside, logged.
#[derive(Clone, Debug)]
pub(crate) struct Logged<S> {
    inner: S,
    meter: Meter,
}

impl<S> Service<Request> for Logged<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let watch = Stopwatch::start();
        let under_way = self.meter.begin();
        let named = request.headers().get(REQUEST_ID).filter(|value| is_plain(value)).cloned();
        let id: Arc<str> = match named.as_ref().and_then(|value| value.to_str().ok()) {
            Some(name) => name.into(),
            None => COUNT.fetch_add(1, Ordering::Relaxed).to_string().into(),
        };
        let method = request.method().clone();
        let trace = request.headers().get(TRACEPARENT).and_then(trace_id).map(str::to_owned);
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        request.extensions_mut().insert(RequestId(id.clone()));
        let begun = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        Box::pin(async move {
            let ended = match begun {
                Ok(answer) => AssertUnwindSafe(answer).catch_unwind().await,
                Err(panic) => Err(panic),
            };
            let mut response = match ended {
                Ok(answer) => answer?,
                Err(panic) => panicked(&*panic),
            };
            let took = watch.elapsed();
            let matched = response.extensions().get::<Matched>();
            let authentication = response.extensions().get::<Authentication>().copied();
            under_way.answered(matched, authentication, response.status(), took);
            tracing::info!(
                request = &*id,
                %method,
                contract = matched.map(|matched| &**matched.contract()),
                operation = matched.map(|matched| matched.operation().0.as_str()),
                status = response.status().as_u16(),
                authentication = authentication.map(Authentication::word),
                microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                peer = peer.map(tracing::field::display),
                trace,
                "answered"
            );
            if let Some(name) = named {
                response.headers_mut().insert(REQUEST_ID, name);
            }
            Ok(response)
        })
    }
}

fn panicked(payload: &(dyn Any + Send)) -> Response {
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

/// The trace that a request is a part of, if its `traceparent` is as it should be.
///
/// Source: W3C Trace Context, section 3.2.2. Later versions may say more behind what is known today.
fn trace_id(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = [(version, 2), (trace, 32), (parent, 16), (flags, 2)];
    let is_known = version != "00" || parts.next().is_none();
    let is_set = |id: &str| id.bytes().any(|byte| byte != b'0');
    let holds = lengths.into_iter().all(|(part, length)| part.len() == length && is_hex(part));
    (holds && is_known && version != "ff" && is_set(trace) && is_set(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_trace_is_told() {
        let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        for (text, is_told) in [
            (format!("00-{trace}-{parent}-01"), true),
            (format!("01-{trace}-{parent}-01-more"), true),
            (format!("00-{trace}-{parent}-01-more"), false),
            (format!("ff-{trace}-{parent}-01"), false),
            (format!("00-{}-{parent}-01", trace.to_uppercase()), false),
            (format!("00-{}-{parent}-01", "0".repeat(32)), false),
            (format!("00-{trace}-{}-01", "0".repeat(16)), false),
            (format!("00-{trace}-{parent}"), false),
            ("secret".to_owned(), false),
        ] {
            let value = HeaderValue::from_str(&text).unwrap();
            assert_eq!(trace_id(&value), is_told.then_some(trace), "{text}");
        }
    }
}
