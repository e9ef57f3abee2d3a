//! The layer that writes the journal: it lets bodies stream, keeps the beginning of each, and makes an entry when the
//! last byte of the answer is handed over.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};
use http_body::{Frame, SizeHint};
use jiff::Timestamp;
use tower::{Layer, Service};

use super::Journal;
use super::entry::Passage;
use super::raw::{Captured, End, Raw, RawAnswer};
use super::redact::Redactor;
use crate::access_log::RequestId;
use crate::clock::Stopwatch;
use crate::connection::TurnedAway;
use crate::disturbance::Disturbed;
use crate::runtime::Matched;

/// The layer, and what it writes to.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    journal: Journal,
    redactor: Redactor,
}

impl Recorder {
    pub(super) fn new(journal: Journal, redactor: Redactor) -> Self {
        Self(Arc::new(Desk { journal, redactor }))
    }
}

impl<S> Layer<S> for Recorder {
    type Service = Recorded<S>;

    fn layer(&self, inner: S) -> Recorded<S> {
        Recorded { inner, recorder: self.clone() }
    }
}

/// Whom a request was found to come from: put into the request by the journal, told by whoever checks credentials.
#[derive(Clone, Debug)]
pub(crate) struct Exchange(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    caller: OnceLock<String>,
    sent: Mutex<Captured>,
}

impl Exchange {
    /// Tells whom the credential of the request belongs to, by the public identifier.
    pub(crate) fn is_from(&self, id: &str) {
        // The first to know is the one to go by.
        let _ = self.0.caller.set(id.to_owned());
    }

    fn sent(&self) -> MutexGuard<'_, Captured> {
        self.0.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is inside, recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded<S> {
    inner: S,
    recorder: Recorder,
}

impl<S> Service<Request> for Recorded<S>
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

    fn call(&mut self, request: Request) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let is_empty = body.is_end_stream();
        let most = self.recorder.0.journal.bounds().body;
        let sent = if is_empty { Captured::nothing() } else { Captured::unread() };
        let exchange = Exchange(Arc::new(Parts { caller: OnceLock::new(), sent: Mutex::new(sent) }));
        parts.extensions.insert(exchange.clone());
        let mut pending = Pending::new(self.recorder.clone(), &parts, exchange.clone());
        let body = if is_empty { body } else { Body::new(Arriving { inner: body, exchange, most }) };
        let answer = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async move {
            let (mut parts, body) = answer.await?.into_parts();
            pending.answer(&mut parts);
            if body.is_end_stream() {
                pending.done(Captured::nothing());
                return Ok(Response::from_parts(parts, body));
            }
            let leaving = Leaving { inner: body, most, captured: Captured::unread(), pending: Some(pending) };
            Ok(Response::from_parts(parts, Body::new(leaving)))
        })
    }
}

/// An exchange under way. Dropped before it is done, it is one without an answer.
struct Pending {
    recorder: Recorder,
    exchange: Exchange,
    watch: Stopwatch,
    at: Timestamp,
    request_id: Arc<str>,
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    answer: Option<RawAnswer>,
    turned_away: Option<TurnedAway>,
    /// How it ends if it has no answer, or none that leaves.
    end: End,
    is_done: bool,
}

impl Pending {
    fn new(recorder: Recorder, parts: &http::request::Parts, exchange: Exchange) -> Self {
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        Self {
            at: recorder.0.journal.now(),
            watch: Stopwatch::start(),
            request_id: request_id.unwrap_or_default(),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            version: parts.version,
            headers: parts.headers.clone(),
            recorder,
            exchange,
            answer: None,
            turned_away: parts.extensions.get().cloned(),
            end: End::Abandoned,
            is_done: false,
        }
    }

    fn answer(&mut self, parts: &mut http::response::Parts) {
        let disturbed = parts.extensions.get::<Disturbed>();
        if disturbed.is_some_and(|disturbed| !disturbed.is_answered()) {
            self.end = End::Cut;
        }
        self.answer = Some(RawAnswer {
            status: parts.status,
            headers: parts.headers.clone(),
            matched: parts.extensions.get::<Matched>().cloned(),
            disturbance: disturbed.map(ToString::to_string),
            body: Captured::unread(),
        });
    }

    /// Writes the entry. `body` is that of the answer.
    fn done(mut self, body: Captured) {
        if let Some(answer) = &mut self.answer {
            answer.body = body;
        }
        self.write(self.end);
    }

    fn write(&mut self, end: End) {
        self.is_done = true;
        let microseconds = u64::try_from(self.watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let sent = std::mem::replace(&mut *self.exchange.sent(), Captured::nothing());
        let raw = Raw {
            at: self.at,
            microseconds,
            request_id: self.request_id.clone(),
            method: std::mem::take(&mut self.method),
            uri: std::mem::take(&mut self.uri),
            version: self.version,
            headers: std::mem::take(&mut self.headers),
            sent,
            answer: self.answer.take(),
            caller: self.exchange.0.caller.get().cloned(),
            end,
        };
        let Desk { journal, redactor } = &*self.recorder.0;
        journal.push(redactor.entry(&raw));
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // What is turned away at its head comes to no journal either.
        if !self.is_done && !self.turned_away.as_ref().is_some_and(TurnedAway::has_happened) {
            self.write(if std::thread::panicking() { End::Panicked } else { End::Abandoned });
        }
    }
}

/// The body of a request on its way to the implementation.
struct Arriving {
    inner: Body,
    exchange: Exchange,
    most: usize,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let mut sent = self.exchange.sent();
                if let Some(data) = frame.data_ref() {
                    sent.pass(data, self.most);
                }
                if self.inner.is_end_stream() {
                    sent.passage = Passage::Complete;
                }
            }
            Poll::Ready(None) => self.exchange.sent().passage = Passage::Complete,
            Poll::Ready(Some(Err(_))) => self.exchange.sent().passage = Passage::Partial,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The body of an answer on its way to the caller.
struct Leaving {
    inner: Body,
    most: usize,
    captured: Captured,
    /// Until the entry is written.
    pending: Option<Pending>,
}

impl Leaving {
    fn end(&mut self, passage: Option<Passage>) {
        let Some(pending) = self.pending.take() else { return };
        let mut captured = std::mem::replace(&mut self.captured, Captured::nothing());
        if let Some(passage) = passage {
            captured.passage = passage;
        }
        pending.done(captured);
    }
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        let most = self.most;
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.captured.pass(data, most);
                }
                // The entry is there before the caller has the last byte.
                if self.inner.is_end_stream() {
                    self.end(Some(Passage::Complete));
                }
            }
            Poll::Ready(None) => self.end(Some(Passage::Complete)),
            Poll::Ready(Some(Err(_))) => self.end(Some(Passage::Partial)),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.end(None);
    }
}
