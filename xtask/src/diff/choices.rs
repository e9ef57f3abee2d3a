//! Alternatives: `anyOf`, `oneOf`, and what tells them apart.

use std::collections::BTreeSet;

use rescind_specs::{Document, Pointer};
use serde_json::Value;

use super::Comparison;
use super::schemas::{Context, Shift};
use super::view::{Parts, View, is_null};

/// Most alternatives that are tried against each other.
const ALTERNATIVES: usize = 60;

impl Comparison<'_> {
    /// Lists of alternatives beside something else that has to hold.
    pub(super) fn lists_of_choices(&mut self, old: &View, new: &View, context: &Context) {
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
    pub(super) fn choices(&mut self, old: &View, new: &View, context: &Context) {
        let list = |view: &View| match view.choices.first() {
            Some(alternatives) if view.is_choice() => alternatives.clone(),
            _ => vec![view.parts.clone()],
        };
        self.alternatives((&list(old), &old.at), (&list(new), &new.at), context);
    }

    pub(super) fn alternatives(
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
    pub(super) fn is_same(&self, old: &[Pointer], new: &[Pointer], context: &Context) -> bool {
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
    pub(super) fn discriminators(&mut self, old: &View, new: &View, context: &Context) {
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
}
