//! The answer to a rejection where the implementation writes none: in the contract's own envelope if one is documented,
//! else as problem details.

use http::StatusCode;
use rescind_specs::{Content, Contract, Direction, Operation, Response, StatusPattern, Validator};
use serde_json::{Map, Value, json};

use super::example;
use super::{Answer, Location, Rejection, RequestViolation};

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
    let Some((contract, operation)) = contract.zip(operation) else {
        return problem(&Telling::of(rejection.status(), rejection));
    };
    answer(contract, operation, &Telling::of(status(operation, rejection), rejection), envelope)
}

/// As [`refuse`], with the documented example of the error where there is one: its codes stay, and the message says
/// what is wrong.
pub fn refuse_by_example(contract: &Contract, operation: &Operation, rejection: &Rejection) -> Answer {
    let usual = status(operation, rejection);
    let is_documented = |status: StatusCode| operation.responses.find(status.as_u16()).is_some();
    let in_path = |violation: &RequestViolation| violation.location == Location::Path;
    let status = match rejection {
        // What cannot be an identifier identifies nothing.
        Rejection::Violations(violations)
            if violations.iter().all(in_path)
                && !is_documented(usual)
                && is_documented(StatusCode::NOT_FOUND) =>
        {
            StatusCode::NOT_FOUND
        }
        _ => usual,
    };
    by_example(contract, operation, &Telling::of(status, rejection))
}

/// As [`refuse_by_example`], for a reason that has no rejection.
pub(crate) fn refuse_in_words(
    contract: &Contract,
    operation: &Operation,
    status: StatusCode,
    detail: &str,
) -> Answer {
    by_example(contract, operation, &Telling { status, detail: detail.to_owned(), violations: &[] })
}

fn by_example(contract: &Contract, operation: &Operation, told: &Telling<'_>) -> Answer {
    answer(contract, operation, told, |contract, response, told| {
        // The codes of another error would mislead.
        let is_own = response.status.covers(told.status.as_u16());
        let by_example = is_own.then(|| example_envelope(contract, response, told)).flatten();
        by_example.or_else(|| envelope(contract, response, told))
    })
}

/// What an answer tells.
struct Telling<'r> {
    status: StatusCode,
    detail: String,
    violations: &'r [RequestViolation],
}

impl<'r> Telling<'r> {
    fn of(status: StatusCode, rejection: &'r Rejection) -> Self {
        let violations: &[RequestViolation] = match rejection {
            Rejection::Violations(violations) => violations,
            _ => &[],
        };
        Self { status, detail: rejection.to_string(), violations }
    }
}

fn answer(
    contract: &Contract,
    operation: &Operation,
    told: &Telling<'_>,
    envelope: impl Fn(&Contract, &Response, &Telling<'_>) -> Option<Answer>,
) -> Answer {
    let documented = operation.responses.find(told.status.as_u16());
    let answer = match documented {
        Some(response) if response.content.is_empty() => Some(Answer::empty(told.status)),
        Some(response) => envelope(contract, response, told),
        None => errors(operation).find_map(|response| envelope(contract, response, told)),
    };
    let Some(mut answer) = answer else { return problem(told) };
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
    let told = Telling { status, detail: detail.to_owned(), violations: &[] };
    let Some(mut answer) = envelope(contract, response, &told) else { return Answer::empty(status) };
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

fn envelope(contract: &Contract, response: &Response, told: &Telling<'_>) -> Option<Answer> {
    response.content.iter().filter(|content| content.media_type.is_json()).find_map(|content| {
        let schema = content.schema.as_ref()?;
        let validator = contract.validator(schema, Direction::Response).ok()?;
        let made = example::make(contract, schema, Direction::Response)?;
        let body = filled(made, content, &validator, told);
        Some(Answer::json(told.status, &content.media_type.to_string(), &body))
    })
}

/// The documented example, as far as it still holds.
fn example_envelope(contract: &Contract, response: &Response, told: &Telling<'_>) -> Option<Answer> {
    response.content.iter().filter(|content| content.media_type.is_json()).find_map(|content| {
        let validator = content.schema.as_ref().map(|schema| contract.validator(schema, Direction::Response));
        let validator = validator.transpose().ok()?;
        let fits = |value: &Value| validator.as_ref().is_none_or(|validator| validator.is_valid(value));
        let example = content.examples.iter().map(|(_, example)| example).find(|example| fits(example))?;
        let body = retold(example.clone(), &fits, told);
        Some(Answer::json(told.status, &content.media_type.to_string(), &body))
    })
}

/// `example` with the message of the rejection. What it says of another request (its path, the member at fault) is
/// replaced or left out; codes stay.
fn retold(example: Value, fits: &dyn Fn(&Value) -> bool, told: &Telling<'_>) -> Value {
    let mut body = example;
    let Telling { status, detail, violations } = told;
    let mut places = Vec::new();
    collect(&body, &mut Vec::new(), &mut places);
    for place in places.iter().rev() {
        let before = body.clone();
        let Some((Value::Object(members), name)) = parent(&mut body, place) else { continue };
        let Some(known) = members.get(name) else { continue };
        let fresh = match known {
            Value::Array(items) => items.first().map(|item| listed_like(item, violations)),
            Value::Object(inner) if !inner.is_empty() => continue,
            Value::Object(_) | Value::Null => None,
            known => match word(name) {
                Word::Message => Some(detail.clone().into()),
                Word::Subject => violations.first().map(|violation| violation.subject().into()),
                Word::Place => None,
                // A number of the contract's own is none.
                Word::Status if known.as_u64().is_some_and(|known| (100..600).contains(&known)) => {
                    Some(status.as_u16().into())
                }
                Word::Status | Word::Other => continue,
            },
        };
        match fresh {
            Some(fresh) => drop(members.insert(name.clone(), fresh)),
            None => drop(members.shift_remove(name)),
        }
        if !fits(&body) {
            body = before;
        }
    }
    body
}

/// An error whose message says `text`.
pub(crate) fn reworded(error: &Value, text: &str) -> Value {
    let Value::Object(members) = error else { return error.clone() };
    let told = members.iter().map(|(name, known)| {
        let value = match (known, word(name)) {
            (Value::String(_), Word::Message) => text.into(),
            (known, _) => reworded(known, text),
        };
        (name.clone(), value)
    });
    Value::Object(told.collect())
}

/// What a member of an error usually holds.
enum Word {
    Message,
    Subject,
    Place,
    Status,
    Other,
}

fn word(name: &str) -> Word {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.to_ascii_lowercase().as_str() {
        "message" | "detail" | "details" | "description" | "errordescription" | "errormessage" | "msg" => {
            Word::Message
        }
        "param" | "parameter" | "field" | "property" | "pointer" => Word::Subject,
        "instance" | "path" => Word::Place,
        "status" | "statuscode" | "httpstatus" | "code" => Word::Status,
        _ => Word::Other,
    }
}

/// One item like `item` for each violation.
fn listed_like(item: &Value, violations: &[RequestViolation]) -> Value {
    let told = violations.iter().map(|violation| match item {
        Value::Object(members) => {
            let told = members.iter().map(|(name, known)| {
                let value = match word(name) {
                    Word::Message => violation.message.clone().into(),
                    Word::Subject => violation.subject().into(),
                    Word::Place | Word::Status | Word::Other => known.clone(),
                };
                (name.clone(), value)
            });
            Value::Object(told.collect())
        }
        Value::String(_) => violation.to_string().into(),
        other => other.clone(),
    });
    told.collect()
}

/// `made` with the words of the rejection, as far as its schema allows.
fn filled(made: Value, content: &Content, validator: &Validator, told: &Telling<'_>) -> Value {
    let mut body = made;
    let words = Words { status: told.status, title: title(told.status), detail: &told.detail };
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
    if let (false, Value::Object(members)) = (told.violations.is_empty(), &body)
        && content.media_type.is_problem()
        && !members.contains_key("errors")
    {
        let mut extended = members.clone();
        extended.insert("errors".to_owned(), listed(told.violations));
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

struct Words<'t> {
    status: StatusCode,
    title: &'static str,
    detail: &'t str,
}

impl Words<'_> {
    /// What a member of that name says, if it is one of the usual ones.
    fn value(&self, name: &str, known: &Value) -> Option<Value> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        match (plain.as_str(), known) {
            (
                "message" | "detail" | "details" | "description" | "errordescription" | "errormessage"
                | "reason" | "msg" | "error",
                Value::String(_),
            ) => Some(self.detail.into()),
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
fn problem(told: &Telling<'_>) -> Answer {
    let mut body = Map::new();
    body.insert("type".to_owned(), "about:blank".into());
    body.insert("title".to_owned(), title(told.status).into());
    body.insert("status".to_owned(), told.status.as_u16().into());
    body.insert("detail".to_owned(), told.detail.clone().into());
    if !told.violations.is_empty() {
        body.insert("errors".to_owned(), listed(told.violations));
    }
    Answer::json(told.status, PROBLEM, &body)
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
