//! The document between contract and output, as the passes rewrite it.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::{Contract, Operation, Pointer, StatusPattern};
use serde_json::{Value, json};

use super::shape::Definition;
use super::{HeaderSet, Loss};
use crate::emit::names::{Names, pascal};

/// Names that generated types use unqualified, or that typify takes for those of the types it was given.
const PRELUDE: [&str; 26] = [
    "Box",
    "Date",
    "Secret",
    "Timestamp",
    "Uuid",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Err",
    "From",
    "Hash",
    "Into",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Some",
    "String",
    "Vec",
];

/// Everything that is generated from one contract.
#[derive(Debug)]
pub struct Draft<'c> {
    /// Where it comes from.
    pub contract: &'c Contract,
    /// The schemas by the name of the type that each becomes.
    pub schemas: BTreeMap<String, SchemaSlot>,
    /// The operations, in document order.
    pub calls: Vec<Call<'c>>,
    /// The documented headers of responses.
    pub header_sets: Vec<HeaderSet>,
    /// The types that the schemas became, by name.
    pub types: BTreeMap<String, Definition>,
    /// Types that are made of a schema whose own type is another one.
    pub(crate) derived: BTreeSet<String>,
    /// What the passes could not carry.
    pub losses: Vec<Loss>,
    /// Names of types that are taken.
    pub(super) type_names: Names,
    /// The name of each schema that has one, by where it stands.
    pub(super) named: BTreeMap<Pointer, String>,
}

/// A schema and where it comes from.
#[derive(Clone, Debug)]
pub struct SchemaSlot {
    /// The schema, as far as it has been rewritten.
    pub schema: Value,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

/// One operation.
#[derive(Debug)]
pub struct Call<'c> {
    /// The operation of the contract.
    pub operation: &'c Operation,
    /// Its name as a function; unique.
    pub function: String,
    /// Its name as a type; unique.
    pub type_name: String,
    /// The parameters that the call takes as arguments.
    pub parameters: Vec<Place>,
    /// Its body, if it takes one.
    pub body: Option<Body>,
    /// Its documented responses, in document order.
    pub replies: Vec<Reply>,
}

/// A parameter that becomes an argument.
#[derive(Clone, Debug)]
pub struct Place {
    /// Name on the wire.
    pub name: String,
    /// `path`, `query` or `header`.
    pub location: &'static str,
    /// Whether a call without it breaks the contract.
    pub required: bool,
    /// What it means.
    pub description: Option<String>,
    /// Its schema.
    pub slot: SchemaSlot,
}

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// JSON text.
    Json,
    /// URL-encoded form.
    Form,
    /// Bytes as they are.
    Bytes,
    /// Plain text.
    Text,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub struct Body {
    /// How it is written.
    pub kind: BodyKind,
    /// The media type it is sent as.
    pub media_type: String,
    /// Whether a call without it breaks the contract.
    pub required: bool,
    /// What it means.
    pub description: Option<String>,
    /// Its schema; `{}` where none is documented.
    pub slot: SchemaSlot,
}

/// What a documented body is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// JSON that becomes the type of that name.
    Json(String),
    /// JSON of any shape.
    Any,
    /// Text.
    Text,
    /// Bytes, read whole.
    Bytes,
    /// Bytes that may be many or never end.
    Stream,
}

/// One body that a response may have.
#[derive(Clone, Debug)]
pub struct ReplyForm {
    /// The media types that it is documented with, never none.
    pub media_types: Vec<String>,
    /// What it is read as.
    pub payload: Payload,
}

/// One documented response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Statuses that it documents.
    pub status: StatusPattern,
    /// What it means.
    pub description: String,
    /// The bodies that it may have, told apart by media type; empty where it has none.
    pub forms: Vec<ReplyForm>,
    /// The place of its documented headers in [`Draft::header_sets`].
    pub headers: Option<usize>,
}

impl Reply {
    /// The names of the schemas that its bodies are of.
    pub fn schemas(&self) -> impl Iterator<Item = &String> {
        self.forms.iter().filter_map(|form| match &form.payload {
            Payload::Json(name) => Some(name),
            Payload::Any | Payload::Text | Payload::Bytes | Payload::Stream => None,
        })
    }
}

impl<'c> Draft<'c> {
    /// A draft that holds the operations of `contract` and nothing of them yet.
    pub(super) fn new(contract: &'c Contract) -> Self {
        let calls = contract
            .operations()
            .iter()
            .map(|operation| Call {
                operation,
                function: String::new(),
                type_name: String::new(),
                parameters: Vec::new(),
                body: None,
                replies: Vec::new(),
            })
            .collect();
        Self {
            contract,
            schemas: BTreeMap::new(),
            calls,
            header_sets: Vec::new(),
            types: BTreeMap::new(),
            derived: BTreeSet::new(),
            losses: Vec::new(),
            type_names: Names::reserving(PRELUDE),
            named: BTreeMap::new(),
        }
    }

    /// A reference to the type `name`.
    pub(crate) fn reference(name: &str) -> Value {
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// Adds a schema under a new name made from `wanted`, and returns the name.
    pub(super) fn add(&mut self, wanted: &str, slot: SchemaSlot) -> String {
        let name = self.type_names.unique(pascal(wanted), wanted);
        self.schemas.insert(name.clone(), slot);
        name
    }

    /// Tells what is not carried.
    pub(super) fn lose(
        &mut self,
        pass: &'static str,
        pointer: &Pointer,
        what: impl Into<String>,
        why: &'static str,
    ) {
        self.losses.push(Loss { pointer: pointer.clone(), pass, what: what.into(), why });
    }

    /// Calls `visit` with every schema of the draft and all schemas within them.
    pub(super) fn each_schema(&mut self, visit: &mut dyn FnMut(&Pointer, &mut Value)) {
        let places = self.calls.iter_mut().flat_map(|call| {
            let bodies = call.body.iter_mut().map(|body| &mut body.slot);
            call.parameters.iter_mut().map(|place| &mut place.slot).chain(bodies)
        });
        for slot in self.schemas.values_mut().chain(places) {
            each_within(&slot.pointer, &mut slot.schema, visit);
        }
    }
}

/// Calls `visit` with `schema` and then with all schemas within it.
pub(super) fn each_within(
    pointer: &Pointer,
    schema: &mut Value,
    visit: &mut dyn FnMut(&Pointer, &mut Value),
) {
    visit(pointer, schema);
    let Some(object) = schema.as_object_mut() else { return };
    for (keyword, value) in object.iter_mut() {
        let here = pointer.join(keyword);
        match keyword.as_str() {
            "properties" | "patternProperties" => {
                for (name, property) in value.as_object_mut().into_iter().flatten() {
                    each_within(&here.join(name), property, visit);
                }
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                for (index, branch) in value.as_array_mut().into_iter().flatten().enumerate() {
                    each_within(&here.index(index), branch, visit);
                }
            }
            "items" | "additionalProperties" | "not" if value.is_object() => each_within(&here, value, visit),
            _ => {}
        }
    }
}
