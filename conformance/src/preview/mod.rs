//! What a run would do: every sequence in words, every operation with the number of its generated requests, and what all
//! of that comes to. Nothing is sent for it, to nobody.

mod bill;
mod cost;
pub mod human;
mod outline;

use indexmap::IndexMap;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{Basis, RequirementId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::session::{Session, SessionError};

/// What a run over one or more deployments would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// The version of the judge.
    pub version: String,
    /// The seed: a run with another one sends other requests.
    pub seed: u64,
    /// One entry a contract, in the order in which they would be judged.
    pub contracts: Vec<ContractPreview>,
}

/// What a run would do to one deployment of one contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContractPreview {
    /// The name of the contract.
    pub contract: String,
    /// The title and version of its OpenAPI document.
    pub title: String,
    /// Every address that anything would be sent to.
    pub addresses: Vec<String>,
    /// Whether waiting costs nothing, because the deployment's clock would be moved.
    pub clock: ClockUse,
    /// The requirements that would be run, in document order.
    pub requirements: Vec<RequirementPreview>,
    /// The checks of generated requests that would be run, in report order.
    pub checks: Vec<CheckPreview>,
    /// Random sequences of steps, those that are run again first.
    pub random: Vec<Vec<String>>,
    /// What would not be run, and why.
    pub left_out: Vec<LeftOut>,
    /// The requests to the deployment, as long as it keeps its promises: what breaks one is repeated to make it shorter.
    /// A list counts as one request, however many pages it has.
    pub requests: Count,
    /// The requests by method.
    pub methods: IndexMap<String, Count>,
    /// Those whose method is not safe (RFC 9110 §9.2.1).
    pub writes: Count,
    /// The credentials that would be issued. Each is revoked at the end.
    pub issued: Count,
    /// How often each hook would be run.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub hooks: IndexMap<String, Count>,
    /// The longest real time that one sequence would wait, in seconds. Sequences wait side by side.
    pub longest_wait: f64,
}

/// How a run waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockUse {
    /// The deployment's clock is moved.
    Moved,
    /// A wait is a wait.
    Real,
}

/// What would be done for one requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequirementPreview {
    /// Its number.
    pub id: RequirementId,
    /// What is promised.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
    /// The sequences that would be run.
    pub sequences: Vec<SequencePreview>,
    /// Checks of it that would not be run, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SequencePreview {
    /// The check that judges it.
    pub check: String,
    /// Its steps, in words.
    pub steps: Vec<String>,
    /// How long it waits in real time, in seconds, as far as that is known beforehand.
    pub waits: f64,
    /// Why it would end early, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
}

/// The generated requests of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckPreview {
    /// The identifier of the check.
    pub id: String,
    /// How many cases each operation gets.
    pub operations: IndexMap<String, u64>,
}

/// Something that would not be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// A requirement or a check.
    pub id: String,
    /// Why.
    pub why: String,
}

/// How often, within bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// At least so often.
    pub at_least: u64,
    /// At most so often.
    pub at_most: u64,
}

impl Count {
    /// Exactly so often.
    pub const fn exactly(times: u64) -> Self {
        Self { at_least: times, at_most: times }
    }

    /// At most so often.
    pub const fn up_to(times: u64) -> Self {
        Self { at_least: 0, at_most: times }
    }

    /// So many times that.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { at_least: self.at_least.saturating_mul(times), at_most: self.at_most.saturating_mul(times) }
    }

    /// The same at most, and perhaps not at all.
    #[must_use]
    pub fn perhaps(self) -> Self {
        Self { at_least: 0, ..self }
    }
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.at_least = self.at_least.saturating_add(other.at_least);
        self.at_most = self.at_most.saturating_add(other.at_most);
    }
}

/// What a run would do to a deployment. Sends nothing, not to the control interface either: a clock that is named counts
/// as one that can be moved.
///
/// # Errors
/// The HTTP client cannot be made.
pub fn preview(
    contract: &Contract,
    deployment: &Deployment,
    plan: &Plan,
    redactor: &Redactor,
) -> Result<ContractPreview, SessionError> {
    let session = Session::unopened(contract, deployment, plan, redactor)?;
    Ok(outline::outline(&session))
}

/// The JSON Schema of a preview.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Preview).to_value()
}
