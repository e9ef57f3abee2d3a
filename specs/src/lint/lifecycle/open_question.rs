//! Texts that are still questions.

use serde_json::Value;

use super::survey::templates;
use super::{Rule, Survey};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "open_question",
    severity: Severity::Warning,
    finds: "A text is still a question: nobody has answered it yet.",
    page: "\
A text that ends with a question mark is how a draft says what it could not know: who a caller is, what a request has
to hold, whether a promise is made at all. A lifecycle document states; it does not ask.

Answer it from the documentation of the API, and write the answer in its place. A requirement whose question has no
answer is left out, or kept as `basis: inference` with the reading that you take.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let root = Pointer::root();
    let lifecycle = survey.lifecycle;
    let mut texts: Vec<(Pointer, &str)> = Vec::new();
    for (name, caller) in &lifecycle.callers {
        texts.push((root.join("callers").join(&name.0).join("about"), &caller.about));
    }
    for (at, _, kind) in survey.kinds() {
        texts.push((at.join("about"), &kind.about));
    }
    for (at, dependent) in survey.dependents() {
        texts.push((at.join("about"), &dependent.about));
    }
    for (name, hook) in &lifecycle.hooks {
        texts.push((root.join("hooks").join(&name.0).join("about"), &hook.about));
    }
    for (name, supplied) in &lifecycle.supplied {
        texts.push((root.join("supplied").join(&name.0).join("about"), &supplied.about));
    }
    for (id, why) in &lifecycle.incomplete {
        texts.push((root.join("incomplete").join(&id.0), why));
    }
    for (index, requirement) in lifecycle.requirements.iter().enumerate() {
        let at = root.join("requirements").index(index);
        texts.push((at.join("text"), &requirement.text));
        texts.push((at.join("source"), &requirement.source));
    }
    for (at, text) in texts {
        if is_question(text) {
            survey.find(&at, "this is still a question", "answer it, and state the answer here");
        }
    }
    let values: Vec<Pointer> = survey
        .calls()
        .iter()
        .flat_map(|call| templates(&call.at, call.call))
        .flat_map(|(at, template)| questions(template.as_value(), &at))
        .collect();
    for at in values {
        survey.find(&at, "this value is still a question", "write the value that is to be sent");
    }
}

/// A question has several words: a single one with a question mark may be a value.
fn is_question(text: &str) -> bool {
    let text = text.trim();
    text.ends_with('?') && text.contains(' ')
}

fn questions(value: &Value, at: &Pointer) -> Vec<Pointer> {
    match value {
        Value::String(text) if is_question(text) => vec![at.clone()],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| questions(item, &at.index(index))).collect()
        }
        Value::Object(members) => {
            members.iter().flat_map(|(name, member)| questions(member, &at.join(name))).collect()
        }
        _ => Vec::new(),
    }
}
