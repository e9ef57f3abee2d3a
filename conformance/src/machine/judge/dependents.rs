//! Dependents: to which credential each of them refers.

use rescind_specs::lifecycle::{DependentName, Lift};
use serde_json::Value;

use super::{Class, Walk};
use crate::lifecycle::{DependentSlot, Event, Seen, Slot};
use crate::machine::model::{Life, Referring, Refers};
use crate::machine::rules::rule;

impl Walk<'_, '_> {
    pub(super) fn create(&mut self, name: &DependentName, into: DependentSlot, slot: Slot, event: &Event) {
        if matches!(self.life(slot), Some(Life::Revoked(_))) {
            let what = "referring to a revoked credential";
            let rules = self.rules.all(rule!(RevokedReference));
            for (requirement, with) in rules.filter(|(_, with)| with.by == *name) {
                self.answer(Class::Reference, requirement, event, &with.answer, what);
            }
        }
        let to = match &event.seen {
            Seen::Accepted => Refers::To(slot),
            Seen::Refused => Refers::Nothing,
            // It may have been created all the same.
            _ => Refers::Unknown,
        };
        let referring = Referring { name: name.clone(), id: event.dependent.clone(), to, kept_by: None };
        self.model.dependents.insert(into, referring);
    }

    pub(super) fn read(&mut self, dependent: DependentSlot, event: &Event) {
        let Some(one) = self.model.dependents.get(&dependent) else { return };
        let (Refers::To(slot), Some(requirement)) = (one.to, one.kept_by) else { return };
        let lifecycle = self.setting.contract.lifecycle();
        let Some(known) = lifecycle.and_then(|lifecycle| lifecycle.dependents.get(&one.name)) else { return };
        let Some(credential) = self.model.slots.get(&slot).map(|held| held.credential.clone()) else {
            return;
        };
        let Some(response) = event.decisive().filter(|_| event.accepted()).and_then(|last| last.response())
        else {
            return;
        };
        self.bound = true;
        let refers = response.at(&known.reference);
        if refers.as_ref().and_then(Value::as_str) != Some(credential.id.text.as_str()) {
            let message = "a dependent lost its reference with a revocation that had to be refused";
            let documented = format!("{} is the identifier of the credential", known.reference);
            let received = refers.as_ref().map_or_else(|| "no reference".to_owned(), crate::call::short);
            self.against(Class::Reference, Some(requirement), message, documented, received);
            if let Some(one) = self.model.dependents.get_mut(&dependent) {
                one.to = Refers::Unknown;
            }
        }
    }

    pub(super) fn repoint(&mut self, dependent: DependentSlot, slot: Slot, event: &Event) {
        self.refer(dependent, Refers::To(slot), Lift::Repoint, event);
    }

    pub(super) fn clear(&mut self, dependent: DependentSlot, event: &Event) {
        self.refer(dependent, Refers::Nothing, Lift::Clear, event);
    }

    pub(super) fn delete(&mut self, dependent: DependentSlot, event: &Event) {
        self.refer(dependent, Refers::Nothing, Lift::Delete, event);
    }

    /// A dependent refers to something else from now on, if that was done.
    fn refer(&mut self, dependent: DependentSlot, to: Refers, way: Lift, event: &Event) {
        let Some(one) = self.model.dependents.get_mut(&dependent) else { return };
        let (name, before) = (one.name.clone(), one.to);
        if event.accepted() {
            one.to = to;
            one.kept_by = None;
        } else {
            one.to = Refers::Unknown;
        }
        if let Refers::To(slot) = before
            && event.accepted()
            && let Some(known) = self.model.slots.get_mut(&slot)
        {
            known.lifted.push((name, way));
        }
    }
}
