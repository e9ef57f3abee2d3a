//! The admin listener: the clock, the faults, the hooks, a new start, pairs. For whoever runs the server; off unless asked for.

mod answer;
mod clock;
mod facts;
mod faults;
mod hooks;

use axum::Router;
use axum::routing::{get, post, put};

use crate::served::Contracts;
use crate::state::State;

#[derive(Clone, Debug)]
struct Admin {
    state: State,
    contracts: Contracts,
}

/// The routes of the admin listener.
pub(crate) fn router(state: State, contracts: Contracts) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(facts::ready))
        .route("/clock", get(clock::show))
        .route("/clock/advance", post(clock::advance))
        .route("/faults", get(faults::list).delete(faults::clear_all))
        .route("/faults/{name}", put(faults::set).delete(faults::clear))
        .route("/hooks/{contract}/{hook}", post(hooks::run))
        .route("/reset", post(facts::reset))
        .route("/mint", post(facts::mint))
        .with_state(Admin { state, contracts })
}
