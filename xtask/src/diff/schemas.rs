//! Schemas, by the direction in which their values travel.
//!
//! A request may not be accepted less often, so nothing may get narrower; an answer may not be of a kind that callers do
//! not know, so nothing may get wider.

use std::collections::BTreeSet;

use rescind_specs::{Direction, Document, Pointer, Schema};
use serde_json::Value;

use super::view::{Bound, Others, Parts, View, is_null};
use super::{Class, Comparison};

/// What happened to the set of values that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shift {
    Narrower,
    Wider,
    /// Some values fit no more, and others do.
    Other,
}

/// Deepest nesting of schemas that is followed.
const DEPTH: usize = 100;
/// Most alternatives that are tried against each other.
const ALTERNATIVES: usize = 60;

/// Where a pair of schemas stands, for messages.
#[derive(Clone, Debug)]
struct Context {
    direction: Direction,
    /// `answer 200 (application/json)`.
    what: String,
    /// The way from the body to here: `/items/*/id`.
    path: String,
}

impl Context {
    fn below(&self, step: &str) -> Self {
        Self { path: format!("{}/{step}", self.path), ..self.clone() }
    }

    fn label(&self) -> String {
        if self.path.is_empty() {
            format!("the {}", self.what)
        } else {
            format!("`{}` in the {}", self.path, self.what)
        }
    }
}

fn judged(direction: Direction, shift: Shift) -> (Class, &'static str) {
    match (direction, shift) {
        (Direction::Request, Shift::Narrower) => {
            (Class::Breaking, "requests that were accepted may be refused now")
        }
        (Direction::Request, Shift::Wider) => (Class::Compatible, "more is accepted than before"),
        (Direction::Request, Shift::Other) => {
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

impl<'e> Comparison<'e> {
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

    fn shift(
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

    fn schemas(&mut self, old: &[Pointer], new: &[Pointer], context: &Context) {
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

    fn types(&mut self, old: &View, new: &View, context: &Context) {
        if old.types == new.types {
            return;
        }
        // What a listed value allows decides, if the types differ by nothing else.
        let any = || ["array", "boolean", "null", "number", "object", "string"].map(str::to_owned).into();
        let types = |view: &View| view.types.clone().unwrap_or_else(any);
        let (from, to) = (types(old), types(new));
        let within = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
            a.iter().all(|kind| b.contains(kind) || (kind == "integer" && b.contains("number")))
        };
        let shift = match (within(&from, &to), within(&to, &from)) {
            (true, true) => return,
            (true, false) => Shift::Wider,
            (false, true) => Shift::Narrower,
            (false, false) => Shift::Other,
        };
        let null = "null".to_owned();
        let only_null = from.symmetric_difference(&to).all(|kind| *kind == null);
        let (rule, what) = match (only_null, shift) {
            (true, Shift::Wider) => ("nullable-added", "may be null"),
            (true, _) => ("nullable-removed", "is never null any more"),
            (false, _) => ("type", "is of another type"),
        };
        let words = |view: &View| {
            view.types.as_ref().map(|types| types.iter().cloned().collect::<Vec<_>>().join(" or "))
        };
        let (was, now) = (old.at.join("type"), new.at.join("type"));
        self.shift(context, shift, rule, what, (&was, words(old)), (&now, words(new)));
    }

    fn values(&mut self, old: &View, new: &View, context: &Context) {
        let (was, now) = (old.at.join("enum"), new.at.join("enum"));
        let words = |values: &[Value]| {
            let shown: Vec<String> = values.iter().take(20).map(ToString::to_string).collect();
            format!("{}{}", shown.join(", "), if values.len() > 20 { ", …" } else { "" })
        };
        match (&old.values, &new.values) {
            (None, None) => {}
            (Some(from), None) => {
                self.shift(
                    context,
                    Shift::Wider,
                    "enum-removed",
                    "is any value",
                    (&was, Some(words(from))),
                    (&now, None),
                );
            }
            (None, Some(to)) => {
                self.shift(
                    context,
                    Shift::Narrower,
                    "enum-added",
                    "is one of a list",
                    (&was, None),
                    (&now, Some(words(to))),
                );
            }
            (Some(from), Some(to)) => {
                let missing = |a: &[Value], b: &[Value]| -> Vec<Value> {
                    a.iter().filter(|value| !b.contains(value)).cloned().collect()
                };
                let (gone, added) = (missing(from, to), missing(to, from));
                let typed = old.types != new.types;
                // That null came or went is told with the types.
                let told = |values: &[Value]| typed && values.iter().all(Value::is_null);
                if !gone.is_empty() && !told(&gone) {
                    let what = format!("is never {} any more", words(&gone));
                    let sides = ((&was, Some(words(from))), (&now, Some(words(to))));
                    self.shift(context, Shift::Narrower, "enum-value-removed", &what, sides.0, sides.1);
                }
                if !added.is_empty() && !told(&added) {
                    let what = format!("may be {}", words(&added));
                    let sides = ((&was, Some(words(from))), (&now, Some(words(to))));
                    self.shift(context, Shift::Wider, "enum-value-added", &what, sides.0, sides.1);
                }
            }
        }
    }

    fn texts(&mut self, old: &View, new: &View, context: &Context) {
        for (rule, keyword, from, to) in [
            ("format", "format", &old.formats, &new.formats),
            ("pattern", "pattern", &old.patterns, &new.patterns),
        ] {
            let shift = match (to.is_superset(from), from.is_superset(to)) {
                (true, true) => continue,
                (true, false) => Shift::Narrower,
                (false, true) => Shift::Wider,
                (false, false) => other_format(from, to),
            };
            let words = |set: &BTreeSet<String>| {
                (!set.is_empty()).then(|| set.iter().cloned().collect::<Vec<_>>().join(" and "))
            };
            let (was, now) = (old.at.join(keyword), new.at.join(keyword));
            let what = format!("has another {keyword}");
            self.shift(context, shift, rule, &what, (&was, words(from)), (&now, words(to)));
        }
    }

    fn limits(&mut self, old: &View, new: &View, context: &Context) {
        for (keyword, from, to, sign) in
            [("minimum", old.minimum, new.minimum, 1.0), ("maximum", old.maximum, new.maximum, -1.0)]
        {
            let tight = |bound: Bound| (bound.value * sign, bound.exclusive);
            let shift = match (from, to) {
                (None, None) => continue,
                (None, Some(_)) => Shift::Narrower,
                (Some(_), None) => Shift::Wider,
                (Some(from), Some(to)) if from == to => continue,
                (Some(from), Some(to)) if tight(to) > tight(from) => Shift::Narrower,
                (Some(_), Some(_)) => Shift::Wider,
            };
            let (was, now) = (old.at.join(keyword), new.at.join(keyword));
            let what = format!("has another {keyword}");
            self.shift(
                context,
                shift,
                keyword,
                &what,
                (&was, from.map(Bound::words)),
                (&now, to.map(Bound::words)),
            );
        }
        let keywords: BTreeSet<&'static str> = [&old.at_least, &new.at_least, &old.at_most, &new.at_most]
            .into_iter()
            .flatten()
            .map(|(k, _)| *k)
            .collect();
        for keyword in keywords {
            let least = keyword.starts_with("min");
            let pick = |view: &View| if least { &view.at_least } else { &view.at_most }.get(keyword).copied();
            let (from, to) = (pick(old), pick(new));
            // Nothing has fewer than no characters.
            let plain =
                |bound: Option<u64>| if least { bound.unwrap_or(0) } else { bound.unwrap_or(u64::MAX) };
            let (a, b) = (plain(from), plain(to));
            if a == b {
                continue;
            }
            let shift = if (b > a) == least { Shift::Narrower } else { Shift::Wider };
            let (was, now) = (old.at.join(keyword), new.at.join(keyword));
            let said = |bound: Option<u64>| bound.map(|bound| bound.to_string());
            let what = format!("has another {keyword}");
            self.shift(context, shift, keyword, &what, (&was, said(from)), (&now, said(to)));
        }
        if old.unique != new.unique {
            let shift = if new.unique { Shift::Narrower } else { Shift::Wider };
            let (was, now) = (old.at.join("uniqueItems"), new.at.join("uniqueItems"));
            let said = |unique: bool| Some(unique.to_string());
            let what = if new.unique { "does not repeat an item" } else { "may repeat an item" };
            self.shift(
                context,
                shift,
                "uniqueItems",
                what,
                (&was, said(old.unique)),
                (&now, said(new.unique)),
            );
        }
        let divides = |a: &[f64], b: &[f64]| a.iter().all(|a| b.iter().any(|b| (b / a).fract() == 0.0));
        let shift = match (divides(&old.multiples, &new.multiples), divides(&new.multiples, &old.multiples)) {
            (true, true) => return,
            (true, false) => Shift::Narrower,
            (false, true) => Shift::Wider,
            (false, false) => Shift::Other,
        };
        let said = |list: &[f64]| list.first().map(ToString::to_string);
        let (was, now) = (old.at.join("multipleOf"), new.at.join("multipleOf"));
        let (from, to) = (said(&old.multiples), said(&new.multiples));
        self.shift(context, shift, "multipleOf", "is a multiple of something else", (&was, from), (&now, to));
    }

    fn items(&mut self, old: &View, new: &View, context: &Context) {
        match (&old.items, &new.items) {
            (Some(from), Some(to)) => self.schemas(from, to, &context.below("*")),
            (None, None) => {}
            (from, _) => {
                let shift = if from.is_some() { Shift::Wider } else { Shift::Narrower };
                let said = |there: bool| there.then(|| "items".to_owned());
                let (was, now) = (old.at.join("items"), new.at.join("items"));
                let sides = ((&was, said(from.is_some())), (&now, said(from.is_none())));
                self.shift(context, shift, "items", "has items of another kind", sides.0, sides.1);
            }
        }
    }

    fn members(&mut self, old: &View, new: &View, context: &Context) {
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

    fn member_removed(&mut self, name: &str, from: &[Pointer], new: &View, context: &Context) {
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

    fn member_added(&mut self, name: &str, to: &[Pointer], old: &View, new: &View, context: &Context) {
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

    fn others(&mut self, old: &View, new: &View, context: &Context) {
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

    fn excluded(&mut self, old: &View, new: &View, context: &Context) {
        let (before, after) = self.documents();
        let said = |document: &Document, places: &[Pointer]| -> Vec<String> {
            places.iter().filter_map(|at| document.get(at)).map(ToString::to_string).collect()
        };
        let (from, to) = (said(before, &old.excluded), said(after, &new.excluded));
        if from == to {
            return;
        }
        let (was, now) = (old.at.join("not"), new.at.join("not"));
        let text = |list: &[String]| (!list.is_empty()).then(|| list.join(" and "));
        let what = format!("{} excludes something else", context.label());
        let why = "what `not` excludes is compared as a whole only";
        self.tell(Class::Unclassified, "not", what, why, (&was, text(&from)), (&now, text(&to)));
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

    fn discriminators(&mut self, old: &View, new: &View, context: &Context) {
        let name = |view: &View| {
            let (_, value) = view.discriminator.as_ref()?;
            value.get("propertyName").and_then(Value::as_str).map(str::to_owned)
        };
        let keys = |view: &View| -> BTreeSet<String> {
            let mapping = view.discriminator.as_ref().and_then(|(_, value)| value.get("mapping"));
            mapping.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.clone()).collect()
        };
        let (was, now) = (old.at.join("discriminator"), new.at.join("discriminator"));
        let (from, to) = (name(old), name(new));
        if from != to {
            if from.is_some() {
                self.shift(
                    context,
                    Shift::Other,
                    "discriminator",
                    "is told apart by another member",
                    (&was, from),
                    (&now, to),
                );
            }
            return;
        }
        let (from, to) = (keys(old), keys(new));
        let shift = match (to.is_superset(&from), from.is_superset(&to)) {
            (true, true) => return,
            (true, false) => Shift::Wider,
            (false, true) => Shift::Narrower,
            (false, false) => Shift::Other,
        };
        let words = |keys: BTreeSet<String>| Some(keys.into_iter().collect::<Vec<_>>().join(", "));
        let sides = ((&was, words(from)), (&now, words(to)));
        self.shift(context, shift, "discriminator-values", "is told apart by other values", sides.0, sides.1);
    }

    /// Lists of alternatives beside something else that has to hold.
    fn lists_of_choices(&mut self, old: &View, new: &View, context: &Context) {
        for (from, to) in old.choices.iter().zip(&new.choices) {
            self.alternatives((from, &old.at), (to, &new.at), context);
        }
        let (from, to) = (old.choices.len(), new.choices.len());
        if from != to {
            let shift = if to > from { Shift::Narrower } else { Shift::Wider };
            let said = |count: usize| (count > 0).then(|| format!("{count} lists of alternatives"));
            self.shift(
                context,
                shift,
                "alternatives",
                "has other alternatives",
                (&old.at, said(from)),
                (&new.at, said(to)),
            );
        }
    }

    /// At least one side is nothing but alternatives; the other side is one of its own.
    fn choices(&mut self, old: &View, new: &View, context: &Context) {
        let list = |view: &View| match view.choices.first() {
            Some(alternatives) if view.is_choice() => alternatives.clone(),
            _ => vec![view.parts.clone()],
        };
        self.alternatives((&list(old), &old.at), (&list(new), &new.at), context);
    }

    fn alternatives(
        &mut self,
        (old, was): (&[Parts], &Pointer),
        (new, now): (&[Parts], &Pointer),
        context: &Context,
    ) {
        let (before, after) = self.documents();
        let mut rest: Vec<usize> = (0..new.len()).collect();
        let mut pairs = Vec::new();
        let mut open: Vec<usize> = (0..old.len()).collect();
        let mut settle =
            |open: &mut Vec<usize>, rest: &mut Vec<usize>, same: &mut dyn FnMut(usize, usize) -> bool| {
                open.retain(|from| {
                    let Some(at) = rest.iter().position(|to| same(*from, *to)) else { return true };
                    pairs.push((*from, rest.remove(at)));
                    false
                });
            };
        let name = |document: &Document, parts: &Parts| -> Option<String> {
            let (at, _) = document.resolve(parts.first()?).ok()?;
            (at.parent()?.as_str() == "/components/schemas").then(|| at.last()).flatten()
        };
        settle(&mut open, &mut rest, &mut |from, to| {
            is_null(before, &old[from]) && is_null(after, &new[to])
                || name(before, &old[from]).is_some_and(|from| Some(from) == name(after, &new[to]))
        });
        if old.len().max(new.len()) <= ALTERNATIVES {
            settle(&mut open, &mut rest, &mut |from, to| self.is_same(&old[from], &new[to], context));
        }
        let kind = |document: &Document, parts: &Parts| View::of(document, parts, context.direction).types;
        settle(&mut open, &mut rest, &mut |from, to| {
            let (a, b) = (kind(before, &old[from]), kind(after, &new[to]));
            a == b && a.is_some() && name(before, &old[from]).is_none() == name(after, &new[to]).is_none()
        });
        // One of each left is the same one, changed.
        if let ([from], [to]) = (open.as_slice(), rest.as_slice()) {
            pairs.push((*from, *to));
            open.clear();
            rest.clear();
        }
        pairs.sort_unstable();
        for (from, to) in pairs {
            self.schemas(&old[from], &new[to], context);
        }
        let words = |document: &Document, parts: &Parts| -> String {
            if is_null(document, parts) {
                return "null".to_owned();
            }
            name(document, parts)
                .unwrap_or_else(|| parts.first().map(ToString::to_string).unwrap_or_default())
        };
        for from in open {
            let text = words(before, &old[from]);
            let place = old[from].first().unwrap_or(was);
            let what = format!("is never {text} any more");
            self.shift(
                context,
                Shift::Narrower,
                "alternative-removed",
                &what,
                (place, Some(text.clone())),
                (now, None),
            );
        }
        for to in rest {
            let text = words(after, &new[to]);
            let place = new[to].first().unwrap_or(now);
            let what = format!("may be {text}");
            self.shift(
                context,
                Shift::Wider,
                "alternative-added",
                &what,
                (was, None),
                (place, Some(text.clone())),
            );
        }
    }

    /// Whether two schemas do not differ at all.
    fn is_same(&self, old: &[Pointer], new: &[Pointer], context: &Context) -> bool {
        let (before, after) = self.documents();
        let value =
            |document: &Document, parts: &[Pointer]| parts.first().and_then(|at| document.get(at).cloned());
        // Within a trial nothing is tried again, which would take forever.
        if self.is_trial {
            return old.len() == 1 && new.len() == 1 && value(before, old) == value(after, new);
        }
        let mut trial = Comparison::new(self.old, self.new);
        trial.is_trial = true;
        trial.budget = 200.min(self.budget);
        trial.depth = self.depth;
        trial.schemas(old, new, context);
        trial.changes.is_empty()
    }
}

/// Between formats of numbers one may hold the other.
fn other_format(from: &BTreeSet<String>, to: &BTreeSet<String>) -> Shift {
    let one = |set: &BTreeSet<String>| (set.len() == 1).then(|| set.first().cloned()).flatten();
    let (from, to) = (one(from), one(to));
    match (from.as_deref(), to.as_deref()) {
        (Some("int32"), Some("int64")) | (Some("float"), Some("double")) => Shift::Wider,
        (Some("int64"), Some("int32")) | (Some("double"), Some("float")) => Shift::Narrower,
        _ => Shift::Other,
    }
}
