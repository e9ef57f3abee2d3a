//! How a revocation was learned of.

/// How it is known that a credential is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acknowledged {
    /// The deployment said so.
    Now,
    /// An earlier request has done it, of this call or of somebody else: the last one was refused because there was
    /// nothing left to revoke.
    Earlier,
}
