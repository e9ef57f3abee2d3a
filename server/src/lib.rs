//! A reference server and mock of credential APIs.
