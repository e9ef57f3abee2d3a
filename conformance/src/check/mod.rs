//! Checks: pure functions from what was sent and received to findings. Only the runner sends and waits.

pub mod lifecycle;
pub mod request;
pub mod response;
pub(crate) mod words;

use crate::finding::Finding;
use crate::report::measurement::Sample;

/// What a check makes of what it saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// How often the promise was really exercised.
    pub exercised: u64,
    /// What is not as documented.
    pub findings: Vec<Finding>,
    /// Why something could not be judged, or not wholly.
    pub open: Option<String>,
    /// What was measured on the way; no verdict rests on it.
    pub measurements: Vec<Sample>,
}
