//! Which schemas accept more than they did, by what they contain and by what they refer to.

use std::collections::{HashMap, HashSet};

use crate::Pointer;

/// Places at which something was lost, and the references that spread it.
#[derive(Debug, Default)]
pub(super) struct Loose {
    places: HashSet<Pointer>,
    /// From the target of a reference to the schemas that have it.
    referrers: HashMap<Pointer, Vec<Pointer>>,
}

impl Loose {
    /// Records that the schema at this place lost something.
    pub(super) fn loses(&mut self, schema: &Pointer) {
        self.places.insert(schema.clone());
    }

    /// Records that the schema at this place refers to another one.
    pub(super) fn refers(&mut self, from: &Pointer, to: &Pointer) {
        self.referrers.entry(to.clone()).or_default().push(from.clone());
    }

    /// Whether the schema at this place, or something in it or behind its references, lost something. Right once it
    /// has settled.
    pub(super) fn contains(&self, schema: &Pointer) -> bool {
        self.places.contains(schema)
    }

    /// Spreads each loss to the schemas around it and to those that refer to them.
    pub(super) fn settle(mut self) -> Self {
        let mut open: Vec<Pointer> = self.places.drain().collect();
        while let Some(place) = open.pop() {
            let mut around = Some(place);
            while let Some(place) = around {
                around = place.parent();
                if self.places.contains(&place) {
                    break;
                }
                open.extend(self.referrers.get(&place).into_iter().flatten().cloned());
                self.places.insert(place);
            }
        }
        self
    }
}
