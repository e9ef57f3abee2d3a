//! Readiness, a new start, and genuine pairs, over the admin listener.

use axum::Json;
use axum::extract::State;
use http::{StatusCode, Uri};

use super::Admin;
use super::answer::Refusal;
use crate::target::PairText;
use crate::vendor;

/// The most pairs that are minted at a time.
const MOST_PAIRS: usize = 10_000;

pub(super) async fn ready(State(admin): State<Admin>) -> Result<&'static str, Refusal> {
    admin.state.store().ping().await?;
    Ok("ready\n")
}

/// Forgets all facts, counts and faults. The clock stays, and the callers of the start are there again, as they were.
pub(super) async fn reset(State(admin): State<Admin>) -> Result<StatusCode, Refusal> {
    admin.state.store().clear().await?;
    admin.state.restart();
    admin.state.faults().clear_all();
    for served in &admin.contracts {
        served.begin_again(&admin.state).await?;
    }
    tracing::info!("everything was reset");
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn mint(State(admin): State<Admin>, uri: Uri) -> Result<Json<Vec<PairText>>, Refusal> {
    let count = match uri.query().unwrap_or_default() {
        "" => Some(1),
        query => query.strip_prefix("count=").and_then(|count| count.parse().ok()),
    };
    let count: usize = count
        .filter(|count| (1..=MOST_PAIRS).contains(count))
        .ok_or(Refusal::Request("ask with ?count=n, from 1 to 10000"))?;
    let pairs = vendor::mint(&admin.state, count);
    Ok(Json(pairs.iter().map(PairText::from).collect()))
}
