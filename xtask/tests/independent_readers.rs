//! A reader of OpenAPI that is not ours sees in every document the operations that we see.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use openapiv3::{OpenAPI, Parameter, ReferenceOr, RequestBody, Response};
use rescind_specs::{Contract, Document, LoadError, Prepared, Vendor};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[path = "support/probe.rs"]
mod probe;

/// The documents that `openapiv3` does not read, or reads differently, and why it is in the wrong.
const QUIRKS: &[(&str, &str)] = &[];

/// Location, name and whether it is required.
type ParameterSeen = (String, String, bool);

/// What both readers have words for.
#[derive(Debug, PartialEq)]
struct OperationSeen {
    parameters: BTreeSet<ParameterSeen>,
    /// Whether it is required, and its media types.
    body: Option<(bool, BTreeSet<String>)>,
    /// The media types of each status.
    responses: BTreeMap<String, BTreeSet<String>>,
}

/// By method and path.
type Seen = BTreeMap<String, OperationSeen>;

fn ours(contract: &Contract) -> Seen {
    let media_types = |content: &[rescind_specs::Content]| {
        content.iter().map(|content| content.media_type.to_string()).collect()
    };
    let operations = contract.operations().iter().map(|operation| {
        let parameters = operation
            .parameters
            .iter()
            .map(|parameter| (parameter.location.to_string(), parameter.name.clone(), parameter.required));
        let responses = operation.responses.iter();
        let seen = OperationSeen {
            parameters: parameters.collect(),
            body: operation.request_body.as_ref().map(|body| (body.required, media_types(&body.content))),
            responses: responses
                .map(|response| (response.status.to_string(), media_types(&response.content)))
                .collect(),
        };
        (operation.signature(), seen)
    });
    operations.collect()
}

/// Follows references within the document, as `openapiv3` writes it.
fn resolved<T: DeserializeOwned + Clone>(root: &Value, wanted: &ReferenceOr<T>) -> Result<T, String> {
    let mut wanted = wanted.clone();
    for _ in 0..16 {
        let reference = match wanted {
            ReferenceOr::Item(item) => return Ok(item),
            ReferenceOr::Reference { reference } => reference,
        };
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        let target = target.ok_or_else(|| format!("nothing at {reference}"))?;
        wanted = serde_json::from_value(target.clone()).map_err(|error| format!("{reference}: {error}"))?;
    }
    Err("references in a circle".to_owned())
}

fn parameter_seen(parameter: &Parameter) -> ParameterSeen {
    let location = match parameter {
        Parameter::Query { .. } => "query",
        Parameter::Header { .. } => "header",
        Parameter::Path { .. } => "path",
        Parameter::Cookie { .. } => "cookie",
    };
    let data = parameter.parameter_data_ref();
    (location.to_owned(), data.name.clone(), data.required)
}

fn media_types(content: &openapiv3::Content) -> BTreeSet<String> {
    let essence = |name: &String| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    content.keys().map(essence).collect()
}

fn operation_seen(
    root: &Value,
    shared: &[ReferenceOr<Parameter>],
    operation: &openapiv3::Operation,
) -> Result<OperationSeen, String> {
    // Those of the operation take the place of those that its path has for all (OpenAPI 3.0.3, Operation Object).
    let mut parameters = BTreeMap::new();
    for parameter in shared.iter().chain(&operation.parameters) {
        let (location, name, required) = parameter_seen(&resolved(root, parameter)?);
        // These three "SHALL be ignored" (OpenAPI 3.0.3, Parameter Object).
        let ignored = ["accept", "content-type", "authorization"];
        if location != "header" || !ignored.contains(&&*name.to_ascii_lowercase()) {
            parameters.insert((location, name), required);
        }
    }
    let body = operation.request_body.as_ref().map(|body| resolved::<RequestBody>(root, body)).transpose()?;
    let mut responses = BTreeMap::new();
    let exact = operation.responses.responses.iter().map(|(status, response)| (status.to_string(), response));
    let default = operation.responses.default.iter().map(|response| ("default".to_owned(), response));
    for (status, response) in exact.chain(default) {
        responses.insert(status, media_types(&resolved::<Response>(root, response)?.content));
    }
    Ok(OperationSeen {
        parameters: parameters
            .into_iter()
            .map(|((location, name), needed)| (location, name, needed))
            .collect(),
        body: body.map(|body| (body.required, media_types(&body.content))),
        responses,
    })
}

/// What `openapiv3` sees in the text.
fn theirs(text: &str) -> Result<Seen, String> {
    let document: OpenAPI = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())?
    } else {
        serde_yaml::from_str(text).map_err(|error| error.to_string())?
    };
    let root = serde_json::to_value(&document).map_err(|error| error.to_string())?;
    let mut seen = Seen::new();
    for (path, item) in document.paths.iter() {
        let item = resolved(&root, item)?;
        for (method, operation) in item.iter() {
            let signature = format!("{} {path}", method.to_ascii_uppercase());
            seen.insert(signature, operation_seen(&root, &item.parameters, operation)?);
        }
    }
    Ok(seen)
}

/// Every document of the repository that can be read, by a name of its own.
fn documents() -> Vec<(String, Prepared)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = |folder: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(tests.join(folder)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut found = Vec::new();
    for vendor in Vendor::ALL {
        let (path, text) = vendor.documents()[0];
        let document = Document::parse(path, text).unwrap();
        found.push((vendor.name().to_owned(), Prepared::new(vendor.name(), document).unwrap()));
    }
    let golden = entries("golden").into_iter().filter(|path| path.is_dir());
    let sample = entries("sample").into_iter().filter(|path| !path.ends_with("orders-schemas.yaml"));
    for path in golden.map(|folder| folder.join("openapi.yaml")).chain(sample) {
        let name = path.strip_prefix(&tests).unwrap().display().to_string();
        let prepared = Prepared::read("document", &path).unwrap_or_else(|error| panic!("{name}: {error}"));
        found.push((name, prepared));
    }
    for (area, probes) in probe::areas() {
        for probe in probes {
            let name = format!("{area}: {}", probe.name);
            let prepared =
                Document::parse("probe", probe.text).and_then(|document| Prepared::new("probe", document));
            match prepared {
                Ok(prepared) => found.push((name, prepared)),
                Err(LoadError::Invalid(_)) if probe.outcome == "refused" => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    found
}

#[test]
fn another_reader_sees_the_same() {
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    let mut operations = 0;
    for (name, prepared) in documents() {
        let ours = ours(&prepared.contract);
        operations += ours.len();
        let theirs = theirs(&prepared.normal_form());
        if theirs.as_ref() == Ok(&ours) {
            continue;
        }
        if let Some((listed, _)) = QUIRKS.iter().find(|(listed, _)| *listed == name) {
            met.insert(*listed);
        } else {
            wrong.push(format!("{name}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: BTreeSet<&str> = QUIRKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, met, "a quirk that is listed does not show any more");
    assert!(operations > 250, "only {operations} operations were compared");
}
