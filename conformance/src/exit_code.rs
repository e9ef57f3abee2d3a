//! What the exit status of `rescind` means.

use std::fmt;

use crate::report::{ContractReport, Outcome, Report};
use crate::verdict::Verdict;

/// The exit status of `rescind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Every promise that was exercised was kept, and all that were planned were exercised.
    Conforms = 0,
    /// A promise was broken.
    Broken = 1,
    /// The command line, the target file or the contract is wrong. Nothing was judged.
    Usage = 2,
    /// No promise was seen broken, but at least one is open: inconclusive, or never exercised.
    Open = 3,
    /// The deployment could not be reached.
    Unreachable = 4,
    /// The judge itself failed. Says nothing about the deployment.
    Internal = 5,
}

impl ExitCode {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Conforms, Self::Broken, Self::Usage, Self::Open, Self::Unreachable, Self::Internal];

    /// The exit status for `report`. A breach that was seen counts for more than a failure of the judge beside it.
    /// Divergences alone do not redden a run: nothing binding says so. Nor do breaches that are accepted.
    pub fn of(report: &Report) -> Self {
        if report.contracts.is_empty() {
            return Self::Internal;
        }
        let mut outcomes = report.contracts.iter().flat_map(ContractReport::counted);
        if outcomes.any(|outcome| outcome == Outcome::Judged(Verdict::Fail)) {
            return Self::Broken;
        }
        match report.verdict() {
            Verdict::Pass | Verdict::Divergence => Self::Conforms,
            Verdict::Inconclusive => Self::Open,
            Verdict::Fail => Self::Broken,
            Verdict::Error => Self::Internal,
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Conforms => "every promise that was exercised was kept",
            Self::Broken => "a promise was broken",
            Self::Usage => "the command line, the target file or the contract is wrong; nothing was judged",
            Self::Open => "no promise was seen broken, but something stayed open",
            Self::Unreachable => "the deployment could not be reached",
            Self::Internal => "the judge itself failed; this says nothing about the deployment",
        }
    }

    /// What it means and what to do about it, at length.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Conforms => {
                "Every requirement and check that was planned was exercised, and none was broken. Divergences may be \
                 among them: readings of ours that nothing binding says, which never redden a run. What is pending, \
                 not observed or not run is counted in the report; it is no pass."
            }
            Self::Broken => {
                "At least one requirement or check failed. The report shows each breach first, with what is \
                 documented, what was received, and curl lines that repeat it."
            }
            Self::Usage => {
                "Nothing was sent. The message names the flag, the line of the target file or the place in the \
                 contract, and what to write instead."
            }
            Self::Open => {
                "Nothing is known to be broken, yet something that was planned could not be settled: an answer that \
                 tells neither way, a requirement that was never exercised, a bound that outlasts --patience, a \
                 run without a single acknowledged revocation, or a run that was interrupted or out of time. The \
                 report gives the reason of each."
            }
            Self::Unreachable => {
                "No connection to the base URL could be made, so nothing was judged. Check the URL, and that the \
                 deployment runs."
            }
            Self::Internal => {
                "The judge could not do its work: a fault of its own, or of the machine it runs on. Run again with \
                 -v; a run that ends so says nothing about the deployment."
            }
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}
