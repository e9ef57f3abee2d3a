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
    /// An earlier answer.
    Response {
        /// The number of that exchange.
        exchange: ExchangeId,
        /// Where in the answer.
        place: Place,
    },
    /// A value that the operator supplied, by the name of its environment variable.
    Supplied(String),
}

/// A place in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the body, at this pointer.
    Body(Pointer),
    /// The value of this header.
    Header(String),
    /// The value of this cookie, which the answer sets.
    Cookie(String),
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

    /// What the body says: its JSON, the fields of a form, or else its text, without the line break at its end.
    pub fn value(&self) -> Option<Value> {
        let media_type = self.media_type();
        let declares = |is: fn(&MediaType) -> bool| media_type.as_ref().is_some_and(is);
        if declares(MediaType::is_form) {
            let fields = url::form_urlencoded::parse(&self.body);
            let fields = fields.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
            return Some(Value::Object(fields.collect()));
        }
        let text = || {
            let text = std::str::from_utf8(&self.body).ok()?.trim_end_matches(['\r', '\n']);
            (!text.is_empty()).then(|| Value::from(text))
        };
        let is_text = declares(MediaType::is_text) && !declares(MediaType::is_json);
        match self.json() {
            // A text of digits alone is no number.
            Some(json) if !is_text || json.is_object() || json.is_array() => Some(json),
            _ => text(),
        }
    }

    /// The value at `pointer` of the body.
    pub fn at(&self, pointer: &Pointer) -> Option<Value> {
        pointer.get(&self.value()?).cloned()
    }

    /// The value of a cookie that the answer sets; `None` for one that it takes away (RFC 6265 §5.2).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let set =
            self.headers.get_all(http::header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let (value, attributes) = set
            .filter_map(set_cookie)
            .filter(|(known, ..)| *known == name)
            .map(|(_, value, rest)| (value, rest))
            .next_back()?;
        let is_over =
            attributes.split(';').filter_map(|attribute| attribute.split_once('=')).any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("max-age")
                    && value.trim().parse().is_ok_and(|seconds: i64| seconds <= 0)
            });
        (!is_over && !value.is_empty()).then_some(value)
    }
}

/// The name, the value and the attributes of a `Set-Cookie` header.
pub(crate) fn set_cookie(header: &str) -> Option<(&str, &str, &str)> {
    let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
    let (name, value) = pair.split_once('=')?;
    Some((name.trim(), value.trim().trim_matches('"'), attributes))
}

/// The cookies of a `Cookie` header.
pub(crate) fn cookies(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
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

    /// Whether a `Set-Cookie` header of the answer only prolongs a cookie that the request had.
    pub(crate) fn prolongs(&self, header: &str) -> bool {
        let Some((name, value, _)) = set_cookie(header) else { return false };
        let sent = self.request.headers.get_all(http::header::COOKIE).iter();
        sent.filter_map(|header| header.to_str().ok()).flat_map(cookies).any(|pair| pair == (name, value))
    }

    /// The status, unless the reply was lost.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status.as_u16())
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, SET_COOKIE};
    use serde_json::json;

    use super::*;

    fn response(media_type: &str, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
        Response { status: StatusCode::OK, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn a_body_says_what_its_media_type_makes_of_it() {
        let check = |media_type: &str, body: &str, expected: Value| {
            assert_eq!(
                response(media_type, body).value().unwrap_or_default(),
                expected,
                "{media_type} {body}"
            );
        };
        check("application/json", "{\"a\":1}", json!({ "a": 1 }));
        check("application/json", "\"word\"", json!("word"));
        check(
            "application/x-www-form-urlencoded",
            "token=a%2Bb&scope=x+y",
            json!({ "token": "a+b", "scope": "x y" }),
        );
        check("text/plain; charset=utf-8", "00712345678901234567890\n", json!("00712345678901234567890"));
        check("text/plain", "12345678901234567890123", json!("12345678901234567890123"));
        check("text/plain", "{\"a\":1}", json!({ "a": 1 }));
        check("text/plain", "", Value::Null);
    }

    #[test]
    fn the_last_cookie_of_a_name_counts_unless_it_is_taken_away() {
        let mut answer = response("text/plain", "");
        let mut set = |text: &'static str| {
            answer.headers.append(SET_COOKIE, text.parse().unwrap());
            answer.cookie("session").map(str::to_owned)
        };
        assert_eq!(set("sessionid=other; Path=/"), None);
        assert_eq!(set("session=a.b=; HttpOnly; Max-Age=60").as_deref(), Some("a.b="));
        assert_eq!(set("session=\"quoted\""), Some("quoted".to_owned()));
        assert_eq!(set("session=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT"), None);
        assert_eq!(set("session=still; max-age=0"), None);
    }
}
