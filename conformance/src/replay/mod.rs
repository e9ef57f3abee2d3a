//! Looks for a breach once more: it is fixed, still there, or that cannot be told.
//!
//! A breach is kept as a document: the steps that led to it in the words of the contract, or the requests, and the check
//! that judges what comes of them. It holds no secret and no identifier, so it can lie beside the tests of whoever runs the API.

mod document;
mod fits;
mod run;
mod single;
#[cfg(test)]
mod tests;

pub use document::{ReplayError, Stored, VERSION, read};
pub use run::{Replayed, replay};
