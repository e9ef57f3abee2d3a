//! How a check words what it found.

use rescind_specs::{Contract, OperationId, Pointer};

use crate::exchange::{Exchange, ExchangeId, Reply};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// The parts of a finding that are the same in every check.
pub(crate) struct Evidence<'a> {
    contract: &'a Contract,
    check: &'static str,
    operation: Option<OperationId>,
    exchanges: Vec<ExchangeId>,
}

impl<'a> Evidence<'a> {
    /// Evidence of one exchange.
    pub(crate) fn of(check: &'static str, contract: &'a Contract, exchange: &Exchange) -> Self {
        Self { contract, check, operation: exchange.request.operation.clone(), exchanges: vec![exchange.id] }
    }

    /// The operation concerned, where the request itself calls none that is documented.
    pub(crate) fn about(mut self, operation: &OperationId) -> Self {
        self.operation = Some(operation.clone());
        self
    }

    /// Puts earlier exchanges before the decisive one.
    pub(crate) fn after(mut self, earlier: impl IntoIterator<Item = ExchangeId>) -> Self {
        let decisive = std::mem::take(&mut self.exchanges);
        self.exchanges = earlier.into_iter().chain(decisive).collect();
        self
    }

    /// The finding; `at` is the place in the OpenAPI document that says what is documented.
    pub(crate) fn finding(
        &self,
        verdict: Verdict,
        message: impl Into<String>,
        documented: impl Into<String>,
        received: impl Into<String>,
        at: Option<&Pointer>,
    ) -> Finding {
        Finding {
            check: self.check.to_owned(),
            verdict,
            operation: self.operation.clone(),
            message: message.into(),
            documented: documented.into(),
            received: received.into(),
            place: at.and_then(|at| place(self.contract, at)),
            exchanges: self.exchanges.clone(),
            requirement: None,
            sequence: None,
        }
    }
}

/// `specs/dinie/openapi.yaml:120:9`.
fn place(contract: &Contract, at: &Pointer) -> Option<String> {
    let document = contract.document();
    let position = document.key_position(at).or_else(|| document.position(at))?;
    Some(format!("{}:{}:{}", document.name(), position.line, position.column))
}

/// What was received, in short: `422 application/json`.
pub(crate) fn received(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Lost(why) => format!("no answer: {why}"),
        Reply::Received(response) => match response.media_type() {
            Some(media_type) => format!("{} {media_type}", response.status.as_u16()),
            None if response.body.is_empty() => format!("{} without a body", response.status.as_u16()),
            None => format!("{} without a media type", response.status.as_u16()),
        },
    }
}

/// The documented response keys: `200, 401, 4XX`.
pub(crate) fn keys(operation: &rescind_specs::Operation) -> String {
    let keys: Vec<String> = operation.responses.iter().map(|response| response.status.to_string()).collect();
    keys.join(", ")
}
