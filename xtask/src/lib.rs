//! The generator: contracts to source files.

pub mod artifact;
pub mod emit;
