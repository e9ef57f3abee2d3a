//! One rule: what goes wrong, where, for whom, and how often.

use std::fmt;
use std::num::NonZeroU64;

use http::{HeaderName, Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::text::{Cut, Drip, Probability, Time, Unreadable, written_as_text};
use crate::fault::Fault;
use crate::secret::SecretHash;

/// A rule. What it leaves open it does not ask for: a rule that only says what happens strikes every request.
///
/// It is written as JSON, or as a line of `key=value` for the command line (see [`Rule::from_str`](#impl-FromStr-for-Rule)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What happens.
    pub what: Disturbance,
    /// The contract, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The operation, by its `operationId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The method of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodName>,
    /// The path below the contract's prefix, as the document has it (`/credentials/{id}`) or as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<CallerMark>,
    /// A header of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderMark>,
    /// The share of the requests that are struck; all without it.
    #[serde(default)]
    pub probability: Probability,
    /// How many requests are struck before the rule rests; without it, no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<NonZeroU64>,
    /// On which way it happens.
    #[serde(default)]
    pub on: Way,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Disturbance {
    /// The exchange waits first.
    Latency(Latency),
    /// The connection is closed without an answer (FIN): the client reads its end.
    Drop,
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed within the body, whose full length was announced.
    Truncate(Cut),
    /// Another status is answered, in the contract's own envelope where the document has one for it.
    Status(Replacement),
    /// The body is sent in small pieces with waits between them.
    SlowBody(Drip),
    /// A promise of the catalogue is broken.
    Fault(Fault),
}

impl Disturbance {
    /// Whether the exchange then ends otherwise than the API ends it. One exchange ends in one way.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Drop | Self::Reset | Self::Truncate(_) | Self::Status(_))
    }
}

impl fmt::Display for Disturbance {
    /// As on the command line: `latency=200ms`, `drop`, `status=503`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(latency) => write!(f, "latency={latency}"),
            Self::Drop => f.write_str("drop"),
            Self::Reset => f.write_str("reset"),
            Self::Truncate(cut) => write!(f, "truncate={cut}"),
            Self::Status(Replacement { code, retry_after }) => {
                write!(f, "status={}", code.0.as_u16())?;
                retry_after.map_or(Ok(()), |time| write!(f, ",retry-after={time}"))
            }
            Self::SlowBody(drip) => write!(f, "slow-body={drip}"),
            Self::Fault(fault) => write!(f, "fault={fault}"),
        }
    }
}

/// On which way of an exchange something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// On the way there: the API never sees a request that is lost.
    #[default]
    Request,
    /// On the way back: the API has done what was asked, and the client does not learn of it.
    Answer,
}

/// Another answer than the contract's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Its status.
    pub code: Status,
    /// The wait that `Retry-After` tells, in whole seconds rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Time>,
}

/// A final status, 200 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(StatusCode);

impl Status {
    /// The status.
    pub fn get(self) -> StatusCode {
        self.0
    }
}

impl TryFrom<u16> for Status {
    type Error = Unreadable;

    fn try_from(code: u16) -> Result<Self, Unreadable> {
        let status = StatusCode::from_u16(code).ok().filter(|_| (200..600).contains(&code));
        status
            .map(Self)
            .ok_or_else(|| Unreadable(format!("{code} is no final status; write one from 200 to 599")))
    }
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0.as_u16())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Status {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 200, "maximum": 599 })
    }
}

/// A method, in upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodName(pub Method);

impl std::str::FromStr for MethodName {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let method = text.to_ascii_uppercase().parse().map(Self);
        method.map_err(|_| Unreadable(format!("{text:?} is no method; write one such as GET")))
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

written_as_text!(MethodName, "A method", "DELETE");

/// Who calls: what a request presents as its credential, whether it is accepted or not. That is a user name, a key, a
/// token, or the subject (`sub`) of a token that is a JWT.
///
/// It may be a secret, so only its SHA-256 is kept and shown. It is written in clear, or as `sha256:` and 64 hexadecimal
/// digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CallerMark(pub(super) SecretHash);

impl CallerMark {
    /// The mark of what a caller presents.
    pub fn of(presented: &str) -> Self {
        Self(SecretHash::of(presented))
    }
}

const HASHED: &str = "sha256:";

impl std::str::FromStr for CallerMark {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let Some(digits) = text.strip_prefix(HASHED) else {
            return if text.is_empty() {
                Err(Unreadable::because("a caller is who it presents itself as; write its id or its key"))
            } else {
                Ok(Self::of(text))
            };
        };
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let is_plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let hash = bytes.filter(|_| is_plain).and_then(|bytes| SecretHash::from_bytes(&bytes));
        hash.map(Self).ok_or_else(|| Unreadable::because("behind sha256: there are 64 hexadecimal digits"))
    }
}

impl fmt::Display for CallerMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HASHED)?;
        self.0.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CallerMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallerMark({self})")
    }
}

written_as_text!(
    CallerMark,
    "What the caller presents: its user name, key or token, or the subject of its token. Only the SHA-256 is kept; it \
     may also be written as such",
    "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
);

/// A header that a request has, with this value; for headers that tell callers apart and are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderMark {
    /// Its name.
    pub name: HeaderText,
    /// Its value.
    pub value: String,
}

/// The name of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderText(pub HeaderName);

impl std::str::FromStr for HeaderText {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        text.parse().map(Self).map_err(|_| Unreadable(format!("{text:?} is no name of a header")))
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

written_as_text!(HeaderText, "The name of a header", "x-test");

impl Rule {
    /// A rule that strikes every request.
    pub fn new(what: Disturbance) -> Self {
        Self {
            what,
            contract: None,
            operation: None,
            method: None,
            path: None,
            caller: None,
            header: None,
            probability: Probability::ALWAYS,
            times: None,
            on: Way::Request,
        }
    }

    /// Waits before the request reaches the API.
    pub fn latency(latency: Latency) -> Self {
        Self::new(Disturbance::Latency(latency))
    }

    /// Closes the connection without an answer.
    pub fn drop() -> Self {
        Self::new(Disturbance::Drop)
    }

    /// Resets the connection.
    pub fn reset() -> Self {
        Self::new(Disturbance::Reset)
    }

    /// Closes the connection within the body of the answer.
    pub fn truncate(cut: Cut) -> Self {
        Self::new(Disturbance::Truncate(cut))
    }

    /// Breaks a promise of the catalogue.
    pub fn fault(fault: Fault) -> Self {
        Self::new(Disturbance::Fault(fault))
    }

    /// Only in this contract.
    #[must_use]
    pub fn contract(mut self, name: impl Into<String>) -> Self {
        self.contract = Some(name.into());
        self
    }

    /// Only for this operation.
    #[must_use]
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.operation = Some(id.into());
        self
    }

    /// Only for whoever presents this; see [`CallerMark`].
    #[must_use]
    pub fn caller(mut self, presented: &str) -> Self {
        self.caller = Some(CallerMark::of(presented));
        self
    }

    /// Only so often.
    #[must_use]
    pub fn probability(mut self, probability: Probability) -> Self {
        self.probability = probability;
        self
    }

    /// Only for the next so many requests.
    #[must_use]
    pub fn times(mut self, times: NonZeroU64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only once.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(NonZeroU64::MIN)
    }

    /// On the way back, after the API has done what was asked.
    #[must_use]
    pub fn on_answer(mut self) -> Self {
        self.on = Way::Answer;
        self
    }
}
