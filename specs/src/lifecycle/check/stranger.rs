//! Parameters of checks of who may revoke, and of what a stranger learns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lifecycle::{CallerName, Condition, DependentName, KindName, TokenName};

/// Parameters of `foreign_credential`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignCredential {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Who attempts it.
    pub by: Stranger,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// A dependent that refers to the credential meanwhile, so that the guard could show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarded_by: Option<DependentName>,
}

/// Who attempts to revoke a credential that is not its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stranger {
    /// Another credential of the same kind.
    Sibling,
    /// A caller of another tenant.
    Caller(CallerName),
}

impl Stranger {
    /// The caller, if it is one.
    pub fn caller(&self) -> Option<&CallerName> {
        match self {
            Self::Sibling => None,
            Self::Caller(name) => Some(name),
        }
    }
}

/// Parameters of `hidden_identifiers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HiddenIdentifiers {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The states whose answers are compared in status, media type, header names and members.
    pub states: Vec<HiddenState>,
    /// Who asks about a foreign one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger: Option<Stranger>,
    /// JSON pointers whose values may differ, such as a detail text that repeats the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub except: Vec<crate::Pointer>,
}

/// A state that an identifier may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenState {
    /// No credential ever had it.
    Unknown,
    /// It belongs to somebody else.
    Foreign,
    /// Its credential was revoked.
    Revoked,
}

/// Parameters of `unauthorized_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnauthorizedRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The credentials to try.
    pub with: Vec<Impostor>,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// A credential that must not do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impostor {
    /// None at all.
    Nobody,
    /// Well formed, but nobody's.
    Unknown,
    /// A known identifier with a wrong secret.
    WrongSecret,
    /// Each one of several required values missing in turn.
    Partial,
    /// One that was revoked, past its propagation delay.
    Revoked,
    /// A token past its expiry.
    ExpiredToken,
    /// The credential's own identifier and secret as HTTP Basic, where a token is required.
    BasicPair,
    /// The credential's own secret as a bearer, where a token is required.
    BareSecret,
    /// A live token that was exchanged for the credential of a caller, and is not meant for this operation.
    TokenOf {
        /// The caller.
        caller: CallerName,
        /// The kind of token.
        token: TokenName,
    },
}

impl Impostor {
    /// The caller who takes part, if one does.
    pub fn caller(&self) -> Option<&CallerName> {
        match self {
            Self::TokenOf { caller, .. } => Some(caller),
            _ => None,
        }
    }
}
