//! The clock over the admin listener.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Admin;
use super::answer::Refusal;

#[derive(Serialize)]
pub(super) struct Shown {
    now: jiff::Timestamp,
    #[serde(rename = "virtual")]
    is_virtual: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Seconds, with a fraction if need be.
    seconds: f64,
}

pub(super) async fn show(State(admin): State<Admin>) -> Json<Shown> {
    let clock = admin.state.clock();
    Json(Shown { now: clock.now(), is_virtual: clock.is_virtual() })
}

pub(super) async fn advance(State(admin): State<Admin>, body: Bytes) -> Result<Json<Shown>, Refusal> {
    let usage = Refusal::Request("send {\"seconds\": n} with a number that is not negative");
    let by = serde_json::from_slice(&body)
        .ok()
        .and_then(|Advance { seconds }| Duration::try_from_secs_f64(seconds).ok());
    let now = admin.state.clock().advance(by.ok_or(usage)?)?;
    tracing::info!(%now, "the clock was moved");
    Ok(Json(Shown { now, is_virtual: true }))
}
