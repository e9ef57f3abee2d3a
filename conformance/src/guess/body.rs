//! The parameters and the body of a call that is meant to succeed, as far as the document lets one know them. What it
//! leaves open stands there as a question.

use indexmap::IndexMap;
use rescind_specs::{Contract, Operation, Parameter, ParameterLocation, Schema, SchemaType};
use serde_json::{Map, Value};

use super::members::{self, Found};
use super::words::bare;

/// How deep required members are followed.
const DEPTH: usize = 4;

/// What is to stand in a body for the credential.
pub(super) struct Wishes<'f> {
    members: &'f Found,
    purpose: Purpose,
}

/// What the body is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To issue.
    Issue,
    /// To speak of a credential that there is.
    Known,
    /// To exchange it for a token.
    Exchange,
}

impl<'f> Wishes<'f> {
    pub(super) fn issue(members: &'f Found) -> Self {
        Self { members, purpose: Purpose::Issue }
    }

    pub(super) fn revoke(members: &'f Found) -> Self {
        Self { members, purpose: Purpose::Known }
    }

    pub(super) fn exchange(members: &'f Found) -> Self {
        Self { members, purpose: Purpose::Exchange }
    }

    /// The value of a member that is about the credential.
    fn value(&self, name: &str) -> Option<Value> {
        let plain = bare(name);
        let text = match self.purpose {
            Purpose::Issue if self.members.is_session() => match &*plain {
                "username" | "user" | "userid" | "email" | "login" | "phone" => "$caller.id",
                "password" | "passphrase" => "$caller.secret",
                _ => return None,
            },
            Purpose::Issue if self.members.is_supplied() && self.members.is_id(name) => "$pool.id",
            Purpose::Issue if self.members.is_supplied() && self.members.is_secret(name) => "$pool.secret",
            Purpose::Issue if self.members.is_secret(name) => "planted-{$unique}",
            Purpose::Issue => return None,
            _ if matches!(&*plain, "clientsecret" | "secret" | "apisecret") => "$credential.secret",
            Purpose::Known if matches!(&*plain, "token" | "accesstoken" | "apikey" | "key") => {
                "$credential.secret"
            }
            _ if self.members.is_id(name) || matches!(&*plain, "id" | "clientid" | "keyid" | "tokenid") => {
                "$credential.id"
            }
            _ => return None,
        };
        Some(Value::from(text))
    }
}

/// The body of a call; `None` where the operation takes none, or none that one could write.
pub(super) fn template(contract: &Contract, operation: &Operation, wishes: &Wishes<'_>) -> Option<Value> {
    let content = operation.request_body.as_ref()?.content.first()?;
    if !content.media_type.is_json() && !content.media_type.is_form() {
        return None;
    }
    let schema = content.schema.as_ref()?;
    let example = content.examples.first().map(|(_, example)| example).or_else(|| schema.example());
    let mut body = object(schema, example, wishes, DEPTH);
    // What the credential is known by goes into the body whether it is required or not.
    let known = wishes.purpose != Purpose::Issue || wishes.members.is_session();
    if known || wishes.members.is_supplied() || wishes.members.is_vaulted() {
        for shown in members::of_request(operation).iter().filter(|shown| shown.pointer.depth() == 1) {
            if let Some(value) = wishes.value(&shown.name) {
                body.entry(shown.name.clone()).or_insert(value);
            }
        }
    }
    let required = operation.request_body.as_ref().is_some_and(|body| body.required);
    let _ = contract;
    (required || !body.is_empty()).then_some(Value::Object(body))
}

fn object(schema: &Schema, example: Option<&Value>, wishes: &Wishes<'_>, depth: usize) -> Map<String, Value> {
    let mut body = Map::new();
    if depth == 0 {
        return body;
    }
    for name in schema.required() {
        let property = schema.property(name);
        let shown = example.and_then(|example| example.get(name));
        let value =
            wishes.value(name).unwrap_or_else(|| value(name, property.as_ref(), shown, wishes, depth - 1));
        body.insert(name.to_owned(), value);
    }
    for branch in schema.branches("allOf") {
        for (name, value) in object(&branch, example, wishes, depth - 1) {
            body.entry(name).or_insert(value);
        }
    }
    // Of several shapes the first will do.
    for keyword in ["oneOf", "anyOf"] {
        if let Some(first) = schema.branches(keyword).first() {
            for (name, value) in object(first, example, wishes, depth - 1) {
                body.entry(name).or_insert(value);
            }
        }
    }
    body
}

fn value(
    name: &str,
    schema: Option<&Schema>,
    shown: Option<&Value>,
    wishes: &Wishes<'_>,
    depth: usize,
) -> Value {
    let Some(schema) = schema else { return Value::from(question(name)) };
    if let Some(first) = schema.enumeration().and_then(<[Value]>::first) {
        return first.clone();
    }
    let plain = bare(name);
    if matches!(
        &*plain,
        "name" | "label" | "title" | "description" | "note" | "comment" | "displayname" | "friendlyname"
    ) || plain.ends_with("name") && schema.kind() == Some(SchemaType::String) && !plain.contains("user")
    {
        let longest = schema.count("maxLength").unwrap_or(u64::MAX);
        let text = if longest >= 40 { "rescind {$unique}" } else { "{$unique}" };
        return Value::from(text);
    }
    if plain == "granttype" {
        return Value::from("client_credentials");
    }
    if schema.format() == Some("date-time") {
        return Value::from("$expiry");
    }
    let documented = [shown, schema.keyword("default"), schema.example()];
    let harmless =
        |value: &&Value| !members::is_id(name) && !value.to_string().contains('$') && !value.is_null();
    if let Some(value) = documented.into_iter().flatten().find(harmless) {
        return value.clone();
    }
    match schema.kind() {
        Some(SchemaType::Boolean) => Value::Bool(false),
        Some(SchemaType::Integer | SchemaType::Number) => {
            let least = schema.number("minimum").unwrap_or(1.0).ceil();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a bound of a document; the file is read by its author"
            )]
            let least = least as i64;
            Value::from(least.max(1))
        }
        Some(SchemaType::Array) => {
            let few = schema.count("minItems").unwrap_or_default();
            let item = || value(name, schema.items().as_ref(), None, wishes, depth.saturating_sub(1));
            if few == 0 || depth == 0 { Value::Array(Vec::new()) } else { Value::Array(vec![item()]) }
        }
        Some(SchemaType::Object) => Value::Object(object(schema, shown, wishes, depth)),
        None if schema.properties().next().is_some() => Value::Object(object(schema, shown, wishes, depth)),
        _ => match schema.format() {
            Some("email") => Value::from("rescind-{$unique}@example.com"),
            Some("uri" | "url") => Value::from("https://example.com/rescind"),
            _ => Value::from(question(name)),
        },
    }
}

/// The question for a value that the document leaves open.
fn question(name: &str) -> String {
    // Neither may be read as an expression.
    let name: String = name.chars().filter(|c| !"${}".contains(*c)).collect();
    format!("Which value of {name} is accepted?")
}

/// The parameters of a call. The one called `id` is the credential; others that have to be there are asked of the
/// operator of a run.
pub(super) fn parameters(
    operation: &Operation,
    id: Option<&str>,
    supplied: &mut IndexMap<String, String>,
) -> IndexMap<String, Value> {
    let mut given = IndexMap::new();
    // A path cannot do without any of its parameters.
    let needed = |parameter: &&Parameter| parameter.required || parameter.location == ParameterLocation::Path;
    for parameter in operation.parameters.iter().filter(needed) {
        let is_id = id == Some(parameter.name.as_str()) && parameter.location == ParameterLocation::Path;
        let value = if is_id {
            Value::from("$credential.id")
        } else if parameter.location == ParameterLocation::Header && is_idempotency(&parameter.name) {
            continue;
        } else if let Some(first) = parameter
            .schema
            .as_ref()
            .and_then(|schema| schema.enumeration().and_then(<[Value]>::first).cloned())
        {
            first
        } else {
            let name = word(&parameter.name);
            let about = format!("Which {} is meant in calls of {}?", parameter.name, operation.id);
            supplied.entry(name.clone()).or_insert(about);
            Value::from(format!("$supplied.{name}"))
        };
        given.insert(parameter.name.clone(), value);
    }
    given
}

/// The header of an operation that makes a repeat harmless.
pub(super) fn idempotency_key(operation: &Operation) -> Option<String> {
    let headers =
        operation.parameters.iter().filter(|parameter| parameter.location == ParameterLocation::Header);
    headers.map(|parameter| parameter.name.clone()).find(|name| is_idempotency(name))
}

fn is_idempotency(name: &str) -> bool {
    bare(name).contains("idempotency")
}

/// A name for something that is supplied.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}
