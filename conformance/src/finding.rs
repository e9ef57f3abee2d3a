//! What a check has to say against a deployment, with its evidence.

use rescind_specs::OperationId;
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
}
