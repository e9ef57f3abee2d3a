//! A new start of a running server.

use crate::bootstrap::BootstrapError;
use crate::served::Contracts;
use crate::state::State;

/// Forgets all facts, counts and requests, keeps every promise and disturbs nobody. The clock stays, and the callers of the start
/// are there again, as they were.
pub(crate) async fn reset(state: &State, contracts: &Contracts) -> Result<(), BootstrapError> {
    state.store().clear().await?;
    state.restart();
    state.journal().clear();
    state.faults().clear_all();
    state.disturbances().clear();
    for served in contracts {
        served.begin_again(state).await?;
    }
    tracing::info!("everything was reset");
    Ok(())
}
