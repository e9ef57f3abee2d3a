//! What is run: which requirements and checks, how many cases, in how much time.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::cleanup::Record;

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of all randomness. The same seed gives the same sequences and requests, and with one job in the same order.
    pub seed: u64,
    /// How many generated cases a request check may send for each operation.
    pub cases: u32,
    /// How many sequences a lifecycle check may run.
    pub sequences: u32,
    /// Requirements (`R3`) and checks (`use_after_revocation`) to run; empty: all.
    pub only: Vec<String>,
    /// Requirements and checks to leave out.
    pub skip: Vec<String>,
    /// Longest real time to wait for a bound, where the deployment's clock cannot be moved.
    pub patience: Duration,
    /// Longest time for one reply.
    pub timeout: Duration,
    /// Most requests in a second; `None`: as fast as the deployment answers.
    pub rate: Option<u32>,
    /// How many sequences may be active at once, and so how many requests are under way. One that waits is not counted.
    pub jobs: NonZeroU32,
    /// What is not begun so long after the beginning of the run is not run; `None`: there is no end.
    pub max_time: Option<Duration>,
    /// Whether requests that change state may be sent.
    pub writes: Writes,
    /// Whether envelopes are kept for snapshots.
    pub envelopes: Envelopes,
    /// The seeds of random sequences that are run before fresh ones.
    pub replay: Vec<u64>,
    /// Where everything that has to be put away is written down before it is used; `None`: nowhere, so that what a run
    /// leaves behind that is killed is known to nobody.
    pub record: Option<Record>,
}

/// Whether what stays of the answers of each case is kept in the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Envelopes {
    /// It is not.
    #[default]
    Dropped,
    /// It is, to be compared with snapshots.
    Kept,
}

/// Whether requests that change state may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// They may.
    Allowed,
    /// They may not; everything that needs one is not run.
    Forbidden,
}

/// Polite towards a deployment that others use as well, and enough to hide most of its latency.
pub const JOBS: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 0,
            cases: 20,
            sequences: 1,
            only: Vec::new(),
            skip: Vec::new(),
            patience: Duration::ZERO,
            timeout: Duration::from_secs(10),
            rate: None,
            jobs: JOBS,
            max_time: None,
            writes: Writes::Allowed,
            envelopes: Envelopes::Dropped,
            replay: Vec::new(),
            record: None,
        }
    }
}
