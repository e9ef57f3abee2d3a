//! What a failed expectation says: what was wanted, what came, and of what came nearest, how it differs.

use std::fmt::Write as _;
use std::sync::Arc;

use super::expect::{Expectation, Times};
use super::{Entry, Filter, Journal, Outcome};

/// How many entries a message shows.
const SHOWN: usize = 5;

/// There were more or fewer requests than expected, or it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mismatch {
    /// How many there were.
    pub received: usize,
    message: String,
}

/// Requests did not come in the order that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OrderMismatch {
    /// The place, from 0, of the first expectation that was not met after the ones before it.
    pub place: usize,
    message: String,
}

pub(super) fn of(journal: &Journal, expected: &Expectation, times: Times, received: usize) -> Mismatch {
    let mut message = format!("expected {times} like this: {expected}\nreceived {received}");
    let matching = expected.received();
    if matching.is_empty() {
        hint(&mut message, journal, expected);
        nearest(&mut message, journal, expected);
    } else {
        message.push_str(":\n");
        list(&mut message, &matching, |_| None);
    }
    forgotten(&mut message, journal);
    Mismatch { received, message: message.trim_end().to_owned() }
}

/// Whether the journal would show every such request that was received.
pub(super) fn knows_all(journal: &Journal, expected: &Expectation) -> bool {
    journal.is_on() && journal.summary().forgotten == 0 && Unserved::of(journal, expected).is_none()
}

/// What is named by an expectation, and not served.
struct Unserved<'a> {
    what: &'static str,
    name: &'a str,
    /// The contract that should have it.
    of: Option<&'a str>,
    /// What is served of that kind.
    known: Vec<&'a str>,
}

impl<'a> Unserved<'a> {
    fn of(journal: &'a Journal, expected: &'a Expectation) -> Option<Self> {
        let served = journal.served()?;
        let Filter { contract, operation, .. } = &expected.filter;
        let is_meant = |name: &str| contract.as_ref().is_none_or(|wanted| wanted == name);
        if let Some(name) = contract.as_deref().filter(|name| !served.contains_key(*name)) {
            let known = served.keys().map(String::as_str).collect();
            return Some(Self { what: "no contract", name, of: None, known });
        }
        let name = operation.as_deref()?;
        let known = served.iter().filter(|(contract, _)| is_meant(contract)).flat_map(|(_, known)| known);
        let known: Vec<_> = known.map(String::as_str).collect();
        let of = contract.as_deref();
        (!known.contains(&name)).then_some(Self { what: "no operation", name, of, known })
    }
}

pub(super) fn of_order(journal: &Journal, expected: &[Expectation], place: usize) -> OrderMismatch {
    let mut message = "expected these requests in this order:\n".to_owned();
    for (index, wanted) in expected.iter().enumerate() {
        let note = if index == place { "   <- did not follow" } else { "" };
        let _ = writeln!(message, "  {}. {wanted}{note}", index + 1);
    }
    let entries = journal.entries(&Filter::all());
    message.push_str("received:\n");
    list(&mut message, &entries, |entry| {
        let found = expected.iter().position(|wanted| wanted.matches(entry))?;
        Some(format!("like {}.", found + 1))
    });
    forgotten(&mut message, journal);
    OrderMismatch { place, message: message.trim_end().to_owned() }
}

/// Names what keeps any request from matching, as far as that can be told.
fn hint(message: &mut String, journal: &Journal, expected: &Expectation) {
    message.push('\n');
    if !journal.is_on() {
        message.push_str("the journal is off; start the server with a journal of at least one entry\n");
        return;
    }
    let Some(Unserved { what, name, of, known }) = Unserved::of(journal, expected) else { return };
    let of = of.map(|contract| format!(" of {contract}")).unwrap_or_default();
    let _ = write!(message, "{what} {name:?}{of} is served");
    let near = known.iter().map(|known| (strsim::jaro_winkler(known, name), known));
    match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, known)) if likeness > 0.8 => {
            let _ = writeln!(message, "; did you mean {known:?}?");
        }
        _ => {
            let _ = writeln!(message, "; there are {}", known.join(", "));
        }
    }
}

/// The entries that differ least, latest first.
fn nearest(message: &mut String, journal: &Journal, expected: &Expectation) {
    let mut entries = journal.entries(&Filter::all());
    if entries.is_empty() {
        message.push_str("the journal is empty\n");
        return;
    }
    entries.reverse();
    entries.sort_by_key(|entry| differences(expected, entry).len());
    message.push_str("nearest:\n");
    list(message, &entries, |entry| Some(differences(expected, entry).join(", ")));
}

/// In what an entry differs from what was expected.
fn differences(expected: &Expectation, entry: &Entry) -> Vec<String> {
    let filter = &expected.filter;
    let mut found = Vec::new();
    let mut compare = |what: &str, single: Filter, is: Option<&str>| {
        if !single.matches(entry) {
            found.push(format!("{what} is {}", is.unwrap_or("none")));
        }
    };
    let all = Filter::all;
    compare("operation", Filter { operation: filter.operation.clone(), ..all() }, entry.operation.as_deref());
    compare("contract", Filter { contract: filter.contract.clone(), ..all() }, entry.contract.as_deref());
    compare("method", Filter { method: filter.method.clone(), ..all() }, Some(entry.request.method.as_str()));
    compare("path", Filter { path: filter.path.clone(), ..all() }, Some(entry.request.path.as_str()));
    compare("answer", Filter { status: filter.status, ..all() }, Some(answer(entry).as_str()));
    let caller = entry.caller.as_ref().map(|caller| &*caller.id);
    compare("caller", Filter { caller: filter.caller.clone(), ..all() }, caller);
    let disturbance = entry.disturbance.as_deref();
    compare("disturbance", Filter { disturbed: filter.disturbed, ..all() }, disturbance);
    let own = expected.own.iter().filter(|(_, holds)| !holds(entry));
    found.extend(own.map(|(name, _)| format!("not with {name}")));
    found
}

fn list(message: &mut String, entries: &[Arc<Entry>], note: impl Fn(&Entry) -> Option<String>) {
    for entry in entries.iter().take(SHOWN) {
        let _ = write!(message, "  #{} {} {}", entry.number, entry.request.method, entry.request.path);
        if let Some(operation) = &entry.operation {
            let _ = write!(message, " ({operation})");
        }
        let _ = write!(message, " -> {}", answer(entry));
        match note(entry).filter(|note| !note.is_empty()) {
            Some(note) => {
                let _ = writeln!(message, ": {note}");
            }
            None => message.push('\n'),
        }
    }
    if let Some(more) = entries.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(message, "  and {more} more");
    }
}

fn forgotten(message: &mut String, journal: &Journal) {
    let forgotten = journal.summary().forgotten;
    if forgotten > 0 {
        let _ = writeln!(message, "{forgotten} older requests were forgotten; a larger journal keeps more");
    }
}

fn answer(entry: &Entry) -> String {
    match &entry.outcome {
        Outcome::Answered(response) => response.status.to_string(),
        Outcome::Abandoned => "abandoned".to_owned(),
        Outcome::Cut => "cut".to_owned(),
        Outcome::Panicked => "panicked".to_owned(),
    }
}
