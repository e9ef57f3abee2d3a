//! The formats that strings are held against. What can be told at a glance is; the rest is left to the JSON Schema
//! library, which is asked about a string of that format alone.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use jsonschema::{Draft, ValidationOptions};
use serde_json::{Value, json};

/// The options with which every schema is compiled: draft 4, with the formats that it lacks.
pub(super) fn options<'i>() -> ValidationOptions<'i> {
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("uuid", |text: &str| is_uuid(text))
        .with_format("byte", is_base64)
        .with_format("uri-reference", |text: &str| !text.contains(char::is_whitespace))
}

/// One format.
pub(super) struct Format {
    kind: Kind,
    full: jsonschema::Validator,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Uuid,
    Byte,
    Date,
    DateTime,
    Email,
    Ipv4,
    Ipv6,
    Uri,
    Other,
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Format {
    pub(super) fn new(name: &str) -> Option<Self> {
        let kind = match name {
            "uuid" => Kind::Uuid,
            "byte" => Kind::Byte,
            "date" => Kind::Date,
            "date-time" => Kind::DateTime,
            "email" => Kind::Email,
            "ipv4" => Kind::Ipv4,
            "ipv6" => Kind::Ipv6,
            "uri" => Kind::Uri,
            _ => Kind::Other,
        };
        Some(Self { kind, full: options().build(&json!({ "format": name })).ok()? })
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        let plain = match self.kind {
            Kind::Uuid => is_uuid(text),
            Kind::Byte => is_base64(text),
            Kind::Date => is_date(text.as_bytes()),
            Kind::DateTime => is_utc(text.as_bytes()),
            Kind::Email => is_plain_email(text),
            Kind::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Kind::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Kind::Uri => is_plain_url(text),
            Kind::Other => false,
        };
        plain || self.full.is_valid(&Value::String(text.to_owned()))
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum: u32, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// A date whose day every month has.
fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return false };
    digits(&[*y1, *y2, *y3, *y4]).is_some()
        && digits(&[*m1, *m2]).is_some_and(|month| (1..=12).contains(&month))
        && digits(&[*d1, *d2]).is_some_and(|day| (1..=28).contains(&day))
}

/// `2026-01-02T03:04:05Z`, with or without a fraction.
fn is_utc(text: &[u8]) -> bool {
    let Some((date, [b'T', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..])) = text.split_at_checked(10)
    else {
        return false;
    };
    let below = |high: u8, low: u8, bound| digits(&[high, low]).is_some_and(|value| value < bound);
    let fraction = match rest {
        [b'Z'] => true,
        [b'.', fraction @ .., b'Z'] => !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    fraction && is_date(date) && below(*h1, *h2, 24) && below(*m1, *m2, 60) && below(*s1, *s2, 60)
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    // A hyphen in the third and fourth place means an encoded name.
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| plain(byte) || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.as_bytes().get(2..4) != Some(b"--".as_slice())
}

fn is_plain_host(host: &str) -> bool {
    host.len() <= 200
        && host.split('.').all(is_label)
        && host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

fn is_plain_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
    };
    local.len() <= 60 && local.split('.').all(atom) && host.contains('.') && is_plain_host(host)
}

fn is_plain_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    is_plain_host(host) && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_accepts_nothing_that_the_library_refuses() {
        let texts = [
            "2026-02-28",
            "2026-02-30",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "2026-1-1",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.5Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T23:59:60Z",
            "2026-01-02T03:60:00Z",
            "2026-01-02t03:04:05z",
            "2026-01-02T03:04:05+01:00",
            "a@b.example",
            "a.b+c@x-y.example",
            ".a@b.example",
            "a..b@c.example",
            "a@-b.example",
            "a@b_c.example",
            "a@b.1",
            "@b.example",
            "a@",
            "a@xn--a.example",
            "https://a.example",
            "https://a.example/b/c.d",
            "https://",
            "https://a.example/%zz",
            "http://-a.example/",
            "ftp://a.example",
            "1.2.3.4",
            "01.2.3.4",
            "1.2.3",
            "256.1.1.1",
            "::1",
            "::ffff:1.2.3.4",
            "1::2::3",
            "fe80::1%eth0",
            "",
            "AAAA",
            "AAA=",
            "AA==",
            "A===",
            "6f1c7f4e-0000-4000-8000-000000000000",
            "6f1c7f4e-0000-4000-8000-00000000000g",
        ];
        for name in ["uuid", "byte", "date", "date-time", "email", "ipv4", "ipv6", "uri", "hostname"] {
            let format = Format::new(name).unwrap();
            for text in texts {
                let full = format.full.is_valid(&Value::String(text.to_owned()));
                assert_eq!(format.accepts(text), full, "{name}: {text}");
            }
        }
    }
}
