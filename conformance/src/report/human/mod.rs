//! A report for a person at a terminal: what is broken first, then what is doubtful, then the sums.
//!
//! Styles are always written; whoever owns the stream strips them where nobody sees them.

mod drift;
mod finding;
pub(crate) mod layout;
mod measured;
mod seen;
mod summary;

use std::io::{self, Write};

use super::subject::Subject;
use super::{Outcome, Report};
use crate::verdict::Verdict;
pub(crate) use layout::wrap;
use layout::{DIM, Page};

/// How a report is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How wide prose may be, in columns. Shell lines are never broken.
    pub width: usize,
    /// How much is shown.
    pub detail: Detail,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What needs attention, up to three findings for each promise.
    Normal,
    /// Every promise and every finding.
    Everything,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 80, detail: Detail::Normal }
    }
}

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write, options: Options) -> io::Result<()> {
    let mut page = Page::new(out, options.width);
    page.line(&format!("{DIM}rescind {}, seed {}{DIM:#}", report.version, report.seed))?;
    for contract in &report.contracts {
        page.line(&format!("{DIM}{} · {} · {}{DIM:#}", contract.contract, contract.title, contract.url))?;
    }
    page.gap()?;

    let subjects: Vec<Subject<'_>> = Subject::all(report).collect();
    for worst in [Verdict::Fail, Verdict::Error, Verdict::Divergence] {
        for subject in subjects.iter().filter(|subject| *subject.outcome == Outcome::Judged(worst)) {
            subject.write_findings(&mut page, options.detail)?;
        }
    }
    for subject in &subjects {
        match subject.outcome {
            Outcome::Judged(Verdict::Inconclusive) => subject.write_findings(&mut page, options.detail)?,
            Outcome::NotExercised(why) => subject.write_open(&mut page, why)?,
            _ => {}
        }
    }
    if options.detail == Detail::Everything {
        for subject in &subjects {
            subject.write_line(&mut page)?;
        }
        page.gap()?;
        measured::write(report, &mut page)?;
        page.gap()?;
    }
    drift::write(report, &mut page)?;
    summary::write(report, &subjects, &mut page)
}

/// What there is to say of one promise, such as `contract/R3`, in plain text. `report` has passed the redactor.
pub fn one(report: &Report, name: &str) -> String {
    let mut text = Vec::new();
    let mut page = Page::new(&mut text, Options::default().width);
    for subject in Subject::all(report).filter(|subject| subject.name() == name) {
        // Writing to memory cannot fail.
        let _ = match subject.outcome {
            Outcome::NotExercised(why) => subject.write_open(&mut page, why),
            _ => subject.write_findings(&mut page, Detail::Normal),
        };
    }
    anstream::adapter::strip_str(&String::from_utf8_lossy(&text)).to_string()
}
