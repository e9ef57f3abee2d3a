//! The top of the page and of each contract: the verdict at a glance.

use maud::{Markup, html};

use super::place::Place;
use crate::exit_code::ExitCode;
use crate::report::subject::Subject;
use crate::report::text::counted;
use crate::report::{Acceptance, End, Report};
use crate::verdict::Verdict;

/// The class of a promise by what came of it, which gives its colour.
pub(super) fn class(subject: &Subject<'_>) -> &'static str {
    subject.counts_as().map_or("idle", class_of)
}

pub(super) fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Divergence => "diverged",
        Verdict::Inconclusive => "open",
        Verdict::Fail => "fail",
        Verdict::Error => "error",
    }
}

/// A sign for those who do not see colours.
pub(super) fn sign(class: &str) -> &'static str {
    match class {
        "pass" => "✓",
        "diverged" => "≠",
        "open" => "?",
        "fail" => "✕",
        "error" => "!",
        _ => "–",
    }
}

/// What came of a promise as a small label.
pub(super) fn label(subject: &Subject<'_>) -> Markup {
    let class = class(subject);
    html! { span class=(format!("label {class}")) { span aria-hidden="true" { (sign(class)) } " " (subject.word()) } }
}

fn headline(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Every promise was kept",
        Verdict::Divergence => "Every promise was kept, not every reading",
        Verdict::Inconclusive => "Something stayed open",
        Verdict::Fail => "A promise was broken",
        Verdict::Error => "The judge itself failed",
    }
}

pub(super) fn title(report: &Report) -> String {
    let names: Vec<&str> = report.contracts.iter().map(|contract| contract.contract.as_str()).collect();
    format!("{}: {} · Rescind", names.join(", "), headline(report.verdict()))
}

pub(super) fn top(report: &Report) -> Markup {
    let seconds: f64 = report.contracts.iter().map(|contract| contract.seconds).sum();
    let requests: u64 = report.contracts.iter().map(|contract| contract.requests).sum();
    html! {
        header.top {
            div.brand {
                svg viewBox="0 0 24 24" aria-hidden="true" { circle cx="12" cy="12" r="9" {} path d="M6 18 18 6" {} }
                p { "Rescind" }
            }
            dl.run {
                @if let Some(began) = report.began {
                    div { dt { "Run" } dd { time datetime=(began) { (began.strftime("%Y-%m-%d %H:%M:%S UTC")) } } }
                }
                div { dt { "Took" } dd { (format!("{seconds:.1} s")) } }
                div { dt { "Requests" } dd { (requests) } }
                div { dt { "Seed" } dd.mono { (report.seed) } }
                div { dt { "Version" } dd { (report.version) } }
            }
        }
    }
}

pub(super) fn verdict(report: &Report, places: &[Place<'_>]) -> Markup {
    let verdict = report.verdict();
    let class = class_of(verdict);
    let code = ExitCode::of(report);
    html! {
        section class=(format!("verdict {class}")) aria-label="Verdict" {
            span.seal aria-hidden="true" { (sign(class)) }
            div {
                h1 { (headline(verdict)) }
                p { (sums(Subject::all(report))) ". Exit code " (code) ": " (code.meaning()) "." }
            }
        }
        @if places.len() > 1 {
            nav.contracts aria-label="Contracts" {
                @for place in places {
                    @let class = class_of(place.contract.verdict());
                    a class=(class) href=(format!("#{}", place.anchor())) {
                        span.name { (place.contract.contract) }
                        span class=(format!("label {class}")) {
                            span aria-hidden="true" { (sign(class)) } " " (word(place.contract.verdict()))
                        }
                        (bar(place))
                        span.soft { (sums(Subject::of(place.contract))) }
                    }
                }
            }
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "conforms",
        Verdict::Divergence => "diverges",
        Verdict::Inconclusive => "open",
        Verdict::Fail => "broken",
        Verdict::Error => "error",
    }
}

/// `1 broken, 36 kept, 2 not judged`.
fn sums<'r>(subjects: impl Iterator<Item = Subject<'r>>) -> String {
    let parts: Vec<String> = counts(subjects)
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(_, count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() { "nothing to judge".to_owned() } else { parts.join(", ") }
}

/// The outcomes with their classes, the worst first.
fn counts<'r>(subjects: impl Iterator<Item = Subject<'r>>) -> Vec<(&'static str, usize, &'static str)> {
    let subjects: Vec<Subject<'r>> = subjects.collect();
    let count =
        |wanted: &dyn Fn(&Subject<'r>) -> bool| subjects.iter().filter(|subject| wanted(subject)).count();
    let of = |class: &'static str| {
        move |subject: &Subject<'r>| subject.accepted.is_none() && self::class(subject) == class
    };
    vec![
        ("fail", count(&of("fail")), "broken"),
        ("error", count(&of("error")), "not judged for an error of the judge"),
        ("open", count(&of("open")), "open"),
        ("diverged", count(&|subject| subject.accepted.is_some()), "broken and accepted"),
        ("diverged", count(&of("diverged")), "diverged"),
        ("pass", count(&of("pass")), "kept"),
        ("idle", count(&of("idle")), "not judged"),
    ]
}

/// How many promises came out which way, as a bar.
fn bar(place: &Place<'_>) -> Markup {
    html! {
        // The words beside it say the same.
        span.bar aria-hidden="true" {
            @for (class, count, _) in counts(Subject::of(place.contract)) {
                @if count > 0 { span class=(class) style=(format!("flex-grow:{count}")) {} }
            }
        }
    }
}

pub(super) fn heading(place: &Place<'_>) -> Markup {
    let contract = place.contract;
    let verdict = contract.verdict();
    let class = class_of(verdict);
    html! {
        header.heading {
            h2 id=(place.below("title")) {
                (contract.contract) " "
                span class=(format!("label {class}")) { span aria-hidden="true" { (sign(class)) } " " (word(verdict)) }
            }
            p.soft {
                (contract.title) " · " span.mono { (contract.url) }
                @for replica in &contract.replicas { ", " span.mono { (replica) } }
            }
        }
        (bar(place))
        (cells(place, "Requirements", |subject| subject.source.is_some()))
        (cells(place, "Checks", |subject| subject.source.is_none()))
        (notes(place))
    }
}

/// Promises with their outcomes, each a link to its row.
fn cells(place: &Place<'_>, name: &str, wanted: fn(&Subject<'_>) -> bool) -> Markup {
    let subjects: Vec<Subject<'_>> = Subject::of(place.contract).filter(wanted).collect();
    html! {
        @if !subjects.is_empty() {
            ol.cells aria-label=(name) {
                @for subject in subjects {
                    @let tone = class(&subject);
                    li {
                        a class=(tone) href=(format!("#{}", place.promise(subject.id)))
                            title=(format!("{}: {}", subject.word(), subject.text)) {
                            span aria-hidden="true" { (sign(tone)) } " " (subject.id)
                            span.unseen { ": " (subject.word()) }
                        }
                    }
                }
            }
        }
    }
}

fn notes(place: &Place<'_>) -> Markup {
    let contract = place.contract;
    html! {
        p.soft {
            (counted(contract.requests, "request")) " in " (format!("{:.1} s", contract.seconds)) ", "
            (counted(contract.revocations, "credential")) " revoked."
        }
        @match contract.end {
            End::Complete => {}
            End::Interrupted => { p.note.open { "The run was interrupted, so nothing is settled as a whole." } }
            End::OutOfTime => { p.note.open { "The time was up, so not everything was begun." } }
        }
        @if contract.revocations == 0 && !contract.requirements.is_empty() {
            p.note.open { "No revocation was acknowledged, so nothing was seen after one." }
        }
        @for note in contract.acceptances.iter().filter_map(Acceptance::note) { p.note.diverged { (note) "." } }
        @if !contract.left_behind.is_empty() {
            p.note.diverged {
                "Left behind and not revoked, please revoke by hand: "
                @for (number, id) in contract.left_behind.iter().enumerate() {
                    @if number > 0 { ", " } code { (id) }
                }
            }
        }
        @if !contract.perhaps_left_behind.is_empty() {
            p.note.diverged {
                "Perhaps left behind, for nobody answered whether it was issued: "
                (contract.perhaps_left_behind.join(", "))
            }
        }
    }
}
