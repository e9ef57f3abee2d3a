//! Is no request refused as invalid that is valid to the last character?

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, ParameterLocation};

use super::outcome::{Outcome, finding, outcome};
use super::{Case, RequestCheck, Sent, Subject};
use crate::check::response::incomplete;
use crate::finding::Finding;
use crate::strategy::boundaries;
use crate::strategy::request::{Role, distinct, overlay};
use crate::verdict::Verdict;

/// # What it does
/// Sends requests that satisfy the contract at its boundaries: texts of exactly the longest length, some of their
/// characters of several bytes, numbers at their bounds, every documented value, members absent and present, null
/// where it is allowed. Identifiers are made up, so that 404 and the like are as good as a success. Operations that
/// change something are called only if the lifecycle document tells how it is undone.
/// # Verdicts
/// Fail: refused as invalid (400, 415, 422), or a server error. Divergence: refused as invalid by an operation of
/// which the lifecycle document says that answers are missing.
/// # Source
/// OpenAPI 3.0.3, Schema Object; JSON Schema Validation (draft 5) §5: lengths count characters.
pub struct BoundaryValidAccepted;

impl RequestCheck for BoundaryValidAccepted {
    fn id(&self) -> &'static str {
        "boundary_valid_accepted"
    }

    fn question(&self) -> &'static str {
        "Is no request refused as invalid that is valid to the last character?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        if !base.may_succeed() {
            return Vec::new();
        }
        let place = base.operation.pointer.clone();
        let mut cases = Vec::new();
        if let Some(request) = base.parts(&(subject.unique)(), runner).and_then(|parts| base.request(&parts))
        {
            cases.push(Case::new(base, "nothing special", "valid", request, place));
        }
        // An optional body may be absent, and an object without members is no body that is missing.
        if let Some(documented) = base.operation.request_body.as_ref().filter(|body| !body.required)
            && let Some(mut parts) = base.parts(&(subject.unique)(), runner)
        {
            parts.body = None;
            if let Some(request) = base.request(&parts) {
                let place = documented.pointer.clone();
                cases.push(Case::new(base, "no body, as it is optional", "required", request, place));
            }
        }
        for parameter in &base.operation.parameters {
            let Some(schema) = parameter.schema.as_ref() else { continue };
            // An identifier at a boundary is still one that nobody has; it says nothing new.
            if parameter.location == ParameterLocation::Path {
                continue;
            }
            for (edge, values) in boundaries(base.contract, schema) {
                let (Some(mut parts), Ok(tree)) =
                    (base.parts(&(subject.unique)(), runner), values.new_tree(runner))
                else {
                    continue;
                };
                let value = tree.current();
                if !edge.pointer.as_str().is_empty() || value.is_null() || value.is_object() {
                    continue;
                }
                parts.parameters.retain(|(_, name, _)| *name != parameter.name);
                parts.parameters.push((parameter.location, parameter.name.clone(), value));
                let what = format!("the {} parameter {} {}", parameter.location, parameter.name, edge.how);
                if let Some(request) = base.request(&parts) {
                    cases.push(Case::new(base, what, edge.keyword, request, schema.pointer().clone()));
                }
            }
        }
        let Some(schema) = base.body_schema() else { return cases };
        let Ok(validator) = base.contract.validator(schema, rescind_specs::Direction::Request) else {
            return cases;
        };
        for (edge, values) in boundaries(base.contract, schema) {
            if !base.takes_json() && edge.pointer.depth() != 1 {
                continue;
            }
            let (Some(mut parts), Ok(tree)) =
                (base.parts(&(subject.unique)(), runner), values.new_tree(runner))
            else {
                continue;
            };
            let made = tree.current();
            let first = edge.pointer.tokens().next();
            let body = match &parts.body {
                Some(template) => overlay(template, &made, first.as_deref()),
                None => made,
            };
            if !validator.is_valid(&body) {
                continue;
            }
            let body = distinct(&body, &edge.pointer, &(subject.unique)())
                .filter(|body| validator.is_valid(body))
                .unwrap_or(body);
            let tree = (base.takes_json() && base.role == Role::Safe).then(|| tree.restart(body.clone()));
            parts.body = Some(body);
            if let Some(request) = base.request(&parts) {
                let there = edge.pointer.as_str();
                let there = if there.is_empty() { "the body" } else { there };
                let what = format!("{there} {}", edge.how);
                let mut case = Case::new(base, what, edge.keyword, request, schema.pointer().clone());
                case.tree = tree;
                cases.push(case);
            }
        }
        cases
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        let documented = "a valid request, so a success or a refusal for another reason";
        match outcome(contract, operation, sent.exchange) {
            Outcome::Refused(400 | 415 | 422) => {
                let verdict =
                    if incomplete(contract, operation) { Verdict::Divergence } else { Verdict::Fail };
                let message =
                    format!("{} refuses a valid request as invalid: {}", operation.signature(), case.what);
                Some(vec![finding(self.id(), contract, case, sent, verdict, message, documented)])
            }
            Outcome::Failed(status) => {
                let known = operation.responses.find(status).is_some();
                let message = format!("{} fails on a valid request: {}", operation.signature(), case.what);
                let found = finding(self.id(), contract, case, sent, Verdict::Fail, message, documented);
                (!known).then(|| vec![found])
            }
            Outcome::Refused(401 | 413 | 414 | 431) | Outcome::Unclear => None,
            Outcome::Refused(_) | Outcome::Done => Some(Vec::new()),
        }
    }
}
