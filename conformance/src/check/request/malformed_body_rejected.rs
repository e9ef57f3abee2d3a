//! Is every body refused that is no JSON text?

use proptest::test_runner::TestRunner;
use rescind_specs::Contract;

use super::outcome::must_be_refused;
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;

/// # What it does
/// Sends bodies of the documented media type that are no JSON text: cut off, followed by garbage, not UTF-8, in single
/// quotes, and, where a body is required, empty.
/// # Verdicts
/// Fail: accepted, or a server error. Not exercised where the operation documents no refusal.
/// # Source
/// RFC 8259 §2 and §8.1.
pub struct MalformedBodyRejected;

impl RequestCheck for MalformedBodyRejected {
    fn id(&self) -> &'static str {
        "malformed_body_rejected"
    }

    fn question(&self) -> &'static str {
        "Is every body refused that is no JSON text?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let Some(documented) = base.operation.request_body.as_ref().filter(|_| base.takes_json()) else {
            return Vec::new();
        };
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let text = parts.body.as_ref().map_or_else(|| r#"{"a": 1}"#.to_owned(), ToString::to_string);
        let cut = text.char_indices().nth_back(0).map_or("{", |(last, _)| &text[..last]);
        let mut bodies: Vec<(&str, Vec<u8>)> = vec![
            ("a body that is cut off", if cut.is_empty() { b"{".to_vec() } else { cut.as_bytes().to_vec() }),
            ("a body with garbage behind it", format!("{text} }}x").into_bytes()),
            ("a body that is not UTF-8", b"{\"a\": \"\xff\xfe\"}".to_vec()),
            ("a body in single quotes", b"{'a': 'b'}".to_vec()),
        ];
        if documented.required {
            bodies.push(("an empty body", Vec::new()));
        }
        let request = |(what, bytes): (&str, Vec<u8>)| {
            let request = base.request_with(&parts, bytes)?;
            Some(Case::new(base, what, "malformed", request, documented.pointer.clone()))
        };
        bodies.into_iter().filter_map(request).collect()
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        must_be_refused(self.id(), contract, case, sent, "a refusal: the body is no JSON text")
    }
}
