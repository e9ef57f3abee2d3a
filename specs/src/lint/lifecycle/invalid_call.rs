//! A call that breaks the OpenAPI document itself.

use serde_json::Value;

use super::unknown_id_form::UNIQUE;
use super::{Rule, Survey};
use crate::lifecycle::{Call, Expression, JsonTemplate};
use crate::{Direction, Operation, ParameterLocation, Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "invalid_call",
    severity: Severity::Warning,
    finds: "A call leaves out what the operation requires, or its body breaks the documented schema.",
    page: "\
The calls of a lifecycle document are meant to succeed. One without a required parameter or body, or with a body that
breaks the schema, is refused by a deployment that keeps its contract, and whatever needs the call is never exercised.

Complete the call. What is known only in a run, such as `$credential.id`, is not held against the schema.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut found: Vec<(Pointer, String, String)> = Vec::new();
    for call in survey.calls() {
        let Some(operation) = survey.operation(&call.call.operation) else { continue };
        for parameter in &operation.parameters {
            // The judge makes these itself, or the document would not have loaded without them.
            let elsewhere =
                parameter.location == ParameterLocation::Path || is_idempotency_key(survey, &parameter.name);
            let given = call.call.parameters.keys().any(|name| name.eq_ignore_ascii_case(&parameter.name));
            if parameter.required && !given && !elsewhere {
                let message = format!(
                    "{} requires the {} parameter `{}`",
                    operation.id, parameter.location, parameter.name
                );
                found.push((call.at.clone(), message, "give it a value under `parameters`".to_owned()));
            }
        }
        body(survey, &call.at, call.call, operation, &mut found);
    }
    for (at, message, help) in found {
        survey.find(&at, message, help);
    }
}

fn body(
    survey: &Survey<'_>,
    at: &Pointer,
    call: &Call,
    operation: &Operation,
    found: &mut Vec<(Pointer, String, String)>,
) {
    let Some(documented) = &operation.request_body else { return };
    let Some(template) = &call.body else {
        if documented.required {
            let message = format!("{} requires a body", operation.id);
            found.push((at.clone(), message, "write it under `body`".to_owned()));
        }
        return;
    };
    let content = documented
        .content
        .first()
        .filter(|content| content.media_type.is_json() || content.media_type.is_form());
    let Some(schema) = content.and_then(|content| content.schema.as_ref()) else { return };
    let Ok(validator) = survey.contract.validator(schema, Direction::Request) else { return };
    let sample = rendered(template);
    let at = at.join("body");
    for violation in validator.violations(&sample) {
        // What is known only in a run may satisfy the schema then.
        if varies(template.as_value(), &violation.pointer) {
            continue;
        }
        let mut place = at.clone();
        for token in violation.pointer.tokens() {
            let next = place.join(&token);
            if survey.document.get(&next).is_none() {
                break;
            }
            place = next;
        }
        let name = violation.pointer.as_str();
        let name = if name.is_empty() { "the body" } else { name };
        found.push((
            place,
            format!("{} refuses this body: {name}: {}", operation.id, violation.message),
            "write a body that the schema of the operation allows".to_owned(),
        ));
    }
}

/// The body with every expression replaced by some text.
fn rendered(template: &JsonTemplate) -> Value {
    let some = |expression: &Expression| match expression {
        Expression::Expiry => Value::from("2030-01-01T00:00:00Z"),
        _ => Value::from(UNIQUE),
    };
    template.render(&mut |expression| Some(some(expression))).unwrap_or(Value::Null)
}

/// Whether the value at a place of the template, or something in it, is known only in a run.
fn varies(template: &Value, at: &Pointer) -> bool {
    let Some(value) = at.get(template) else { return false };
    let expressions = |value: &Value| {
        JsonTemplate::try_from(value.clone()).is_ok_and(|template| !template.expressions().is_empty())
    };
    !value.is_object() && expressions(value)
}

/// Whether a header carries the idempotency key of some issue: each call gets one of its own.
fn is_idempotency_key(survey: &Survey<'_>, name: &str) -> bool {
    let mut issues = survey.lifecycle.credentials.values().filter_map(|kind| kind.issue.as_ref());
    issues.any(|issue| issue.idempotency_key.as_ref().is_some_and(|key| key.eq_ignore_ascii_case(name)))
}
