//! A mock of any contract, without generated code.
//!
//! Requests pass the same gate as those to a generated stub, so that input which breaks the contract is refused in the
//! contract's own envelope. What passes is answered by a documented example, or by a value made from the schema;
//! `Prefer: code=404, example=name, dynamic=true` chooses. With a lifecycle document the mock keeps state: credentials
//! are issued, accepted, listed, revoked and refused as that document says. Nothing here knows a contract by name.

mod answerer;
mod documents;
mod lifecycle;
mod likeness;
mod not_kept;
mod prefer;
mod shelf;

use self::answerer::Answerer;
pub use self::documents::{BasePath, Mock, NoBasePath};
use self::lifecycle::Engine;
use crate::bootstrap::{Bootstrap, BootstrapError};
use crate::hook::Hooks;
use crate::runtime::{Gate, GateError, serve};
use crate::state::State;
use crate::store::Collection;
use crate::vendor::Service;

/// A mocked contract over a state.
///
/// # Errors
/// A schema that cannot be checked.
pub(crate) fn deploy(mock: &Mock, state: &State) -> Result<Service, GateError> {
    let gate = Gate::new(mock.contract().clone(), state.limits())?;
    let engine = engine(mock, state);
    let hooks = engine.as_ref().map_or_else(|| Hooks::new(mock.name()), Engine::hooks);
    let answerer = Answerer::new(mock, engine, state.ids().clone());
    Ok(Service { routes: serve(gate, state.mode(), answerer), hooks })
}

/// Makes the callers of a mocked contract, or finds them again after a restart.
///
/// Those that the same process has made `before` are made again.
pub(crate) async fn bootstrap(
    mock: &Mock,
    state: &State,
    before: &Bootstrap,
) -> Result<Bootstrap, BootstrapError> {
    match engine(mock, state) {
        Some(engine) => engine.start(before).await,
        None => Ok(Bootstrap::default()),
    }
}

/// What a mocked contract keeps.
pub(crate) fn collections(mock: &Mock) -> Vec<Collection> {
    let Some(lifecycle) = mock.lifecycle() else { return Vec::new() };
    let credentials = lifecycle.credentials.keys().map(|name| name.0.as_str());
    let dependents = lifecycle.dependents.keys().map(|name| name.0.as_str());
    credentials.chain(dependents).map(|kind| Collection::named(mock.name(), kind)).collect()
}

fn engine(mock: &Mock, state: &State) -> Option<Engine> {
    Some(Engine::new(mock.contract(), mock.lifecycle()?, state))
}
