//! Percent-encoding (RFC 3986 §2).

use std::borrow::Cow;

/// Which characters stand as they are, beside the unreserved ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// None.
    Unreserved,
    /// The reserved ones that a value in a query may hold without being taken for something else.
    Reserved,
    /// Those, save for the comma, which stands between values.
    ReservedSaveComma,
    /// All but the full stop, which stands between values.
    SaveStop,
    /// What a cookie may hold (RFC 6265 §4.1.1), save for the percent sign and the comma.
    Cookie,
}

impl Keep {
    fn keeps(self, byte: u8) -> bool {
        // RFC 3986 §2.3.
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        match self {
            Self::Unreserved => unreserved,
            Self::SaveStop => unreserved && byte != b'.',
            // `&`, `#`, `[` and `]` have a meaning in a query or no place there, and `+` is read as a space.
            Self::Reserved => unreserved || b":/?@!$'()*,;=".contains(&byte),
            Self::ReservedSaveComma => unreserved || b":/?@!$'()*;=".contains(&byte),
            Self::Cookie => byte.is_ascii_graphic() && !b"\",;\\%".contains(&byte),
        }
    }
}

/// Adds `text` to `out`, encoded.
pub(super) fn push(text: &str, keep: Keep, out: &mut String) {
    out.push_str(&encoded(text, keep));
}

/// `text`, encoded.
pub(super) fn encoded(text: &str, keep: Keep) -> Cow<'_, str> {
    if text.bytes().all(|byte| keep.keeps(byte)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if keep.keeps(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    out.into()
}
