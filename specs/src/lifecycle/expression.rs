//! Runtime expressions: values that are known only while a run goes on.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ParameterLocation, Pointer};

/// One runtime expression. `$request` and `$response` are those of OpenAPI 3.0.3; the others are ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// `$request.body#/secret`: a value of the body that was sent; `$request.body`: all of it.
    RequestBody(Pointer),
    /// `$request.path.id`, `$request.query.q`, `$request.header.X`, `$request.cookie.c`: a parameter that was sent.
    RequestParameter(ParameterLocation, String),
    /// `$response.body#/id`: a value of the body that was received; `$response.body`: all of it.
    ResponseBody(Pointer),
    /// `$response.header.Location`: a header that was received.
    ResponseHeader(String),
    /// `$response.cookie.session`: the value of a cookie that was set.
    ResponseCookie(String),
    /// `$caller.id`: the identifier of the caller who makes the call.
    CallerId,
    /// `$caller.secret`: the secret of that caller, where it goes into a body or a parameter.
    CallerSecret,
    /// `$credential.id`: the identifier of the credential in question.
    CredentialId,
    /// `$credential.secret`: its secret.
    CredentialSecret,
    /// `$other.id`: the identifier of another credential of the same kind.
    OtherId,
    /// `$token`: the token in question.
    Token,
    /// `$pool.id`: the identifier of the next pair that the operator supplied.
    PoolId,
    /// `$pool.secret`: its secret.
    PoolSecret,
    /// `$dependent.id`: the identifier of the dependent in question.
    DependentId,
    /// `$supplied.tenant`: a value that the operator supplied.
    Supplied(String),
    /// `$obtained.csrf.token`: a value that a call gave right before.
    Obtained(String, String),
    /// `$unique`: a word that no other call of the run uses.
    Unique,
    /// `$expiry`: the instant at which a credential with a lifetime is to expire (RFC 3339).
    Expiry,
}

/// The text is no runtime expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a runtime expression; write one of {EXPRESSIONS}")]
pub struct ExpressionError(String);

const EXPRESSIONS: &str = "$request.body#/…, $request.path.…, $request.query.…, $request.header.…, \
     $request.cookie.…, $response.body#/…, $response.header.…, $response.cookie.…, $caller.id, $caller.secret, \
     $credential.id, $credential.secret, $other.id, $token, $pool.id, $pool.secret, $dependent.id, $supplied.…, \
     $obtained.NAME.VALUE, $unique, $expiry";

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ExpressionError(text.to_owned());
        let body = |fragment: &str| Pointer::parse(fragment).map_err(|_| error());
        Ok(match text {
            "$request.body" => Self::RequestBody(Pointer::root()),
            "$response.body" => Self::ResponseBody(Pointer::root()),
            "$caller.id" => Self::CallerId,
            "$caller.secret" => Self::CallerSecret,
            "$credential.id" => Self::CredentialId,
            "$credential.secret" => Self::CredentialSecret,
            "$other.id" => Self::OtherId,
            "$token" => Self::Token,
            "$pool.id" => Self::PoolId,
            "$pool.secret" => Self::PoolSecret,
            "$dependent.id" => Self::DependentId,
            "$unique" => Self::Unique,
            "$expiry" => Self::Expiry,
            _ => {
                if let Some(fragment) = text.strip_prefix("$request.body#") {
                    Self::RequestBody(body(fragment)?)
                } else if let Some(fragment) = text.strip_prefix("$response.body#") {
                    Self::ResponseBody(body(fragment)?)
                } else if let Some(name) =
                    text.strip_prefix("$response.header.").filter(|name| !name.is_empty())
                {
                    Self::ResponseHeader(name.to_owned())
                } else if let Some(name) =
                    text.strip_prefix("$response.cookie.").filter(|name| !name.is_empty())
                {
                    Self::ResponseCookie(name.to_owned())
                } else if let Some(name) = text.strip_prefix("$supplied.").filter(|name| !name.is_empty()) {
                    Self::Supplied(name.to_owned())
                } else if let Some(rest) = text.strip_prefix("$obtained.") {
                    let (name, value) = rest.split_once('.').ok_or_else(error)?;
                    if name.is_empty() || value.is_empty() {
                        return Err(error());
                    }
                    Self::Obtained(name.to_owned(), value.to_owned())
                } else {
                    let rest = text.strip_prefix("$request.").ok_or_else(error)?;
                    let (location, name) = rest.split_once('.').ok_or_else(error)?;
                    let location = match location {
                        "path" => ParameterLocation::Path,
                        "query" => ParameterLocation::Query,
                        "header" => ParameterLocation::Header,
                        "cookie" => ParameterLocation::Cookie,
                        _ => return Err(error()),
                    };
                    if name.is_empty() {
                        return Err(error());
                    }
                    Self::RequestParameter(location, name.to_owned())
                }
            }
        })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestBody(pointer) if pointer.depth() == 0 => f.write_str("$request.body"),
            Self::RequestBody(pointer) => write!(f, "$request.body#{pointer}"),
            Self::RequestParameter(location, name) => write!(f, "$request.{location}.{name}"),
            Self::ResponseBody(pointer) if pointer.depth() == 0 => f.write_str("$response.body"),
            Self::ResponseBody(pointer) => write!(f, "$response.body#{pointer}"),
            Self::ResponseHeader(name) => write!(f, "$response.header.{name}"),
            Self::ResponseCookie(name) => write!(f, "$response.cookie.{name}"),
            Self::CallerId => f.write_str("$caller.id"),
            Self::CallerSecret => f.write_str("$caller.secret"),
            Self::CredentialId => f.write_str("$credential.id"),
            Self::CredentialSecret => f.write_str("$credential.secret"),
            Self::OtherId => f.write_str("$other.id"),
            Self::Token => f.write_str("$token"),
            Self::PoolId => f.write_str("$pool.id"),
            Self::PoolSecret => f.write_str("$pool.secret"),
            Self::DependentId => f.write_str("$dependent.id"),
            Self::Supplied(name) => write!(f, "$supplied.{name}"),
            Self::Obtained(name, value) => write!(f, "$obtained.{name}.{value}"),
            Self::Unique => f.write_str("$unique"),
            Self::Expiry => f.write_str("$expiry"),
        }
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text that stands as it is.
    Text(String),
    /// An expression to be replaced by its value.
    Expression(Expression),
}

/// Text with runtime expressions in it: `rescind-{$unique}`, or one expression alone: `$response.body#/id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

impl Template {
    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The expressions in order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Text(_) => None,
        })
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value: that of a lone expression as it is, else text with every expression replaced.
    ///
    /// # Errors
    /// The first expression that `value` knows nothing for.
    pub fn render(&self, value: &mut dyn FnMut(&Expression) -> Option<Value>) -> Result<Value, Expression> {
        if let [Piece::Expression(expression)] = self.pieces.as_slice() {
            return value(expression).ok_or_else(|| expression.clone());
        }
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Expression(expression) => match value(expression).ok_or_else(|| expression.clone())? {
                    Value::String(text) => out.push_str(&text),
                    other => out.push_str(&other.to_string()),
                },
            }
        }
        Ok(Value::String(out))
    }
}

impl FromStr for Template {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut pieces = Vec::new();
        let mut rest = text;
        if rest.starts_with('$') {
            return Ok(Self { text: text.to_owned(), pieces: vec![Piece::Expression(text.parse()?)] });
        }
        while let Some(open) = rest.find("{$") {
            let close = rest[open..].find('}').ok_or_else(|| ExpressionError(rest[open..].to_owned()))?;
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            pieces.push(Piece::Expression(rest[open + 1..open + close].parse()?));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

impl TryFrom<String> for Template {
    type Error = ExpressionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Template> for String {
    fn from(value: Template) -> Self {
        value.text
    }
}

impl schemars::JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Text with runtime expressions in braces (`rescind-{$unique}`), or one expression alone.",
            "type": "string",
        })
    }
}

/// A JSON value whose strings are templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct JsonTemplate(Value);

impl JsonTemplate {
    /// The value as written.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The value with every template rendered.
    ///
    /// # Errors
    /// The first expression that `value` knows nothing for.
    pub fn render(&self, value: &mut dyn FnMut(&Expression) -> Option<Value>) -> Result<Value, Expression> {
        render_json(&self.0, value)
    }

    /// The value without the members and items in which such an expression stands.
    #[must_use]
    pub fn without(&self, unwanted: &dyn Fn(&Expression) -> bool) -> Self {
        Self(pruned(&self.0, unwanted))
    }

    /// Every expression in it.
    pub fn expressions(&self) -> Vec<Expression> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }
}

fn pruned(value: &Value, unwanted: &dyn Fn(&Expression) -> bool) -> Value {
    let stays = |value: &&Value| {
        let text = value.as_str().and_then(|text| text.parse::<Template>().ok());
        !text.is_some_and(|template| template.expressions().any(unwanted))
    };
    match value {
        Value::Array(items) => items.iter().filter(stays).map(|item| pruned(item, unwanted)).collect(),
        Value::Object(members) => {
            let staying = members.iter().filter(|(_, member)| stays(member));
            staying.map(|(name, member)| (name.clone(), pruned(member, unwanted))).collect()
        }
        other => other.clone(),
    }
}

fn collect(value: &Value, found: &mut Vec<Expression>) {
    match value {
        Value::String(text) => {
            if let Ok(template) = text.parse::<Template>() {
                found.extend(template.expressions().cloned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

fn render_json(
    template: &Value,
    value: &mut dyn FnMut(&Expression) -> Option<Value>,
) -> Result<Value, Expression> {
    Ok(match template {
        Value::String(text) => match text.parse::<Template>() {
            Ok(template) => template.render(value)?,
            Err(_) => template.clone(),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| render_json(item, value)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((name.clone(), render_json(member, value)?)))
                .collect::<Result<_, Expression>>()?,
        ),
        other => other.clone(),
    })
}

fn verify(value: &Value) -> Result<(), ExpressionError> {
    match value {
        Value::String(text) => text.parse::<Template>().map(drop),
        Value::Array(items) => items.iter().try_for_each(verify),
        Value::Object(members) => members.values().try_for_each(verify),
        _ => Ok(()),
    }
}

impl TryFrom<Value> for JsonTemplate {
    type Error = ExpressionError;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        verify(&value)?;
        Ok(Self(value))
    }
}

impl From<JsonTemplate> for Value {
    fn from(value: JsonTemplate) -> Self {
        value.0
    }
}

impl schemars::JsonSchema for JsonTemplate {
    fn schema_name() -> Cow<'static, str> {
        "JsonTemplate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Any JSON value; its strings may hold runtime expressions, as in `rescind-{$unique}`.",
        })
    }
}
