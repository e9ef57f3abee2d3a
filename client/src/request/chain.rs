//! Bodies one after the other, as one.

use std::collections::VecDeque;

use reqwest::Body;

/// The bodies one after the other; each is read when its turn comes.
#[cfg(not(target_arch = "wasm32"))]
#[expect(clippy::unnecessary_wraps, reason = "in browsers it may fail")]
pub(super) fn chained(pieces: VecDeque<Body>) -> Result<Body, String> {
    Ok(Body::wrap(native::Chain(pieces)))
}

/// The bodies one after the other. Browsers take no streams, so they are copied together.
#[cfg(target_arch = "wasm32")]
pub(super) fn chained(pieces: VecDeque<Body>) -> Result<Body, String> {
    let mut whole = Vec::new();
    for piece in pieces {
        let bytes = piece.as_bytes().ok_or("a form cannot hold another form here")?;
        whole.extend_from_slice(bytes);
    }
    Ok(whole.into())
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use http_body::{Body as HttpBody, Frame, SizeHint};
    use reqwest::Body;

    /// Bodies one after the other.
    pub(super) struct Chain(pub(super) VecDeque<Body>);

    impl HttpBody for Chain {
        type Data = Bytes;
        type Error = reqwest::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            while let Some(first) = self.0.front_mut() {
                match Pin::new(first).poll_frame(context) {
                    Poll::Ready(None) => drop(self.0.pop_front()),
                    // Trailers of a content are no part of the form.
                    Poll::Ready(Some(Ok(frame))) if !frame.is_data() => {}
                    other => return other,
                }
            }
            Poll::Ready(None)
        }

        fn size_hint(&self) -> SizeHint {
            let hints = self.0.iter().map(HttpBody::size_hint);
            let (mut lower, mut upper) = (0_u64, Some(0_u64));
            for hint in hints {
                lower = lower.saturating_add(hint.lower());
                upper = upper.zip(hint.upper()).and_then(|(sum, more)| sum.checked_add(more));
            }
            let mut sum = SizeHint::new();
            sum.set_lower(lower);
            if let Some(upper) = upper {
                sum.set_upper(upper.max(lower));
            }
            sum
        }
    }
}
