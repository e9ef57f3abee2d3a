//! Schemas, by the direction in which their values travel.
//!
//! A request may not be accepted less often, so nothing may get narrower; an answer may not be of a kind that callers do
//! not know, so nothing may get wider.

use rescind_specs::{Direction, Document, Pointer, Schema};
use serde_json::Value;

use super::view::{Parts, View};
use super::{Class, Comparison};

/// What happened to the set of values that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    Narrower,
    Wider,
    /// Some values fit no more, and others do.
    Other,
}

/// Deepest nesting of schemas that is followed.
pub(super) const DEPTH: usize = 100;
/// Where a pair of schemas stands, for messages.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) direction: Direction,
    /// `answer 200 (application/json)`.
    what: String,
    /// The way from the body to here: `/items/*/id`.
    path: String,
}

impl Context {
    pub(super) fn below(&self, step: &str) -> Self {
        Self { path: format!("{}/{step}", self.path), ..self.clone() }
    }

    pub(super) fn label(&self) -> String {
        if self.path.is_empty() {
            format!("the {}", self.what)
        } else {
            format!("`{}` in the {}", self.path, self.what)
        }
    }
}

fn judged(direction: Direction, shift: Shift) -> (Class, &'static str) {
    match (direction, shift) {
        (Direction::Request, Shift::Wider) => (Class::Compatible, "more is accepted than before"),
        (Direction::Request, Shift::Narrower | Shift::Other) => {
            (Class::Breaking, "requests that were accepted may be refused now")
        }
        (Direction::Response, Shift::Narrower) => {
            (Class::Compatible, "callers know everything that can come")
        }
        (Direction::Response, Shift::Wider | Shift::Other) => {
            (Class::Breaking, "answers may hold what callers do not know")
        }
    }
}

impl Comparison<'_> {
    /// Two schemas of which either may be absent; an absent one fits everything.
    pub(super) fn optional_schemas(
        &mut self,
        old: Option<&Schema>,
        new: Option<&Schema>,
        places: (&Pointer, &Pointer),
        direction: Direction,
        what: &str,
    ) {
        let context = Context { direction, what: what.to_owned(), path: String::new() };
        match (old, new) {
            (Some(old), Some(new)) => {
                self.schemas(&[old.pointer().clone()], &[new.pointer().clone()], &context);
            }
            (None, None) => {}
            (old, _) => {
                let shift = if old.is_some() { Shift::Wider } else { Shift::Narrower };
                let said = |schema: bool| schema.then(|| "a schema".to_owned());
                let places = (places.0.join("schema"), places.1.join("schema"));
                let from = said(old.is_some());
                let to = said(old.is_none());
                self.shift(
                    &context,
                    shift,
                    "schema",
                    "is described by a schema or not",
                    (&places.0, from),
                    (&places.1, to),
                );
            }
        }
    }

    pub(super) fn shift(
        &mut self,
        context: &Context,
        shift: Shift,
        rule: &'static str,
        what: &str,
        was: super::Place<'_>,
        now: super::Place<'_>,
    ) {
        let (class, why) = judged(context.direction, shift);
        self.tell(class, rule, format!("{} {what}", context.label()), why, was, now);
    }

    pub(super) fn schemas(&mut self, old: &[Pointer], new: &[Pointer], context: &Context) {
        let (before, after) = self.documents();
        let settled = |document: &Document, parts: &[Pointer]| -> Parts {
            let mut places: Parts = parts
                .iter()
                .map(|at| document.resolve(at).map_or_else(|_| at.clone(), |(at, _)| at))
                .collect();
            places.sort();
            places.dedup();
            places
        };
        let key = (settled(before, old), settled(after, new), context.direction);
        if !self.seen.insert(key) {
            return;
        }
        if self.budget == 0 || self.depth > DEPTH {
            let why = "the schemas are too large or too deep to be compared to their end";
            if !self.changes.iter().any(|change| change.rule == "schema-too-large") {
                let (was, now) =
                    (old.first().cloned().unwrap_or_default(), new.first().cloned().unwrap_or_default());
                let what = format!("{} was not compared", context.label());
                self.tell(Class::Unclassified, "schema-too-large", what, why, (&was, None), (&now, None));
            }
            return;
        }
        self.budget -= 1;
        self.depth += 1;
        let from = View::of(before, old, context.direction);
        let to = View::of(after, new, context.direction);
        self.views(&from, &to, context);
        self.depth -= 1;
    }

    fn views(&mut self, old: &View, new: &View, context: &Context) {
        if old.unreadable || new.unreadable {
            if old.unreadable != new.unreadable {
                let what = format!("{} cannot be read", context.label());
                let why = "a schema that cannot be read cannot be compared";
                self.tell(
                    Class::Unclassified,
                    "schema-unreadable",
                    what,
                    why,
                    (&old.at, None),
                    (&new.at, None),
                );
            }
            return;
        }
        if old.is_choice() || new.is_choice() {
            self.choices(old, new, context);
        } else {
            self.types(old, new, context);
            self.values(old, new, context);
            self.texts(old, new, context);
            self.limits(old, new, context);
            self.items(old, new, context);
            self.members(old, new, context);
            self.lists_of_choices(old, new, context);
            self.excluded(old, new, context);
        }
        self.annotations(old, new, context);
    }

    fn annotations(&mut self, old: &View, new: &View, context: &Context) {
        if !old.deprecated && new.deprecated {
            let what = format!("{} is deprecated", context.label());
            let now = (&new.at.join("deprecated"), Some("deprecated".to_owned()));
            self.tell(
                Class::Warning,
                "deprecated",
                what,
                "it still works, and is to go",
                (&old.at, None),
                now,
            );
        }
        let value = |side: &Option<(Pointer, Value)>| side.as_ref().map(|(_, value)| value.clone());
        let place = |side: &Option<(Pointer, Value)>, view: &View, keyword: &str| {
            side.as_ref().map_or_else(|| view.at.join(keyword), |(at, _)| at.clone())
        };
        let (from, to) = (value(&old.default), value(&new.default));
        if from != to && context.direction == Direction::Request {
            let what = format!("{} has another default", context.label());
            let (was, now) = (place(&old.default, old, "default"), place(&new.default, new, "default"));
            let (class, why) = if from.is_some() {
                (Class::Breaking, "a request that leaves it out means something else now")
            } else {
                (Class::Warning, "what a request without it means was not documented")
            };
            let text = |value: Option<Value>| value.map(|value| value.to_string());
            self.tell(class, "default", what, why, (&was, text(from)), (&now, text(to)));
        }
        self.discriminators(old, new, context);
        if old.xml != new.xml {
            let what = format!("{} is written into XML in another way", context.label());
            let text = |xml: &Option<Value>| xml.as_ref().map(ToString::to_string);
            let (was, now) = (old.at.join("xml"), new.at.join("xml"));
            let why = "`xml` is compared as a whole only";
            self.tell(Class::Unclassified, "xml", what, why, (&was, text(&old.xml)), (&now, text(&new.xml)));
        }
    }
}
