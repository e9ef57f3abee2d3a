//! Who may call the contracts from a page in a browser (CORS).
//!
//! The layer is around everything that answers for a contract, so that a page can read a refusal, a disturbance or a failure
//! as well; only what is turned away before it is a request to a contract (too many at once) has no header for pages. It
//! answers preflights itself. Those are questions of the browser and no calls of the API: they reach neither the contract
//! nor the journal, the log and the counts. What the journal shows of an answer is what the contract said.

use std::convert::Infallible;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt as _;
use futures::future::{Either, Map};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Any, CorsLayer};

/// Whose pages may call from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// Nobody's: no answer has a header for browsers.
    #[default]
    Nobody,
    /// Everybody's, without cookies.
    Anybody,
    /// Those of these origins, with cookies.
    Origins(Vec<Origin>),
}

/// Where a page comes from, as a browser writes it: `http://localhost:3000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme, a host and perhaps a port, and nothing behind them: `http://localhost:3000`")]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    /// Reads an origin. A browser leaves out the usual port of a scheme, so it is left out here.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let text = text.to_ascii_lowercase();
        let uri: Uri = text.parse().map_err(|_| NoOrigin)?;
        let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or(NoOrigin)?;
        if text != format!("{scheme}://{authority}") || authority.as_str().contains(['@', '*']) {
            return Err(NoOrigin);
        }
        let usual = match scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let host = authority.host();
        let port = match authority.as_str().strip_prefix(host).ok_or(NoOrigin)? {
            "" => None,
            // What is read loosely is another origin than the one that was meant.
            rest => Some(authority.port_u16().filter(|port| rest == format!(":{port}")).ok_or(NoOrigin)?),
        };
        let origin = match port.filter(|port| Some(*port) != usual) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        HeaderValue::try_from(origin).map(Self).map_err(|_| NoOrigin)
    }
}

impl Cors {
    /// The layer, if anybody's pages may call.
    pub(crate) fn layer(&self) -> Option<ForPages> {
        let layer = CorsLayer::new()
            .allow_methods(AllowMethods::mirror_request())
            .allow_headers(AllowHeaders::mirror_request())
            .vary([ORIGIN]);
        let layer = match self {
            Self::Nobody => return None,
            Self::Anybody => layer.allow_origin(Any),
            Self::Origins(origins) => {
                let origins = AllowOrigin::list(origins.iter().map(|origin| origin.0.clone()));
                layer.allow_origin(origins).allow_credentials(true)
            }
        };
        Some(ForPages(Arc::new(layer)))
    }
}

/// The layer. Put it around all that answers.
#[derive(Clone, Debug)]
pub(crate) struct ForPages(Arc<CorsLayer>);

impl<S> Layer<S> for ForPages {
    type Service = Readable<S>;

    fn layer(&self, inner: S) -> Readable<S> {
        Readable { inner, layer: self.0.clone() }
    }
}

/// What is inside, readable by pages.
#[derive(Clone, Debug)]
pub(crate) struct Readable<S> {
    inner: S,
    layer: Arc<CorsLayer>,
}

type Answered = Result<Response, Infallible>;

impl<S> Service<Request> for Readable<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future =
        Either<Map<S::Future, fn(Answered) -> Answered>, Pin<Box<dyn Future<Output = Answered> + Send>>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.headers().contains_key(ORIGIN) {
            return Either::Right(Box::pin(for_page(self.layer.clone(), request, self.inner.clone())));
        }
        // No browser asks for a page of another site here. A cache may not give this answer to one that does.
        Either::Left(self.inner.call(request).map(|answered| {
            answered.map(|mut response| {
                response.headers_mut().append(VARY, ORIGIN.into());
                response
            })
        }))
    }
}

async fn for_page<S>(layer: Arc<CorsLayer>, mut request: Request, inner: S) -> Answered
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    // The library takes every OPTIONS for a preflight. One that a page sends itself does not ask for another method.
    let is_plain_options = *request.method() == Method::OPTIONS
        && !request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_plain_options {
        *request.method_mut() = Method::GET;
    }
    let inner = service_fn(move |mut request: Request| {
        if is_plain_options {
            *request.method_mut() = Method::OPTIONS;
        }
        let answer = inner.clone().oneshot(request);
        async move {
            let mut response = answer.await?;
            let shown = names(response.headers());
            response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, shown);
            Answered::Ok(response)
        }
    });
    let mut response = layer.layer(inner).oneshot(request).await?;
    if !response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        response.headers_mut().remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    }
    Ok(response)
}

/// The names of all headers of an answer. A `*` would say the same, but not where there may be cookies.
fn names(headers: &HeaderMap) -> HeaderValue {
    let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("*"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::StatusCode;

    use super::*;
    use crate::access_log::AccessLog;
    use crate::fault::Faults;
    use crate::metrics::Metrics;
    use crate::served::Contracts;

    #[test]
    fn an_origin_is_read_as_a_browser_writes_it() {
        for (text, origin) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("HTTPS://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("https://app.example:80", "https://app.example:80"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            assert_eq!(text.parse(), Ok(Origin(HeaderValue::from_static(origin))), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "localhost",
            "localhost:3000",
            "http://",
            "http://localhost:3000/",
            "http://localhost/page",
            "http://localhost?x",
            "http://user@localhost",
            "https://*.example",
            "http://exämple",
            "http://localhost:",
            "http://localhost:99999",
            "http://localhost:0080",
            "http://localhost:abc",
            "http://[::1]x:80",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }

    #[tokio::test]
    async fn a_page_can_read_that_a_request_panicked() {
        async fn panics() -> StatusCode {
            panic!("as the test wants")
        }
        let meter = Metrics::new(&Faults::default()).meter(&Contracts::default());
        let routes = AccessLog(meter).layer(Router::new().route("/", get(panics)));
        let request = Request::builder().header(ORIGIN, "http://localhost:3000").body(Body::empty()).unwrap();
        let response = Cors::Anybody.layer().unwrap().layer(routes).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}
