//! How often a request was sent until it was answered.

use super::transport::Fate;

/// How often a request was sent, and whether an earlier time may have had its effect.
///
/// A client without a [`Retry`](crate::Retry) sends everything once, and once more after a `401` where it has a
/// [`CredentialSource`](crate::CredentialSource).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    sent: u32,
    unknown: u32,
}

impl Attempts {
    pub(crate) const FIRST: Self = Self { sent: 1, unknown: 0 };

    /// How often, the last time included.
    pub fn sent(self) -> u32 {
        self.sent
    }

    /// Whether an earlier time may have been carried out, although its answer was lost or told of a failure.
    ///
    /// Then a refusal such as `404` to a revocation may only say that the earlier time was enough.
    pub fn may_have_happened(self) -> bool {
        self.unknown > 0
    }

    /// What there was before this time, which did not come about.
    pub(crate) fn before(self) -> Option<Self> {
        let sent = self.sent.checked_sub(1).filter(|sent| *sent > 0)?;
        Some(Self { sent, ..self })
    }

    pub(crate) fn after(self, fate: Fate) -> Self {
        Self { sent: self.sent + 1, unknown: self.unknown + u32::from(fate == Fate::Unknown) }
    }
}
