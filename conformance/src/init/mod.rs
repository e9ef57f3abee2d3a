//! The first draft of a lifecycle document as text: what was guessed, why, and what is left to be answered.

mod render;
mod target;
#[cfg(test)]
mod tests;
mod yaml;

pub use render::lifecycle;
pub use target::target;
