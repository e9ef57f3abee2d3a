//! One request with what became of it, as the journal keeps it: no secret is in it any more.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// One request with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its place in the journal, from 1; in the order in which the requests were done with.
    pub number: u64,
    /// When it arrived, by the clock of the server.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// How long it took until the last byte of the answer was handed over, in microseconds of real time.
    pub microseconds: u64,
    /// Its id in the log.
    pub request_id: SmolStr,
    /// The contract under whose prefix it came; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<SmolStr>,
    /// The operation that its method and path mean; absent where the contract documents none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<SmolStr>,
    /// Who called; absent where the request does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// The request.
    pub request: Request,
    /// What became of it.
    pub outcome: Outcome,
    /// What was done to it on purpose, in words; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturbance: Option<String>,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// The public identifier.
    pub id: SmolStr,
    /// Whether it was believed.
    pub standing: Standing,
}

/// Whether a caller was believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The server found the credential to be that caller's.
    Proven,
    /// The request says so; nothing more is known.
    Claimed,
}

/// A request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// The method.
    pub method: SmolStr,
    /// The path, with the prefix of the contract, still percent-encoded.
    pub path: SmolStr,
    /// What stands behind the question mark, still percent-encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<SmolStr>,
    /// The version of HTTP, such as `HTTP/1.1`.
    pub version: SmolStr,
    /// The headers, in order.
    pub headers: Vec<Header>,
    /// The body, as far as the server read it.
    pub body: Body,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was answered.
    Answered(Response),
    /// The caller was gone, or cut off, before there was an answer.
    Abandoned,
    /// The connection was cut on purpose, so that the caller got no answer.
    Cut,
    /// The implementation panicked; the caller was told of an internal error.
    Panicked,
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, in order. What the HTTP library adds itself (`date`, `transfer-encoding`) is not among them.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// The name, in lower case.
    pub name: SmolStr,
    /// The value.
    pub value: SmolStr,
}

/// A body, as far as it passed and as much of it as is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// How many bytes passed, kept or not.
    pub length: u64,
    /// How far it passed.
    pub passage: Passage,
    /// What is kept of it.
    #[serde(flatten)]
    pub content: Content,
}

/// How far a body passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Passage {
    /// To its end.
    Complete,
    /// Not to its end: the reader wanted no more, or one side was cut off.
    Partial,
    /// Nobody read any of it.
    Unread,
}

/// What is kept of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "content", rename_all = "kebab-case")]
pub enum Content {
    /// There was none.
    Nothing,
    /// All that passed.
    Text {
        /// The text, with each secret masked.
        text: String,
    },
    /// The beginning, because it is longer than what is kept of a body.
    Beginning {
        /// The text, with each secret masked.
        text: String,
    },
    /// Nothing, because a secret could not be told from the rest.
    Withheld {
        /// Why.
        reason: Withheld,
    },
}

/// Why nothing of a body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// The contract says that the body as a whole is a secret.
    Secret,
    /// It says it is JSON or a form, and is not.
    Malformed,
    /// It is no text.
    Binary,
    /// It is a form of parts.
    Multipart,
    /// The contract does not say what is in it.
    Undocumented,
    /// The journal keeps no bodies.
    NotKept,
}

impl Entry {
    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// The answer, if there was one.
    pub fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response),
            Outcome::Abandoned | Outcome::Cut | Outcome::Panicked => None,
        }
    }

    /// How long it took, in real time.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.microseconds)
    }

    /// How much memory it takes, near enough.
    pub(super) fn weight(&self) -> usize {
        /// What a vector or a text takes beside what is in it.
        const EACH: usize = 24;
        let headers = |headers: &[Header]| {
            headers.iter().map(|header| header.name.len() + header.value.len() + 2 * EACH).sum::<usize>()
        };
        let text = |text: &Option<SmolStr>| text.as_ref().map_or(0, SmolStr::len);
        let answer =
            self.response().map_or(0, |response| headers(&response.headers) + response.body.weight());
        size_of::<Self>()
            + self.request_id.len()
            + text(&self.contract)
            + text(&self.operation)
            + self.disturbance.as_ref().map_or(0, String::len)
            + self.caller.as_ref().map_or(0, |caller| caller.id.len())
            + self.request.method.len()
            + self.request.path.len()
            + text(&self.request.query)
            + headers(&self.request.headers)
            + self.request.body.weight()
            + answer
    }
}

impl Request {
    /// The value of the header, of the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl Response {
    /// The value of the header, of the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| &*header.value)
}

impl Body {
    /// No body.
    pub const NONE: Self = Self { length: 0, passage: Passage::Complete, content: Content::Nothing };

    /// What is kept of it as text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text { text } | Content::Beginning { text } => Some(text),
            Content::Nothing | Content::Withheld { .. } => None,
        }
    }

    /// The whole body read as JSON, with each secret masked.
    pub fn json(&self) -> Option<serde_json::Value> {
        match &self.content {
            Content::Text { text } => serde_json::from_str(text).ok(),
            Content::Nothing | Content::Beginning { .. } | Content::Withheld { .. } => None,
        }
    }

    fn weight(&self) -> usize {
        self.text().map_or(0, str::len)
    }
}
