//! One request, its response, and when they passed.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use rescind_specs::{MediaType, OperationId, Pointer};
use serde_json::Value;

/// A request, ready to be sent. Its values may be secret, so it has no `Debug` of its own.
#[derive(Clone)]
pub struct Request {
    /// The operation that it calls; `None` for a call that no operation documents.
    pub operation: Option<OperationId>,
    /// The method.
    pub method: Method,
    /// The path and query, percent-encoded, relative to the base URL: `/auth/credentials?limit=1`.
    pub target: String,
    /// The headers, those of the credentials included.
    pub headers: HeaderMap,
    /// The body; `None` sends neither a body nor a content type.
    pub body: Option<Bytes>,
    /// Where the parts of the request came from, so that a reproduction can obtain its own.
    pub origins: Vec<Origin>,
}

/// A part of a request that was obtained earlier in the run or supplied by the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The text as it stands in the request. Never printed.
    pub(crate) text: secret::Text,
    /// Where it came from.
    pub from: OriginKind,
}

impl Origin {
    /// An origin of `text`.
    pub fn new(text: impl Into<String>, from: OriginKind) -> Self {
        Self { text: secret::Text(text.into()), from }
    }

    /// The text as it stands in the request.
    pub fn expose(&self) -> &str {
        &self.text.0
    }
}

/// Where a part of a request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginKind {
    /// The JSON body of an earlier answer.
    Response {
        /// The number of that exchange.
        exchange: ExchangeId,
        /// Where in the body.
        pointer: Pointer,
    },
    /// A value that the operator supplied, by the name of its environment variable.
    Supplied(String),
}

mod secret {
    /// Text that no `Debug` prints.
    #[derive(Clone, PartialEq, Eq)]
    pub(crate) struct Text(pub(crate) String);

    impl std::fmt::Debug for Text {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("***")
        }
    }
}

/// The number of an exchange within its run, from 0.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ExchangeId(pub u64);

/// A response as it was received, wholly read.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty where there was none.
    pub body: Bytes,
}

impl Response {
    /// The media type that it declares, if it declares one that can be read.
    pub fn media_type(&self) -> Option<MediaType> {
        self.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
    }

    /// The body as JSON, whatever media type it declares.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The value at `pointer` of the JSON body.
    pub fn at(&self, pointer: &Pointer) -> Option<Value> {
        pointer.get(&self.json()?).cloned()
    }
}

/// What came of a request.
#[derive(Clone)]
pub enum Reply {
    /// A response.
    Received(Response),
    /// None, and why: no connection, a reset, a time limit. Says nothing about the deployment's promises.
    Lost(String),
}

/// One of the replicas of a deployment, by its place in the list of base URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replica(pub usize);

/// Whether an exchange was under way alone.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// The next request was sent when its reply was there.
    #[default]
    InTurn,
    /// It ran against others on purpose, so that its answer may depend on who came first.
    Racing,
}

/// When an exchange began and ended in real time, as places in the one order of all beginnings and endings of a run.
/// No clock is asked, so the order holds however fast things happen and whoever moves the deployment's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Before the first byte was sent.
    pub began: u64,
    /// After the last byte was received.
    pub ended: u64,
}

impl Span {
    /// Whether this one was over before the other began.
    pub fn precedes(self, other: Self) -> bool {
        self.ended < other.began
    }
}

/// One request, what came of it, and when.
#[derive(Clone)]
pub struct Exchange {
    /// Its number.
    pub id: ExchangeId,
    /// What was sent.
    pub request: Request,
    /// What came of it.
    pub reply: Reply,
    /// The deployment's time when the request was sent, as far as the judge's clock knows it.
    pub sent: Timestamp,
    /// The deployment's time when the reply was there.
    pub received: Timestamp,
    /// How long the reply took, by a clock that nobody moves.
    pub took: Duration,
    /// Where it was sent.
    pub replica: Replica,
    /// Whether it was under way alone.
    pub timing: Timing,
    /// Its place in the real-time order of the run.
    pub span: Span,
}

impl Exchange {
    /// The response, unless the reply was lost.
    pub fn response(&self) -> Option<&Response> {
        match &self.reply {
            Reply::Received(response) => Some(response),
            Reply::Lost(_) => None,
        }
    }

    /// The status, unless the reply was lost.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status.as_u16())
    }
}
