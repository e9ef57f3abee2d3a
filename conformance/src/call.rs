//! From a call of a lifecycle document to a request, and from a condition to a judgement of the answer.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use indexmap::IndexMap;
use jiff::Timestamp;
use rescind_specs::lifecycle::{Call, Condition, Expression, JsonTemplate, Payload, SuppliedName};
use rescind_specs::{Contract, MediaType, Operation, ParameterLocation, PathPiece, Pointer};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::credential::{Credential, Token};
use crate::deployment::Pair;
use crate::exchange::{Exchange, Origin, OriginKind, Request, Response, cookies};

/// A text with where it came from. It may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The text.
    pub text: String,
    /// Where it came from; `None` for one that the run made up.
    pub from: Option<OriginKind>,
}

/// What the runtime expressions of a call stand for.
#[derive(Clone, Default)]
pub struct Bindings {
    /// `$credential`.
    pub credential: Option<Arc<Credential>>,
    /// `$other`.
    pub other: Option<Arc<Credential>>,
    /// `$token`.
    pub token: Option<Arc<Token>>,
    /// `$pool`.
    pub pool: Option<Pair>,
    /// `$caller`: whoever makes the call.
    pub caller: Option<Arc<Credential>>,
    /// `$dependent.id`.
    pub dependent: Option<Known>,
    /// `$unique`; one word for the whole call.
    pub unique: String,
    /// `$supplied`.
    pub supplied: Arc<IndexMap<SuppliedName, String>>,
    /// `$obtained`, by name and value.
    pub obtained: Arc<IndexMap<(String, String), Known>>,
    /// `$expiry`.
    pub expiry: Option<Timestamp>,
    /// Members that replace those of the call's body (RFC 7396).
    pub patch: Option<JsonTemplate>,
}

/// What `$request` and `$response` stand for.
#[derive(Clone, Copy, Default)]
pub struct Scope<'e> {
    operation: Option<&'e Operation>,
    request: Option<&'e Request>,
    response: Option<&'e Response>,
}

impl<'e> Scope<'e> {
    /// Nothing was sent yet.
    pub fn before() -> Self {
        Self::default()
    }

    /// A request that was not answered yet.
    pub(crate) fn asking(contract: &'e Contract, request: &'e Request) -> Self {
        let operation = request.operation.as_ref().and_then(|id| contract.operation(id));
        Self { operation, request: Some(request), response: None }
    }

    /// The request and the answer of an exchange.
    pub fn after(contract: &'e Contract, exchange: &'e Exchange) -> Self {
        Self {
            operation: exchange.request.operation.as_ref().and_then(|id| contract.operation(id)),
            request: Some(&exchange.request),
            response: exchange.response(),
        }
    }
}

/// Why a call could not be made into a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotBuild {
    /// An expression stands for nothing yet.
    #[error("nothing is known for {0}")]
    Unknown(String),
    /// The operator supplied too few pairs.
    #[error("the pool of pairs that can be registered is used up; supply more of them")]
    PoolEmpty,
    /// The contract lacks it.
    #[error("the contract has no operation {0}")]
    NoOperation(String),
    /// It cannot be written into the request.
    #[error("the value of {0} cannot be sent")]
    Unsendable(String),
}

impl Bindings {
    /// What an expression stands for.
    pub fn value(&self, expression: &Expression, scope: &Scope<'_>) -> Option<Value> {
        let text = |text: &str| Some(Value::String(text.to_owned()));
        match expression {
            Expression::RequestBody(pointer) => {
                request_body(scope.request?)?.pointer(pointer.as_str()).cloned()
            }
            Expression::RequestParameter(location, name) => {
                request_parameter(scope, *location, name).map(Value::String)
            }
            Expression::ResponseBody(pointer) => scope.response?.at(pointer),
            Expression::ResponseHeader(name) => {
                text(scope.response?.headers.get(name.as_str())?.to_str().ok()?)
            }
            Expression::ResponseCookie(name) => text(scope.response?.cookie(name)?),
            Expression::CallerId => text(&self.caller.as_ref()?.id.text),
            Expression::CallerSecret => text(&self.caller.as_ref()?.secret.as_ref()?.text),
            Expression::CredentialId => text(&self.credential.as_ref()?.id.text),
            Expression::CredentialSecret => text(&self.credential.as_ref()?.secret.as_ref()?.text),
            Expression::OtherId => text(&self.other.as_ref()?.id.text),
            Expression::Token => text(&self.token.as_ref()?.text.text),
            Expression::PoolId => text(&self.pool.as_ref()?.id),
            Expression::PoolSecret => text(self.pool.as_ref()?.secret.expose_secret()),
            Expression::DependentId => text(&self.dependent.as_ref()?.text),
            Expression::Supplied(name) => text(self.supplied.get(&SuppliedName(name.clone()))?),
            Expression::Obtained(name, value) => {
                text(&self.obtained.get(&(name.clone(), value.clone()))?.text)
            }
            Expression::Unique => text(&self.unique),
            Expression::Expiry => text(&self.expiry?.to_string()),
        }
    }

    /// Where the value of an expression came from, if it was obtained or supplied.
    pub(crate) fn origin(&self, expression: &Expression) -> Option<Origin> {
        let of = |known: &Known| Some(Origin::new(known.text.clone(), known.from.clone()?));
        match expression {
            Expression::CallerId => of(&self.caller.as_ref()?.id),
            Expression::CallerSecret => of(self.caller.as_ref()?.secret.as_ref()?),
            Expression::CredentialId => of(&self.credential.as_ref()?.id),
            Expression::CredentialSecret => of(self.credential.as_ref()?.secret.as_ref()?),
            Expression::OtherId => of(&self.other.as_ref()?.id),
            Expression::Token => of(&self.token.as_ref()?.text),
            Expression::DependentId => of(self.dependent.as_ref()?),
            Expression::Obtained(name, value) => of(self.obtained.get(&(name.clone(), value.clone()))?),
            Expression::PoolSecret => {
                let pair = self.pool.as_ref()?;
                let from = OriginKind::Supplied(pair.source.clone());
                Some(Origin::new(pair.secret.expose_secret(), from))
            }
            _ => None,
        }
    }

    /// Whether the answer of `exchange` is like `condition`; else what differs, in words. A lost reply is like none.
    pub fn meets(
        &self,
        contract: &Contract,
        condition: &Condition,
        exchange: &Exchange,
    ) -> Result<(), String> {
        let Some(response) = exchange.response() else { return Err("no answer".to_owned()) };
        let scope = Scope::after(contract, exchange);
        let mut differences = Vec::new();
        let status = response.status.as_u16();
        if condition.status.as_ref().is_some_and(|set| !set.contains(status)) {
            differences.push(format!("status {status}"));
        }
        if let Some(documented) = &condition.media_type {
            match response.media_type() {
                Some(received) if documented.accepts(&received) => {}
                Some(received) => differences.push(format!("media type {received}")),
                None => differences.push("no media type".to_owned()),
            }
        }
        match condition.payload {
            Some(Payload::Empty) if !response.body.is_empty() => {
                differences.push(format!("a body of {} bytes", response.body.len()));
            }
            Some(Payload::Some) if response.body.is_empty() => differences.push("no body".to_owned()),
            _ => {}
        }
        let body = response.value();
        let at = |pointer: &Pointer| body.as_ref().and_then(|body| pointer.get(body));
        for (pointer, template) in &condition.body {
            let documented = template.render(&mut |expression| self.value(expression, &scope)).ok();
            match at(pointer) {
                Some(received) if documented.as_ref().is_some_and(|value| same(value, received)) => {}
                Some(received) => differences.push(format!("{pointer} is {}", short(received))),
                None => differences.push(format!("{pointer} is absent")),
            }
        }
        for (pointer, pattern) in &condition.matches {
            match at(pointer) {
                Some(Value::String(text)) if pattern.is_match(text) => {}
                Some(received) => differences.push(format!("{pointer} is {}", short(received))),
                None => differences.push(format!("{pointer} is absent")),
            }
        }
        differences.extend(
            condition
                .present
                .iter()
                .filter(|pointer| at(pointer).is_none())
                .map(|pointer| format!("{pointer} is absent")),
        );
        differences.extend(
            condition
                .absent
                .iter()
                .filter(|pointer| at(pointer).is_some_and(|value| !value.is_null()))
                .map(|pointer| format!("{pointer} is there")),
        );
        for (name, template) in &condition.headers {
            let documented = template.render(&mut |expression| self.value(expression, &scope)).ok();
            let received = response.headers.get(name.as_str()).and_then(|value| value.to_str().ok());
            match (documented, received) {
                (Some(Value::String(documented)), Some(received)) if documented == received => {}
                (Some(documented), Some(received)) if plain(&documented) == received => {}
                (_, Some(received)) => differences.push(format!("header {name} is {received}")),
                (_, None) => differences.push(format!("header {name} is absent")),
            }
        }
        if differences.is_empty() { Ok(()) } else { Err(differences.join(", ")) }
    }
}

/// A call as a request, without its credential.
///
/// # Errors
/// An expression stands for nothing, or a value cannot be sent where the call has it.
pub fn build_call(contract: &Contract, call: &Call, bindings: &Bindings) -> Result<Request, CannotBuild> {
    let operation = contract
        .operation(&call.operation)
        .ok_or_else(|| CannotBuild::NoOperation(call.operation.to_string()))?;
    let scope = Scope::before();
    let mut origins = Vec::new();
    let mut render = |template: &JsonTemplate| {
        template
            .render(&mut |expression| {
                origins.extend(bindings.origin(expression));
                bindings.value(expression, &scope)
            })
            .map_err(unknown)
    };
    let mut values = Vec::new();
    for (name, template) in &call.parameters {
        values.push((name.as_str(), render(template)?));
    }
    let body = match (&call.body, &bindings.patch) {
        (Some(body), patch) => {
            let mut body = render(body)?;
            if let Some(patch) = patch {
                merge(&mut body, render(patch)?);
            }
            Some(body)
        }
        (None, Some(patch)) => Some(render(patch)?),
        (None, None) => None,
    };
    let mut request = Request {
        operation: Some(operation.id.clone()),
        method: operation.method.clone(),
        target: String::new(),
        headers: accept(operation),
        body: None,
        origins,
    };
    parameters(operation, &values, &mut request)?;
    if let Some(body) = &body {
        set_body(operation, body, &mut request)?;
    }
    Ok(request)
}

fn unknown(expression: Expression) -> CannotBuild {
    match expression {
        Expression::PoolId | Expression::PoolSecret => CannotBuild::PoolEmpty,
        other => CannotBuild::Unknown(other.to_string()),
    }
}

/// The media types of all documented answers; any where none is documented.
pub(crate) fn accept(operation: &Operation) -> HeaderMap {
    let mut types: Vec<String> = Vec::new();
    for content in operation.responses.iter().flat_map(|response| &response.content) {
        let media_type = content.media_type.to_string();
        if !types.contains(&media_type) {
            types.push(media_type);
        }
    }
    let text = if types.is_empty() { "*/*".to_owned() } else { types.join(", ") };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(header::ACCEPT, value);
    }
    headers
}

fn parameters(
    operation: &Operation,
    values: &[(&str, Value)],
    request: &mut Request,
) -> Result<(), CannotBuild> {
    let texts: Vec<(&str, String)> = values.iter().map(|(name, value)| (*name, plain(value))).collect();
    let find = |name: &str| texts.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    let mut target = operation.path.fill(find);
    let mut query = Vec::new();
    for parameter in &operation.parameters {
        let Some((_, value)) = values.iter().find(|(name, _)| name.eq_ignore_ascii_case(&parameter.name))
        else {
            continue;
        };
        let text = plain(value);
        match parameter.location {
            ParameterLocation::Path => {}
            ParameterLocation::Query => match value {
                Value::Array(items) => {
                    query.extend(items.iter().map(|item| (parameter.name.clone(), plain(item))));
                }
                _ => query.push((parameter.name.clone(), text)),
            },
            ParameterLocation::Header => set_header(&mut request.headers, &parameter.name, &text)?,
            ParameterLocation::Cookie => add_cookie(&mut request.headers, &parameter.name, &text)?,
        }
    }
    append_query(&mut target, &query);
    request.target = target;
    Ok(())
}

/// Adds parameters to the query of a target.
pub(crate) fn append_query(target: &mut String, query: &[(String, String)]) {
    if query.is_empty() {
        return;
    }
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    target.push(if target.contains('?') { '&' } else { '?' });
    // A space as %20 is read alike everywhere.
    target.push_str(&encoded.replace('+', "%20"));
}

/// Puts the body on the request, in the first documented media type.
pub(crate) fn set_body(
    operation: &Operation,
    body: &Value,
    request: &mut Request,
) -> Result<(), CannotBuild> {
    let documented = operation.request_body.as_ref().and_then(|body| body.content.first());
    let media_type = documented.map_or_else(MediaType::json, |content| content.media_type.clone());
    let bytes = if media_type.is_form() {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in body.as_object().into_iter().flatten() {
            match value {
                Value::Null => {}
                Value::Array(items) => {
                    form.extend_pairs(items.iter().map(|item| (name, plain(item))));
                }
                _ => {
                    form.append_pair(name, &plain(value));
                }
            }
        }
        form.finish()
    } else {
        body.to_string()
    };
    set_header(&mut request.headers, header::CONTENT_TYPE.as_str(), &media_type.to_string())?;
    request.body = Some(Bytes::from(bytes));
    Ok(())
}

/// Sets a header.
pub(crate) fn set_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), CannotBuild> {
    let unsendable = || CannotBuild::Unsendable(format!("the header {name}"));
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
    headers.insert(parsed, HeaderValue::from_str(value).map_err(|_| unsendable())?);
    Ok(())
}

/// Adds a cookie to those already sent.
pub(crate) fn add_cookie(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), CannotBuild> {
    let mut text = headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .map(|text| format!("{text}; "))
        .unwrap_or_default();
    let _ = write!(text, "{name}={value}");
    set_header(headers, header::COOKIE.as_str(), &text)
}

/// The value of HTTP Basic (RFC 7617).
pub(crate) fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

/// A value as it stands in a parameter.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// JSON Merge Patch (RFC 7396).
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in members {
        if value.is_null() {
            object.shift_remove(&name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Numbers are equal by value: 1 is 1.0.
fn same(documented: &Value, received: &Value) -> bool {
    match (documented.as_f64(), received.as_f64()) {
        (Some(documented), Some(received)) => (documented - received).abs() < f64::EPSILON,
        _ => documented == received,
    }
}

/// A value in a sentence.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// The body of a request as JSON; that of a form as an object of strings.
pub(crate) fn request_body(request: &Request) -> Option<Value> {
    let body = request.body.as_ref()?;
    let media_type: Option<MediaType> =
        request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse().ok());
    if media_type.is_some_and(|media_type| media_type.is_form()) {
        let pairs = url::form_urlencoded::parse(body);
        return Some(
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect(),
        );
    }
    serde_json::from_slice(body).ok()
}

/// The value of a parameter that was sent.
pub(crate) fn request_parameter(
    scope: &Scope<'_>,
    location: ParameterLocation,
    name: &str,
) -> Option<String> {
    let request = scope.request?;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    match location {
        ParameterLocation::Query => url::form_urlencoded::parse(query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned()),
        ParameterLocation::Header => Some(request.headers.get(name)?.to_str().ok()?.to_owned()),
        ParameterLocation::Path => path_parameter(scope.operation?, path, name),
        ParameterLocation::Cookie => {
            let header = request.headers.get(header::COOKIE)?.to_str().ok()?;
            cookies(header).find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
        }
    }
}

/// Reads a path parameter back from a path that the template was filled into.
pub(crate) fn path_parameter(operation: &Operation, path: &str, name: &str) -> Option<String> {
    let pieces = operation.path.pieces();
    let mut rest = path;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            PathPiece::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
            PathPiece::Parameter(known) => {
                let end = match pieces.get(index + 1) {
                    Some(PathPiece::Literal(text)) => rest.find(text.as_str())?,
                    _ => rest.len(),
                };
                if known == name {
                    let encoded = rest[..end].replace('+', "%2B");
                    let decoded = url::form_urlencoded::parse(encoded.as_bytes()).next()?.0.into_owned();
                    return Some(decoded);
                }
                rest = &rest[end..];
            }
        }
    }
    None
}
