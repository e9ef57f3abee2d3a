//! A length of time in a lifecycle document: `0s`, `5m`, `1h 30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time in whole milliseconds, never negative.
///
/// ```
/// use rescind_specs::lifecycle::Period;
/// use std::time::Duration;
///
/// let bound: Period = "5m".parse().unwrap();
/// assert_eq!(bound.duration(), Duration::from_secs(300));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(Duration);

/// The text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a length of time; write a number with a unit, such as `0s`, `5m` or `1h`")]
pub struct PeriodError(String);

impl Period {
    /// A period of so many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The same length as a standard duration.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Period {
    /// The same length, to the millisecond.
    fn from(time: Duration) -> Self {
        Self(Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PeriodError(text.to_owned());
        let mut rest = text.trim();
        let mut millis = 0_u64;
        if rest.is_empty() {
            return Err(error());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
            let count: u64 = rest[..digits].parse().map_err(|_| error())?;
            rest = rest[digits..].trim_start();
            let letters = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
            let unit = UNITS.iter().find(|(name, _)| *name == &rest[..letters]).ok_or_else(error)?;
            millis = count.checked_mul(unit.1).and_then(|part| millis.checked_add(part)).ok_or_else(error)?;
            rest = rest[letters..].trim_start();
        }
        Ok(Self(Duration::from_millis(millis)))
    }
}

/// Each unit with its length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 {
            return f.write_str("0s");
        }
        // Days are read but not written: `25h` says more to people than `1d 1h`.
        let exact = UNITS.iter().skip(1).find(|(_, length)| millis.is_multiple_of(u128::from(*length)));
        let (unit, length) = exact.unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", millis / u128::from(*length))
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(value: Period) -> Self {
        value.to_string()
    }
}

impl schemars::JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A length of time: a number with a unit, such as `0s`, `5m` or `1h`.",
            "type": "string",
            "pattern": "^\\s*([0-9]+\\s*(ms|s|m|h|d)\\s*)+$",
        })
    }
}
