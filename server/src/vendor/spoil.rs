//! Broken promises about the form of requests and answers, alike for every contract.
//!
//! The stubs let in, and can write, only what is documented. So these promises are broken around them, by a layer that
//! touches nothing while no fault is on.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::fault::Fault;
use crate::runtime::Matched;
use crate::state::State;

/// Where a contract keeps what can be spoilt.
#[derive(Debug)]
pub(super) struct Form {
    /// The operation that revokes or deletes a credential.
    pub(super) revocation: &'static str,
    /// A required member of its answer, if it has a body.
    pub(super) confirmation: Option<&'static str>,
    /// Pointer to the sentence in an error.
    pub(super) sentence: &'static str,
    /// Pointer to a required member of an error.
    pub(super) required: &'static str,
    /// Headers that carry a secret.
    pub(super) secret_headers: &'static [&'static str],
    /// Members of bodies that carry a secret.
    pub(super) secret_members: &'static [&'static str],
    /// Members of bodies with the most characters that they may have.
    pub(super) bounds: &'static [(&'static str, usize)],
    /// Operations with a body, and the status and body of an answer that accepts it.
    pub(super) accepted: &'static [(&'static str, u16, &'static str)],
}

#[derive(Clone)]
struct Spoiler {
    state: State,
    form: &'static Form,
}

/// Puts the layer around the routes of a contract.
pub(super) fn wrap(routes: Router, state: &State, form: &'static Form) -> Router {
    routes.layer(from_fn_with_state(Spoiler { state: state.clone(), form }, around))
}

async fn around(Shared(spoiler): Shared<Spoiler>, request: Request, next: Next) -> Response {
    if spoiler.state.faults().on().next().is_none() {
        return next.run(request).await;
    }
    if is_long(request.headers(), &spoiler.state) {
        return spoiler.answer_long(request, next).await;
    }
    if spoiler.is_on(Fault::EncodedPathRefused) && request.uri().path().contains('%') {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let bytes = spoiler.shorten(bytes);
    let sent = Sent {
        headers: parts.headers.clone(),
        body: serde_json::from_slice(&bytes).ok(),
        has_body: !bytes.is_empty(),
    };
    let is_harmless = parts.method == Method::HEAD || parts.method == Method::OPTIONS;
    let response = spoiler.send(parts, bytes, next).await;
    let is_unknown_method = response.status() == StatusCode::METHOD_NOT_ALLOWED && !is_harmless;
    if is_unknown_method && spoiler.is_on(Fault::UndocumentedMethodAnswered) {
        return StatusCode::NO_CONTENT.into_response();
    }
    spoiler.spoil(response, &sent).await
}

/// Whether a body is announced that the stubs would not read to its end.
fn is_long(headers: &HeaderMap, state: &State) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    length.is_some_and(|length| length > state.limits().body)
}

/// What matters of a request once it was answered.
struct Sent {
    headers: HeaderMap,
    /// The body, if it is JSON.
    body: Option<Value>,
    has_body: bool,
}

impl Spoiler {
    fn is_on(&self, fault: Fault) -> bool {
        self.state.faults().is_on(fault)
    }

    async fn answer_long(&self, request: Request, next: Next) -> Response {
        if !self.is_on(Fault::OversizedBodyServerError) {
            return next.run(request).await;
        }
        // Read to its end, so that whoever sent it sees the answer.
        let (parts, body) = request.into_parts();
        let _ = to_bytes(body, usize::MAX).await;
        let mut response = next.run(Request::from_parts(parts, Body::empty())).await;
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }

    /// Cuts a text that is one character too long, so that the stubs let it through.
    fn shorten(&self, bytes: Bytes) -> Bytes {
        if !self.is_on(Fault::LengthBoundOffByOne) {
            return bytes;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(&bytes) else { return bytes };
        for (member, most) in self.form.bounds {
            if let Some(Value::String(text)) = body.get_mut(*member)
                && text.chars().count() == most + 1
            {
                text.pop();
            }
        }
        serde_json::to_vec(&body).map_or(bytes, Bytes::from)
    }

    async fn send(&self, mut parts: Parts, bytes: Bytes, next: Next) -> Response {
        parts.headers.remove(CONTENT_LENGTH);
        if self.is_on(Fault::HeadHasEffect) && parts.method == Method::HEAD {
            let refusal =
                next.clone().run(Request::from_parts(parts.clone(), Body::from(bytes.clone()))).await;
            let allowed = refusal
                .headers()
                .get(ALLOW)
                .and_then(|value| value.to_str().ok()?.split(", ").next()?.parse().ok());
            let Some(method) = allowed else { return refusal };
            parts.method = method;
        }
        next.run(Request::from_parts(parts, Body::from(bytes))).await
    }

    async fn spoil(&self, response: Response, sent: &Sent) -> Response {
        let operation = response.extensions().get::<Matched>().map(|matched| matched.operation().0.clone());
        let Some(operation) = operation else { return response };
        if response.status().is_success() {
            if operation == self.form.revocation { self.confirm(response).await } else { response }
        } else {
            self.refuse(response, sent, &operation).await
        }
    }

    /// Spoils the answer to a revocation that was done.
    async fn confirm(&self, mut response: Response) -> Response {
        if self.is_on(Fault::RevocationBodyMissingMember)
            && let Some(member) = self.form.confirmation
        {
            response = edited(response, |body| remove(body, member)).await;
        }
        if self.is_on(Fault::WrongSuccessStatus) {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        response
    }

    /// Spoils a refusal.
    async fn refuse(&self, mut response: Response, sent: &Sent, operation: &str) -> Response {
        let is_about_body = response.status() == StatusCode::BAD_REQUEST
            || response.status() == StatusCode::UNPROCESSABLE_ENTITY
            || response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE;
        if is_about_body && sent.has_body {
            if sent.body.is_none() && self.is_on(Fault::MalformedJsonServerError) {
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            }
            if sent.body.is_some()
                && self.is_on(Fault::InvalidBodyAccepted)
                && let Some((_, status, body)) =
                    self.form.accepted.iter().find(|(known, ..)| *known == operation)
            {
                *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *response.body_mut() = Body::from(*body);
                return response;
            }
        }
        if self.is_on(Fault::StackTraceInError) {
            response = edited(response, |body| append(body, self.form.sentence, STACK_TRACE)).await;
        }
        if self.is_on(Fault::SecretEchoedInError) {
            let secrets = self.secrets(sent).join(" ");
            response =
                edited(response, |body| append(body, self.form.sentence, &format!(" {secrets}"))).await;
        }
        if self.is_on(Fault::MissingRequiredMember) {
            response = edited(response, |body| remove(body, self.form.required)).await;
        }
        if self.is_on(Fault::WrongMediaType) && response.headers().contains_key(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        if self.is_on(Fault::UndocumentedStatus) {
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
        }
        response
    }

    fn secrets(&self, sent: &Sent) -> Vec<String> {
        let headers =
            self.form.secret_headers.iter().filter_map(|name| sent.headers.get(*name)?.to_str().ok());
        let body = sent.body.as_ref();
        let members = self.form.secret_members.iter().filter_map(|name| body?.get(*name)?.as_str());
        headers.chain(members).map(ToOwned::to_owned).collect()
    }
}

const STACK_TRACE: &str =
    "\nstack backtrace:\n   0: core::panicking::panic_fmt\n             at src/handler.rs:41:9";

/// The response with its JSON body changed; as it was if it has none.
pub(super) async fn edited(response: Response, edit: impl FnOnce(&mut Value)) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(mut value) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    edit(&mut value);
    parts.headers.remove(CONTENT_LENGTH);
    let bytes = serde_json::to_vec(&value).map_or(bytes, Bytes::from);
    Response::from_parts(parts, Body::from(bytes))
}

/// Removes the member that a pointer names.
fn remove(body: &mut Value, pointer: &str) {
    let Some((parent, member)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = body.pointer_mut(parent) {
        members.shift_remove(member);
    }
}

/// Appends to the text that a pointer names.
fn append(body: &mut Value, pointer: &str, what: &str) {
    if let Some(Value::String(text)) = body.pointer_mut(pointer) {
        text.push_str(what);
    }
}
