//! Who a request comes from.

use jiff::Timestamp;

/// Who a request comes from.
#[derive(Clone, Debug)]
pub(in crate::mock) enum Principal {
    /// Whoever presents something well formed under a scheme of which the lifecycle document says nothing.
    Anybody,
    /// The holder of a credential.
    Holder(Holder),
}

/// The holder of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mock) struct Holder {
    /// The place of the kind.
    pub(super) kind: usize,
    /// The identifier of the credential.
    pub(super) id: String,
    /// Whose it is.
    pub(super) tenant: String,
    /// When the credential ends.
    pub(super) expires_at: Option<Timestamp>,
}

impl Principal {
    /// The identifier of the credential.
    pub(in crate::mock) fn id(&self) -> Option<&str> {
        match self {
            Self::Anybody => None,
            Self::Holder(holder) => Some(&holder.id),
        }
    }

    /// Whose records are meant.
    pub(super) fn tenant(&self) -> &str {
        match self {
            Self::Anybody => EVERYBODY,
            Self::Holder(holder) => &holder.tenant,
        }
    }
}

/// The tenant of whoever has no other.
pub(super) const EVERYBODY: &str = "everybody";
