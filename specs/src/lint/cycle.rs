//! Schemas that contain themselves without a property or an item in between, which no value can be checked against.

use std::collections::HashMap;

use serde_json::Value;

use super::{Repair, kind::Kind, meta::Survey};
use crate::{document::Document, pointer::Pointer};

/// How far the search has come with a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

/// A schema whose branches are being looked at.
struct Step {
    at: Pointer,
    branches: Vec<Pointer>,
}

pub(super) fn check(survey: &mut Survey<'_>) {
    let document = survey.document;
    let mut visits = HashMap::new();
    for at in survey.places(Kind::SCHEMA) {
        if visits.contains_key(&at) {
            continue;
        }
        visits.insert(at.clone(), Visit::Open);
        let mut path = vec![Step { branches: branches(document, &at), at }];
        while let Some(step) = path.last_mut() {
            let Some(branch) = step.branches.pop() else {
                visits.insert(step.at.clone(), Visit::Done);
                path.pop();
                continue;
            };
            let Ok((target, _)) = document.resolve(&branch) else { continue };
            match visits.get(&target) {
                Some(Visit::Done) => {}
                Some(Visit::Open) => {
                    let message = "this schema contains itself, so no value can be checked against it";
                    let diagnostic = document
                        .diagnostic(&branch, message)
                        .with_help("refer to it from a property or from the items of an array");
                    let repair = if branch.last().as_deref() == Some("not") {
                        Repair::Drop(branch)
                    } else {
                        Repair::Broken(branch, Kind::SCHEMA)
                    };
                    survey.push(diagnostic, repair);
                }
                None => {
                    visits.insert(target.clone(), Visit::Open);
                    path.push(Step { branches: branches(document, &target), at: target });
                }
            }
        }
    }
}

/// The places of the schemas that an instance of this one is held against as a whole.
fn branches(document: &Document, at: &Pointer) -> Vec<Pointer> {
    let Some(schema) = document.get(at).and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let Some(count) = schema.get(keyword).and_then(Value::as_array).map(Vec::len) else { continue };
        let place = at.join(keyword);
        found.extend((0..count).map(|index| place.index(index)));
    }
    if schema.contains_key("not") {
        found.push(at.join("not"));
    }
    found
}
