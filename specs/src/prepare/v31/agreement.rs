//! A lowered schema accepts what its original accepts, and nothing else where nothing was lost: held against an
//! independent validator of JSON Schema 2020-12.

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use super::lower;
use crate::{Contract, Direction, Document, Pointer, Schema};

/// Schemas that may refer to the components `refs`.
fn schema(refs: &'static [&'static str]) -> BoxedStrategy<Value> {
    let kind = || {
        prop::sample::select(&["string", "integer", "number", "boolean", "array", "object", "null"][..])
            .prop_map(Value::from)
    };
    let leaf = prop_oneof![
        2 => Just(json!(true)),
        1 => Just(json!(false)),
        6 => kind().prop_map(|kind| json!({ "type": kind })),
        4 => prop::collection::btree_set(prop::sample::select(&["string", "integer", "number", "array", "object", "null"][..]), 1..4)
            .prop_map(|kinds| json!({ "type": kinds })),
        3 => value().prop_map(|value| json!({ "const": value })),
        3 => prop::collection::vec(value(), 1..4).prop_map(|values| json!({ "enum": values })),
        3 => reference(refs),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let few = || prop::collection::vec(inner.clone(), 1..4);
        let names = || prop::sample::select(&["a", "b", "c", "d"][..]).prop_map(str::to_owned);
        let pair = (prop::sample::select(&["^a", ".*", "b|c"][..]).prop_map(str::to_owned), inner.clone());
        let some = |keyword: &'static str, values: BoxedStrategy<Value>| {
            prop::option::weighted(0.25, values.prop_map(move |value| (keyword, value)))
        };
        let small = || (0_u8..3).prop_map(Value::from).boxed();
        let keywords: Vec<BoxedStrategy<Option<(&'static str, Value)>>> = vec![
            some(
                "type",
                prop_oneof![
                    kind(),
                    prop::collection::btree_set(
                        prop::sample::select(&["string", "integer", "array", "object", "null"][..]),
                        1..3
                    )
                    .prop_map(|kinds| json!(kinds))
                ]
                .boxed(),
            )
            .boxed(),
            some("const", value()).boxed(),
            some("enum", prop::collection::vec(value(), 1..4).prop_map(Value::from).boxed()).boxed(),
            some("minimum", small()).boxed(),
            some("exclusiveMinimum", small()).boxed(),
            some("exclusiveMaximum", small()).boxed(),
            some("minLength", small()).boxed(),
            some("maxItems", (2_u8..4).prop_map(Value::from).boxed()).boxed(),
            some("minItems", small()).boxed(),
            some("uniqueItems", any::<bool>().prop_map(Value::from).boxed()).boxed(),
            some("items", inner.clone().boxed()).boxed(),
            some("prefixItems", few().prop_map(Value::from).boxed()).boxed(),
            some("contains", inner.clone().boxed()).boxed(),
            some("minContains", small()).boxed(),
            some("unevaluatedItems", inner.clone().boxed()).boxed(),
            some(
                "properties",
                prop::collection::btree_map(names(), inner.clone(), 1..3).prop_map(|map| json!(map)).boxed(),
            )
            .boxed(),
            some(
                "patternProperties",
                prop::collection::vec(pair, 1..3)
                    .prop_map(|pairs| Value::Object(Map::from_iter(pairs)))
                    .boxed(),
            )
            .boxed(),
            some("additionalProperties", inner.clone().boxed()).boxed(),
            some("unevaluatedProperties", inner.clone().boxed()).boxed(),
            some("propertyNames", Just(json!({ "maxLength": 1, "type": "string" })).boxed()).boxed(),
            some(
                "required",
                prop::collection::btree_set(names(), 0..2).prop_map(|names| json!(names)).boxed(),
            )
            .boxed(),
            some("dependentRequired", Just(json!({ "a": ["b"] })).boxed()).boxed(),
            some("dependentSchemas", inner.clone().prop_map(|schema| json!({ "a": schema })).boxed()).boxed(),
            some("allOf", few().prop_map(Value::from).boxed()).boxed(),
            some("anyOf", few().prop_map(Value::from).boxed()).boxed(),
            some("oneOf", few().prop_map(Value::from).boxed()).boxed(),
            some("not", inner.clone().boxed()).boxed(),
            some("if", inner.clone().boxed()).boxed(),
            some("then", inner.clone().boxed()).boxed(),
            some(
                "$ref",
                reference(refs)
                    .prop_map(|schema| {
                        schema.get("$ref").cloned().unwrap_or_else(|| json!("#/components/schemas/C"))
                    })
                    .boxed(),
            )
            .boxed(),
        ];
        let reference = !refs.is_empty();
        // A few keywords at a time: with many of them next to nothing fits.
        (prop::sample::subsequence(keywords, 1..5)).prop_flat_map(|chosen| chosen).prop_map(move |members| {
            let members = members.into_iter().flatten().filter(|(name, _)| reference || *name != "$ref");
            Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
        })
    })
    .boxed()
}

fn reference(refs: &'static [&'static str]) -> BoxedStrategy<Value> {
    if refs.is_empty() {
        return Just(json!({})).boxed();
    }
    prop::sample::select(refs)
        .prop_map(|name| json!({ "$ref": format!("#/components/schemas/{name}") }))
        .boxed()
}

fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-1_i8..4).prop_map(Value::from),
        Just(json!(1.5)),
        prop::sample::select(&["", "a", "bc"][..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(&["a", "b", "c", "ab"][..]), inner, 0..3)
                .prop_map(|members| json!(members)),
        ]
    })
    .boxed()
}

#[test]
fn nothing_that_fitted_is_refused() {
    let config = ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let documents = (schema(&["B", "C"]), schema(&["C"]), schema(&[]), prop::collection::vec(value(), 12));
    let (mut fitting, mut exact) = (0, 0);
    let (fits, same) = (&std::cell::Cell::new(0_u32), &std::cell::Cell::new(0_u32));
    runner
        .run(&documents, |(a, b, c, values)| {
            let whole = json!({
                "openapi": "3.1.0",
                "info": { "title": "Keys", "version": "1" },
                "components": { "schemas": { "A": a, "B": b, "C": c } },
            });
            let document = Document::parse("api.json", whole.to_string()).unwrap();
            let lowered = lower(&document);
            let contract = Contract::new("keys", lowered.document(&document), None);
            // Bounds that leave nothing are mistakes in 3.0.
            let Ok(contract) = contract else {
                let text = contract.unwrap_err().to_string();
                prop_assert!(text.contains("no value fits"), "{} {:#}", text, lowered.root);
                return Ok(());
            };
            let at = Pointer::parse("/components/schemas/A").unwrap();
            let ours = Schema::new(contract.document(), &at);
            let ours = contract.validator(&ours, Direction::Response).unwrap();
            let mut original = whole.clone();
            original["$ref"] = json!("#/components/schemas/A");
            let original = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(false)
                .build(&original)
                .unwrap();
            for value in values {
                let (before, after) = (original.is_valid(&value), ours.is_valid(&value));
                let show = || format!("{value}\n{:#}\n{:#}", whole["components"], lowered.root["components"]);
                prop_assert!(after || !before, "refused: {}", show());
                fits.set(fits.get() + u32::from(before));
                if lowered.warnings.is_empty() {
                    prop_assert!(before || !after, "accepted: {}", show());
                    same.set(same.get() + u32::from(!before));
                }
            }
            Ok(())
        })
        .unwrap();
    (fitting, exact) = (fitting + fits.get(), exact + same.get());
    // The comparison is no comparison if nothing fits, or if everything loses something.
    assert!(fitting > 500 && exact > 500, "{fitting} fitted, {exact} were refused without a loss");
}
