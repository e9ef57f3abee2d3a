//! What a person reads about a mistake in a document.

mod example;
mod keyword;
mod operation;
mod path;
mod property;
mod reference;
mod schema;
mod syntax;
mod value;
mod version;

use rescind_specs::{Document, lint};

/// Everything that is said about a document, as a terminal without colours shows it.
fn report(name: &str, text: &str) -> String {
    match Document::parse(name, text) {
        Err(error) => error.render(false),
        Ok(document) => {
            let found = lint(&document);
            if found.is_empty() { "nothing found".to_owned() } else { rescind_specs::report(&found, false) }
        }
    }
}

/// The report on a description whose paths and components are given; it is sound otherwise.
fn described(rest: &str) -> String {
    report("api.yaml", &format!("openapi: 3.0.3\ninfo: {{title: Keys, version: '1'}}\n{rest}"))
}

/// The report on a schema, given with an indentation of six spaces.
fn schema(keywords: &str) -> String {
    described(&format!("paths: {{}}\ncomponents:\n  schemas:\n    Key:\n{keywords}"))
}
