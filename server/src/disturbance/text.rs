//! Values that are written as a text, alike on the command line and in JSON: `200ms`, `50%`, `16/100ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// Reads and writes a type by its [`FromStr`] and [`fmt::Display`], and describes it as a text.
macro_rules! written_as_text {
    ($type:ty, $about:literal, $example:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $about,
                    "examples": [$example],
                })
            }
        }
    };
}
pub(crate) use written_as_text;

/// A value cannot be read; the text says how it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(super) String);

impl Unreadable {
    pub(super) fn because(usage: impl Into<String>) -> Self {
        Self(usage.into())
    }
}

/// A length of time by the machine, written with its unit: `200ms`, `2s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let read = || -> Option<Duration> { text.trim().parse::<SignedDuration>().ok()?.try_into().ok() };
        let usage = || {
            Unreadable(format!("{text:?} is no length of time; write it with its unit, such as 200ms or 2s"))
        };
        read().map(Self).ok_or_else(usage)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:#}", SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX));
        // The units stand apart there, `1s 500ms`, which reads back as well without the space.
        f.write_str(&text.replace(' ', ""))
    }
}

written_as_text!(Time, "A length of time with its unit", "200ms");

/// How often a rule strikes a request that it is about: more than 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probability(f64);

impl Probability {
    /// Each time.
    pub const ALWAYS: Self = Self(1.0);

    /// A share of all requests; an error unless it is more than 0 and at most 1.
    pub fn new(share: f64) -> Result<Self, Unreadable> {
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(Unreadable(format!("{share} is no probability; it is more than 0 and at most 1")))
        }
    }

    /// The share.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for Probability {
    fn default() -> Self {
        Self::ALWAYS
    }
}

impl serde::Serialize for Probability {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Probability {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Probability {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Probability".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })
    }
}

/// Where a body is cut: after so many bytes (`10`), or after a share of its length (`50%`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After so many bytes.
    Bytes(u64),
    /// After so many hundredths of its length, less than 100. Of a body whose length is not known beforehand nothing
    /// is sent.
    Percent(u8),
}

impl Cut {
    /// How much is sent of a body of this length; `None` if it is shorter than where it would be cut.
    pub(super) fn of(self, length: Option<u64>) -> Option<u64> {
        let after = match (self, length) {
            (Self::Bytes(bytes), _) => bytes,
            (Self::Percent(percent), Some(length)) => {
                length / 100 * u64::from(percent) + length % 100 * u64::from(percent) / 100
            }
            (Self::Percent(_), None) => 0,
        };
        length.is_none_or(|length| after < length).then_some(after)
    }
}

impl FromStr for Cut {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let cut = match text.strip_suffix('%') {
            None => text.parse().ok().map(Self::Bytes),
            Some(percent) => percent.parse().ok().filter(|percent| *percent < 100).map(Self::Percent),
        };
        cut.ok_or_else(|| {
            Unreadable(format!(
                "{text:?} is no place to cut a body; write a number of bytes, such as 10, or a share below 100%, such \
                 as 50%"
            ))
        })
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{bytes}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

written_as_text!(Cut, "A number of bytes, or a share of the body below 100%", "50%");

/// How slowly a body is sent: so many bytes at a time, with a wait before each piece (`16/100ms`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drip {
    /// How many bytes are sent at a time; at least one.
    pub bytes: std::num::NonZeroUsize,
    /// The wait before each of them.
    pub every: Time,
}

impl FromStr for Drip {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let read = || -> Option<Self> {
            let (bytes, every) = text.split_once('/')?;
            Some(Self { bytes: bytes.trim().parse().ok()?, every: every.parse().ok()? })
        };
        read().ok_or_else(|| {
            Unreadable(format!("{text:?} is no pace; write bytes and the wait before them, such as 16/100ms"))
        })
    }
}

impl fmt::Display for Drip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bytes, self.every)
    }
}

written_as_text!(Drip, "Bytes that are sent at a time, and the wait before them", "16/100ms");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0..10_000_000_u64, bytes: u64, percent in 0..100_u8, piece in 1_usize..) {
            let time = Time(Duration::from_millis(millis));
            prop_assert_eq!(time.to_string().parse(), Ok(time));
            for cut in [Cut::Bytes(bytes), Cut::Percent(percent)] {
                prop_assert_eq!(cut.to_string().parse(), Ok(cut));
            }
            let drip = Drip { bytes: piece.try_into().unwrap(), every: time };
            prop_assert_eq!(drip.to_string().parse(), Ok(drip));
        }

        #[test]
        fn a_body_is_cut_before_its_end(length: u64, bytes: u64, percent in 0..100_u8) {
            for cut in [Cut::Bytes(bytes), Cut::Percent(percent)] {
                match cut.of(Some(length)) {
                    Some(after) => prop_assert!(after < length),
                    None => prop_assert!(length == 0 || cut == Cut::Bytes(bytes) && bytes >= length),
                }
            }
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_way_out() {
        for (text, wanted) in [("100%", "50%"), ("-1", "bytes"), ("x", "bytes"), ("", "bytes")] {
            assert!(text.parse::<Cut>().unwrap_err().to_string().contains(wanted), "{text}");
        }
        for text in ["16", "0/1s", "16/1", "/1s"] {
            assert!(text.parse::<Drip>().unwrap_err().to_string().contains("16/100ms"), "{text}");
        }
        for text in ["30", "-1s", "", "soon"] {
            assert!(text.parse::<Time>().unwrap_err().to_string().contains("200ms"), "{text}");
        }
        for share in [0.0, -0.5, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Probability::new(share).is_err(), "{share}");
        }
    }
}
