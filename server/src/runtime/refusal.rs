//! The answer to a rejection where the implementation writes none: in the contract's own envelope if one is documented,
//! else as problem details.

use http::StatusCode;
use rescind_specs::{Content, Contract, Direction, Operation, Response, StatusPattern, Validator};
use serde_json::{Map, Value, json};

use super::example;
use super::{Answer, Rejection, RequestViolation};

/// Media type of problem details (RFC 9457 §3).
const PROBLEM: &str = "application/problem+json";

/// How deep an envelope is filled in.
const DEPTH: usize = 4;

/// An answer to `rejection`. Of the documented errors of the operation it takes the one of the fitting status, else
/// that of the range or `default`, else the form of any other error that is documented, else problem details.
///
/// A message goes into the members that usually hold one (`message`, `detail`, `title`, ...), a status into those that
/// usually hold a number. Other members are left out if the schema lets them be, and otherwise hold an example.
pub fn refuse(contract: Option<&Contract>, operation: Option<&Operation>, rejection: &Rejection) -> Answer {
    let Some((contract, operation)) = contract.zip(operation) else { return problem(rejection) };
    let status = status(operation, rejection);
    let words = Words { status, title: title(status), detail: rejection.to_string() };
    let violations = match rejection {
        Rejection::Violations(violations) => violations.as_slice(),
        _ => &[],
    };
    let documented = operation.responses.find(status.as_u16());
    let answer = match documented {
        Some(response) if response.content.is_empty() => Some(Answer::empty(status)),
        Some(response) => envelope(contract, response, &words, violations),
        None => errors(operation).find_map(|response| envelope(contract, response, &words, violations)),
    };
    let Some(mut answer) = answer else { return problem(rejection) };
    if let Some(response) = documented {
        // A header that cannot be made does not spoil what can be said.
        let _ = example::add_headers(contract, response, &mut answer);
    }
    answer
}

/// An answer of a status that nothing in the request called for, with a sentence that says so: in the form that the
/// operation documents for that status, else without a body.
pub(crate) fn refuse_with(
    contract: &Contract,
    operation: Option<&Operation>,
    status: StatusCode,
    detail: &str,
) -> Answer {
    let documented = operation.and_then(|operation| operation.responses.find(status.as_u16()));
    let Some(response) = documented else { return Answer::empty(status) };
    let words = Words { status, title: title(status), detail: detail.to_owned() };
    let Some(mut answer) = envelope(contract, response, &words, &[]) else { return Answer::empty(status) };
    // A header that cannot be made does not spoil what can be said.
    let _ = example::add_headers(contract, response, &mut answer);
    answer
}

/// The documented status for a rejection; where several would do, the first that is documented.
fn status(operation: &Operation, rejection: &Rejection) -> StatusCode {
    let usual = rejection.status();
    let others: &[StatusCode] = match rejection {
        Rejection::MalformedBody { .. } | Rejection::Violations(_) => &[StatusCode::UNPROCESSABLE_ENTITY],
        Rejection::UnsupportedMediaType { .. } | Rejection::TooLarge { .. } => &[StatusCode::BAD_REQUEST],
        _ => &[],
    };
    let is_documented = |status: &StatusCode| {
        let exact = StatusPattern::Exact(status.as_u16());
        operation.responses.iter().any(|response| response.status == exact)
    };
    std::iter::once(&usual).chain(others).find(|status| is_documented(status)).copied().unwrap_or(usual)
}

/// The documented errors, for want of the right one.
fn errors(operation: &Operation) -> impl Iterator<Item = &Response> {
    operation.responses.iter().filter(|response| {
        matches!(
            response.status,
            StatusPattern::Exact(400..) | StatusPattern::Range(4 | 5) | StatusPattern::Default
        )
    })
}

fn envelope(
    contract: &Contract,
    response: &Response,
    words: &Words,
    violations: &[RequestViolation],
) -> Option<Answer> {
    response.content.iter().filter(|content| content.media_type.is_json()).find_map(|content| {
        let schema = content.schema.as_ref()?;
        let validator = contract.validator(schema, Direction::Response).ok()?;
        let made = example::make(contract, schema, Direction::Response)?;
        let body = filled(made, content, &validator, words, violations);
        Some(Answer::json(words.status, &content.media_type.to_string(), &body))
    })
}

/// `made` with the words of the rejection, as far as its schema allows.
fn filled(
    made: Value,
    content: &Content,
    validator: &Validator,
    words: &Words,
    violations: &[RequestViolation],
) -> Value {
    let mut body = made;
    let mut places = Vec::new();
    collect(&body, &mut Vec::new(), &mut places);
    // Members of members come first, so that an empty object can be left out after them.
    for place in places.iter().rev() {
        let before = body.clone();
        let Some((Value::Object(parent), name)) = parent(&mut body, place) else { continue };
        let is_kept = match parent.get(name).and_then(|value| words.value(name, value)) {
            Some(value) => parent.insert(name.clone(), value).is_some(),
            None => match parent.get(name) {
                // It holds something of what is told.
                Some(Value::Object(members)) if !members.is_empty() => continue,
                _ => parent.shift_remove(name).is_some(),
            },
        };
        if !is_kept || !validator.is_valid(&body) {
            body = before;
        }
    }
    if let Value::Object(members) = &body
        && !violations.is_empty()
        && content.media_type.is_problem()
        && !members.contains_key("errors")
    {
        let mut extended = members.clone();
        extended.insert("errors".to_owned(), listed(violations));
        let extended = Value::Object(extended);
        if validator.is_valid(&extended) {
            body = extended;
        }
    }
    body
}

/// The places of all members, outer ones first.
fn collect(value: &Value, at: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    let Value::Object(members) = value else { return };
    if at.len() == DEPTH {
        return;
    }
    for (name, member) in members {
        at.push(name.clone());
        places.push(at.clone());
        collect(member, at, places);
        at.pop();
    }
}

/// The object around a place, and the name of the place within it.
fn parent<'v, 'p>(body: &'v mut Value, place: &'p [String]) -> Option<(&'v mut Value, &'p String)> {
    let (name, path) = place.split_last()?;
    path.iter().try_fold(body, |value, step| value.get_mut(step)).map(|value| (value, name))
}

struct Words {
    status: StatusCode,
    title: &'static str,
    detail: String,
}

impl Words {
    /// What a member of that name says, if it is one of the usual ones.
    fn value(&self, name: &str, known: &Value) -> Option<Value> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        match (plain.as_str(), known) {
            (
                "message" | "detail" | "details" | "description" | "errordescription" | "errormessage"
                | "reason" | "msg" | "error",
                Value::String(_),
            ) => Some(self.detail.clone().into()),
            ("title" | "statustext" | "name", Value::String(_)) => Some(self.title.into()),
            ("type", Value::String(_)) => Some("about:blank".into()),
            ("status" | "statuscode" | "code" | "httpstatus" | "errorcode", Value::Number(_)) => {
                Some(self.status.as_u16().into())
            }
            ("status" | "statuscode" | "code" | "httpstatus", Value::String(_)) => {
                Some(self.status.as_str().into())
            }
            _ => None,
        }
    }
}

/// Problem details (RFC 9457), with the violations of a request as `errors`.
fn problem(rejection: &Rejection) -> Answer {
    let status = rejection.status();
    let mut body = Map::new();
    body.insert("type".to_owned(), "about:blank".into());
    body.insert("title".to_owned(), title(status).into());
    body.insert("status".to_owned(), status.as_u16().into());
    body.insert("detail".to_owned(), rejection.to_string().into());
    if let Rejection::Violations(violations) = rejection {
        body.insert("errors".to_owned(), listed(violations));
    }
    Answer::json(status, PROBLEM, &body)
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

fn listed(violations: &[RequestViolation]) -> Value {
    let listed = violations.iter().map(|violation| {
        json!({
            "in": violation.location.to_string(),
            "parameter": violation.parameter,
            "pointer": violation.pointer.as_str(),
            "keyword": violation.keyword,
            "detail": violation.message,
        })
    });
    listed.collect()
}
