//! An answer whose head has been read, and the ways to read the rest.

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{Error, Extent, Failure, Malformed, MalformedCause, Unexpected};
use crate::media_type::{Charset, Form, charset, choose};
use crate::response::ResponseValue;
use crate::stream::ByteStream;

/// Most bytes of the body of a failure that are kept: 1 MiB.
const LONGEST_FAILURE: usize = 1 << 20;

/// An answer before it is known what it means.
pub struct Received {
    response: Response,
    /// Most bytes of the body that are read.
    limit: usize,
}

/// What kept an answer from being what its status documents.
pub enum Failed {
    /// Its body is not as documented.
    Malformed(Box<Malformed>),
    /// It broke off.
    Transport(reqwest::Error),
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
}

/// A body that is as documented.
pub struct Decoded<B> {
    body: B,
    status: StatusCode,
    /// The headers as received.
    pub headers: HeaderMap,
    raw: Bytes,
    extent: Extent,
}

impl Received {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, limit: usize::MAX }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The same answer, of whose body not too much is read: nobody asks for long failures.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.limit = LONGEST_FAILURE;
        self
    }

    /// The place in `forms` of the documented body that this one is.
    pub fn form(&self, forms: &[Form]) -> Option<usize> {
        choose(self.response.headers(), forms)
    }

    /// No body is documented; if one comes, it is kept as it is.
    pub async fn empty(self) -> Result<Decoded<()>, Failed> {
        // What nobody documents may as well have no end.
        let whole = self.bounded().whole().await?;
        Ok(whole.decoded((), Raw::Kept))
    }

    /// A JSON body.
    pub async fn json<B: DeserializeOwned>(self) -> Result<Decoded<B>, Failed> {
        let kept = self.kept();
        let whole = self.whole().await?.complete()?;
        match serde_json::from_slice(&whole.body) {
            Ok(body) => Ok(whole.decoded(body, kept)),
            Err(cause) => Err(whole.malformed(MalformedCause::Json(cause))),
        }
    }

    /// A text.
    pub async fn text(self) -> Result<Decoded<String>, Failed> {
        let kept = self.kept();
        let whole = self.whole().await?.complete()?;
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
        let kept = self.kept();
        let whole = self.whole().await?.complete()?;
        let body = whole.body.clone();
        Ok(whole.decoded(body, kept))
    }

    /// Bytes that are not read yet.
    pub fn stream(self) -> Decoded<ByteStream> {
        let (status, headers) = (self.response.status(), self.response.headers().clone());
        let body = ByteStream::of(self.response.bytes_stream());
        Decoded { body, status, headers, raw: Bytes::new(), extent: Extent::Whole }
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
            Ok(Whole { status, headers, body, extent }) => {
                Error::Unexpected(Box::new(Unexpected { status, headers, body, extent }))
            }
            Err(failed) => failed.into(),
        }
    }

    /// The bytes of a success are not held a second time.
    fn kept(&self) -> Raw {
        if self.limit == usize::MAX { Raw::Dropped } else { Raw::Kept }
    }

    async fn whole(mut self) -> Result<Whole, Failed> {
        let (status, headers) = (self.response.status(), self.response.headers().clone());
        let mut body = BytesMut::new();
        let mut extent = Extent::Whole;
        while let Some(chunk) = self.response.chunk().await.map_err(Failed::Transport)? {
            let room = self.limit - body.len();
            if chunk.len() > room {
                body.extend_from_slice(&chunk[..room]);
                extent = Extent::Cut;
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Whole { status, headers, body: body.freeze(), extent })
    }
}

/// Whether a decoded answer keeps its body as received.
#[derive(Clone, Copy)]
enum Raw {
    Kept,
    Dropped,
}

impl Whole {
    fn complete(self) -> Result<Self, Failed> {
        match self.extent {
            Extent::Whole => Ok(self),
            Extent::Cut => Err(self.malformed(MalformedCause::TooLong { limit: LONGEST_FAILURE })),
        }
    }

    fn decoded<B>(self, body: B, kept: Raw) -> Decoded<B> {
        let Self { status, headers, body: raw, extent } = self;
        let raw = match kept {
            Raw::Kept => raw,
            Raw::Dropped => Bytes::new(),
        };
        Decoded { body, status, headers, raw, extent }
    }

    fn malformed(self, cause: MalformedCause) -> Failed {
        let Self { status, headers, body, extent } = self;
        Failed::Malformed(Box::new(Malformed { status, headers, body, extent, cause }))
    }
}

impl<B> Decoded<B> {
    /// The same with another body: the variant that the media type chose.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Decoded<C> {
        let Self { body, status, headers, raw, extent } = self;
        Decoded { body: change(body), status, headers, raw, extent }
    }

    /// A documented success.
    pub fn success<T, H>(self, wrap: impl FnOnce(B) -> T, typed: H) -> ResponseValue<T, H> {
        let Self { body, status, headers, raw, extent: _ } = self;
        ResponseValue::with_typed_headers(wrap(body), typed, status, headers).with_undocumented_body(raw)
    }

    /// A documented failure.
    pub fn failure<E>(self, wrap: impl FnOnce(B) -> E) -> Error<E> {
        let Self { body, status, headers, raw, extent } = self;
        Error::Documented(Box::new(Failure { error: wrap(body), status, headers, body: raw, extent }))
    }
}
