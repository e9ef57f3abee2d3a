//! Uses: a live credential is accepted, a dead one refused, and a token lives as long as it should.

use std::time::Duration;

use jiff::Timestamp;
use rescind_specs::lifecycle::{
    Condition, HookName, Means, Requirement, Settles, TokenName, Traffic, UseAfterRevocation,
};

use super::{Class, Walk};
use crate::check::words::{documented, late, received, what_came};
use crate::lifecycle::{Event, Seen, Slot, TokenSlot};
use crate::machine::model::{Age, Held, Life, Used, age, between};
use crate::machine::rules::rule;
use crate::verdict::Verdict;

/// How much time counts against a bound: since the revocation, or since the hook that is run after it; `None`: that was
/// not run.
fn counted(
    with: &UseAfterRevocation,
    hooks: &[(HookName, Timestamp)],
    time: Duration,
    event: &Event,
) -> Option<Duration> {
    let Some(then) = &with.then else { return Some(time) };
    let (_, at) = hooks.iter().rfind(|(name, _)| name == then)?;
    Some(between(*at, event.began))
}

impl<'c> Walk<'_, 'c> {
    pub(super) fn present(&mut self, slot: Slot, event: &Event) {
        match self.life(slot) {
            Some(Life::Live) => self.present_live(slot, event),
            Some(Life::Revoked(at)) => self.present_revoked(slot, at, event),
            // It may yet be revoked: then it was used before.
            Some(Life::Unknown) => self.use_before_revocation(slot, event.accepted()),
            None => {}
        }
    }

    fn use_before_revocation(&mut self, slot: Slot, accepted: bool) {
        if let Some(known) = self.model.slots.get_mut(&slot) {
            known.used = known.used.max(if accepted { Used::Accepted } else { Used::Presented });
        }
    }

    fn present_live(&mut self, slot: Slot, event: &Event) {
        let delay = self.setting.delay();
        let Some(known) = self.model.slots.get(&slot) else { return };
        let (before, age) = (known.used, age(&known.credential, event, delay));
        self.use_before_revocation(slot, event.accepted());
        match (age, &event.seen) {
            (Age::Over, Seen::Accepted) => {
                self.bound = true;
                for (requirement, _) in self.rules.all(rule!(Expiry)) {
                    let message = "a credential is accepted past its expiry";
                    self.against(Class::Outlived, Some(requirement), message, "refused", what_came(event));
                }
            }
            (Age::Over, Seen::Refused) if event.refused() => {
                self.bound = true;
                for (requirement, with) in self.rules.all(rule!(Expiry)) {
                    self.refusal(requirement, with.refused.as_ref(), event, "an expired credential");
                }
                self.blame(slot);
            }
            (Age::Fresh, Seen::Accepted) => self.bound = true,
            (Age::Fresh, Seen::Refused) if event.refused() => {
                self.bound = true;
                self.lost(slot, before, event);
            }
            _ => {}
        }
    }

    /// A credential is refused that nothing ended.
    fn lost(&mut self, slot: Slot, before: Used, event: &Event) {
        if before != Used::Accepted {
            for (requirement, _) in self.rules.all(rule!(UsableAfterIssue)) {
                let message = "a credential does not work after its issue";
                self.against(Class::Lost, Some(requirement), message, "accepted", what_came(event));
            }
        }
        let message = "a credential is refused that nothing ended";
        self.against(Class::Lost, None, message, "accepted", what_came(event));
        self.blame(slot);
        self.model.forget(slot);
    }

    fn present_revoked(&mut self, slot: Slot, at: Timestamp, event: &Event) {
        let time = between(at, event.began);
        let Some(known) = self.model.slots.get_mut(&slot) else { return };
        let (used, by) = (known.used, known.revoked_by.clone());
        let refused = known.refused.get(&event.replica).copied();
        let hooks = known.hooks.clone();
        let expired = age(&known.credential, event, Duration::ZERO) != Age::Fresh;
        if event.refused() && event.seen == Seen::Refused {
            known.refused.entry(event.replica).or_insert(time);
        }
        match &event.seen {
            Seen::Accepted => self.revived(slot, time, used, refused, event),
            Seen::Refused if event.refused() => {
                for (requirement, with) in self.rules.uses(by.as_ref()) {
                    let bound = late(with.within.duration());
                    let Some(time) = counted(with, &hooks, time, event) else { continue };
                    if time < bound || (with.traffic == Traffic::Unused && used != Used::Never) {
                        continue;
                    }
                    self.bound = true;
                    if time <= bound + with.watch.duration() && !expired {
                        self.refusal(requirement, with.refused.as_ref(), event, "a revoked credential");
                    }
                }
            }
            _ => {}
        }
    }

    /// A revoked credential is accepted; perhaps it still may be.
    fn revived(&mut self, slot: Slot, time: Duration, used: Used, refused: Option<Duration>, event: &Event) {
        let seconds = time.as_secs();
        if time >= self.setting.settled() {
            let causes = self.model.slots.get(&slot).map(Held::latest_causes).unwrap_or_default();
            for cause in causes {
                self.bound = true;
                let message = format!("a revoked credential is accepted, after {}", cause.what);
                self.against(Class::Revived, Some(cause.requirement), message, "refused", what_came(event));
            }
        }
        let known = self.model.slots.get(&slot);
        let by = known.and_then(|known| known.revoked_by.clone());
        let hooks = known.map(|known| known.hooks.clone()).unwrap_or_default();
        for (requirement, with) in self.rules.uses(by.as_ref()) {
            let Some(counted) = counted(with, &hooks, time, event) else { continue };
            let binding = counted >= late(with.within.duration());
            if binding && (with.traffic != Traffic::Unused || used == Used::Never) {
                self.bound = true;
                let message = format!("a revoked credential is accepted {seconds} s after its revocation");
                let documented = match with.within.duration() {
                    Duration::ZERO => "refused from the answer to the revocation on".to_owned(),
                    _ => format!("refused after {} at the latest", with.within),
                };
                self.against(Class::Revived, Some(requirement), message, documented, what_came(event));
            } else if let (Settles::AtFirstRefusal, Some(refused)) = (with.settles, refused) {
                self.bound = true;
                let first = refused.as_secs();
                let message =
                    format!("a revoked credential is refused after {first} s and accepted after {seconds} s");
                let documented = "refused from the first refusal on";
                self.against(Class::Revived, Some(requirement), message, documented, what_came(event));
            }
        }
        // What only diverges now may be a breach later.
        if self.candidates.iter().any(|candidate| candidate.verdict() >= Verdict::Fail) {
            self.model.forget(slot);
        }
    }

    /// A refusal has to be like `condition`.
    fn refusal(
        &mut self,
        requirement: &'c Requirement,
        condition: Option<&Condition>,
        event: &Event,
        what: &str,
    ) {
        if let Some(condition) = condition
            && let Some(exchange) = event.decisive()
            && let Err(difference) = event.meets(self.setting.contract, condition)
        {
            let message = format!("{what} is refused in another way than documented");
            let documented = documented(std::slice::from_ref(condition));
            let received = received(exchange, &difference);
            self.against(Class::Refusal, Some(requirement), message, documented, received);
        }
    }

    pub(super) fn exchange(&mut self, slot: Slot, name: &TokenName, into: TokenSlot, event: &Event) {
        let life = self.life(slot);
        match (&event.seen, life) {
            (Seen::Accepted, Some(Life::Revoked(_))) => self.present(slot, event),
            (seen, Some(Life::Live | Life::Unknown)) => {
                self.use_before_revocation(slot, *seen == Seen::Accepted);
            }
            _ => {}
        }
        let Some(token) = event.token.as_ref().filter(|_| event.accepted()) else { return };
        self.model.tokens.insert(into, (std::sync::Arc::clone(token), slot));
        let life = between(token.received, token.expires_at);
        for (requirement, with) in
            self.rules.all(rule!(TokenLifetime)).filter(|(_, with)| with.token == *name)
        {
            self.bound = true;
            if life > with.at_most.duration() {
                let message = format!("a token is promised for {} s", life.as_secs());
                let documented = format!("{} at most", with.at_most);
                let received = format!("{} s", life.as_secs());
                self.against(Class::TokenOutlived, Some(requirement), message, documented, received);
            }
        }
    }

    pub(super) fn present_token(&mut self, token: TokenSlot, event: &Event) {
        let Some((token, slot)) = self.model.tokens.get(&token).cloned() else { return };
        let passed = between(token.received, event.began);
        let alive = event.ended < token.expires_at;
        let revoked = matches!(self.life(slot), Some(Life::Revoked(_)));
        match &event.seen {
            Seen::Accepted => {
                let rules = self.rules.all(rule!(TokenLifetime));
                for (requirement, with) in rules.filter(|(_, with)| with.token == token.name) {
                    if passed < late(with.at_most.duration()) {
                        continue;
                    }
                    self.bound = true;
                    let message = format!("a token is accepted {} s after it was given", passed.as_secs());
                    let documented = format!("refused after {} at the latest", with.at_most);
                    self.against(
                        Class::TokenOutlived,
                        Some(requirement),
                        message,
                        documented,
                        what_came(event),
                    );
                }
                self.bound |= alive && revoked;
            }
            Seen::Refused if event.refused() && alive && revoked => {
                let rules =
                    self.rules.all(rule!(OutstandingTokens)).filter(|(_, with)| with.by == Means::Call);
                for (requirement, _) in rules.filter(|(_, with)| with.token == token.name) {
                    self.bound = true;
                    let message =
                        "a token is refused after the revocation of its credential, before it expires";
                    let documented = "accepted until it expires";
                    self.against(Class::TokenLost, Some(requirement), message, documented, what_came(event));
                }
            }
            Seen::Refused if event.refused() && !alive => self.bound = true,
            _ => {}
        }
    }
}
