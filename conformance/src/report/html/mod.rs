//! The result as one page that needs nothing but a browser: no script, no network, in light and dark, on paper.
//!
//! What is folded away opens with a click or the keyboard; a link into it opens it too.

mod delays;
mod exchange;
mod finding;
mod lifelines;
mod overview;
mod place;
mod scale;
mod tables;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::place::{Details, Place};
use super::Report;
use super::text::visible;

const STYLE: &str = include_str!("style.css");

/// Nothing of elsewhere is loaded, and nothing is run. The style stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let page = page(report).into_string();
    // The page itself has no control characters, so each of them is one of a deployment's.
    out.write_all(visible(&page).as_bytes())
}

fn page(report: &Report) -> Markup {
    let mut details = Details::default();
    let places: Vec<Place<'_>> = report
        .contracts
        .iter()
        .enumerate()
        .map(|(index, contract)| Place::new(index, contract, &mut details))
        .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content=(format!("rescind {}", report.version));
                title { (overview::title(report)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the result" }
                (overview::top(report))
                main #main tabindex="-1" {
                    (overview::verdict(report, &places))
                    @for place in &places { (contract(place)) }
                }
                footer {
                    p { "Written by rescind " (report.version) ". Secrets are masked as " code { "***" } "." }
                }
            }
        }
    }
}

fn contract(place: &Place<'_>) -> Markup {
    html! {
        section.contract id=(place.anchor()) aria-labelledby=(place.below("title")) {
            (overview::heading(place))
            (finding::section(place))
            (delays::section(place))
            (lifelines::section(place))
            (tables::section(place))
            (exchange::section(place))
        }
    }
}
