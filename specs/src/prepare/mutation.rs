//! Whatever is wrong with a document, it is read without a panic, and nothing of it is lost in silence.

use std::collections::BTreeSet;

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

use super::{Prepared, operations::Known};
use crate::{
    Contract, Direction, LoadError, Severity,
    document::Document,
    lint::{
        self,
        agreement::{EVERYTHING, apply, edit, places},
    },
};

fn check(text: &str) {
    let document = match Document::parse("api.json", text) {
        Ok(document) => document,
        Err(LoadError::Invalid(errors)) => return helped(&errors),
        Err(other) => panic!("{other}"),
    };
    helped(&lint::lint(&document));
    let known = Known::of(&document).len();
    let prepared = match Prepared::new("api", document) {
        Ok(prepared) => prepared,
        Err(LoadError::Invalid(errors)) => {
            assert!(!errors.is_empty());
            return helped(&errors);
        }
        Err(other) => panic!("{other}"),
    };
    let ids = |contract: &Contract| -> Vec<String> {
        contract.operations().iter().map(|operation| operation.id.to_string()).collect()
    };
    let found = ids(&prepared.contract);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "ids are unique: {found:?}");
    assert_eq!(known, found.len() + prepared.left_out.len(), "{text}");
    for left_out in &prepared.left_out {
        helped(&left_out.reasons);
        assert!(!left_out.reasons.is_empty());
    }
    let normal = prepared.normal_form().into_owned();
    let again = Document::parse("normal.json", normal.clone())
        .and_then(|document| Contract::new("api", document, None))
        .unwrap_or_else(|error| panic!("{error}\n{text}\n{normal}"));
    assert_eq!(ids(&again), found);
    let twice = Document::parse("normal.json", normal).and_then(|document| Prepared::new("api", document));
    let twice = twice.unwrap();
    assert!(twice.notes.is_empty() && twice.left_out.is_empty() && !twice.is_altered());
    compiles(&again, text);
}

/// What the lint finds nothing wrong with can be checked against.
fn compiles(contract: &Contract, text: &str) {
    for operation in contract.operations() {
        let content = operation.request_body.iter().flat_map(|body| &body.content);
        let content = content.chain(operation.responses.iter().flat_map(|response| &response.content));
        let parameters = operation.parameters.iter().filter_map(|parameter| parameter.schema.as_ref());
        for schema in content.filter_map(|content| content.schema.as_ref()).chain(parameters) {
            if let Err(error) = contract.validator(schema, Direction::Request) {
                panic!("{error}\n{text}");
            }
        }
    }
}

fn helped(diagnostics: &[crate::Diagnostic]) {
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error) {
        assert!(diagnostic.help.is_some(), "{diagnostic}");
    }
}

#[test]
fn a_document_with_mistakes_is_read_as_far_as_possible() {
    let sound = Document::parse("api.yaml", EVERYTHING).unwrap();
    let mut known = Vec::new();
    places(sound.root(), "", &mut known);
    let config = ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let edits = prop::collection::vec((any::<Index>(), edit()), 1..6);
    runner
        .run(&edits, |edits| {
            let mut broken = sound.root().clone();
            for (index, edit) in edits {
                let at = index.get(&known);
                // An earlier change may have taken the place away.
                if broken.pointer(at).is_some() {
                    apply(&mut broken, at, edit);
                }
            }
            check(&broken.to_string());
            Ok(())
        })
        .unwrap();
}
