//! The layer around the stubs that breaks what they keep: who is let in, and what a list shows.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use super::Dinie;
use crate::fault::Fault;
use crate::runtime::{Matched, Secret};
use crate::vendor::spoil::{self, Form};

static FORM: Form = Form {
    revocation: "revokeCredential",
    confirmation: None,
    sentence: "/detail",
    required: "/title",
    secret_headers: &[],
    secret_members: &[],
    bounds: &[],
    accepted: &[(
        "createCredential",
        201,
        r#"{"id":"dinie_ci_00000000000000000000000000000001","client_id":"dinie_ci_00000000000000000000000000000001",
            "name":"accepted","status":"active","expires_at":null,"created_at":"2026-03-04T12:00:00Z",
            "updated_at":"2026-03-04T12:00:00Z","last_used_at":null,
            "client_secret":"none"}"#,
    )],
};

/// Stands in for a token that is missing.
pub(super) const ANYBODY: &str = "anybody";

/// What `Authorization` carries, in clear.
pub(super) fn presented(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        return String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok();
    }
    Some(value.trim().to_owned())
}

/// Puts the layers around the routes that break what the stubs keep.
pub(super) fn wrap(routes: Router, dinie: Arc<Dinie>) -> Router {
    let state = dinie.state.clone();
    spoil::wrap(routes.layer(from_fn_with_state(dinie, around)), &state, &FORM)
}

async fn around(Shared(dinie): Shared<Arc<Dinie>>, mut request: Request, next: Next) -> Response {
    if dinie.state.faults().on().next().is_none() {
        return next.run(request).await;
    }
    let is_exchange = request.uri().path() == "/auth/token";
    let headers = request.headers_mut();
    if dinie.is_on(Fault::MissingCredentialAccepted) && !is_exchange && !headers.contains_key(AUTHORIZATION) {
        bear(headers, ANYBODY);
    }
    if dinie.is_on(Fault::SecretAcceptedAsToken)
        && !is_exchange
        && let Some((_, secret)) = presented(headers).as_deref().and_then(|pair| pair.split_once(':'))
    {
        bear(headers, secret);
    }
    let named = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let operation = response.extensions().get::<Matched>().map(|matched| matched.operation().0.clone());
    match operation.as_deref() {
        Some("revokeCredential") if response.status() == StatusCode::UNAUTHORIZED => {
            if dinie.is_on(Fault::UnauthenticatedRevocationSucceeds)
                && let Err(error) = dinie.revoke_for_anybody(&named).await
            {
                tracing::error!(%error, "a revocation without authentication failed");
            }
            response
        }
        Some("listCredentials") if dinie.is_on(Fault::SecretEchoedInList) => {
            let secrets = dinie.memory.secrets();
            spoil::edited(response, |body| show_secrets(body, &secrets)).await
        }
        _ => response,
    }
}

fn bear(headers: &mut HeaderMap, token: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        headers.insert(AUTHORIZATION, value);
    }
}

fn show_secrets(body: &mut Value, secrets: &HashMap<String, Secret>) {
    let Some(Value::Array(items)) = body.get_mut("data") else { return };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let secret = item.get("client_id").and_then(|id| secrets.get(id.as_str()?));
        if let Some(secret) = secret {
            item.insert("client_secret".to_owned(), secret.expose().into());
        }
    }
}
