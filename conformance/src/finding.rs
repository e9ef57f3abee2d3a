//! What a check has to say against a deployment, with its evidence.

use rescind_specs::OperationId;
use rescind_specs::lifecycle::RequirementId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::ExchangeId;
use crate::verdict::Verdict;

/// One thing that is not as documented. Its texts hold no secret: they are built from redacted parts only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check that found it: `use_after_revocation`.
    pub check: String,
    /// How bad it is.
    pub verdict: Verdict,
    /// The operation concerned, if it is one.
    #[schemars(with = "Option<String>")]
    pub operation: Option<OperationId>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What is documented.
    pub documented: String,
    /// What was received.
    pub received: String,
    /// Where the contract says so: `specs/dinie/openapi.yaml:120:9`.
    pub place: Option<String>,
    /// The exchanges that show it, the decisive one last.
    pub exchanges: Vec<ExchangeId>,
    /// The requirement that it breaks, where the check is not one of that requirement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<RequirementId>,
    /// The random sequence that shows it, where the check made one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Sequence>,
}

/// A sequence of lifecycle steps that was made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sequence {
    /// The seed that makes it again, in hexadecimal digits.
    pub seed: String,
    /// The steps that are left of it after shrinking, in words.
    pub steps: Vec<String>,
}
