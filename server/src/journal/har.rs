//! The journal as an HTTP Archive (HAR 1.2), which browsers' developer tools and many others open.
//!
//! Members with an underscore before their name are ours; the format leaves such to applications.

use jiff::Timestamp;
use serde::Serialize;

use super::redact;
use super::{Caller, Content, Entry, Filter, Header, Journal, Outcome, Passage, Response, Withheld};

/// An archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Har {
    /// What is in it.
    pub log: Log,
}

/// The one member of an archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// The version of the format.
    pub version: &'static str,
    /// What wrote it.
    pub creator: Creator,
    /// The requests, oldest first.
    pub entries: Vec<HarEntry>,
    /// How many older requests were forgotten.
    #[serde(rename = "_forgotten")]
    pub forgotten: u64,
}

/// What wrote an archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Creator {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarEntry {
    /// When it arrived, by the clock of the server.
    pub started_date_time: Timestamp,
    /// How long it took, in milliseconds.
    pub time: f64,
    /// The request.
    pub request: HarRequest,
    /// The answer; without one, its status is 0.
    pub response: HarResponse,
    /// Nothing: a server knows of no cache.
    pub cache: Cache,
    /// Where the time went.
    pub timings: Timings,
    /// The number in the journal.
    #[serde(rename = "_number")]
    pub number: u64,
    /// The id in the log.
    #[serde(rename = "_requestId")]
    pub request_id: String,
    /// The contract.
    #[serde(rename = "_contract", skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The operation.
    #[serde(rename = "_operation", skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Who called.
    #[serde(rename = "_caller", skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// What was done to it on purpose.
    #[serde(rename = "_disturbance", skip_serializing_if = "Option::is_none")]
    pub disturbance: Option<String>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarRequest {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The version of HTTP.
    pub http_version: String,
    /// The cookies, masked.
    pub cookies: Vec<Pair>,
    /// The headers.
    pub headers: Vec<Pair>,
    /// The query, decoded.
    pub query_string: Vec<Pair>,
    /// The body, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// Not known: -1.
    pub headers_size: i64,
    /// The length of the body as far as it was read.
    pub body_size: u64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarResponse {
    /// The status; 0 without an answer.
    pub status: u16,
    /// Its usual name.
    pub status_text: &'static str,
    /// The version of HTTP.
    pub http_version: String,
    /// The cookies, masked.
    pub cookies: Vec<Pair>,
    /// The headers.
    pub headers: Vec<Pair>,
    /// The body.
    pub content: HarContent,
    /// The value of `Location`, empty without one.
    #[serde(rename = "redirectURL")]
    pub redirect_url: String,
    /// Not known: -1.
    pub headers_size: i64,
    /// The length of the body as far as it was sent.
    pub body_size: u64,
    /// Why there is no answer.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// A header, a parameter, or a cookie.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData {
    /// The media type.
    pub mime_type: String,
    /// The fields of a form; the format wants them instead of the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Pair>,
    /// The text of anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is missing, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'static str>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarContent {
    /// Its length as far as it was sent.
    pub size: u64,
    /// The media type.
    pub mime_type: String,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is missing, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'static str>,
}

/// Nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cache {}

/// Where the time went, in milliseconds. A server sees only the time between request and answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timings {
    /// Sending the request.
    pub send: f64,
    /// Waiting for the answer.
    pub wait: f64,
    /// Receiving it.
    pub receive: f64,
}

impl Journal {
    /// The entries that are wanted as an HTTP Archive.
    pub fn har(&self, filter: &Filter) -> Har {
        let entries = self.entries(filter);
        Har {
            log: Log {
                version: "1.2",
                creator: Creator { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
                entries: entries.iter().map(|entry| HarEntry::of(entry)).collect(),
                forgotten: self.summary().forgotten,
            },
        }
    }
}

impl HarEntry {
    fn of(entry: &Entry) -> Self {
        let time = entry.duration().as_secs_f64() * 1000.0;
        Self {
            started_date_time: entry.at,
            time,
            request: HarRequest::of(entry),
            response: HarResponse::of(entry),
            cache: Cache {},
            timings: Timings { send: 0.0, wait: time, receive: 0.0 },
            number: entry.number,
            request_id: entry.request_id.to_string(),
            contract: entry.contract.as_ref().map(ToString::to_string),
            operation: entry.operation.as_ref().map(ToString::to_string),
            caller: entry.caller.clone(),
            disturbance: entry.disturbance.clone(),
        }
    }
}

impl HarRequest {
    fn of(entry: &Entry) -> Self {
        let request = &entry.request;
        let host = request.header("host").filter(|host| host.parse::<http::uri::Authority>().is_ok());
        let mut url = format!("http://{}{}", host.unwrap_or("localhost"), request.path);
        if let Some(query) = &request.query {
            url.push('?');
            url.push_str(query);
        }
        let mime_type = request.header("content-type").unwrap_or_default().to_owned();
        let body = &request.body;
        let is_form = mime_type.starts_with("application/x-www-form-urlencoded");
        let is_sent = body.content != Content::Nothing || body.passage != Passage::Complete;
        let post_data = is_sent.then(|| PostData {
            params: body.text().filter(|_| is_form).map(decoded).unwrap_or_default(),
            text: body.text().filter(|_| !is_form).map(ToOwned::to_owned),
            comment: comment(&body.content, body.passage),
            mime_type,
        });
        Self {
            method: request.method.to_string(),
            url,
            http_version: request.version.to_string(),
            cookies: cookies(&request.headers, "cookie"),
            headers: pairs(&request.headers),
            query_string: request.query.as_deref().map(decoded).unwrap_or_default(),
            post_data,
            headers_size: -1,
            body_size: body.length,
        }
    }
}

impl HarResponse {
    fn of(entry: &Entry) -> Self {
        match &entry.outcome {
            Outcome::Answered(response) => Self::answered(entry, response),
            Outcome::Abandoned => Self::missing(entry, "the caller was gone before there was an answer"),
            Outcome::Cut => Self::missing(entry, "the connection was cut on purpose"),
            Outcome::Panicked => Self::missing(entry, "the implementation panicked"),
        }
    }

    fn answered(entry: &Entry, response: &Response) -> Self {
        let name =
            http::StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason());
        Self {
            status: response.status,
            status_text: name.unwrap_or_default(),
            cookies: cookies(&response.headers, "set-cookie"),
            headers: pairs(&response.headers),
            content: HarContent {
                size: response.body.length,
                mime_type: response.header("content-type").unwrap_or("x-unknown").to_owned(),
                text: response.body.text().map(ToOwned::to_owned),
                comment: comment(&response.body.content, response.body.passage),
            },
            redirect_url: response.header("location").unwrap_or_default().to_owned(),
            body_size: response.body.length,
            ..Self::empty(entry)
        }
    }

    fn missing(entry: &Entry, why: &'static str) -> Self {
        Self { error: Some(why), ..Self::empty(entry) }
    }

    fn empty(entry: &Entry) -> Self {
        Self {
            status: 0,
            status_text: "",
            http_version: entry.request.version.to_string(),
            cookies: Vec::new(),
            headers: Vec::new(),
            content: HarContent { size: 0, mime_type: "x-unknown".to_owned(), text: None, comment: None },
            redirect_url: String::new(),
            headers_size: -1,
            body_size: 0,
            error: None,
        }
    }
}

/// What is missing of a body.
fn comment(content: &Content, passage: Passage) -> Option<&'static str> {
    Some(match content {
        Content::Beginning { .. } => "the beginning only",
        Content::Withheld { reason } => match reason {
            Withheld::Secret => "withheld: all of it is a secret",
            Withheld::Malformed => "withheld: it is not what its media type says",
            Withheld::Binary => "withheld: it is no text",
            Withheld::Multipart => "withheld: a form of parts",
            Withheld::Undocumented => "withheld: the contract does not say what is in it",
            Withheld::NotKept => "withheld: the journal keeps no bodies",
        },
        Content::Nothing | Content::Text { .. } => match passage {
            Passage::Complete => return None,
            Passage::Partial => "not read or sent to its end",
            Passage::Unread => "not read",
        },
    })
}

fn pairs(headers: &[Header]) -> Vec<Pair> {
    let pair = |header: &Header| Pair { name: header.name.to_string(), value: header.value.to_string() };
    headers.iter().map(pair).collect()
}

fn decoded(text: &str) -> Vec<Pair> {
    let decoded = |text: &str| redact::decoded(text).into_owned();
    redact::pairs(text).map(|(name, value)| Pair { name: decoded(name), value: decoded(value) }).collect()
}

/// The cookies of a header. Their values are masked already.
fn cookies(headers: &[Header], header: &str) -> Vec<Pair> {
    let most = if header == "cookie" { usize::MAX } else { 1 };
    let values = headers
        .iter()
        .filter(|known| known.name == header)
        .flat_map(|known| known.value.split(';').take(most));
    values
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            Pair { name: name.trim().to_owned(), value: value.trim().to_owned() }
        })
        .collect()
}
