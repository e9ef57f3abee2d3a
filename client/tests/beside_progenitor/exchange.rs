//! What one client sent, and what it made of the answer.

use serde::Serialize;
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::values::Answer;
use crate::{Place, ours, theirs};

/// One call of one client.
#[derive(Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) sent: Option<Sent>,
    pub(crate) read: Read,
}

/// A request, without what may differ in the bytes and means the same.
#[derive(Debug, PartialEq)]
pub(crate) struct Sent {
    method: String,
    /// The segments, decoded.
    pub(crate) path: Vec<String>,
    /// The pairs, decoded, by name; those of one name in their order.
    query: Vec<(String, String)>,
    headers: Vec<(String, Vec<u8>)>,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Json(Value),
    Form(Vec<(String, String)>),
    Bytes(Vec<u8>),
}

/// What a client told its caller.
#[derive(Debug, PartialEq)]
pub(crate) enum Read {
    Success(u16, Value),
    Documented(u16, Value),
    /// A documented status with a body that is not as documented.
    Malformed,
    Unexpected(u16),
    /// Nothing was sent.
    Refused,
}

/// The headers that say nothing about the call.
///
/// - `host`, `content-length`: the HTTP library's.
/// - `api-version`: progenitor's own; it sends the version of the document, which documents no such header.
/// - `accept`: progenitor names only the media type of a success, ours also those of failures.
fn not_compared(header: &str) -> bool {
    ["host", "content-length", "api-version", "accept"].contains(&header)
}

impl Read {
    /// Which of them it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Success(..) => "success",
            Self::Documented(..) => "documented",
            Self::Malformed => "malformed",
            Self::Unexpected(_) => "unexpected",
            Self::Refused => "refused",
        }
    }
}

impl Exchange {
    /// Lets `call` run against a deployment that gives `answer`.
    pub(crate) async fn watch(
        Place { server, .. }: &Place,
        answer: &Answer,
        call: impl Future<Output = Read>,
    ) -> Self {
        server.reset().await;
        let template = ResponseTemplate::new(answer.status);
        let template = match answer.status {
            204 => template,
            _ => template.set_body_raw(answer.body.clone(), "application/json"),
        };
        Mock::given(any()).respond_with(template).mount(server).await;
        let read = call.await;
        let mut requests = server.received_requests().await.unwrap();
        assert!(requests.len() <= 1, "{requests:?}");
        Self { sent: requests.pop().map(|request| Sent::of(&request)), read }
    }
}

impl Sent {
    fn of(request: &Request) -> Self {
        let mut query: Vec<_> = request.url.query_pairs().into_owned().collect();
        query.sort_by(|one, other| one.0.cmp(&other.0));
        let headers = request.headers.iter().filter(|(name, _)| !not_compared(name.as_str()));
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        headers.sort();
        Self {
            method: request.method.to_string(),
            path: request.url.path().split('/').skip(1).map(decoded).collect(),
            query,
            body: Body::of(request),
            headers,
        }
    }
}

impl Body {
    fn of(request: &Request) -> Self {
        let media_type = request.headers.get("content-type").map(|value| value.as_bytes().to_vec());
        match media_type.as_deref() {
            Some(b"application/json") => Self::Json(serde_json::from_slice(&request.body).unwrap()),
            Some(b"application/x-www-form-urlencoded") => {
                let text = std::str::from_utf8(&request.body).unwrap();
                // A form is written as a query is.
                let url = reqwest::Url::parse(&format!("http://form/?{text}")).unwrap();
                let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
                pairs.sort_by(|one, other| one.0.cmp(&other.0));
                Self::Form(pairs)
            }
            _ => Self::Bytes(request.body.clone()),
        }
    }
}

/// The text behind percent-encoding (RFC 3986 §2.1).
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        if let (b'%', Some(digits)) = (first, more.get(..2)) {
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn value(body: impl Serialize) -> Value {
    serde_json::to_value(body).unwrap()
}

/// What our client told; `failure` is the body of a documented one.
pub(crate) fn read_by_ours<T: Serialize, E>(
    answer: Result<ours::ResponseValue<T>, ours::Error<E>>,
    failure: impl FnOnce(E) -> ours::types::Failure,
) -> Read {
    match answer {
        Ok(answer) => Read::Success(answer.status().as_u16(), value(answer.into_inner())),
        Err(ours::Error::Documented(told)) => {
            Read::Documented(told.status.as_u16(), value(failure(told.error)))
        }
        Err(ours::Error::Malformed(_)) => Read::Malformed,
        Err(ours::Error::Unexpected(told)) => Read::Unexpected(told.status.as_u16()),
        Err(ours::Error::InvalidRequest(_)) => Read::Refused,
        Err(error) => panic!("{error}"),
    }
}

/// What progenitor's client told.
pub(crate) fn read_by_theirs<T: Serialize>(
    answer: Result<theirs::ResponseValue<T>, theirs::Error<theirs::types::Failure>>,
) -> Read {
    match answer {
        Ok(answer) => Read::Success(answer.status().as_u16(), value(answer.into_inner())),
        Err(theirs::Error::ErrorResponse(told)) => {
            Read::Documented(told.status().as_u16(), value(told.into_inner()))
        }
        Err(theirs::Error::InvalidResponsePayload(..)) => Read::Malformed,
        Err(theirs::Error::UnexpectedResponse(told)) => Read::Unexpected(told.status().as_u16()),
        Err(theirs::Error::InvalidRequest(_)) => Read::Refused,
        Err(error) => panic!("{error}"),
    }
}
