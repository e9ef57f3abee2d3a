//! Generated crates: what lies in their folder beside the code, and which files there are the generator's.

pub mod facts;
pub mod folder;
pub mod package;
pub mod place;
mod readme;
