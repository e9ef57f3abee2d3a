//! Mistakes of an OpenAPI 3.0 document, found before anything is made from it.
//!
//! `meta` walks the document along the official schema and learns what each object is; the other passes go over
//! the objects of one kind and look for what that schema cannot say.

#[cfg(test)]
pub(crate) mod agreement;
mod cycle;
mod example;
mod finding;
mod instance;
mod kind;
pub(crate) mod lifecycle;
mod media_type;
mod meta;
mod operation;
mod path;
mod reference;
mod schema;
mod words;

use std::{collections::HashSet, path::Path};

use serde_json::Value;

pub(crate) use self::finding::{Finding, Repair};
pub(crate) use self::kind::Kind;
pub(crate) use self::meta::component_name;
pub(crate) use self::path::variables;
use crate::{document::Document, error::Diagnostic, pointer::Pointer};

/// All mistakes found in an OpenAPI 3.0 document, in the order of the text.
///
/// A document of another version gets one diagnostic that says so.
pub fn lint(document: &Document) -> Vec<Diagnostic> {
    survey(document).findings.into_iter().map(|finding| finding.diagnostic).collect()
}

/// What the lint learnt about a document.
pub(crate) struct Learnt {
    /// In the order of the text.
    pub(crate) findings: Vec<Finding>,
    /// Every object with a `$ref`, and what has to be at its end.
    pub(crate) references: Vec<(Pointer, Kind)>,
}

/// All mistakes of a document, each with a way to read it all the same.
pub(crate) fn survey(document: &Document) -> Learnt {
    if let Some(finding) = wrong_version(document) {
        return Learnt { findings: vec![finding], references: Vec::new() };
    }
    let mut survey = meta::Survey::of(document);
    reference::check(&mut survey);
    operation::check(&mut survey);
    path::check(&mut survey);
    media_type::check(&mut survey);
    schema::check(&mut survey);
    cycle::check(&mut survey);
    example::check(&mut survey);
    for remark in document.remarks() {
        survey.warn(remark.clone());
    }
    Learnt { findings: in_order(survey.findings), references: survey.references }
}

/// A `$ref`, or what stands for one.
pub(crate) struct Reference {
    /// The object that has it.
    pub(crate) at: Pointer,
    /// The text itself.
    pub(crate) value: Pointer,
    /// What has to be at its end.
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// The references of a document, of whatever version it is.
pub(crate) fn references(document: &Document) -> Vec<Reference> {
    referring(&meta::Survey::of(document))
}

/// The references within one object of a document.
pub(crate) fn references_within(document: &Document, kind: Kind, at: &Pointer) -> Vec<Reference> {
    let mut survey = meta::Survey::empty(document);
    if let Some(value) = document.get(at) {
        survey.walk_as(kind, at, value);
    }
    referring(&survey)
}

fn referring(survey: &meta::Survey<'_>) -> Vec<Reference> {
    let document = survey.document;
    let text = |value: &Pointer| document.get(value).and_then(Value::as_str).map(str::to_owned);
    let mut found: Vec<Reference> = survey
        .references
        .iter()
        .filter_map(|(at, kind)| {
            let value = at.join("$ref");
            Some(Reference { text: text(&value)?, at: at.clone(), kind: *kind, value })
        })
        .collect();
    for at in survey.places(Kind::DISCRIMINATOR) {
        let mapping = at.join("mapping");
        let names = document.get(&mapping).and_then(Value::as_object);
        for name in names.into_iter().flat_map(|names| names.keys()) {
            let value = mapping.join(name);
            let Some(text) = text(&value) else { continue };
            // A name means the schema of that name in the same file.
            let extension = Path::new(&text).extension().and_then(|extension| extension.to_str());
            let text = if text.contains(['#', '/']) || matches!(extension, Some("yaml" | "yml" | "json")) {
                text
            } else {
                format!("#{}", Pointer::root().join("components").join("schemas").join(text).to_fragment())
            };
            found.push(Reference { text, at: value.clone(), kind: Kind::SCHEMA, value });
        }
    }
    found
}

fn wrong_version(document: &Document) -> Option<Finding> {
    let at = Pointer::root().join("openapi");
    let convert = "describe the API in OpenAPI 3.0 (`openapi: 3.0.3`)";
    let set = || Repair::Set(at.clone(), Value::from("3.0.3"), "read as `3.0.3`");
    let (diagnostic, repair) = if document.root().get("swagger").is_some() {
        let message = "Swagger 2.0 is not supported";
        let help =
            "convert it to OpenAPI 3.0, for instance with `npx swagger2openapi FILE --outfile openapi.yaml`";
        (
            document.diagnostic(&Pointer::root().join("swagger"), message).with_help(help),
            Repair::LeaveOut(Pointer::root()),
        )
    } else {
        match document.get(&at) {
            None => (
                document
                    .diagnostic(&Pointer::root(), "`openapi` is missing, so this is no OpenAPI document")
                    .with_help("start with `openapi: 3.0.3`"),
                Repair::LeaveOut(Pointer::root()),
            ),
            Some(Value::String(version)) if is_3_0(version) => return None,
            Some(Value::String(version)) if version == "3.1" || version.starts_with("3.1.") => (
                document.diagnostic(&at, "OpenAPI 3.1 is not yet supported here").with_help(convert),
                Repair::LeaveOut(Pointer::root()),
            ),
            Some(Value::String(version)) if version == "3.2" || version.starts_with("3.2.") => (
                document.diagnostic(&at, "OpenAPI 3.2 is not supported").with_help(
                    "write `openapi: 3.1.1` if nothing of 3.2 is used; else first take out `query`, \
                     `additionalOperations`, `querystring`, `itemSchema`, `mediaTypes` and `$self`",
                ),
                Repair::LeaveOut(Pointer::root()),
            ),
            Some(Value::String(version)) => (
                document
                    .diagnostic(&at, format!("OpenAPI version `{}` is not supported", shown_text(version)))
                    .with_help(convert),
                if version == "3.0" || version.starts_with("3.0.") {
                    set()
                } else {
                    Repair::LeaveOut(Pointer::root())
                },
            ),
            Some(version) => (
                document
                    .diagnostic(&at, "the version must be a string of three numbers")
                    .with_help("write `openapi: 3.0.3`"),
                // `3.0` without quotes is a number.
                if version.as_f64() == Some(3.0) { set() } else { Repair::LeaveOut(Pointer::root()) },
            ),
        }
    };
    Some(Finding { diagnostic, repair })
}

/// `3.0.` and one digit, which a suffix may follow.
fn is_3_0(version: &str) -> bool {
    let mut rest = version.strip_prefix("3.0.").unwrap_or_default().chars();
    rest.next().is_some_and(|digit| digit.is_ascii_digit()) && matches!(rest.next(), None | Some('-'))
}

fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = HashSet::new();
    findings.retain(|Finding { diagnostic, .. }| {
        diagnostic.pointer == Pointer::root()
            || seen.insert((diagnostic.pointer.clone(), diagnostic.message.clone()))
    });
    findings.sort_by(|one, other| one.diagnostic.in_text().cmp(&other.diagnostic.in_text()));
    findings
}

/// The candidate a misspelt name most likely stands for.
pub(crate) fn closest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = name.to_lowercase();
    candidates
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 4)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` or `c`, each in backticks.
fn any_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A value as a message shows it: in one line, and not too long.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => shown_text(text),
        other => shown_text(&other.to_string()),
    }
}

fn shown_text(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
