//! A valid request to an operation, part by part, so that a case can replace one of them.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, header};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rescind_specs::lifecycle::{Call, CallerName, Condition, CredentialKind, JsonTemplate, KindName};
use rescind_specs::{Contract, Direction, Operation, Parameter, ParameterLocation, Pointer, Schema};
use serde_json::{Map, Value};

use super::schema::minimal;
use crate::call::{Bindings, Known, Scope, accept, add_cookie, append_query, set_body, set_header};
use crate::credential::Credential;
use crate::exchange::{Origin, Request};

/// What an operation is for, as far as the lifecycle document tells. It decides what may be sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It issues credentials; what it issues is put away at the end of the run.
    Issue,
    /// It takes one-time pairs that the operator supplied. None is ever used up for a case.
    Register,
    /// It revokes and names no credential: whatever its caller holds is over.
    Leave,
    /// The lifecycle document calls it otherwise: exchange, probe, list, revoke, or a call about a dependent.
    Known,
    /// Its method is safe (RFC 9110 §9.2.1).
    Safe,
    /// Nothing is known of what a success of it leaves behind.
    Unknown,
}

/// Where requests to one operation start from.
pub struct Base<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// The operation.
    pub operation: &'c Operation,
    /// What it is for.
    pub role: Role,
    call: Option<&'c Call>,
    kind: Option<(&'c KindName, &'c CredentialKind)>,
    /// What counts as success, where the lifecycle document says so.
    pub success: Option<&'c Condition>,
    /// What the expressions of its call stand for that do not depend on a case.
    pub bindings: Bindings,
}

/// The parts of one request.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The values of the parameters that are sent.
    pub parameters: Vec<(ParameterLocation, String, Value)>,
    /// The body, if one is sent.
    pub body: Option<Value>,
}

impl<'c> Base<'c> {
    /// Where requests to `operation` start from.
    pub fn of(contract: &'c Contract, operation: &'c Operation) -> Self {
        let found = find(contract, operation);
        let role = match &found {
            Some(found) if found.issues && uses_pool(found.call) => Role::Register,
            Some(found) if found.issues => Role::Issue,
            Some(found) if found.leaves => Role::Leave,
            Some(_) => Role::Known,
            None if operation.method.is_safe() => Role::Safe,
            None => Role::Unknown,
        };
        Self {
            contract,
            operation,
            role,
            call: found.as_ref().map(|found| found.call),
            kind: found.as_ref().and_then(|found| found.kind),
            success: found.and_then(|found| found.success),
            bindings: Bindings::default(),
        }
    }

    /// Who makes the call of the lifecycle document, where that is a caller.
    pub fn caller(&self) -> Option<&'c CallerName> {
        self.call?.actor.caller()
    }

    /// Whether a request that is all right may be sent to it: what it leaves behind is put away, or it leaves nothing.
    pub fn may_succeed(&self) -> bool {
        !matches!(self.role, Role::Unknown | Role::Leave)
    }

    /// The schema of the body in the first documented media type, where that is JSON or a form.
    pub fn body_schema(&self) -> Option<&'c Schema> {
        let content = self.operation.request_body.as_ref()?.content.first()?;
        let known = content.media_type.is_json() || content.media_type.is_form();
        content.schema.as_ref().filter(|_| known)
    }

    /// Whether bodies are JSON.
    pub fn takes_json(&self) -> bool {
        let content = self.operation.request_body.as_ref().and_then(|body| body.content.first());
        content.is_some_and(|content| content.media_type.is_json())
    }

    /// The parts of a valid request that asks for something that no other asks for; `unique` is a fresh word.
    /// `None` where a required part cannot be made. Identifiers in the path are ones that nobody has.
    pub fn parts(&self, unique: &str, runner: &mut TestRunner) -> Option<Parts> {
        let bindings = Bindings { unique: unique.to_owned(), ..self.bindings.clone() };
        let mut parameters = Vec::new();
        for parameter in &self.operation.parameters {
            let given = self.call.and_then(|call| {
                let mut known = call.parameters.iter();
                known.find(|(name, _)| name.eq_ignore_ascii_case(&parameter.name)).map(|(_, value)| value)
            });
            let with_id = Bindings { credential: self.nobodys(&bindings), ..bindings.clone() };
            let value = match given.and_then(|template| render(template, &with_id)) {
                Some(value) => value,
                None if parameter.required => self.made_up(parameter, unique, runner)?,
                None => continue,
            };
            parameters.push((parameter.location, parameter.name.clone(), value));
        }
        let body = match (&self.operation.request_body, self.call.and_then(|call| call.body.as_ref())) {
            (None, _) => None,
            (Some(_), Some(template)) => Some(self.body(template, &bindings, runner)?),
            // The lifecycle document calls it without a body.
            (Some(documented), None) if self.call.is_some() && !documented.required => None,
            (Some(documented), None) => match self.body_schema() {
                Some(schema) => Some(sample(self.contract, schema, runner)?),
                None if documented.required => return None,
                None => None,
            },
        };
        Some(Parts { parameters, body })
    }

    /// The body of the lifecycle document, without the members that refer to something that is not there.
    fn body(&self, template: &JsonTemplate, bindings: &Bindings, runner: &mut TestRunner) -> Option<Value> {
        if let Some(value) = render(template, bindings) {
            return Some(value);
        }
        let mut body = Map::new();
        for (name, member) in template.as_value().as_object()? {
            if let Some(value) =
                JsonTemplate::try_from(member.clone()).ok().and_then(|member| render(&member, bindings))
            {
                body.insert(name.clone(), value);
            }
        }
        // Required members that could not be had are made up.
        let schema = self.body_schema()?;
        if let Value::Object(sample) = sample(self.contract, schema, runner)? {
            for (name, value) in sample {
                body.entry(name).or_insert(value);
            }
        }
        Some(Value::Object(body))
    }

    /// A credential that does not exist, for its identifier.
    fn nobodys(&self, bindings: &Bindings) -> Option<Arc<Credential>> {
        let (name, kind) = self.kind?;
        let template = &kind.issue.as_ref()?.unknown_id;
        let id = template
            .render(&mut |expression| bindings.value(expression, &Scope::before()))
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))?;
        Some(Arc::new(Credential {
            kind: name.clone(),
            id: Known { text: id, from: None },
            secret: None,
            expires_at: None,
            issued: None,
            caller: None,
            revocation: None,
        }))
    }

    /// A value that nobody uses.
    fn made_up(&self, parameter: &Parameter, unique: &str, runner: &mut TestRunner) -> Option<Value> {
        let word = Value::String(format!("rescind{unique}"));
        let Some(schema) = &parameter.schema else { return Some(word) };
        let validator = self.contract.validator(schema, Direction::Request).ok()?;
        if parameter.location == ParameterLocation::Path && validator.is_valid(&word) {
            return Some(word);
        }
        sample(self.contract, schema, runner)
    }

    /// The request of these parts, without its credential; `None` where a part cannot be written.
    pub fn request(&self, parts: &Parts) -> Option<Request> {
        let operation = self.operation;
        let text = |location: ParameterLocation, name: &str| {
            let mut known = parts.parameters.iter();
            known.find(|(at, known, _)| *at == location && known == name).map(|(_, _, value)| plain(value))
        };
        let path: Vec<(String, String)> = operation
            .path
            .parameters()
            .map(|name| Some((name.to_owned(), text(ParameterLocation::Path, name)?)))
            .collect::<Option<_>>()?;
        let find = |name: &str| path.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        let mut request = Request {
            operation: Some(operation.id.clone()),
            method: operation.method.clone(),
            target: operation.path.fill(find),
            headers: accept(operation),
            body: None,
            origins: self.origins(),
        };
        let mut query = Vec::new();
        for (location, name, value) in &parts.parameters {
            match (location, value) {
                (ParameterLocation::Path, _) => {}
                (ParameterLocation::Query, Value::Array(items)) => {
                    query.extend(items.iter().map(|item| (name.clone(), plain(item))));
                }
                (ParameterLocation::Query, value) => query.push((name.clone(), plain(value))),
                (ParameterLocation::Header, value) => {
                    // A header is ASCII, and so is every character that counts there.
                    let ascii: String = plain(value)
                        .chars()
                        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { 'a' })
                        .collect();
                    set_header(&mut request.headers, name, &ascii).ok()?;
                }
                (ParameterLocation::Cookie, value) => {
                    add_cookie(&mut request.headers, name, &plain(value)).ok()?;
                }
            }
        }
        append_query(&mut request.target, &query);
        if let Some(body) = &parts.body {
            set_body(operation, body, &mut request).ok()?;
        }
        Some(request)
    }

    /// Where what its call says of the caller comes from.
    fn origins(&self) -> Vec<Origin> {
        let values = self.call.into_iter().flat_map(|call| call.body.iter().chain(call.parameters.values()));
        let expressions = values.flat_map(JsonTemplate::expressions);
        expressions.filter_map(|expression| self.bindings.origin(&expression)).collect()
    }

    /// The request with these bytes as its body, in the documented media type.
    pub fn request_with(&self, parts: &Parts, body: impl Into<Bytes>) -> Option<Request> {
        let mut request = self.request(parts)?;
        if !request.headers.contains_key(header::CONTENT_TYPE) {
            let content = self.operation.request_body.as_ref()?.content.first()?;
            content_type(&mut request.headers, &content.media_type.to_string());
        }
        request.body = Some(body.into());
        Some(request)
    }
}

/// Sets the media type of a request.
pub(crate) fn content_type(headers: &mut HeaderMap, media_type: &str) {
    if let Ok(value) = media_type.parse() {
        headers.insert(header::CONTENT_TYPE, value);
    }
}

/// The body of a lifecycle call with the one member replaced that `made` is about; `first` is its name. Without a
/// name, the members of the call are laid over `made`.
pub(crate) fn overlay(template: &Value, made: &Value, first: Option<&str>) -> Value {
    let (Value::Object(before), Value::Object(members)) = (template, made) else { return made.clone() };
    let Some(first) = first else {
        if members.is_empty() {
            return made.clone();
        }
        let mut all = members.clone();
        all.extend(before.iter().map(|(name, value)| (name.clone(), value.clone())));
        return Value::Object(all);
    };
    let mut body = before.clone();
    match members.get(first) {
        Some(value) => drop(body.insert(first.to_owned(), value.clone())),
        None => drop(body.shift_remove(first)),
    }
    Value::Object(body)
}

/// Makes a long text at `pointer` one that no other request has: a name may be given only once. Its length stays.
pub(crate) fn distinct(body: &Value, pointer: &Pointer, unique: &str) -> Option<Value> {
    let word = unique.chars().count();
    let mut body = body.clone();
    let Some(Value::String(text)) = body.pointer_mut(pointer.as_str()) else { return None };
    if text.chars().count() < word + 8 {
        return None;
    }
    *text = format!("{unique}{}", text.chars().skip(word).collect::<String>());
    Some(body)
}

fn sample(contract: &Contract, schema: &Schema, runner: &mut TestRunner) -> Option<Value> {
    Some(minimal(contract, schema, Direction::Request).new_tree(runner).ok()?.current())
}

fn render(template: &JsonTemplate, bindings: &Bindings) -> Option<Value> {
    template.render(&mut |expression| bindings.value(expression, &Scope::before())).ok()
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

struct Found<'c> {
    call: &'c Call,
    kind: Option<(&'c KindName, &'c CredentialKind)>,
    success: Option<&'c Condition>,
    issues: bool,
    leaves: bool,
}

/// The call of the lifecycle document to this operation; an issuing one before any other.
fn find<'c>(contract: &'c Contract, operation: &Operation) -> Option<Found<'c>> {
    let lifecycle = contract.lifecycle()?;
    let mut found = Vec::new();
    for (name, kind) in &lifecycle.credentials {
        let mut add = |call: &'c Call, success: Option<&'c Condition>, issues: bool| {
            found.push(Found { call, kind: Some((name, kind)), success, issues, leaves: false });
        };
        if let Some(issue) = &kind.issue {
            add(&issue.call, Some(&issue.success), true);
        }
        if let Some(revoke) = &kind.revoke {
            add(&revoke.call, Some(&revoke.success), false);
        }
        for token in kind.tokens.values() {
            add(&token.exchange, Some(&token.success), false);
            if let Some(probe) = &token.probe {
                add(&probe.call, None, false);
            }
        }
        if let Some(probe) = &kind.probe {
            add(&probe.call, None, false);
        }
        if let Some(listed) = &kind.listed {
            add(&listed.call, None, false);
        }
        let ways = kind.revoke.iter().flat_map(|revoke| revoke.ways.values());
        ways.for_each(|way| add(&way.call, Some(&way.success), false));
        for found in found.iter_mut().filter(|found| kind.revokes_by(&found.call.operation)) {
            found.leaves = !found.call.names_credential();
        }
    }
    let kind = lifecycle.kind(None);
    for dependent in lifecycle.dependents.values() {
        let calls = [Some(&dependent.create), Some(&dependent.read), Some(&dependent.delete)];
        let calls = calls.into_iter().chain([dependent.repoint.as_ref(), dependent.clear.as_ref()]).flatten();
        found.extend(calls.map(|action| Found {
            call: &action.call,
            kind,
            success: Some(&action.success),
            issues: false,
            leaves: false,
        }));
    }
    let mut matching = found.into_iter().filter(|found| found.call.operation == operation.id);
    let first = matching.next()?;
    if first.issues { Some(first) } else { matching.find(|found| found.issues).or(Some(first)) }
}

fn uses_pool(call: &Call) -> bool {
    call.body.as_ref().is_some_and(|body| body.as_value().to_string().contains("$pool."))
}
