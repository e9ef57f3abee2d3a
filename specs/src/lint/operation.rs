//! Operations: their ids are there and unique, links find them, and security names known schemes.

use std::collections::HashMap;

use serde_json::Value;

use super::{Repair, closest, kind::Kind, meta::Survey};
use crate::{operation::unused_id, pointer::Pointer};

pub(super) fn check(survey: &mut Survey<'_>) {
    let ids = operation_ids(survey);
    links(survey, &ids);
    security(survey);
}

fn operation_ids(survey: &mut Survey<'_>) -> HashMap<String, Pointer> {
    let document = survey.document;
    let mut ids: HashMap<String, Pointer> = HashMap::new();
    let mut repeated = Vec::new();
    for at in survey.places(Kind::OPERATION) {
        let place = at.join("operationId");
        match document.get(&place).and_then(Value::as_str) {
            None if document.get(&place).is_some() => {}
            None => {
                let method = at.last().unwrap_or_default();
                let diagnostic = document
                    .diagnostic(&at, format!("this {} operation has no `operationId`", method.to_uppercase()))
                    .with_help("give it one; generated names and reports are made from it");
                survey.warn(diagnostic.at_key());
            }
            Some(id) => match ids.get(id) {
                None => {
                    ids.insert(id.to_owned(), place);
                }
                Some(first) => {
                    let line = document.position(first).map_or(0, |position| position.line);
                    let diagnostic = document
                        .diagnostic(&place, format!("duplicate operationId `{id}`"))
                        .with_help(format!("the first is at line {line}; every operation needs its own"));
                    repeated.push((at, place, diagnostic));
                }
            },
        }
    }
    for (at, place, diagnostic) in repeated {
        let id = unused(&at, &ids);
        let repair =
            Repair::Set(place.clone(), Value::from(id.as_str()), "read as an operation without an id");
        survey.push(diagnostic, repair);
        ids.insert(id, place);
    }
    ids
}

/// An id made of method and path that no other operation has.
fn unused(at: &Pointer, ids: &HashMap<String, Pointer>) -> String {
    let path = at.parent().and_then(|item| item.last()).unwrap_or_default();
    unused_id(&at.last().unwrap_or_default(), &path, &|id| ids.contains_key(id))
}

fn links(survey: &mut Survey<'_>, ids: &HashMap<String, Pointer>) {
    let document = survey.document;
    for at in survey.places(Kind::LINK) {
        let place = at.join("operationId");
        let Some(id) = document.get(&place).and_then(Value::as_str) else { continue };
        if !ids.contains_key(id) {
            let diagnostic = document.diagnostic(&place, format!("there is no operation `{id}` to link to"));
            let mut known: Vec<&str> = ids.keys().map(String::as_str).collect();
            known.sort_unstable();
            let diagnostic = diagnostic.with_help(match closest(id, known.into_iter()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "name an `operationId` of this document".to_owned(),
            });
            survey.push(diagnostic, Repair::Drop(at));
        }
    }
}

fn security(survey: &mut Survey<'_>) {
    let document = survey.document;
    let schemes = Pointer::root().join("components").join("securitySchemes");
    let schemes = document.get(&schemes).and_then(Value::as_object);
    for at in survey.places(Kind::SECURITY_REQUIREMENT) {
        let Some(requirement) = document.get(&at).and_then(Value::as_object) else { continue };
        for name in requirement.keys() {
            if schemes.is_some_and(|schemes| schemes.contains_key(name)) {
                continue;
            }
            let known = schemes.into_iter().flat_map(|schemes| schemes.keys().map(String::as_str));
            let help = match closest(name, known.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.clone().next().is_none() => {
                    "describe it in `components.securitySchemes`".to_owned()
                }
                None => format!("known schemes: {}", known.collect::<Vec<_>>().join(", ")),
            };
            let diagnostic = document
                .diagnostic(&at.join(name), format!("unknown security scheme `{name}`"))
                .with_help(help);
            let scheme = serde_json::json!({"type": "http", "scheme": "bearer"});
            let place = Pointer::root().join("components").join("securitySchemes").join(name);
            survey.push(diagnostic.at_key(), Repair::Set(place, scheme, "read as a bearer token"));
        }
    }
}
