//! The credentials that a request presents, by security scheme.

use std::borrow::Cow;

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
pub enum Credential {
    /// User and password of `Authorization: Basic`.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// The token of `Authorization: Bearer`.
    Bearer(Secret),
    /// The value of a header, a query parameter or a cookie.
    Key(Secret),
    /// What follows the scheme's name in `Authorization`, for schemes that the contract model cannot read.
    Other(Secret),
}

/// The credentials of one request: every scheme of each alternative that is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented(Vec<(SchemeName, Credential)>);

impl Presented {
    /// The credential of a scheme.
    pub fn get(&self, scheme: &str) -> Option<&Credential> {
        self.0.iter().find(|(name, _)| name.0 == scheme).map(|(_, credential)| credential)
    }

    /// User and password of a Basic scheme.
    pub fn basic(&self, scheme: &str) -> Option<(&str, &Secret)> {
        match self.get(scheme)? {
            Credential::Basic { user, password } => Some((user, password)),
            _ => None,
        }
    }

    /// The token of a Bearer scheme.
    pub fn bearer(&self, scheme: &str) -> Option<&Secret> {
        match self.get(scheme)? {
            Credential::Bearer(token) => Some(token),
            _ => None,
        }
    }

    /// The value of an API key scheme.
    pub fn key(&self, scheme: &str) -> Option<&Secret> {
        match self.get(scheme)? {
            Credential::Key(value) => Some(value),
            _ => None,
        }
    }

    /// All of them, in order of the document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Credential)> {
        self.0.iter().map(|(name, credential)| (name.0.as_str(), credential))
    }
}

/// What an operation requires, with its schemes looked up.
#[derive(Debug)]
pub(crate) struct Requirement {
    anonymous: bool,
    alternatives: Vec<Vec<SecurityScheme>>,
}

/// One scheme, looked for in one request.
enum Found {
    Missing,
    Malformed,
    Present(Credential),
}

impl Requirement {
    pub(crate) fn new(contract: &Contract, operation: &Operation) -> Self {
        let scheme = |name: &SchemeName| {
            // A scheme that is not declared can be met by nobody; the lint reports it.
            contract.scheme(name).cloned().unwrap_or_else(|| SecurityScheme {
                name: name.clone(),
                kind: SchemeKind::OtherHttp(String::new()),
                pointer: operation.pointer.clone(),
            })
        };
        Self {
            anonymous: operation.security.allows_anonymous(),
            alternatives: operation
                .security
                .0
                .iter()
                .filter(|alternative| !alternative.is_empty())
                .map(|alternative| alternative.iter().map(scheme).collect())
                .collect(),
        }
    }

    /// Whether a header, query parameter or cookie of that name carries a credential.
    pub(crate) fn carries(&self, wanted: KeyLocation, name: &str) -> bool {
        self.alternatives.iter().flatten().any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { location, name: known } if *location == wanted => {
                known == name || (wanted == KeyLocation::Header && known.eq_ignore_ascii_case(name))
            }
            _ => false,
        })
    }

    /// The challenge of a 401, one a scheme of `Authorization` (RFC 9110 §11.6.1).
    pub(crate) fn challenges(&self, realm: &str) -> Vec<String> {
        let mut challenges = Vec::new();
        for scheme in self.alternatives.iter().flatten() {
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
    pub(crate) fn read(&self, parts: &Parts) -> Result<Option<Presented>, Rejection> {
        let mut presented = Presented::default();
        let mut malformed = false;
        let mut lacking: Option<Vec<SchemeName>> = None;
        for alternative in &self.alternatives {
            let mut missing = Vec::new();
            let mut complete = Vec::new();
            for scheme in alternative {
                match find(scheme, parts) {
                    Found::Present(credential) => complete.push((scheme.name.clone(), credential)),
                    Found::Missing => missing.push(scheme.name.clone()),
                    Found::Malformed => malformed = true,
                }
            }
            if complete.len() == alternative.len() {
                for (name, credential) in complete {
                    if presented.get(&name.0).is_none() {
                        presented.0.push((name, credential));
                    }
                }
            } else if !missing.is_empty() && lacking.as_ref().is_none_or(|known| missing.len() < known.len())
            {
                lacking = Some(missing);
            }
        }
        if !presented.0.is_empty() {
            return Ok(Some(presented));
        }
        if malformed {
            return Err(Rejection::InvalidCredential { reason: Cow::Borrowed(Refused::MALFORMED) });
        }
        if self.anonymous {
            return Ok(None);
        }
        Err(Rejection::MissingCredential { schemes: lacking.unwrap_or_default() })
    }
}

fn find(scheme: &SecurityScheme, parts: &Parts) -> Found {
    match &scheme.kind {
        SchemeKind::Basic => match authorization(&parts.headers, "basic") {
            Ok(Some(value)) => basic(value).map_or(Found::Malformed, Found::Present),
            Ok(None) => Found::Missing,
            Err(()) => Found::Malformed,
        },
        SchemeKind::Bearer => match authorization(&parts.headers, "bearer") {
            Ok(Some(token)) if is_token68(token) => Found::Present(Credential::Bearer(token.into())),
            Ok(None) => Found::Missing,
            Ok(Some(_)) | Err(()) => Found::Malformed,
        },
        SchemeKind::OtherHttp(name) => match authorization(&parts.headers, name) {
            Ok(Some(value)) if !value.is_empty() => Found::Present(Credential::Other(value.into())),
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
                Some(value) if !value.is_empty() => Found::Present(Credential::Key(value.into())),
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
    Some(Credential::Basic { user: user.to_owned(), password: password.into() })
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
