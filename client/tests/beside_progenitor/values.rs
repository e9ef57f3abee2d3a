//! The values of arguments, and the answers that a deployment gives.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::calls::Call;

/// Words, reserved characters of URLs and forms, and any text at all.
pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-z]{0,5}",
        r##"[ !"#$%&'()*+,/:;<=>?@\[\\\]^`{|}~.-]{0,5}"##,
        r"%[0-9A-F]{2}|\.{1,2}|a/b|a\+b c",
        "\\PC{0,6}",
        "[\\x00-\\x20a\\x7f-\\xa0]{1,3}",
        prop::collection::vec(any::<char>(), 0..4).prop_map(String::from_iter),
    ]
    .boxed()
}

pub(crate) fn uuid() -> BoxedStrategy<Uuid> {
    any::<u128>().prop_map(Uuid::from_u128).boxed()
}

pub(crate) fn state() -> BoxedStrategy<&'static str> {
    prop::sample::select(vec!["new", "worn", "out of print"]).boxed()
}

/// Whole seconds: both write fractions, with another number of zeros at their end.
pub(crate) fn instant() -> BoxedStrategy<String> {
    (0..4_000_000_000_i64)
        .prop_map(|second| {
            jiff::Timestamp::from_second(second).map_or_else(|_| String::new(), |at| at.to_string())
        })
        .boxed()
}

/// A book as JSON. A list or map that may be left out is left out or has items: progenitor's types do not tell an
/// empty one from none, and send neither.
pub(crate) fn book() -> BoxedStrategy<Value> {
    let optional = (
        prop::option::of(any::<i64>()),
        prop::option::of(instant()),
        prop::option::of(prop::collection::vec(text(), 1..4)),
        prop::option::of(prop::collection::btree_map(text(), text(), 1..3)),
    );
    (uuid(), text(), state(), optional)
        .prop_map(|(id, title, state, (pages, bought, authors, notes))| {
            without_nulls(json!({
                "id": id, "title": title, "state": state,
                "pages": pages, "bought": bought, "authors": authors, "notes": notes,
            }))
        })
        .boxed()
}

pub(crate) fn loan() -> BoxedStrategy<Value> {
    let optional = (prop::option::of(text()), prop::option::of(state()), prop::option::of(any::<bool>()));
    (text(), any::<i64>(), optional)
        .prop_map(|(reader, days, (note, state, insured))| {
            without_nulls(json!({
                "reader": reader, "days": days, "note": note, "state": state, "insured": insured,
            }))
        })
        .boxed()
}

fn without_nulls(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// What the deployment answers, whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// An answer before it is known to which call.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    status: u16,
    body: Body,
    book: Value,
    failure: Value,
    /// What the operation documents goes before `status`.
    documented: Documented,
}

#[derive(Clone, Copy, Debug)]
enum Documented {
    Success,
    Failure,
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    /// As documented.
    Fitting,
    /// With a member that is not documented.
    Longer,
    /// Without a member that is required.
    Shorter,
    /// With a value that the enumeration does not have.
    Unknown,
    /// The beginning of a text.
    Cut,
}

pub(crate) fn answer() -> BoxedStrategy<Draft> {
    let status = prop::sample::select(vec![200, 201, 204, 400, 404, 409, 413, 418, 422, 500]);
    let body = prop_oneof![
        4 => Just(Body::Fitting),
        1 => Just(Body::Longer),
        1 => Just(Body::Shorter),
        1 => Just(Body::Unknown),
        1 => Just(Body::Cut),
    ];
    let failure = (text(), prop::option::of(text()))
        .prop_map(|(code, detail)| without_nulls(json!({ "code": code, "detail": detail })));
    let documented =
        prop::sample::select(vec![Documented::Success, Documented::Failure, Documented::Nothing]);
    (status, body, book(), failure, documented)
        .prop_map(|(status, body, book, failure, documented)| Draft {
            status,
            body,
            book,
            failure,
            documented,
        })
        .boxed()
}

impl Answer {
    /// The answer to `call`.
    pub(crate) fn of(call: &Call, draft: Draft) -> Self {
        let status = match draft.documented {
            Documented::Success => call.statuses().0,
            Documented::Failure => call.statuses().1,
            Documented::Nothing => draft.status,
        };
        let mut value = if status < 400 { draft.book } else { draft.failure };
        if let Some(members) = value.as_object_mut() {
            match draft.body {
                Body::Fitting | Body::Cut => {}
                Body::Longer => drop(members.insert("more".to_owned(), json!([1]))),
                Body::Shorter => drop((members.remove("title"), members.remove("code"))),
                Body::Unknown => drop((
                    members.insert("state".to_owned(), json!("lost")),
                    members.insert("code".to_owned(), json!(7)),
                )),
            }
        }
        if call.lists() && status < 400 {
            value = json!([value]);
        }
        let mut body = if status == 204 { String::new() } else { value.to_string() };
        if matches!(draft.body, Body::Cut) {
            body.pop();
        }
        Self { status, body }
    }
}
