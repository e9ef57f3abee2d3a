//! A JSON Pointer (RFC 6901): where in a document a value lies.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// A path from the root of a document to one of its values, such as `/paths/~1keys/get`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(Arc<str>);

/// Why a text is not a JSON Pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// The text is neither empty nor starts with a slash.
    #[error("pointer `{0}` must be empty or start with `/`")]
    NotRooted(String),
    /// A tilde is followed by neither `0` nor `1`.
    #[error("pointer `{0}` has a `~` that is not followed by `0` or `1`")]
    Escape(String),
    /// The text does not start with a number sign.
    #[error("`{0}` is not a pointer within this document; it must start with `#`")]
    NotAFragment(String),
    /// A percent sign is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    #[error("`{0}` has a percent-encoding that cannot be decoded")]
    PercentEncoding(String),
}

impl Default for Pointer {
    fn default() -> Self {
        Self::root()
    }
}

impl Pointer {
    /// The pointer to the whole document.
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// The pointer to the member `token` of this value; `/` and `~` in it are escaped.
    #[must_use]
    pub fn join(&self, token: impl AsRef<str>) -> Self {
        let token = token.as_ref();
        let mut text = String::with_capacity(self.0.len() + token.len() + 1);
        text.push_str(&self.0);
        text.push('/');
        for character in token.chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
        Self(text.into())
    }

    /// The pointer to the item at `index` of this sequence.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0).into())
    }

    /// Reads the plain form: `""`, `/a/b`.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(PointerError::NotRooted(text.to_owned()));
        }
        let mut rest = text;
        while let Some(at) = rest.find('~') {
            rest = &rest[at + 1..];
            if !rest.starts_with(['0', '1']) {
                return Err(PointerError::Escape(text.to_owned()));
            }
        }
        Ok(Self(text.into()))
    }

    /// Reads the URI fragment form, percent-decoded: `#`, `#/a/b`.
    pub fn parse_fragment(text: &str) -> Result<Self, PointerError> {
        let fragment = text.strip_prefix('#').ok_or_else(|| PointerError::NotAFragment(text.to_owned()))?;
        let decoded =
            percent_decode(fragment).ok_or_else(|| PointerError::PercentEncoding(text.to_owned()))?;
        Self::parse(&decoded)
    }

    /// The form that stands behind `#` in a URI, percent-encoded (RFC 6901 §6).
    pub(crate) fn to_fragment(&self) -> String {
        use fmt::Write as _;

        self.0.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    }

    /// The unescaped steps from the root.
    pub fn tokens(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('/').skip(1).map(unescape)
    }

    /// The pointer to the containing value; `None` at the root.
    pub fn parent(&self) -> Option<Pointer> {
        let (parent, _) = self.0.rsplit_once('/')?;
        Some(Self(parent.into()))
    }

    /// The last step, unescaped; `None` at the root.
    pub fn last(&self) -> Option<String> {
        let (_, token) = self.0.rsplit_once('/')?;
        Some(unescape(token).into_owned())
    }

    /// The escaped text; empty at the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value this pointer leads to.
    pub fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let mut value = value;
        for token in self.tokens() {
            value = match value {
                Value::Object(members) => members.get(token.as_ref())?,
                Value::Array(items) => items.get(index(&token)?)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The number of steps from the root.
    pub fn depth(&self) -> usize {
        self.0.matches('/').count()
    }

    /// The pointer to the same value from `ancestor` on, if it lies within.
    pub(crate) fn relative_to(&self, ancestor: &Pointer) -> Option<Pointer> {
        self.is_within(ancestor).then(|| Self(self.0[ancestor.0.len()..].into()))
    }

    /// Whether this pointer is `ancestor` itself or lies within it.
    pub fn is_within(&self, ancestor: &Pointer) -> bool {
        self.0.strip_prefix(&*ancestor.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// An index as RFC 6901 has it: digits without a leading zero.
pub(crate) fn index(token: &str) -> Option<usize> {
    if token.starts_with('+') || (token.starts_with('0') && token.len() > 1) {
        None
    } else {
        token.parse().ok()
    }
}

fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_and_resolves() {
        let value = json!({"paths": {"/a~b": [{"x": 1}]}});
        let pointer = Pointer::root().join("paths").join("/a~b").index(0).join("x");
        assert_eq!(pointer.to_string(), "/paths/~1a~0b/0/x");
        assert_eq!(pointer.get(&value), Some(&json!(1)));
        assert_eq!(pointer.last().as_deref(), Some("x"));
        assert_eq!(Pointer::root().get(&value), Some(&value));
        assert_eq!(Pointer::root().parent(), None);
    }

    #[test]
    fn reads_fragments() {
        let read = |text| Pointer::parse_fragment(text).map(|pointer| pointer.to_string());
        assert_eq!(read("#"), Ok(String::new()));
        assert_eq!(read("#/a%20b/~1%7Bid%7D"), Ok("/a b/~1{id}".to_owned()));
        assert_eq!(read("#a"), Err(PointerError::NotRooted("a".to_owned())));
        assert_eq!(read("other.yaml#/a"), Err(PointerError::NotAFragment("other.yaml#/a".to_owned())));
        assert_eq!(read("#/%zz"), Err(PointerError::PercentEncoding("#/%zz".to_owned())));
        assert_eq!(read("#/~2"), Err(PointerError::Escape("/~2".to_owned())));
    }

    #[test]
    fn knows_what_lies_within() {
        let within = |inner: &str, outer: &str| {
            Pointer::parse(inner).unwrap().is_within(&Pointer::parse(outer).unwrap())
        };
        assert!(within("/a/b", "/a"));
        assert!(within("/a", ""));
        assert!(within("/a", "/a"));
        assert!(!within("/ab", "/a"));
    }

    proptest! {
        #[test]
        fn round_trips(tokens in prop::collection::vec(any::<String>(), 0..6)) {
            let pointer = tokens.iter().fold(Pointer::root(), |at, token| at.join(token));
            prop_assert_eq!(&Pointer::parse(pointer.as_str()).unwrap(), &pointer);
            prop_assert_eq!(pointer.tokens().map(Cow::into_owned).collect::<Vec<_>>(), tokens);
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = Pointer::parse(&text);
            let _ = Pointer::parse_fragment(&format!("#{text}"));
        }
    }
}
