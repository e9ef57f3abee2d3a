//! What generated types call to read and write alternatives.
//!
//! Without a discriminator, the alternative is taken that keeps most of what was received, and of several such the
//! first in the document. With one, the documented member decides.

use std::cell::Cell;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// How many alternatives one value may try, those of its parts included. It ends what would double at each level of
/// a crafted value.
const ATTEMPTS: u32 = 1 << 14;

thread_local! {
    /// Alternatives tried since the outermost one, and how deep the current one lies.
    static TRIED: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// The search for the alternative that keeps most of a value.
#[derive(Debug)]
pub struct Choice<U> {
    received: Value,
    whole: usize,
    best: Option<(usize, U)>,
}

impl<U> Choice<U> {
    /// Reads the value that is to be placed.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }

    /// A search for the place of `received`.
    pub fn of(received: Value) -> Self {
        Self { whole: kept(&received, &received), received, best: None }
    }

    /// Tries one alternative.
    pub fn offer<T: DeserializeOwned + Serialize>(&mut self, place: impl FnOnce(T) -> U) {
        if self.best.as_ref().is_some_and(|(kept, _)| *kept == self.whole) {
            return;
        }
        let (tried, depth) = TRIED.get();
        if tried >= ATTEMPTS {
            return;
        }
        TRIED.set((tried + 1, depth + 1));
        let value = T::deserialize(&self.received).ok();
        let found = value.and_then(|value| {
            let written = serde_json::to_value(&value).ok()?;
            (kind(&written) == kind(&self.received)).then(|| (kept(&self.received, &written), value))
        });
        let (tried, _) = TRIED.get();
        TRIED.set(if depth == 0 { (0, 0) } else { (tried, depth) });
        if let Some((kept, value)) = found
            && self.best.as_ref().is_none_or(|(best, _)| kept > *best)
        {
            self.best = Some((kept, place(value)));
        }
    }

    /// The alternative that was found, or an error that names the type and nothing of the value.
    pub fn end<E: Error>(self, name: &str) -> Result<U, E> {
        let refused = || E::custom(format_args!("no documented alternative of `{name}` takes the value"));
        self.best.map(|(_, value)| value).ok_or_else(refused)
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// How much of `received` is in `written`: two for each part that is the same, one for each that is there in another
/// form.
fn kept(received: &Value, written: &Value) -> usize {
    match (received, written) {
        (Value::Object(received), Value::Object(written)) => {
            let members =
                received.iter().filter_map(|(name, value)| Some(1 + kept(value, written.get(name)?)));
            2 + members.sum::<usize>()
        }
        (Value::Array(received), Value::Array(written)) => {
            2 + received.iter().zip(written).map(|(value, written)| 1 + kept(value, written)).sum::<usize>()
        }
        (received, written) if received == written => 2,
        (received, written) => usize::from(kind(received) == kind(written)),
    }
}

/// An object whose kind a member tells.
#[derive(Debug)]
pub struct Tagged {
    received: Value,
    member: &'static str,
}

impl Tagged {
    /// Reads an object whose kind `member` tells.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D, member: &'static str) -> Result<Self, D::Error> {
        let received = Value::deserialize(deserializer)?;
        if received.is_object() {
            return Ok(Self { received, member });
        }
        Err(D::Error::custom(format_args!("this is no object, of which `{member}` would tell the kind")))
    }

    /// What the member says.
    pub fn tag(&self) -> Option<String> {
        text(self.received.get(self.member)?)
    }

    /// Reads the object as one kind.
    pub fn become_one<T: DeserializeOwned, U, E: Error>(self, place: impl FnOnce(T) -> U) -> Result<U, E> {
        T::deserialize(self.received).map(place).map_err(E::custom)
    }

    /// Gives up the member, and looks for the place of the object by what else it holds.
    pub fn without_tag<U>(self) -> Choice<U> {
        Choice::of(self.received)
    }

    /// The error for a kind that is not documented.
    pub fn unknown<E: Error>(&self, known: &[&str]) -> E {
        let known = known.join("`, `");
        match self.received.get(self.member) {
            Some(_) => E::custom(format_args!("`{}` is none of `{known}`", self.member)),
            None => E::custom(format_args!("`{}` is missing; it is one of `{known}`", self.member)),
        }
    }
}

fn text(tag: &Value) -> Option<String> {
    match tag {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Writes `value` with a `member` that tells its kind: what it says itself if that is one of `tags`, else the first.
pub fn write_tagged<T: Serialize, S: Serializer>(
    value: &T,
    member: &str,
    tags: &[&str],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    // Over text, as a float of 32 bits would grow digits on the direct way.
    let text = serde_json::to_vec(value).map_err(S::Error::custom)?;
    let mut written: Value = serde_json::from_slice(&text).map_err(S::Error::custom)?;
    if let (Some(object), Some(first)) = (written.as_object_mut(), tags.first()) {
        let own = object.get(member).and_then(self::text);
        if !own.is_some_and(|own| tags.contains(&own.as_str())) {
            object.insert(member.to_owned(), Value::String((*first).to_owned()));
        }
    }
    written.serialize(serializer)
}

/// Reads a member that may be absent and whose value may be null: present is present.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Whether `value` is the JSON value that `text` writes; numbers are compared as numbers.
pub fn is_constant(value: &Value, text: &str) -> bool {
    let Ok(constant) = serde_json::from_str::<Value>(text) else { return false };
    match (value.as_f64(), constant.as_f64()) {
        (Some(received), Some(documented)) => received.total_cmp(&documented).is_eq(),
        _ => *value == constant,
    }
}

/// Writes the JSON value that `text` writes.
pub fn write_constant<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    let constant: Value = serde_json::from_str(text).map_err(S::Error::custom)?;
    constant.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Few {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<i64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Many {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<i64>,
    }

    #[derive(Debug, PartialEq)]
    enum Either {
        Few(Few),
        Many(Many),
        Float(f64),
        Integer(i64),
    }

    fn place(text: &str) -> Result<Either, serde_json::Error> {
        let mut choice = Choice::of(serde_json::from_str(text)?);
        choice.offer(Either::Few);
        choice.offer(Either::Many);
        choice.offer(Either::Float);
        choice.offer(Either::Integer);
        choice.end("Either")
    }

    #[test]
    fn the_alternative_that_keeps_most_is_taken_and_the_first_of_equals() {
        assert_eq!(place("{}").unwrap(), Either::Few(Few { a: None }));
        assert_eq!(place(r#"{"a":1}"#).unwrap(), Either::Few(Few { a: Some(1) }));
        assert_eq!(place(r#"{"a":1,"b":2}"#).unwrap(), Either::Many(Many { a: Some(1), b: Some(2) }));
        assert_eq!(place("1.5").unwrap(), Either::Float(1.5));
        assert_eq!(place("15").unwrap(), Either::Integer(15));
        // Serde reads a struct from an array as well; here that would be another value.
        let told = place("[1]").unwrap_err().to_string();
        assert_eq!(told, "no documented alternative of `Either` takes the value");
    }

    #[test]
    fn alternatives_that_double_at_each_level_come_to_an_end() {
        #[derive(Debug, Serialize)]
        enum Tree {
            Left(Node<u8>),
            Right(Node<u16>),
        }
        #[derive(Debug, Serialize, Deserialize)]
        struct Node<T> {
            next: Option<Box<Tree>>,
            // Of a type that the value does not have, so that both alternatives fail, late.
            value: T,
        }
        impl<'de> Deserialize<'de> for Tree {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut choice = Choice::read(deserializer)?;
                choice.offer(Self::Left);
                choice.offer(Self::Right);
                choice.end("Tree")
            }
        }
        let deep = (0..60).fold("null".to_owned(), |inner, _| format!(r#"{{"next":{inner},"value":"x"}}"#));
        assert!(serde_json::from_str::<Tree>(&deep).is_err());
        assert_eq!(TRIED.get(), (0, 0));
    }
}
