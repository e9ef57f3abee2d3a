//! The ways in which a text may be written, for whoever looks for a secret in what was sent: percent-encoded, with
//! JSON escapes, within quotes of a shell, and in Base64.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Shorter texts are no secrets: masking them wherever they stand would leave nothing to read.
pub const SHORTEST_SECRET: usize = 4;

/// The forms of a secret that no decoding gives back: itself, and the part of its Base64 that does not depend on what
/// stands before and after it, for each of the three offsets.
pub fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for offset in 0..3 {
        let padded = [&[0_u8; 2][..offset], secret.as_bytes()].concat();
        // A character carries 6 bits: the first `offset` bytes reach into this many, the rest of the last is not ours.
        let (first, whole) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            let core = encoded.get(first..whole).filter(|core| core.len() >= SHORTEST_SECRET);
            if let Some(core) = core
                && forms.last().is_none_or(|known| known != core)
            {
                forms.push(core.to_owned());
            }
        }
    }
    forms
}

/// A text as it stands or after decoding, with the place of each byte in the text before.
pub struct View<'t> {
    bytes: Cow<'t, [u8]>,
    /// Absent for a text as it stands.
    origins: Option<Vec<Range<usize>>>,
}

/// Decodes what stands at the start of the bytes: writes what they mean, and says how many it took. `None`: the first
/// byte means itself.
type Decode = fn(&[u8], &mut Vec<u8>) -> Option<usize>;

impl<'t> View<'t> {
    /// The text as it stands.
    pub fn of(text: &'t str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), origins: None }
    }

    /// Every other reading of the text that differs from it: without percent-encoding, as a form, without JSON
    /// escapes once and twice, and without the quotes of a shell.
    pub fn readings(text: &'t str) -> Vec<Self> {
        let mut views = Vec::new();
        if !text.contains(['%', '+', '\\']) {
            return views;
        }
        let plain = Self::of(text);
        if text.contains('%') {
            views.push(plain.decoded(percent));
        }
        if text.contains('+') {
            views.push(plain.decoded(form));
        }
        if text.contains("'\\''") {
            views.push(plain.decoded(shell));
        }
        if text.contains('\\') {
            let once = plain.decoded(json);
            if once.bytes.contains(&b'\\') {
                views.push(once.decoded(json));
            }
            views.push(once);
        }
        views
    }

    /// What the text means.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a part of it stands in the text before.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let Some(origins) = &self.origins else { return range };
        match (origins.get(range.start), origins.get(range.end.saturating_sub(1))) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    fn decoded(&self, decode: Decode) -> Self {
        let length = self.bytes.len();
        let mut bytes = Vec::with_capacity(length);
        let mut origins = Vec::with_capacity(length);
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let taken = decode(&self.bytes[at..], &mut bytes).unwrap_or_else(|| {
                bytes.push(*byte);
                1
            });
            origins.resize(bytes.len(), self.origin(at..at + taken));
            at += taken;
        }
        Self { bytes: Cow::Owned(bytes), origins: Some(origins) }
    }
}

fn percent(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digit(high)? * 16 + digit(low)?;
    out.push(u8::try_from(value).ok()?);
    Some(3)
}

fn form(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    if bytes.first() != Some(&b'+') {
        return percent(bytes, out);
    }
    out.push(b' ');
    Some(1)
}

fn shell(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let is_quote = bytes.starts_with(b"'\\''");
    is_quote.then(|| {
        out.push(b'\'');
        4
    })
}

fn json(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let [b'\\', escape, rest @ ..] = bytes else { return None };
    out.push(match escape {
        b'"' | b'\\' | b'/' => *escape,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'u' => {
            let unit = |bytes: &[u8]| {
                let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
                u16::from_str_radix(digits, 16).ok()
            };
            let first = unit(rest)?;
            let second = rest.get(4..6).filter(|escape| escape == b"\\u").and_then(|_| unit(&rest[6..]));
            let (text, taken) = match (String::from_utf16(&[first]), second) {
                (Ok(text), _) => (text, 6),
                (Err(_), Some(second)) => (String::from_utf16(&[first, second]).ok()?, 12),
                (Err(_), None) => return None,
            };
            out.extend_from_slice(text.as_bytes());
            return Some(taken);
        }
        _ => return None,
    });
    Some(2)
}

/// The text with the spans masked; those that touch get one mask.
pub fn mask(text: &str, mut spans: Vec<Range<usize>>) -> Cow<'_, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_by_key(|span| span.start);
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    let mut masked: Option<usize> = None;
    for span in spans {
        // A span that ends within a character is widened to all of it.
        let start = (0..=span.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = (span.end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        if masked.is_none_or(|end| start > end) {
            out.push_str(text.get(kept..start).unwrap_or_default());
            out.push_str(MASK);
        }
        kept = kept.max(end);
        masked = Some(kept);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}
