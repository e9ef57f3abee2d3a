//! Answers of the admin listener: JSON, or a reason in one sentence.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::bootstrap::BootstrapError;
use crate::clock::ClockError;
use crate::fault::UnknownFault;
use crate::hook::HookError;
use crate::store::StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Fault(#[from] UnknownFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error("{0}")]
    Request(&'static str),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Clock(_) => StatusCode::CONFLICT,
            Self::Hook(HookError::CredentialMissing(_)) | Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Hook(HookError::Store(_)) | Self::Store(_) | Self::Bootstrap(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Fault(_) | Self::Hook(_) => StatusCode::NOT_FOUND,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
