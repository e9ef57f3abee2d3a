//! An answer that the document itself gives: an example of a response, or a value made from its schema.

mod make;
mod number;
mod pattern;
mod text;

use http::{HeaderMap, StatusCode};
use rescind_specs::{Content, Contract, Direction, MediaType, Operation, Response, StatusPattern};
use serde_json::{Value, json};

pub use self::make::make;
pub(crate) use self::pattern::candidates as matching;
use super::Answer;

/// What a request asks of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The status, `code` of `Prefer` (RFC 7240).
    code: Option<u16>,
    /// The name of a documented example, `example` of `Prefer`.
    example: Option<String>,
    /// The media ranges of `Accept`, best first.
    accept: Vec<MediaType>,
}

impl Wish {
    /// What the headers of a request wish for.
    pub fn of(headers: &HeaderMap) -> Self {
        let parts = |name: &str| {
            let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            lines.flat_map(|line| line.split(',')).collect::<Vec<_>>()
        };
        let mut wish = Self::default();
        for preference in parts("prefer").into_iter().flat_map(|part| part.split(';')) {
            let Some((name, value)) = preference.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim() {
                "code" => wish.code = value.parse().ok(),
                "example" => wish.example = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut accept: Vec<(f32, MediaType)> = parts("accept")
            .into_iter()
            .filter_map(|part| {
                let quality = part.split(';').skip(1).find_map(|parameter| {
                    parameter.trim().strip_prefix("q=").and_then(|quality| quality.parse().ok())
                });
                Some((quality.unwrap_or(1.0_f32), part.parse().ok()?)).filter(|(quality, _)| *quality > 0.0)
            })
            .collect();
        // Stable: among equals the order of the request decides.
        accept.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        wish.accept = accept.into_iter().map(|(_, range)| range).collect();
        wish
    }

    /// The documented bodies, the most welcome first.
    pub(crate) fn order<'c>(&self, contents: &'c [Content]) -> Vec<&'c Content> {
        let welcome = |content: &Content| {
            let rank = self
                .accept
                .iter()
                .position(|range| range.accepts(&content.media_type) || content.media_type.accepts(range));
            rank.unwrap_or(usize::MAX)
        };
        let mut ordered: Vec<&Content> = contents.iter().collect();
        ordered.sort_by_key(|content| (welcome(content), !content.media_type.is_json()));
        ordered
    }
}

/// The response that is wished for, else the first documented success, by its example. `None` where none is documented,
/// or no value of its schema is found.
pub fn answer(contract: &Contract, operation: &Operation, wish: &Wish) -> Option<Answer> {
    if let Some(code) = wish.code {
        let response = operation.responses.find(code)?;
        return of(contract, response, StatusCode::from_u16(code).ok()?, wish);
    }
    let mut candidates: Vec<&Response> = operation
        .responses
        .iter()
        .filter(|response| {
            !matches!(response.status, StatusPattern::Exact(400..) | StatusPattern::Range(1 | 4 | 5))
        })
        .filter(|response| !matches!(response.status, StatusPattern::Exact(..200)))
        .collect();
    // Successes, or else `default`, or else redirects: one of another class would be no answer to what was asked.
    let class = |response: &Response| match response.status {
        status if status.is_success() => 0,
        StatusPattern::Default => 1,
        _ => 2,
    };
    candidates.sort_by_key(|response| (class(response), response.status));
    let best = candidates.first().copied().map_or(0, class);
    candidates
        .into_iter()
        .filter(|response| class(response) == best)
        .find_map(|response| of(contract, response, status(response)?, wish))
}

/// The documented response by its example, under a status that it covers.
pub fn of(contract: &Contract, response: &Response, status: StatusCode, wish: &Wish) -> Option<Answer> {
    let mut answer = if response.content.is_empty() || has_no_content(status) {
        Answer::empty(status)
    } else {
        wish.order(&response.content).into_iter().find_map(|content| body(contract, content, status, wish))?
    };
    add_headers(contract, response, &mut answer)?;
    Some(answer)
}

/// Adds the headers that the response documents; `None` where a required one cannot be made.
pub(crate) fn add_headers(contract: &Contract, response: &Response, answer: &mut Answer) -> Option<()> {
    for header in response.headers.iter().filter(|header| !is_of_the_message(&header.name)) {
        let fits = |value: &Value| {
            let validator =
                header.schema.as_ref().map(|schema| contract.validator(schema, Direction::Response));
            validator.is_none_or(|validator| validator.is_ok_and(|validator| validator.is_valid(value)))
        };
        let example = contract.document().get(&header.pointer.join("example")).filter(|value| fits(value));
        let made = example.cloned().or_else(|| {
            header.schema.as_ref().and_then(|schema| make(contract, schema, Direction::Response))
        });
        let written = made.map(|value| Answer::empty(answer.status).with_typed_header(&header.name, &value));
        match written.filter(|written| written.fault().is_none()) {
            Some(written) => answer.headers.extend(written.headers),
            None if header.required => return None,
            None => {}
        }
    }
    Some(())
}

/// Whether the header says how the message is sent, which an example cannot know (RFC 9110 §7.6.1, §8.4, §8.6).
fn is_of_the_message(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A status that the response covers.
pub(crate) fn status(response: &Response) -> Option<StatusCode> {
    StatusCode::from_u16(match response.status {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(class) => u16::from(class) * 100,
        StatusPattern::Default => 200,
    })
    .ok()
}

/// RFC 9110 §15.3.5, §15.3.6, §15.4.5.
pub(crate) fn has_no_content(status: StatusCode) -> bool {
    matches!(status.as_u16(), 204 | 205 | 304)
}

fn body(contract: &Contract, content: &Content, status: StatusCode, wish: &Wish) -> Option<Answer> {
    written(content, status, value(contract, content, wish.example.as_deref()))
}

/// An answer with this value as its body; `None` where the media type cannot carry it.
pub(crate) fn written(content: &Content, status: StatusCode, value: Option<Value>) -> Option<Answer> {
    let documented = &content.media_type;
    if documented.is_json() {
        return Some(Answer::json(status, &documented.to_string(), &value?));
    }
    // Of a range, the media type that can carry the value.
    let named = match documented.to_string().as_str() {
        "*/*" | "application/*" => match &value {
            Some(Value::String(_)) | None => "application/octet-stream",
            Some(_) => "application/json",
        }
        .to_owned(),
        "text/*" => "text/plain".to_owned(),
        range if documented.is_range() => range.replace('*', "octet-stream"),
        exact => exact.to_owned(),
    };
    match (value, named.as_str()) {
        (Some(value), "application/json") => Some(Answer::json(status, &named, &value)),
        (Some(value), "application/x-ndjson" | "application/jsonl" | "application/json-seq") => {
            Some(Answer::text(status, &named, format!("{value}\n")))
        }
        (Some(Value::String(text)), "text/event-stream") => {
            let lines: Vec<String> = text.lines().map(|line| format!("data: {line}\n")).collect();
            Some(Answer::text(status, &named, format!("{}\n", lines.concat())))
        }
        (Some(value), "text/event-stream") => {
            Some(Answer::text(status, &named, format!("data: {value}\n\n")))
        }
        (Some(Value::String(text)), _) => Some(Answer::text(status, &named, text)),
        // An object cannot be written as, say, XML.
        (Some(_), _) => None,
        (None, _) => content.schema.is_none().then(|| Answer::text(status, &named, "text")),
    }
}

/// A value of the body that satisfies its schema: a documented example, the one of that name first, or one made up.
pub(crate) fn value(contract: &Contract, content: &Content, name: Option<&str>) -> Option<Value> {
    let mut examples: Vec<_> = content.examples.iter().collect();
    examples.sort_by_key(|(known, _)| Some(known.as_str()) != name);
    let mut examples = examples.into_iter().map(|(_, example)| example);
    let Some(schema) = &content.schema else {
        let fallback = || content.media_type.is_json().then(|| json!({}));
        return examples.next().cloned().or_else(fallback);
    };
    let validator = contract.validator(schema, Direction::Response).ok()?;
    examples
        .find(|value| validator.is_valid(value))
        .cloned()
        .or_else(|| make(contract, schema, Direction::Response))
}
