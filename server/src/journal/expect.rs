//! Assertions on what a server was asked and what it answered, for tests: `journal.expect("listKeys").times(1)`.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::sync::Arc;
use std::time::Duration;

use rescind_specs::StatusPattern;

use super::mismatch::{self, Mismatch, OrderMismatch};
use super::{Disturbed, Entry, Filter, Journal, PathFilter};

/// What a matcher of one's own asks of an entry.
type Predicate = Arc<dyn Fn(&Entry) -> bool + Send + Sync>;

/// A kind of request that is expected; made by [`Journal::expect`] and refined from there.
#[derive(Clone)]
#[must_use = "an expectation is not checked until it is told how many requests there are to be"]
pub struct Expectation {
    journal: Journal,
    pub(super) filter: Filter,
    pub(super) own: Vec<(String, Predicate)>,
}

/// How many requests there are to be: a number, or any range of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    least: usize,
    /// Absent: no bound.
    most: Option<usize>,
}

impl Expectation {
    pub(super) fn new(journal: Journal, operation: Option<&str>) -> Self {
        let filter = Filter { operation: operation.map(ToOwned::to_owned), ..Filter::all() };
        Self { journal, filter, own: Vec::new() }
    }

    /// Of this contract, by its name or as a [`Vendor`](crate::Vendor).
    pub fn on(mut self, contract: impl AsRef<str>) -> Self {
        self.filter.contract = Some(contract.as_ref().to_owned());
        self
    }

    /// With this method.
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        self.filter.method = Some(method.as_ref().to_ascii_uppercase());
        self
    }

    /// With a path like this, the prefix of the contract included.
    pub fn path(mut self, path: PathFilter) -> Self {
        self.filter.path = Some(path);
        self
    }

    /// Answered so: a status such as `204`, or a class of them such as [`StatusPattern::Range(4)`](StatusPattern::Range).
    pub fn answered(mut self, status: impl Into<Answered>) -> Self {
        self.filter.status = Some(status.into().0);
        self
    }

    /// From the caller with this public identifier, proven or claimed.
    pub fn from_caller(mut self, id: impl Into<String>) -> Self {
        self.filter.caller = Some(id.into());
        self
    }

    /// To which something, or nothing, was done on purpose.
    pub fn disturbed(mut self, disturbed: Disturbed) -> Self {
        self.filter.disturbed = disturbed;
        self
    }

    /// With a header of this value, which may not be a secret: those are masked.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.and(format!("header {name}: {value}"), move |entry| {
            entry.request.header(&name) == Some(value.as_str())
        })
    }

    /// With a JSON body that has this value at a JSON Pointer; secrets in it are masked.
    pub fn body(self, pointer: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        let (pointer, value) = (pointer.into(), value.into());
        self.and(format!("body with {value} at {pointer:?}"), move |entry| {
            entry.request.body.json().is_some_and(|body| body.pointer(&pointer) == Some(&value))
        })
    }

    /// For which `holds` is true; `name` says in the message what that means.
    pub fn and(
        mut self,
        name: impl Into<String>,
        holds: impl Fn(&Entry) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.own.push((name.into(), Arc::new(holds)));
        self
    }

    /// Whether an entry is such a request.
    pub fn matches(&self, entry: &Entry) -> bool {
        self.filter.matches(entry) && self.own.iter().all(|(_, holds)| holds(entry))
    }

    /// The requests that were received, oldest first.
    pub fn received(&self) -> Vec<Arc<Entry>> {
        self.journal.entries(&self.filter).into_iter().filter(|entry| self.matches(entry)).collect()
    }

    /// Whether so many were received, a number or a range.
    ///
    /// # Errors
    /// There were more or fewer; the message shows what was expected, what was received and what came near. So it is where
    /// there are enough of them and nobody knows whether there were more: where older requests were forgotten, the journal
    /// is off, or the contract or operation is not served.
    pub fn verify(&self, times: impl Into<Times>) -> Result<(), Mismatch> {
        let times = times.into();
        let count = self.received().len();
        // That there were no more of them can only be told by a journal that knows all.
        let is_known = times.most.is_none() || mismatch::knows_all(&self.journal, self);
        if times.holds(count) && is_known {
            Ok(())
        } else {
            Err(mismatch::of(&self.journal, self, times, count))
        }
    }

    /// Asserts that so many were received: `times(1)`, `times(1..=3)`, `times(2..)`.
    ///
    /// # Panics
    /// If there were more or fewer: it is an assertion for tests.
    #[track_caller]
    pub fn times(&self, times: impl Into<Times>) {
        assert_met(self.verify(times));
    }

    /// Asserts that none was received.
    ///
    /// # Panics
    /// If there was one: it is an assertion for tests.
    #[track_caller]
    pub fn never(&self) {
        assert_met(self.verify(0));
    }

    /// Asserts that so many were received, or more.
    ///
    /// # Panics
    /// If there were fewer: it is an assertion for tests.
    #[track_caller]
    pub fn at_least(&self, least: usize) {
        assert_met(self.verify(least..));
    }

    /// Asserts that so many were received, or fewer.
    ///
    /// # Panics
    /// If there were more: it is an assertion for tests.
    #[track_caller]
    pub fn at_most(&self, most: usize) {
        assert_met(self.verify(..=most));
    }

    /// Waits, at most for this long in real time, until there are as many as the assertion that follows wants.
    pub fn within(self, patience: Duration) -> Patient {
        Patient { expected: self, patience }
    }
}

/// An expectation that is met in a while; made by [`Expectation::within`].
#[derive(Clone, Debug)]
#[must_use = "an expectation is not checked until it is told how many requests there are to be"]
pub struct Patient {
    expected: Expectation,
    patience: Duration,
}

impl Patient {
    /// Waits until there are enough of them. More than that are not waited for, only found.
    ///
    /// # Errors
    /// There were more, or still fewer when the time was over.
    pub async fn verify(&self, times: impl Into<Times>) -> Result<(), Mismatch> {
        let times = times.into();
        let enough = async {
            // Subscribed before the first look, so that nothing falls in between.
            let mut live = self.expected.journal.subscribe();
            while self.expected.received().len() < times.least && live.next().await.is_some() {}
        };
        // Whether in time or not: what there is now decides.
        let _ = tokio::time::timeout(self.patience, enough).await;
        self.expected.verify(times)
    }

    /// Waits until there are enough of them, and asserts that there are not too many.
    ///
    /// # Panics
    /// If there were more, or still fewer when the time was over: it is an assertion for tests.
    pub async fn times(&self, times: impl Into<Times>) {
        assert_met(self.verify(times).await);
    }
}

impl Journal {
    /// Expects requests to the operation of this identifier. Refine it, and end with [`times`](Expectation::times) or
    /// one of its like:
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let server = rescind_server::Server::builder().spawn().await.unwrap();
    /// // … the code under test calls the server …
    /// server.journal().expect("revokeCredential").answered(204).never();
    /// # });
    /// ```
    pub fn expect(&self, operation: &str) -> Expectation {
        Expectation::new(self.clone(), Some(operation))
    }

    /// Expects requests of any kind, also to no operation.
    pub fn expect_any(&self) -> Expectation {
        Expectation::new(self.clone(), None)
    }

    /// Whether such requests were received one after the other, with or without others in between.
    ///
    /// # Errors
    /// The first that did not follow, and what was received instead.
    pub fn verify_order(&self, expected: &[Expectation]) -> Result<(), OrderMismatch> {
        let entries = self.entries(&Filter::all());
        let mut rest = entries.iter();
        for (place, wanted) in expected.iter().enumerate() {
            if !rest.any(|entry| wanted.matches(entry)) {
                return Err(mismatch::of_order(self, expected, place));
            }
        }
        Ok(())
    }

    /// Asserts that such requests were received one after the other, with or without others in between.
    ///
    /// # Panics
    /// If they were not: it is an assertion for tests.
    #[track_caller]
    pub fn in_order(&self, expected: impl IntoIterator<Item = Expectation>) {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_met(self.verify_order(&expected));
    }
}

#[track_caller]
fn assert_met<E: fmt::Display>(met: Result<(), E>) {
    if let Err(mismatch) = met {
        panic!("{mismatch}");
    }
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({self})")
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = &self.filter;
        f.write_str(filter.operation.as_deref().unwrap_or("any request"))?;
        let mut part = |name: &str, value: Option<&dyn fmt::Display>| match value {
            Some(value) => write!(f, " {name} {value}"),
            None => Ok(()),
        };
        part("on", filter.contract.as_ref().map(|value| value as _))?;
        part("method", filter.method.as_ref().map(|value| value as _))?;
        part("path", filter.path.as_ref().map(|value| value as _))?;
        part("answered", filter.status.as_ref().map(|value| value as _))?;
        part("from", filter.caller.as_ref().map(|value| value as _))?;
        f.write_str(match filter.disturbed {
            Disturbed::Any => "",
            Disturbed::Only => " disturbed",
            Disturbed::Never => " undisturbed",
        })?;
        for (name, _) in &self.own {
            write!(f, " with {name}")?;
        }
        Ok(())
    }
}

/// A status or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered(StatusPattern);

impl From<u16> for Answered {
    fn from(status: u16) -> Self {
        Self(StatusPattern::Exact(status))
    }
}

impl From<StatusPattern> for Answered {
    fn from(pattern: StatusPattern) -> Self {
        Self(pattern)
    }
}

impl From<http::StatusCode> for Answered {
    fn from(status: http::StatusCode) -> Self {
        Self(StatusPattern::Exact(status.as_u16()))
    }
}

impl Times {
    fn holds(self, count: usize) -> bool {
        count >= self.least && self.most.is_none_or(|most| count <= most)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("no request"),
            (1, Some(1)) => f.write_str("1 request"),
            (least, Some(most)) if least == most => write!(f, "{least} requests"),
            (0, None) => f.write_str("any number of requests"),
            (least, None) => write!(f, "at least {least}"),
            (0, Some(most)) => write!(f, "at most {most}"),
            (least, Some(most)) => write!(f, "{least} to {most} requests"),
        }
    }
}

impl From<usize> for Times {
    fn from(count: usize) -> Self {
        Self { least: count, most: Some(count) }
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(range: RangeInclusive<usize>) -> Self {
        Self { least: *range.start(), most: Some(*range.end()) }
    }
}

impl From<Range<usize>> for Times {
    /// An empty range holds for no count.
    fn from(range: Range<usize>) -> Self {
        match range.end.checked_sub(1) {
            Some(most) => Self { least: range.start, most: Some(most) },
            None => Self { least: 1, most: Some(0) },
        }
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Self {
        Self { least: range.start, most: None }
    }
}

impl From<RangeTo<usize>> for Times {
    fn from(range: RangeTo<usize>) -> Self {
        (0..range.end).into()
    }
}

impl From<RangeToInclusive<usize>> for Times {
    fn from(range: RangeToInclusive<usize>) -> Self {
        Self { least: 0, most: Some(range.end) }
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self { least: 0, most: None }
    }
}
