//! What is stored, over the admin listener: a new start, and genuine pairs.

use super::Admin;
use super::answer::error;
use crate::bootstrap::BootstrapError;
use crate::generated::admin::response::ResetResponse;
use crate::generated::admin::types;
use crate::vendor;

/// Forgets all facts, counts and faults. The clock stays, and the callers of the start are there again, as they were.
pub(super) async fn reset(admin: &Admin) -> ResetResponse {
    match begin_again(admin).await {
        Ok(()) => {
            tracing::info!("everything was reset");
            ResetResponse::NoContent
        }
        Err(why) => ResetResponse::ServiceUnavailable(error(why)),
    }
}

async fn begin_again(admin: &Admin) -> Result<(), BootstrapError> {
    admin.state.store().clear().await?;
    admin.state.restart();
    admin.state.journal().clear();
    admin.state.faults().clear_all();
    for served in &admin.contracts {
        served.begin_again(&admin.state).await?;
    }
    Ok(())
}

/// So many genuine pairs.
pub(super) fn mint(admin: &Admin, count: usize) -> Vec<types::Pair> {
    let pairs = vendor::mint(&admin.state, count).into_iter();
    pairs.map(|pair| types::Pair { id: pair.id, secret: pair.secret }).collect()
}
