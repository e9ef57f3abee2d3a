//! What a client presents: credentials, and how each is put on a request.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Request;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};

use crate::Secret;
use crate::support::Scheme;

/// One credential.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A token for `Authorization: Bearer` (RFC 6750).
    Bearer(Secret),
    /// User and password for `Authorization: Basic` (RFC 7617).
    Basic {
        /// The user, which is no secret.
        user: String,
        /// The password.
        password: Secret,
    },
    /// The value of an API key.
    ApiKey(Secret),
}

/// The credentials of one caller. Each operation takes those that its contract asks for, and sends no other.
///
/// ```
/// use rescind_client::Credentials;
///
/// let pair = Credentials::new().api_key("X-Api-Key", "ak_example").api_key("X-Api-Secret", "sk_example");
/// assert!(!format!("{pair:?}").contains("example"));
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    bearer: Option<Credential>,
    basic: Option<Credential>,
    /// By the name of the header, query parameter or cookie, in lower case.
    keys: BTreeMap<String, Credential>,
    /// By the name of the security scheme.
    schemes: BTreeMap<String, Credential>,
}

impl Credentials {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token for all bearer schemes.
    #[must_use]
    pub fn bearer(mut self, token: impl Into<Secret>) -> Self {
        self.bearer = Some(Credential::Bearer(token.into()));
        self
    }

    /// A user and a password for all basic schemes.
    #[must_use]
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.basic = Some(Credential::Basic { user: user.into(), password: password.into() });
        self
    }

    /// The value of the API key that travels under `name`, a header, query parameter or cookie.
    #[must_use]
    pub fn api_key(mut self, name: &str, value: impl Into<Secret>) -> Self {
        self.keys.insert(name.to_ascii_lowercase(), Credential::ApiKey(value.into()));
        self
    }

    /// A credential for the security scheme of that name only, where a contract has several of one kind.
    #[must_use]
    pub fn scheme(mut self, name: &str, credential: Credential) -> Self {
        self.schemes.insert(name.to_owned(), credential);
        self
    }

    /// The credential for `scheme`, if there is one of its kind.
    fn find(&self, scheme: &Scheme) -> Option<&Credential> {
        let of_kind = match scheme {
            Scheme::Basic { .. } => self.basic.as_ref(),
            Scheme::Bearer { .. } => self.bearer.as_ref(),
            Scheme::Header { key, .. } | Scheme::Query { key, .. } | Scheme::Cookie { key, .. } => {
                self.keys.get(&key.to_ascii_lowercase())
            }
            Scheme::Other { .. } => None,
        };
        self.schemes.get(scheme.name()).or(of_kind).filter(|credential| scheme.takes(credential))
    }

    /// Puts on `request` what the first alternative asks for that can be met in full.
    ///
    /// Where none can be met the request goes out without credentials: it is the server that refuses it.
    pub(crate) fn apply(&self, request: &mut Request, alternatives: &[&[Scheme]]) -> Result<(), NotSendable> {
        let met = |alternative: &&&[Scheme]| alternative.iter().all(|scheme| self.find(scheme).is_some());
        let Some(alternative) = alternatives.iter().find(met) else { return Ok(()) };
        let mut found = alternative.iter().filter_map(|scheme| Some((scheme, self.find(scheme)?)));
        found.try_for_each(|(scheme, credential)| put(request, scheme, credential))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<&str> = Vec::new();
        kinds.extend(self.bearer.as_ref().map(|_| "bearer"));
        kinds.extend(self.basic.as_ref().map(|_| "basic"));
        kinds.extend(self.keys.keys().map(String::as_str));
        kinds.extend(self.schemes.keys().map(String::as_str));
        f.debug_tuple("Credentials").field(&kinds).finish()
    }
}

/// The credential of a scheme holds characters that a header cannot carry.
#[derive(Debug, thiserror::Error)]
#[error("the credential for `{0}` holds characters that cannot be sent")]
pub(crate) struct NotSendable(&'static str);

fn put(request: &mut Request, scheme: &Scheme, credential: &Credential) -> Result<(), NotSendable> {
    let not_sendable = || NotSendable(scheme.name());
    match (scheme, credential) {
        (Scheme::Query { key, .. }, Credential::ApiKey(value)) => {
            request.url_mut().query_pairs_mut().append_pair(key, value.expose());
        }
        (Scheme::Cookie { key, .. }, Credential::ApiKey(value)) => {
            let mut pair = format!("{key}={}", value.expose());
            // All cookies share one header (RFC 6265 §5.4).
            if let Some(before) = request.headers().get(COOKIE).and_then(|before| before.to_str().ok()) {
                pair = format!("{before}; {pair}");
            }
            request.headers_mut().insert(COOKIE, sensitive(pair).ok_or_else(not_sendable)?);
        }
        (Scheme::Header { key, .. }, Credential::ApiKey(value)) => {
            let name = HeaderName::from_bytes(key.as_bytes()).map_err(|_| not_sendable())?;
            request
                .headers_mut()
                .insert(name, sensitive(value.expose().to_owned()).ok_or_else(not_sendable)?);
        }
        (_, Credential::Bearer(token)) => {
            let value = sensitive(["Bearer ", token.expose()].concat()).ok_or_else(not_sendable)?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        (_, Credential::Basic { user, password }) => {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            let value = sensitive(["Basic ", &pair].concat()).ok_or_else(not_sendable)?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        // `Scheme::takes` keeps the other pairs out.
        (_, Credential::ApiKey(_)) => return Err(not_sendable()),
    }
    Ok(())
}

/// A header value that HTTP libraries neither print nor compress.
fn sensitive(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASIC: Scheme = Scheme::Basic { name: "basicAuth" };
    const BEARER: Scheme = Scheme::Bearer { name: "bearerAuth" };
    const KEY: Scheme = Scheme::Header { name: "key", key: "X-Api-Key" };
    const SECRET: Scheme = Scheme::Header { name: "secret", key: "X-Api-Secret" };

    /// The headers that a request carries, and its query.
    fn sent(credentials: &Credentials, alternatives: &[&[Scheme]]) -> Vec<String> {
        let mut request = Request::new(reqwest::Method::GET, "http://127.0.0.1/a".parse().unwrap());
        credentials.apply(&mut request, alternatives).unwrap();
        assert!(request.headers().values().all(HeaderValue::is_sensitive));
        let mut sent: Vec<String> = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        sent.extend(request.url().query().map(str::to_owned));
        sent.sort();
        sent
    }

    #[test]
    fn an_operation_takes_what_it_asks_for() {
        let all = Credentials::new()
            .bearer("t")
            .basic("u", "p")
            .api_key("x-api-key", "k")
            .api_key("X-Api-Secret", "s");
        let query = Scheme::Query { name: "q", key: "x-api-key" };
        let cookie = Scheme::Cookie { name: "c", key: "x-api-key" };
        for (alternatives, documented) in [
            (&[][..], vec![]),
            (&[&[][..]][..], vec![]),
            (&[&[BEARER][..]][..], vec!["authorization: Bearer t"]),
            (&[&[BASIC][..]][..], vec!["authorization: Basic dTpw"]),
            (&[&[KEY, SECRET][..]][..], vec!["x-api-key: k", "x-api-secret: s"]),
            (&[&[Scheme::Other { name: "digest" }][..], &[BEARER][..]][..], vec!["authorization: Bearer t"]),
            (&[&[query][..]][..], vec!["x-api-key=k"]),
            (&[&[cookie][..]][..], vec!["cookie: x-api-key=k"]),
        ] {
            assert_eq!(sent(&all, alternatives), documented);
        }
    }

    #[test]
    fn half_a_pair_is_not_sent() {
        let half = Credentials::new().api_key("X-Api-Key", "k");
        assert_eq!(sent(&half, &[&[KEY, SECRET]]), Vec::<String>::new());
    }

    #[test]
    fn a_scheme_of_its_own_comes_first() {
        let credentials =
            Credentials::new().bearer("any").scheme("bearerAuth", Credential::Bearer("own".into()));
        assert_eq!(sent(&credentials, &[&[BEARER]]), ["authorization: Bearer own"]);
        // A password does not fit a bearer scheme.
        let credentials = Credentials::new().scheme("bearerAuth", Credential::ApiKey("k".into()));
        assert_eq!(sent(&credentials, &[&[BEARER]]), Vec::<String>::new());
    }

    #[test]
    fn what_a_header_cannot_carry_is_an_error_without_the_value() {
        let mut request = Request::new(reqwest::Method::GET, "http://127.0.0.1/a".parse().unwrap());
        let error = Credentials::new().bearer("se\ncret").apply(&mut request, &[&[BEARER]]).unwrap_err();
        assert_eq!(format!("{error:?}"), "NotSendable(\"bearerAuth\")");
    }

    #[test]
    fn debug_names_and_hides() {
        let credentials =
            Credentials::new().bearer("hidden").basic("hidden", "hidden").api_key("X-Key", "hidden");
        assert_eq!(format!("{credentials:?}"), r#"Credentials(["bearer", "basic", "x-key"])"#);
    }
}
