//! What a step sends, where the deployment keeps its promises.

use std::collections::BTreeSet;
use std::time::Duration;

use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    Action, Actor, Call, CredentialKind, DependentName, Lifecycle, Listing, ObtainedName,
};

use super::Count;
use super::bill::Bill;
use crate::actors::{exchange_of, obtained, obtained_by};
use crate::lifecycle::{By, Patch, Step, USES_IN_A_RACE, Until};

/// What is known before a run of what its steps come to.
pub(super) struct Costs<'c> {
    pub(super) contract: &'c Contract,
    pub(super) lifecycle: &'c Lifecycle,
    pub(super) kind: &'c CredentialKind,
    pub(super) replicas: u64,
}

impl<'c> Costs<'c> {
    /// What a step sends.
    pub(super) fn step(&self, step: &Step) -> Bill {
        let mut bill = Bill::default();
        match step {
            Step::Reserve(_) | Step::Adopt(..) | Step::Wait(_) => {}
            Step::Issue(_, issuing) => {
                let Some(issue) = &self.kind.issue else { return bill };
                let actor = issuing.by.clone().map(Actor::Caller);
                self.call(&mut bill, &issue.call, actor.as_ref(), Count::exactly(1));
                let plain = issuing.like.is_none() && !matches!(issuing.patch, Patch::Body(_));
                bill.issued += if plain { Count::exactly(1) } else { Count::up_to(1) };
            }
            Step::Present(_) => self.uses(&mut bill, Count::exactly(self.replicas)),
            Step::PresentEvery { every, until, .. } => {
                let times = until.as_millis().checked_div(every.as_millis()).unwrap_or_default() + 1;
                let times = u64::try_from(times).unwrap_or(u64::MAX);
                self.uses(&mut bill, Count { at_least: 1, at_most: times }.times(self.replicas));
            }
            Step::Exchange(_, name, _) => {
                if let Some(token) = self.kind.tokens.get(name) {
                    self.call(&mut bill, &token.exchange, None, Count::exactly(1));
                }
            }
            Step::PresentToken(_) => {
                let probe = self.kind.tokens.values().find_map(|token| token.probe.as_ref());
                if let Some(probe) = probe {
                    let once = Count::exactly(self.replicas);
                    self.call(&mut bill, &probe.call, None, Count { at_most: once.at_most * 2, ..once });
                }
            }
            Step::Revoke { by, .. } => {
                let token =
                    match by {
                        By::TokenOf(caller, token) => self.lifecycle.callers.get(caller).and_then(|caller| {
                            self.lifecycle.credentials.get(&caller.holds)?.tokens.get(token)
                        }),
                        _ => None,
                    };
                if let Some(token) = token {
                    self.call(&mut bill, &token.exchange, None, Count::exactly(1));
                }
                self.revocations(&mut bill, by, 1);
            }
            Step::RevokeBy(name, _) => {
                let way = self.kind.revoke.as_ref().and_then(|revoke| revoke.ways.get(name));
                if let Some(way) = way {
                    self.call(&mut bill, &way.call, None, Count::exactly(1));
                }
            }
            Step::RevokeAsDescribed(_) => self.revocations(&mut bill, &By::Documented, 1),
            Step::RevokeMany(_, times) => self.revocations(&mut bill, &By::Documented, u64::from(*times)),
            Step::RevokeTogether(slots, caller) => {
                self.revocations(&mut bill, &By::Caller(caller.clone()), slots.len() as u64);
            }
            Step::RaceUse(_, uses) => {
                self.revocations(&mut bill, &By::Documented, 1);
                self.uses(&mut bill, Count::exactly(u64::from(*uses) * USES_IN_A_RACE as u64));
                self.uses(&mut bill, Count::up_to(1));
            }
            Step::RaceReference(name, ..) => {
                self.revocations(&mut bill, &By::Documented, 1);
                self.on_dependent(&mut bill, name, Count::exactly(1));
                self.look(&mut bill, Count::up_to(1));
            }
            Step::Hook(name, _) => *bill.hooks.entry(name.0.clone()).or_default() += Count::exactly(1),
            Step::Call(call, _) => self.call(&mut bill, call, None, Count::exactly(1)),
            Step::List(_) | Step::StopUnlessOnlyActive(_) => self.look(&mut bill, Count::exactly(1)),
            Step::ListInShortPages => self.look(&mut bill, Count::exactly(2)),
            Step::Create(name, ..) => self.on_dependent(&mut bill, name, Count::exactly(1)),
            Step::Read(_) | Step::Repoint(..) | Step::Clear(_) | Step::Delete(_) => {
                let choose = |dependent: &'c rescind_specs::lifecycle::Dependent| match step {
                    Step::Read(_) => Some(&dependent.read),
                    Step::Repoint(..) => dependent.repoint.as_ref(),
                    Step::Clear(_) => dependent.clear.as_ref(),
                    _ => Some(&dependent.delete),
                };
                if let Some(action) = self.lifecycle.dependents.values().find_map(choose) {
                    self.act(&mut bill, action, Count::exactly(1));
                }
            }
        }
        bill
    }

    /// What putting away takes at most: each credential and each dependent may be gone already.
    pub(super) fn putting_away(&self, bill: &mut Bill) {
        let (issued, created) = (bill.issued.perhaps(), bill.created.perhaps());
        for dependent in self.lifecycle.dependents.values() {
            self.act(bill, &dependent.delete, created);
        }
        for kind in self.lifecycle.credentials.values() {
            if let Some(revoke) = &kind.revoke {
                self.call(bill, &revoke.call, None, issued);
            }
            if let Some(probe) = &kind.probe {
                self.call(bill, &probe.call, None, issued);
            }
        }
    }

    /// What it takes to have another control credential, so many times at most.
    pub(super) fn controls(&self, bill: &mut Bill, times: u64) {
        if let Some(issue) = &self.kind.issue {
            self.call(bill, &issue.call, None, Count::up_to(times));
            bill.issued += Count::up_to(times);
        }
    }

    /// Uses of a credential, each of which may be followed by one of the control credential.
    fn uses(&self, bill: &mut Bill, count: Count) {
        match (&self.kind.probe, &self.kind.listed) {
            (Some(probe), _) => {
                self.call(bill, &probe.call, None, Count { at_most: count.at_most * 2, ..count });
            }
            (None, Some(listing)) => self.list(bill, listing, count),
            (None, None) => {}
        }
    }

    /// Looks at the list, or at a probe where there is none.
    fn look(&self, bill: &mut Bill, count: Count) {
        match (&self.kind.listed, &self.kind.probe) {
            (Some(listing), _) => self.list(bill, listing, count),
            (None, Some(probe)) => self.call(bill, &probe.call, None, count),
            (None, None) => {}
        }
    }

    fn list(&self, bill: &mut Bill, listing: &Listing, count: Count) {
        self.call(bill, &listing.call, None, count);
    }

    /// Revocations, after which it may be looked whether whoever asked still works.
    fn revocations(&self, bill: &mut Bill, by: &By, times: u64) {
        let Some(revoke) = &self.kind.revoke else { return };
        let actor = match by {
            By::Caller(name) => Some(Actor::Caller(name.clone())),
            By::Slot(_) | By::WrongSecret => Some(Actor::Credential),
            _ => None,
        };
        self.call(bill, &revoke.call, actor.as_ref(), Count::exactly(times));
        if let Some(probe) = &self.kind.probe {
            self.call(bill, &probe.call, None, Count::up_to(1));
        }
        for holder in self.lifecycle.credentials.values().filter_map(|kind| kind.probe.as_ref()) {
            self.call(bill, &holder.call, None, Count::up_to(1));
        }
    }

    fn on_dependent(&self, bill: &mut Bill, name: &DependentName, count: Count) {
        let Some(dependent) = self.lifecycle.dependents.get(name) else { return };
        self.act(bill, &dependent.create, count);
        self.act(bill, &dependent.read, count.perhaps());
        bill.created += count;
    }

    fn act(&self, bill: &mut Bill, action: &Action, count: Count) {
        self.call(bill, &action.call, None, count);
    }

    /// The calls that give what other calls need.
    pub(super) fn obtained(&self, bill: &mut Bill, names: &BTreeSet<ObtainedName>, count: Count) {
        let calls = names.iter().filter_map(|name| Some(&self.lifecycle.obtained.get(name)?.call.operation));
        for operation in calls.filter_map(|operation| self.contract.operation(operation)) {
            bill.call(&operation.method, Count::up_to(count.at_most));
        }
    }

    /// A call, and the exchange for a token that signing it may take.
    pub(super) fn call(&self, bill: &mut Bill, call: &Call, actor: Option<&Actor>, count: Count) {
        let Some(operation) = self.contract.operation(&call.operation) else { return };
        bill.call(&operation.method, count);
        self.obtained(bill, &obtained(call.expressions()), count);
        let kind = match actor.unwrap_or(&call.actor) {
            Actor::Nobody | Actor::Token => return,
            Actor::Credential => Some(self.kind),
            Actor::Caller(name) => {
                let holds = self.lifecycle.callers.get(name).map(|caller| &caller.holds);
                holds.and_then(|holds| self.lifecycle.credentials.get(holds))
            }
        };
        if let Some(kind) = kind {
            self.obtained(bill, &obtained_by(kind, operation), count);
        }
        let exchange = kind.and_then(|kind| exchange_of(kind, operation));
        let exchange = exchange.and_then(|exchange| self.contract.operation(&exchange.operation));
        if let Some(exchange) = exchange {
            bill.call(&exchange.method, Count::up_to(count.at_most));
        }
    }
}

/// So many seconds after a time, or before it.
fn shifted(time: Duration, offset: i64) -> Duration {
    let by = Duration::from_secs(offset.unsigned_abs());
    if offset < 0 { time.saturating_sub(by) } else { time + by }
}

/// How long a sequence waits, as far as that is known beforehand, and where it ends if that is too long.
pub(super) fn waits(steps: &[Step], kind: &CredentialKind, patience: Option<Duration>) -> (Duration, usize) {
    let (mut total, mut since) = (Duration::ZERO, Duration::ZERO);
    for (place, step) in steps.iter().enumerate() {
        let lifetime = || {
            let expiring = kind.issue.as_ref().and_then(|issue| issue.expiring.as_ref());
            expiring.map(|expiring| expiring.lifetime.duration()).unwrap_or_default()
        };
        let token = || kind.tokens.values().map(|token| token.lifetime.duration()).max().unwrap_or_default();
        // Counted from a moment that has passed: only what is beyond what was waited since then is waited.
        let (from_now, from_then) = match step {
            Step::Wait(Until::For(time)) => (*time, Duration::ZERO),
            Step::Wait(Until::AfterRevocation(_, time) | Until::TokenAge(_, time)) => (Duration::ZERO, *time),
            Step::Wait(Until::Expiry(_, offset)) => (Duration::ZERO, shifted(lifetime(), *offset)),
            Step::Wait(Until::TokenExpiry(_, offset)) => (Duration::ZERO, shifted(token(), *offset)),
            Step::PresentEvery { until, .. } => (Duration::ZERO, *until),
            _ => continue,
        };
        let wait = from_now + from_then.saturating_sub(since);
        if patience.is_some_and(|patience| total + wait > patience) {
            return (total, place);
        }
        total += wait;
        since += wait;
    }
    (total, steps.len())
}
