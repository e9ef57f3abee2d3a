//! What is kept of a body: its beginning, redacted before it is cut, so that no half of a secret stays.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::redact::Redactor;
use crate::report::exchange::{BodyRecord, Kept};

/// So much of a body is kept, in bytes.
pub(crate) const LONGEST: usize = 8 * 1024;
/// Of a longer body nothing is kept, in bytes: to search it for secrets would take too long.
const SEARCHED: usize = 64 * 1024;

pub(super) fn kept(body: &[u8], headers: &HeaderMap, redactor: &Redactor) -> BodyRecord {
    let length = body.len() as u64;
    let nothing = |kept| BodyRecord { length, text: String::new(), kept };
    let encoding = headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity")) {
        return nothing(Kept::NothingEncoded);
    }
    if body.len() > SEARCHED {
        return nothing(Kept::NothingTooLong);
    }
    let text = redactor.redact_bytes(body);
    if text.len() <= LONGEST {
        return BodyRecord { length, text, kept: Kept::Whole };
    }
    let end = text.floor_char_boundary(LONGEST);
    BodyRecord { length, text: text[..end].to_owned(), kept: Kept::Beginning }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sk_0123456789abcdef";

    fn redactor() -> Redactor {
        let redactor = Redactor::new();
        redactor.taint(SECRET);
        redactor
    }

    #[test]
    fn a_short_body_is_kept_whole() {
        let record = kept(format!("{{\"secret\":\"{SECRET}\"}}").as_bytes(), &HeaderMap::new(), &redactor());
        assert_eq!(
            record,
            BodyRecord { length: 32, text: "{\"secret\":\"***\"}".to_owned(), kept: Kept::Whole }
        );
    }

    /// Wherever the cut falls, no part of a secret is left.
    #[test]
    fn a_secret_at_the_cut_is_masked_first() {
        for before in LONGEST - SECRET.len() - 2..LONGEST + 2 {
            let body = format!("{}{SECRET}{}", "é".repeat(before / 2), "x".repeat(LONGEST));
            let record = kept(body.as_bytes(), &HeaderMap::new(), &redactor());
            assert_eq!(record.kept, Kept::Beginning);
            assert!(record.text.len() <= LONGEST);
            assert!(!record.text.contains(&SECRET[..4]), "{before}");
        }
    }

    #[test]
    fn what_cannot_be_searched_is_not_kept() {
        let long = kept(&vec![b'x'; SEARCHED + 1], &HeaderMap::new(), &redactor());
        assert_eq!((long.kept, long.text.as_str()), (Kept::NothingTooLong, ""));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
        assert_eq!(kept(b"\x1f\x8b", &headers, &redactor()).kept, Kept::NothingEncoded);
        headers.insert(CONTENT_ENCODING, http::HeaderValue::from_static("identity"));
        assert_eq!(kept(b"plain", &headers, &redactor()).kept, Kept::Whole);
    }
}
