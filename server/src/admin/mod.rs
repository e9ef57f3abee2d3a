//! The admin listener: for whoever runs the server; off unless asked for.
//!
//! Its API is a document of its own, `server/admin/openapi.yaml`, with stubs from the same generator as those of the
//! contracts. In front of it stands a guard against everybody who should not be there.

mod answer;
mod clock;
mod contracts;
mod facts;
mod faults;
mod guard;
mod hooks;
mod service;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::generated::admin::router as stubs;
use crate::health;
use crate::runtime::{GateError, Limits, Mode};
use crate::served::Contracts;
use crate::state::State;

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
    let routes = stubs(Arc::new(admin), limits, Mode::Strict)?.merge(counts);
    Ok(routes.layer(from_fn(guard::json_unless_said)).layer(from_fn_with_state(guard, guard::admit)))
}
