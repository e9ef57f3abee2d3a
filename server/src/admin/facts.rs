//! What is stored, over the admin listener: a new start, and genuine pairs.

use super::Admin;
use super::answer::error;
use crate::generated::admin::response::ResetResponse;
use crate::generated::admin::types;
use crate::vendor;

/// Begins anew with everything but the time.
pub(super) async fn reset(admin: &Admin) -> ResetResponse {
    match crate::reset::reset(&admin.state, &admin.contracts).await {
        Ok(()) => ResetResponse::NoContent,
        Err(why) => ResetResponse::ServiceUnavailable(error(why)),
    }
}

/// So many genuine pairs.
pub(super) fn mint(admin: &Admin, count: usize) -> Vec<types::Pair> {
    let pairs = vendor::mint(&admin.state, count).into_iter();
    pairs.map(|pair| types::Pair { id: pair.id, secret: pair.secret }).collect()
}
