//! The memory of the journal: the latest entries, bounded by their number and by what they weigh.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Bounds;
use super::entry::Entry;

/// The latest entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// Each with its weight, so that it need not be looked at again when it goes.
    entries: VecDeque<(usize, Arc<Entry>)>,
    weight: usize,
    last: u64,
    forgotten: u64,
}

impl Ring {
    /// Gives the entry its number and keeps it, at the expense of the oldest. One that is too heavy alone is forgotten
    /// at once.
    pub(super) fn push(&mut self, mut entry: Entry, bounds: Bounds) -> Arc<Entry> {
        self.last += 1;
        entry.number = self.last;
        let weight = entry.weight();
        self.weight += weight;
        let entry = Arc::new(entry);
        self.entries.push_back((weight, entry.clone()));
        while self.entries.len() > bounds.entries || self.weight > bounds.bytes {
            let Some((weight, _)) = self.entries.pop_front() else { break };
            self.weight -= weight;
            self.forgotten += 1;
        }
        entry
    }

    /// The entries, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// The number of the latest entry, kept or not.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Drops everything. Numbers go on, so that whoever reads on from a number misses nothing.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.weight = 0;
        self.forgotten = 0;
    }
}
