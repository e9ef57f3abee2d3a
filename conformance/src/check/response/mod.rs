//! Checks of single answers: pure functions of one exchange and the contract.

mod content_type_conformance;
mod evidence;
mod no_internal_leak;
pub(crate) mod no_secret_leak;
mod not_a_server_error;
mod problem_details_conformance;
mod response_headers_conformance;
mod response_schema_conformance;
mod status_code_conformance;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rescind_specs::{Contract, Operation};

use crate::exchange::{Exchange, Response};
use crate::finding::Finding;
use crate::redact::Redactor;

pub use content_type_conformance::ContentTypeConformance;
pub use no_internal_leak::NoInternalLeak;
pub use no_secret_leak::NoSecretLeak;
pub use not_a_server_error::NotAServerError;
pub use problem_details_conformance::ProblemDetailsConformance;
pub use response_headers_conformance::ResponseHeadersConformance;
pub use response_schema_conformance::ResponseSchemaConformance;
pub use status_code_conformance::StatusCodeConformance;

pub(crate) use evidence::{Evidence, received};

/// All checks of single answers, in report order.
pub const RESPONSE_CHECKS: &[&dyn ResponseCheck] = &[
    &StatusCodeConformance,
    &ContentTypeConformance,
    &ResponseSchemaConformance,
    &ResponseHeadersConformance,
    &ProblemDetailsConformance,
    &NotAServerError,
    &NoSecretLeak,
    &NoInternalLeak,
];

/// A check of single answers. Every exchange of a run is shown to it.
pub trait ResponseCheck: Sync {
    /// Its identifier: the name of its file, and of its row in a report.
    fn id(&self) -> &'static str;

    /// What it asks, in a sentence.
    fn question(&self) -> &'static str;

    /// Whether anything in the contract concerns it.
    fn applies(&self, contract: &Contract) -> bool {
        let _ = contract;
        true
    }

    /// What it has to say of one answer; `None` where it does not apply, which is not a pass.
    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>>;
}

/// One answer with what a check may know of it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The operation that was called; `None` for a call that no operation documents.
    pub operation: Option<&'a Operation>,
    /// The whole exchange.
    pub exchange: &'a Exchange,
    /// The response in it.
    pub response: &'a Response,
    /// The secrets of the run.
    pub secrets: &'a Secrets,
}

impl<'a> Answer<'a> {
    /// The answer of `exchange`; `None` where there was none.
    pub fn of(contract: &'a Contract, exchange: &'a Exchange, secrets: &'a Secrets) -> Option<Self> {
        let operation = exchange.request.operation.as_ref().and_then(|id| contract.operation(id));
        Some(Self { contract, operation, exchange, response: exchange.response()?, secrets })
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status.as_u16()
    }

    /// The documented response for this status.
    pub fn documented(&self) -> Option<&'a rescind_specs::Response> {
        self.operation?.responses.find(self.status())
    }

    /// Whether the operation is one of which not every answer is documented.
    pub fn incomplete(&self) -> bool {
        self.operation.is_some_and(|operation| incomplete(self.contract, operation))
    }
}

/// Whether the lifecycle document says that not every answer of the operation is documented.
pub(crate) fn incomplete(contract: &Contract, operation: &Operation) -> bool {
    contract.lifecycle().is_some_and(|lifecycle| lifecycle.incomplete.contains_key(&operation.id))
}

/// The secrets of a run, to be found in answers.
#[derive(Default)]
pub struct Secrets(Redactor);

/// Shorter texts turn up by chance.
const SHORTEST: usize = 8;

impl Secrets {
    /// These secrets. Those of fewer than eight bytes are not looked for.
    pub fn new(tainted: &BTreeSet<String>) -> Self {
        let redactor = Redactor::new();
        for secret in tainted.iter().filter(|secret| secret.len() >= SHORTEST) {
            redactor.taint(secret);
        }
        Self(redactor)
    }

    /// Whether `text` holds one of them, as it is or encoded.
    pub fn found_in(&self, text: &str) -> bool {
        self.0.finds(text)
    }
}
