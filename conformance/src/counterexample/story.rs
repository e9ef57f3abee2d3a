//! What happened in a sequence, in the words of the contract: one line a step, with what came of it and the call.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rescind_specs::lifecycle::CallerName;

use super::names::Names;
use super::{Scene, steps};
use crate::exchange::{Exchange, Reply, Timing};
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Seen, Step, Until};

/// What is documented is repeated beside what came, unless it is longer than this.
const BESIDE: usize = 72;

/// Something that is told in one line.
struct Row<'h> {
    /// The waits before it.
    waits: Vec<Until>,
    /// An event, or several that were under way at once.
    events: Vec<&'h Event>,
    /// How long after the revocation of its credential it began, if that was revoked before.
    since: Option<Duration>,
}

impl Row<'_> {
    /// The event, unless there are several.
    fn only(&self) -> Option<&Event> {
        match self.events.as_slice() {
            [event] => Some(event),
            _ => None,
        }
    }
}

/// The lines of a history whose last event shows the finding.
pub(super) fn lines(scene: Scene<'_>, names: &Names, history: &History, finding: &Finding) -> Vec<String> {
    let rows = rows(history);
    let mut lines = Vec::new();
    let mut introduced: Vec<CallerName> = Vec::new();
    let mut at = 0;
    while let Some(row) = rows.get(at) {
        // The last one is what the story is about, so it gets a line of its own.
        let run = rows[at..rows.len() - 1].iter().take_while(|next| alike(row, next)).count().max(1);
        let told = &rows[at..at + run];
        let line = match row.only() {
            None => format!("{}at once: {}", when(row), together(scene, names, row)),
            Some(event) => {
                let exchanges: Vec<&Arc<Exchange>> =
                    told.iter().flat_map(|row| &row.events).flat_map(|event| &event.exchanges).collect();
                let doing = match told {
                    [_] => format!("{}{}", when(row), action(&event.step)),
                    _ => uses(told),
                };
                let who = introduction(event, &mut introduced);
                format!("{doing}{who}{} → {}", place(scene, told), outcome(scene, names, event, &exchanges))
            }
        };
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

/// What is worth a line.
fn rows(history: &History) -> Vec<Row<'_>> {
    let mut waits = Vec::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut before: Option<&Event> = None;
    for event in &history.events {
        let with = before.filter(|before| one_step(before, event) && races(before) && races(event));
        before = Some(event);
        match (&event.step, rows.last_mut()) {
            (Step::Wait(until), _) => waits.push(*until),
            // Nothing is sent; whoever it is shows at the first use.
            (Step::Reserve(_) | Step::Adopt(..), _) => {}
            (_, Some(row)) if with.is_some() => row.events.push(event),
            _ => rows.push(Row {
                waits: std::mem::take(&mut waits),
                events: vec![event],
                since: since(history, event),
            }),
        }
    }
    rows
}

/// Whether two events are parts of one step.
fn one_step(one: &Event, other: &Event) -> bool {
    match (&one.part_of, &other.part_of) {
        (Some((one, _)), Some((other, _))) => one == other,
        _ => false,
    }
}

/// Whether an event was under way beside others.
fn races(event: &Event) -> bool {
    event.exchanges.iter().any(|exchange| exchange.timing == Timing::Racing)
}

/// How long before the use of a credential its revocation was acknowledged.
fn since(history: &History, event: &Event) -> Option<Duration> {
    let Step::Present(slot) = event.step else { return None };
    let (_, revoked) = history.revoked(slot.0)?;
    let since = Duration::try_from(event.began.duration_since(revoked.ended)).ok()?;
    (since >= Duration::from_secs(1)).then_some(since)
}

/// Whether two events are uses of one credential with the same outcome.
fn alike(one: &Row<'_>, other: &Row<'_>) -> bool {
    let status = |event: &Event| event.decisive().and_then(|exchange| exchange.status());
    match (one.only(), other.only()) {
        (Some(one), Some(other)) => {
            matches!(one.step, Step::Present(_))
                && one.step == other.step
                && one.seen == other.seen
                && status(one) == status(other)
        }
        _ => false,
    }
}

/// Several uses of one credential, one after the other.
fn uses(rows: &[Row<'_>]) -> String {
    let events: Vec<&Event> = rows.iter().filter_map(Row::only).collect();
    let (Some(first), Some(last)) = (events.first(), rows.last()) else { return String::new() };
    let Step::Present(slot) = first.step else { return action(&first.step) };
    if events.iter().all(|event| one_step(first, event) && event.began == first.began) {
        return format!("{}present {slot}", rows.first().map(when).unwrap_or_default());
    }
    let mut moments: Vec<_> = events.iter().map(|event| event.began).collect();
    moments.dedup();
    let gaps: Vec<i64> = moments.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect();
    let rhythm = match (gaps.iter().min(), gaps.iter().max()) {
        (Some(gap), Some(other)) if gap == other && *gap > 0 && gaps.len() > 1 => format!("every {gap} s"),
        _ => format!("{} times", moments.len()),
    };
    match (last.since, last.waits.last()) {
        (Some(since), _) => {
            format!("use {slot} {rhythm} until {} after its revocation", steps::duration(since.as_secs_f64()))
        }
        (None, Some(until)) => format!("use {slot} {rhythm} until {}", moment(*until)),
        (None, None) => format!("use {slot} {rhythm}"),
    }
}

/// What was done at once, each with its outcomes. How often each came is a matter of chance.
fn together(scene: Scene<'_>, names: &Names, row: &Row<'_>) -> String {
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for event in &row.events {
        let doing = action(&event.step);
        let came = outcome(scene, names, event, &event.exchanges.iter().collect::<Vec<_>>());
        match told.iter_mut().find(|(known, _)| *known == doing) {
            Some((_, outcomes)) if outcomes.contains(&came) => {}
            Some((_, outcomes)) => outcomes.push(came),
            None => told.push((doing, vec![came])),
        }
    }
    told.sort();
    let told = told.into_iter().map(|(doing, mut outcomes)| {
        outcomes.sort();
        format!("{doing} → {}", outcomes.join(" or "))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Whose credential it is, where the operator supplied it and it was not named before.
fn introduction(event: &Event, introduced: &mut Vec<CallerName>) -> String {
    match event.credential.as_ref().and_then(|credential| credential.caller.as_ref()) {
        Some(caller) if !introduced.contains(caller) => {
            introduced.push(caller.clone());
            format!(" (the credential of {caller})")
        }
        _ => String::new(),
    }
}

/// Where it was done, if the deployment has several replicas.
fn place(scene: Scene<'_>, rows: &[Row<'_>]) -> String {
    if scene.deployment.replicas.is_empty() {
        return String::new();
    }
    let exchanges = rows.iter().flat_map(|row| &row.events).flat_map(|event| &event.exchanges);
    let mut replicas: Vec<usize> = exchanges.map(|exchange| exchange.replica.0 + 1).collect();
    replicas.sort_unstable();
    replicas.dedup();
    match replicas.as_slice() {
        [] => String::new(),
        [one] => format!(" at replica {one}"),
        _ => format!(" at {} replicas", replicas.len()),
    }
}

/// What a step does, without what goes without saying.
fn action(step: &Step) -> String {
    step.to_string().replace(" as documented", "")
}

/// The time that passes before something.
fn when(row: &Row<'_>) -> String {
    let slot = row.only().and_then(|event| match event.step {
        Step::Present(slot) => Some(slot),
        _ => None,
    });
    if let (Some(since), Some(slot)) = (row.since, slot) {
        return format!("{} after the revocation of {slot}: ", steps::duration(since.as_secs_f64()));
    }
    let moments: Vec<String> = row.waits.iter().map(|until| moment(*until)).collect();
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
        (Step::List(_) | Step::ListInShortPages, Seen::Accepted) => {
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
