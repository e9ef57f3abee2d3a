//! How many requirements of a contract came out which way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Outcome, RequirementReport};
use crate::verdict::Verdict;

/// Counts of outcomes; they add up to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many there are.
    pub total: u64,
    /// Exercised, and kept.
    pub passed: u64,
    /// Exercised, and kept otherwise than a reading has it that nothing binding says.
    pub diverged: u64,
    /// Not settled: inconclusive, or planned and never exercised.
    pub open: u64,
    /// Exercised, and broken.
    pub failed: u64,
    /// Not settled for an error of the judge.
    pub errors: u64,
    /// What cannot be seen from outside.
    pub not_observed: u64,
    /// What this run left out.
    pub not_run: u64,
    /// What has no check as yet.
    pub pending: u64,
}

impl Coverage {
    /// Counts outcomes.
    pub fn of<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Self {
        outcomes.into_iter().fold(Self::default(), |mut sum, outcome| {
            sum.total += 1;
            *match outcome {
                Outcome::Judged(Verdict::Pass) => &mut sum.passed,
                Outcome::Judged(Verdict::Divergence) => &mut sum.diverged,
                Outcome::Judged(Verdict::Inconclusive) | Outcome::NotExercised(_) => &mut sum.open,
                Outcome::Judged(Verdict::Fail) => &mut sum.failed,
                Outcome::Judged(Verdict::Error) => &mut sum.errors,
                Outcome::NotObserved(_) => &mut sum.not_observed,
                Outcome::NotRun(_) => &mut sum.not_run,
                Outcome::Pending(_) => &mut sum.pending,
            } += 1;
            sum
        })
    }

    /// Counts the outcomes of requirements.
    pub fn of_requirements(requirements: &[RequirementReport]) -> Self {
        Self::of(requirements.iter().map(|requirement| &requirement.outcome))
    }
}
