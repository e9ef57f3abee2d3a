//! Damage: to keys and values of a document, and to the bytes of its text.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// Names that are awkward somewhere.
const NAMES: [&str; 14] =
    ["type", "self", "Self", "r#fn", "", " ", "名前", "ß", "a b", "1", "__", "\u{202e}x", "body", "🦀"];
/// Keywords that change what is around them.
const KEYWORDS: [&str; 26] = [
    "$ref",
    "type",
    "format",
    "enum",
    "default",
    "nullable",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "discriminator",
    "pattern",
    "minimum",
    "maxLength",
    "readOnly",
    "style",
    "explode",
    "content",
    "schema",
    "in",
    "name",
    "example",
];

/// The text of document number `case`, damaged in one to four places.
pub(super) fn mutant(seed: &Value, case: u64) -> String {
    let mut random = Random::new(case);
    let mut document = seed.clone();
    if random.below(8) == 0 {
        return bytes(&document.to_string(), &mut random);
    }
    for _ in 0..=random.below(4) {
        let places = places(&document);
        let place = random.of(&places).clone();
        let part = random.of(&places).clone();
        let other = document.pointer(&part).cloned().unwrap_or(Value::Null);
        if let Some(value) = document.pointer_mut(&place) {
            damage(value, other, &part, &mut random);
        }
    }
    document.to_string()
}

/// The pointers of all values.
fn places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), document)];
    while let Some((at, value)) = open.pop() {
        match value {
            Value::Object(members) => {
                open.extend(members.iter().map(|(key, value)| {
                    (format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), value)
                }));
            }
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(index, value)| (format!("{at}/{index}"), value)));
            }
            _ => {}
        }
        found.push(at);
    }
    found
}

fn damage(value: &mut Value, other: Value, part: &str, random: &mut Random) {
    match random.below(14) {
        0 => *value = odd(random),
        1 => *value = other,
        2 => *value = json!({ "$ref": format!("#{part}") }),
        3 => {
            *value = json!({ "$ref": *random.of(&["#", "#/", "", "./other.yaml", "#/components/schemas/", "http://x/#/a", "#/%zz", "#/paths"]) });
        }
        4 => nest(value, random),
        5..=7 => match value {
            Value::Object(members) => key(members, other, random),
            Value::Array(items) if !items.is_empty() => {
                let at = random.below(items.len());
                match random.below(3) {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    _ => items[at] = other,
                }
            }
            _ => *value = odd(random),
        },
        8..=10 => {
            let keyword = (*random.of(&KEYWORDS)).to_owned();
            let put = if random.below(2) == 0 { other } else { odd(random) };
            match value {
                Value::Object(members) => drop(members.insert(keyword, put)),
                _ => *value = json!({ keyword: put }),
            }
        }
        11 => *value = Value::Array(vec![value.take(), other]),
        12 => *value = json!((*random.of(&NAMES)).to_owned()),
        _ => match value {
            Value::String(text) => {
                let name = *random.of::<&str>(&NAMES);
                text.push_str(name);
            }
            Value::Number(_) => *value = extreme(random),
            Value::Bool(is) => *is = !*is,
            _ => *value = Value::Null,
        },
    }
}

/// Deletes, doubles, renames or swaps a key.
fn key(members: &mut Map<String, Value>, other: Value, random: &mut Random) {
    let keys: Vec<String> = members.keys().cloned().collect();
    if keys.is_empty() {
        members.insert((*random.of(&NAMES)).to_owned(), other);
        return;
    }
    let (one, two) = (random.of(&keys).clone(), random.of(&keys).clone());
    match random.below(5) {
        0 => drop(members.shift_remove(&one)),
        1 => {
            let copy = members[&one].clone();
            members.insert(format!("{one}{}", random.of(&["_", "-", "2", " ", "A"])), copy);
        }
        2 => {
            let moved = members.shift_remove(&one).unwrap_or_default();
            members.insert((*random.of(&NAMES)).to_owned(), moved);
        }
        3 => {
            let (first, second) = (members[&one].clone(), members[&two].clone());
            members.insert(one, second);
            members.insert(two, first);
        }
        _ => drop(members.insert(one, other)),
    }
}

/// Puts `value` far down.
fn nest(value: &mut Value, random: &mut Random) {
    let depth = *random.of(&[3, 20, 70, 120]);
    let kind = random.below(4);
    for _ in 0..depth {
        let inner = value.take();
        *value = match kind {
            0 => json!({ "type": "array", "items": inner }),
            1 => json!({ "allOf": [inner] }),
            2 => json!({ "type": "object", "properties": { "a": inner } }),
            _ => json!([inner]),
        };
    }
}

fn odd(random: &mut Random) -> Value {
    match random.below(7) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => extreme(random),
        3 => json!((*random.of(&NAMES)).to_owned()),
        4 => json!({}),
        5 => json!([]),
        _ => json!(
            (*random.of(&[
                "string", "integer", "array", "object", "boolean", "number", "null", "uuid", "(", "[a-z",
                "^(a+)+$"
            ]))
            .to_owned()
        ),
    }
}

fn extreme(random: &mut Random) -> Value {
    let numbers = [
        json!(0),
        json!(-1),
        json!(1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e-308),
        json!(0.1),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_993_u64),
    ];
    random.of(&numbers).clone()
}

/// Changes, deletes, doubles or moves bytes; what is no text any more becomes the sign for that.
fn bytes(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            2 if !bytes.is_empty() => bytes[at] = *random.of(b"{}[]\",:\\#&*!|>'%@`\n\t\0\xff -0"),
            _ => bytes.truncate(at.max(1)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
