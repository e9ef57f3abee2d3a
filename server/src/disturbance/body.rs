//! Bodies that end too early, or come too slowly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::text::Drip;
use super::wire::{CutBy, Wire};
use crate::clock::pause;

/// The body was cut short, or is none at all, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off on purpose")]
pub(super) struct CutOff;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that is announced whole and ends after some bytes, and its connection with it.
pub(super) struct Truncated {
    pub(super) whole: Body,
    /// Bytes yet to be sent.
    pub(super) left: u64,
    /// What is announced.
    pub(super) hint: SizeHint,
    pub(super) wire: Option<Wire>,
    pub(super) flushed: Option<u64>,
}

impl Truncated {
    pub(super) fn body(whole: Body, after: u64, wire: Option<Wire>) -> Body {
        let hint = whole.size_hint();
        Body::new(Self { whole, left: after, hint, wire, flushed: None })
    }
}

impl HttpBody for Truncated {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.left > 0 {
            return match ready!(Pin::new(&mut self.whole).poll_frame(cx)) {
                Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_data() {
                    Ok(mut bytes) => {
                        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
                        self.left -= bytes.len() as u64;
                        Frame::data(bytes)
                    }
                    Err(trailers) => trailers,
                }))),
                Some(Err(error)) => Poll::Ready(Some(Err(error.into()))),
                None => Poll::Ready(None),
            };
        }
        if let Some(wire) = self.wire.clone() {
            // What was sent so far has to be on its way before the connection ends.
            ready!(wire.poll_flushed(cx, &mut self.flushed));
            wire.cut(CutBy::Close);
        }
        Poll::Ready(Some(Err(CutOff.into())))
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// A body that is sent in small pieces with a wait before each.
pub(super) struct Slow {
    whole: Body,
    drip: Drip,
    /// What came and is not sent yet.
    rest: Bytes,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    hint: SizeHint,
}

impl Slow {
    pub(super) fn body(whole: Body, drip: Drip) -> Body {
        let hint = whole.size_hint();
        Body::new(Self { whole, drip, rest: Bytes::new(), wait: None, hint })
    }
}

impl HttpBody for Slow {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.whole).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let every = self.drip.every.0;
        let wait = self.wait.get_or_insert_with(|| Box::pin(pause(every)));
        ready!(wait.as_mut().poll(cx));
        self.wait = None;
        let piece = self.drip.bytes.get().min(self.rest.len());
        let piece = self.rest.split_to(piece);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    /// Nobody asks for a frame behind the last one where a length is announced, so that this is how its end is known.
    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.whole.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}

/// The body of an answer that never leaves.
pub(super) fn none() -> Body {
    Body::new(Truncated { whole: Body::empty(), left: 0, hint: SizeHint::new(), wire: None, flushed: None })
}
