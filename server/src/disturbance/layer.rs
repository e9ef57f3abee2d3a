//! The layer around the routes of a contract that lets its rules strike.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures::future::Either;
use http::header::{CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use rescind_specs::{Contract, Operation};
use tower::Service;
use tower::layer::layer_fn;

use super::body::{self, Slow, Truncated};
use super::effect::{Disturbed, Effect};
use super::handle::{Disturbances, End};
use super::place::Place;
use super::rule::{Replacement, Way};
use super::text::Cut;
use super::wire::{CutBy, Wire};
use crate::clock::pause;
use crate::fault::{Fault, breaking};
use crate::runtime::refuse_with;

#[derive(Clone)]
struct Disturber {
    disturbances: Disturbances,
    place: Arc<Place>,
}

/// Lets the rules strike requests to a contract, whose routes these are, relative to its prefix. Put it around all that
/// makes answers, and inside of all that records them: what it did is in the extensions of the response
/// ([`Disturbed`]). `breakable` are the promises that the routes break when asked to; a rule about another is
/// refused.
pub fn wrap(
    routes: Router,
    contract: &Contract,
    breakable: impl IntoIterator<Item = Fault>,
    disturbances: &Disturbances,
) -> Router {
    let place = disturbances.serve(contract, breakable.into_iter().collect());
    let disturber = Disturber { disturbances: disturbances.clone(), place };
    routes.layer(layer_fn(move |inner| Exposed { inner, disturber: disturber.clone() }))
}

/// What is inside, exposed to the rules.
#[derive(Clone)]
struct Exposed<S> {
    inner: S,
    disturber: Disturber,
}

impl<S> Service<Request> for Exposed<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !self.disturber.disturbances.is_any() {
            return Either::Left(self.inner.call(request));
        }
        let inner = self.inner.clone();
        // The one that is ready.
        let inner = std::mem::replace(&mut self.inner, inner);
        Either::Right(Box::pin(disturb(self.disturber.clone(), request, inner)))
    }
}

async fn disturb<S>(layer: Disturber, request: Request, inner: S) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let (parts, body) = request.into_parts();
    let visit = layer.place.visit(&parts);
    let verdict = layer.disturbances.judge(&visit);
    let (operation, matched) = (visit.operation, visit.matched());
    let stage = Stage {
        contract: layer.place.contract(),
        operation,
        wire: parts.extensions.get::<Wire>().cloned(),
        is_head: parts.method == Method::HEAD,
    };
    let mut effects: Vec<Effect> = Vec::new();
    delay(verdict.before, &mut effects).await;
    let mut response = match verdict.end {
        Some((Way::Request, end)) => stage.instead(end, None, &mut effects),
        end => {
            let broken = Fault::ALL.iter().copied().filter(|fault| verdict.broken.contains(*fault));
            effects.extend(broken.map(Effect::Broken));
            let mut inner = inner;
            let answer = inner.call(Request::from_parts(parts.clone(), body));
            let response = breaking(verdict.broken, answer).await?;
            delay(verdict.after, &mut effects).await;
            match end {
                None => response,
                Some((_, end)) => stage.instead(end, Some(response), &mut effects),
            }
        }
    };
    if let Some(drip) = verdict.drip
        && !response.body().is_end_stream()
    {
        effects.push(Effect::Slowed);
        response = response.map(|whole| Slow::body(whole, drip));
    }
    if !effects.is_empty() {
        response.extensions_mut().insert(Disturbed(effects));
    }
    if let Some(matched) = matched {
        response.extensions_mut().insert(matched);
    }
    Ok(response)
}

async fn delay(by: Duration, effects: &mut Vec<Effect>) {
    if by > Duration::ZERO {
        effects.push(Effect::Delayed { by });
        pause(by).await;
    }
}

/// What is known where an exchange ends otherwise than the API ends it.
struct Stage<'a> {
    contract: &'a Contract,
    operation: Option<&'a Operation>,
    /// None where the routes are called in process.
    wire: Option<Wire>,
    is_head: bool,
}

impl Stage<'_> {
    /// What becomes of the answer, if the API made one.
    fn instead(&self, end: End, answer: Option<Response>, effects: &mut Vec<Effect>) -> Response {
        match end {
            End::Drop => {
                effects.push(Effect::Dropped);
                self.cut(CutBy::Close, answer)
            }
            End::Reset => {
                effects.push(Effect::Reset);
                self.cut(CutBy::Reset, answer)
            }
            End::Truncate(cut) => self.truncate(cut, answer.unwrap_or_default(), effects),
            End::Replace(replacement) => {
                effects.push(Effect::Replaced { status: replacement.code.get() });
                self.replace(replacement)
            }
        }
    }

    /// A response that never leaves. It keeps the status of the answer that was made, for the record.
    fn cut(&self, by: CutBy, answer: Option<Response>) -> Response {
        if let Some(wire) = &self.wire {
            wire.cut(by);
        }
        let mut response = answer.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response());
        response.headers_mut().remove(CONTENT_LENGTH);
        response.map(|_| body::none())
    }

    fn truncate(&self, cut: Cut, answer: Response, effects: &mut Vec<Effect>) -> Response {
        if self.is_head || answer.body().is_end_stream() {
            return answer;
        }
        let Some(after) = cut.of(answer.body().size_hint().exact()) else { return answer };
        effects.push(Effect::Truncated { after });
        answer.map(|whole| Truncated::body(whole, after, self.wire.clone()))
    }

    fn replace(&self, Replacement { code, retry_after }: Replacement) -> Response {
        let detail = "this answer was asked for by whoever runs the server";
        let answer = refuse_with(self.contract, self.operation, code.get(), detail);
        let mut response = answer.into_response();
        if let Some(time) = retry_after {
            let seconds = time.0.as_secs() + u64::from(time.0.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_head {
            response = response.map(|_| Body::empty());
        }
        response
    }
}
