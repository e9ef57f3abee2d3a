//! The generator: contracts to source files.

pub mod artifact;
pub mod clock;
pub mod codegen;
pub mod compile;
pub mod config;
pub mod corpus;
pub mod diff;
pub mod emit;
pub mod entry;
pub mod losses;
pub mod lower;
pub mod manifest;
pub mod output;
pub mod own;
pub mod verify;
