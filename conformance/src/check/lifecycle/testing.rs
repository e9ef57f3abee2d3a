//! Histories for the tests of checks.
