//! Bodies that are read piece by piece: files, events, lines.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::future::MaybeSend;

/// Longest line that [`ByteStream::line`] puts together: 16 MiB.
const LONGEST_LINE: usize = 16 << 20;

#[cfg(not(target_arch = "wasm32"))]
type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;
#[cfg(target_arch = "wasm32")]
type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>>>>;

/// The body of a success that may be large or endless.
///
/// Nothing of it is read before it is asked for: by [`chunk`](Self::chunk), by [`line`](Self::line), as a [`Stream`],
/// or whole by [`bytes`](Self::bytes). Dropping it ends the transfer.
pub struct ByteStream {
    inner: Inner,
    /// What [`ByteStream::line`] has received and not yet returned.
    rest: BytesMut,
}

/// A stream that ended before it was complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The connection broke or the deployment fell silent.
    #[error("the answer broke off: {0}")]
    Broken(reqwest::Error),
    /// The body is longer than the caller allows.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// Most bytes that were allowed.
        limit: usize,
    },
    /// The body is no UTF-8.
    #[error("the answer is no UTF-8 text")]
    NotText,
}

impl ByteStream {
    /// A stream of `chunks`, for tests of code that takes one.
    pub fn new(chunks: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>) -> Self {
        Self::of(Chunks(chunks.into_iter()))
    }

    pub(crate) fn of(inner: impl Stream<Item = Result<Bytes, reqwest::Error>> + MaybeSend + 'static) -> Self {
        Self { inner: Box::pin(inner), rest: BytesMut::new() }
    }

    /// The next bytes as they arrive; `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, StreamError> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// The next line without its end, for bodies such as `application/x-ndjson`; `None` at the end.
    ///
    /// # Errors
    /// The connection breaks, a line is no UTF-8, or it is longer than 16 MiB.
    pub async fn line(&mut self) -> Result<Option<String>, StreamError> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.rest.split_to(searched + end + 1);
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                return text(line.strip_suffix(b"\r").unwrap_or(line)).map(Some);
            }
            searched = self.rest.len();
            if searched > LONGEST_LINE {
                return Err(StreamError::TooLong { limit: LONGEST_LINE });
            }
            match self.next_chunk().await? {
                Some(chunk) => self.rest.extend_from_slice(&chunk),
                None if self.rest.is_empty() => return Ok(None),
                None => return text(&self.rest.split()).map(Some),
            }
        }
    }

    /// The whole rest of the body, however long it is.
    pub async fn bytes(self) -> Result<Bytes, StreamError> {
        self.bytes_up_to(usize::MAX).await
    }

    /// The whole rest of the body.
    ///
    /// # Errors
    /// The connection breaks, or there are more than `limit` bytes.
    pub async fn bytes_up_to(mut self, limit: usize) -> Result<Bytes, StreamError> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > limit - whole.len() {
                return Err(StreamError::TooLong { limit });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StreamError> {
        let next = std::future::poll_fn(|context| self.inner.as_mut().poll_next(context)).await;
        next.transpose().map_err(broken)
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.rest.split().freeze())));
        }
        self.inner.as_mut().poll_next(context).map(|next| next.map(|chunk| chunk.map_err(broken)))
    }
}

/// The URL is left out: it may hold an API key.
fn broken(error: reqwest::Error) -> StreamError {
    StreamError::Broken(error.without_url())
}

fn text(bytes: &[u8]) -> Result<String, StreamError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| StreamError::NotText)
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

/// Chunks that are there already.
pub(crate) struct Chunks<I>(pub(crate) I);

// Nothing borrows from the iterator.
impl<I> Unpin for Chunks<I> {}

impl<I: Iterator<Item = Bytes>> Stream for Chunks<I> {
    type Item = Result<Bytes, reqwest::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(chunks: &[&'static [u8]]) -> ByteStream {
        ByteStream::new(chunks.iter().map(|chunk| Bytes::from_static(chunk)).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn lines_may_be_cut_anywhere() {
        for chunks in [
            &[b"{\"a\":1}\n{\"b\":2}\r\n\nlast".as_slice()] as &[&'static [u8]],
            &[b"{\"a\":", b"1}", b"\n{\"b\":2}\r", b"\n\n", b"", b"last"],
        ] {
            let mut stream = stream(chunks);
            let mut lines = Vec::new();
            while let Some(line) = stream.line().await.unwrap() {
                lines.push(line);
            }
            assert_eq!(lines, ["{\"a\":1}", "{\"b\":2}", "", "last"]);
        }
        let mut mixed = stream(&[b"one\ntwo\n\xff\n"]);
        assert_eq!(mixed.line().await.unwrap().as_deref(), Some("one"));
        assert_eq!(mixed.line().await.unwrap().as_deref(), Some("two"));
        assert!(matches!(mixed.line().await, Err(StreamError::NotText)));
    }

    #[tokio::test]
    async fn what_a_line_left_belongs_to_the_bytes() {
        let mut stream = stream(&[b"one\ntw", b"o\nthree"]);
        assert_eq!(stream.line().await.unwrap().as_deref(), Some("one"));
        assert_eq!(stream.bytes().await.unwrap(), "two\nthree");
    }

    #[tokio::test]
    async fn a_limit_is_kept() {
        assert_eq!(stream(&[b"12", b"34"]).bytes_up_to(4).await.unwrap(), "1234");
        let error = stream(&[b"12", b"34"]).bytes_up_to(3).await.unwrap_err();
        assert!(matches!(error, StreamError::TooLong { limit: 3 }));
    }
}
