//! Mistakes of an OpenAPI 3.0 document, found before anything is made from it.

use crate::{document::Document, error::Diagnostic};

/// All mistakes found in an OpenAPI 3.0 document, in the order of the text.
pub fn lint(document: &Document) -> Vec<Diagnostic> {
    let _ = document;
    Vec::new()
}

/// The candidate a misspelt name most likely stands for.
pub(crate) fn closest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let lower = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
