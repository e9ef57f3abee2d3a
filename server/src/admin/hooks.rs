//! The hooks of the contracts over the admin listener.

use axum::body::Bytes;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;

use super::Admin;
use super::answer::Refusal;
use crate::hook::HookError;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    credential: Option<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
}

/// Runs a hook. No body is as good as an empty object.
pub(super) async fn run(
    State(admin): State<Admin>,
    Path((contract, hook)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let subject = if body.is_empty() {
        Subject::default()
    } else {
        let usage = "send nothing, {}, or {\"credential\": {\"id\": \"…\"}}";
        serde_json::from_slice(&body).map_err(|_| Refusal::Request(usage))?
    };
    let served = admin.contracts.get(&contract).ok_or(HookError::NotServed(contract))?;
    served.hooks().run(&hook, subject.credential.as_ref().map(|named| named.id.as_str())).await?;
    Ok(StatusCode::NO_CONTENT)
}
