//! Typed clients of credential APIs, generated from their contracts.
