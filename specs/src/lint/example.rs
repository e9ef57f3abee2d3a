//! `default` and `example`: they satisfy the schema they illustrate.

use serde_json::{Map, Value};

use super::{instance::Judge, kind::Kind, meta::Survey};
use crate::pointer::Pointer;

pub(super) fn check(survey: &mut Survey<'_>) {
    let document = survey.document;
    let mut judge = Judge::new(document);
    for at in survey.places(Kind::SCHEMA) {
        for keyword in ["default", "example"] {
            compare(survey, &mut judge, &at, &at.join(keyword), keyword);
        }
    }
    let json_content = survey
        .places(Kind::MEDIA_TYPE)
        .into_iter()
        .filter(|at| at.last().is_some_and(|name| name.contains("json")));
    for at in json_content.chain(survey.places(Kind::PARAMETER)).chain(survey.places(Kind::HEADER)) {
        let schema = at.join("schema");
        compare(survey, &mut judge, &schema, &at.join("example"), "example");
        let examples = at.join("examples");
        let names = document.get(&examples).and_then(Value::as_object);
        for name in names.into_iter().flat_map(Map::keys) {
            if let Ok((place, _)) = document.resolve(&examples.join(name)) {
                compare(survey, &mut judge, &schema, &place.join("value"), "example");
            }
        }
    }
}

fn compare<'d>(survey: &mut Survey<'d>, judge: &mut Judge<'d>, schema: &Pointer, at: &Pointer, what: &str) {
    let Some(instance) = survey.document.get(at) else { return };
    if let Some(mismatch) = judge.mismatch(schema, instance) {
        let place = mismatch.steps.iter().fold(at.clone(), |place, step| place.join(step));
        let message = format!("this {what} does not satisfy its schema: {}", mismatch.reason);
        survey.warn(survey.document.diagnostic(&place, message));
    }
}
