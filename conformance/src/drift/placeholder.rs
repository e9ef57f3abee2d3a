//! What stands in an envelope for a value that differs from run to run.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::redact::Redactor;

/// The shortest word that may be taken for an identifier.
const SHORTEST: usize = 8;

/// A text without what differs from run to run: secrets, times, identifiers, numbers.
pub(super) fn text(text: &str, redactor: &Redactor) -> String {
    if redactor.finds(text) {
        return "«secret»".to_owned();
    }
    if text.parse::<Timestamp>().is_ok() {
        return "«time»".to_owned();
    }
    if text.parse::<Date>().is_ok() && text.len() == 10 {
        return "«date»".to_owned();
    }
    words(text)
}

/// The words of a text, each replaced if it is an identifier or a number.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() || "_-".contains(letter) {
            word.push(letter);
        } else {
            flush(&mut out, &mut word);
            out.push(letter);
        }
    }
    flush(&mut out, &mut word);
    out
}

fn flush(out: &mut String, word: &mut String) {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let long = word.chars().count() >= SHORTEST;
    if digits > 0 && letters == 0 {
        out.push_str("«number»");
    } else if long && digits > 0 && (digits * 8 >= word.len() || is_hexadecimal(word) || is_mixed(word))
        || word.split(['_', '-']).any(is_drawn)
    {
        out.push_str("«id»");
    } else {
        out.push_str(word);
    }
    word.clear();
}

/// Whether a part of a word is too long for one that somebody wrote.
fn is_drawn(part: &str) -> bool {
    let length = part.chars().count();
    length >= 18 || (length >= 12 && part.chars().any(|c| c.is_ascii_digit()))
}

fn is_hexadecimal(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && word.len() >= 16
}

/// Whether a word changes between letters and digits so often that nobody wrote it.
fn is_mixed(word: &str) -> bool {
    let kinds: Vec<bool> = word.chars().map(|c| c.is_ascii_digit()).collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1]).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::redact::Redactor;

    #[test]
    fn what_differs_from_run_to_run_is_taken_out() {
        let redactor = Redactor::new();
        redactor.taint("sk_live_verysecret");
        let check = |value: &str, expected: &str| assert_eq!(text(value, &redactor), expected, "{value}");
        check("not_found", "not_found");
        check("application/problem+json", "application/problem+json");
        check("no credential example_ci_0f3a9b2c4d5e6f70", "no credential «id»");
        check("6f1d2c0e-8b47-4e3a-9d15-7c20a4be93f8", "«id»");
        check("2026-03-01T12:00:00Z", "«time»");
        check("2026-03-01", "«date»");
        check("expires in 3600 seconds", "expires in «number» seconds");
        check("Bearer sk_live_verysecret", "«secret»");
        check("rescind 0123456789abcdef0123456789abcdef", "rescind «id»");
        check("ws_request_kbvrdpuu640uslxphbqt", "«id»");
        check("revoked", "revoked");
        check("UTF-8", "UTF-8");
        check("/v3/auth/credentials", "/v3/auth/credentials");
    }
}
