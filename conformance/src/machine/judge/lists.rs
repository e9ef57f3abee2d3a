//! Lists: what they show of a revoked credential, and what a stranger's shows.

use rescind_specs::lifecycle::{
    CallerName, ListedAfterRevocation, ListedAs, Listing, Means, Requirement, Stranger,
};
use serde_json::Value;

use super::{Class, Walk};
use crate::call::short;
use crate::lifecycle::driver::{is_live, names};
use crate::lifecycle::{Event, Slot};
use crate::machine::model::{Age, Life, age};
use crate::machine::rules::rule;

impl<'c> Walk<'_, 'c> {
    pub(super) fn list(&mut self, caller: Option<&CallerName>, event: &Event) {
        let Some(listing) = &self.setting.kind.listed else { return };
        let Some(items) = event.items.as_ref().filter(|_| event.accepted()) else { return };
        match caller {
            Some(name) => self.foreign_list(name, listing, items),
            None => self.own_list(listing, items, event),
        }
    }

    fn foreign_list(&mut self, caller: &CallerName, listing: &Listing, items: &[Value]) {
        let shown = self
            .model
            .slots
            .values()
            .any(|known| items.iter().any(|item| names(listing, item, &known.credential.id.text)));
        let rules = self.rules.all(rule!(ForeignCredential));
        for (requirement, _) in rules.filter(|(_, with)| with.by == Stranger::Caller(caller.clone())) {
            self.bound = true;
            if shown {
                let message = "a stranger's list shows somebody else's credential";
                self.against(Class::List, Some(requirement), message, "not listed", "listed");
            }
        }
    }

    fn own_list(&mut self, listing: &Listing, items: &[Value], event: &Event) {
        let find = |id: &str| items.iter().find(|item| names(listing, item, id));
        let mut complete = true;
        let mut revoked: Vec<Slot> = Vec::new();
        for (slot, known) in &mut self.model.slots {
            let id = &known.credential.id.text;
            match known.life {
                Life::Live if age(&known.credential, event, self.setting.delay()) == Age::Fresh => {
                    match find(id) {
                        Some(item) if is_live(listing, item, id) => known.listed = Some(item.clone()),
                        // Lost itself, or dropped from the list: either way the list is not to be trusted.
                        _ => complete = false,
                    }
                }
                Life::Revoked(_) => revoked.push(*slot),
                _ => {}
            }
        }
        for (requirement, with) in
            self.rules.all(rule!(ListedAfterRevocation)).filter(|(_, with)| with.by == Means::Call)
        {
            for slot in &revoked {
                let Some(known) = self.model.slots.get(slot) else { continue };
                let before = known.listed.clone();
                match (with.listed, find(&known.credential.id.text)) {
                    (ListedAs::Gone, Some(_)) => {
                        self.bound = true;
                        let message = "a revoked credential is still listed";
                        self.against(Class::List, Some(requirement), message, "not listed", "listed");
                    }
                    (ListedAs::Gone, None) => self.bound = true,
                    (ListedAs::Revoked, None) if complete => {
                        self.bound = true;
                        let message = "a revoked credential is no longer listed";
                        self.against(Class::List, Some(requirement), message, "listed", "not listed");
                    }
                    (ListedAs::Revoked, None) => {}
                    (ListedAs::Revoked, Some(item)) => {
                        self.bound = true;
                        self.marked(requirement, with, listing, before.as_ref(), item);
                    }
                }
            }
        }
    }

    /// A revoked credential that stays in the list is marked as such, and the same otherwise.
    fn marked(
        &mut self,
        requirement: &'c Requirement,
        with: &ListedAfterRevocation,
        listing: &Listing,
        before: Option<&Value>,
        item: &Value,
    ) {
        let value = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
        if let Some(state) = &listing.state {
            let shown = state.pointer.get(item);
            if shown.and_then(Value::as_str) != Some(state.revoked.as_str()) {
                let message = "a revoked credential is not listed as revoked";
                let documented = format!("{} is {}", state.pointer, state.revoked);
                self.against(Class::List, Some(requirement), message, documented, value(shown));
            }
        }
        let Some(before) = before else { return };
        for pointer in &with.keeps {
            let (was, is) = (pointer.get(before), pointer.get(item));
            if was != is {
                let message = format!("{pointer} of a credential changes with its revocation");
                self.against(Class::List, Some(requirement), message, value(was), value(is));
            }
        }
    }
}
