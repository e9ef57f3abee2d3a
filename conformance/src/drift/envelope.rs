//! What stays of the answers of one case, an operation and a status, when all that differs from run to run is taken out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use rescind_specs::Contract;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::placeholder;
use crate::exchange::{Exchange, Response, Timing};
use crate::plan::Envelopes;
use crate::redact::Redactor;

/// Headers of connections and of single answers, which say nothing about an API.
const PASSING: [&str; 14] = [
    "age",
    "connection",
    "content-length",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "server",
    "set-cookie",
    "transfer-encoding",
    "via",
    "x-powered-by",
    "x-runtime",
];
/// The most texts that one member is shown with; what has more is any text.
const MOST: usize = 4;

/// The envelope of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// The operation.
    pub operation: String,
    /// Its method and path template.
    pub signature: String,
    /// The status.
    pub status: u16,
    /// What the envelope looks like, as the snapshot has it.
    pub text: String,
}

/// The envelopes of all cases that were seen, in the order of the contract. What ran at once with other requests is left
/// out: which answers came of it is a matter of chance.
pub fn envelopes(
    wanted: Envelopes,
    contract: &Contract,
    exchanges: &[Arc<Exchange>],
    redactor: &Redactor,
) -> Vec<Envelope> {
    let mut envelopes = Vec::new();
    if wanted == Envelopes::Dropped {
        return envelopes;
    }
    for operation in contract.operations() {
        let mut cases: BTreeMap<u16, Case> = BTreeMap::new();
        for exchange in exchanges {
            let request = &exchange.request;
            let is_it =
                request.operation.as_ref() == Some(&operation.id) && request.method == operation.method;
            let response = exchange.response().filter(|_| is_it && exchange.timing == Timing::InTurn);
            let Some(response) = response else { continue };
            let status = response.status.as_u16();
            if operation.responses.find(status).is_some() {
                cases.entry(status).or_default().add(response, redactor);
            }
        }
        envelopes.extend(cases.into_iter().map(|(status, case)| Envelope {
            operation: operation.id.to_string(),
            signature: operation.signature(),
            status,
            text: case.text(status),
        }));
    }
    envelopes
}

/// All answers of one case.
#[derive(Default)]
struct Case {
    answers: usize,
    headers: BTreeMap<String, (usize, BTreeSet<String>)>,
    body: Option<Shape>,
    /// Answers without a body.
    empty: usize,
}

impl Case {
    fn add(&mut self, response: &Response, redactor: &Redactor) {
        self.answers += 1;
        for name in response.headers.keys().filter(|name| !PASSING.contains(&name.as_str())) {
            let values = response.headers.get_all(name).iter();
            let values: Vec<String> = values
                .map(|value| placeholder::text(&String::from_utf8_lossy(value.as_bytes()), redactor))
                .collect();
            let known = self.headers.entry(name.to_string()).or_default();
            known.0 += 1;
            known.1.insert(values.join(", "));
        }
        let shape = if response.body.is_empty() {
            self.empty += 1;
            return;
        } else if let Some(value) = response.json() {
            Shape::of(&value, redactor)
        } else {
            Shape::Scalar(BTreeSet::from(["«text»".to_owned()]))
        };
        self.body = Some(match self.body.take() {
            Some(known) => known.and(shape),
            None => shape,
        });
    }

    fn text(self, status: u16) -> String {
        let mut text = format!("status: {status}\n");
        if !self.headers.is_empty() {
            text.push_str("headers:\n");
        }
        for (name, (times, values)) in &self.headers {
            let mark = if *times < self.answers { "?" } else { "" };
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "  {name}{mark}: {}", told(values));
        }
        match &self.body {
            None => text.push_str("body: none\n"),
            Some(shape) => {
                let mark = if self.empty > 0 { "?" } else { "" };
                let mut body = String::new();
                shape.write(&mut body, 1);
                let _ = write!(text, "body{mark}:{body}");
            }
        }
        text
    }
}

/// What all values at one place have in common.
enum Shape {
    /// Members with how often each was there, and how many objects there were.
    Object(usize, BTreeMap<String, (usize, Shape)>),
    /// What the items look like; `None`: every list was empty.
    List(Option<Box<Shape>>),
    /// Texts, kinds of values and words such as `true`.
    Scalar(BTreeSet<String>),
    /// Values of different kinds.
    Several(Vec<Shape>),
}

impl Shape {
    fn of(value: &Value, redactor: &Redactor) -> Self {
        match value {
            Value::Object(members) => Self::Object(
                1,
                members.iter().map(|(name, value)| (name.clone(), (1, Self::of(value, redactor)))).collect(),
            ),
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::of(item, redactor)).reduce(Self::and).map(Box::new))
            }
            Value::String(text) => {
                let text = placeholder::text(text, redactor);
                Self::Scalar(BTreeSet::from([Value::from(text).to_string()]))
            }
            Value::Number(_) => Self::Scalar(BTreeSet::from(["«number»".to_owned()])),
            other => Self::Scalar(BTreeSet::from([other.to_string()])),
        }
    }

    /// What both have in common.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Object(times, mut members), Self::Object(more, others)) => {
                for (name, (seen, shape)) in others {
                    let merged = match members.remove(&name) {
                        Some((known, before)) => (known + seen, before.and(shape)),
                        None => (seen, shape),
                    };
                    members.insert(name, merged);
                }
                Self::Object(times + more, members)
            }
            (Self::List(one), Self::List(other)) => Self::List(match (one, other) {
                (Some(one), Some(other)) => Some(Box::new(one.and(*other))),
                (one, other) => one.or(other),
            }),
            (Self::Scalar(mut one), Self::Scalar(other)) => {
                one.extend(other);
                Self::Scalar(one)
            }
            (Self::Several(mut all), Self::Several(others)) => {
                for shape in others {
                    all = Self::joined(all, shape);
                }
                Self::Several(all)
            }
            (Self::Several(all), shape) | (shape, Self::Several(all)) => {
                Self::Several(Self::joined(all, shape))
            }
            (one, other) => Self::Several(Self::joined(vec![one], other)),
        }
    }

    /// Adds a shape to those of other kinds.
    fn joined(mut all: Vec<Self>, shape: Self) -> Vec<Self> {
        let place = all.iter().position(|known| known.rank() == shape.rank());
        match place {
            Some(place) => {
                let known = all.remove(place);
                all.insert(place, known.and(shape));
            }
            None => all.push(shape),
        }
        all.sort_by_key(Self::rank);
        all
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Object(..) => 0,
            Self::List(_) => 1,
            Self::Scalar(_) => 2,
            Self::Several(_) => 3,
        }
    }

    /// Writes it behind a key, with a line break at its end.
    fn write(&self, out: &mut String, depth: usize) {
        let margin = "  ".repeat(depth);
        match self {
            Self::Object(_, members) if members.is_empty() => out.push_str(" {}\n"),
            Self::Object(times, members) => {
                out.push('\n');
                for (name, (seen, shape)) in members {
                    let mark = if seen < times { "?" } else { "" };
                    // Writing to a String cannot fail.
                    let _ = write!(out, "{margin}{name}{mark}:");
                    shape.write(out, depth + 1);
                }
            }
            Self::List(None) => out.push_str(" []\n"),
            Self::List(Some(item)) => {
                let _ = write!(out, "\n{margin}-");
                item.write(out, depth + 1);
            }
            Self::Scalar(values) => {
                let _ = writeln!(out, " {}", told(values));
            }
            Self::Several(all) => {
                out.push_str(" one of\n");
                for shape in all {
                    let _ = write!(out, "{margin}|");
                    shape.write(out, depth + 1);
                }
            }
        }
    }
}

/// The values at one place; of too many texts only that they are texts.
fn told(values: &BTreeSet<String>) -> String {
    let texts = values.iter().filter(|value| value.starts_with('"')).count();
    if texts <= MOST && values.len() <= 2 * MOST {
        return values.iter().cloned().collect::<Vec<_>>().join(" | ");
    }
    let rest = values.iter().filter(|value| !value.starts_with('"')).take(MOST).cloned();
    std::iter::once("«text»".to_owned()).chain(rest).collect::<Vec<_>>().join(" | ")
}
