//! An answer whose head has been read, and the ways to read the rest.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{Attempts, Error, Extent, Failure, Malformed, MalformedCause, TransportError, Unexpected};
use crate::media_type::{Charset, Form, charset, choose};
use crate::response::ResponseValue;
use crate::stream::ByteStream;

/// Most bytes of the body of a failure that are kept: 1 MiB.
const LONGEST_FAILURE: usize = 1 << 20;

/// An answer before it is known what it means.
pub struct Received {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
    /// Most bytes of the body that are read.
    limit: usize,
    attempts: Attempts,
}

/// The body of an answer.
enum Content {
    /// Nothing of it has been read.
    Open(Response),
    /// It has been read.
    Read(Bytes, Extent),
}

/// What kept an answer from being what its status documents.
pub enum Failed {
    /// Its body is not as documented.
    Malformed(Box<Malformed>),
    /// It broke off.
    Transport(TransportError),
}

impl<E> From<Failed> for Error<E> {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Malformed(malformed) => Self::Malformed(malformed),
            Failed::Transport(error) => error.into(),
        }
    }
}

/// Status, headers, and as much of the body as was read.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    extent: Extent,
    attempts: Attempts,
}

/// A body that is as documented.
pub struct Decoded<B> {
    body: B,
    status: StatusCode,
    /// The headers as received.
    pub headers: HeaderMap,
    raw: Bytes,
    extent: Extent,
    attempts: Attempts,
}

impl Received {
    pub(crate) fn new(mut response: Response, attempts: Attempts) -> Self {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        Self { status, headers, content: Content::Open(response), limit: usize::MAX, attempts }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The status and the headers.
    pub(crate) fn head(&self) -> (StatusCode, &HeaderMap) {
        (self.status, &self.headers)
    }

    /// The body, if it has been read.
    pub(crate) fn body(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Open(_) => None,
            Content::Read(body, _) => Some(body),
        }
    }

    /// The same answer with its body, however long that of a success is.
    pub(crate) async fn read(mut self) -> Result<Self, TransportError> {
        let limit = if self.status.is_success() { usize::MAX } else { LONGEST_FAILURE };
        let (body, extent) = match self.content.pieces(limit) {
            Ok(pieces) => gather(pieces, limit).await?,
            Err(read) => read,
        };
        self.content = Content::Read(body, extent);
        Ok(self)
    }

    /// The same answer, of whose body not too much is read: nobody asks for long failures.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.limit = LONGEST_FAILURE;
        self
    }

    /// The place in `forms` of the documented body that this one is.
    pub fn form(&self, forms: &[Form]) -> Option<usize> {
        choose(&self.headers, forms)
    }

    /// No body is documented; if one comes, it is kept as it is.
    pub async fn empty(self) -> Result<Decoded<()>, Failed> {
        // What nobody documents may as well have no end.
        let whole = self.bounded().whole().await?;
        Ok(whole.decoded((), Raw::Kept))
    }

    /// A JSON body.
    pub async fn json<B: DeserializeOwned>(self) -> Result<Decoded<B>, Failed> {
        let kept = Raw::within(self.limit);
        let whole = self.whole().await?;
        if whole.extent == Extent::Cut {
            return Err(whole.too_long());
        }
        match serde_json::from_slice(&whole.body) {
            Ok(body) => Ok(whole.decoded(body, kept)),
            Err(cause) => Err(whole.malformed(MalformedCause::Json(cause))),
        }
    }

    /// A text.
    pub async fn text(self) -> Result<Decoded<String>, Failed> {
        let kept = Raw::within(self.limit);
        let whole = self.whole().await?;
        if whole.extent == Extent::Cut {
            return Err(whole.too_long());
        }
        let text = match charset(&whole.headers) {
            Charset::Latin1 => Some(whole.body.iter().copied().map(char::from).collect()),
            Charset::Utf8 => std::str::from_utf8(&whole.body).ok().map(str::to_owned),
        };
        match text {
            Some(text) => Ok(whole.decoded(text, kept)),
            None => Err(whole.malformed(MalformedCause::Text)),
        }
    }

    /// Bytes.
    pub async fn bytes(self) -> Result<Decoded<Bytes>, Failed> {
        let kept = Raw::within(self.limit);
        let whole = self.whole().await?;
        if whole.extent == Extent::Cut {
            return Err(whole.too_long());
        }
        let body = whole.body.clone();
        Ok(whole.decoded(body, kept))
    }

    /// Bytes that are not read yet.
    pub fn stream(self) -> Decoded<ByteStream> {
        let Self { status, headers, content, attempts, .. } = self;
        let body = match content {
            Content::Open(response) => ByteStream::of(response.bytes_stream()),
            Content::Read(body, _) => ByteStream::new([body]),
        };
        Decoded { body, status, headers, raw: Bytes::new(), extent: Extent::Whole, attempts }
    }

    /// A documented status with a body of a media type that is not documented for it.
    pub async fn undocumented_body<E>(self) -> Error<E> {
        match self.bounded().whole().await {
            Ok(whole) => whole.malformed(MalformedCause::MediaType).into(),
            Err(failed) => failed.into(),
        }
    }

    /// An answer that the contract does not document.
    pub async fn unexpected<E>(self) -> Error<E> {
        match self.bounded().whole().await {
            Ok(Whole { status, headers, body, extent, attempts }) => {
                Error::Unexpected(Box::new(Unexpected { status, headers, body, extent, attempts }))
            }
            Err(failed) => failed.into(),
        }
    }

    /// The same answer with its body. The future holds little, as it is moved before it is polled.
    fn whole(self) -> impl Future<Output = Result<Whole, Failed>> {
        let Self { status, headers, content, limit, attempts } = self;
        let pieces = content.pieces(limit);
        async move {
            let (body, extent) = match pieces {
                Ok(pieces) => {
                    let gathered = gather(pieces, limit).await;
                    gathered.map_err(|error| Failed::Transport(error.last_of(attempts)))?
                }
                Err(read) => read,
            };
            Ok(Whole { status, headers, body, extent, attempts })
        }
    }
}

impl Content {
    /// The pieces of the body, or as much of it as `limit` allows, if it has been read.
    fn pieces(
        self,
        limit: usize,
    ) -> Result<impl Stream<Item = Result<Bytes, reqwest::Error>>, (Bytes, Extent)> {
        match self {
            Self::Open(response) => Ok(response.bytes_stream()),
            Self::Read(body, _) if body.len() > limit => Err((body.slice(..limit), Extent::Cut)),
            Self::Read(body, extent) => Err((body, extent)),
        }
    }
}

/// The pieces of a body as one, as far as `limit` allows. A body of one piece is not copied.
async fn gather(
    pieces: impl Stream<Item = Result<Bytes, reqwest::Error>>,
    limit: usize,
) -> Result<(Bytes, Extent), TransportError> {
    let mut pieces = pin!(pieces);
    let (mut first, mut body, mut length) = (Bytes::new(), BytesMut::new(), 0);
    let mut extent = Extent::Whole;
    while let Some(piece) = poll_fn(|context| pieces.as_mut().poll_next(context)).await {
        let mut piece = piece?;
        if piece.len() > limit - length {
            piece.truncate(limit - length);
            extent = Extent::Cut;
        }
        if length == 0 {
            length = piece.len();
            first = piece;
        } else {
            if body.is_empty() {
                body = std::mem::take(&mut first).into();
            }
            body.extend_from_slice(&piece);
            length = body.len();
        }
        if extent == Extent::Cut {
            break;
        }
    }
    Ok((if body.is_empty() { first } else { body.freeze() }, extent))
}

/// Whether a decoded answer keeps its body as received.
#[derive(Clone, Copy)]
enum Raw {
    Kept,
    Dropped,
}

impl Raw {
    /// The bytes of a success, which may be as long as they like, are not held a second time.
    fn within(limit: usize) -> Self {
        if limit == usize::MAX { Self::Dropped } else { Self::Kept }
    }
}

impl Whole {
    fn too_long(self) -> Failed {
        self.malformed(MalformedCause::TooLong { limit: LONGEST_FAILURE })
    }

    fn decoded<B>(self, body: B, kept: Raw) -> Decoded<B> {
        let Self { status, headers, body: raw, extent, attempts } = self;
        let raw = match kept {
            Raw::Kept => raw,
            Raw::Dropped => Bytes::new(),
        };
        Decoded { body, status, headers, raw, extent, attempts }
    }

    fn malformed(self, cause: MalformedCause) -> Failed {
        let Self { status, headers, body, extent, attempts } = self;
        Failed::Malformed(Box::new(Malformed { status, headers, body, extent, attempts, cause }))
    }
}

impl<B> Decoded<B> {
    /// The same with another body: the variant that the media type chose.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Decoded<C> {
        let Self { body, status, headers, raw, extent, attempts } = self;
        Decoded { body: change(body), status, headers, raw, extent, attempts }
    }

    /// A documented success.
    pub fn success<T, H>(self, wrap: impl FnOnce(B) -> T, typed: H) -> ResponseValue<T, H> {
        let Self { body, status, headers, raw, extent: _, attempts: _ } = self;
        ResponseValue::with_typed_headers(wrap(body), typed, status, headers).with_undocumented_body(raw)
    }

    /// A documented failure.
    pub fn failure<E>(self, wrap: impl FnOnce(B) -> E) -> Error<E> {
        let Self { body, status, headers, raw, extent, attempts } = self;
        let error = wrap(body);
        Error::Documented(Box::new(Failure { error, status, headers, body: raw, extent, attempts }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Chunks;

    async fn gathered(pieces: &[&'static str], limit: usize) -> (Bytes, Extent) {
        let pieces: Vec<_> = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
        gather(Chunks(pieces.into_iter()), limit).await.unwrap()
    }

    #[tokio::test]
    async fn pieces_are_put_together_as_far_as_the_limit_allows() {
        for (pieces, limit, whole, extent) in [
            (&[][..], usize::MAX, "", Extent::Whole),
            (&["", ""], 0, "", Extent::Whole),
            (&["abc"], usize::MAX, "abc", Extent::Whole),
            (&["", "ab", "", "c", "def"], usize::MAX, "abcdef", Extent::Whole),
            (&["abc"], 3, "abc", Extent::Whole),
            (&["abc"], 2, "ab", Extent::Cut),
            (&["ab", "cd"], 4, "abcd", Extent::Whole),
            (&["ab", "cd", "ef"], 3, "abc", Extent::Cut),
            (&["ab", "cd"], 2, "ab", Extent::Cut),
            (&["a"], 0, "", Extent::Cut),
        ] {
            assert_eq!(gathered(pieces, limit).await, (Bytes::from(whole), extent), "{pieces:?} {limit}");
        }
    }

    #[tokio::test]
    async fn one_piece_is_not_copied() {
        let piece = "all of it";
        let (whole, _) = gathered(&[piece], usize::MAX).await;
        assert_eq!(whole.as_ptr(), piece.as_ptr());
    }
}
