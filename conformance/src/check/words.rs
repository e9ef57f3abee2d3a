//! What is documented and what was received, in a few words; when a bound is past, and when an answer tells nothing.

use std::time::Duration;

use rescind_specs::lifecycle::{Condition, JsonTemplate, Payload};

use crate::exchange::{Exchange, Reply};
use crate::lifecycle::Event;

/// Allowed on top of a bound that is longer than nothing: two clocks and a way between them.
pub(crate) const MARGIN: Duration = Duration::from_secs(5);

/// The first moment that is past a bound.
pub(crate) fn late(bound: Duration) -> Duration {
    if bound.is_zero() { bound } else { bound + MARGIN }
}

/// Why an answer says nothing of the promise: lost, or refused for the moment.
pub(crate) fn unanswered(exchange: &Exchange) -> Option<String> {
    match (&exchange.reply, exchange.status()) {
        (Reply::Lost(why), _) => Some(why.clone()),
        (_, Some(status @ (429 | 502 | 503 | 504))) => Some(format!("answered {status}")),
        _ => None,
    }
}

/// What came of an event, in a few words.
pub(crate) fn what_came(event: &Event) -> String {
    match event.decisive() {
        Some(exchange) => crate::lifecycle::driver::status(exchange),
        None => "nothing".to_owned(),
    }
}

/// An answer in a few words, with what differs.
pub(crate) fn received(exchange: &Exchange, difference: &str) -> String {
    let status = crate::lifecycle::driver::status(exchange);
    if difference.is_empty() || difference == format!("status {status}") {
        let code = exchange.response().and_then(crate::exchange::Response::media_type);
        return match code {
            Some(media_type) => format!("{status}, {media_type}"),
            None => status,
        };
    }
    match difference.strip_prefix(&format!("status {status}")) {
        Some(rest) => format!("{status}{rest}"),
        None => format!("{status}, {difference}"),
    }
}

/// Conditions in words.
pub(crate) fn documented(conditions: &[Condition]) -> String {
    conditions.iter().map(words).collect::<Vec<_>>().join("; or ")
}

fn words(condition: &Condition) -> String {
    let mut words = Vec::new();
    words.extend(condition.status.as_ref().map(ToString::to_string));
    words.extend(condition.media_type.as_ref().map(ToString::to_string));
    words.extend(condition.payload.map(|payload| match payload {
        Payload::Empty => "no body".to_owned(),
        Payload::Some => "a body".to_owned(),
    }));
    let template = |template: &JsonTemplate| crate::call::short(template.as_value());
    words.extend(condition.body.iter().map(|(pointer, value)| format!("{pointer} is {}", template(value))));
    words.extend(condition.matches.iter().map(|(pointer, value)| format!("{pointer} matches {value}")));
    words.extend(condition.present.iter().map(|pointer| format!("{pointer} is there")));
    words.extend(condition.absent.iter().map(|pointer| format!("{pointer} is absent")));
    words.extend(
        condition.headers.iter().map(|(name, value)| format!("header {name} is {}", template(value))),
    );
    if words.is_empty() { "any answer".to_owned() } else { words.join(", ") }
}
