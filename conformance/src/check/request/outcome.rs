//! What an answer means: done, refused, or neither.

use rescind_specs::lifecycle::Actor;
use rescind_specs::{Contract, Operation};

use super::{Case, Sent};
use crate::call::Bindings;
use crate::check::response::{Evidence, incomplete};
use crate::exchange::Exchange;
use crate::finding::Finding;
use crate::strategy::request::Base;
use crate::verdict::Verdict;

/// What an answer means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call was done.
    Done,
    /// The call was refused for what was sent.
    Refused(u16),
    /// The deployment failed.
    Failed(u16),
    /// There is no answer, the deployment was busy, or it answered in a way that means neither.
    Unclear,
}

/// Reads an answer to a call of `operation`.
pub(super) fn outcome(contract: &Contract, operation: &Operation, exchange: &Exchange) -> Outcome {
    let Some(status) = exchange.status() else { return Outcome::Unclear };
    match status {
        200..=299 => {
            // Some operations tell a refusal within a success; the lifecycle document says what success is.
            let base = Base::of(contract, operation);
            match base.success {
                Some(success) if Bindings::default().meets(contract, success, exchange).is_err() => {
                    Outcome::Unclear
                }
                _ => Outcome::Done,
            }
        }
        // 429 says nothing of the request itself.
        429 | 502..=504 => Outcome::Unclear,
        400..=499 => Outcome::Refused(status),
        500..=599 => Outcome::Failed(status),
        _ => Outcome::Unclear,
    }
}

/// Whether an answer is what the lifecycle document calls a refusal of whoever calls, though its status is a success.
pub(super) fn refuses_within_success(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange,
) -> bool {
    let kinds = contract.lifecycle().into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
    let mut probes = kinds.flat_map(|kind| {
        kind.probe.iter().chain(kind.tokens.values().filter_map(|token| token.probe.as_ref()))
    });
    let meets = |condition| Bindings::default().meets(contract, condition, exchange).is_ok();
    probes.any(|probe| {
        probe.call.operation == operation.id
            && matches!(probe.call.actor, Actor::Credential | Actor::Token)
            && !meets(&probe.accepted)
            && meets(&probe.refused)
    })
}

/// Whether the contract lets one tell a wrong refusal from a right one.
pub(super) fn documents_refusals(contract: &Contract, operation: &Operation) -> bool {
    incomplete(contract, operation)
        || operation.responses.iter().any(|response| !response.status.is_success())
}

/// The findings on a request that has to be refused: none where it was, one where it was done or failed.
pub(super) fn must_be_refused(
    check: &'static str,
    contract: &Contract,
    case: &Case,
    sent: &Sent<'_>,
    documented: &str,
) -> Option<Vec<Finding>> {
    let operation = contract.operation(&case.operation)?;
    match outcome(contract, operation, sent.exchange) {
        Outcome::Done => {
            let message = format!("{} accepts a request with {}", operation.signature(), case.what);
            Some(vec![finding(check, contract, case, sent, Verdict::Fail, message, documented)])
        }
        Outcome::Failed(status) if status != 501 => {
            let message = format!("{} fails on a request with {}", operation.signature(), case.what);
            Some(vec![finding(check, contract, case, sent, Verdict::Fail, message, documented)])
        }
        // The credentials were right, so this is about them and not about what was sent.
        Outcome::Refused(401) | Outcome::Unclear => None,
        Outcome::Refused(_) | Outcome::Failed(_) => documents_refusals(contract, operation).then(Vec::new),
    }
}

/// A finding on a case.
pub(super) fn finding(
    check: &'static str,
    contract: &Contract,
    case: &Case,
    sent: &Sent<'_>,
    verdict: Verdict,
    message: impl Into<String>,
    documented: &str,
) -> Finding {
    Evidence::of(check, contract, sent.exchange)
        .about(&case.operation)
        .after(sent.others.iter().map(|exchange| exchange.id).filter(|id| *id < sent.exchange.id))
        .finding(
            verdict,
            message,
            documented,
            crate::check::response::received(sent.exchange),
            Some(&case.place),
        )
}
