//! What is written: one emitter a folder, and the names they share.

pub mod names;
