//! The rate limit, which every answer tells. A request is counted once: for its partner if it says who that is.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::fault::Fault;
use crate::generated::dinie::response::Headers;
use crate::limiter::Quota;
use crate::runtime::Context;
use crate::state::State;

/// Whom requests are counted for that do not say who sends them.
pub(super) const NOBODY: &str = "dinie nobody";

const NAMES: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// What the request that carries it has left, once it was counted.
#[derive(Clone, Debug, Default)]
struct Count(Arc<OnceLock<Quota>>);

/// Lets each request through `routes` carry its count.
pub(super) fn wrap(routes: Router, state: &State) -> Router {
    routes.layer(from_fn_with_state(state.clone(), around))
}

async fn around(Shared(state): Shared<State>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Count::default());
    let mut response = next.run(request).await;
    if state.faults().is_on(Fault::RateLimitHeadersMissing) {
        for name in NAMES {
            response.headers_mut().remove(name);
        }
    }
    response
}

/// What the sender of a request has left. The first call for a request counts it, for `caller`.
pub(super) fn of(state: &State, context: &Context, caller: &str) -> Quota {
    let count = || state.limiter().count(caller, state.clock().now());
    match context.extensions().get::<Count>() {
        Some(counted) => *counted.0.get_or_init(count),
        None => count(),
    }
}

/// The quota as the contract has it in every answer.
pub(super) fn headers(quota: Quota) -> Headers {
    Headers {
        x_rate_limit_limit: quota.limit.into(),
        x_rate_limit_remaining: quota.remaining.into(),
        x_rate_limit_reset: quota.reset_at.as_second(),
    }
}
