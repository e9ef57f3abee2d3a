//! One call that a lifecycle document describes: which operation, as whom, with what.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Expression, JsonTemplate, Template};
use crate::OperationId;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

names! {
    /// The name of a caller, a key of `callers`.
    CallerName,
    /// The name of a kind of credential, a key of `credentials`.
    KindName,
    /// The name of a kind of token, a key of a credential's `tokens`.
    TokenName,
    /// The name of a kind of dependent, a key of `dependents`.
    DependentName,
    /// The name of a step outside of the API, a key of `hooks`.
    HookName,
    /// The name of a value that the operator supplies, a key of `supplied`.
    SuppliedName,
    /// The name of values that a call gives, a key of `obtained`.
    ObtainedName,
    /// The name of a further way to revoke a credential, a key of `ways`.
    WayName,
}

/// Who makes a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// `nobody`: no credential is presented.
    #[default]
    Nobody,
    /// `$credential`: the credential in question presents itself.
    Credential,
    /// `$token`: a token of the credential in question.
    Token,
    /// One of the callers.
    Caller(CallerName),
}

impl Actor {
    /// The caller, if it is one.
    pub fn caller(&self) -> Option<&CallerName> {
        match self {
            Self::Caller(name) => Some(name),
            Self::Nobody | Self::Credential | Self::Token => None,
        }
    }
}

impl From<String> for Actor {
    fn from(text: String) -> Self {
        match text.as_str() {
            "nobody" => Self::Nobody,
            "$credential" => Self::Credential,
            "$token" => Self::Token,
            _ => Self::Caller(CallerName(text)),
        }
    }
}

impl FromStr for Actor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.to_owned().into())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Credential => "$credential",
            Self::Token => "$token",
            Self::Caller(name) => &name.0,
        })
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

impl JsonSchema for Actor {
    fn schema_name() -> Cow<'static, str> {
        "Actor".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Who makes the call: the name of a caller, `$credential`, `$token` or `nobody`.",
            "type": "string",
        })
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The operation, by its `operationId`.
    pub operation: OperationId,
    /// Who makes it.
    #[serde(rename = "as", default)]
    pub actor: Actor,
    /// Values of parameters by name; those that are neither required nor named here are left out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, JsonTemplate>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<JsonTemplate>,
}

impl Call {
    /// Every expression of its parameters and its body.
    pub fn expressions(&self) -> impl Iterator<Item = Expression> {
        self.body.iter().chain(self.parameters.values()).flat_map(JsonTemplate::expressions)
    }

    /// Whether it says which credential it is about; else it is about whoever makes it.
    pub fn names_credential(&self) -> bool {
        let names =
            |expression| matches!(expression, Expression::CredentialId | Expression::CredentialSecret);
        self.expressions().any(names)
    }
}

/// A call that shows one of two states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The call.
    pub call: Call,
    /// Answers that show that the credential or token was accepted.
    pub accepted: Condition,
    /// Answers that show that it was refused. An answer that is neither leaves the question open.
    pub refused: Condition,
}

/// A call that changes something, and how its success is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The call.
    pub call: Call,
    /// Answers that mean that it was done.
    pub success: Condition,
}

/// How a credential or token is put on a request, by the kind of the security scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Presentation {
    /// For `basic`: user name and password.
    Pair {
        /// The user name.
        username: Template,
        /// The password.
        password: Template,
    },
    /// For `bearer` and `apiKey`: the one value.
    Value(Template),
}

impl Presentation {
    /// Every expression of it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let (first, second) = match self {
            Self::Pair { username, password } => (username, Some(password)),
            Self::Value(value) => (value, None),
        };
        first.expressions().chain(second.into_iter().flat_map(Template::expressions))
    }
}
