//! Every exchange as an HTTP Archive (HAR 1.2), which browsers' developer tools and many others open: a page a
//! contract, an entry an exchange.
//!
//! Secrets are masked and bodies cut as everywhere. Members with an underscore before their name are ours; the format
//! leaves such to applications.

use std::io::{self, Write};

use serde_json::{Value, json};
use url::Url;

use super::exchange::{BodyRecord, Kept, Presenter, ReplyRecord};
use super::{ContractReport, ExchangeRecord, Report};
use crate::exchange::Timing;

/// What is judged is spoken to in this version only.
const HTTP: &str = "HTTP/1.1";

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let pages: Vec<Value> = report.contracts.iter().filter_map(page).collect();
    let entries: Vec<Value> = report
        .contracts
        .iter()
        .flat_map(|contract| contract.exchanges.iter().map(|exchange| entry(contract, exchange)))
        .collect();
    let archive = json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "rescind", "version": report.version },
            "pages": pages,
            "entries": entries,
            "comment": "times are those of the deployment's clock; secrets are masked",
        },
    });
    serde_json::to_writer_pretty(&mut *out, &archive)?;
    writeln!(out)
}

/// The page of a contract, if it has exchanges.
fn page(contract: &ContractReport) -> Option<Value> {
    Some(json!({
        "startedDateTime": contract.exchanges.first()?.sent.to_string(),
        "id": contract.contract,
        "title": format!("{}: {} at {}", contract.contract, contract.title, contract.url),
        "pageTimings": {},
    }))
}

fn entry(contract: &ContractReport, exchange: &ExchangeRecord) -> Value {
    let milliseconds = exchange.took * 1000.0;
    let mut entry = json!({
        "pageref": contract.contract,
        "startedDateTime": exchange.sent.to_string(),
        "time": milliseconds,
        "request": request(contract, exchange),
        "response": response(exchange),
        "cache": {},
        // What went where is not known.
        "timings": { "send": 0, "wait": milliseconds, "receive": 0 },
        "_number": exchange.id,
        "_operation": exchange.operation,
        "_by": by(&exchange.by),
    });
    if exchange.timing == Timing::Racing
        && let Some(members) = entry.as_object_mut()
    {
        members.insert("_racing".to_owned(), true.into());
    }
    entry
}

/// Whose credential was presented, in words.
pub(super) fn by(presenter: &Presenter) -> String {
    match presenter {
        Presenter::Nobody => "nobody".to_owned(),
        Presenter::Unknown => "an unknown credential".to_owned(),
        Presenter::Caller(name) => name.clone(),
        Presenter::Credential(id) => format!("credential {id}"),
        Presenter::Token(id) => format!("a token of {id}"),
    }
}

fn request(contract: &ContractReport, exchange: &ExchangeRecord) -> Value {
    let base = base(contract, exchange.replica).trim_end_matches('/');
    let address = format!("{base}{}", exchange.target);
    // As it was sent.
    let url = Url::parse(&address).ok();
    let query = url.iter().flat_map(Url::query_pairs).map(|(name, value)| pair(&name, &value));
    let query: Vec<Value> = query.collect();
    let mut request = json!({
        "method": exchange.method,
        "url": url.as_ref().map_or(address.as_str(), Url::as_str),
        "httpVersion": HTTP,
        "cookies": cookies(&exchange.headers, "cookie"),
        "headers": headers(&exchange.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": exchange.body.as_ref().map_or(0, |body| body.length),
    });
    if let (Some(body), Some(members)) = (&exchange.body, request.as_object_mut()) {
        members.insert("postData".to_owned(), post_data(body, &exchange.headers));
    }
    request
}

/// The base URL of a replica.
pub(super) fn base(contract: &ContractReport, replica: usize) -> &str {
    let further = replica.checked_sub(1).and_then(|further| contract.replicas.get(further));
    further.unwrap_or(&contract.url)
}

fn response(exchange: &ExchangeRecord) -> Value {
    match &exchange.reply {
        ReplyRecord::Received { status, headers: received, body } => json!({
            "status": status,
            "statusText": reason(*status),
            "httpVersion": HTTP,
            "cookies": cookies(received, "set-cookie"),
            "headers": headers(received),
            "content": content(body.as_ref(), received),
            "redirectURL": header(received, "location").unwrap_or_default(),
            "headersSize": -1,
            "bodySize": body.as_ref().map_or(0, |body| body.length),
        }),
        // The format has no other way to say that there was none.
        ReplyRecord::Lost(why) => json!({
            "status": 0,
            "statusText": "",
            "httpVersion": HTTP,
            "cookies": [],
            "headers": [],
            "content": { "size": 0, "mimeType": "" },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_error": why,
        }),
    }
}

/// The usual name of a status.
pub(super) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

fn post_data(body: &BodyRecord, headers: &[(String, String)]) -> Value {
    let media_type = header(headers, "content-type").unwrap_or_default();
    let mut data = json!({ "mimeType": media_type });
    let Some(members) = data.as_object_mut() else { return data };
    // The format wants the fields of a form instead of the text.
    if body.kept == Kept::Whole && media_type.starts_with("application/x-www-form-urlencoded") {
        let fields = url::form_urlencoded::parse(body.text.as_bytes());
        let fields: Vec<Value> = fields.map(|(name, value)| pair(&name, &value)).collect();
        members.insert("params".to_owned(), fields.into());
    } else {
        members.insert("text".to_owned(), body.text.as_str().into());
    }
    if let Some(missing) = missing(body) {
        members.insert("comment".to_owned(), missing.into());
    }
    data
}

fn content(body: Option<&BodyRecord>, headers: &[(String, String)]) -> Value {
    let mut content = json!({
        "size": body.map_or(0, |body| body.length),
        "mimeType": header(headers, "content-type").unwrap_or_default(),
    });
    if let (Some(body), Some(members)) = (body, content.as_object_mut()) {
        members.insert("text".to_owned(), body.text.as_str().into());
        if let Some(missing) = missing(body) {
            members.insert("comment".to_owned(), missing.into());
        }
    }
    content
}

/// What is missing of a body, in words.
pub(super) fn missing(body: &BodyRecord) -> Option<&'static str> {
    match body.kept {
        Kept::Whole => None,
        Kept::Beginning => Some("only its beginning is kept"),
        Kept::NothingTooLong => Some("too long to be kept"),
        Kept::NothingEncoded => Some("encoded, and so not kept"),
    }
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| pair(name, value)).collect()
}

fn pair(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// The cookies of the headers of that name. Of a `Set-Cookie`, the first pair; what follows are its attributes.
fn cookies(headers: &[(String, String)], name: &str) -> Vec<Value> {
    let values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let all = if name == "cookie" { usize::MAX } else { 1 };
    let pairs = values
        .flat_map(|(_, value)| value.split(';').take(all))
        .filter_map(|text| text.trim().split_once('='));
    pairs.map(|(name, value)| pair(name, value)).collect()
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
