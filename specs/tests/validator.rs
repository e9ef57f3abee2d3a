//! The validator against an independent one: the documented schemas, put into draft 4 by other means, under the JSON
//! Schema library alone.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rescind_specs::{Contract, Direction, Document, Validator};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

const NAMES: &[&str] = &["a", "b", "c", "née"];
const COMPONENTS: &[&str] = &["First", "Second", "Third"];
const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "abc",
    "éé",
    "𝄞𝄞",
    "2026-01-02",
    "2026-02-30",
    "2026-01-02T03:04:05Z",
    "a@b.example",
    "127.0.0.1",
    "6f1c7f4e-0000-4000-8000-000000000000",
    "AAAA",
    "ak_1",
    "read",
    "write",
    "https://a.example/b",
    "a\n",
];
const PATTERNS: &[&str] = &["^a", "b$", "^[a-z]{1,2}$", r"^ak_\d+$", "^(?!a)", r"\S", "^(a|b)c?$", "é"];
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "email",
    "ipv4",
    "uuid",
    "byte",
    "uri",
    "password",
    "int32",
    "hostname",
    "made-up",
];

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..6).prop_map(Value::from),
        select(vec![0.1, 0.3, 0.5, 1.0, -0.0, 1.5, 2.0, 1e20]).prop_map(Value::from),
        select(vec![i64::MIN, i64::MAX, 1 << 53, (1 << 53) + 1, 2_147_483_647, 2_147_483_648])
            .prop_map(Value::from),
        Just(Value::from(u64::MAX)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => number(),
        4 => select(TEXTS).prop_map(Value::from),
    ]
}

/// Any value of few letters, so that it meets the schemas often.
fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(select(NAMES).prop_map(str::to_owned), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Some of the keywords given, as an object.
fn some(keywords: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Map<String, Value>> {
    let most = keywords.len().min(4);
    let (names, values): (Vec<_>, Vec<_>) = keywords.into_iter().unzip();
    let places: Vec<usize> = (0..names.len()).collect();
    (values, subsequence(places, 0..=most)).prop_map(move |(values, chosen)| {
        chosen.into_iter().map(|at| (names[at].to_owned(), values[at].clone())).collect()
    })
}

fn count(most: u64) -> BoxedStrategy<Value> {
    (0..most).prop_map(Value::from).boxed()
}

fn typed(kind: &'static str, keywords: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    (some(keywords), any::<bool>(), 0..4_u8)
        .prop_map(move |(mut schema, typed, nullable)| {
            if typed {
                schema.insert("type".to_owned(), kind.into());
                if nullable == 0 {
                    schema.insert("nullable".to_owned(), true.into());
                }
            }
            Value::Object(schema)
        })
        .boxed()
}

fn schema() -> BoxedStrategy<Value> {
    let flag = || any::<bool>().prop_map(Value::from).boxed();
    let step = || select(vec![json!(1), json!(2), json!(0.1), json!(0.5), json!(3)]).boxed();
    let limit =
        || prop_oneof![(-3_i64..4).prop_map(Value::from), Just(json!(0.5)), Just(json!(1_u64 << 53))].boxed();
    let listed = || vec(value(), 1..4).prop_map(Value::from).boxed();
    let format = |names: &'static [&'static str]| select(names).prop_map(Value::from).boxed();
    let numeric = |kind| {
        typed(
            kind,
            vec![
                ("minimum", limit()),
                ("maximum", limit()),
                ("exclusiveMinimum", flag()),
                ("exclusiveMaximum", flag()),
                ("multipleOf", step()),
                ("format", format(&["int32", "int64", "double"])),
                ("enum", listed()),
            ],
        )
        .prop_map(|mut schema| {
            // Draft 4 has these beside a bound only.
            for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                if schema.get(bound).is_none() {
                    schema.as_object_mut().unwrap().remove(flag);
                }
            }
            schema
        })
        .boxed()
    };
    let text = typed(
        "string",
        vec![
            ("minLength", count(4)),
            ("maxLength", count(4)),
            ("pattern", format(PATTERNS)),
            ("format", format(FORMATS)),
            ("enum", vec(select(TEXTS).prop_map(Value::from), 1..5).prop_map(Value::from).boxed()),
        ],
    );
    let reference =
        select(COMPONENTS).prop_map(|name| json!({ "$ref": format!("#/components/schemas/{name}") }));
    let leaf = prop_oneof![
        3 => text,
        2 => numeric("integer"),
        2 => numeric("number"),
        1 => typed("boolean", vec![]),
        2 => reference,
        1 => listed().prop_map(|values| json!({ "enum": values })),
    ];
    leaf.prop_recursive(3, 24, 3, move |inner| {
        let several = || vec(inner.clone(), 1..4).prop_map(Value::from).boxed();
        let names = || subsequence(NAMES.to_vec(), 1..=2).prop_map(|names| json!(names)).boxed();
        let properties = proptest::collection::btree_map(
            select(NAMES).prop_map(str::to_owned),
            (inner.clone(), 0..8_u8).prop_map(|(mut schema, one_way)| {
                if one_way == 0 && schema.get("$ref").is_none() {
                    schema["readOnly"] = true.into();
                }
                schema
            }),
            0..4,
        )
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed();
        let rest = prop_oneof![any::<bool>().prop_map(Value::from), inner.clone()].boxed();
        prop_oneof![
            4 => typed("object", vec![
                ("properties", properties.clone()), ("properties", properties), ("required", names()),
                ("additionalProperties", rest), ("minProperties", count(4)), ("maxProperties", count(4)),
            ]),
            2 => typed("array", vec![
                ("items", inner.clone().boxed()), ("minItems", count(3)), ("maxItems", count(4)),
                ("uniqueItems", any::<bool>().prop_map(Value::from).boxed()),
            ]).prop_map(|mut schema| {
                if schema.get("type").is_some() && schema.get("items").is_none() {
                    schema["items"] = json!({});
                }
                schema
            }),
            1 => several().prop_map(|all| json!({ "allOf": all })),
            1 => several().prop_map(|any| json!({ "anyOf": any })),
            1 => several().prop_map(|one| json!({ "oneOf": one })),
            1 => inner.clone().prop_map(|not| json!({ "not": not })),
        ]
    })
    .boxed()
}

/// A value that has a fair chance to satisfy `schema`; `dice` decides what is open.
fn fitting(root: &Value, schema: &Value, dice: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    let mut roll = |bound: usize| usize::from(dice.next().unwrap_or_default()) % bound.max(1);
    if depth == 0 {
        return [Value::Null, json!(1), json!("a")][roll(3)].clone();
    }
    if let Some(target) = schema["$ref"].as_str() {
        return fitting(root, root.pointer(&target[1..]).unwrap(), dice, depth - 1);
    }
    if schema["nullable"] == json!(true) && roll(4) == 0 {
        return Value::Null;
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[roll(values.len())].clone();
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if let Some(branches) = schema[keyword].as_array() {
            let branch = &branches[roll(branches.len())];
            return fitting(root, branch, dice, depth - 1);
        }
    }
    let texts = || {
        TEXTS.iter().filter(|text| {
            let long = text.chars().count() as u64;
            schema["minLength"].as_u64().is_none_or(|least| long >= least)
                && schema["maxLength"].as_u64().is_none_or(|most| long <= most)
        })
    };
    let has = |names: &[&str]| names.iter().any(|name| schema.get(name).is_some());
    let kind = schema["type"].as_str().unwrap_or_else(|| {
        if has(&["properties", "required", "additionalProperties", "minProperties"]) {
            "object"
        } else if has(&["items", "minItems", "uniqueItems"]) {
            "array"
        } else if has(&["minimum", "maximum", "multipleOf"]) {
            "number"
        } else {
            "string"
        }
    });
    match kind {
        "object" => {
            let mut members = Map::new();
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let least = usize::try_from(schema["minProperties"].as_u64().unwrap_or(0)).unwrap();
            for (at, name) in NAMES.iter().enumerate() {
                if required.contains(name)
                    || at < least
                    || usize::from(dice.next().unwrap_or_default()) % 3 == 0
                {
                    let own = &schema["properties"][name];
                    let own = if own.is_null() { &schema["additionalProperties"] } else { own };
                    if own["readOnly"] != json!(true) && own != &json!(false) {
                        members.insert((*name).to_owned(), fitting(root, own, dice, depth - 1));
                    }
                }
            }
            Value::Object(members)
        }
        "array" => {
            let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
            let long = least + roll(2);
            (0..long).map(|_| fitting(root, &schema["items"], dice, depth - 1)).collect()
        }
        "integer" | "number" => {
            let low = schema["minimum"].as_f64().unwrap_or(0.0);
            let step = schema["multipleOf"].as_f64().unwrap_or(1.0);
            #[expect(clippy::cast_possible_truncation, reason = "a small number")]
            let whole = (low / step).ceil() as i64 + i64::try_from(roll(2)).unwrap();
            if step.fract() == 0.0 {
                #[expect(clippy::cast_possible_truncation, reason = "a small number")]
                let step = step as i64;
                json!(whole * step)
            } else {
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let value = whole as f64 * step;
                json!(value)
            }
        }
        "boolean" => json!(roll(2) == 0),
        _ => {
            let texts: Vec<&&str> = texts().collect();
            texts.get(roll(texts.len())).map_or(json!("a"), |text| json!(text))
        }
    }
}

/// The same schema as draft 4 has it, made afresh.
fn draft4(schema: &Value) -> Value {
    let object = schema.as_object().unwrap();
    if let Some(target) = object.get("$ref") {
        return json!({ "$ref": target.as_str().unwrap().replace("#/components/schemas/", "#/definitions/") });
    }
    let mut out = Map::new();
    let mut one_way = Vec::new();
    for (keyword, said) in object {
        let carried = match keyword.as_str() {
            "items" | "not" => draft4(said),
            "additionalProperties" if said.is_object() => draft4(said),
            "allOf" | "anyOf" | "oneOf" => said.as_array().unwrap().iter().map(draft4).collect(),
            "properties" => {
                let members = said.as_object().unwrap().iter().map(|(name, member)| {
                    if member["readOnly"] == json!(true) {
                        one_way.push(name.clone());
                        return (name.clone(), json!({ "not": {} }));
                    }
                    (name.clone(), draft4(member))
                });
                Value::Object(members.collect())
            }
            "readOnly" | "nullable" | "type" | "required" => continue,
            _ => said.clone(),
        };
        out.insert(keyword.clone(), carried);
    }
    if let Some(names) = object.get("required").and_then(Value::as_array) {
        let left: Vec<&Value> =
            names.iter().filter(|name| !one_way.iter().any(|known| *name == known)).collect();
        if !left.is_empty() {
            out.insert("required".to_owned(), json!(left));
        }
    }
    let range = match object.get("format").and_then(Value::as_str) {
        Some("int32") => json!({ "minimum": i32::MIN, "maximum": i32::MAX }),
        Some("int64") => json!({ "minimum": i64::MIN, "maximum": i64::MAX }),
        _ => json!({}),
    };
    let Some(kind) = object.get("type") else { return Value::Object(out) };
    out.insert("type".to_owned(), kind.clone());
    if kind == "integer" {
        for (bound, at) in range.as_object().unwrap() {
            if !out.contains_key(bound) {
                out.insert(bound.clone(), at.clone());
            }
        }
    }
    if object.get("nullable") == Some(&json!(true)) {
        // `enum` lists null as well where the schema is nullable.
        return json!({ "anyOf": [{ "enum": [null] }, out] })
            .as_object()
            .map(|either| {
                let mut either = either.clone();
                // What does not depend on the type holds for null, too.
                for keyword in ["not", "allOf", "oneOf"] {
                    if let Some(said) = out.get(keyword) {
                        either.insert(keyword.to_owned(), said.clone());
                    }
                }
                Value::Object(either)
            })
            .unwrap();
    }
    Value::Object(out)
}

struct Subject {
    document: Value,
    validator: Validator,
    oracle: jsonschema::Validator,
}

/// `None` where the document is refused: a schema that leads back to itself, for example.
fn subject(schemas: &[Value]) -> Option<Subject> {
    let components: Map<String, Value> =
        COMPONENTS.iter().zip(schemas).map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": { "/": { "post": {
            "operationId": "post",
            "requestBody": { "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/First" } } } },
            "responses": { "204": { "description": "done" } },
        } } },
        "components": { "schemas": components },
    });
    let contract = Contract::new("t", Document::parse("t", document.to_string()).unwrap(), None).ok()?;
    let schema = contract.operations()[0].request_body.as_ref().unwrap().content[0].schema.clone().unwrap();
    let validator = contract.validator(&schema, Direction::Request).unwrap();
    let definitions: Map<String, Value> =
        components.iter().map(|(name, schema)| (name.clone(), draft4(schema))).collect();
    let oracle = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("uuid", |text: &str| {
            text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        })
        .with_format("byte", |text: &str| {
            text.len().is_multiple_of(4) && !text.contains(['é', '-', '_', '/', '.', '\n', '𝄞'])
        })
        .build(&json!({ "$ref": "#/definitions/First", "definitions": definitions }))
        .unwrap();
    Some(Subject { document, validator, oracle })
}

/// Types that ask for the same text in different ways.
#[derive(Deserialize)]
#[expect(dead_code, reason = "what is read is not looked at")]
struct Named {
    a: Option<Value>,
    #[serde(default)]
    b: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is read is not looked at")]
struct Flat {
    a: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Read,
    Write,
    A,
    B(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "what is read is not looked at")]
enum Any {
    Word(Word),
    Whole(i64),
    Pair([f64; 2]),
    Named(Named),
    Many(Vec<Option<Any>>),
    Flag(bool),
}

fn certain(validator: &Validator, text: &str) -> Vec<&'static str> {
    let text = text.as_bytes();
    let mut read = Vec::new();
    macro_rules! try_type { ($($ty:ty)*) => { $(
        if validator.read::<$ty>(text).is_some() { read.push(stringify!($ty)); }
    )* } }
    try_type!(Value IgnoredAny Named Flat Word Any Vec<String> Option<f64> Option<bool> String BTreeMap<String, Any> [u8; 2] (IgnoredAny,));
    read
}

static ACCEPTED: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

fn judge(subject: &Subject, value: &Value, text: &str) -> Result<(), TestCaseError> {
    let Subject { document, validator, oracle } = subject;
    let wanted = oracle.is_valid(value);
    let schemas = &document["components"]["schemas"];
    prop_assert_eq!(validator.is_valid(value), wanted, "{}\n{}", schemas, text);
    let violations = validator.violations(value);
    prop_assert_eq!(violations.is_empty(), wanted, "{}\n{}", schemas, text);
    for violation in &violations {
        prop_assert!(!violation.keyword.is_empty() && !violation.message.is_empty());
        // The pointer leads to a value, or to where one is missing.
        let parent = violation.pointer.parent().unwrap_or_default();
        prop_assert!(violation.pointer.get(value).or_else(|| parent.get(value)).is_some(), "{violation}");
    }
    let read = certain(validator, text);
    if wanted {
        ACCEPTED[0].fetch_add(1, Ordering::Relaxed);
        ACCEPTED[1].fetch_add(usize::from(read.contains(&"Value")), Ordering::Relaxed);
    } else {
        ACCEPTED[2].fetch_add(1, Ordering::Relaxed);
        prop_assert!(read.is_empty(), "{:?} accepted\n{}\n{}", read, schemas, text);
    }
    Ok(())
}

#[test]
fn two_validators_agree() {
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let cases = (vec(schema(), COMPONENTS.len()), vec(value(), 4), vec(vec(any::<u8>(), 24), 6));
    runner
        .run(&cases, |(schemas, values, dice)| {
            let Some(subject) = subject(&schemas) else { return Ok(()) };
            for value in &values {
                judge(&subject, value, &value.to_string())?;
            }
            for dice in &dice {
                let mut rolls = dice.iter().copied();
                let value = fitting(&subject.document, &schemas[0], &mut rolls, 6);
                judge(&subject, &value, &format!(" {value:#}\n"))?;
                // One value of it is another one.
                let mut broken = value.clone();
                mutate(&mut broken, &values[0], usize::from(dice[0]) % 6);
                judge(&subject, &broken, &broken.to_string())?;
            }
            Ok(())
        })
        .unwrap();
    let [accepted, certain, refused] = ACCEPTED.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(accepted > 2_000 && refused > 2_000, "{accepted} accepted, {refused} refused");
    // What is accepted is nearly always so while it is read.
    assert!(certain * 100 > accepted * 95, "{certain} of {accepted} at once");
}

/// Replaces the value that is `place` steps into the tree.
fn mutate(value: &mut Value, by: &Value, place: usize) {
    let inner = match value {
        Value::Array(items) => items.first_mut(),
        Value::Object(members) => {
            let last = members.len().saturating_sub(1);
            members.values_mut().nth(last)
        }
        _ => None,
    };
    match (inner, place) {
        (Some(inner), 1..) => mutate(inner, by, place - 1),
        _ => *value = by.clone(),
    }
}

fn one(schema: Value) -> Subject {
    subject(&[schema, json!({}), json!({})]).unwrap()
}

#[test]
fn what_a_tree_does_not_show() {
    // Schema, text, and whether reading it can be certain; texts that are no values of the schema never are.
    let object =
        json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "minProperties": 2 });
    let closed = json!({ "type": "object", "additionalProperties": false });
    let open = json!({});
    let unique = json!({ "type": "array", "items": {}, "uniqueItems": true });
    for (schema, text, certain) in [
        (&object, r#"{"a":1,"b":2}"#, true),
        (&object, r#"{"a":1,"a":2}"#, false),
        (&object, r#"{"a":1,"b":2}}"#, false),
        (&object, r#"{"a":1,"b":2} x"#, false),
        (&object, r#"{"a":"x","a":1,"b":2}"#, false),
        (&object, r#"{"a":1,"b":1e400}"#, false),
        (&object, r#"{"a":1,"b":"\ud800"}"#, false),
        (&object, r#"{"a":1,"b":"\u00"}"#, false),
        (&object, r#"{"a":1.0,"b":2}"#, false),
        (&object, r#"{"a":-0,"b":2}"#, false),
        (&closed, "{}", true),
        (&closed, r#"{"a":1}"#, false),
        (&open, "1", true),
        (&open, "", false),
        (&unique, r#"[1,"1",null,true,[]]"#, false),
        (&unique, r#"[1,"1",null,true]"#, true),
        (&unique, "[1,1]", false),
        (&unique, "[1,1.0]", false),
    ] {
        let subject = one(schema.clone());
        assert_eq!(
            subject.validator.read::<IgnoredAny>(text.as_bytes()).is_some(),
            certain,
            "{schema} {text}"
        );
        assert_eq!(subject.validator.read::<Value>(text.as_bytes()).is_some(), certain, "{schema} {text}");
    }
    assert!(one(open.clone()).validator.read::<IgnoredAny>(b"\"\xff\"").is_none());
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let subject = one(open);
    assert!(subject.validator.read::<IgnoredAny>(deep(100).as_bytes()).is_some());
    assert!(subject.validator.read::<IgnoredAny>(deep(200_000).as_bytes()).is_none());
}
