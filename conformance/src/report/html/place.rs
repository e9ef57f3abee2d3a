//! A contract within the page: its anchors, and which of its exchanges are shown in full.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::exchange::ExchangeId;
use crate::report::{ContractReport, CredentialTimeline};

/// So many exchanges are shown in full, over all contracts; those of findings always are. The others have a line each.
pub(super) const IN_FULL: usize = 600;
/// So many credentials without a finding have a timeline, in each contract.
pub(super) const LIFELINES: usize = 60;

/// How many exchanges are shown in full so far.
#[derive(Default)]
pub(super) struct Details(usize);

/// A contract within the page.
pub(super) struct Place<'r> {
    index: usize,
    pub(super) contract: &'r ContractReport,
    /// The credentials that were revoked, those that a finding concerns first.
    pub(super) lifelines: Vec<Lifeline<'r>>,
    in_full: BTreeSet<ExchangeId>,
    known: BTreeSet<ExchangeId>,
}

/// A credential with a timeline.
pub(super) struct Lifeline<'r> {
    /// Its number among all credentials of the contract.
    pub(super) number: usize,
    pub(super) timeline: &'r CredentialTimeline,
    pub(super) concern: Concern,
}

/// Whether a finding is about a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
    Finding,
    None,
}

impl<'r> Place<'r> {
    pub(super) fn new(index: usize, contract: &'r ContractReport, details: &mut Details) -> Self {
        let breaches = contract.requirements.iter().flat_map(|requirement| &requirement.findings);
        let breaches = breaches.chain(contract.checks.iter().flat_map(|check| &check.findings));
        let mut in_full: BTreeSet<ExchangeId> =
            breaches.flat_map(|breach| breach.finding.exchanges.iter().copied()).collect();
        details.0 += in_full.len();
        let mut lifelines: Vec<Lifeline<'r>> = contract
            .credentials
            .iter()
            .enumerate()
            .map(|(number, timeline)| {
                let mut exchanges = timeline.events.iter().flat_map(|event| &event.exchanges);
                let found = exchanges.any(|exchange| in_full.contains(exchange));
                let concern = if found { Concern::Finding } else { Concern::None };
                Lifeline { number, timeline, concern }
            })
            .filter(|life| life.concern == Concern::Finding || life.timeline.is_revoked())
            .collect();
        lifelines.sort_by_key(|life| life.concern);
        for life in lifelines.iter().take(LIFELINES) {
            for exchange in life.timeline.events.iter().flat_map(|event| &event.exchanges) {
                if details.0 < IN_FULL && in_full.insert(*exchange) {
                    details.0 += 1;
                }
            }
        }
        let known = contract.exchanges.iter().map(|exchange| exchange.id).collect();
        Self { index, contract, lifelines, in_full, known }
    }

    /// Whether an exchange is shown in full.
    pub(super) fn shows(&self, exchange: ExchangeId) -> bool {
        self.in_full.contains(&exchange)
    }

    /// Whether each use is told with its replica.
    pub(super) fn has_replicas(&self) -> bool {
        !self.contract.replicas.is_empty()
    }

    /// The anchor of the contract. Names of contracts may hold anything, so it is a number.
    pub(super) fn anchor(&self) -> String {
        format!("contract-{}", self.index + 1)
    }

    /// An anchor within the contract.
    pub(super) fn below(&self, name: &str) -> String {
        format!("contract-{}-{name}", self.index + 1)
    }

    /// A link to an exchange: `#12`.
    pub(super) fn link(&self, exchange: ExchangeId) -> Markup {
        if !self.known.contains(&exchange) {
            return html! { span.mono { "#" (exchange.0) } };
        }
        html! { a.mono href=(format!("#{}", self.exchange(exchange))) { "#" (exchange.0) } }
    }

    /// The anchor of an exchange.
    pub(super) fn exchange(&self, exchange: ExchangeId) -> String {
        self.below(&format!("exchange-{}", exchange.0))
    }

    /// The anchor of a credential.
    pub(super) fn credential(&self, number: usize) -> String {
        self.below(&format!("credential-{}", number + 1))
    }

    /// The anchor of a promise.
    pub(super) fn promise(&self, id: &str) -> String {
        self.below(id)
    }
}
