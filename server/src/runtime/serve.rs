//! From a gate and a handler to a router: the one path that every request takes.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, CONTENT_LENGTH, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use tokio::task::coop::unconstrained;
use tokio::time::timeout;
use tower::service_fn;

use super::rejection::Phase;
use super::{
    Admitted, Answer, Authentication, Context, CredentialSet, Gate, Mode, Presented, Refused, Rejection,
    example,
};

/// What answers the operations of a contract; generated code makes one of each implementation. Operations go by their
/// place in the contract.
pub trait Handler: Send + Sync + 'static {
    /// Who a request comes from.
    type Caller: Send;

    /// Whom the presented credentials belong to.
    fn authenticate(
        &self,
        operation: usize,
        presented: Presented<CredentialSet>,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Caller, Refused>> + Send;

    /// The answer to a request that reaches no operation, or gets none of its documented responses.
    fn reject(&self, operation: Option<usize>, context: &Context, rejection: Rejection) -> Answer;

    /// The answer of an operation to a request that keeps the contract.
    fn call(
        &self,
        operation: usize,
        caller: Option<Self::Caller>,
        admitted: Admitted,
    ) -> impl Future<Output = Result<Answer, Rejection>> + Send;
}

/// A router that lets requests through `gate` to `handler`. It has no routes of its own, so that it can be nested
/// under any prefix and no document can make it panic.
pub fn serve<H: Handler>(gate: Gate, mode: Mode, handler: H) -> Router {
    let server = Arc::new(Server { gate, mode, handler });
    // A service and not a handler, which the router would wrap anew for each request.
    Router::new().fallback_service(service_fn(move |request: Request| {
        let server = server.clone();
        // Boxed at once: it is large, and the router moves what it is given.
        Box::pin(async move { Ok::<_, Infallible>(server.answer(request).await) })
    }))
}

struct Server<H> {
    gate: Gate,
    mode: Mode,
    handler: H,
}

impl<H: Handler> Server<H> {
    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let routed = self.gate.route(&parts.method, parts.uri.path());
        let mut authentication = None;
        let context = Context::new(parts);
        let (operation, answer) = match routed {
            Ok(routed) => {
                let answer = self.operate(&routed, &context, body, &mut authentication).await;
                (Some(routed.operation), answer)
            }
            Err(rejection) => (None, Err(rejection)),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(Rejection::NotImplemented) if self.mode == Mode::Examples => self
                .example(operation, &context)
                .unwrap_or_else(|| self.reject(operation, &context, Rejection::NotImplemented)),
            Err(rejection) => self.reject(operation, &context, rejection),
        };
        let answer = match answer.fault() {
            None => answer,
            Some(fault) => self.reject(operation, &context, Rejection::internal(fault)),
        };
        let mut response = match answer.fault() {
            None => answer.into_response(),
            // The answer to the failure failed as well.
            Some(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        if context.method() == http::Method::HEAD {
            empty(&mut response);
        }
        if let Some(matched) = operation.and_then(|operation| self.gate.matched(operation)) {
            response.extensions_mut().insert(matched.clone());
        }
        if let Some(authentication) = authentication {
            response.extensions_mut().insert(authentication);
        }
        response
    }

    async fn operate(
        &self,
        routed: &super::Routed,
        context: &Context,
        body: Body,
        authentication: &mut Option<Authentication>,
    ) -> Result<Answer, Rejection> {
        let limit = self.gate.limits().time;
        let operation = routed.operation;
        let caller = match self.caller(operation, context).await {
            Ok(caller) => {
                *authentication = caller.as_ref().map(|_| Authentication::Accepted);
                caller
            }
            Err(rejection) => {
                *authentication = match rejection {
                    Rejection::InvalidCredential { .. } => Some(Authentication::Refused),
                    Rejection::MissingCredential { .. } => Some(Authentication::Missing),
                    _ => None,
                };
                return Err(rejection);
            }
        };
        let admitted = within(limit, Phase::Request, self.gate.admit(routed, context, body)).await?;
        within(limit, Phase::Answer, self.handler.call(operation, caller, admitted)).await
    }

    /// Who sends the request; nobody if the operation takes no credentials and there are none.
    async fn caller(&self, operation: usize, context: &Context) -> Result<Option<H::Caller>, Rejection> {
        let Some(presented) = self.gate.credentials(operation, context.parts())? else { return Ok(None) };
        let verdict = self.handler.authenticate(operation, presented, context);
        within(self.gate.limits().time, Phase::Answer, async { Ok(Some(verdict.await?)) }).await
    }

    /// The handler's answer to a rejection, with the headers that RFC 9110 demands if it set none.
    fn reject(&self, operation: Option<usize>, context: &Context, rejection: Rejection) -> Answer {
        if let Rejection::Internal(error) = &rejection {
            let name = operation.and_then(|operation| self.gate.operation(operation));
            let name = name.map(|operation| operation.id.0.as_str());
            tracing::error!(operation = name, error = %error, "an operation failed");
        }
        let allowed = match &rejection {
            Rejection::MethodNotAllowed { allowed } => {
                Some(allowed.iter().map(http::Method::as_str).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        };
        let unauthorized =
            matches!(rejection, Rejection::MissingCredential { .. } | Rejection::InvalidCredential { .. });
        let mut answer = self.handler.reject(operation, context, rejection);
        if let Some(allowed) = allowed
            && !answer.headers.contains_key(ALLOW)
        {
            answer = answer.with_header("allow", &allowed);
        }
        if unauthorized
            && answer.status == StatusCode::UNAUTHORIZED
            && !answer.headers.contains_key(WWW_AUTHENTICATE)
        {
            let challenges = operation.map(|operation| self.gate.challenges(operation)).unwrap_or_default();
            for challenge in challenges.iter().filter_map(|challenge| HeaderValue::from_str(challenge).ok()) {
                answer.headers.append(WWW_AUTHENTICATE, challenge);
            }
        }
        answer
    }

    fn example(&self, operation: Option<usize>, context: &Context) -> Option<Answer> {
        let wish = example::Wish::of(context.headers());
        example::answer(self.gate.contract(), self.gate.operation(operation?)?, &wish)
    }
}

/// Takes the body away and leaves what is said of it (RFC 9110 §9.3.2).
fn empty(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    *response.body_mut() = Body::empty();
}

/// Gives up on `work` after `limit`. The time starts when `work` first has to wait; most never does, and needs no timer.
async fn within<T>(
    limit: Option<Duration>,
    phase: Phase,
    work: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    let Some(limit) = limit else { return work.await };
    let mut work = pin!(work);
    let mut timer = None;
    poll_fn(|task| {
        if let Poll::Ready(done) = work.as_mut().poll(task) {
            return Poll::Ready(done);
        }
        // Work that used up the turn of its task is late all the same.
        let timer = timer.get_or_insert_with(|| Box::pin(unconstrained(timeout(limit, pending::<()>()))));
        timer.as_mut().poll(task).map(|_| Err(Rejection::Timeout { phase, limit }))
    })
    .await
}
