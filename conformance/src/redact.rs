//! The one gate for every byte printed or stored: no secret passes, however it is written.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::AhoCorasick;
use http::HeaderValue;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION, SET_COOKIE};
pub use rescind_specs::disguise::MASK;
use rescind_specs::disguise::{SHORTEST_SECRET, View, forms, mask};
use serde_json::Value;

use crate::report::Report;

/// Knows the secrets of a run and masks them. Clones are handles on the same secrets.
///
/// A secret is found as it is, percent-encoded, with JSON escapes, within quotes of a shell, and in Base64 at any
/// offset, as in `Authorization: Basic`. Values of `Authorization` and of cookies are masked whether known or not.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Inner>>);

#[derive(Default)]
struct Inner {
    secrets: BTreeSet<String>,
    /// Made on first use after a secret was added.
    matcher: Option<Arc<AhoCorasick>>,
}

impl Redactor {
    /// A redactor that knows no secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret. Texts of fewer than four bytes are ignored.
    pub fn taint(&self, secret: &str) {
        if secret.len() < SHORTEST_SECRET {
            return;
        }
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !inner.secrets.contains(secret) {
            inner.secrets.insert(secret.to_owned());
            inner.matcher = None;
        }
    }

    /// Whether `text` holds a secret in any form.
    pub fn finds(&self, text: &str) -> bool {
        let Some(matcher) = self.matcher() else { return false };
        matcher.is_match(text) || View::readings(text).iter().any(|view| matcher.is_match(view.bytes()))
    }

    /// The text with each secret masked.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut spans = self.spans(text);
        spans.extend(header_values(text));
        mask(text, spans)
    }

    /// The bytes as text with each secret masked. What is no UTF-8 is replaced.
    pub fn redact_bytes(&self, bytes: &[u8]) -> String {
        self.redact(&String::from_utf8_lossy(bytes)).into_owned()
    }

    /// The value of a header, masked wholly where the header exists to carry secrets.
    pub fn redact_header(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let text = String::from_utf8_lossy(value.as_bytes());
        if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
            match text.split_once(' ') {
                Some((scheme, _)) => format!("{} {MASK}", self.redact(scheme)),
                None => MASK.to_owned(),
            }
        } else if *name == COOKIE || *name == SET_COOKIE {
            let spans = cookie_values(&text, 0, *name == SET_COOKIE);
            self.redact(&mask(&text, spans)).into_owned()
        } else {
            self.redact(&text).into_owned()
        }
    }

    /// The value with each secret masked in its texts and names.
    pub fn redact_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(&text).into_owned()),
            Value::Array(items) => items.into_iter().map(|item| self.redact_value(item)).collect(),
            Value::Object(members) => {
                let members = members.into_iter();
                members
                    .map(|(name, value)| (self.redact(&name).into_owned(), self.redact_value(value)))
                    .collect()
            }
            other => other,
        }
    }

    /// The report with each secret masked, to be rendered afterwards: a rendering may break lines within a secret.
    ///
    /// # Errors
    /// A number of the report is not finite.
    pub fn redact_report(&self, report: &Report) -> Result<Report, serde_json::Error> {
        serde_json::from_value(self.redact_value(serde_json::to_value(report)?))
    }

    fn matcher(&self) -> Option<Arc<AhoCorasick>> {
        {
            let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if inner.secrets.is_empty() || inner.matcher.is_some() {
                return inner.matcher.clone();
            }
        }
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let forms: BTreeSet<String> = inner.secrets.iter().flat_map(|secret| forms(secret)).collect();
        // Too many secrets for one automaton would need gigabytes of them.
        inner.matcher = AhoCorasick::new(forms).ok().map(Arc::new);
        inner.matcher.clone()
    }

    /// Where secrets stand in `text`.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let Some(matcher) = self.matcher() else { return Vec::new() };
        let mut views = View::readings(text);
        views.push(View::of(text));
        let found = views.iter().flat_map(|view| {
            matcher.find_overlapping_iter(view.bytes()).map(|found| view.origin(found.start()..found.end()))
        });
        found.collect()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(***)")
    }
}

/// Where the values of `Authorization` and cookie headers stand in a text. Variables of a shell are left alone.
fn header_values(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut spans = Vec::new();
    for (name, cookies) in [("authorization", false), ("cookie", true)] {
        for (found, _) in lower.match_indices(name) {
            let rest = &text[found + name.len()..];
            let value = rest.trim_start_matches(['"', '\'', '\\']);
            let Some(value) = value.strip_prefix(':') else { continue };
            let value = value.trim_start_matches([' ', '"', '\'', '\\']);
            let start = text.len() - value.len();
            let value = &value[..value.find(['\n', '\r', '"', '\'', '\\']).unwrap_or(value.len())];
            if cookies {
                spans.extend(cookie_values(value, start, lower[..found].ends_with("set-")));
            } else {
                spans.extend(authorization_value(value).map(|span| start + span.start..start + span.end));
            }
        }
    }
    spans
}

fn authorization_value(value: &str) -> Option<Range<usize>> {
    const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "token", "apikey", "negotiate"];
    let start = match value.split_once(' ') {
        Some((scheme, _)) if SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) => scheme.len() + 1,
        // Prose that only speaks of authorization.
        Some(_) => return None,
        None => 0,
    };
    let credential = value[start..].trim();
    (!credential.is_empty() && !credential.starts_with('$') && credential != MASK)
        .then_some(start..value.len())
}

/// Where the values of `a=1; b=2` stand, or the first of them only.
fn cookie_values(value: &str, offset: usize, first_only: bool) -> Vec<Range<usize>> {
    let mut at = offset;
    let mut spans = Vec::new();
    for pair in value.split(';').take(if first_only { 1 } else { usize::MAX }) {
        if let Some((name, value)) = pair.split_once('=')
            && !value.starts_with('$')
            && !value.is_empty()
        {
            spans.push(at + name.len() + 1..at + pair.len());
        }
        at += pair.len() + 1;
    }
    spans
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::new();
        for secret in secrets {
            redactor.taint(secret);
        }
        redactor
    }

    #[test]
    fn each_form_is_masked() {
        let secret = "s3cr3t/+\"é' x";
        let redactor = redactor(&[secret]);
        let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text), expected, "{text}");
        check("nothing here", "nothing here");
        check(&format!("a{secret}b"), "a***b");
        check(&format!("{secret}{secret}"), "***");
        check("?q=s3cr3t%2F%2B%22%C3%A9%27%20x&r=1", "?q=***&r=1");
        check("?q=s3cr3t%2f%2b%22%c3%a9'+x&r=1", "?q=***&r=1");
        check(r#"{"a":"s3cr3t\/+\"\u00e9' x"}"#, r#"{"a":"***"}"#);
        check(r#"{\"a\":\"s3cr3t/+\\\"é' x\"}"#, r#"{\"a\":\"***\"}"#);
        check(r#"-d 's3cr3t/+"é'\'' x'"#, "-d '***'");
    }

    #[test]
    fn base64_is_masked_at_any_offset() {
        let secret = "sk_live_0123456789";
        let redactor = redactor(&[secret]);
        for prefix in ["", "i", "id", "id:", "operator:"] {
            for suffix in ["", "1", "12", "123"] {
                let pair = format!("{prefix}{secret}{suffix}");
                for encoded in [STANDARD.encode(&pair), URL_SAFE.encode(&pair), STANDARD_NO_PAD.encode(&pair)]
                {
                    let masked = redactor.redact(&encoded).into_owned();
                    assert!(masked.contains(MASK), "{encoded}: {masked}");
                    assert!(masked.len() <= prefix.len() * 2 + suffix.len() * 2 + 12, "{encoded}: {masked}");
                }
            }
        }
    }

    #[test]
    fn headers_that_carry_secrets_are_masked_unknown() {
        let redactor = Redactor::new();
        let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text), expected);
        check("Authorization: Bearer abc.def\nX: 1", "Authorization: Bearer ***\nX: 1");
        check(r#"{"authorization": "Basic YTpi"}"#, r#"{"authorization": "Basic ***"}"#);
        check("Proxy-Authorization: opaque", "Proxy-Authorization: ***");
        check("Cookie: a=1; b=2", "Cookie: a=***; b=***");
        check("set-cookie: a=1; Path=/", "set-cookie: a=***; Path=/");
        check(r#"-H "Authorization: Bearer $TOKEN_1""#, r#"-H "Authorization: Bearer $TOKEN_1""#);
        check(
            "without authorization: a refusal is documented",
            "without authorization: a refusal is documented",
        );
    }

    #[test]
    fn a_header_value_is_masked_by_its_name() {
        let redactor = redactor(&["sk_0123456789"]);
        let check = |name: HeaderName, value: &'static str, expected: &str| {
            assert_eq!(redactor.redact_header(&name, &HeaderValue::from_static(value)), expected);
        };
        check(AUTHORIZATION, "Bearer x", "Bearer ***");
        check(AUTHORIZATION, "x", "***");
        check(COOKIE, "a=1; b=2", "a=***; b=***");
        check(SET_COOKIE, "a=1; Path=/", "a=***; Path=/");
        check(HeaderName::from_static("x-api-secret"), "sk_0123456789", "***");
        check(HeaderName::from_static("x-api-secret"), "other", "other");
    }

    #[test]
    fn nothing_is_masked_for_short_texts_and_debug_shows_nothing() {
        let redactor = redactor(&["", "abc"]);
        assert_eq!(redactor.redact("abc"), "abc");
        redactor.taint("abcdef");
        assert!(!format!("{redactor:?}").contains("abcdef"));
        assert!(redactor.clone().finds("xabcdefx"));
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_secret(
            secrets in prop::collection::vec("[a-zA-Z0-9+/_\"'\\\\%é& \n-]{6,24}", 1..4),
            before in ".{0,12}",
            after in ".{0,12}",
        ) {
            let redactor = Redactor::new();
            for secret in &secrets {
                redactor.taint(secret);
            }
            for secret in &secrets {
                let text = format!("{before}{secret}{after}{}", secrets.join(""));
                let quoted = serde_json::to_string(&text).unwrap();
                let percent: Vec<String> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
                let percent = percent.concat();
                for text in [text, quoted, percent] {
                    let masked = redactor.redact(&text).into_owned();
                    prop_assert!(secrets.iter().all(|secret| !masked.contains(secret.as_str())), "{masked}");
                    prop_assert!(masked.contains(MASK));
                }
            }
        }
    }
}
