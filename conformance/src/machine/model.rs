//! What is known for certain of each credential, token and dependent of a sequence. What an answer left open is not
//! known, and then nothing has to hold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rescind_specs::lifecycle::{DependentName, HookName, Lift, Requirement};
use serde_json::Value;

use crate::call::Known;
use crate::check::words::MARGIN;
use crate::credential::{Credential, Token};
use crate::exchange::Replica;
use crate::lifecycle::{DependentSlot, Event, Slot, TokenSlot};

/// Everything that is known.
#[derive(Default)]
pub(super) struct Model<'c> {
    pub(super) slots: BTreeMap<Slot, Held<'c>>,
    pub(super) tokens: BTreeMap<TokenSlot, (Arc<Token>, Slot)>,
    pub(super) dependents: BTreeMap<DependentSlot, Referring<'c>>,
    /// How many steps were taken.
    pub(super) steps: usize,
}

/// What is known of a credential.
pub(super) struct Held<'c> {
    pub(super) credential: Arc<Credential>,
    /// When its issue began.
    pub(super) issued: Timestamp,
    pub(super) life: Life,
    pub(super) used: Used,
    /// How long after its revocation each replica refused it first: each may remember for itself.
    pub(super) refused: BTreeMap<Replica, Duration>,
    /// What happened that has to leave its state as it is, the latest last.
    pub(super) causes: Vec<Cause<'c>>,
    /// How it was listed while it lived.
    pub(super) listed: Option<Value>,
    /// The hook that revoked it, if one did.
    pub(super) revoked_by: Option<HookName>,
    /// The hooks that were run since its revocation, with when each was done.
    pub(super) hooks: Vec<(HookName, Timestamp)>,
    /// How references to it were taken away.
    pub(super) lifted: Vec<(DependentName, Lift)>,
}

/// Whether a credential lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Nothing ended it but perhaps time.
    Live,
    /// Its revocation was acknowledged then.
    Revoked(Timestamp),
    /// Nobody knows.
    Unknown,
}

/// Whether a credential was used before its revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Used {
    /// It was not.
    Never,
    /// It was presented, whatever came of it.
    Presented,
    /// It was accepted.
    Accepted,
}

/// Something that must not change a credential, and who says so.
#[derive(Clone, Copy)]
pub(super) struct Cause<'c> {
    pub(super) requirement: &'c Requirement,
    /// What happened, after "after".
    pub(super) what: &'static str,
    /// In which step.
    pub(super) step: usize,
}

impl<'c> Held<'c> {
    /// What happened to it, the latest step first.
    pub(super) fn latest_causes(&self) -> Vec<Cause<'c>> {
        let mut causes = self.causes.clone();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.step));
        causes
    }
}

/// What is known of a dependent.
pub(super) struct Referring<'c> {
    pub(super) name: DependentName,
    pub(super) id: Option<Known>,
    pub(super) to: Refers,
    /// The requirement by which a revocation was refused meanwhile.
    pub(super) kept_by: Option<&'c Requirement>,
}

/// What a dependent refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refers {
    /// The credential of a slot.
    To(Slot),
    /// Nothing; or the dependent is gone.
    Nothing,
    /// Nobody knows.
    Unknown,
}

/// Whether time has ended something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// It has not.
    Fresh,
    /// It may have.
    Doubtful,
    /// It has.
    Over,
}

impl<'c> Model<'c> {
    /// A credential was issued into a slot.
    pub(super) fn issued(&mut self, slot: Slot, credential: Arc<Credential>, at: Timestamp) {
        let known = Held {
            credential,
            issued: at,
            life: Life::Live,
            used: Used::Never,
            refused: BTreeMap::new(),
            causes: Vec::new(),
            listed: None,
            revoked_by: None,
            hooks: Vec::new(),
            lifted: Vec::new(),
        };
        self.slots.insert(slot, known);
    }

    /// Nothing is known of the credential of a slot any more.
    pub(super) fn forget(&mut self, slot: Slot) {
        if let Some(known) = self.slots.get_mut(&slot) {
            known.life = Life::Unknown;
        }
    }

    /// The revocation of a credential was acknowledged.
    pub(super) fn revoked(&mut self, slot: Slot, at: Timestamp, by: Option<&HookName>) {
        if let Some(known) = self.slots.get_mut(&slot) {
            known.life = Life::Revoked(at);
            known.refused.clear();
            known.revoked_by = by.cloned();
            known.hooks.clear();
            known.causes.clear();
        }
    }

    /// Something happened that must not change the state of a credential.
    pub(super) fn cause(&mut self, slot: Slot, requirement: &'c Requirement, what: &'static str) {
        if let Some(known) = self.slots.get_mut(&slot) {
            known.causes.push(Cause { requirement, what, step: self.steps });
        }
    }

    /// Something happened that must not change the state of any credential that lives, but one.
    pub(super) fn cause_to_all(
        &mut self,
        but: Option<Slot>,
        requirement: &'c Requirement,
        what: &'static str,
    ) {
        for (slot, known) in &mut self.slots {
            if known.life == Life::Live && Some(*slot) != but {
                known.causes.push(Cause { requirement, what, step: self.steps });
            }
        }
    }

    /// The dependents that refer to the credential of a slot; `None`: that is not known.
    pub(super) fn references(&self, slot: Slot) -> Option<Vec<&Referring<'c>>> {
        if self.dependents.values().any(|one| one.to == Refers::Unknown) {
            return None;
        }
        Some(self.dependents.values().filter(|one| one.to == Refers::To(slot)).collect())
    }
}

/// Whether a credential was past its expiry in an event; `slack` more may pass before that shows.
pub(super) fn age(credential: &Credential, event: &Event, slack: Duration) -> Age {
    let Some(expires) = credential.expires_at else { return Age::Fresh };
    if later(event.ended, MARGIN) < expires {
        Age::Fresh
    } else if event.began >= later(expires, slack + MARGIN) {
        Age::Over
    } else {
        Age::Doubtful
    }
}

fn later(at: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}

/// How much time passed between two moments.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
