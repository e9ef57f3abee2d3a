//! What is written: one emitter a folder, and the names they share.

pub mod client;
pub mod names;
pub mod progenitor;
pub mod types;
