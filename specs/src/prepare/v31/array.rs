//! Arrays: items by position, items that have to occur, and all others.

use serde_json::{Value, json};

use super::{Lowering, schema::Subject};

impl Lowering<'_> {
    pub(super) fn array(&mut self, subject: &mut Subject<'_>) {
        for keyword in ["minItems", "maxItems"] {
            if let Some(bound) = subject.members.get(keyword) {
                subject.set(keyword, bound.clone());
            }
        }
        self.contains(subject);
        self.items(subject);
    }

    fn items(&mut self, subject: &mut Subject<'_>) {
        // A list under `items` is how earlier drafts wrote positions.
        let earlier = matches!(subject.members.get("items"), Some(Value::Array(_)));
        let positions = if earlier { "items" } else { "prefixItems" };
        let count = subject.members.get(positions).and_then(Value::as_array).map_or(0, Vec::len);
        let others = if earlier { None } else { self.other_items(subject) };
        if count == 0 {
            match others {
                Some(Value::Bool(false)) => {
                    subject.set("items", json!({}));
                    subject.set("maxItems", 0);
                }
                Some(others) => subject.set("items", others),
                None => {}
            }
            return;
        }
        let at = subject.at.join(positions);
        let mut schemas: Vec<Value> = Vec::new();
        for index in 0..count {
            let schema = self.schema(&at.index(index));
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        let longest = subject.out.get("maxItems").and_then(Value::as_u64);
        let closed = others == Some(Value::Bool(false));
        if closed && longest.is_none_or(|longest| longest > count as u64) {
            subject.set("maxItems", count);
        }
        let closed = closed || longest.is_some_and(|longest| longest <= count as u64);
        let exact = schemas.len() == 1 && (closed || others.as_ref() == schemas.first());
        if !closed {
            let others = others.unwrap_or_else(|| json!({}));
            if !schemas.contains(&others) {
                schemas.push(others);
            }
        }
        if !exact {
            self.loosen(
                &subject.at,
                positions,
                "OpenAPI 3.0 has one schema for all items of an array, so their order is not carried",
                "use an object with a property for each item",
            );
        }
        let open = schemas.iter().any(|schema| schema.as_object().is_some_and(serde_json::Map::is_empty));
        let items = match schemas.as_slice() {
            _ if open => json!({}),
            [only] => only.clone(),
            _ => json!({ "anyOf": schemas }),
        };
        subject.set("items", items);
    }

    /// What is said of items that have no position: `false`, a schema, or nothing.
    fn other_items(&mut self, subject: &Subject<'_>) -> Option<Value> {
        let place = match (subject.members.get("items"), subject.members.get("unevaluatedItems")) {
            (Some(Value::Bool(false)), _) => return Some(Value::Bool(false)),
            (Some(_), _) => "items",
            (None, None | Some(Value::Bool(true))) => return None,
            (None, Some(others)) => {
                let elsewhere =
                    ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "contains"];
                if elsewhere.iter().any(|keyword| subject.has(keyword)) {
                    let message = "`unevaluatedItems` looks into other schemas, which OpenAPI 3.0 cannot say, so \
                                   any further item is allowed";
                    let help = "describe all items in one schema";
                    self.loosen(&subject.at, "unevaluatedItems", message, help);
                    return None;
                }
                if *others == Value::Bool(false) {
                    return Some(Value::Bool(false));
                }
                "unevaluatedItems"
            }
        };
        Some(self.schema(&subject.at.join(place)))
    }

    fn contains(&mut self, subject: &mut Subject<'_>) {
        if !subject.has("contains") {
            return;
        }
        let count = |keyword: &str| subject.members.get(keyword).and_then(Value::as_u64);
        let least = count("minContains").unwrap_or(1);
        if least == 0 && !subject.has("maxContains") {
            return;
        }
        self.loosen(
            &subject.at,
            "contains",
            "OpenAPI 3.0 cannot ask for items that have to occur, so only their number is carried",
            "check it in the server",
        );
        if least > count("minItems").unwrap_or(0) {
            subject.set("minItems", least);
        }
    }
}
