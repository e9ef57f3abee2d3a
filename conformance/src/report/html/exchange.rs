//! Every exchange of a contract: a line each, and those of findings and timelines in full.

use maud::{Markup, html};
use serde_json::Value;

use super::place::Place;
use super::scale::words;
use crate::exchange::Timing;
use crate::report::ExchangeRecord;
use crate::report::exchange::{BodyRecord, Kept, ReplyRecord};
use crate::report::har::{by, missing, reason};
use crate::report::text::counted;

/// So much of a body is shown, in bytes; the archive and the JSON have more.
const SHOWN: usize = 2 * 1024;

pub(super) fn section(place: &Place<'_>) -> Markup {
    let exchanges = &place.contract.exchanges;
    let Some(first) = exchanges.first() else { return html! {} };
    html! {
        h3 { "Exchanges" }
        details.more.exchanges {
            summary {
                (counted(exchanges.len() as u64, "request")) " with answers; "
                "those of findings and timelines in full, the others on a line"
            }
            ol.list { @for exchange in exchanges { li { (one(place, first, exchange)) } } }
        }
    }
}

fn one(place: &Place<'_>, first: &ExchangeRecord, exchange: &ExchangeRecord) -> Markup {
    let anchor = place.exchange(exchange.id);
    if !place.shows(exchange.id) {
        return html! { div.exchange id=(anchor) { (head(first, exchange)) } };
    }
    html! {
        details.exchange {
            summary { (head(first, exchange)) }
            // A link to what is folded away opens it.
            div.full id=(anchor) tabindex="-1" { (full(place, exchange)) }
        }
    }
}

fn head(first: &ExchangeRecord, exchange: &ExchangeRecord) -> Markup {
    let since = std::time::Duration::try_from(exchange.sent.duration_since(first.sent)).unwrap_or_default();
    html! {
        span.number { "#" (exchange.id.0) }
        (status(&exchange.reply))
        span.call { span.method { (exchange.method) } " " (exchange.target) }
        span.about {
            (exchange.operation.as_deref().unwrap_or("not documented")) " · " (by(&exchange.by))
            " · at " (words(since.as_secs_f64())) " · took " (words(exchange.took))
            @if exchange.timing == Timing::Racing { " · at once with others" }
        }
    }
}

fn status(reply: &ReplyRecord) -> Markup {
    match reply {
        ReplyRecord::Received { status, .. } => {
            let class = match status {
                200..=299 => "status fine",
                400..=499 => "status refused",
                500..=599 => "status failed",
                _ => "status",
            };
            html! { span class=(class) title=(reason(*status)) { (status) } }
        }
        ReplyRecord::Lost(_) => html! { span.status.failed { "lost" } },
    }
}

fn full(place: &Place<'_>, exchange: &ExchangeRecord) -> Markup {
    html! {
        div.part {
            h5 { "Request" }
            p.soft { "To " span.mono { (crate::report::har::base(place.contract, exchange.replica)) } " at " (exchange.sent) }
            (headers(&exchange.headers))
            @if let Some(body) = &exchange.body { (text(body)) }
        }
        div.part {
            h5 { "Answer" }
            @match &exchange.reply {
                ReplyRecord::Received { status, headers: received, body } => {
                    p.soft { (status) " " (reason(*status)) " after " (words(exchange.took)) }
                    (headers(received))
                    @if let Some(body) = body { (text(body)) }
                }
                ReplyRecord::Lost(why) => { p { "None: " (why) } }
            }
        }
    }
}

fn headers(headers: &[(String, String)]) -> Markup {
    html! {
        @if !headers.is_empty() {
            dl.headers { @for (name, value) in headers { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn text(body: &BodyRecord) -> Markup {
    let text = pretty(body);
    let end = text.floor_char_boundary(SHOWN);
    let cut = end < text.len();
    html! {
        @if !text.is_empty() { pre tabindex="0" { (&text[..end]) @if cut { "…" } } }
        @if cut || body.kept != Kept::Whole {
            p.soft { (counted(body.length, "byte")) @if let Some(missing) = missing(body) { ", " (missing) } }
        }
    }
}

/// JSON on several lines; anything else as it is.
fn pretty(body: &BodyRecord) -> String {
    let json = (body.kept == Kept::Whole).then(|| serde_json::from_str::<Value>(&body.text).ok()).flatten();
    match json {
        Some(value @ (Value::Object(_) | Value::Array(_))) => format!("{value:#}"),
        _ => body.text.clone(),
    }
}
