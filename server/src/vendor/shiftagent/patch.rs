//! What a partial change says by `null`. The stubs' type of its body is the same for a member that is null and one
//! that is missing, which here differ: null clears a reference, absence keeps it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::runtime::Context;

/// What was read of a body. Nothing is read before the stubs read it, nor more.
#[derive(Clone, Debug, Default)]
struct Read(Arc<Mutex<Vec<u8>>>);

/// Lets each partial change through `routes` remember its body.
pub(super) fn wrap(routes: Router) -> Router {
    routes.layer(from_fn(around))
}

async fn around(request: Request, next: Next) -> Response {
    if request.method() != Method::PATCH {
        return next.run(request).await;
    }
    let read = Read::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(read.clone());
    let body = body.map_frame(move |frame| {
        if let Some(data) = frame.data_ref() {
            read.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
        }
        frame
    });
    next.run(Request::from_parts(parts, Body::new(body))).await
}

/// Whether the body of this partial change says that `member` is null.
pub(super) fn clears(context: &Context, member: &str) -> bool {
    let Some(read) = context.extensions().get::<Read>() else { return false };
    let bytes = read.0.lock().unwrap_or_else(PoisonError::into_inner);
    serde_json::from_slice::<Value>(&bytes).is_ok_and(|body| body.get(member) == Some(&Value::Null))
}
