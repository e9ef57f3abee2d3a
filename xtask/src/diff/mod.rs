//! Two editions of a contract: which changes break callers, and which do not.
//!
//! Everything is seen from the side of callers. Of requests, what was accepted has to stay accepted; of answers, what
//! can come may not grow beyond what callers know; of the lifecycle, what was promised has to stay promised.

mod bodies;
mod change;
mod choices;
mod facets;
mod lifecycle;
mod members;
mod operations;
mod parameters;
mod report;
mod responses;
mod rules;
mod schemas;
mod security;
mod source;
mod view;

use std::collections::HashSet;

pub use change::{Change, Class, Side};
pub use report::{json, markdown, text};
pub use source::{Edition, SourceError};

use rescind_specs::{Direction, Document, Pointer};

/// All changes from `old` to `new`, the worst first, then in the order of the documents.
pub fn compare(old: &Edition, new: &Edition) -> Vec<Change> {
    let mut comparison = Comparison::new(old, new);
    comparison.document();
    comparison.lifecycle();
    let mut changes = comparison.changes;
    let mut told = HashSet::new();
    changes.retain(|change| {
        told.insert((
            change.rule,
            change.what.clone(),
            change.was.pointer.clone(),
            change.now.pointer.clone(),
        ))
    });
    // Stable: within a class the order of the walk remains.
    changes.sort_by_key(|change| change.class);
    changes
}

/// One walk over both editions.
struct Comparison<'e> {
    old: &'e Edition,
    new: &'e Edition,
    changes: Vec<Change>,
    /// The operation that is being compared.
    operation: Option<String>,
    /// Pairs of schemas that were compared, or are being compared.
    seen: HashSet<(Vec<Pointer>, Vec<Pointer>, Direction)>,
    /// Pairs of schemas that may still be compared.
    budget: usize,
    depth: usize,
    /// Whether this walk only finds out whether two schemas are the same.
    is_trial: bool,
}

/// Pairs of schemas that are compared at most, so that no document takes forever.
const BUDGET: usize = 200_000;

/// A place and what is documented there, if anything.
type Place<'p> = (&'p Pointer, Option<String>);

impl<'e> Comparison<'e> {
    fn new(old: &'e Edition, new: &'e Edition) -> Self {
        Self {
            old,
            new,
            changes: Vec::new(),
            operation: None,
            seen: HashSet::new(),
            budget: BUDGET,
            depth: 0,
            is_trial: false,
        }
    }

    fn documents(&self) -> (&'e Document, &'e Document) {
        (self.old.contract.document(), self.new.contract.document())
    }

    /// Records a change of the OpenAPI document.
    fn tell(
        &mut self,
        class: Class,
        rule: &'static str,
        what: impl Into<String>,
        why: impl Into<String>,
        was: Place<'_>,
        now: Place<'_>,
    ) {
        let (old, new) = self.documents();
        self.changes.push(Change {
            class,
            rule,
            operation: self.operation.clone(),
            what: what.into(),
            why: why.into(),
            was: Side::new(old, was.0, was.1),
            now: Side::new(new, now.0, now.1),
        });
    }
}
