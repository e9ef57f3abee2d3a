//! The generator: contracts to source files.

pub mod artifact;
pub mod codegen;
pub mod emit;
pub mod losses;
pub mod lower;
pub mod verify;
