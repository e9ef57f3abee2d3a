//! What is documented and what was received, in a few words.

use std::time::Duration;

use rescind_specs::lifecycle::{Condition, JsonTemplate, Payload};

use crate::call::short;
use crate::exchange::{Exchange, Reply};
use crate::lifecycle::Event;
use crate::lifecycle::driver::status;

/// Allowed on top of a bound that is longer than nothing: two clocks and a way between them.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// The first moment that is past a bound.
pub(super) fn late(bound: Duration) -> Duration {
    if bound.is_zero() { bound } else { bound + MARGIN }
}

/// Why an answer says nothing of the promise: lost, or refused for the moment.
pub(super) fn unanswered(exchange: &Exchange) -> bool {
    matches!(exchange.reply, Reply::Lost(_)) || matches!(exchange.status(), Some(429 | 502 | 503 | 504))
}

/// What came of an event.
pub(super) fn came(event: &Event) -> String {
    event.decisive().map_or_else(|| "nothing".to_owned(), |exchange| status(exchange))
}

/// An answer, with what differs from the one documented.
pub(super) fn received(exchange: &Exchange, difference: &str) -> String {
    let status = status(exchange);
    match difference.strip_prefix(&format!("status {status}")) {
        Some(rest) => format!("{status}{rest}"),
        None if difference.is_empty() => status,
        None => format!("{status}, {difference}"),
    }
}

/// Conditions, one of which has to be met.
pub(super) fn documented(conditions: &[Condition]) -> String {
    conditions.iter().map(condition).collect::<Vec<_>>().join("; or ")
}

fn condition(condition: &Condition) -> String {
    let template = |template: &JsonTemplate| short(template.as_value());
    let mut words: Vec<String> = Vec::new();
    words.extend(condition.status.as_ref().map(ToString::to_string));
    words.extend(condition.media_type.as_ref().map(ToString::to_string));
    words.extend(condition.payload.map(|payload| match payload {
        Payload::Empty => "no body".to_owned(),
        Payload::Some => "a body".to_owned(),
    }));
    words.extend(condition.body.iter().map(|(at, value)| format!("{at} is {}", template(value))));
    words.extend(condition.matches.iter().map(|(at, value)| format!("{at} matches {value}")));
    words.extend(condition.present.iter().map(|at| format!("{at} is there")));
    words.extend(condition.absent.iter().map(|at| format!("{at} is absent")));
    words.extend(
        condition.headers.iter().map(|(name, value)| format!("header {name} is {}", template(value))),
    );
    if words.is_empty() { "any answer".to_owned() } else { words.join(", ") }
}
