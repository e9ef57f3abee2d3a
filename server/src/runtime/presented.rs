//! The credentials that a request presents, by security scheme.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use rescind_specs::{Contract, KeyLocation, Operation, SchemeKind, SchemeName, SecurityScheme};

use super::{Refused, Rejection, Secret, text};

/// One presented credential.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Credential {
    Basic(BasicCredential),
    /// A token, a key, or whatever else stands in one place.
    Secret(Secret),
}

/// User and password of `Authorization: Basic` (RFC 7617).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicCredential {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A token of an OAuth 2 or OpenID Connect scheme, with what the operation asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedToken {
    /// The token of `Authorization: Bearer`.
    pub token: Secret,
    /// The documented scopes, all of which the token needs. Whether it has them is for the implementation to find out.
    pub scopes: Arc<[String]>,
}

/// The credentials of one complete alternative, on their way into the type of their contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSet {
    place: usize,
    schemes: Arc<[SchemeName]>,
    credentials: VecDeque<(Credential, Arc<[String]>)>,
}

impl CredentialSet {
    /// The place of the set in [`Contract::credential_sets`].
    pub fn place(&self) -> usize {
        self.place
    }

    /// Its schemes, in the order of [`Contract::credential_sets`].
    pub fn schemes(&self) -> &[SchemeName] {
        &self.schemes
    }

    /// Takes the credential of the next scheme, which is a Basic one.
    pub fn basic(&mut self) -> Option<BasicCredential> {
        match self.credentials.pop_front()? {
            (Credential::Basic(basic), _) => Some(basic),
            (Credential::Secret(_), _) => None,
        }
    }

    /// Takes the credential of the next scheme, which is a token or a key.
    pub fn secret(&mut self) -> Option<Secret> {
        match self.credentials.pop_front()? {
            (Credential::Secret(secret), _) => Some(secret),
            (Credential::Basic(_), _) => None,
        }
    }

    /// Takes the credential of the next scheme, which is a token that may need scopes.
    pub fn scoped(&mut self) -> Option<ScopedToken> {
        match self.credentials.pop_front()? {
            (Credential::Secret(token), scopes) => Some(ScopedToken { token, scopes }),
            (Credential::Basic(_), _) => None,
        }
    }
}

/// What one request presents: every documented alternative that is complete, at least one, in document order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<C> {
    first: C,
    others: Vec<C>,
}

impl<C> Presented<C> {
    /// The alternative that is documented first. Nearly all requests present one alternative; of one that presents
    /// several, this is the one to go by, unless the implementation has a reason to prefer another.
    pub fn first(&self) -> &C {
        &self.first
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &C> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Turns each into another type; `None` if that fails for one.
    pub fn try_map<D>(self, mut turn: impl FnMut(C) -> Option<D>) -> Option<Presented<D>> {
        let first = turn(self.first)?;
        Some(Presented { first, others: self.others.into_iter().map(turn).collect::<Option<_>>()? })
    }
}

/// What an operation requires, with its schemes looked up.
#[derive(Debug)]
pub(crate) struct Requirement {
    anonymous: bool,
    alternatives: Vec<Alternative>,
}

/// One set of schemes that are needed together.
#[derive(Debug)]
struct Alternative {
    place: usize,
    names: Arc<[SchemeName]>,
    schemes: Vec<(SecurityScheme, Arc<[String]>)>,
}

/// One scheme, looked for in one request.
enum Found {
    Missing,
    Malformed,
    Present(Credential),
}

impl Requirement {
    /// `sets` are those of the contract.
    pub(crate) fn new(contract: &Contract, sets: &[&[SchemeName]], operation: &Operation) -> Self {
        let security = &operation.security;
        let alternatives = security.0.iter().enumerate().filter_map(|(index, alternative)| {
            let same = |set: &[SchemeName]| {
                set.len() == alternative.len() && set.iter().all(|name| alternative.contains(name))
            };
            let place = sets.iter().position(|set| !set.is_empty() && same(set))?;
            let names: Arc<[SchemeName]> = Arc::from(*sets.get(place)?);
            let schemes = names.iter().map(|name| {
                // A scheme that is not declared can be met by nobody; the lint reports it.
                let scheme = contract.scheme(name).cloned().unwrap_or_else(|| SecurityScheme {
                    name: name.clone(),
                    kind: SchemeKind::OtherHttp(String::new()),
                    pointer: operation.pointer.clone(),
                });
                let own = alternative.iter().position(|known| known == name);
                let scopes = own.map_or(&[][..], |own| security.scopes(index, own));
                (scheme, Arc::from(scopes))
            });
            Some(Alternative { place, schemes: schemes.collect(), names: names.clone() })
        });
        Self { anonymous: security.allows_anonymous(), alternatives: alternatives.collect() }
    }

    fn schemes(&self) -> impl Iterator<Item = &SecurityScheme> {
        self.alternatives.iter().flat_map(|alternative| &alternative.schemes).map(|(scheme, _)| scheme)
    }

    /// Whether a header, query parameter or cookie of that name carries a credential.
    pub(crate) fn carries(&self, wanted: KeyLocation, name: &str) -> bool {
        self.schemes().any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { location, name: known } if *location == wanted => {
                known == name || (wanted == KeyLocation::Header && known.eq_ignore_ascii_case(name))
            }
            _ => false,
        })
    }

    /// The challenge of a 401, one a scheme of `Authorization` (RFC 9110 §11.6.1).
    pub(crate) fn challenges(&self, realm: &str) -> Vec<String> {
        let mut challenges = Vec::new();
        for scheme in self.schemes() {
            let challenge = match &scheme.kind {
                SchemeKind::Basic => format!("Basic realm=\"{realm}\""),
                SchemeKind::Bearer => "Bearer".to_owned(),
                SchemeKind::ApiKey { .. } | SchemeKind::OtherHttp(_) => continue,
            };
            if !challenges.contains(&challenge) {
                challenges.push(challenge);
            }
        }
        challenges
    }

    /// The credentials of a request; `None` where none is needed and none is complete.
    pub(crate) fn read(&self, parts: &Parts) -> Result<Option<Presented<CredentialSet>>, Rejection> {
        let mut complete: Option<Presented<CredentialSet>> = None;
        let mut malformed = false;
        // Nearest is what is begun, and then what lacks least.
        let mut lacking: Option<((bool, usize), Vec<SchemeName>)> = None;
        for alternative in &self.alternatives {
            let mut missing = Vec::new();
            let mut credentials = VecDeque::with_capacity(alternative.schemes.len());
            for (scheme, scopes) in &alternative.schemes {
                match find(scheme, parts) {
                    Found::Present(credential) => credentials.push_back((credential, scopes.clone())),
                    Found::Missing => missing.push(scheme.name.clone()),
                    Found::Malformed => malformed = true,
                }
            }
            if credentials.len() == alternative.schemes.len() {
                let (place, schemes) = (alternative.place, alternative.names.clone());
                let set = CredentialSet { place, schemes, credentials };
                match &mut complete {
                    Some(presented) => presented.others.push(set),
                    None => complete = Some(Presented { first: set, others: Vec::new() }),
                }
            } else if !missing.is_empty() {
                let rank = (credentials.is_empty(), missing.len());
                if lacking.as_ref().is_none_or(|(known, _)| rank < *known) {
                    lacking = Some((rank, missing));
                }
            }
        }
        if complete.is_some() {
            return Ok(complete);
        }
        if malformed {
            return Err(Rejection::InvalidCredential { reason: Cow::Borrowed(Refused::MALFORMED) });
        }
        if self.anonymous {
            return Ok(None);
        }
        Err(Rejection::MissingCredential { schemes: lacking.map(|(_, missing)| missing).unwrap_or_default() })
    }
}

/// What a request presents under any of the schemes, accepted or not: user names, keys, tokens.
pub(crate) fn values(schemes: &[SecurityScheme], parts: &Parts) -> impl Iterator<Item = Secret> {
    schemes.iter().filter_map(|scheme| match find(scheme, parts) {
        Found::Present(Credential::Basic(basic)) => Some(basic.user.into()),
        Found::Present(Credential::Secret(secret)) => Some(secret),
        Found::Missing | Found::Malformed => None,
    })
}

fn find(scheme: &SecurityScheme, parts: &Parts) -> Found {
    match &scheme.kind {
        SchemeKind::Basic => match authorization(&parts.headers, "basic") {
            Ok(Some(value)) => basic(value).map_or(Found::Malformed, Found::Present),
            Ok(None) => Found::Missing,
            Err(()) => Found::Malformed,
        },
        SchemeKind::Bearer => match authorization(&parts.headers, "bearer") {
            Ok(Some(token)) if is_token68(token) => Found::Present(Credential::Secret(token.into())),
            Ok(None) => Found::Missing,
            Ok(Some(_)) | Err(()) => Found::Malformed,
        },
        SchemeKind::OtherHttp(name) if name.is_empty() => Found::Missing,
        SchemeKind::OtherHttp(name) => match authorization(&parts.headers, name) {
            Ok(Some(value)) if !value.is_empty() => Found::Present(Credential::Secret(value.into())),
            Ok(None) => Found::Missing,
            Ok(Some(_)) | Err(()) => Found::Malformed,
        },
        SchemeKind::ApiKey { location, name } => {
            let value = match location {
                KeyLocation::Header => header(&parts.headers, name),
                KeyLocation::Query => query(parts.uri.query().unwrap_or_default(), name),
                KeyLocation::Cookie => cookie(&parts.headers, name).map(ToOwned::to_owned),
            };
            match value {
                Some(value) if !value.is_empty() => Found::Present(Credential::Secret(value.into())),
                _ => Found::Missing,
            }
        }
    }
}

/// What follows the scheme's name in `Authorization`; an error where the header is repeated or no text.
fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Result<Option<&'h str>, ()> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(());
    }
    let value = value.to_str().map_err(|_| ())?;
    let (name, rest) = value.split_once(' ').unwrap_or((value, ""));
    Ok(name.eq_ignore_ascii_case(scheme).then(|| rest.trim()))
}

/// RFC 7617 §2: Base64 of `user:password`, of which the first colon ends the user. Missing padding is forgiven.
fn basic(value: &str) -> Option<Credential> {
    const FORGIVING: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text = zeroize::Zeroizing::new(String::from_utf8(FORGIVING.decode(value).ok()?).ok()?);
    let (user, password) = text.split_once(':')?;
    Some(Credential::Basic(BasicCredential { user: user.to_owned(), password: password.into() }))
}

/// RFC 6750 §2.1.
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    // Two different keys are no key.
    values.all(|other| other.as_bytes() == value.as_bytes()).then(|| value.trim().to_owned())
}

fn query(query: &str, name: &str) -> Option<String> {
    let found = text::pairs(query).find(|(key, _)| text::decode_form(key).as_deref() == Ok(name));
    text::decode_form(found?.1).ok()
}

/// The value of a cookie (RFC 6265 §5.4).
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}
