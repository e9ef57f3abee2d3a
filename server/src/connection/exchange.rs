//! One request and its answer, as the place of their connection sees them: the bodies tell it when they end.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use super::place::{Phase, Place};
use super::{Answers, Peer, TurnedAway};
use crate::disturbance::wire::Wire;
use crate::metrics::Traffic;

/// What answers, as one connection reaches it.
#[derive(Clone, Debug)]
pub(super) struct Exchange<S> {
    pub(super) service: S,
    pub(super) place: Arc<Place>,
    pub(super) peer: Peer,
    pub(super) wire: Wire,
    pub(super) traffic: Traffic,
}

impl<S: Answers> Service<Request<Incoming>> for Exchange<S> {
    type Response = Response<Leaving>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let place = self.place.clone();
        let has_come = request.body().is_end_stream();
        if !place.begin(&[Phase::Idle, Phase::Head]) {
            self.traffic.turned_away();
            if !has_come {
                place.leave_unread();
            }
            place.turn(&[Phase::Idle, Phase::Head], Phase::Work);
            return Box::pin(async { Ok(busy().map(|body| Leaving { body, place })) });
        }
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(self.wire.clone());
        if has_come {
            let answer = self.service.clone().oneshot(request.map(|_| Body::empty()));
            return Box::pin(async move { Ok(answer.await?.map(|body| Leaving { body, place })) });
        }
        let (no_room, turned_away) = oneshot::channel();
        let mark = TurnedAway::default();
        request.extensions_mut().insert(mark.clone());
        let request = request.map(|body| {
            let no_room = Some((no_room, mark));
            Body::new(Arriving { body, place: place.clone(), has_come: false, no_room })
        });
        let answer = self.service.clone().oneshot(request);
        let traffic = self.traffic.clone();
        Box::pin(async move {
            let answer = tokio::select! {
                // First, as whoever reads on would find no more. Nobody has all of the request: what was done for it is
                // what is done for any that breaks off.
                biased;
                Ok(()) = turned_away => {
                    traffic.turned_away();
                    busy()
                }
                answer = answer => answer?,
            };
            Ok(answer.map(|body| Leaving { body, place }))
        })
    }
}

/// What is said when too much is under way. No contract documents it: it is the word of the server in front of them, and
/// says no more than when to come again.
fn busy() -> Response<Body> {
    let text = Full::from("too many requests are under way; come again in a second\n");
    let mut response = Response::new(Body::new(text));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The body of a request. Its place is one where the server waits only while there is something to wait for.
#[derive(Debug)]
pub(super) struct Arriving {
    body: Incoming,
    place: Arc<Place>,
    has_come: bool,
    /// Tells that the request came whole when too many others were worked on.
    no_room: Option<(oneshot::Sender<()>, TurnedAway)>,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(task) else {
            self.place.turn(&[Phase::Work], Phase::Body);
            return Poll::Pending;
        };
        if !self.has_come && (!matches!(frame, Some(Ok(_))) || self.body.is_end_stream()) {
            self.has_come = true;
            if self.place.phase() == Phase::Body && !self.place.begin(&[Phase::Body]) {
                self.place.turn(&[Phase::Body], Phase::Work);
                if let Some((no_room, mark)) = self.no_room.take() {
                    mark.0.store(true, Ordering::SeqCst);
                    // Whoever would read on is dropped for it, unless there is an answer already: that one goes on.
                    if no_room.send(()).is_ok() {
                        return Poll::Pending;
                    }
                    mark.0.store(false, Ordering::SeqCst);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.has_come {
            self.place.leave_unread();
            // What is refused before it has come is answered, whatever else is worked on.
            self.place.turn(&[Phase::Body], Phase::Work);
        }
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Leaving {
    body: Body,
    place: Arc<Place>,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.place.turn(&[Phase::Body, Phase::Work], Phase::Idle);
    }
}
