//! A documented success: the typed body with its status and headers.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};

/// A documented success. It derefs to its body.
///
/// `H` holds the documented headers, parsed; it is `()` where the contract documents none, and where the body is an
/// enum of several successes, whose variants then hold the headers.
pub struct ResponseValue<T, H = ()> {
    inner: T,
    typed: H,
    status: StatusCode,
    headers: HeaderMap,
    beyond: Bytes,
}

impl<T> ResponseValue<T> {
    /// A success made of its parts, for tests of code that takes one.
    pub fn new(inner: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self { inner, typed: (), status, headers, beyond: Bytes::new() }
    }
}

impl<T, H> ResponseValue<T, H> {
    /// A success with parsed headers made of its parts, for tests of code that takes one.
    pub fn with_typed_headers(inner: T, typed: H, status: StatusCode, headers: HeaderMap) -> Self {
        Self { inner, typed, status, headers, beyond: Bytes::new() }
    }

    pub(crate) fn with_undocumented_body(mut self, beyond: Bytes) -> Self {
        self.beyond = beyond;
        self
    }

    /// The body by value.
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// The body and the documented headers by value.
    pub fn into_parts(self) -> (T, H) {
        (self.inner, self.typed)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers as received.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The documented headers, each of its documented type.
    pub fn typed_headers(&self) -> &H {
        &self.typed
    }

    /// The media type that the answer claims to have.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Number of bytes that the answer claims to have.
    pub fn content_length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// What came as a body where the contract documents none; empty otherwise.
    pub fn undocumented_body(&self) -> &Bytes {
        &self.beyond
    }

    /// The same success with another body.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> ResponseValue<U, H> {
        let Self { inner, typed, status, headers, beyond } = self;
        ResponseValue { inner: change(inner), typed, status, headers, beyond }
    }
}

impl<T, H> Deref for ResponseValue<T, H> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T, H> DerefMut for ResponseValue<T, H> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T, H> AsRef<T> for ResponseValue<T, H> {
    fn as_ref(&self) -> &T {
        &self.inner
    }
}

impl<T: fmt::Debug, H> fmt::Debug for ResponseValue<T, H> {
    /// Status and body; headers may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseValue")
            .field("status", &self.status.as_u16())
            .field("body", &self.inner)
            .finish_non_exhaustive()
    }
}
