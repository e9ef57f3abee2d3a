//! The members of objects, which requests and answers may have.

use rescind_specs::{Direction, Pointer};

use super::schemas::{Context, Shift};
use super::view::{Others, View};
use super::{Class, Comparison};

impl Comparison<'_> {
    pub(super) fn members(&mut self, old: &View, new: &View, context: &Context) {
        for (name, from) in &old.properties {
            if let Some(to) = new.properties.get(name) {
                self.schemas(from, to, &context.below(name));
            } else {
                self.member_removed(name, from, new, context);
            }
        }
        for (name, to) in new.properties.iter().filter(|(name, _)| !old.properties.contains_key(*name)) {
            self.member_added(name, to, old, new, context);
        }
        let is_new = |name: &String| new.properties.contains_key(name) && !old.properties.contains_key(name);
        let is_gone = |name: &String| old.properties.contains_key(name) && !new.properties.contains_key(name);
        let (was, now) = (old.at.join("required"), new.at.join("required"));
        let words = |required: bool| Some(if required { "required" } else { "optional" }.to_owned());
        for name in new.required.difference(&old.required).filter(|name| !is_new(name)) {
            let context = context.below(name);
            let sides = ((&was, words(false)), (&now, words(true)));
            self.shift(&context, Shift::Narrower, "member-required", "is required", sides.0, sides.1);
        }
        for name in old.required.difference(&new.required).filter(|name| !is_gone(name)) {
            let context = context.below(name);
            let sides = ((&was, words(true)), (&now, words(false)));
            self.shift(&context, Shift::Wider, "member-optional", "may be missing", sides.0, sides.1);
        }
        self.others(old, new, context);
    }

    pub(super) fn member_removed(&mut self, name: &str, from: &[Pointer], new: &View, context: &Context) {
        let context = context.below(name);
        let (class, why) = match (context.direction, &new.others) {
            (Direction::Response, _) => (Class::Breaking, "callers that read it find nothing"),
            (Direction::Request, Others::Nothing) => {
                (Class::Breaking, "requests that have it are refused now")
            }
            (Direction::Request, _) => {
                (Class::Warning, "it is still accepted, and nothing says that it has any effect")
            }
        };
        let rule = match context.direction {
            Direction::Request => "request-member-removed",
            Direction::Response => "response-member-removed",
        };
        let was = from.first().cloned().unwrap_or_default();
        let what = format!("{} is gone", context.label());
        let text = Some(format!("member `{name}`"));
        self.tell(class, rule, what, why, (&was, text), (&new.at.join("properties"), None));
    }

    pub(super) fn member_added(
        &mut self,
        name: &str,
        to: &[Pointer],
        old: &View,
        new: &View,
        context: &Context,
    ) {
        let context = context.below(name);
        let required = new.required.contains(name) && !old.required.contains(name);
        let (class, why) = match (context.direction, &old.others) {
            (Direction::Request, _) if required => (Class::Breaking, "requests of today do not have it"),
            (Direction::Request, _) => (Class::Compatible, "requests of today do well without it"),
            (Direction::Response, Others::Nothing) => {
                (Class::Breaking, "members that were not documented were excluded, so a caller may refuse it")
            }
            (Direction::Response, _) => (Class::Compatible, "callers need not read it"),
        };
        let rule = match (context.direction, required) {
            (Direction::Request, true) => "required-request-member-added",
            (Direction::Request, false) => "request-member-added",
            (Direction::Response, _) => "response-member-added",
        };
        let now = to.first().cloned().unwrap_or_default();
        let what = format!("{} is new", context.label());
        let text = Some(format!("{} member `{name}`", if required { "required" } else { "optional" }));
        self.tell(class, rule, what, why, (&old.at.join("properties"), None), (&now, text));
    }

    pub(super) fn others(&mut self, old: &View, new: &View, context: &Context) {
        let keyword = "additionalProperties";
        let (was, now) = (old.at.join(keyword), new.at.join(keyword));
        let words = |others: &Others| {
            Some(match others {
                Others::Anything => "any further member".to_owned(),
                Others::Nothing => "no further member".to_owned(),
                Others::Schema(_) => "further members of one schema".to_owned(),
            })
        };
        let shift = match (&old.others, &new.others) {
            (Others::Schema(from), Others::Schema(to)) => return self.schemas(from, to, &context.below("*")),
            (from, to) if from == to => return,
            (_, Others::Nothing) | (Others::Anything, _) => Shift::Narrower,
            _ => Shift::Wider,
        };
        let sides = ((&was, words(&old.others)), (&now, words(&new.others)));
        self.shift(context, shift, keyword, "takes other further members", sides.0, sides.1);
    }
}
