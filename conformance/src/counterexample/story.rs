//! What happened in a sequence, in the words of the contract: one line a step, with what came of it and the call.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::names::Names;
use super::{Scene, steps};
use crate::exchange::{Exchange, Reply};
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Seen, Slot, Step, Until};

/// What is documented is repeated beside what came, unless it is longer than this.
const BESIDE: usize = 72;

/// An event with the waits before it.
struct Row<'h> {
    waits: Vec<Until>,
    event: &'h Event,
}

/// The lines of a history whose last event shows the finding.
pub(super) fn lines(scene: Scene<'_>, names: &Names, history: &History, finding: &Finding) -> Vec<String> {
    let rows = rows(history);
    let mut lines = Vec::new();
    let mut introduced = Vec::new();
    let mut at = 0;
    while let Some(row) = rows.get(at) {
        // The last one is what the story is about, so it gets a line of its own.
        let run = rows[at..rows.len() - 1].iter().take_while(|next| alike(row, next)).count().max(1);
        let mut line = match &rows[at..at + run] {
            [_] => when(&row.waits),
            _ => String::new(),
        };
        let event = row.event;
        line.push_str(&if run > 1 { uses(&rows[at..at + run]) } else { action(&event.step) });
        if let Some(credential) = &event.credential
            && let Some(caller) = &credential.caller
            && !introduced.contains(caller)
        {
            let _ = write!(line, " (the credential of {caller})");
            introduced.push(caller.clone());
        }
        let exchanges: Vec<&Arc<Exchange>> =
            rows[at..at + run].iter().flat_map(|row| &row.event.exchanges).collect();
        let _ = write!(line, " → {}", outcome(scene, names, event, &exchanges));
        lines.push(line);
        at += run;
    }
    if let Some(last) = lines.last_mut()
        && !finding.documented.is_empty()
        && finding.documented.chars().count() <= BESIDE
    {
        let _ = write!(last, "; documented: {}", finding.documented);
    }
    lines.iter().map(|line| scene.redactor.redact(line).into_owned()).collect()
}

/// The events that are worth a line.
fn rows(history: &History) -> Vec<Row<'_>> {
    let mut waits = Vec::new();
    let mut rows = Vec::new();
    for event in &history.events {
        match &event.step {
            Step::Wait(until) => waits.push(*until),
            // Nothing is sent; whoever it is shows at the first use.
            Step::Reserve(_) | Step::Adopt(..) => {}
            _ => rows.push(Row { waits: std::mem::take(&mut waits), event }),
        }
    }
    rows
}

/// Whether two events are uses of one credential with the same outcome.
fn alike(one: &Row<'_>, other: &Row<'_>) -> bool {
    let status = |row: &Row<'_>| row.event.decisive().and_then(|exchange| exchange.status());
    matches!(one.event.step, Step::Present(_))
        && one.event.step == other.event.step
        && one.event.seen == other.event.seen
        && status(one) == status(other)
}

/// Several uses of one credential, one after the other.
fn uses(rows: &[Row<'_>]) -> String {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return String::new() };
    let slot = match first.event.step {
        Step::Present(slot) => slot,
        _ => Slot(0),
    };
    let gaps: Vec<u64> = rows
        .windows(2)
        .filter_map(|pair| Duration::try_from(pair[1].event.began.duration_since(pair[0].event.ended)).ok())
        .map(|gap| gap.as_secs())
        .collect();
    let (shortest, longest) = (gaps.iter().min().copied(), gaps.iter().max().copied());
    let rhythm = match (shortest, longest) {
        (Some(gap), Some(other)) if gap == other && gap > 0 => format!("every {gap} s"),
        _ => format!("{} times", rows.len()),
    };
    match last.waits.last() {
        Some(until) => format!("use {slot} {rhythm} until {}", moment(*until)),
        None => format!("use {slot} {rhythm}"),
    }
}

/// What a step does, without what goes without saying.
fn action(step: &Step) -> String {
    step.to_string().replace(" as documented", "")
}

/// The time that passes before a step.
fn when(waits: &[Until]) -> String {
    let moments: Vec<String> = waits.iter().map(|until| moment(*until)).collect();
    if moments.is_empty() { String::new() } else { format!("{}: ", moments.join(", then ")) }
}

fn moment(until: Until) -> String {
    let side = |seconds: i64| if seconds < 0 { "before" } else { "after" };
    let time = |time: Duration| steps::duration(time.as_secs_f64());
    match until {
        Until::For(passed) => format!("{} later", time(passed)),
        Until::AfterRevocation(slot, passed) => format!("{} after the revocation of {slot}", time(passed)),
        Until::Expiry(slot, seconds) => {
            format!("{} s {} {slot} expires", seconds.unsigned_abs(), side(seconds))
        }
        Until::TokenExpiry(token, seconds) => {
            format!("{} s {} token {} expires", seconds.unsigned_abs(), side(seconds), token.0 + 1)
        }
        Until::TokenAge(token, age) => format!("{} after token {} was given", time(age), token.0 + 1),
    }
}

/// What came of an event, with the call that it made.
fn outcome(scene: Scene<'_>, names: &Names, event: &Event, exchanges: &[&Arc<Exchange>]) -> String {
    let Some(first) = exchanges.first() else {
        return match &event.seen {
            Seen::Accepted => "done".to_owned(),
            Seen::Refused => "refused".to_owned(),
            Seen::Unclear(why) | Seen::NotRun(why) | Seen::StillOpen(why) => why.clone(),
        };
    };
    let call = call(scene, names, first);
    let answers = answers(exchanges);
    let each = if exchanges.len() > 1 { " each time" } else { "" };
    let succeeded = exchanges
        .iter()
        .all(|exchange| exchange.response().is_some_and(|response| response.status.is_success()));
    let word = match (&event.step, &event.seen) {
        (Step::List(_), Seen::Accepted) => {
            let items = event.items.as_ref().map_or(0, Vec::len);
            return format!("{items} {} ({call} → {answers})", if items == 1 { "item" } else { "items" });
        }
        (Step::StopUnlessOnlyActive(_), Seen::Accepted) => return format!("it is ({call} → {answers})"),
        (Step::Present(_) | Step::PresentToken(_), Seen::Accepted) => "accepted",
        (Step::Present(_) | Step::PresentToken(_), Seen::Refused) => "refused",
        (_, Seen::Refused) if succeeded => return format!("refused with {answers} ({call})"),
        (_, Seen::Accepted) if !succeeded && exchanges.len() == 1 => {
            return format!("accepted with {answers} ({call})");
        }
        _ => return format!("{answers} ({call})"),
    };
    let status = exchanges.last().map_or_else(String::new, |exchange| answer(exchange));
    format!("{word}{each} ({call} → {status})")
}

/// Method and path of a call: those of its operation, else as they were sent.
fn call(scene: Scene<'_>, names: &Names, exchange: &Exchange) -> String {
    let request = &exchange.request;
    let operation = request.operation.as_ref().and_then(|id| scene.contract.operation(id));
    match operation.filter(|operation| operation.method == request.method) {
        Some(operation) => operation.signature(),
        None => format!("{} {}", request.method, steps::target(scene, names, exchange)),
    }
}

/// The statuses of several answers, with how often each came.
fn answers(exchanges: &[&Arc<Exchange>]) -> String {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in exchanges {
        *counted.entry(answer(exchange)).or_default() += 1;
    }
    if let (Some((only, _)), 1) = (counted.first_key_value(), counted.len()) {
        return if exchanges.len() > 1 { format!("{only} each time") } else { only.clone() };
    }
    let counted: Vec<String> =
        counted.iter().map(|(answer, times)| format!("{answer} {times} times")).collect();
    counted.join(" and ").replace(" 1 times", " once")
}

fn answer(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Received(response) => response.status.as_u16().to_string(),
        Reply::Lost(why) => format!("no answer, {why}"),
    }
}
