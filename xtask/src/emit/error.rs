//! What can go wrong while code is written.

/// The code cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    /// What would be written is no Rust, or refers to what is not there.
    #[error("the generated code is not sound: {0}")]
    Output(String),
}
