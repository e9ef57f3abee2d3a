//! Requests as they are kept to be sent again: without secrets and identifiers, which are written as where they come from.

mod request;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub(crate) use request::{CannotSend, Keeper};
pub use request::{KeptBody, KeptHeader, KeptRequest};
pub(crate) use value::{Half, Source};
