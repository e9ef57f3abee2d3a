//! A text that never prints itself.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

/// A secret: a key, a password, a token.
///
/// It has no `Display`, its `Debug` is `Secret(***)`, and its memory is wiped when it is dropped. Two secrets
/// cannot be compared with `==`, which would tell by its duration how much of them agrees.
///
/// ```
/// use rescind_client::Secret;
///
/// let secret = Secret::from("sk_example");
/// assert_eq!(format!("{secret:?}"), "Secret(***)");
/// assert_eq!(secret.expose(), "sk_example");
/// ```
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// The text. Keep it out of logs, messages and command lines.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

/// The text itself: a secret that is part of a body is sent as it is.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travels_in_bodies_and_nowhere_else() {
        let secret: Secret = serde_json::from_str("\"sk_1\"").unwrap();
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"sk_1\"");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret(***))");
    }
}
