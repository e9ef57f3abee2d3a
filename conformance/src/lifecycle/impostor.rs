//! Credentials that must not do: well formed, and nobody's.

use crate::actors::{Placed, PlacedValue};

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

/// A text of the same form: a prefix that ends in `_` or `-` stays, every letter and digit behind it is replaced by
/// another of its class, drawn from `word`.
pub fn scramble(text: &str, word: &str) -> String {
    let digits: Vec<u8> =
        word.bytes().filter_map(|byte| u8::try_from(char::from(byte).to_digit(16)?).ok()).collect();
    let prefix = prefix(text);
    let mut out = text[..prefix].to_owned();
    for (index, letter) in text[prefix..].chars().enumerate() {
        // Never zero, so that every character changes.
        let by = if digits.is_empty() { 1 } else { digits[index % digits.len()] % 5 + 1 };
        let hexadecimal =
            text[prefix..].chars().all(|letter| letter.is_ascii_hexdigit() && !letter.is_uppercase());
        let turned = |first: u8, size: u8| char::from(first + (letter as u8 - first + by) % size);
        out.push(match letter {
            '0'..='9' => turned(b'0', 10),
            'a'..='f' if hexadecimal => turned(b'a', 6),
            'a'..='z' => turned(b'a', 26),
            'A'..='Z' => turned(b'A', 26),
            other => other,
        });
    }
    out
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
            let changed = |(old, new): (char, char)| !old.is_ascii_alphanumeric() || old != new;
            assert!(
                text[prefix.len()..].chars().zip(forged[prefix.len()..].chars()).all(changed),
                "{forged}"
            );
        };
        check("ak_0123456789abcdef", "ak_");
        check("key_at_eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "key_at_");
        check("hunter2", "");
        check("", "");
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
