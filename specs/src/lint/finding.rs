//! One mistake, and how the document can be read in spite of it.

use serde_json::Value;

use super::kind::Kind;
use crate::{error::Diagnostic, pointer::Pointer};

/// What the lint says of a place.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) diagnostic: Diagnostic,
    pub(crate) repair: Repair,
}

/// The reading of a mistake that changes least of what a document says.
#[derive(Clone, Debug)]
pub(crate) enum Repair {
    /// Nothing has to be done.
    Keep,
    /// Read as if the value was not there.
    Drop(Pointer),
    /// Read as if both values were not there.
    DropBoth(Pointer, Pointer),
    /// Read as if only the first member was there.
    KeepFirst(Pointer),
    /// Read as if this value was there; the text says so.
    Set(Pointer, Value, &'static str),
    /// Read as if the member had another name.
    Rename(Pointer, String),
    /// Read as if this item was at the end of a list, which need not be there yet.
    Append(Pointer, Value, &'static str),
    /// Two paths are one; the names of the variables are those of the first.
    Merge { first: Pointer, second: Pointer },
    /// A value of the wrong type, which may still be convertible.
    Convert(Pointer, &'static str),
    /// An object of this kind that cannot be read.
    Broken(Pointer, Kind),
    /// Whatever needs this cannot be generated.
    LeaveOut(Pointer),
}
