//! Who may come in: nobody without the token if there is one, and no page of another site by way of a browser.
//!
//! A browser lets any page send requests to the loopback interface, and tells so: `Origin` and `Sec-Fetch-Site` name the
//! page. A page whose name was made to point to this machine (DNS rebinding) looks like our own, but for the name: it is
//! in `Host`. Names are therefore refused, except for `localhost`, unless a token is needed, which no such page has.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::token::AdminToken;
use super::{answer, page};

/// What everybody may ask: a load balancer has no token.
const OPEN: [&str; 2] = ["/health", "/ready"];

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Who may come in.
#[derive(Debug)]
pub(super) struct Guard {
    token: Option<AdminToken>,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Denied {
    #[error("send the token of the admin listener: `Authorization: Bearer …`")]
    NoToken,
    #[error("this is not the token of the admin listener")]
    WrongToken,
    #[error("a page of another site may not use the admin listener")]
    OtherSite,
    #[error(
        "the admin listener does not go by this name; use an IP address or localhost, or start the server with an \
         admin token"
    )]
    OtherName,
    #[error("the request has no readable Host header")]
    NoHost,
}

impl Denied {
    fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::OtherSite | Self::OtherName => StatusCode::FORBIDDEN,
            Self::NoHost => StatusCode::BAD_REQUEST,
        }
    }
}

impl Guard {
    /// A guard that demands this token, if there is one.
    pub(super) fn new(token: Option<AdminToken>) -> Self {
        Self { token }
    }

    fn check(&self, parts: &Parts) -> Result<(), Denied> {
        let host = host(parts)?;
        if self.token.is_none() && !is_own_name(host) {
            return Err(Denied::OtherName);
        }
        if is_from_another_site(parts, host) {
            return Err(Denied::OtherSite);
        }
        match &self.token {
            Some(token) if !is_open(parts.uri.path()) => {
                let presented = bearer(&parts.headers).ok_or(Denied::NoToken)?;
                if token.is(presented) { Ok(()) } else { Err(Denied::WrongToken) }
            }
            _ => Ok(()),
        }
    }
}

/// Whether a path holds nothing that a token should keep.
fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || page::is_part(path)
}

/// Lets a request in or refuses it, and keeps answers out of caches and of other sites' pages.
pub(super) async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match guard.check(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(denied) => {
            let mut response = answer::refused(denied.status(), denied).into_response();
            if denied.status() == StatusCode::UNAUTHORIZED {
                let challenge = HeaderValue::from_static("Bearer realm=\"rescind admin\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Bodies are JSON, whatever `curl --data` says of them.
pub(super) async fn json_unless_said(mut request: Request, next: Next) -> Response {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    let media_type = request.headers().get(CONTENT_TYPE);
    if media_type.is_none_or(|media_type| media_type.as_bytes() == FORM) {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    next.run(request).await
}

/// The name and port that the caller called.
fn host(parts: &Parts) -> Result<&str, Denied> {
    let mut named = parts.headers.get_all(HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().map_err(|_| Denied::NoHost),
        _ => Err(Denied::NoHost),
    }
}

/// Whether nobody else can have made this name point here: it is an address, or means this machine everywhere.
fn is_own_name(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => return name.parse::<Ipv6Addr>().is_ok(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

fn is_from_another_site(parts: &Parts, host: &str) -> bool {
    if let Some(origin) = parts.headers.get(ORIGIN) {
        // A proxy in front may speak TLS.
        let authority = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
        return !authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host));
    }
    let word = |name: &HeaderName| parts.headers.get(name).map(HeaderValue::as_bytes);
    match word(&SEC_FETCH_SITE) {
        None | Some(b"same-origin" | b"none") => false,
        // A link to the console harms nobody.
        Some(_) => {
            !(parts.method == Method::GET
                && parts.uri.path() == "/"
                && word(&SEC_FETCH_MODE) == Some(b"navigate"))
        }
    }
}

/// The token of an `Authorization` header (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(token: Option<&str>, path: &str, headers: &[(&str, &str)]) -> Result<(), Denied> {
        let mut request = http::Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let token = token.map(|token| AdminToken::new(token).unwrap());
        Guard::new(token).check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn another_site_is_refused() {
        let own = ("host", "127.0.0.1:8081");
        for (allowed, headers) in [
            (true, vec![own]),
            (true, vec![own, ("origin", "http://127.0.0.1:8081")]),
            (true, vec![("host", "LOCALHOST:8081"), ("origin", "http://localhost:8081")]),
            (true, vec![("host", "[::1]:8081"), ("origin", "http://[::1]:8081")]),
            (true, vec![own, ("sec-fetch-site", "same-origin")]),
            (true, vec![own, ("sec-fetch-site", "none")]),
            (false, vec![own, ("origin", "http://evil.example")]),
            (false, vec![own, ("origin", "null")]),
            (false, vec![own, ("origin", "http://127.0.0.1:8080")]),
            (false, vec![own, ("origin", "http://127.0.0.1:8081.evil.example")]),
            (false, vec![own, ("sec-fetch-site", "cross-site")]),
            (false, vec![own, ("sec-fetch-site", "same-site")]),
        ] {
            assert_eq!(
                check(None, "/clock", &headers),
                if allowed { Ok(()) } else { Err(Denied::OtherSite) }
            );
        }
        let link = [own, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(check(None, "/", &link), Ok(()));
        assert_eq!(check(None, "/snapshot", &link), Err(Denied::OtherSite));
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        for name in ["evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example", "[evil]:1", ""]
        {
            let origin = format!("http://{name}");
            let headers = [("host", name), ("origin", origin.as_str())];
            assert_eq!(check(None, "/clock", &headers), Err(Denied::OtherName), "{name}");
        }
        assert_eq!(check(None, "/clock", &[]), Err(Denied::NoHost));
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(check(None, "/clock", &twice), Err(Denied::NoHost));
    }

    #[test]
    fn a_token_is_needed_where_there_is_one() {
        const TOKEN: &str = "0123456789abcdef";
        let host = ("host", "rescind.internal:8081");
        let asked = |path: &str, authorization: &str| {
            check(Some(TOKEN), path, &[host, ("authorization", authorization)])
        };
        assert_eq!(check(Some(TOKEN), "/clock", &[host]), Err(Denied::NoToken));
        assert_eq!(asked("/clock", "Bearer 0123456789abcdef"), Ok(()));
        assert_eq!(asked("/clock", "bearer 0123456789abcdef"), Ok(()));
        assert_eq!(asked("/clock", "Bearer 0123456789abcdee"), Err(Denied::WrongToken));
        assert_eq!(asked("/clock", "Bearer "), Err(Denied::WrongToken));
        assert_eq!(asked("/clock", "Basic 0123456789abcdef"), Err(Denied::NoToken));
        for open in ["/health", "/ready", "/", "/console/app.js"] {
            assert_eq!(check(Some(TOKEN), open, &[host]), Ok(()), "{open}");
        }
        for closed in ["/health/", "/metrics", "/nothing", "/%68ealth"] {
            assert_eq!(check(Some(TOKEN), closed, &[host]), Err(Denied::NoToken), "{closed}");
        }
    }
}
