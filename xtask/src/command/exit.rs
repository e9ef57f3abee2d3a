//! What the exit codes mean.

/// Files differ, a document is wrong, or less was carried than was asked for.
pub(super) const NOT_AS_IT_SHOULD_BE: u8 = 1;
/// A command was understood and cannot be followed.
pub(super) const BAD_USAGE: u8 = 2;
