//! No text makes the reader or the lint panic, and positions lie within the text.

use proptest::prelude::*;
use rescind_specs::{Document, LoadError, Pointer, lint};
use serde::Serialize;
use serde_json::Value;

const SOUND: &str = r"openapi: 3.0.3
info: {title: Keys, version: '1'}
security: [{key: []}]
paths:
  /keys/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, pattern: '^[a-z]+$'}}
    get:
      operationId: readKey
      responses:
        200:
          description: |
            The key.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Key'}
              example: {id: a, labels: [b], parent: {id: c}}
        default: {description: 'Refused.'}
components:
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: header}
  schemas:
    Key: &key
      type: object
      required: [id]
      properties:
        id: {type: string, maxLength: 10}
        labels: {type: array, items: {type: string}, minItems: 1}
        parent: {$ref: '#/components/schemas/Key'}
    Old: *key
";

#[test]
fn sound_document_is_sound() {
    insta::assert_snapshot!(crate::report("api.yaml", SOUND), @"nothing found");
}

fn places(at: &Pointer, value: &Value, found: &mut Vec<Pointer>) {
    found.push(at.clone());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(&at.join(name), value, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(&at.index(index), value, found));
        }
        _ => {}
    }
}

fn try_out(text: &str) {
    match Document::parse("text", text) {
        Ok(document) => {
            let mut found = Vec::new();
            places(&Pointer::root(), document.root(), &mut found);
            for at in found {
                let inside =
                    document.position(&at).is_some_and(|position| text.get(position.range).is_some());
                assert!(inside, "{at:?}");
            }
            for diagnostic in lint(&document) {
                assert!(!diagnostic.render(false).is_empty());
                assert!(diagnostic.position.is_some(), "{diagnostic}");
            }
        }
        Err(error) => {
            assert!(!error.render(true).is_empty());
            assert!(matches!(error, LoadError::Invalid(diagnostics) if !diagnostics.is_empty()));
        }
    }
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        try_out(&text);
    }

    #[test]
    fn text_of_yaml_signs(text in "[-a1~&*!%@|>?:,.{}\\[\\]'\"#\\\\ \t\r\n\u{fe0f}ü]{0,80}") {
        try_out(&text);
    }

    #[test]
    fn mutated_document(edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, "[-a1~&*!|>?:,{}\\[\\]'\"# \t\n$ü]{0,6}"), 1..5)) {
        let mut text: Vec<char> = SOUND.chars().collect();
        for (at, removed, inserted) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, inserted.chars());
        }
        try_out(&text.into_iter().collect::<String>());
    }

    #[test]
    fn removed_lines(keep in prop::collection::vec(prop::bool::weighted(0.9), 40)) {
        let lines = SOUND.lines().zip(keep.into_iter().chain(std::iter::repeat(true)));
        let text: Vec<&str> = lines.filter(|(_, keep)| *keep).map(|(line, _)| line).collect();
        try_out(&text.join("\r\n"));
    }

    #[test]
    fn json_reads_as_json(value in json()) {
        let value = serde_json::json!({"value": value});
        for text in [value.to_string(), with_tabs(&value)] {
            let document = Document::parse("text", text).unwrap();
            prop_assert_eq!(document.root(), &value);
        }
    }
}

fn with_tabs(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let written = value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter));
    assert!(written.is_ok());
    String::from_utf8_lossy(&text).into_owned()
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[ -~\u{a0}-\u{2ff}\u{1f600}\n\"\\\\]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z$/~ :#-]{0,6}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
