//! Fresh values in the likeness of known ones: another id of the same form, another text of the same kind.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::id::{Alphabet, Format, Ids};

/// Random characters of a secret; more than 128 bits.
const SECRET: usize = 32;

/// A text like `sample` that nobody can guess, among those that `fits` lets pass.
pub(super) fn secret(sample: Option<&str>, ids: &Ids, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let prefix = sample.map_or("", prefix);
    let draw = |alphabet, length| ids.make(&Format::new("", alphabet, length));
    let made = [
        format!("{prefix}{}", draw(Alphabet::Alphanumeric, SECRET)),
        format!("{prefix}{}", draw(Alphabet::LowerHex, SECRET)),
        draw(Alphabet::Alphanumeric, SECRET),
        draw(Alphabet::LowerHex, SECRET),
        draw(Alphabet::Digits, SECRET),
    ];
    let another = sample.map(|sample| another(sample, ids));
    made.into_iter().chain(another).chain(std::iter::once(ids.uuid().to_string())).find(|text| fits(text))
}

/// A text like `sample`, with enough random characters never to come twice where the form leaves room for it.
pub(super) fn id(sample: Option<&str>, ids: &Ids, fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let Some(sample) = sample else { return secret(None, ids, fits) };
    let prefix = prefix(sample);
    let rest = &sample[prefix.len()..];
    let is_hex = rest.bytes().all(|byte| Alphabet::LowerHex.characters().contains(&byte));
    let is_lower = !rest.bytes().any(|byte| byte.is_ascii_uppercase());
    let alphabet = match (is_hex, is_lower) {
        (true, _) => Alphabet::LowerHex,
        (_, true) => Alphabet::LowerAlphanumeric,
        _ => Alphabet::Alphanumeric,
    };
    let same_form = is_uuid(sample).then(|| ids.uuid().to_string());
    let long = format!("{prefix}{}", ids.make(&Format::new("", alphabet, rest.len().clamp(16, 64))));
    same_form
        .into_iter()
        .chain([long, another(sample, ids)])
        .find(|text| fits(text))
        .or_else(|| secret(Some(sample), ids, fits))
}

/// What comes before the part of an id that tells it from others: `dinie_ci_` of `dinie_ci_550e8400`.
fn prefix(sample: &str) -> &str {
    if is_uuid(sample) {
        return "";
    }
    sample.rfind(['_', '-', ':', '.', '/']).map_or("", |end| &sample[..=end])
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The same text with another letter for each letter and another digit for each digit behind its prefix.
fn another(sample: &str, ids: &Ids) -> String {
    let start = prefix(sample);
    let drawn = ids.bytes::<64>();
    let rest = sample[start.len()..].chars().zip(drawn.iter().cycle()).map(|(sign, byte)| {
        let among = |first: u8, count: u8| char::from(first + byte % count);
        match sign {
            'a'..='f' => among(b'a', 6),
            'A'..='F' => among(b'A', 6),
            'g'..='z' => among(b'g', 20),
            'G'..='Z' => among(b'G', 20),
            '0'..='9' => among(b'0', 10),
            other => other,
        }
    });
    start.chars().chain(rest).collect()
}

/// Another value of the same kind: each member and item is replaced where the whole still `fits`.
pub(super) fn vary(value: &Value, ids: &Ids, fits: &dyn Fn(&Value) -> bool) -> Value {
    let mut varied = value.clone();
    let mut places = Vec::new();
    leaves(value, &mut Vec::new(), &mut places);
    for place in places {
        let fresh = at(&mut varied, &place).and_then(|leaf| replaced(leaf, ids));
        let Some(fresh) = fresh else { continue };
        let Some(leaf) = at(&mut varied, &place) else { continue };
        let before = std::mem::replace(leaf, fresh);
        if !fits(&varied)
            && let Some(leaf) = at(&mut varied, &place)
        {
            *leaf = before;
        }
    }
    varied
}

/// A step into a value.
#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Item(usize),
}

fn leaves(value: &Value, path: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                path.push(Step::Member(name.clone()));
                leaves(member, path, places);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Item(index));
                leaves(item, path, places);
                path.pop();
            }
        }
        _ => places.push(path.clone()),
    }
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.get_mut(name),
        Step::Item(index) => value.get_mut(index),
    })
}

fn replaced(leaf: &Value, ids: &Ids) -> Option<Value> {
    let drawn = u64::from_be_bytes(ids.bytes());
    Some(match leaf {
        Value::Bool(_) => drawn.is_multiple_of(2).into(),
        Value::Number(number) => match number.as_i64() {
            // Near what is known to be right, so that bounds hold most of the time.
            Some(number) => number.checked_add(i64::try_from(drawn % 100).ok()?)?.into(),
            None => (number.as_f64()? + f64::from(u8::try_from(drawn % 100).ok()?)).into(),
        },
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) => {
                let later = SignedDuration::from_secs(i64::try_from(drawn % 31_536_000).ok()?);
                time.checked_add(later).ok()?.to_string().into()
            }
            Err(_) if is_uuid(text) => ids.uuid().to_string().into(),
            Err(_) => another(text, ids).into(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_keep_their_form() {
        let ids = Ids::seeded(1);
        let all = |_: &str| true;
        for (sample, start, length) in [
            ("crd_01hzx8gitmain", "crd_", 20),
            ("acme_ci_550e8400e29b41d4a716446655440000", "acme_ci_", 40),
            ("019702a0-1234-7abc-8def-000000000001", "", 36),
            ("42", "", 16),
        ] {
            let made = id(Some(sample), &ids, &all).unwrap();
            assert!(made.starts_with(start) && made != sample, "{made}");
            assert_eq!(made.len(), length, "{made}");
        }
        let short = id(Some("A-1234"), &ids, &|text| text.len() == 6).unwrap();
        assert!(short.starts_with("A-") && short[2..].bytes().all(|byte| byte.is_ascii_digit()), "{short}");
        assert!(secret(Some("sk_live_EXAMPLE"), &ids, &all).unwrap().len() >= 32);
        assert_eq!(secret(None, &ids, &|_| false), None);
    }

    #[test]
    fn values_vary_within_what_fits() {
        let ids = Ids::seeded(1);
        let known =
            json!({ "kind": "fixed", "count": 5, "at": "2026-01-01T00:00:00Z", "tags": ["a1", null] });
        let fits = |value: &Value| value["kind"] == "fixed" && value["count"].as_i64() < Some(100_000);
        let varied = vary(&known, &ids, &fits);
        assert!(fits(&varied));
        assert_ne!(varied["at"], known["at"]);
        assert_ne!(varied["tags"][0], known["tags"][0]);
        assert!(varied["tags"][1].is_null());
    }
}
