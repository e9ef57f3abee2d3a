//! Are problem details what RFC 9457 says they are?

use rescind_specs::Contract;
use serde_json::Value;

use super::evidence::Evidence;
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Reads every answer of the media type `application/problem+json`: an object whose `status` is that of the answer,
/// whose `type` and `instance` are URI references and whose `title` and `detail` are strings, each where it is there.
/// # Verdicts
/// Fail: one of these does not hold.
/// # Source
/// RFC 9457 §3.1.
pub struct ProblemDetailsConformance;

impl ResponseCheck for ProblemDetailsConformance {
    fn id(&self) -> &'static str {
        "problem_details_conformance"
    }

    fn question(&self) -> &'static str {
        "Are problem details well-formed, and is the status in them that of the answer?"
    }

    fn applies(&self, contract: &Contract) -> bool {
        let mut responses = contract.operations().iter().flat_map(|operation| operation.responses.iter());
        responses.any(|response| response.content.iter().any(|content| content.media_type.is_problem()))
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let media_type = answer.response.media_type()?;
        if !media_type.is_problem() || answer.response.body.is_empty() {
            return None;
        }
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let status = answer.status();
        let at = answer.documented().map(|response| &response.pointer);
        let finding = |message: String, documented: &str, received: String| {
            evidence.finding(Verdict::Fail, message, documented, received, at)
        };
        let Some(Value::Object(problem)) = answer.response.json() else {
            let message = format!("problem details of an answer {status} are no JSON object");
            return Some(vec![finding(message, "a JSON object", "something else".to_owned())]);
        };
        let mut findings = Vec::new();
        if let Some(member) = problem.get("status")
            && member.as_f64() != Some(f64::from(status))
        {
            findings.push(finding(
                format!("problem details of an answer {status} have another status"),
                "a status that equals the one of the answer (RFC 9457 §3.1.2)",
                match member.as_i64() {
                    Some(number) => format!("{status} with /status {number}"),
                    None => format!("{status} with a /status that is no integer"),
                },
            ));
        }
        for name in ["type", "instance"] {
            let good = problem.get(name).is_none_or(|value| value.as_str().is_some_and(is_reference));
            if !good {
                findings.push(finding(
                    format!("the {name} of problem details is no URI reference"),
                    "a URI reference (RFC 9457 §3.1)",
                    format!("/{name} is something else"),
                ));
            }
        }
        for name in ["title", "detail"] {
            if problem.get(name).is_some_and(|value| !value.is_string()) {
                findings.push(finding(
                    format!("the {name} of problem details is no string"),
                    "a string (RFC 9457 §3.1)",
                    format!("/{name} is something else"),
                ));
            }
        }
        Some(findings)
    }
}

/// Whether the text is a URI reference (RFC 3986 §4.1), as far as a URL parser tells.
fn is_reference(text: &str) -> bool {
    let legal = text.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c));
    legal
        && url::Url::parse("http://base.invalid/")
            .is_ok_and(|base| url::Url::options().base_url(Some(&base)).parse(text).is_ok())
}
