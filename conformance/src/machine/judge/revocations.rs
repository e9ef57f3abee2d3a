//! Revocations: by whoever may and by whoever may not, of what lives, of what is dead and of what never was.

use rescind_specs::lifecycle::{
    CallerName, Condition, DependentName, HookEffect, HookName, Impostor, Lift, Means, Stranger,
};

use super::{Class, Walk};
use crate::check::words::{unanswered, what_came};
use crate::lifecycle::{By, Event, Seen, Slot, Target};
use crate::machine::model::{Age, Life, Used, age, between};
use crate::machine::rules::rule;

/// Whoever asks for a revocation.
enum Asker {
    /// Whoever the contract says.
    Entitled,
    /// The credential itself.
    Itself,
    /// Another credential that lives, or a caller who may.
    Another(Option<CallerName>),
    /// Somebody who must not.
    Stranger(Stranger),
    /// Something that must not do.
    Impostor(Impostor),
    /// Nobody knows.
    Doubtful,
}

impl Walk<'_, '_> {
    pub(super) fn revoke(&mut self, target: Target, by: &By, event: &Event) {
        let asker = self.asker(target, by, event);
        if let By::Slot(other) = by
            && let Some(known) = self.model.slots.get_mut(other)
        {
            known.used = known.used.max(Used::Presented);
        }
        let Target::Slot(slot) = target else {
            self.unknown(&asker, event);
            return;
        };
        let Some(known) = self.model.slots.get(&slot) else { return };
        let fresh = age(&known.credential, event, self.setting.delay()) == Age::Fresh;
        match (known.life, asker) {
            (_, Asker::Doubtful) | (Life::Unknown, _) => self.unjudged(slot, event),
            (Life::Live, _) if !fresh => self.unjudged(slot, event),
            (Life::Live, Asker::Stranger(stranger)) => self.stranger(slot, &stranger, by, event),
            (Life::Live, Asker::Impostor(impostor)) => self.impostor(slot, &impostor, event),
            (Life::Live, asker) => self.entitled(slot, &asker, event),
            (Life::Revoked(_), Asker::Entitled) if fresh => self.repeated(slot, event),
            (Life::Revoked(_), _) => {}
        }
    }

    fn asker(&self, target: Target, by: &By, event: &Event) -> Asker {
        match by {
            By::Documented => Asker::Entitled,
            By::Slot(other) if target == Target::Slot(*other) => Asker::Itself,
            By::Slot(other) => {
                let Some(known) = self.model.slots.get(other) else { return Asker::Doubtful };
                let fresh = age(&known.credential, event, self.setting.delay()) == Age::Fresh;
                match known.life {
                    Life::Live if fresh => {
                        let mut rules = self.rules.all(rule!(ForeignCredential));
                        if target != Target::Unknown && rules.any(|(_, with)| with.by == Stranger::Sibling) {
                            Asker::Stranger(Stranger::Sibling)
                        } else {
                            Asker::Another(None)
                        }
                    }
                    Life::Revoked(at) if between(at, event.began) >= self.setting.settled() => {
                        Asker::Impostor(Impostor::Revoked)
                    }
                    _ => Asker::Doubtful,
                }
            }
            By::Caller(name) => {
                let mut rules = self.rules.all(rule!(RevokedByAnother));
                if rules.any(|(_, with)| with.by.as_ref() == Some(name)) {
                    Asker::Another(Some(name.clone()))
                } else {
                    Asker::Stranger(Stranger::Caller(name.clone()))
                }
            }
            By::Nobody => Asker::Impostor(Impostor::Nobody),
            By::Unknown => Asker::Impostor(Impostor::Unknown),
            By::WrongSecret => Asker::Impostor(Impostor::WrongSecret),
            By::BasicPair => Asker::Impostor(Impostor::BasicPair),
            By::BareSecret => Asker::Impostor(Impostor::BareSecret),
            By::TokenOf(caller, token) => {
                Asker::Impostor(Impostor::TokenOf { caller: caller.clone(), token: token.clone() })
            }
            _ => Asker::Doubtful,
        }
    }

    /// A step outside of the API: it revokes a credential, or leaves all of them as they are.
    pub(super) fn hook(&mut self, name: &HookName, slot: Option<Slot>, event: &Event) {
        let hooks = self.setting.contract.lifecycle().map(|lifecycle| &lifecycle.hooks);
        let revokes = hooks
            .and_then(|hooks| hooks.get(name))
            .is_some_and(|hook| matches!(hook.does, HookEffect::Revoke(_)));
        match slot {
            Some(slot) if !event.accepted() => self.model.forget(slot),
            Some(slot) if revokes && self.life(slot) == Some(Life::Live) => {
                self.model.revoked(slot, event.ended, Some(name));
            }
            _ if event.accepted() => {
                for known in self.model.slots.values_mut() {
                    known.hooks.push((name.clone(), event.ended));
                }
            }
            _ => {}
        }
    }

    /// What is not judged may have had its effect all the same.
    fn unjudged(&mut self, slot: Slot, event: &Event) {
        if event.accepted() {
            self.model.revoked(slot, event.ended, None);
        } else {
            self.model.forget(slot);
        }
    }

    fn unknown(&mut self, asker: &Asker, event: &Event) {
        if matches!(asker, Asker::Doubtful) {
            return;
        }
        let what = "revoking an unknown identifier";
        for (requirement, with) in self.rules.all(rule!(UnknownCredential)) {
            self.answer(Class::Unknown, requirement, event, &with.answer, what);
            self.model.cause_to_all(None, requirement, "an unknown identifier was revoked");
        }
    }

    /// A revocation that has to be done, unless something refers to the credential.
    fn entitled(&mut self, slot: Slot, asker: &Asker, event: &Event) {
        let Some(references) = self.model.references(slot) else {
            self.unjudged(slot, event);
            return;
        };
        let names: Vec<_> = references.iter().map(|one| one.name.clone()).collect();
        let ids: Vec<String> =
            references.iter().filter_map(|one| one.id.as_ref()).map(|id| id.text.clone()).collect();
        if !names.is_empty() {
            self.guarded(slot, &names, &ids, event);
            return;
        }
        let what = "revoking a live credential";
        let answers: Vec<(_, &[Condition])> = match asker {
            Asker::Itself => {
                let rules = self.rules.all(rule!(SelfRevocation));
                rules.map(|(requirement, with)| (requirement, with.answer.as_slice())).collect()
            }
            Asker::Entitled => {
                let rules =
                    self.rules.all(rule!(RevocationAnswer)).filter(|(_, with)| with.by == Means::Call);
                rules.map(|(requirement, with)| (requirement, with.answer.as_slice())).collect()
            }
            _ => Vec::new(),
        };
        let refused = event.refused() && event.seen == Seen::Refused;
        if refused {
            self.refused_although_entitled(slot, asker, event);
        }
        for (requirement, answers) in answers {
            self.answer(Class::Revocation, requirement, event, answers, what);
        }
        if refused {
            self.blame(slot);
        }
        if event.accepted() {
            self.bound = true;
            self.model.revoked(slot, event.ended, None);
            for (requirement, _) in
                self.rules.all(rule!(OthersUnaffected)).filter(|(_, with)| with.by == Means::Call)
            {
                self.model.cause_to_all(Some(slot), requirement, "another one was revoked");
            }
        } else {
            self.model.forget(slot);
        }
    }

    fn refused_although_entitled(&mut self, slot: Slot, asker: &Asker, event: &Event) {
        if let Asker::Another(caller) = asker {
            for (requirement, _) in
                self.rules.all(rule!(RevokedByAnother)).filter(|(_, with)| with.by == *caller)
            {
                self.bound = true;
                let message = "a credential cannot be revoked by another one";
                self.against(Class::Revocation, Some(requirement), message, "revoked", what_came(event));
            }
        }
        let lifted = self.model.slots.get(&slot).map(|known| known.lifted.clone()).unwrap_or_default();
        for (requirement, with) in self.rules.all(rule!(GuardLifted)) {
            let way = |(name, way): &(_, Lift)| *name == with.by && with.ways.contains(way);
            if lifted.iter().any(way) {
                self.bound = true;
                let message = "a credential cannot be revoked although nothing refers to it any more";
                self.against(Class::Revocation, Some(requirement), message, "revoked", what_came(event));
            }
        }
    }

    /// A revocation that has to be refused, because something refers to the credential.
    fn guarded(&mut self, slot: Slot, names: &[DependentName], ids: &[String], event: &Event) {
        let what = "revoking a credential that something refers to";
        let mut kept_by = None;
        let mut guards = Vec::new();
        for (requirement, with) in self.rules.all(rule!(Guard)).filter(|(_, with)| names.contains(&with.by)) {
            kept_by = Some(requirement);
            guards.push(requirement);
            self.answer(Class::Guard, requirement, event, &with.answer, what);
            if let Some(pointer) = &with.names_dependent
                && let Some(response) = event.decisive().and_then(|exchange| exchange.response())
                && let Some(serde_json::Value::String(named)) = response.at(pointer)
                && !ids.contains(&named)
            {
                let message = format!("{pointer} names nothing that refers to the credential");
                let documented = "a dependent that refers to it";
                self.against(Class::Guard, Some(requirement), message, documented, "another identifier");
            }
        }
        if !event.accepted() {
            self.blame(slot);
        }
        for requirement in guards {
            self.model.cause(slot, requirement, "a revocation that had to be refused");
        }
        if event.accepted() || event.seen != Seen::Refused {
            self.model.forget(slot);
        }
        for one in self.model.dependents.values_mut() {
            one.kept_by = one.kept_by.or(kept_by);
        }
    }

    fn repeated(&mut self, slot: Slot, event: &Event) {
        let what = "revoking a credential again";
        let by = self.model.slots.get(&slot).and_then(|known| known.revoked_by.clone());
        for (requirement, answers) in self.rules.repeats(by.as_ref()) {
            self.answer(Class::Repeat, requirement, event, answers, what);
            self.model.cause(slot, requirement, "it was revoked again");
        }
    }

    fn stranger(&mut self, slot: Slot, stranger: &Stranger, by: &By, event: &Event) {
        let references = self.model.references(slot);
        let names: Option<Vec<_>> =
            references.map(|references| references.iter().map(|one| one.name.clone()).collect());
        let what = "revoking somebody else's credential";
        let mut judged = false;
        for (requirement, with) in
            self.rules.all(rule!(ForeignCredential)).filter(|(_, with)| with.by == *stranger)
        {
            let applies = match (&with.guarded_by, &names) {
                (None, _) => true,
                (Some(name), Some(names)) => names.contains(name),
                (Some(_), None) => false,
            };
            if applies {
                judged = true;
                self.answer(Class::Stranger, requirement, event, &with.answer, what);
                self.model.cause(slot, requirement, "a stranger asked for its revocation");
                if let By::Slot(other) = by {
                    self.model.cause(*other, requirement, "it asked for the revocation of another one");
                }
            }
        }
        self.must_not_have_effect(slot, judged, event);
    }

    fn impostor(&mut self, slot: Slot, impostor: &Impostor, event: &Event) {
        let what = "a revocation without a right credential";
        let mut judged = false;
        for (requirement, with) in self.rules.all(rule!(UnauthorizedRevocation)) {
            if with.with.contains(impostor) {
                judged = true;
                self.answer(Class::Stranger, requirement, event, &with.answer, what);
                self.model.cause(slot, requirement, "a revocation without a right credential");
            }
        }
        self.must_not_have_effect(slot, judged, event);
    }

    /// After a revocation that must not have an effect: where it was refused in clear, it must not have had one.
    fn must_not_have_effect(&mut self, slot: Slot, judged: bool, event: &Event) {
        let unclear = event.decisive().is_none_or(|exchange| unanswered(exchange).is_some());
        if !judged || event.accepted() || unclear {
            self.model.forget(slot);
        }
    }
}
