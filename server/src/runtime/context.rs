//! What is known of a request besides its parameters and its body.

use std::fmt;
use std::sync::Arc;

use axum::extract::OriginalUri;
use http::request::Parts;
use http::{Extensions, HeaderMap, Method};
use rescind_specs::OperationId;

use crate::journal::Exchange;

/// Method, path, headers and extensions of a request. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

impl Context {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The method of the request.
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The path as the caller sent it, with any prefix under which the contract is served.
    pub fn path(&self) -> &str {
        match self.0.extensions.get::<OriginalUri>() {
            Some(original) => original.path(),
            None => self.0.uri.path(),
        }
    }

    /// The headers of the request. They may hold credentials; never log them whole.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// What middleware attached to the request: its id, the address of the peer, the time of arrival.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Tells the journal whom the credential of this request belongs to, by the public identifier.
    pub fn identify(&self, caller: &str) {
        if let Some(exchange) = self.0.extensions.get::<Exchange>() {
            exchange.is_from(caller);
        }
    }

    /// The request without its body.
    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Debug for Context {
    /// Method and path only; headers and query may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({} {})", self.method(), self.path())
    }
}

/// What became of the credentials of a request; in the extensions of the responses of operations that take some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// They were accepted.
    Accepted,
    /// They were not.
    Refused,
    /// Some are required, and there were none.
    Missing,
}

impl Authentication {
    /// The word for it in logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Missing => "missing",
        }
    }
}

/// The operation that answered; found in the extensions of every response to a known path and method. Clones share what
/// they say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matched(Arc<Named>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Named {
    contract: Arc<str>,
    operation: OperationId,
    path: String,
}

impl Matched {
    /// This operation of the contract of that name, with its path template.
    pub fn new(contract: Arc<str>, operation: OperationId, path: impl Into<String>) -> Self {
        Self(Arc::new(Named { contract, operation, path: path.into() }))
    }

    /// The name of the contract.
    pub fn contract(&self) -> &Arc<str> {
        &self.0.contract
    }

    /// The operation.
    pub fn operation(&self) -> &OperationId {
        &self.0.operation
    }

    /// Its path template.
    pub fn path(&self) -> &str {
        &self.0.path
    }
}
