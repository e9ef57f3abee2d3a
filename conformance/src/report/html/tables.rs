//! Every promise of a contract, and every operation with what was seen of it.

use maud::{Markup, html};

use super::overview::label;
use super::place::Place;
use crate::report::OperationCoverage;
use crate::report::subject::Subject;
use crate::report::text::counted;

pub(super) fn section(place: &Place<'_>) -> Markup {
    let subjects: Vec<Subject<'_>> = Subject::of(place.contract).collect();
    let (requirements, checks): (Vec<_>, Vec<_>) =
        subjects.iter().partition(|subject| subject.source.is_some());
    html! {
        @if !requirements.is_empty() {
            h3 { "Requirements" }
            (promises(place, &requirements))
        }
        @if !checks.is_empty() {
            h3 { "Checks of single answers and requests" }
            (promises(place, &checks))
        }
        @if !place.contract.operations.is_empty() {
            h3 { "Operations" }
            (operations(&place.contract.operations))
        }
    }
}

fn promises(place: &Place<'_>, subjects: &[&Subject<'_>]) -> Markup {
    html! {
        ul.promises {
            @for subject in subjects {
                li id=(place.promise(subject.id)) {
                    span.mono.id { (subject.id) }
                    (label(subject))
                    div {
                        p { (subject.text) }
                        p.soft {
                            @if let Some(source) = subject.source() { (source) ". " }
                            @if !subject.checks.is_empty() {
                                @for (number, check) in subject.checks.iter().enumerate() {
                                    @if number > 0 { ", " } code { (check) }
                                }
                                ". "
                            }
                            @match subject.why() {
                                Some(why) => { (why) }
                                None => { "Exercised " (counted(subject.exercised, "time")) "." }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn operations(operations: &[OperationCoverage]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Operations" {
            table.operations {
                thead {
                    tr { th scope="col" { "operation" } th scope="col" { "documented" } th scope="col" { "received" } }
                }
                tbody {
                    @for operation in operations {
                        tr {
                            th scope="row" { span.mono { (operation.signature) } br; span.soft { (operation.operation) } }
                            td {
                                @for key in &operation.documented {
                                    @let seen = operation.was_seen(key);
                                    span class=(if seen { "key seen" } else { "key" }) title=(if seen { "seen" } else { "not seen" }) {
                                        (key) span.unseen { (if seen { " seen" } else { " not seen" }) }
                                    }
                                    " "
                                }
                            }
                            td.mono {
                                @if operation.received.is_empty() { span.soft { "never called" } }
                                @for (status, count) in &operation.received {
                                    span.count { (status) " × " (count) } " "
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
