//! What came of a sequence: one event a step, with its exchanges and the deployment's time.

use std::sync::Arc;

use jiff::Timestamp;
use rescind_specs::lifecycle::Condition;
use rescind_specs::{Contract, OperationId};
use serde_json::Value;

use super::step::{Slot, Step, Target, TokenSlot};
use crate::call::{Bindings, Known};
use crate::credential::{Credential, Token};
use crate::exchange::{Exchange, ExchangeId, Replica};

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Accepted: it was issued, revoked, done; the credential or token works.
    Accepted,
    /// Refused: it was answered, and not so.
    Refused,
    /// The answer does not tell, and why: lost, throttled, failed, neither of both.
    Unclear(String),
    /// The step could not be run, and why.
    NotRun(String),
    /// The wait was too long.
    StillOpen(String),
}

/// One step that was run.
#[derive(Clone)]
pub struct Event {
    /// The step. One that does several things has an event for each, with the step that does only that.
    pub step: Step,
    /// The step of the sequence that it is a part of, and the place of that step; `None`: it is a whole step.
    pub part_of: Option<(usize, Arc<Step>)>,
    /// Where it was done.
    pub replica: Replica,
    /// When it began, by the deployment's clock.
    pub began: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
    /// What came of it.
    pub seen: Seen,
    /// Its exchanges; those of the control credential are not among them.
    pub exchanges: Vec<Arc<Exchange>>,
    /// The credential concerned: for an issue, the one issued.
    pub credential: Option<Arc<Credential>>,
    /// The token concerned.
    pub token: Option<Arc<Token>>,
    /// The identifier of the dependent concerned.
    pub dependent: Option<Known>,
    /// The items of a list that was read to its end.
    pub items: Option<Vec<Value>>,
    /// What a control credential got at the same time, where this one was refused.
    pub control: Option<Seen>,
}

impl Event {
    /// An event without more than its times and outcome.
    pub fn new(step: Step, at: Timestamp, seen: Seen) -> Self {
        Self {
            step,
            part_of: None,
            replica: Replica::default(),
            began: at,
            ended: at,
            seen,
            exchanges: Vec::new(),
            credential: None,
            token: None,
            dependent: None,
            items: None,
            control: None,
        }
    }

    /// Whether it was accepted.
    pub fn accepted(&self) -> bool {
        self.seen == Seen::Accepted
    }

    /// Whether it was refused while a control credential was accepted: a real refusal, no outage.
    pub fn refused(&self) -> bool {
        self.seen == Seen::Refused && matches!(self.control, None | Some(Seen::Accepted))
    }

    /// Whether it began when `first` was over, in real time. Of events at once neither follows the other.
    pub fn follows(&self, first: &Self) -> bool {
        match (first.decisive(), self.decisive()) {
            (Some(first), Some(then)) => first.span.precedes(then.span),
            _ => true,
        }
    }

    /// The last exchange, which decided.
    pub fn decisive(&self) -> Option<&Arc<Exchange>> {
        self.exchanges.last()
    }

    /// The operation that decided.
    pub fn operation(&self) -> Option<OperationId> {
        self.decisive()?.request.operation.clone()
    }

    /// The numbers of its exchanges.
    pub fn ids(&self) -> Vec<ExchangeId> {
        self.exchanges.iter().map(|exchange| exchange.id).collect()
    }

    /// Whether its decisive answer is like `condition`; else what differs.
    pub fn meets(&self, contract: &Contract, condition: &Condition) -> Result<(), String> {
        let Some(exchange) = self.decisive() else { return Err("no answer".to_owned()) };
        self.bindings().meets(contract, condition, exchange)
    }

    /// What the expressions of a condition on its answer stand for.
    pub fn bindings(&self) -> Bindings {
        Bindings {
            credential: self.credential.clone(),
            token: self.token.clone(),
            dependent: self.dependent.clone(),
            ..Bindings::default()
        }
    }

    /// Why nothing can be said of it, if so.
    pub fn why_open(&self) -> Option<String> {
        match &self.seen {
            Seen::Unclear(why) | Seen::NotRun(why) | Seen::StillOpen(why) => {
                Some(format!("{}: {why}", self.step))
            }
            Seen::Refused if !self.refused() => {
                Some(format!("{}: the control credential was not accepted either", self.step))
            }
            Seen::Accepted | Seen::Refused => None,
        }
    }
}

/// What came of a sequence.
#[derive(Clone, Default)]
pub struct History {
    /// Its events, in order; fewer than steps if one could not be run.
    pub events: Vec<Event>,
}

impl History {
    /// The last successful issue into a slot.
    pub fn issue(&self, slot: u8) -> Option<&Event> {
        let issues = self.events.iter().rev().filter(|event| event.accepted());
        issues.into_iter().find(
            |event| matches!(&event.step, Step::Issue(into, _) | Step::Adopt(into, _) if *into == Slot(slot)),
        )
    }

    /// The credential of a slot.
    pub fn credential(&self, slot: u8) -> Option<&Arc<Credential>> {
        self.issue(slot)?.credential.as_ref()
    }

    /// Where in the sequence the revocation of a slot was first acknowledged.
    pub fn revoked(&self, slot: u8) -> Option<(usize, &Event)> {
        self.events
            .iter()
            .enumerate()
            .find(|(_, event)| event.accepted() && revokes(&event.step) == Some(Slot(slot)))
    }

    /// Every attempt to revoke the credential of a slot, with its place.
    pub fn attempts(&self, slot: u8) -> impl Iterator<Item = (usize, &Event)> {
        self.events.iter().enumerate().filter(move |(_, event)| revokes(&event.step) == Some(Slot(slot)))
    }

    /// Every use of the credential of a slot, with its place.
    pub fn presents(&self, slot: u8) -> impl Iterator<Item = (usize, &Event)> {
        self.events.iter().enumerate().filter(move |(_, event)| event.step == Step::Present(Slot(slot)))
    }

    /// Every use of a token, with its place.
    pub fn token_presents(&self, token: u8) -> impl Iterator<Item = (usize, &Event)> {
        self.events
            .iter()
            .enumerate()
            .filter(move |(_, event)| event.step == Step::PresentToken(TokenSlot(token)))
    }

    /// Every event whose step fits.
    pub fn all(&self, fits: impl Fn(&Step) -> bool) -> impl Iterator<Item = (usize, &Event)> {
        self.events.iter().enumerate().filter(move |(_, event)| fits(&event.step))
    }

    /// Why it says nothing, or not all: the first event that could not be read.
    pub fn why_open(&self) -> Option<String> {
        self.events.iter().find_map(Event::why_open)
    }

    /// Every exchange of its steps.
    pub fn exchanges(&self) -> impl Iterator<Item = &Arc<Exchange>> {
        self.events.iter().flat_map(|event| &event.exchanges)
    }
}

/// The slot whose revocation a step asks for.
pub fn revokes(step: &Step) -> Option<Slot> {
    match step {
        Step::Revoke { target: Target::Slot(slot), .. }
        | Step::RevokeBy(_, slot)
        | Step::RevokeAsDescribed(slot)
        | Step::RevokeMany(slot, _)
        | Step::RaceUse(slot, _)
        | Step::RaceReference(_, _, slot, _)
        | Step::Hook(_, Some(slot)) => Some(*slot),
        _ => None,
    }
}
