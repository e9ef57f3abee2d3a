//! A schema by the pointer at which it stands, with typed access to what it says.

use serde_json::Value;

use crate::{Document, Pointer};

/// What a schema says of the JSON type of its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaType {
    /// A JSON string.
    String,
    /// A JSON number without a fraction.
    Integer,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A JSON array.
    Array,
    /// A JSON object.
    Object,
}

/// Whether a schema, as it is written, is that of a secret: `format: password`. The generator makes a type of it that
/// never prints itself, the judge knows where an answer may show a secret, the server what its journal must not.
pub fn describes_secret(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("password")
}

/// One schema of a document. Cheap to clone; `$ref` is followed when the schema is made.
#[derive(Clone)]
pub struct Schema {
    document: Document,
    pointer: Pointer,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Schema({})", self.pointer)
    }
}

impl Schema {
    /// The schema at `pointer`, or the one that its `$ref` leads to; an unresolvable reference stays where it is.
    pub(crate) fn new(document: &Document, pointer: &Pointer) -> Self {
        let pointer = document.resolve(pointer).map_or_else(|_| pointer.clone(), |(target, _)| target);
        Self { document: document.clone(), pointer }
    }

    /// Where the schema stands; behind a `$ref`, its target.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The schema object as it is written.
    pub fn value(&self) -> &Value {
        self.document.get(&self.pointer).unwrap_or(&Value::Null)
    }

    /// The name under `components.schemas`, if it has one.
    pub fn component(&self) -> Option<String> {
        let parent = self.pointer.parent()?;
        (parent.as_str() == "/components/schemas").then(|| self.pointer.last()).flatten()
    }

    /// A keyword of this schema.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.value().get(name)
    }

    /// The documented type, if the schema gives one.
    pub fn kind(&self) -> Option<SchemaType> {
        Some(match self.keyword("type")?.as_str()? {
            "string" => SchemaType::String,
            "integer" => SchemaType::Integer,
            "number" => SchemaType::Number,
            "boolean" => SchemaType::Boolean,
            "array" => SchemaType::Array,
            "object" => SchemaType::Object,
            _ => return None,
        })
    }

    /// The `format` keyword.
    pub fn format(&self) -> Option<&str> {
        self.keyword("format")?.as_str()
    }

    /// Whether `null` is an instance as well.
    pub fn nullable(&self) -> bool {
        self.flag("nullable")
    }

    /// Whether the value is a secret: `format: password`.
    pub fn is_secret(&self) -> bool {
        describes_secret(self.value())
    }

    /// Whether the property appears in requests only.
    pub fn write_only(&self) -> bool {
        self.flag("writeOnly")
    }

    /// Whether the property appears in responses only.
    pub fn read_only(&self) -> bool {
        self.flag("readOnly")
    }

    /// A boolean keyword, `false` where it is absent.
    pub fn flag(&self, name: &str) -> bool {
        self.keyword(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A numeric keyword that counts: `minLength`, `maxItems`.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.keyword(name)?.as_u64()
    }

    /// A numeric keyword that bounds: `minimum`, `multipleOf`.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.keyword(name)?.as_f64()
    }

    /// The values of `enum`.
    pub fn enumeration(&self) -> Option<&[Value]> {
        self.keyword("enum")?.as_array().map(Vec::as_slice)
    }

    /// The names in `required`.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.keyword("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The documented properties, in document order.
    pub fn properties(&self) -> impl Iterator<Item = (&str, Self)> {
        let at = self.pointer.join("properties");
        self.keyword("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(move |name| (name.as_str(), Self::new(&self.document, &at.join(name))))
    }

    /// The property of that name.
    pub fn property(&self, name: &str) -> Option<Self> {
        self.keyword("properties")?.get(name)?;
        Some(Self::new(&self.document, &self.pointer.join("properties").join(name)))
    }

    /// The schema of array items.
    pub fn items(&self) -> Option<Self> {
        self.child("items")
    }

    /// The schema of further properties, where `additionalProperties` is a schema.
    pub fn additional_properties(&self) -> Option<Self> {
        self.keyword("additionalProperties")?.as_object()?;
        self.child("additionalProperties")
    }

    /// Whether properties that are not documented break the schema.
    pub fn closed(&self) -> bool {
        self.keyword("additionalProperties").and_then(Value::as_bool) == Some(false)
    }

    /// The schemas under `allOf`, `anyOf` or `oneOf`.
    pub fn branches(&self, keyword: &str) -> Vec<Self> {
        let at = self.pointer.join(keyword);
        let count = self.keyword(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(|index| Self::new(&self.document, &at.index(index))).collect()
    }

    /// The documented `example`.
    pub fn example(&self) -> Option<&Value> {
        self.keyword("example")
    }

    fn child(&self, keyword: &str) -> Option<Self> {
        self.keyword(keyword)?;
        Some(Self::new(&self.document, &self.pointer.join(keyword)))
    }
}
