//! What disturbances did to one exchange, for whoever records it.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::text::Time;
use crate::fault::Fault;

/// What disturbances did to one exchange, in order; found in the extensions of its response. It is there only if
/// something was done.
///
/// The response of an exchange whose connection was dropped or reset never leaves: see
/// [`is_answered`](Self::is_answered).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disturbed(pub Vec<Effect>);

/// One thing that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The exchange waited.
    Delayed {
        /// How long, by the time of the machine.
        by: Duration,
    },
    /// The connection was closed without an answer.
    Dropped,
    /// The connection was reset (RST) without an answer.
    Reset,
    /// The connection was closed within the body.
    Truncated {
        /// How many bytes of the body were sent.
        after: u64,
    },
    /// Another answer was sent than the contract's own.
    Replaced {
        /// Its status.
        status: StatusCode,
    },
    /// The body was sent in small pieces with waits between them.
    Slowed,
    /// A promise was broken, as far as the request came near it.
    Broken(Fault),
}

impl fmt::Display for Disturbed {
    /// In words: `delayed by 200ms, connection dropped`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, effect) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            effect.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delayed { by } => write!(f, "delayed by {}", Time(*by)),
            Self::Dropped => f.write_str("connection dropped"),
            Self::Reset => f.write_str("connection reset"),
            Self::Truncated { after } => write!(f, "body cut after {after} bytes"),
            Self::Replaced { status } => write!(f, "answered {} instead", status.as_u16()),
            Self::Slowed => f.write_str("body slowed"),
            Self::Broken(fault) => write!(f, "promise broken: {fault}"),
        }
    }
}

impl Disturbed {
    /// Whether the client got an answer, be it late or cut short. If not, status and body of the response are nobody's.
    pub fn is_answered(&self) -> bool {
        !self.0.iter().any(|effect| matches!(effect, Effect::Dropped | Effect::Reset))
    }
}
