//! The result of a run, as data. Every rendering is made from this and from nothing else.

pub mod acceptance;
pub mod coverage;
pub mod exchange;
pub mod har;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod measurement;
pub mod propagation;
pub mod sarif;
mod subject;
pub(crate) mod text;
pub mod timeline;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rescind_specs::lifecycle::{Basis, RequirementId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::acceptance::{Acceptance, Standing};
pub use self::exchange::ExchangeRecord;
pub use self::propagation::PropagationDelay;
pub use self::timeline::CredentialTimeline;
use crate::counterexample::Repeat;
use crate::drift::{Drift, Envelope};
use crate::finding::Finding;
use crate::verdict::Verdict;
pub use coverage::Coverage;
pub use measurement::{Measurement, Unit};

/// The result of a run over one or more deployments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of the judge.
    pub version: String,
    /// The seed that repeats the run.
    pub seed: u64,
    /// When the run began, in real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub began: Option<Timestamp>,
    /// One result a contract, in the order judged.
    pub contracts: Vec<ContractReport>,
}

/// The result for one deployment of one contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContractReport {
    /// The name of the contract.
    pub contract: String,
    /// The title and version of its OpenAPI document.
    pub title: String,
    /// The hash of its documents, so that a counterexample knows what it was found against.
    #[serde(default)]
    pub digest: String,
    /// The names of its documents: OpenAPI, then lifecycle.
    #[serde(default)]
    pub documents: Vec<String>,
    /// The base URL of the deployment.
    pub url: String,
    /// The base URLs of its further replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<String>,
    /// How many requests were sent.
    pub requests: u64,
    /// How long it took, in seconds by the judge's own clock.
    pub seconds: f64,
    /// How many requirements came out which way.
    #[serde(default)]
    pub coverage: Coverage,
    /// Every numbered requirement, in document order.
    pub requirements: Vec<RequirementReport>,
    /// Every check of single answers and of single requests, in report order.
    pub checks: Vec<CheckReport>,
    /// Every operation: what was documented, and what was seen.
    pub operations: Vec<OperationCoverage>,
    /// How many credentials were revoked in the run, as their deployment acknowledged.
    pub revocations: u64,
    /// How long revoked credentials went on to be accepted, one entry a credential and replica; no verdict rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub propagation: Vec<PropagationDelay>,
    /// The life of each credential in each sequence, in the order in which the sequences ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<CredentialTimeline>,
    /// Every request with what came of it, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeRecord>,
    /// What was issued and could not be revoked at the end, by identifier.
    pub left_behind: Vec<String>,
    /// What was asked for, without an answer that tells whether it was issued, and could not be looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perhaps_left_behind: Vec<String>,
    /// The breaches that the operator accepts, and what came of each acceptance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptances: Vec<Acceptance>,
    /// The envelopes that were seen, where they were to be compared with snapshots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub envelopes: Vec<Envelope>,
    /// What of them differs from the snapshots. It is no breach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Whether the run came to its end.
    #[serde(default)]
    pub end: End,
}

/// Whether a run came to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Everything that was planned was begun.
    #[default]
    Complete,
    /// A signal ended it early.
    Interrupted,
    /// The time was up before everything was begun.
    OutOfTime,
}

/// What came of one requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequirementReport {
    /// Its number.
    pub id: RequirementId,
    /// What is promised.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
    /// Where that is written.
    pub source: String,
    /// The checks that cover it.
    pub checks: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// How often it was really exercised.
    pub exercised: u64,
    /// What was found, the worst first.
    pub findings: Vec<Breach>,
    /// What was measured on the way; no verdict rests on it.
    #[serde(default)]
    pub measurements: Vec<Measurement>,
    /// Checks of it that could not be run, and why, where others were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What came of one check of single answers or requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// The identifier of the check.
    pub id: String,
    /// What it asks, in a sentence.
    pub question: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How often it was really exercised.
    pub exercised: u64,
    /// What was found, one of a kind, the worst first.
    pub findings: Vec<Breach>,
}

/// A finding with the shortest sequence that shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Breach {
    /// What was found.
    pub finding: Finding,
    /// The steps that lead to it, in words.
    pub steps: Vec<String>,
    /// A shell script that repeats them with credentials of its own; it needs curl and jq.
    pub reproduction: Vec<String>,
    /// How many findings of this kind there were.
    pub times: u64,
    /// It was seen once in so many runs of the same sequence; absent: each time, or there was one run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<u32>,
    /// How to look for it once more (`rescind replay`); absent where only the script repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

/// What came of a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "why")]
pub enum Outcome {
    /// It was exercised; this is the verdict.
    Judged(Verdict),
    /// It was planned and never exercised, and why. Never a pass.
    NotExercised(String),
    /// It was not planned in this run, and why.
    NotRun(String),
    /// Its check does not exist yet.
    Pending(String),
    /// It cannot be seen from outside, and why.
    NotObserved(String),
}

/// What was documented and what was seen of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationCoverage {
    /// Its identifier.
    pub operation: String,
    /// Method and path template.
    pub signature: String,
    /// The documented response keys.
    pub documented: Vec<String>,
    /// The statuses received, with how often.
    pub received: Vec<(u16, u64)>,
}

impl Outcome {
    /// A word for it, as in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Judged(Verdict::Pass) => "passed",
            Self::Judged(Verdict::Divergence) => "diverged",
            Self::Judged(Verdict::Inconclusive) => "inconclusive",
            Self::Judged(Verdict::Fail) => "failed",
            Self::Judged(Verdict::Error) => "error",
            Self::NotExercised(_) => "not exercised",
            Self::NotRun(_) => "not run",
            Self::Pending(_) => "pending",
            Self::NotObserved(_) => "not observed",
        }
    }
}

impl OperationCoverage {
    /// Whether an answer fell under that response key: its own status first, then its range, then `default`.
    pub fn was_seen(&self, key: &str) -> bool {
        let documented = |text: &str| self.documented.iter().any(|key| key.eq_ignore_ascii_case(text));
        self.received.iter().any(|(status, _)| {
            let exact = status.to_string();
            let range = format!("{}XX", status / 100);
            let falls_under = if documented(&exact) {
                exact
            } else if documented(&range) {
                range
            } else {
                "default".to_owned()
            };
            falls_under.eq_ignore_ascii_case(key)
        })
    }
}

impl ContractReport {
    /// The worst verdict on anything; `Inconclusive` where a promise was never exercised, no credential was revoked
    /// or the run did not come to its end. A breach that is accepted counts as a divergence.
    pub fn verdict(&self) -> Verdict {
        let worst = self
            .counted()
            .map(|outcome| match outcome {
                Outcome::Judged(verdict) => verdict,
                Outcome::NotExercised(_) => Verdict::Inconclusive,
                Outcome::NotRun(_) | Outcome::Pending(_) | Outcome::NotObserved(_) => Verdict::Pass,
            })
            .max()
            .unwrap_or(Verdict::Inconclusive);
        let nothing_revoked = self.revocations == 0 && !self.requirements.is_empty();
        if nothing_revoked || self.end != End::Complete { worst.max(Verdict::Inconclusive) } else { worst }
    }

    /// How long the run took.
    pub fn took(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds).unwrap_or_default()
    }
}

impl Report {
    /// The worst verdict on any contract.
    pub fn verdict(&self) -> Verdict {
        self.contracts.iter().map(ContractReport::verdict).max().unwrap_or(Verdict::Inconclusive)
    }

    /// Whether every promise that was planned was seen kept, as exit code 0 says.
    pub fn conforms(&self) -> bool {
        self.verdict() <= Verdict::Divergence
    }
}

/// As a person reads it at a terminal, without colours.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        human::write(self, &mut text, human::Options::default()).map_err(|_| fmt::Error)?;
        write!(f, "{}", anstream::adapter::strip_str(&String::from_utf8_lossy(&text)))
    }
}
