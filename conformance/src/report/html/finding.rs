//! What needs attention of a contract: each broken, diverging or open promise with its evidence.

use maud::{Markup, html};

use super::overview::{class, class_of, label};
use super::place::Place;
use crate::report::Breach;
use crate::report::subject::Subject;
use crate::verdict::Verdict;

/// Findings shown for each promise.
const SHOWN: usize = 5;

/// Outcomes that need attention, the worst first.
const ORDER: [Verdict; 4] = [Verdict::Fail, Verdict::Error, Verdict::Inconclusive, Verdict::Divergence];

pub(super) fn section(place: &Place<'_>) -> Markup {
    let subjects: Vec<Subject<'_>> = Subject::of(place.contract).collect();
    let concerned: Vec<&Subject<'_>> = ORDER
        .iter()
        .flat_map(|worst| subjects.iter().filter(move |subject| subject.counts_as() == Some(*worst)))
        .collect();
    html! {
        @if !concerned.is_empty() {
            h3 { "What needs attention" }
            @for subject in concerned { (promise(place, subject)) }
        }
    }
}

fn promise(place: &Place<'_>, subject: &Subject<'_>) -> Markup {
    let hidden = subject.findings.len().saturating_sub(SHOWN);
    html! {
        article class=(format!("promise {}", class(subject))) {
            header {
                h4 { (label(subject)) " " a href=(format!("#{}", place.promise(subject.id))) { (subject.id) } }
                p.text { (subject.text) }
                @if let Some(source) = subject.source() { p.soft { "Source: " (source) } }
            }
            @if let Some(acceptance) = subject.acceptance() { p.note.diverged { (acceptance) } }
            @if let Some(why) = subject.why() { p { strong { "Not exercised: " } (why) } }
            @for breach in subject.findings.iter().take(SHOWN) { (finding(place, subject, breach)) }
            @if hidden > 0 { p.soft { (hidden) " more in the result as JSON." } }
        }
    }
}

fn finding(place: &Place<'_>, subject: &Subject<'_>, breach: &Breach) -> Markup {
    let finding = &breach.finding;
    let lives = place.lifelines.iter().filter(|life| {
        let mut exchanges = life.timeline.events.iter().flat_map(|event| &event.exchanges);
        exchanges.any(|exchange| finding.exchanges.contains(exchange))
    });
    let lives: Vec<_> = lives.collect();
    html! {
        section class=(format!("finding {}", class_of(finding.verdict))) {
            p.message { (finding.message) }
            div.compare {
                @if !finding.documented.is_empty() {
                    div.documented { p.soft { "Documented" } p { (finding.documented) } }
                }
                @if !finding.received.is_empty() {
                    div.received { p.soft { "Received" } p { (finding.received) } }
                }
            }
            dl.facts {
                @if let Some(operation) = subject.operation(breach) { (fact("Operation", &html! { code { (operation) } })) }
                @if finding.check != subject.id { (fact("Check", &html! { code { (finding.check) } })) }
                @if let Some(requirement) = subject.breaks(breach) { (fact("Breaks", &html! { (requirement) })) }
                @if let Some(at) = &finding.place { (fact("Contract", &html! { code { (at) } })) }
                @if let Some(sequence) = &finding.sequence { (fact("Seed", &html! { code { (sequence.seed) } })) }
                @if let Some(seen) = Subject::seen(breach) { (fact("Seen", &html! { (seen) })) }
                @if !finding.exchanges.is_empty() {
                    (fact("Exchanges", &html! {
                        @for exchange in &finding.exchanges { (place.link(*exchange)) " " }
                    }))
                }
                @if !lives.is_empty() {
                    (fact("Credentials", &html! {
                        @for life in lives {
                            a.mono href=(format!("#{}", place.credential(life.number))) { (life.timeline.id) } " "
                        }
                    }))
                }
            }
            @if !breach.steps.is_empty() {
                h5 { "Shortest sequence" }
                ol.steps { @for step in &breach.steps { li { (step) } } }
            }
            @if !breach.reproduction.is_empty() {
                details.script {
                    summary { "Reproduce with curl" }
                    pre tabindex="0" { @for line in &breach.reproduction { (line) "\n" } }
                }
            }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
