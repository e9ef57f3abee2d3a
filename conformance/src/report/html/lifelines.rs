//! The life of each credential: a line with its events, and the same as a list, each with its exchange.

use maud::{Markup, html};

use super::delays::refused_mark;
use super::place::{Concern, LIFELINES, Lifeline, Place};
use super::scale::{Scale, percent, words};
use crate::report::text::counted;
use crate::report::timeline::{CredentialTimeline, Happening, Standing, What};

/// So many timelines are open from the start.
const OPEN: usize = 3;
/// Where the line of a credential has its revocation, in percent.
const REVOKED: f64 = 26.0;

pub(super) fn section(place: &Place<'_>) -> Markup {
    let lives = &place.lifelines;
    let shown =
        lives.len().min(LIFELINES.max(lives.iter().filter(|life| life.concern == Concern::Finding).count()));
    let (concerned, others): (Vec<_>, Vec<_>) =
        lives.iter().take(shown).partition(|life| life.concern == Concern::Finding);
    let left_out = lives.len() - shown;
    html! {
        @if !lives.is_empty() {
            h3 { "Credentials" }
            p.legend aria-hidden="true" {
                span.key { svg { (issued_mark("6")) } "issued" }
                span.key { svg { circle.accepted cx="6" cy="8" r="4.5" {} } "accepted" }
                span.key { svg { line.revoked x1="6" x2="6" y1="1" y2="15" {} } "revoked" }
                span.key { svg { circle.window cx="6" cy="8" r="4.5" {} } "accepted in the window" }
                span.key { svg { circle.late cx="6" cy="8" r="4.5" {} } "accepted too late" }
                span.key { svg { (refused_mark("6", 8)) } "refused" }
            }
            @for (number, life) in concerned.into_iter().enumerate() { (lifeline(place, life, number < OPEN)) }
            @if !others.is_empty() {
                details.more {
                    summary { (counted(others.len() as u64, "revoked credential")) " without a finding" }
                    @for life in others { (lifeline(place, life, false)) }
                }
            }
            @if left_out > 0 {
                p.soft { (counted(left_out as u64, "further revoked credential")) " in the result as JSON." }
            }
        }
    }
}

fn lifeline(place: &Place<'_>, life: &Lifeline<'_>, open: bool) -> Markup {
    let timeline = life.timeline;
    html! {
        details.life open[open] {
            summary {
                span.who { span.mono { (timeline.id) } " " span.soft { (timeline.kind) } }
                (line(timeline))
                span.sum { (sum(timeline)) }
            }
            table.events id=(place.credential(life.number)) {
                thead {
                    tr {
                        th scope="col" { "since revocation" }
                        th scope="col" { "event" }
                        th scope="col" { "step" }
                        @if place.has_replicas() { th scope="col" { "replica" } }
                        th scope="col" { "exchanges" }
                    }
                }
                tbody { @for run in runs(timeline) { (row(place, &run)) } }
            }
            @if timeline.left_out > 0 { p.soft { (timeline.left_out) " events in the middle are left out." } }
        }
    }
}

/// Events that are alike, one after the other.
struct Run<'t> {
    first: &'t Happening,
    last: &'t Happening,
    when: When,
    standing: Standing,
    events: Vec<&'t Happening>,
}

/// When something happened, seen from the revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    /// It was the revocation, or was under way with it.
    Then,
    After,
}

fn runs(timeline: &CredentialTimeline) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut revoked = false;
    for event in &timeline.events {
        revoked |= event.what == What::Revoked;
        let when = match event.after_revocation {
            Some(_) => When::After,
            None if revoked => When::Then,
            None => When::Before,
        };
        let standing = timeline.standing(event);
        match runs.last_mut() {
            Some(run)
                if run.when == when
                    && run.standing == standing
                    && run.first.what == event.what
                    && run.first.words == event.words
                    && run.first.replica == event.replica =>
            {
                run.last = event;
                run.events.push(event);
            }
            _ => runs.push(Run { first: event, last: event, when, standing, events: vec![event] }),
        }
    }
    runs
}

fn row(place: &Place<'_>, run: &Run<'_>) -> Markup {
    let Run { first, last, when, standing, events } = run;
    let times = |event: &Happening| words(event.after_revocation.unwrap_or_default());
    html! {
        tr class=(class(first.what, *standing)) {
            td.when {
                @match when {
                    When::Before => { span.soft { "before" } }
                    When::Then if first.what == What::Revoked => { "0s" }
                    When::Then => { span.soft { "at once" } }
                    When::After => {
                        "+" (times(first))
                        @if times(first) != times(last) { " … +" (times(last)) }
                    }
                }
            }
            td.what { (name(first.what, *standing)) @if events.len() > 1 { span.soft { " × " (events.len()) } } }
            td { (first.words) }
            @if place.has_replicas() { td.mono { (first.replica + 1) } }
            td.links { @for exchange in events.iter().flat_map(|event| &event.exchanges) { (place.link(*exchange)) " " } }
        }
    }
}

fn class(what: What, standing: Standing) -> &'static str {
    match (standing, what) {
        (Standing::TooLate, _) => "late",
        (Standing::InWindow, _) => "window",
        (Standing::Usual, What::Issued) => "issued",
        (Standing::Usual, What::Accepted | What::TokenGiven | What::TokenAccepted) => "accepted",
        (Standing::Usual, What::Revoked) => "revoked",
        (Standing::Usual, What::Refused | What::TokenRefused | What::TokenNotAccepted | What::NotRevoked) => {
            "refused"
        }
        (Standing::Usual, What::Other | What::Unclear) => "unclear",
    }
}

fn name(what: What, standing: Standing) -> &'static str {
    match (standing, what) {
        (Standing::TooLate, _) => "accepted too late",
        (Standing::InWindow, _) => "accepted in the window",
        (Standing::Usual, What::Issued) => "issued",
        (Standing::Usual, What::Accepted) => "accepted",
        (Standing::Usual, What::Refused) => "refused",
        (Standing::Usual, What::TokenGiven) => "token given",
        (Standing::Usual, What::TokenRefused) => "no token given",
        (Standing::Usual, What::TokenAccepted) => "token accepted",
        (Standing::Usual, What::TokenNotAccepted) => "token refused",
        (Standing::Usual, What::Revoked) => "revoked",
        (Standing::Usual, What::NotRevoked) => "revocation refused",
        (Standing::Usual, What::Other) => "referred to",
        (Standing::Usual, What::Unclear) => "unclear",
    }
}

/// `issued, accepted, revoked, 2 × refused`: the events in their order, equal ones together.
fn sum(timeline: &CredentialTimeline) -> String {
    let mut parts: Vec<(String, usize)> = Vec::new();
    for run in runs(timeline) {
        let at_once = run.when == When::Then && run.first.what != What::Revoked;
        let name = format!("{}{}", name(run.first.what, run.standing), if at_once { " at once" } else { "" });
        match parts.last_mut() {
            Some((known, count)) if *known == name => *count += run.events.len(),
            _ => parts.push((name, run.events.len())),
        }
    }
    let parts =
        parts.into_iter().map(|(name, count)| if count > 1 { format!("{count} × {name}") } else { name });
    parts.collect::<Vec<_>>().join(", ")
}

/// The events on a line: those before the revocation at equal distances, those after it in time.
fn line(timeline: &CredentialTimeline) -> Markup {
    let after = timeline.events.iter().filter_map(|event| event.after_revocation);
    let scale = Scale::of(after.chain(timeline.bound), REVOKED, 97.0);
    // What was under way with the revocation is shown on it.
    let of = |when: When| {
        runs(timeline).into_iter().filter(move |run| run.when == when).flat_map(|run| run.events)
    };
    let before: Vec<&Happening> = of(When::Before).collect();
    let count = u32::try_from(before.len()).unwrap_or(u32::MAX);
    let end = if timeline.is_revoked() { REVOKED } else { 97.0 };
    let step = (end - 4.0) / f64::from(count.max(1));
    let mut marks: Vec<(String, What, Standing)> = Vec::new();
    for (number, event) in (0_u32..).zip(&before) {
        marks.push((percent(1.5 + step * f64::from(number)), event.what, Standing::Usual));
    }
    for event in of(When::Then).chain(of(When::After)).filter(|event| event.what != What::Revoked) {
        let after = event.after_revocation.unwrap_or_default();
        let mark = (scale.percent(after), event.what, timeline.standing(event));
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    let window = timeline.bound.filter(|bound| *bound > 0.0 && timeline.is_revoked());
    html! {
        // The list below says the same in words.
        svg.line width="100%" height="26" aria-hidden="true" {
            @if let Some(bound) = window {
                rect.window x=(percent(REVOKED)) y="3" height="20" width=(percent(scale.at(bound) - REVOKED)) {}
                line.bound x1=(scale.percent(bound)) x2=(scale.percent(bound)) y1="1" y2="25" {}
            }
            line.base x1="1%" x2="99%" y1="13" y2="13" {}
            @if timeline.is_revoked() { line.revoked x1=(percent(REVOKED)) x2=(percent(REVOKED)) y1="1" y2="25" {} }
            @for (x, what, standing) in &marks { (mark(x, *what, *standing)) }
        }
    }
}

fn mark(x: &str, what: What, standing: Standing) -> Markup {
    match class(what, standing) {
        "issued" => issued_mark_at(x, 13),
        "refused" => refused_mark(x, 13),
        "revoked" => html! {},
        class => html! { circle class=(class) cx=(x) cy="13" r="4.5" {} },
    }
}

fn issued_mark(x: &str) -> Markup {
    issued_mark_at(x, 8)
}

/// A diamond around a place.
fn issued_mark_at(x: &str, y: u32) -> Markup {
    html! {
        svg x=(x) y=(y) overflow="visible" { path.issued d="M0-5.5 5.5 0 0 5.5-5.5 0Z" {} }
    }
}
