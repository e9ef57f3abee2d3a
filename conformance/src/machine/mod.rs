//! The reference machine: random sequences of lifecycle steps, held step by step against a model of what the lifecycle
//! document promises.
//!
//! Three parts that know little of each other. `menu` says which steps make sense after those that a `sketch` knows,
//! `sequence` draws some from a seed, and `judge` walks through the history of a run with what its `model` knows for
//! certain. Only `reference_machine` lets anything be sent.
//!
//! The crate `proptest-state-machine` draws such sequences too. It is not used: its runner is synchronous, it brings the
//! forking of processes into the program, and its shrinking deletes single steps in one pass, where each further run
//! costs requests here. What makes other counterexamples short does so with these.

mod judge;
mod menu;
mod model;
pub mod reference_machine;
mod rules;
pub mod seeds;
mod sequence;
mod sketch;
#[cfg(test)]
mod tests;

pub use reference_machine::ReferenceMachine;
