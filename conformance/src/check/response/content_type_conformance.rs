//! Is there a body exactly where one is documented, and of the documented media type?

use super::evidence::{Evidence, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Compares the media type of each answer with those of its documented response, exactly: `application/json` is not
/// `application/problem+json`. Parameters such as `charset` do not matter.
/// # Verdicts
/// Fail: another media type, none, or no body where one is documented; a body on a 204. Divergence: a success with a
/// body where none is described. Not applicable: a refusal with a body where none is described.
/// # Source
/// OpenAPI 3.0.3, Response Object and Media Type Object; RFC 9110 §8.3 and §15.3.5.
pub struct ContentTypeConformance;

impl ResponseCheck for ContentTypeConformance {
    fn id(&self) -> &'static str {
        "content_type_conformance"
    }

    fn question(&self) -> &'static str {
        "Does each answer have a body where one is documented, of exactly the documented media type?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let operation = answer.operation?;
        let documented = answer.documented()?;
        let status = answer.status();
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let empty = answer.response.body.is_empty();
        let signature = operation.signature();
        let finding = |verdict, message: String, wanted: String| {
            evidence.finding(verdict, message, wanted, received(answer.exchange), Some(&documented.pointer))
        };
        let bodiless = matches!(status, 204 | 205 | 304);
        if documented.content.is_empty() || bodiless {
            if empty {
                return Some(Vec::new());
            }
            // A refusal of which no body is described may well have one: nobody relies on its absence.
            if !bodiless && !answer.response.status.is_success() {
                return None;
            }
            let verdict = if bodiless { Verdict::Fail } else { Verdict::Divergence };
            let message = format!("{signature} answered {status} with a body, though none is documented");
            return Some(vec![finding(verdict, message, "no body".to_owned())]);
        }
        let types: Vec<String> =
            documented.content.iter().map(|content| content.media_type.to_string()).collect();
        let wanted = types.join(" or ");
        if empty {
            let message = format!("{signature} answered {status} without the documented body");
            return Some(vec![finding(Verdict::Fail, message, wanted)]);
        }
        let Some(media_type) = answer.response.media_type() else {
            let message = format!("{signature} answered {status} with a body of no media type");
            return Some(vec![finding(Verdict::Fail, message, wanted)]);
        };
        if documented.content_for(&media_type).is_some() {
            return Some(Vec::new());
        }
        let message = format!("{signature} answered {status} as {media_type}");
        Some(vec![finding(Verdict::Fail, message, wanted)])
    }
}
