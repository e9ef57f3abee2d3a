//! What carries requests: reqwest, or something else in its place.

use std::fmt;
use std::sync::Arc;

use reqwest::{Request, Response};

use crate::error::TransportError;
use crate::future::BoxFuture;

/// Sends a request and returns the head of the answer.
///
/// `reqwest::Client` is one. A test can put another in its place, which answers without a network:
///
/// ```
/// use rescind_client::{BoxFuture, Settings, Transport, TransportError};
/// use rescind_client::support::reqwest::{Request, Response};
///
/// /// Nobody is there.
/// struct Nobody;
///
/// impl Transport for Nobody {
///     fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
///         Box::pin(async { Err(TransportError::not_sent("nobody is there")) })
///     }
/// }
///
/// let settings = Settings::new().transport(Nobody);
/// ```
///
/// With the feature `tower`, a `Service` may stand in as well, with its layers: see `Settings::service`.
pub trait Transport: Send + Sync {
    /// Sends `request`.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

impl Transport for reqwest::Client {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let answer = self.execute(request);
        Box::pin(async move { answer.await.map_err(TransportError::from) })
    }
}

/// What a client sends over.
#[derive(Clone)]
pub(crate) enum Carrier {
    /// An HTTP client.
    Http(reqwest::Client),
    /// Something that the caller brought.
    Own(Arc<dyn Transport>),
    /// This machine cannot make an HTTP client, for this reason.
    Missing(String),
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "Http",
            Self::Own(_) => "Own",
            Self::Missing(_) => "Missing",
        })
    }
}

/// A service of tower as a transport. Each request goes to a copy of it, as services of HTTP clients expect.
#[cfg(feature = "tower")]
pub(crate) struct ServiceTransport<S>(pub(crate) S);

#[cfg(feature = "tower")]
impl<S> Transport for ServiceTransport<S>
where
    S: tower_service::Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: crate::future::MaybeSend,
{
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            let ready = std::future::poll_fn(|context| service.poll_ready(context)).await;
            ready.map_err(TransportError::not_sent)?;
            service.call(request).await.map_err(|error| match error.into().downcast::<reqwest::Error>() {
                Ok(error) => TransportError::from(*error),
                Err(other) => TransportError::new(other),
            })
        })
    }
}
