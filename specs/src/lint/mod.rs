//! Mistakes of an OpenAPI 3.0 document, found before anything is made from it.
//!
//! `meta` walks the document along the official schema and learns what each object is; the other passes go over
//! the objects of one kind and look for what that schema cannot say.

#[cfg(test)]
mod agreement;
mod example;
mod kind;
mod meta;
mod operation;
mod path;
mod reference;
mod schema;
mod words;

use std::collections::HashSet;

use serde_json::Value;

use crate::{document::Document, error::Diagnostic, pointer::Pointer};

/// All mistakes found in an OpenAPI 3.0 document, in the order of the text.
///
/// A document of another version gets one diagnostic that says so.
pub fn lint(document: &Document) -> Vec<Diagnostic> {
    if let Some(diagnostic) = wrong_version(document) {
        return vec![diagnostic];
    }
    let mut survey = meta::Survey::of(document);
    reference::check(&mut survey);
    operation::check(&mut survey);
    path::check(&mut survey);
    schema::check(&mut survey);
    example::check(&mut survey);
    in_order(survey.findings)
}

fn wrong_version(document: &Document) -> Option<Diagnostic> {
    let at = Pointer::root().join("openapi");
    if document.root().get("swagger").is_some() {
        let message = "Swagger 2.0 is not supported";
        let help = "convert the description to OpenAPI 3.0";
        return Some(document.diagnostic(&Pointer::root().join("swagger"), message).with_help(help));
    }
    match document.get(&at) {
        None => Some(
            document
                .diagnostic(&Pointer::root(), "`openapi` is missing, so this is no OpenAPI document")
                .with_help("start with `openapi: 3.0.3`"),
        ),
        Some(Value::String(version)) if is_3_0(version) => None,
        Some(Value::String(version)) if version == "3.1" || version.starts_with("3.1.") => Some(
            document
                .diagnostic(&at, "OpenAPI 3.1 is not yet supported here")
                .with_help("describe the API in OpenAPI 3.0 (`openapi: 3.0.3`)"),
        ),
        Some(Value::String(version)) => Some(
            document
                .diagnostic(&at, format!("OpenAPI version `{version}` is not supported"))
                .with_help("describe the API in OpenAPI 3.0 (`openapi: 3.0.3`)"),
        ),
        Some(_) => Some(
            document
                .diagnostic(&at, "the version must be a string of three numbers")
                .with_help("write `openapi: 3.0.3`"),
        ),
    }
}

/// `3.0.` and one digit, which a suffix may follow.
fn is_3_0(version: &str) -> bool {
    let mut rest = version.strip_prefix("3.0.").unwrap_or_default().chars();
    rest.next().is_some_and(|digit| digit.is_ascii_digit()) && matches!(rest.next(), None | Some('-'))
}

fn in_order(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    findings.retain(|finding| seen.insert((finding.pointer.clone(), finding.message.clone())));
    findings.sort_by_key(|finding| finding.position.as_ref().map(|position| position.range.start));
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
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = text.replace(['\n', '\r', '\t'], " ");
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
