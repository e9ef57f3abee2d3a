//! What the body of a refusal says, whatever envelope it has.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

/// What the body of a failed call says: problem details (RFC 9457), or what other envelopes say in their words.
///
/// Typed bodies say more; this is for code that handles the failures of many operations alike. Branch on `code` and
/// the status; the rest is for people. `Debug` leaves out what may quote the request: all but the status, and a `kind`
/// and a `code` that look like words of a contract.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// The URI that names the kind of problem: `type`.
    pub kind: Option<String>,
    /// The kind of problem in words.
    pub title: Option<String>,
    /// The status that the body repeats.
    pub status: Option<u16>,
    /// What happened this time: `detail`, or `message` and the like.
    pub detail: Option<String>,
    /// The URI of this occurrence.
    pub instance: Option<String>,
    /// The word for the problem that programs branch on: `code`, `error_code`, `error`.
    pub code: Option<String>,
    /// All members of the body.
    pub members: Map<String, Value>,
}

impl Problem {
    /// What `body` says, if it is a JSON object that tells of a problem.
    pub(super) fn read(body: &Bytes) -> Option<Self> {
        let Value::Object(members) = serde_json::from_slice(body).ok()? else { return None };
        // Some envelopes have everything in one member.
        let inner = members.get("error").and_then(Value::as_object);
        let text = |name: &str| {
            let found = inner.and_then(|inner| inner.get(name)).or_else(|| members.get(name));
            found.and_then(Value::as_str).map(str::to_owned)
        };
        let first = |names: &[&str]| names.iter().find_map(|name| text(name));
        let problem = Self {
            kind: text("type"),
            title: text("title"),
            status: members.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok()),
            detail: first(&["detail", "message", "error_description"]),
            instance: text("instance"),
            code: first(&["code", "error_code", "error"]),
            members: Map::new(),
        };
        let told = [&problem.kind, &problem.title, &problem.detail, &problem.code];
        let told = told.iter().any(|member| member.is_some());
        told.then_some(Self { members, ..problem })
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("kind", &word(self.kind.as_deref()))
            .field("status", &self.status)
            .field("code", &word(self.code.as_deref()))
            .finish_non_exhaustive()
    }
}

/// Longest word of a contract that `Debug` tells, in bytes.
const LONGEST_WORD: usize = 64;

/// Longest run of letters and digits of such a word. Those of keys are longer.
const LONGEST_RUN: usize = 15;

/// `text`, if it can be a word of the contract: no sentence, and nothing that looks like a key.
fn word(text: Option<&str>) -> Option<&str> {
    let is_of_words = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/#".contains(&byte);
    let mut runs = text?.split(|char: char| !char.is_ascii_alphanumeric());
    let is_key = runs.any(|run| run.len() > LONGEST_RUN && run.bytes().any(|byte| byte.is_ascii_digit()));
    text.filter(|text| text.len() <= LONGEST_WORD && text.bytes().all(is_of_words) && !is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<String>, Option<String>)> {
        Problem::read(&Bytes::from(text.to_owned())).map(|problem| (problem.code, problem.detail))
    }

    #[test]
    fn every_envelope_is_read() {
        let some = |code: &str, detail: &str| Some((Some(code.to_owned()), Some(detail.to_owned())));
        for (text, documented) in [
            (r#"{"type":"https://a/b","title":"T","status":409,"detail":"d","code":"c"}"#, some("c", "d")),
            (r#"{"error_code":"c","message":"d","request_id":"r"}"#, some("c", "d")),
            (r#"{"error":{"code":"c","message":"d"}}"#, some("c", "d")),
            (r#"{"error":"c","error_description":"d"}"#, some("c", "d")),
            (r#"{"title":"T"}"#, Some((None, None))),
            (r#"{"balance":1}"#, None),
            (r#"["code"]"#, None),
            ("<html>code</html>", None),
            ("", None),
        ] {
            assert_eq!(read(text), documented, "{text}");
        }
    }

    #[test]
    fn debug_tells_nothing_that_may_quote_the_request() {
        let body = br#"{"type":"https://a.example/none","title":"No key sk_hidden","detail":"sk_hidden",
            "instance":"/a/sk_hidden","error":"there is no key sk_hidden"}"#;
        let problem = Problem::read(&Bytes::from_static(body)).unwrap();
        let told = format!("{problem:?}");
        assert!(!told.contains("hidden") && told.contains("a.example/none"), "{told}");
        assert_eq!(problem.detail.as_deref(), Some("sk_hidden"));
        for (code, is_told) in [
            ("not_found", true),
            ("InsufficientPermissionsForCredential", true),
            ("E4012", true),
            ("no such key", false),
            ("acme_cs_live_4f9a0c1b2d3e4f5a", false),
            ("unknown_key:sk_test_0123456789abcdef", false),
        ] {
            let problem = Problem::read(&Bytes::from(format!(r#"{{"code":"{code}"}}"#))).unwrap();
            assert_eq!(format!("{problem:?}").contains(code), is_told, "{code}");
        }
    }
}
