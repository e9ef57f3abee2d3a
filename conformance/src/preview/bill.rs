//! What steps and cases come to: requests by method, credentials, hooks.

use http::Method;
use indexmap::IndexMap;

use super::Count;

/// A sum of requests, credentials and hooks.
#[derive(Clone, Debug, Default)]
pub(super) struct Bill {
    pub(super) methods: IndexMap<Method, Count>,
    pub(super) issued: Count,
    /// What can hold a reference, and is deleted at the end.
    pub(super) created: Count,
    pub(super) hooks: IndexMap<String, Count>,
}

impl Bill {
    pub(super) fn call(&mut self, method: &Method, count: Count) {
        if count.at_most > 0 {
            *self.methods.entry(method.clone()).or_default() += count;
        }
    }

    /// Adds another bill.
    pub(super) fn add(&mut self, other: Self) {
        for (method, count) in other.methods {
            self.call(&method, count);
        }
        self.issued += other.issued;
        self.created += other.created;
        for (name, count) in other.hooks {
            *self.hooks.entry(name).or_default() += count;
        }
    }

    /// The same, of which nothing may come.
    pub(super) fn perhaps(mut self) -> Self {
        let counts = self.methods.values_mut().chain(self.hooks.values_mut());
        for count in counts.chain([&mut self.issued, &mut self.created]) {
            *count = count.perhaps();
        }
        self
    }

    pub(super) fn requests(&self) -> Count {
        Self::sum(self.methods.values())
    }

    pub(super) fn writes(&self) -> Count {
        Self::sum(self.methods.iter().filter(|(method, _)| !method.is_safe()).map(|(_, count)| count))
    }

    fn sum<'c>(counts: impl Iterator<Item = &'c Count>) -> Count {
        let mut sum = Count::default();
        counts.for_each(|count| sum += *count);
        sum
    }
}
