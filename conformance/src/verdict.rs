//! How well a promise was kept. The worst verdict wins.

use std::fmt;

use rescind_specs::lifecycle::Basis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on one promise, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The promise was kept each time it was exercised.
    Pass,
    /// A reading of ours was not met; nothing binding says so.
    Divergence,
    /// What was received does not tell.
    Inconclusive,
    /// The promise was broken.
    Fail,
    /// The judge itself could not do its work.
    Error,
}

impl Verdict {
    /// The verdict, where a promise of that basis has it at worst: an inference never fails a deployment.
    #[must_use]
    pub fn capped(self, basis: Basis) -> Self {
        match (self, basis) {
            (Self::Fail, Basis::Inference) => Self::Divergence,
            (verdict, _) => verdict,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Divergence => "divergence",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        })
    }
}
