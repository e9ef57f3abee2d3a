//! `default` and `example`: they satisfy the schema they illustrate.

use serde_json::{Map, Value, json};

use super::{
    any_of,
    kind::Kind,
    meta::Survey,
    shown,
    words::{found_words, type_words},
};
use crate::{document::Document, pointer::Pointer};

/// Largest schema that is put together for one example; beyond that the example is not checked.
const MAX_PARTS: usize = 4_000;

pub(super) fn check(survey: &mut Survey<'_>) {
    let document = survey.document;
    for at in survey.places(Kind::SCHEMA) {
        for keyword in ["default", "example"] {
            compare(survey, &at, &at.join(keyword), keyword);
        }
    }
    let json_content = survey
        .places(Kind::MEDIA_TYPE)
        .into_iter()
        .filter(|at| at.last().is_some_and(|name| name.contains("json")));
    for at in json_content.chain(survey.places(Kind::PARAMETER)).chain(survey.places(Kind::HEADER)) {
        let schema = at.join("schema");
        compare(survey, &schema, &at.join("example"), "example");
        let examples = at.join("examples");
        let names = document.get(&examples).and_then(Value::as_object);
        for name in names.into_iter().flat_map(Map::keys) {
            if let Ok((place, _)) = document.resolve(&examples.join(name)) {
                compare(survey, &schema, &place.join("value"), "example");
            }
        }
    }
}

fn compare(survey: &mut Survey<'_>, schema: &Pointer, at: &Pointer, what: &str) {
    let document = survey.document;
    let Some(instance) = document.get(at) else { return };
    let mut excerpt = Excerpt { document, parts: 0 };
    let Some(schema) = excerpt.at(schema, &[instance], 0) else { return };
    let Ok(validator) = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema) else {
        return;
    };
    if let Some(error) = validator.iter_errors(instance).next() {
        let steps = error.instance_path().to_string();
        let place = Pointer::parse(&format!("{at}{steps}")).unwrap_or_else(|_| at.clone());
        let message = format!("this {what} does not satisfy its schema: {}", reason(&error));
        survey.findings.push(document.diagnostic(&place, message).as_warning());
    }
}

fn reason(error: &jsonschema::ValidationError<'_>) -> String {
    use jsonschema::error::{TypeKind, ValidationErrorKind as Failed};
    let found = found_words(error.instance());
    match error.kind() {
        Failed::AnyOf { .. } | Failed::OneOfNotValid { .. } => "no alternative fits".to_owned(),
        Failed::OneOfMultipleValid { .. } => "more than one alternative of `oneOf` fits".to_owned(),
        Failed::Pattern { pattern } => format!("{found} does not match `{pattern}`"),
        Failed::Enum { options } => {
            let options: Vec<String> =
                options.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(shown).collect();
            format!("{found} is not {}", any_of(options.iter().map(String::as_str)))
        }
        Failed::Type { kind: TypeKind::Single(wanted) } => {
            format!("it must be {}, found {found}", type_words(wanted.as_str()))
        }
        Failed::Required { property } => format!("`{}` is missing", shown(property)),
        Failed::AdditionalProperties { unexpected } => {
            format!("{} is not described", any_of(unexpected.iter().map(String::as_str)))
        }
        Failed::MinLength { limit } => format!("{found} is shorter than {limit}"),
        Failed::MaxLength { limit } => format!("{found} is longer than {limit}"),
        Failed::Minimum { limit } => format!("{found} is less than {limit}"),
        Failed::Maximum { limit } => format!("{found} is greater than {limit}"),
        other => format!("`{}` does not hold", other.keyword()),
    }
}

/// Copies the part of a schema that matters to some instances into a schema without `$ref`.
///
/// A validator of the whole document would be compiled for each example; descriptions have thousands of them.
struct Excerpt<'d> {
    document: &'d Document,
    parts: usize,
}

impl Excerpt<'_> {
    /// `None` if the schema is broken or too large, which makes the example impossible to judge.
    fn at(&mut self, place: &Pointer, instances: &[&Value], depth: usize) -> Option<Value> {
        self.parts += 1;
        if self.parts > MAX_PARTS || depth > 60 {
            return None;
        }
        let (place, schema) = self.document.resolve(place).ok()?;
        let schema = match schema {
            Value::Object(members) => members,
            Value::Bool(true) => return Some(json!({})),
            _ => return None,
        };
        if instances.is_empty() {
            return Some(json!({}));
        }
        let mut copy = Map::new();
        for (keyword, value) in schema {
            let at = place.join(keyword);
            let copied = match keyword.as_str() {
                "properties" => {
                    let mut properties = Map::new();
                    for name in value.as_object()?.keys() {
                        let inner: Vec<&Value> =
                            instances.iter().filter_map(|value| value.get(name)).collect();
                        properties.insert(name.clone(), self.at(&at.join(name), &inner, depth + 1)?);
                    }
                    Value::Object(properties)
                }
                "items" => {
                    let inner: Vec<&Value> =
                        instances.iter().filter_map(|value| value.as_array()).flatten().collect();
                    self.at(&at, &inner, depth + 1)?
                }
                "additionalProperties" if value.is_object() => {
                    let inner: Vec<&Value> = instances
                        .iter()
                        .filter_map(|value| value.as_object())
                        .flat_map(Map::values)
                        .collect();
                    self.at(&at, &inner, depth + 1)?
                }
                "not" => self.at(&at, instances, depth + 1)?,
                "allOf" | "anyOf" | "oneOf" => {
                    let count = value.as_array()?.len();
                    let branches: Option<Vec<Value>> =
                        (0..count).map(|index| self.at(&at.index(index), instances, depth + 1)).collect();
                    Value::Array(branches?)
                }
                "type"
                | "enum"
                | "multipleOf"
                | "maximum"
                | "exclusiveMaximum"
                | "minimum"
                | "exclusiveMinimum"
                | "maxLength"
                | "minLength"
                | "pattern"
                | "maxItems"
                | "minItems"
                | "uniqueItems"
                | "maxProperties"
                | "minProperties"
                | "required"
                | "additionalProperties" => value.clone(),
                _ => continue,
            };
            copy.insert(keyword.clone(), copied);
        }
        let nullable = schema.get("nullable") == Some(&Value::Bool(true)) && schema.contains_key("type");
        Some(if nullable { json!({"anyOf": [{"type": "null"}, copy]}) } else { Value::Object(copy) })
    }
}
