//! Makes a JSON value simpler, step by step, as long as it keeps the property that matters.

use std::fmt;
use std::sync::Arc;

use proptest::strategy::ValueTree;
use serde_json::Value;

/// What a simpler value has to keep.
pub(super) type Keep = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

/// A value that can be made simpler.
#[derive(Clone)]
pub struct Shrinking {
    current: Value,
    /// What `current` was made from, while it is not known whether the simpler value still shows the fault.
    before: Option<Value>,
    /// The edits of `before` that were tried.
    tried: usize,
    keep: Keep,
}

impl fmt::Debug for Shrinking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shrinking").field("current", &self.current).finish_non_exhaustive()
    }
}

impl Shrinking {
    pub(super) fn new(value: Value, keep: Keep) -> Self {
        Self { current: value, before: None, tried: 0, keep }
    }

    /// Another value to be made simpler, which has to keep the same.
    pub(crate) fn restart(&self, value: Value) -> Self {
        Self::new(value, Arc::clone(&self.keep))
    }

    fn advance(&mut self, base: Value) -> bool {
        for edited in edits(&base).into_iter().skip(self.tried) {
            self.tried += 1;
            if edited != base && (self.keep)(&edited) {
                self.current = edited;
                self.before = Some(base);
                return true;
            }
        }
        self.current = base;
        self.before = None;
        false
    }
}

impl ValueTree for Shrinking {
    type Value = Value;

    fn current(&self) -> Value {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.before.take().is_some() {
            self.tried = 0;
        }
        let base = std::mem::take(&mut self.current);
        self.advance(base)
    }

    fn complicate(&mut self) -> bool {
        match self.before.take() {
            Some(before) => self.advance(before),
            None => false,
        }
    }
}

/// Simpler variants of a value, the boldest first. Each is smaller than the value, so that shrinking ends.
fn edits(value: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    walk(value, String::new(), &mut places);
    let mut out = Vec::new();
    if let Value::Object(object) = value {
        // Alone, each member may be all that matters.
        if object.len() > 1 {
            for name in object.keys() {
                let alone: serde_json::Map<_, _> = object
                    .iter()
                    .filter(|(other, _)| *other == name)
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
                out.push(Value::Object(alone));
            }
        }
    }
    let mut replace = |place: &str, with: Value| {
        let mut edited = value.clone();
        if let Some(target) = edited.pointer_mut(place) {
            *target = with;
            out.push(edited);
        }
    };
    for (place, inner) in &places {
        match inner {
            Value::Object(object) => {
                for name in object.keys().rev() {
                    let mut fewer = object.clone();
                    fewer.shift_remove(name);
                    replace(place, Value::Object(fewer));
                }
            }
            Value::Array(items) => {
                if items.len() > 2 {
                    replace(place, Value::Array(items[..items.len() / 2].to_vec()));
                }
                for index in (0..items.len().min(8)).rev() {
                    let mut fewer = items.clone();
                    fewer.remove(index);
                    replace(place, Value::Array(fewer));
                }
            }
            Value::String(text) => {
                let length = text.chars().count();
                for shorter in [0, 1, length / 2, length.saturating_sub(1)] {
                    if shorter < length {
                        replace(place, Value::String(text.chars().take(shorter).collect()));
                    }
                }
                if !text.is_ascii() {
                    let plain = text.chars().map(|c| if c.is_ascii() { c } else { 'a' }).collect();
                    replace(place, Value::String(plain));
                }
            }
            Value::Number(number) if number.as_f64() != Some(0.0) => {
                replace(place, Value::from(0));
                if number.as_f64().is_some_and(|number| number.abs() > 1.0) {
                    replace(place, Value::from(1));
                }
            }
            Value::Bool(true) => replace(place, Value::Bool(false)),
            _ => {}
        }
    }
    out
}

fn walk(value: &Value, at: String, places: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                walk(inner, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().take(8).enumerate() {
                walk(inner, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    // Containers come before what is in them, the root first.
    places.push((at, value.clone()));
    places.sort_by_key(|(place, _)| place.matches('/').count());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Shrinks `value` as far as it goes with a fault that `fails` tells.
    fn shrink(value: Value, fails: impl Fn(&Value) -> bool) -> Value {
        let mut tree = Shrinking::new(value, Arc::new(|_| true));
        while tree.simplify() {
            while !fails(&tree.current()) {
                if !tree.complicate() {
                    return tree.current();
                }
            }
        }
        tree.current()
    }

    #[test]
    fn only_what_matters_is_left() {
        let value = json!({"a": 12, "b": "ünïcode", "c": {"d": [1, 2, {"e": "needle"}]}});
        let fails = |value: &Value| value.pointer("/c/d").is_some_and(|d| d.to_string().contains("needle"));
        assert_eq!(shrink(value, fails), json!({"c": {"d": [{"e": "needle"}]}}));
    }

    #[test]
    fn a_value_that_cannot_be_simpler_stays() {
        assert_eq!(shrink(json!({"a": 1}), |value| *value == json!({"a": 1})), json!({"a": 1}));
    }
}
