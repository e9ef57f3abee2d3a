//! Requests from a contract: values of its schemas, valid at the boundaries or broken in exactly one keyword.

mod generate;
mod regex;
pub mod request;
mod schema;
pub mod sequence;
mod shape;
mod shrink;
mod site;
mod text;
mod violation;

pub use schema::{Edge, Verified, boundaries, minimal, valid};
pub use shrink::Shrinking;
pub use violation::{Broken, violations};

#[cfg(test)]
mod tests;
