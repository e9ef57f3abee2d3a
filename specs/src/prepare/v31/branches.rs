//! Compositions: `allOf`, `anyOf`, `oneOf`, `not`, and conditions.

use serde_json::{Map, Value, json};

use super::{
    Lowering,
    schema::{Subject, null},
};

impl Lowering<'_> {
    /// `allOf`, `not` and conditions; alternatives come later, when everything else is known.
    pub(super) fn branches(&mut self, subject: &mut Subject<'_>) {
        match subject.members.get("allOf") {
            Some(Value::Array(parts)) => {
                let at = subject.at.join("allOf");
                let parts: Vec<Value> = (0..parts.len()).map(|index| self.schema(&at.index(index))).collect();
                if !parts.is_empty() {
                    subject.set("allOf", parts);
                }
            }
            Some(other) => subject.set("allOf", other.clone()),
            None => {}
        }
        self.not(subject);
        self.condition(subject);
    }

    fn not(&mut self, subject: &mut Subject<'_>) {
        let at = subject.at.join("not");
        match subject.members.get("not") {
            None | Some(Value::Bool(false)) => {}
            Some(_) if self.loose.contains(&at) => {
                // Told all the same: the schema below says what it cannot carry.
                let _ = self.schema(&at);
                self.loosen(
                    &subject.at,
                    "not",
                    "what is excluded here cannot be said in OpenAPI 3.0, so `not` is left out",
                    "exclude less, or say what is allowed instead",
                );
            }
            Some(_) => {
                let schema = self.schema(&at);
                subject.set("not", schema);
            }
        }
    }

    fn condition(&mut self, subject: &Subject<'_>) {
        if subject.has("if") && (subject.has("then") || subject.has("else")) {
            self.loosen(
                &subject.at,
                "if",
                "OpenAPI 3.0 has no conditions, so `if`, `then` and `else` are left out",
                "list the cases with `oneOf`",
            );
        }
    }

    pub(super) fn alternatives(&mut self, subject: &mut Subject<'_>) {
        for keyword in ["anyOf", "oneOf"] {
            match subject.members.get(keyword) {
                Some(Value::Array(branches)) if !branches.is_empty() => {
                    self.alternative(subject, keyword, branches);
                }
                Some(Value::Array(_)) | None => {}
                Some(other) => subject.set(keyword, other.clone()),
            }
        }
    }

    fn alternative(&mut self, subject: &mut Subject<'_>, keyword: &'static str, branches: &[Value]) {
        let at = subject.at.join(keyword);
        let takes_null = branches.iter().any(is_null);
        let kept: Vec<usize> = branches
            .iter()
            .enumerate()
            .filter(|(_, branch)| !is_null(branch))
            .map(|(index, _)| index)
            .collect();
        let mut lowered: Vec<Value> = kept.iter().map(|index| self.schema(&at.index(*index))).collect();
        let mut target = keyword;
        if keyword == "oneOf" && kept.iter().any(|index| self.loose.contains(&at.index(*index))) {
            target = "anyOf";
            self.loosen(
                &subject.at,
                keyword,
                "a branch of this `oneOf` accepts more than it says, so it is carried as `anyOf`",
                "see the warnings about its branches",
            );
        }
        if takes_null {
            if lowered.len() == 1
                && let Some(branch) = lowered.first_mut().and_then(with_null)
            {
                return merge(subject, branch);
            }
            // Of one branch and null it does not matter whether both may fit.
            target = if lowered.len() < 2 { "anyOf" } else { target };
            lowered.push(null());
            if lowered.len() == 1 {
                return merge(subject, null());
            }
            if !subject.out.contains_key("type") {
                subject.set("nullable", true);
            }
        }
        if target == "anyOf" {
            subject.any_of(lowered);
        } else {
            subject.set(target, lowered);
        }
    }
}

/// Makes the one branch that is left the schema itself, where that has no opinion of its own.
fn merge(subject: &mut Subject<'_>, branch: Value) {
    match branch {
        Value::Object(members) if subject.only_describes() => {
            for (keyword, value) in members {
                subject.out.entry(keyword).or_insert(value);
            }
        }
        branch => subject.any_of(vec![branch]),
    }
}

/// The lowered schema with null accepted as well, where `nullable` is enough to say that.
fn with_null(schema: &mut Value) -> Option<Value> {
    let members = schema.as_object_mut()?;
    let composed = ["$ref", "allOf", "anyOf", "oneOf", "not"];
    if !members.contains_key("type") || composed.iter().any(|keyword| members.contains_key(*keyword)) {
        return None;
    }
    let mut members: Map<String, Value> = std::mem::take(members);
    members.insert("nullable".to_owned(), json!(true));
    if let Some(Value::Array(values)) = members.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    Some(Value::Object(members))
}

/// Whether a schema of 3.1 is satisfied by null alone, at first sight.
fn is_null(schema: &Value) -> bool {
    let Some(members) = schema.as_object() else { return false };
    let only = |value: &Value| match value {
        Value::Array(items) => items.len() == 1 && items.iter().all(|item| item.is_null() || item == "null"),
        other => other.is_null() || other == "null",
    };
    let states = |keyword: &str| members.get(keyword).is_some_and(only);
    let harmless = |keyword: &String| {
        matches!(keyword.as_str(), "type" | "const" | "enum" | "title" | "description" | "$comment")
    };
    let typed = members.get("type").is_none_or(only);
    let listed =
        members.get("enum").is_none_or(|list| list.as_array().is_some_and(|list| *list == [Value::Null]));
    let constant = members.get("const").is_none_or(Value::is_null);
    members.keys().all(harmless)
        && typed
        && listed
        && constant
        && (states("type") || members.contains_key("const") || members.contains_key("enum"))
}
