//! `cargo xtask`: the commands that keep the repository whole.
fn main() {}
