//! `rescind`: judges deployments of credential APIs.
fn main() {}
