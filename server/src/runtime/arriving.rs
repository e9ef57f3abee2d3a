//! A body that is handed over as it arrives.

use std::fmt;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use super::answer::RawBody;
use super::rejection::Rejection;

/// A body of any bytes, which nobody has read yet. Its bound is enforced while it is read.
pub struct BodyStream {
    media_type: String,
    body: Body,
    limit: usize,
    left: usize,
}

impl fmt::Debug for BodyStream {
    /// The media type only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyStream({})", self.media_type)
    }
}

impl BodyStream {
    pub(crate) fn new(media_type: String, body: Body, limit: usize) -> Self {
        Self { media_type, body, limit, left: limit }
    }

    /// The value of `Content-Type`; empty where the request has none.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// More bytes than the server reads, or an end before the end. By `?`, both become the answer.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Rejection> {
        while let Some(frame) = self.body.frame().await {
            let frame =
                frame.map_err(|_| Rejection::MalformedBody { reason: "it ended early".to_owned() })?;
            // Trailers say nothing here.
            let Ok(chunk) = frame.into_data() else { continue };
            let Some(left) = self.left.checked_sub(chunk.len()) else {
                return Err(Rejection::TooLarge { limit: self.limit });
            };
            self.left = left;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    /// All bytes that are left, no more than `limit`.
    ///
    /// # Errors
    /// As [`BodyStream::chunk`].
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Rejection> {
        self.bound(limit);
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(more) = self.chunk().await? {
            all.extend_from_slice(&more);
        }
        Ok(all.freeze())
    }

    /// The bytes with their media type, no more than `limit`.
    ///
    /// # Errors
    /// As [`BodyStream::chunk`].
    pub async fn into_raw(mut self, limit: usize) -> Result<RawBody, Rejection> {
        let media_type = std::mem::take(&mut self.media_type);
        Ok(RawBody { media_type, bytes: self.bytes(limit).await? })
    }

    fn bound(&mut self, limit: usize) {
        if limit < self.left {
            self.limit = limit;
            self.left = limit;
        }
    }
}
