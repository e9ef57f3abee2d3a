//! The admin listener: for whoever runs the server; off unless asked for.
//!
//! Its API is a document of its own, `server/admin/openapi.yaml`, with stubs from the same generator as those of the
//! contracts. The console is a page that uses it. In front of both stands a guard against everybody who should not be
//! there.

mod answer;
mod clock;
mod contracts;
mod credentials;
mod disturbances;
mod facts;
mod faults;
mod guard;
mod hooks;
mod journal;
mod page;
mod seed;
mod service;
mod snapshot;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio_util::sync::CancellationToken;

use crate::generated::admin::router as stubs;
pub use crate::generated::admin::types::Seed;
use crate::health;
use crate::runtime::{GateError, Limits, Mode};
use crate::served::Contracts;
use crate::state::State;

pub(crate) use seed::add_all as add_seeds;
pub use seed::{SeedError, SeedFileError, read as read_seed};
pub(crate) use token::HOW_TO_MAKE_ONE;
pub use token::{AdminToken, TokenError};

/// What the admin listener is about.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    /// What the contracts share.
    pub(crate) state: State,
    /// The contracts that are served.
    pub(crate) contracts: Contracts,
    /// The base URL of each of them, in the same order.
    pub(crate) urls: Vec<String>,
    /// What requests have to carry, if anything.
    pub(crate) token: Option<AdminToken>,
    /// Ends what would go on for as long as the server: a stream of events.
    pub(crate) stop: CancellationToken,
}

/// The longest body: a state that is restored, or a seed.
const LONGEST_BODY: usize = 256 << 20;

/// The routes of the admin listener.
///
/// # Errors
/// A mistake in its document; the tests of this crate exclude it.
pub(crate) fn router(admin: Admin) -> Result<Router, GateError> {
    let limits = Limits { body: LONGEST_BODY, ..Limits::default() };
    let guard = Arc::new(guard::Guard::new(admin.token.clone()));
    let counts = health::counts(&admin.state);
    let routes = page::routes().merge(counts).merge(stubs(Arc::new(admin), limits, Mode::Strict)?);
    Ok(routes.layer(from_fn(guard::json_unless_said)).layer(from_fn_with_state(guard, guard::admit)))
}
