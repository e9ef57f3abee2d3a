//! The documented answers of a contract, each written once and then handed out as it is.

use std::sync::OnceLock;

use axum::http::HeaderValue;
use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use rescind_specs::{Content, Contract, Direction, Operation, Response, StatusPattern};
use serde_json::{Map, Value};

use super::likeness;
use super::prefer::{Preference, Values};
use crate::id::Ids;
use crate::runtime::example::{self, Wish};
use crate::runtime::{Answer, AnswerBody};

/// Media type of problem details (RFC 9457 §3).
const PROBLEM: &str = "application/problem+json";

/// The answers of all operations of a contract.
#[derive(Debug)]
pub(super) struct Shelf {
    contract: Contract,
    operations: Vec<Compartment>,
    ids: Ids,
}

/// The answers of one operation. Nothing is made before somebody asks for it, so that a long document starts quickly.
#[derive(Debug)]
struct Compartment {
    responses: Vec<Held>,
    /// The places of the responses, the one that is most likely meant first.
    order: Vec<usize>,
    /// What a request without wishes gets.
    usual: OnceLock<Option<Ready>>,
}

/// One documented response.
#[derive(Debug)]
struct Held {
    /// `None` if a required one cannot be made.
    headers: OnceLock<Option<HeaderMap>>,
    contents: Vec<OnceLock<Option<Body>>>,
}

type Body = (HeaderValue, Bytes);

/// An answer as it goes onto the wire.
#[derive(Clone, Debug)]
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Option<Body>,
}

impl Ready {
    fn answer(&self) -> Answer {
        let mut answer = Answer::empty(self.status);
        answer.headers.clone_from(&self.headers);
        if let Some((media_type, bytes)) = &self.body {
            answer.body = AnswerBody::Of { media_type: media_type.clone(), bytes: bytes.clone() };
        }
        answer
    }
}

impl Shelf {
    /// The shelf of a contract; `ids` is where dynamic values come from.
    pub(super) fn new(contract: &Contract, ids: Ids) -> Self {
        let operations = contract.operations().iter().map(Compartment::new).collect();
        Self { contract: contract.clone(), operations, ids }
    }

    /// The answer of an operation; `None` where its document gives no success, or what it gives instead of one, and none can
    /// be made from its schemas.
    pub(super) fn answer(
        &self,
        place: usize,
        preference: Option<&Preference>,
        request: &HeaderMap,
    ) -> Option<Answer> {
        let operation = self.contract.operations().get(place)?;
        let compartment = self.operations.get(place)?;
        if let Some(preference) = preference {
            return Some(self.preferred(operation, compartment, preference, request));
        }
        let usual = compartment.usual.get_or_init(|| self.usual(operation, compartment, &Wish::default()));
        if is_content_with(usual.as_ref(), request) {
            return usual.as_ref().map(Ready::answer);
        }
        self.usual(operation, compartment, &Wish::of(request)).map(|ready| ready.answer())
    }

    fn usual(&self, operation: &Operation, compartment: &Compartment, wish: &Wish) -> Option<Ready> {
        compartment.order.iter().find_map(|place| {
            let response = operation.responses.0.get(*place)?;
            let status = example::status(response)?;
            self.ready(response, compartment.responses.get(*place)?, status, wish)
        })
    }

    /// A response by its first example, under a status that it covers.
    fn ready(&self, response: &Response, held: &Held, status: StatusCode, wish: &Wish) -> Option<Ready> {
        let headers = held.headers.get_or_init(|| self.headers(response, status)).clone()?;
        if response.content.is_empty() || example::has_no_content(status) {
            return Some(Ready { status, headers, body: None });
        }
        let body = wish.order(&response.content).into_iter().find_map(|content| {
            let place = response.content.iter().position(|known| known.pointer == content.pointer)?;
            let made = held.contents.get(place)?.get_or_init(|| self.body(content, status));
            made.clone()
        })?;
        Some(Ready { status, headers, body: Some(body) })
    }

    fn headers(&self, response: &Response, status: StatusCode) -> Option<HeaderMap> {
        let mut answer = Answer::empty(status);
        example::add_headers(&self.contract, response, &mut answer)?;
        Some(answer.headers)
    }

    /// A documented example that satisfies its schema, else a value made from the schema, else an example as it is.
    fn body(&self, content: &Content, status: StatusCode) -> Option<Body> {
        let value = example::value(&self.contract, content, None);
        let value = value.or_else(|| content.examples.first().map(|(_, example)| example.clone()));
        bytes_of(example::written(content, status, value)?)
    }

    /// The answer that a request prefers, or one that says why there is none.
    fn preferred(
        &self,
        operation: &Operation,
        compartment: &Compartment,
        preference: &Preference,
        request: &HeaderMap,
    ) -> Answer {
        let wish = Wish::of(request);
        let found = match &preference.code {
            Some(text) => match by_code(operation, text) {
                Ok(found) => vec![found],
                Err(answer) => return *answer,
            },
            None => compartment
                .order
                .iter()
                .filter_map(|place| {
                    let response = operation.responses.0.get(*place)?;
                    Some((*place, response, example::status(response)?))
                })
                .collect(),
        };
        let made = match (&preference.example, preference.values) {
            (Some(name), _) => {
                // Without a status any response may have the example.
                let all = operation.responses.iter().enumerate();
                let all =
                    all.filter_map(|(place, response)| Some((place, response, example::status(response)?)));
                let found = if preference.code.is_some() { found } else { all.collect() };
                match self.by_name(&found, compartment, name, &wish) {
                    Some(ready) => Some(ready),
                    None => return no_example(operation, &found, name),
                }
            }
            (None, Values::Dynamic) => found.iter().find_map(|(place, response, status)| {
                self.dynamic(response, compartment.responses.get(*place)?, *status, &wish)
            }),
            (None, Values::Documented) => found.iter().find_map(|(place, response, status)| {
                self.ready(response, compartment.responses.get(*place)?, *status, &wish)
            }),
        };
        match made {
            Some(ready) => ready.answer().with_header("preference-applied", &preference.applied()),
            None => complaint(
                "no value could be made for this response; give it an example in the document",
                "statuses",
                statuses(operation),
            ),
        }
    }

    /// The example of that name, as it is written, whatever its schema says.
    fn by_name(
        &self,
        found: &[(usize, &Response, StatusCode)],
        compartment: &Compartment,
        name: &str,
        wish: &Wish,
    ) -> Option<Ready> {
        found.iter().find_map(|(place, response, status)| {
            let (content, value) = wish.order(&response.content).into_iter().find_map(|content| {
                let (_, value) = content.examples.iter().find(|(known, _)| known == name)?;
                Some((content, value.clone()))
            })?;
            let held = compartment.responses.get(*place)?;
            let headers = held.headers.get_or_init(|| self.headers(response, *status)).clone()?;
            let body = bytes_of(example::written(content, *status, Some(value))?)?;
            Some(Ready { status: *status, headers, body: Some(body) })
        })
    }

    /// A response whose body is made from its schema, with other values than the last time.
    fn dynamic(&self, response: &Response, held: &Held, status: StatusCode, wish: &Wish) -> Option<Ready> {
        let varied = wish.order(&response.content).into_iter().find_map(|content| {
            let schema = content.schema.as_ref()?;
            let made = example::make(&self.contract, schema, Direction::Response)?;
            let validator = self.contract.validator(schema, Direction::Response).ok()?;
            let value = likeness::vary(&made, &self.ids, &|value| validator.is_valid(value));
            bytes_of(example::written(content, status, Some(value))?)
        });
        match varied {
            Some(body) => {
                let headers = held.headers.get_or_init(|| self.headers(response, status)).clone()?;
                Some(Ready { status, headers, body: Some(body) })
            }
            // Without a schema there is nothing to vary.
            None => self.ready(response, held, status, wish),
        }
    }
}

impl Compartment {
    fn new(operation: &Operation) -> Self {
        let responses: Vec<_> = operation.responses.iter().map(Held::new).collect();
        let mut order: Vec<usize> = (0..responses.len()).collect();
        let rank = |place: &usize| {
            let status =
                operation.responses.0.get(*place).map_or(StatusPattern::Default, |known| known.status);
            // Successes, then `default`, then redirects, and errors if there is nothing else.
            let class = match status {
                status if status.is_success() => 0,
                StatusPattern::Default => 1,
                StatusPattern::Exact(300..400) | StatusPattern::Range(3) => 2,
                StatusPattern::Exact(400..) | StatusPattern::Range(4 | 5) => 3,
                StatusPattern::Exact(_) | StatusPattern::Range(_) => 4,
            };
            (class, status)
        };
        order.sort_by_key(rank);
        // An informational answer is none. Nor is one of another class any, where a success is documented and cannot be made.
        let best = order.first().map_or(0, |place| rank(place).0);
        order.retain(|place| rank(place).0 == best && best < 4);
        Self { responses, order, usual: OnceLock::new() }
    }
}

impl Held {
    fn new(response: &Response) -> Self {
        Self {
            headers: OnceLock::new(),
            contents: response.content.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

/// The response of the status that is preferred, or which there are.
fn by_code<'o>(
    operation: &'o Operation,
    text: &str,
) -> Result<(usize, &'o Response, StatusCode), Box<Answer>> {
    let found = text.parse().ok().and_then(|code: u16| {
        let response = operation.responses.find(code)?;
        let place = operation.responses.iter().position(|known| known.status == response.status)?;
        Some((place, response, StatusCode::from_u16(code).ok().filter(|_| (200..600).contains(&code))?))
    });
    found.ok_or_else(|| {
        let detail = format!(
            "{} ({}) documents no answer with this status; prefer one of those listed, such as \
             `Prefer: code={}`",
            operation.signature(),
            operation.id,
            operation.responses.iter().find_map(example::status).map_or(200, |status| status.as_u16()),
        );
        Box::new(complaint(&detail, "statuses", statuses(operation)))
    })
}

/// Whether the request gets this answer, which is the first one, by its wish as to the media type, if it has one.
fn is_content_with(usual: Option<&Ready>, request: &HeaderMap) -> bool {
    let mut wishes = request.get_all(ACCEPT).iter();
    match (wishes.next(), wishes.next()) {
        (None, _) => true,
        (Some(wish), None) if wish == "*/*" => true,
        (Some(wish), None) => {
            usual.and_then(|usual| usual.body.as_ref()).is_some_and(|(media_type, _)| media_type == wish)
        }
        _ => false,
    }
}

fn bytes_of(answer: Answer) -> Option<Body> {
    match answer.body {
        AnswerBody::Of { media_type, bytes } => Some((media_type, bytes)),
        AnswerBody::None | AnswerBody::Stream { .. } => None,
    }
}

fn statuses(operation: &Operation) -> Vec<String> {
    operation.responses.iter().map(|response| response.status.to_string()).collect()
}

fn no_example(operation: &Operation, found: &[(usize, &Response, StatusCode)], name: &str) -> Answer {
    let contents = found.iter().flat_map(|(_, response, _)| &response.content);
    let mut names: Vec<String> = contents
        .flat_map(|content| content.examples.iter().map(|(name, _)| name.clone()))
        .filter(|name| !name.is_empty())
        .collect();
    names.dedup();
    let among = if names.is_empty() { "there are none with a name" } else { "prefer one of those listed" };
    let detail =
        format!("{} ({}) documents no example called {name:?}; {among}", operation.signature(), operation.id);
    complaint(&detail, "examples", names)
}

/// Says that a preference cannot be met. A mock that answered something else would let a test pass for no reason.
fn complaint(detail: &str, member: &str, documented: Vec<String>) -> Answer {
    let mut body = Map::new();
    body.insert("type".to_owned(), "about:blank".into());
    body.insert("title".to_owned(), "The preference cannot be met".into());
    body.insert("status".to_owned(), StatusCode::BAD_REQUEST.as_u16().into());
    body.insert("detail".to_owned(), detail.into());
    body.insert(member.to_owned(), documented.into_iter().map(Value::String).collect());
    Answer::json(StatusCode::BAD_REQUEST, PROBLEM, &body)
}
