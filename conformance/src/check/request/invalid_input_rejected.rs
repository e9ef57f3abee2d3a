//! Is every request refused that breaks a single keyword of the contract?

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, Direction, Parameter, ParameterLocation, SchemaType};
use serde_json::Value;

use super::outcome::must_be_refused;
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;
use crate::strategy::request::{distinct, overlay, plain};
use crate::strategy::{Broken, violations};

/// # What it does
/// Sends requests that break exactly one keyword of the body's or a parameter's schema: a required member missing, a
/// wrong type, null where it is not allowed, a text one character too long or too short, a number beyond its bound, a
/// value outside of `enum`, a pattern or a checkable format not met, an item too many. Nothing is broken that the
/// contract does not forbid.
/// # Verdicts
/// Fail: accepted, or a server error. Refusals of any status pass here; whether it is documented is asked by
/// `status_code_conformance`. Not exercised where the operation documents no refusal.
/// # Source
/// OpenAPI 3.0.3, Schema Object and Parameter Object.
pub struct InvalidInputRejected;

impl RequestCheck for InvalidInputRejected {
    fn id(&self) -> &'static str {
        "invalid_input_rejected"
    }

    fn question(&self) -> &'static str {
        "Is every request refused that breaks a single keyword of the contract?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let mut cases = parameters(subject, runner);
        cases.extend(bodies(subject, runner));
        // The sort is stable: at equal rank, what stands first in the document comes first.
        cases.sort_by_key(|case| rank(&case.keyword));
        cases
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        must_be_refused(self.id(), contract, case, sent, "a refusal: the request breaks the contract")
    }
}

/// What is checked least carefully comes first, as not everything may be sent.
fn rank(keyword: &str) -> usize {
    const ORDER: &[&str] = &["maxLength", "minLength", "pattern", "enum", "required", "format"];
    match keyword {
        "type" => ORDER.len() + 1,
        known => ORDER.iter().position(|name| *name == known).unwrap_or(ORDER.len()),
    }
}

fn parameters(subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
    let base = subject.base;
    let mut cases = Vec::new();
    for parameter in &base.operation.parameters {
        let named = |how: &str| format!("the {} parameter {} {how}", parameter.location, parameter.name);
        if parameter.required
            && parameter.location != ParameterLocation::Path
            && let Some(mut parts) = base.parts(&(subject.unique)(), runner)
        {
            parts.parameters.retain(|(_, name, _)| *name != parameter.name);
            if let Some(request) = base.request(&parts) {
                let place = parameter.pointer.clone();
                let what = named("missing, though it is required");
                cases.push(Case::new(base, what, "required", request, place));
            }
        }
        let Some(schema) = &parameter.schema else { continue };
        for (broken, values) in violations(base.contract, schema) {
            let (Some(mut parts), Ok(tree)) =
                (base.parts(&(subject.unique)(), runner), values.new_tree(runner))
            else {
                continue;
            };
            let value = tree.current();
            if !survives(parameter, &broken, &value) {
                continue;
            }
            parts.parameters.retain(|(_, name, _)| *name != parameter.name);
            parts.parameters.push((parameter.location, parameter.name.clone(), value));
            if let Some(request) = base.request(&parts) {
                let place = schema.pointer().clone();
                cases.push(Case::new(base, named(&broken.how), broken.keyword, request, place));
            }
        }
    }
    cases
}

/// Whether the value is still wrong once it is text in its place.
fn survives(parameter: &Parameter, broken: &Broken, value: &Value) -> bool {
    let text = plain(value);
    let kind = parameter.schema.as_ref().and_then(rescind_specs::Schema::kind);
    let scalar =
        broken.pointer.as_str().is_empty() && !value.is_null() && !value.is_array() && !value.is_object();
    // Every text is a string, and items of arrays are split and joined in many ways.
    let typed = match kind {
        None | Some(SchemaType::Array | SchemaType::Object) => false,
        Some(SchemaType::String) => broken.keyword != "type",
        Some(_) => true,
    };
    let placed = match parameter.location {
        // These would be another path.
        ParameterLocation::Path => {
            !text.is_empty()
                && !text.contains(['/', '\\', '?', '#', '%'])
                && text != "."
                && text != ".."
                && text.len() <= 2000
        }
        ParameterLocation::Header | ParameterLocation::Cookie => text.len() <= 4000 && text.trim() == text,
        ParameterLocation::Query => text.len() <= 4000,
    };
    scalar && typed && placed
}

fn bodies(subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
    let base = subject.base;
    let mut cases = Vec::new();
    let Some(schema) = base.body_schema() else { return cases };
    let Ok(validator) = base.contract.validator(schema, Direction::Request) else { return cases };
    for (broken, values) in violations(base.contract, schema) {
        // In a form every value is a text and there is no null.
        if !base.takes_json() && (broken.keyword == "type" || broken.pointer.depth() != 1) {
            continue;
        }
        let (Some(mut parts), Ok(tree)) = (base.parts(&(subject.unique)(), runner), values.new_tree(runner))
        else {
            continue;
        };
        let made = tree.current();
        let first = broken.pointer.tokens().next();
        let merged = match &parts.body {
            Some(template) if template.is_object() && made.is_object() => {
                overlay(template, &made, first.as_deref())
            }
            _ => made.clone(),
        };
        let same = |body: &Value| {
            let broken = |value: &Value| -> Vec<_> {
                let violations = validator.violations(value).into_iter();
                violations.map(|violation| (violation.pointer, violation.keyword)).collect()
            };
            broken(body) == broken(&made)
        };
        let body = if same(&merged) { merged } else { made.clone() };
        let body = distinct(&body, &broken.pointer, &(subject.unique)()).filter(same).unwrap_or(body);
        let tree = base.takes_json().then(|| tree.restart(body.clone()));
        parts.body = Some(body);
        let Some(request) = base.request(&parts) else { continue };
        let there = broken.pointer.as_str();
        let what = format!("{} {}", if there.is_empty() { "the body" } else { there }, broken.how);
        let mut case = Case::new(base, what, broken.keyword, request, schema.pointer().clone());
        case.tree = tree;
        cases.push(case);
    }
    cases
}
