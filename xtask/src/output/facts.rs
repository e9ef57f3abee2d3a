//! What a README and a manifest say of a generated crate.

use std::collections::BTreeMap;

use heck::ToKebabCase as _;
use rescind_specs::{Diagnostic, KeyLocation, LeftOut, SchemeKind, SecurityScheme};

use crate::emit::names;
use crate::lower::{Call, Draft};

/// Facts about a document and the code made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What packages are named after: lower-case letters, digits and `-`.
    pub package: String,
    /// Name of the document's file.
    pub file: String,
    /// Title of the document, on one line.
    pub title: String,
    /// Version of the document, as it stands there.
    pub version: String,
    /// The documented servers.
    pub servers: Vec<String>,
    /// The generated operations, in the order of the document.
    pub operations: Vec<OperationFacts>,
    /// The security schemes, by name and with how a credential is given to a client.
    pub schemes: Vec<SchemeFacts>,
    /// What could not be carried, one line each.
    pub losses: Vec<String>,
    /// The operations that the code does not have, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// Facts about one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationFacts {
    /// `GET /things/{id}`.
    pub signature: String,
    /// Name of the function or method.
    pub function: String,
    /// The summary of the document, on one line.
    pub summary: String,
    /// Functions to be called with a text before the call is sent; `None` where more is needed to send it.
    pub texts: Option<Vec<String>>,
}

/// Facts about one security scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeFacts {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// The call that gives a client its credential.
    pub given: String,
}

impl Facts {
    /// The facts about `draft`, made from a file of that name. Packages are named after the first of `names` that is one.
    pub fn new(draft: &Draft<'_>, file: &str, names: [&str; 2]) -> Self {
        let contract = draft.contract;
        let name = names.into_iter().map(package).find(|name| !name.is_empty()).unwrap_or_default();
        Self {
            package: if name.is_empty() { "api".to_owned() } else { name },
            file: file.to_owned(),
            title: line(contract.title()),
            version: line(contract.version()),
            servers: contract.servers().iter().map(|server| line(server)).collect(),
            operations: draft.calls.iter().map(operation).collect(),
            schemes: contract.schemes().iter().map(scheme).collect(),
            losses: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Takes down what could not be carried. Warnings that say the same are one line with all their places.
    pub fn tell(&mut self, warnings: &[Diagnostic], left_out: &[LeftOut]) {
        let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut order = Vec::new();
        for warning in warnings {
            let place = match &warning.position {
                Some(position) => format!("{}:{}", position.line, position.column),
                None => warning.pointer.to_string(),
            };
            let known = places.entry(&warning.message).or_default();
            if known.is_empty() {
                order.push(&*warning.message);
            }
            known.push(place);
        }
        self.left_out = left_out
            .iter()
            .map(|operation| {
                let reasons = operation.reasons.iter().map(|reason| line(&reason.message));
                (operation.signature.clone(), reasons.collect::<Vec<_>>().join("; "))
            })
            .collect();
        self.losses = order
            .into_iter()
            .map(|message| {
                let places = places.remove(message).unwrap_or_default();
                let shown = places.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
                match places.len().saturating_sub(12) {
                    0 => format!("{} (at {shown})", line(message)),
                    more => format!("{} (at {shown} and {more} more)", line(message)),
                }
            })
            .collect();
    }

    /// A title for a sentence: never empty.
    pub fn called(&self) -> &str {
        if self.title.is_empty() { &self.package } else { &self.title }
    }

    /// The operation that is easiest to call, if there is one.
    pub fn easiest(&self) -> Option<&OperationFacts> {
        let calls = || self.operations.iter();
        let effort = |call: &&OperationFacts| call.texts.as_ref().map(Vec::len);
        let ready = calls().filter(|call| call.texts.is_some());
        ready.min_by_key(|call| effort(call)).or_else(|| calls().next())
    }
}

/// A name that Cargo accepts for a package, made from `text`; empty if nothing of it is left.
pub fn package(text: &str) -> String {
    let plain: String =
        text.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { ' ' }).collect();
    let mut name = plain.to_kebab_case();
    if name.starts_with(|sign: char| sign.is_ascii_digit()) {
        name.insert_str(0, "api-");
    }
    // Cargo takes longer ones; file systems and people do not.
    if name.len() > 48 {
        let word = name[..49].rfind('-');
        name.truncate(word.unwrap_or(48));
    }
    name
}

/// A text of the document on one line.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn operation(call: &Call<'_>) -> OperationFacts {
    let required = call.parameters.iter().filter(|place| place.required);
    let texts = required
        .map(|place| {
            let schema = place.slot.schema.as_object()?;
            let plain = schema.get("type").is_some_and(|kind| kind == "string")
                && ["format", "enum", "pattern", "minLength", "maxLength", "nullable"]
                    .iter()
                    .all(|keyword| !schema.contains_key(*keyword));
            let named = place.name.starts_with(|sign: char| sign.is_ascii_lowercase())
                && place.name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
            (plain && named).then(|| names::snake(&place.name))
        })
        .collect();
    let complete = !call.bodies.iter().any(|body| body.required);
    OperationFacts {
        signature: call.operation.signature(),
        function: names::snake(&call.function),
        summary: line(call.operation.summary.as_deref().unwrap_or_default()),
        texts: if complete { texts } else { None },
    }
}

fn scheme(scheme: &SecurityScheme) -> SchemeFacts {
    let (about, given) = match &scheme.kind {
        SchemeKind::Basic => {
            ("a user and a password".to_owned(), ".basic(\"user\", \"password\")".to_owned())
        }
        SchemeKind::Bearer => ("a bearer token".to_owned(), ".bearer(\"token\")".to_owned()),
        SchemeKind::ApiKey { location, name } => {
            let place = match location {
                KeyLocation::Header => "header",
                KeyLocation::Query => "query parameter",
                KeyLocation::Cookie => "cookie",
            };
            (format!("a key in the {place} `{}`", line(name)), format!(".api_key({name:?}, \"key\")"))
        }
        SchemeKind::OtherHttp(kind) => {
            (format!("`Authorization: {}`, which the client does not fill", line(kind)), String::new())
        }
    };
    SchemeFacts { name: line(&scheme.name.0), about, given }
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn any_title_becomes_a_name_that_cargo_accepts() {
        for (title, name) in [
            ("GitHub v3 REST API", "git-hub-v3-rest-api"),
            ("3D Secure", "api-3d-secure"),
            ("Überwachung", "berwachung"),
            ("支付", ""),
            ("  ", ""),
            ("a_b.c/d", "a-b-c-d"),
        ] {
            assert_eq!(package(title), name);
        }
        let long = package(&"very ".repeat(40));
        assert!(long.len() <= 48 && long.ends_with("very"), "{long}");
        assert!(package(&"x".repeat(100)).len() <= 48);
    }
}
