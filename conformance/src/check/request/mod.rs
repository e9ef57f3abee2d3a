//! Checks of answers to generated requests: which requests, and what may come of each. They send nothing themselves.

mod boundary_valid_accepted;
mod head_and_options_harmless;
mod invalid_input_rejected;
mod malformed_body_rejected;
mod missing_credentials_rejected;
mod outcome;
mod oversized_body_handled;
mod percent_encoding_equal;
#[cfg(test)]
mod tests;
mod undocumented_method_rejected;
mod wrong_credentials_rejected;
mod wrong_media_type_rejected;

use std::borrow::Cow;
use std::sync::Arc;

use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, OperationId, Pointer, SchemeName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::{Exchange, Request};
use crate::finding::Finding;
use crate::strategy::Shrinking;
use crate::strategy::request::Base;

pub use boundary_valid_accepted::BoundaryValidAccepted;
pub use head_and_options_harmless::HeadAndOptionsHarmless;
pub use invalid_input_rejected::InvalidInputRejected;
pub use malformed_body_rejected::MalformedBodyRejected;
pub use missing_credentials_rejected::MissingCredentialsRejected;
pub use oversized_body_handled::OversizedBodyHandled;
pub use percent_encoding_equal::PercentEncodingEqual;
pub use undocumented_method_rejected::UndocumentedMethodRejected;
pub use wrong_credentials_rejected::WrongCredentialsRejected;
pub use wrong_media_type_rejected::WrongMediaTypeRejected;

/// All checks of generated requests, in report order.
pub const REQUEST_CHECKS: &[&dyn RequestCheck] = &[
    &BoundaryValidAccepted,
    &InvalidInputRejected,
    &MalformedBodyRejected,
    &OversizedBodyHandled,
    &WrongMediaTypeRejected,
    &MissingCredentialsRejected,
    &WrongCredentialsRejected,
    &UndocumentedMethodRejected,
    &HeadAndOptionsHarmless,
    &PercentEncodingEqual,
];

/// A check of answers to generated requests.
pub trait RequestCheck: Sync {
    /// Its identifier: the name of its file, and of its row in a report.
    fn id(&self) -> &'static str;

    /// What it asks, in a sentence.
    fn question(&self) -> &'static str;

    /// The requests that it wants sent to one operation, the most telling first.
    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case>;

    /// What it has to say of what came of a case; `None` where that tells nothing, which is not a pass.
    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>>;
}

/// The operation that cases are made for.
pub struct Subject<'s, 'c> {
    /// Where its requests start from.
    pub base: &'s Base<'c>,
    /// The most cases that will be sent.
    pub most: usize,
    /// Gives a word that no other call of the run uses.
    pub unique: &'s (dyn Fn() -> String + Sync),
}

/// One request before it is sent.
#[derive(Clone)]
pub struct Case {
    /// The operation concerned, which the request itself may deviate from.
    pub operation: OperationId,
    /// What is special about it, as a phrase: `/name of 256 characters, where at most 255 are documented`.
    pub what: String,
    /// What is broken or tried, for findings of one kind: `maxLength`.
    pub keyword: Cow<'static, str>,
    /// The request, without credentials.
    pub request: Request,
    /// Which credentials it carries.
    pub credentials: Presented,
    /// How its body can be made simpler, where that is of use.
    pub tree: Option<Shrinking>,
    /// A request to be sent before it, with the same credentials, for comparison.
    pub twin: Option<Request>,
    /// Whether it is about a credential that really exists.
    pub target: Target,
    /// Where the OpenAPI document says what is documented.
    pub place: Pointer,
}

/// Which credentials a case carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Presented {
    /// Those that are required.
    Right,
    /// None.
    Missing,
    /// All but this one.
    Without(#[schemars(with = "String")] SchemeName),
    /// This one with another value, the others right.
    Wrong(#[schemars(with = "String")] SchemeName),
    /// The right value of this one in the manner of another scheme.
    Misplaced(#[schemars(with = "String")] SchemeName),
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Nothing that exists.
    Nothing,
    /// A credential that is issued for this case alone and probed after it. Its identifier takes the place of the
    /// made-up one in the request.
    Fresh,
}

/// What came of a case.
pub struct Sent<'e> {
    /// The decisive exchange.
    pub exchange: &'e Exchange,
    /// The exchange of the twin, or those of the fresh credential, in order.
    pub others: &'e [Arc<Exchange>],
    /// What the probe of the fresh credential says afterwards.
    pub afterwards: Afterwards,
}

/// What is known of a fresh credential after a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Nothing, or there was none.
    Unknown,
    /// It works as before.
    Works,
    /// It does not work any more.
    Refused,
}

impl Case {
    /// A case with the right credentials about nothing that exists.
    pub(crate) fn new(
        base: &Base<'_>,
        what: impl Into<String>,
        keyword: &'static str,
        request: Request,
        place: Pointer,
    ) -> Self {
        Self {
            operation: base.operation.id.clone(),
            what: what.into(),
            keyword: keyword.into(),
            request,
            credentials: Presented::Right,
            tree: None,
            twin: None,
            target: Target::Nothing,
            place,
        }
    }
}
