//! A reader of OpenAPI that is not ours sees in every document the operations that we see.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use openapiv3::{OpenAPI, Parameter, ParameterSchemaOrContent, ReferenceOr, RequestBody, Response};
use rescind_specs::{Contract, Document, LoadError, ParameterStyle, Prepared, Vendor};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[path = "support/probe.rs"]
mod probe;

/// The documents that the two see differently, and why ours may.
const DIFFERENT: [(&str, &str); 1] = [(
    "documents: path item by reference",
    "an operation of two paths has one `operationId`, which is unique; ours gives the second one of its own",
)];

/// What both readers have words for.
#[derive(Debug, PartialEq)]
struct OperationSeen {
    /// Empty where the document gives none, and we make one up.
    id: String,
    parameters: BTreeSet<ParameterSeen>,
    /// Whether it is required, and its media types.
    body: Option<(bool, BTreeSet<String>)>,
    /// The headers and the media types of each status.
    responses: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// The sets of schemes, in their order.
    security: Vec<BTreeSet<String>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ParameterSeen {
    location: String,
    name: String,
    required: bool,
    /// Style and whether it is exploded; `None` for a parameter with `content`, which has neither.
    style: Option<(String, bool)>,
}

/// By method and path.
type Seen = BTreeMap<String, OperationSeen>;

fn ours(contract: &Contract) -> Seen {
    let media_types = |content: &[rescind_specs::Content]| {
        content.iter().map(|content| content.media_type.to_string()).collect()
    };
    let operations = contract.operations().iter().map(|operation| {
        let parameters = operation.parameters.iter().map(|parameter| {
            let style = match parameter.style {
                ParameterStyle::Simple => "simple",
                ParameterStyle::Form => "form",
                ParameterStyle::SpaceDelimited => "spaceDelimited",
                ParameterStyle::PipeDelimited => "pipeDelimited",
                ParameterStyle::DeepObject => "deepObject",
                ParameterStyle::Label => "label",
                ParameterStyle::Matrix => "matrix",
            };
            ParameterSeen {
                location: parameter.location.to_string(),
                name: parameter.name.clone(),
                required: parameter.required,
                style: parameter.media_type.is_none().then(|| (style.to_owned(), parameter.explode)),
            }
        });
        let responses = operation.responses.iter().map(|response| {
            let headers = response.headers.iter().map(|header| header.name.clone()).collect();
            (response.status.to_string(), (headers, media_types(&response.content)))
        });
        let written = &contract.document().root()["paths"][operation.path.as_str()]
            [operation.method.as_str().to_ascii_lowercase()]["operationId"];
        let seen = OperationSeen {
            id: if written.is_string() { operation.id.to_string() } else { String::new() },
            parameters: parameters.collect(),
            body: operation.request_body.as_ref().map(|body| (body.required, media_types(&body.content))),
            responses: responses.collect(),
            security: operation
                .security
                .0
                .iter()
                .map(|all| all.iter().map(|name| name.0.clone()).collect())
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
    let (location, style) = match parameter {
        Parameter::Query { style, .. } => ("query", serde_json::to_value(style)),
        Parameter::Header { style, .. } => ("header", serde_json::to_value(style)),
        Parameter::Path { style, .. } => ("path", serde_json::to_value(style)),
        Parameter::Cookie { style, .. } => ("cookie", serde_json::to_value(style)),
    };
    let style = style.unwrap().as_str().unwrap().to_owned();
    let data = parameter.parameter_data_ref();
    ParameterSeen {
        location: location.to_owned(),
        name: data.name.clone(),
        required: data.required,
        style: match data.format {
            ParameterSchemaOrContent::Content(_) => None,
            ParameterSchemaOrContent::Schema(_) => {
                let exploded = data.explode.unwrap_or(style == "form");
                Some((style, exploded))
            }
        },
    }
}

fn media_types(content: &openapiv3::Content) -> BTreeSet<String> {
    let essence = |name: &String| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    content.keys().map(essence).collect()
}

fn operation_seen(
    root: &Value,
    document: &OpenAPI,
    shared: &[ReferenceOr<Parameter>],
    operation: &openapiv3::Operation,
) -> Result<OperationSeen, String> {
    // Those of the operation take the place of those that its path has for all (OpenAPI 3.0.3, Operation Object).
    let mut parameters = BTreeMap::new();
    for parameter in shared.iter().chain(&operation.parameters) {
        let seen = parameter_seen(&resolved(root, parameter)?);
        // These three "SHALL be ignored" (OpenAPI 3.0.3, Parameter Object).
        let ignored = ["accept", "content-type", "authorization"];
        if seen.location != "header" || !ignored.contains(&&*seen.name.to_ascii_lowercase()) {
            parameters.insert((seen.location.clone(), seen.name.clone()), seen);
        }
    }
    let body = operation.request_body.as_ref().map(|body| resolved::<RequestBody>(root, body)).transpose()?;
    let mut responses = BTreeMap::new();
    let exact = operation.responses.responses.iter().map(|(status, response)| (status.to_string(), response));
    let default = operation.responses.default.iter().map(|response| ("default".to_owned(), response));
    for (status, response) in exact.chain(default) {
        let response = resolved::<Response>(root, response)?;
        // It "SHALL be ignored" as well (OpenAPI 3.0.3, Response Object).
        let headers = response.headers.keys().filter(|name| !name.eq_ignore_ascii_case("content-type"));
        responses.insert(status, (headers.cloned().collect(), media_types(&response.content)));
    }
    let security = operation.security.as_ref().or(document.security.as_ref());
    let security = security.into_iter().flatten().map(|all| all.keys().cloned().collect());
    Ok(OperationSeen {
        id: operation.operation_id.clone().unwrap_or_default(),
        parameters: parameters.into_values().collect(),
        body: body.map(|body| (body.required, media_types(&body.content))),
        responses,
        security: security.collect(),
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
            seen.insert(signature, operation_seen(&root, &document, &item.parameters, operation)?);
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
        if let Some((listed, _)) = DIFFERENT.iter().find(|(listed, _)| *listed == name) {
            met.insert(*listed);
        } else {
            wrong.push(format!("{name}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: BTreeSet<&str> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, met, "listed as different, and the same");
    assert!(operations > 250, "only {operations} operations were compared");
}

/// Whatever is compared, a difference in it shows.
#[test]
fn a_difference_shows() {
    const TEXT: &str = "\
openapi: 3.0.3
info: { title: Keys, version: '1' }
security: [{ key: [] }]
paths:
  /keys/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    put:
      operationId: putKey
      parameters:
        - { name: sort, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: X-Trace, in: header, schema: { type: string } }
      requestBody: { required: true, content: { text/plain: {} } }
      responses:
        '200': { description: Fine., headers: { X-Left: { schema: { type: integer } } }, content: { text/csv: {} } }
        4XX: { description: Wrong. }
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key }, other: { type: http, scheme: basic } } }
";
    let prepared = Prepared::new("keys", Document::parse("keys", TEXT).unwrap()).unwrap();
    let ours = ours(&prepared.contract);
    assert_eq!(theirs(TEXT).as_ref(), Ok(&ours));
    for (from, to) in [
        ("/keys/", "/key/"),
        ("put:", "post:"),
        ("putKey", "pushKey"),
        ("name: id", "name: key"),
        ("name: sort", "name: order"),
        ("in: query", "in: cookie"),
        ("explode: false", "explode: true"),
        ("explode: false", "style: pipeDelimited"),
        ("X-Trace, in", "X-Trace, required: true, in"),
        ("required: true, content", "content"),
        ("text/plain", "text/html"),
        ("'200'", "'201'"),
        ("X-Left", "X-Right"),
        ("text/csv", "text/html"),
        ("4XX", "default"),
        ("[{ key: [] }]", "[{ other: [] }]"),
        ("[{ key: [] }]", "[{ key: [] }, {}]"),
    ] {
        let altered = TEXT.replacen(from, to, 1);
        assert_ne!(altered, TEXT, "{from}");
        assert_ne!(theirs(&altered).as_ref(), Ok(&ours), "{from} -> {to}");
    }
}
