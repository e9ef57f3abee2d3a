//! What a schema says of single values: types, lists, formats, limits.

use std::collections::BTreeSet;

use rescind_specs::{Document, Pointer};
use serde_json::Value;

use super::schemas::{Context, Shift};
use super::view::{Bound, View};
use super::{Class, Comparison};

impl Comparison<'_> {
    pub(super) fn types(&mut self, old: &View, new: &View, context: &Context) {
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

    pub(super) fn values(&mut self, old: &View, new: &View, context: &Context) {
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

    pub(super) fn texts(&mut self, old: &View, new: &View, context: &Context) {
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

    pub(super) fn limits(&mut self, old: &View, new: &View, context: &Context) {
        for (keyword, from, to, sign) in
            [("minimum", old.minimum, new.minimum, 1.0), ("maximum", old.maximum, new.maximum, -1.0)]
        {
            let tight = |bound: Bound| (bound.value * sign, bound.exclusive);
            let shift = match (from, to) {
                (None, None) => continue,
                (None, Some(_)) => Shift::Narrower,
                (Some(from), Some(to)) if from == to => continue,
                (Some(from), Some(to)) if tight(to) > tight(from) => Shift::Narrower,
                (Some(_), _) => Shift::Wider,
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

    pub(super) fn items(&mut self, old: &View, new: &View, context: &Context) {
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

    pub(super) fn excluded(&mut self, old: &View, new: &View, context: &Context) {
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
