//! A plot of the measured propagation delays: how long revoked credentials went on to be accepted, against the bound.

use maud::{Markup, html};

use super::place::Place;
use super::scale::{Scale, words};
use crate::report::PropagationDelay;
use crate::report::text::counted;
use crate::report::timeline::is_late;

/// So many rows make a plot. What is measured alike shares a row.
const ROWS: usize = 24;

/// A plot reaches so many times as far as its bound, and as the last use that was accepted.
const FOCUS: f64 = 2.5;

/// Delays of one kind of credential, with one bound.
struct Plot<'r> {
    kind: &'r str,
    bound: Option<f64>,
    scale: Scale,
    rows: Vec<Row<'r>>,
}

/// Credentials of which the same was measured at one replica.
struct Row<'r> {
    replica: &'r str,
    accepted: Option<f64>,
    refused: Option<f64>,
    credentials: Vec<&'r str>,
}

impl<'r> Plot<'r> {
    fn all(delays: &'r [PropagationDelay]) -> Vec<Self> {
        let mut kinds: Vec<(&str, Option<f64>)> = Vec::new();
        for delay in delays {
            let kind = (delay.kind.as_str(), delay.bound);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let of = |(kind, bound): (&'r str, Option<f64>)| {
            let alike = || delays.iter().filter(move |delay| delay.kind == kind && delay.bound == bound);
            Self::new(kind, bound, alike)
        };
        kinds.into_iter().map(of).collect()
    }

    fn new<I: Iterator<Item = &'r PropagationDelay>>(
        kind: &'r str,
        bound: Option<f64>,
        delays: impl Fn() -> I,
    ) -> Self {
        let decisive = || delays().map(|delay| delay.accepted).chain([bound]).flatten();
        // Some refusals are seen hours later; they are not what the plot is about.
        let focus = FOCUS * decisive().fold(0.0, f64::max);
        let refused =
            delays().filter_map(|delay| delay.refused).filter(|time| focus <= 0.0 || *time <= focus);
        let scale = Scale::of(decisive().chain(refused), 1.5, 97.0);
        let rounded = |time: Option<f64>| time.map(|time| (time / scale.resolution()).round());
        let mut rows: Vec<Row<'r>> = Vec::new();
        for delay in delays() {
            let alike = |row: &&mut Row<'_>| {
                row.replica == delay.replica
                    && rounded(row.accepted) == rounded(delay.accepted)
                    && rounded(row.refused) == rounded(delay.refused)
            };
            if let Some(row) = rows.iter_mut().find(alike) {
                row.credentials.push(&delay.credential);
            } else {
                rows.push(Row {
                    replica: &delay.replica,
                    accepted: delay.accepted,
                    refused: delay.refused,
                    credentials: vec![&delay.credential],
                });
            }
        }
        // The longest first. Never refused is longer than any time.
        let key = |row: &Row<'_>| (row.accepted.unwrap_or(-1.0), row.refused.unwrap_or(f64::MAX));
        rows.sort_by(|one, other| {
            let (one, other) = (key(one), key(other));
            other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1))
        });
        Self { kind, bound, scale, rows }
    }

    fn is_late(&self, row: &Row<'_>) -> bool {
        row.accepted.is_some_and(|accepted| is_late(accepted, self.bound))
    }
}

pub(super) fn section(place: &Place<'_>) -> Markup {
    let plots = Plot::all(&place.contract.propagation);
    html! {
        @if !plots.is_empty() {
            h3 { "Propagation of revocations" }
            p.soft {
                "How long revoked credentials went on to be accepted, by the deployment's clock. The delay lies between "
                "the last use that was accepted and the first that was refused for good."
            }
            @for plot in plots { (figure(place, &plot)) }
        }
    }
}

fn figure(place: &Place<'_>, plot: &Plot<'_>) -> Markup {
    let left_out = plot.rows.len().saturating_sub(ROWS);
    html! {
        figure.delays {
            figcaption {
                span {
                    strong { (plot.kind) } ": "
                    @match plot.bound {
                        Some(bound) if bound > 0.0 => { "documented to be refused within " strong { (words(bound)) } }
                        Some(_) => { "documented to be refused " strong { "at once" } }
                        None => { "no bound is documented" }
                    }
                }
                span.legend aria-hidden="true" {
                    span.key { svg { circle.accepted cx="6" cy="8" r="4.5" {} } "last accepted" }
                    span.key { svg { (refused_mark("6", 8)) } "first refused for good" }
                    @if plot.bound.is_some_and(|bound| bound > 0.0) {
                        span.key { svg { line.bound x1="6" x2="6" y1="1" y2="15" {} } "documented bound" }
                    }
                }
            }
            table {
                thead.unseen {
                    tr { th scope="col" { "Credentials" } th scope="col" { "Plot" } th scope="col" { "Measured" } }
                }
                tbody {
                    @for row in plot.rows.iter().take(ROWS) { (tr(place, plot, row)) }
                }
                tfoot aria-hidden="true" {
                    tr {
                        td {}
                        td {
                            svg.axis width="100%" height="20" {
                                line x1=(plot.scale.percent(0.0)) x2="100%" y1="1" y2="1" {}
                                @for mark in plot.scale.marks() {
                                    line x1=(plot.scale.percent(mark)) x2=(plot.scale.percent(mark)) y1="1" y2="5" {}
                                    text x=(plot.scale.percent(mark)) y="17"
                                        text-anchor=(if mark > 0.0 { "middle" } else { "start" }) { (words(mark)) }
                                }
                            }
                        }
                        td {}
                    }
                }
            }
            @if left_out > 0 { p.soft { (counted(left_out as u64, "further row")) " in the result as JSON." } }
        }
    }
}

fn tr(place: &Place<'_>, plot: &Plot<'_>, row: &Row<'_>) -> Markup {
    let late = plot.is_late(row);
    html! {
        tr class=(if late { "late" } else { "fine" }) {
            th scope="row" {
                @match row.credentials.as_slice() {
                    [one] => { span.mono { (one) } }
                    many => { (many.len()) " credentials" }
                }
                @if place.has_replicas() { " " span.soft.mono { (row.replica) } }
            }
            td.track { (track(plot, row)) }
            td.measured {
                @match (row.accepted, row.refused) {
                    (Some(accepted), Some(refused)) => { "accepted at " (words(accepted)) ", refused at " (words(refused)) }
                    (Some(accepted), None) => { "accepted at " (words(accepted)) ", no refusal seen" }
                    (None, Some(refused)) => { "refused at " (words(refused)) }
                    (None, None) => { "unclear" }
                }
                @if late { " " span.label.fail { span aria-hidden="true" { "✕" } " too late" } }
            }
        }
    }
}

fn track(plot: &Plot<'_>, row: &Row<'_>) -> Markup {
    let scale = plot.scale;
    let start = scale.percent(0.0);
    let from = row.accepted.map_or_else(|| start.clone(), |time| scale.percent(time));
    let end = row.refused.map_or_else(|| "100%".to_owned(), |time| scale.percent(time));
    html! {
        svg width="100%" height="22" aria-hidden="true" {
            @if let Some(bound) = plot.bound.filter(|bound| *bound > 0.0) {
                rect.window x=(start) y="2" height="18" width=(super::scale::percent(scale.at(bound) - scale.at(0.0))) {}
                line.bound x1=(scale.percent(bound)) x2=(scale.percent(bound)) y1="0" y2="22" {}
            }
            line.base x1=(start) x2="100%" y1="11" y2="11" {}
            line.works x1=(start) x2=(from) y1="11" y2="11" {}
            line class=(if row.refused.is_some() { "between" } else { "between endless" }) x1=(from) x2=(end) y1="11" y2="11" {}
            @if row.accepted.is_some() { circle.accepted cx=(from) cy="11" r="5" {} }
            @if row.refused.is_some_and(|refused| scale.has(refused)) { (refused_mark(&end, 11)) }
        }
    }
}

/// A cross around a place.
pub(super) fn refused_mark(x: &str, y: u32) -> Markup {
    html! {
        svg x=(x) y=(y) overflow="visible" { path.refused d="M-4-4 4 4M4-4-4 4" {} }
    }
}
