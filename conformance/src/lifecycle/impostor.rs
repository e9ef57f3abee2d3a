//! Credentials that must not do: well formed, and nobody's.

use crate::actors::{Placed, PlacedValue};
use crate::call::Known;
use crate::credential::Credential;

/// The same values with each replaced by one of the same form that nobody holds.
pub fn forge(placed: Vec<Placed>, word: &str) -> Vec<Placed> {
    let change = |value: PlacedValue| match value {
        PlacedValue::Pair(username, password) => {
            PlacedValue::Pair(scramble(&username, word), scramble(&password, word))
        }
        PlacedValue::Single(text) => PlacedValue::Single(scramble(&text, word)),
    };
    let forged = |placed: Placed| Placed { value: change(placed.value), origins: Vec::new(), ..placed };
    placed.into_iter().map(forged).collect()
}

/// The same values, with `secret` replaced wherever it stands.
pub fn spoil(placed: Vec<Placed>, secret: &str, word: &str) -> Vec<Placed> {
    let wrong = scramble(secret, word);
    // A contract may put it beside other things into one value.
    let change = |text: String| if secret.is_empty() { text } else { text.replace(secret, &wrong) };
    placed
        .into_iter()
        .map(|placed| Placed {
            value: match placed.value {
                PlacedValue::Pair(username, password) => PlacedValue::Pair(username, change(password)),
                PlacedValue::Single(text) => PlacedValue::Single(change(text)),
            },
            origins: placed.origins.into_iter().filter(|origin| origin.expose() != secret).collect(),
            ..placed
        })
        .collect()
}

/// A credential of the same form that nobody holds.
pub fn forged(credential: &Credential, word: &str) -> Credential {
    let id = Known { text: scramble(&credential.id.text, word), from: None };
    Credential { id, ..spoiled(credential, word) }
}

/// The same credential with another secret.
pub fn spoiled(credential: &Credential, word: &str) -> Credential {
    let secret = credential.secret.as_ref();
    let secret = secret.map(|secret| Known { text: scramble(&secret.text, word), from: None });
    Credential { secret, ..credential.clone() }
}

/// A text of the same form: a prefix that ends in `_` or `-` stays, every letter and digit behind it is replaced by one
/// of its class that `word` says. Which it was does not matter, so the outcome tells nothing of a secret.
pub fn scramble(text: &str, word: &str) -> String {
    let digits: Vec<u8> =
        word.bytes().filter_map(|byte| u8::try_from(char::from(byte).to_digit(16)?).ok()).collect();
    let prefix = prefix(text);
    let hexadecimal =
        text[prefix..].chars().all(|letter| letter.is_ascii_hexdigit() && !letter.is_uppercase());
    let scrambled = |shift: usize| {
        let mut out = text[..prefix].to_owned();
        for (index, letter) in text[prefix..].chars().enumerate() {
            let index = index + shift;
            let digit = if digits.is_empty() { 0 } else { digits[index % digits.len()] };
            // The place goes in as well, because the word may be shorter than the text.
            let drawn = |first: u8, size: usize| {
                let number = (usize::from(digit) * 7 + index / digits.len().max(1) * 3 + index) % size;
                char::from(first + u8::try_from(number).unwrap_or_default())
            };
            out.push(match letter {
                '0'..='9' => drawn(b'0', 10),
                'a'..='f' if hexadecimal => drawn(b'a', 6),
                'a'..='z' => drawn(b'a', 26),
                'A'..='Z' => drawn(b'A', 26),
                other => other,
            });
        }
        out
    };
    // It could be the very text by chance.
    (0..26).map(scrambled).find(|scrambled| scrambled != text).unwrap_or_else(|| text.to_owned())
}

/// How long the part is that tells the kind: `sk_live_` of `sk_live_x7f`; nothing of what is too short to have one.
fn prefix(text: &str) -> usize {
    let body = text.split('.').next().unwrap_or(text);
    let mut end = 0;
    for (at, letter) in body.char_indices() {
        if (letter == '_' || letter == '-') && text.len() - at > 12 {
            end = at + 1;
        } else if !letter.is_ascii_lowercase() {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use rescind_specs::SchemeName;

    use super::*;

    #[test]
    fn a_forged_value_keeps_its_form() {
        let check = |text: &str, prefix: &str| {
            let forged = scramble(text, "0123456789abcdef0123456789abcdef");
            assert_eq!(forged.len(), text.len());
            assert!(forged.starts_with(prefix), "{forged}");
            let class = |letter: char| {
                (letter.is_ascii_digit(), letter.is_ascii_lowercase(), letter.is_ascii_uppercase())
            };
            assert!(text.chars().map(class).eq(forged.chars().map(class)), "{forged}");
            assert!(text.chars().all(|letter| !letter.is_ascii_alphanumeric()) || forged != text, "{forged}");
        };
        check("ak_0123456789abcdef", "ak_");
        check("key_at_eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "key_at_");
        check("hunter2", "");
        check("", "");
        check("1", "");
    }

    /// Two secrets of one form become the same, so nobody can tell from it which it was.
    #[test]
    fn a_forged_value_tells_nothing_of_the_secret() {
        let word = "0123456789abcdef0123456789abcdef";
        assert_eq!(scramble("sk_0123456789abcdef", word), scramble("sk_9876543210fedcba", word));
    }

    #[test]
    fn a_secret_is_wrong_wherever_it_stands_and_nothing_else_is() {
        let word = "0123456789abcdef0123456789abcdef";
        let secret = "sk_0123456789abcdef";
        let wrong = scramble(secret, word);
        assert_ne!(wrong, secret);
        let single = |text: &str| PlacedValue::Single(text.to_owned());
        let pair = |name: &str, password: &str| PlacedValue::Pair(name.to_owned(), password.to_owned());
        let check = |value: PlacedValue, secret: &str, expected: PlacedValue| {
            let placed = Placed { scheme: SchemeName("key".into()), value, origins: Vec::new() };
            let values: Vec<_> = spoil(vec![placed], secret, word)
                .into_iter()
                .map(|placed| match placed.value {
                    PlacedValue::Pair(name, password) => (name, password),
                    PlacedValue::Single(text) => (String::new(), text),
                })
                .collect();
            let expected = match expected {
                PlacedValue::Pair(name, password) => (name, password),
                PlacedValue::Single(text) => (String::new(), text),
            };
            assert_eq!(values, [expected]);
        };
        check(single(secret), secret, single(&wrong));
        check(single(&format!("key-1.{secret}")), secret, single(&format!("key-1.{wrong}")));
        check(pair("key-1", secret), secret, pair("key-1", &wrong));
        check(single("key-1"), secret, single("key-1"));
        check(single("key-1"), "", single("key-1"));
    }
}
