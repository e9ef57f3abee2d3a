//! A length of time in a lifecycle document: `0s`, `5m`, `1h 30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time, never negative.
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

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: Option<jiff::SignedDuration> = text.parse().ok();
        parsed
            .and_then(|span| Duration::try_from(span).ok())
            .map(Self)
            .ok_or_else(|| PeriodError(text.to_owned()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0 if self.0.is_zero() => f.write_str("0s"),
            seconds if self.0.subsec_nanos() > 0 => {
                write!(f, "{}ms", seconds * 1000 + u64::from(self.0.subsec_millis()))
            }
            seconds if seconds.is_multiple_of(3600) => write!(f, "{}h", seconds / 3600),
            seconds if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
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
            "pattern": "^([0-9]+ ?(ms|s|m|h|d) ?)+$",
        })
    }
}
