//! The layer around the stubs that breaks what they keep: who is let in, and what a list shows.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::ShiftAgent;
use crate::fault::Fault;
use crate::runtime::{Matched, Secret};
use crate::vendor::spoil::{self, Form};

static FORM: Form = Form {
    revocation: "deleteCredential",
    confirmation: None,
    sentence: "/detail",
    required: "/title",
    secret_headers: &["authorization"],
    secret_members: &["secret"],
    bounds: &[("name", 255)],
    accepted: &[
        (
            "createCredential",
            201,
            r#"{"object":"credential","id":"crd_accepted","name":"accepted","type":"generic_secret","metadata":{},
                "created_at":"2026-03-04T12:00:00Z","updated_at":"2026-03-04T12:00:00Z"}"#,
        ),
        (
            "registerRepository",
            201,
            r#"{"object":"repository","id":"rep_accepted","name":"accepted","repo_url":"https://git.invalid/a.git",
                "branch":"main","provider":"generic","credential_id":null,"metadata":{},
                "sync":{"state":"pending","last_synced_at":null,"error":null,"skill_count":0},
                "created_at":"2026-03-04T12:00:00Z","updated_at":"2026-03-04T12:00:00Z"}"#,
        ),
    ],
};

/// Stands in for a key that is missing.
pub(super) const ANYBODY: &str = "anybody";

/// Puts the layers around the routes that break what the stubs keep.
pub(super) fn wrap(routes: Router, agent: Arc<ShiftAgent>) -> Router {
    let state = agent.state.clone();
    spoil::wrap(routes.layer(from_fn_with_state(agent, around)), &state, &FORM)
}

async fn around(Shared(agent): Shared<Arc<ShiftAgent>>, mut request: Request, next: Next) -> Response {
    if !agent.is_broken() {
        return next.run(request).await;
    }
    if agent.is_on(Fault::MissingCredentialAccepted)
        && !request.headers().contains_key(AUTHORIZATION)
        && let Ok(value) = HeaderValue::from_str(&format!("Bearer {ANYBODY}"))
    {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let named = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let operation = response.extensions().get::<Matched>().map(|matched| matched.operation().0.clone());
    match operation.as_deref() {
        Some("deleteCredential") if response.status() == StatusCode::UNAUTHORIZED => {
            if agent.is_on(Fault::UnauthenticatedRevocationSucceeds)
                && let Err(error) = agent.delete_for_anybody(&named).await
            {
                tracing::error!(%error, "a deletion without authentication failed");
            }
            response
        }
        Some("listCredentials") if agent.is_on(Fault::SecretEchoedInList) => {
            let secrets = agent.memory.secrets();
            spoil::edited(response, |body| show_secrets(body, &secrets)).await
        }
        _ => response,
    }
}

fn show_secrets(body: &mut Value, secrets: &HashMap<String, Secret>) {
    let Some(Value::Array(items)) = body.get_mut("data") else { return };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let secret = item.get("id").and_then(|id| secrets.get(id.as_str()?));
        if let Some(secret) = secret {
            item.insert("secret".to_owned(), secret.expose().into());
        }
    }
}
