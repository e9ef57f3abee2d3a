//! Percent-encoded text, as paths, queries and forms carry it.

/// The text could not be decoded: a `%` without two hexadecimal digits, or bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// Decodes a path segment or a part of one.
pub(crate) fn decode(text: &str) -> Result<String, Undecodable> {
    String::from_utf8(bytes(text, false)?).map_err(|_| Undecodable)
}

/// Decodes a name or a value of a query string or a form, where `+` is a space.
pub(crate) fn decode_form(text: &str) -> Result<String, Undecodable> {
    String::from_utf8(bytes(text, true)?).map_err(|_| Undecodable)
}

/// The pairs of a query string or a form, still encoded, in order; a name without `=` has an empty value.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The pairs of a query string, decoded; those that cannot be are left out.
pub(crate) fn decoded(text: &str) -> impl Iterator<Item = (String, String)> {
    pairs(text).filter_map(|(name, value)| Some((decode_form(name).ok()?, decode_form(value).ok()?)))
}

/// The bytes of a path segment, each with whether it was percent-encoded.
pub(crate) fn units(text: &str) -> Result<Vec<(u8, bool)>, Undecodable> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let [high, low, after @ ..] = rest else { return Err(Undecodable) };
            out.push((hex(*high)? * 16 + hex(*low)?, true));
            rest = after;
        } else {
            out.push((*byte, false));
        }
    }
    Ok(out)
}

fn bytes(text: &str, form: bool) -> Result<Vec<u8>, Undecodable> {
    let units = units(text)?;
    Ok(units
        .into_iter()
        .map(|(byte, encoded)| if form && byte == b'+' && !encoded { b' ' } else { byte })
        .collect())
}

fn hex(digit: u8) -> Result<u8, Undecodable> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(Undecodable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        assert_eq!(decode("a%20b+c"), Ok("a b+c".to_owned()));
        assert_eq!(decode_form("a%20b+c%2B"), Ok("a b c+".to_owned()));
        for broken in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decode(broken), Err(Undecodable), "{broken}");
        }
        assert_eq!(pairs("a=1&&b&c=x=y").collect::<Vec<_>>(), [("a", "1"), ("b", ""), ("c", "x=y")]);
    }
}
