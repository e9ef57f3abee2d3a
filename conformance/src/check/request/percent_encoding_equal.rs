//! Is a percent-encoded character the same as the character itself?

use std::fmt::Write as _;

use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, ParameterLocation};
use serde_json::Value;

use super::outcome::finding;
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Calls an operation with an identifier in its path twice: as it is, and with every letter and digit of the
/// identifier percent-encoded. Both name the same resource.
/// # Verdicts
/// Fail: the two answers differ in their status.
/// # Source
/// RFC 3986 §2.3 and §6.2.2.2: URIs that differ only in this are equivalent.
pub struct PercentEncodingEqual;

impl RequestCheck for PercentEncodingEqual {
    fn id(&self) -> &'static str {
        "percent_encoding_equal"
    }

    fn question(&self) -> &'static str {
        "Is a percent-encoded character of a path the same as the character itself?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let id = parts.parameters.iter().find(|(location, ..)| *location == ParameterLocation::Path);
        let Some((_, _, Value::String(id))) = id else { return Vec::new() };
        let Some(request) = base.request(&parts) else { return Vec::new() };
        if id.is_empty() || !request.target.contains(id.as_str()) {
            return Vec::new();
        }
        let encoded = id.bytes().fold(String::new(), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
            out
        });
        let mut other = request.clone();
        other.target = request.target.replacen(id.as_str(), &encoded, 1);
        let place = base.operation.pointer.clone();
        let mut case = Case::new(base, "a percent-encoded identifier", "encoding", other, place);
        case.twin = Some(request);
        vec![case]
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        let plain = sent.others.first()?.status()?;
        let encoded = sent.exchange.status()?;
        // What stands between may answer in place of the deployment.
        if plain == 429 || plain >= 500 || matches!(encoded, 429 | 502..=504) {
            return None;
        }
        if plain == encoded {
            return Some(Vec::new());
        }
        let message = format!("{} answers otherwise to a percent-encoded identifier", operation.signature());
        let documented = format!("{plain}, as to the identifier itself");
        Some(vec![finding(self.id(), contract, case, sent, Verdict::Fail, message, &documented)])
    }
}
