//! What is written: one emitter a folder, and the names they share.

pub mod client;
mod complete;
pub mod docs;
pub mod error;
mod modules;
pub mod names;
pub mod server;
pub mod types;
