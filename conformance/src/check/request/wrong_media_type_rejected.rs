//! Is a body refused that is sent as a media type that is not documented?

use proptest::test_runner::TestRunner;
use rescind_specs::Contract;

use super::outcome::{Outcome, documents_refusals, finding, outcome};
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;
use crate::strategy::request::content_type;
use crate::verdict::Verdict;

/// # What it does
/// Sends a valid body as `text/plain`, and an XML document as `application/xml`, to operations that document neither.
/// # Verdicts
/// Fail: a server error, or XML that is accepted. Divergence: JSON that is accepted as text, since no description
/// says that it is refused.
/// # Source
/// OpenAPI 3.0.3, Request Body Object; RFC 9110 §15.5.16.
pub struct WrongMediaTypeRejected;

impl RequestCheck for WrongMediaTypeRejected {
    fn id(&self) -> &'static str {
        "wrong_media_type_rejected"
    }

    fn question(&self) -> &'static str {
        "Is a body refused that is sent as a media type that is not documented?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let Some(documented) = base.operation.request_body.as_ref().filter(|body| body.required) else {
            return Vec::new();
        };
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let xml = b"<?xml version=\"1.0\"?><request/>".to_vec();
        let mut cases = Vec::new();
        for (media_type, what, keyword, body) in [
            ("text/plain", "a body sent as text/plain", "text", None),
            ("application/xml", "an XML document", "xml", Some(xml)),
        ] {
            let taken = media_type.parse().is_ok_and(|parsed| documented.content_for(&parsed).is_some());
            let request = match body {
                Some(bytes) => base.request_with(&parts, bytes),
                None => base.request(&parts).filter(|request| request.body.is_some()),
            };
            if let Some(mut request) = request.filter(|_| !taken) {
                content_type(&mut request.headers, media_type);
                cases.push(Case::new(base, what, keyword, request, documented.pointer.clone()));
            }
        }
        cases
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        let documented = "a refusal: the media type is not documented";
        let found = |verdict, verb| {
            let message = format!("{} {verb} {}", operation.signature(), case.what);
            Some(vec![finding(self.id(), contract, case, sent, verdict, message, documented)])
        };
        match outcome(contract, operation, sent.exchange) {
            Outcome::Done if case.keyword == "text" => found(Verdict::Divergence, "accepts"),
            Outcome::Done => found(Verdict::Fail, "accepts"),
            Outcome::Failed(_) => found(Verdict::Fail, "fails on"),
            Outcome::Refused(401) | Outcome::Unclear => None,
            Outcome::Refused(_) => documents_refusals(contract, operation).then(Vec::new),
        }
    }
}
