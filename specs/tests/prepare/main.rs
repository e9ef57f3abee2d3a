//! What becomes of documents with mistakes, and of those that consist of several files.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

mod bundle;
mod repair;

use std::fmt::Write as _;

use rescind_specs::{Contract, Document, Prepared, report};

/// What a person is told about a document, and that what is left is sound.
fn told(prepared: &Prepared) -> String {
    let normal = prepared.normal_form().into_owned();
    let again = Document::parse("normal", normal.clone()).unwrap();
    let contract =
        Contract::new("api", again.clone(), None).unwrap_or_else(|error| panic!("{error}\n{normal}"));
    let signatures = |contract: &Contract| -> Vec<String> {
        contract
            .operations()
            .iter()
            .map(|operation| format!("{} ({})", operation.signature(), operation.id))
            .collect()
    };
    assert_eq!(signatures(&contract), signatures(&prepared.contract));
    let twice = Prepared::new("api", again).unwrap();
    assert!(twice.notes.is_empty() && twice.left_out.is_empty(), "{normal}");

    let mut text = report(&prepared.notes, false);
    for left_out in &prepared.left_out {
        let id = left_out.id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
        write!(text, "\n\nleft out: {}{id}\n", left_out.signature).unwrap();
        text.push_str(&report(&left_out.reasons, false));
    }
    write!(text, "\n\noperations: {}", signatures(&contract).join(", ")).unwrap();
    text.trim_start().to_owned()
}

/// The same of a text; also what is told if nothing can be used.
fn prepared(text: &str) -> String {
    match Document::parse("api.yaml", text).and_then(|document| Prepared::new("api", document)) {
        Ok(prepared) => told(&prepared),
        Err(error) => format!("refused\n{}", error.render(false)),
    }
}

/// The same of a description whose paths and components are given; it is sound otherwise.
fn described(rest: &str) -> String {
    prepared(&format!("openapi: 3.0.3\ninfo: {{title: Keys, version: '1'}}\n{rest}"))
}
