//! A reference server.
fn main() {}
