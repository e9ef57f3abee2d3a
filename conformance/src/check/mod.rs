//! Checks: pure functions from what was sent and received to findings. Only the runner sends and waits.

use rescind_specs::Contract;

use crate::exchange::Exchange;
use crate::finding::Finding;

/// What a check makes of what it saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// How often the promise was really exercised.
    pub exercised: u64,
    /// What is not as documented.
    pub findings: Vec<Finding>,
    /// Why something could not be judged, or not wholly.
    pub open: Option<String>,
}

/// A check of every single answer of a run, whoever asked for it.
pub trait ResponseCheck: Sync {
    /// The identifier: `status_code_conformance`.
    fn id(&self) -> &'static str;

    /// What it asks, in a sentence.
    fn question(&self) -> &'static str;

    /// Judges one exchange.
    fn judge(&self, contract: &Contract, exchange: &Exchange) -> Judgement;
}
