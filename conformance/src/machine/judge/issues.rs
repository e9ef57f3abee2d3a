//! Issues: of something new, of the same once more while it lives, after its revocation, and as a replay.

use std::sync::Arc;

use rescind_specs::lifecycle::Reissued;

use super::{Class, Walk};
use crate::check::words::{MARGIN, unanswered, what_came};
use crate::lifecycle::{Event, Issuing, Key, Patch, Seen, Slot};
use crate::machine::model::{Life, between};
use crate::machine::rules::rule;

impl Walk<'_, '_> {
    pub(super) fn issue(&mut self, slot: Slot, issuing: &Issuing, event: &Event) {
        let Some(like) = issuing.like else {
            if issuing.patch == Patch::Nothing && event.accepted() {
                for (requirement, with) in self.rules.all(rule!(IssueAnswer)) {
                    self.answer(Class::Issue, requirement, event, &with.answer, "an issue");
                }
            }
            self.take(slot, event);
            return;
        };
        let answered = event.decisive().is_some_and(|exchange| unanswered(exchange).is_none());
        match (self.life(like), issuing.key) {
            (Some(Life::Revoked(_)), Key::Same) if answered => self.replayed(like, event),
            (Some(Life::Revoked(_)), Key::Fresh) if answered => self.again(like, slot, event),
            (Some(Life::Live), Key::Fresh) if answered => {
                let what = "issuing a live credential again";
                for (requirement, with) in self.rules.all(rule!(RepeatedIssue)) {
                    self.answer(Class::Issue, requirement, event, &with.answer, what);
                    self.model.cause(like, requirement, "the same was issued again");
                }
            }
            (Some(Life::Live), _) => self.model.forget(like),
            _ => {}
        }
    }

    /// What was issued lives from now on. It is none of those that were revoked.
    fn take(&mut self, slot: Slot, event: &Event) {
        let revoked = |life: Life| matches!(life, Life::Revoked(_));
        let old = self
            .model
            .slots
            .keys()
            .find(|old| self.life(**old).is_some_and(revoked) && self.same(**old, event));
        let named_alike = |slot: &Slot| {
            let credentials =
                self.model.slots.get(slot).map(|known| &known.credential).zip(event.credential.as_ref());
            credentials.is_some_and(|(old, new)| old.id.text == new.id.text)
        };
        let again: Vec<Slot> = self.model.slots.keys().copied().filter(named_alike).collect();
        if let Some(old) = old.copied().filter(|_| event.accepted()) {
            for (requirement, _) in
                self.rules.all(rule!(Reissue)).filter(|(_, with)| with.gives == Reissued::Another)
            {
                self.bound = true;
                let message = "an issue gives the identifier of a revoked credential";
                let documented = "another identifier";
                self.against(Class::Issue, Some(requirement), message, documented, "the same identifier");
            }
            self.model.forget(old);
            return;
        }
        // What has the identifier of another one now is not told apart from it by anything that names it.
        for old in again {
            self.model.forget(old);
        }
        if let Some(credential) = event.credential.as_ref().filter(|_| event.accepted()) {
            self.model.issued(slot, Arc::clone(credential), event.began);
        }
    }

    /// Whether an issue gave the credential of a slot.
    fn same(&self, slot: Slot, event: &Event) -> bool {
        let old = self.model.slots.get(&slot).map(|known| &known.credential);
        old.zip(event.credential.as_ref()).is_some_and(|(old, new)| old.is(new, self.rules.ids))
    }

    fn replayed(&mut self, like: Slot, event: &Event) {
        let Some(issued) = self.model.slots.get(&like).map(|known| known.issued) else { return };
        let passed = between(issued, event.began);
        for (requirement, with) in self.rules.all(rule!(ReplayedIssue)) {
            if passed + MARGIN > with.window.duration() {
                continue;
            }
            self.bound = true;
            self.model.cause(like, requirement, "its issue was replayed");
            if event.accepted() && !self.same(like, event) {
                let message =
                    format!("replaying an issue {} s later issues another credential", passed.as_secs());
                let documented = format!("the stored answer, for {}", with.window);
                self.against(Class::Issue, Some(requirement), message, documented, what_came(event));
            }
        }
    }

    fn again(&mut self, like: Slot, slot: Slot, event: &Event) {
        let what = "issuing a revoked credential again";
        let same = self.same(like, event);
        let refused = event.refused() && event.seen == Seen::Refused;
        let mut another = false;
        let by = self.model.slots.get(&like).and_then(|known| known.revoked_by.clone());
        for (requirement, with) in self.rules.reissues(by.as_ref()) {
            self.bound = true;
            if !with.answer.is_empty() {
                self.answer(Class::Issue, requirement, event, &with.answer, what);
            }
            match with.gives {
                Reissued::Another => another = true,
                Reissued::Refusal if event.accepted() => {
                    let message = "a revoked credential is issued again";
                    self.against(Class::Issue, Some(requirement), message, "refused", what_came(event));
                }
                Reissued::Refusal => {}
            }
            if with.gives == Reissued::Another && event.accepted() && same {
                let message = "issuing again gives the identifier of the revoked credential";
                let documented = "another identifier";
                self.against(Class::Issue, Some(requirement), message, documented, "the same identifier");
            } else if with.gives == Reissued::Another && refused && with.answer.is_empty() {
                let message = "issuing again after a revocation is refused";
                self.against(
                    Class::Issue,
                    Some(requirement),
                    message,
                    "another credential",
                    what_came(event),
                );
            }
            self.model.cause(like, requirement, "the same was issued again");
        }
        if another && !same {
            self.take(slot, event);
        }
        if event.accepted() && (same || !another) {
            // Whatever that was, nothing is known of the old one any more.
            self.model.forget(like);
        }
    }
}
