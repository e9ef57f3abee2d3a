//! What is stored, over the admin listener: a new start, a seed, and genuine pairs.

use super::Admin;
use super::answer::error;
use super::seed::{self, SeedError};
use crate::generated::admin::response::{ResetResponse, SeedResponse};
use crate::generated::admin::types;
use crate::reset::reset as begin_again;
use crate::vendor;

/// Forgets everything but the time.
pub(super) async fn reset(admin: &Admin) -> ResetResponse {
    match begin_again(&admin.state, &admin.contracts).await {
        Ok(()) => ResetResponse::NoContent,
        Err(why) => ResetResponse::ServiceUnavailable(error(why)),
    }
}

/// Adds what a seed names.
pub(super) async fn seed(admin: &Admin, seed: &types::Seed) -> SeedResponse {
    match seed::add(seed, &admin.contracts, &admin.state).await {
        Ok(added) => SeedResponse::Ok(added),
        Err(why @ SeedError::Store(_)) => SeedResponse::ServiceUnavailable(error(why)),
        Err(why) => SeedResponse::Conflict(error(why)),
    }
}

/// So many genuine pairs.
pub(super) fn mint(admin: &Admin, count: usize) -> Vec<types::Pair> {
    let pairs = vendor::mint(&admin.state, count).into_iter();
    pairs.map(|pair| types::Pair { id: pair.id, secret: pair.secret }).collect()
}
