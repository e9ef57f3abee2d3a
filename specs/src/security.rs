//! Security schemes, and what an operation requires of a caller.

use std::fmt;

use crate::Pointer;

/// The name of a security scheme, a key of `components.securitySchemes`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SchemeName(pub String);

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an API key travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyLocation {
    /// A request header.
    Header,
    /// A query parameter.
    Query,
    /// A cookie.
    Cookie,
}

/// How a scheme puts a credential on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// `Authorization: Basic` with a user name and a password (RFC 7617).
    Basic,
    /// `Authorization: Bearer` with one token (RFC 6750); also what OAuth 2 and OpenID Connect schemes come down to.
    Bearer,
    /// One value under a name of its own.
    ApiKey {
        /// Where it travels.
        location: KeyLocation,
        /// The name of the header, query parameter or cookie.
        name: String,
    },
    /// Another `Authorization` scheme, named here; the model does not know how to fill it.
    OtherHttp(String),
}

/// A documented security scheme.
#[derive(Clone, Debug)]
pub struct SecurityScheme {
    /// Its name.
    pub name: SchemeName,
    /// How it puts a credential on a request.
    pub kind: SchemeKind,
    /// Where it stands.
    pub pointer: Pointer,
}

/// What an operation requires: any one of the alternatives, each of which is a set of schemes that are all needed.
///
/// No alternative at all, and an empty alternative, both mean that a call without credentials is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityRequirements(pub Vec<Vec<SchemeName>>, pub(crate) Vec<Vec<Vec<String>>>);

impl SecurityRequirements {
    /// Whether a call without any credential is allowed.
    pub fn allows_anonymous(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(Vec::is_empty)
    }

    /// The scopes that an alternative, by its place, asks of one of its schemes, by its place within the alternative.
    /// Only OAuth 2 and OpenID Connect schemes have scopes.
    pub fn scopes(&self, alternative: usize, scheme: usize) -> &[String] {
        self.1.get(alternative).and_then(|schemes| schemes.get(scheme)).map_or(&[], Vec::as_slice)
    }

    /// Every scheme that some alternative names, in order of first mention.
    pub fn schemes(&self) -> Vec<&SchemeName> {
        let mut seen = Vec::new();
        for name in self.0.iter().flatten() {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        seen
    }
}
