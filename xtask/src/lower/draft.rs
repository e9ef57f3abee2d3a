//! The document between contract and output, as the passes rewrite it.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::{Contract, Operation, ParameterLocation, ParameterStyle, Pointer, StatusPattern};
use serde_json::{Value, json};

use super::shape::Definition;
use super::{Handle, HeaderSet, Loss};
use crate::emit::names::{Names, pascal};

/// Names that a generated type must not take: those of the prelude, and of the types that stand for formats.
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
    /// Derived types that are an alternative with what stands beside all of them: the alternative's own name.
    pub(crate) origins: BTreeMap<String, String>,
    /// Types of identifiers and secrets that the lifecycle document tells of, by name.
    pub handles: BTreeMap<String, Handle>,
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
    /// Its bodies, one a documented media type, the preferred one first; empty where it takes none.
    pub bodies: Vec<Body>,
    /// Its documented responses, in document order.
    pub replies: Vec<Reply>,
}

/// A parameter that becomes an argument.
#[derive(Clone, Debug)]
pub struct Place {
    /// Name on the wire.
    pub name: String,
    /// Where it travels.
    pub location: ParameterLocation,
    /// How its value is written.
    pub writing: Writing,
    /// Whether a call without it breaks the contract.
    pub required: bool,
    /// Whether it may be sent without a value.
    pub empty: Empty,
    /// What it means.
    pub description: Option<String>,
    /// Its schema.
    pub slot: SchemaSlot,
}

/// Whether a parameter may be sent without a value that its schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// It may.
    Allowed,
    /// It may not.
    Excluded,
}

/// How a value is written into a parameter or into the member of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// By a style of OpenAPI.
    Style {
        /// Which one.
        style: ParameterStyle,
        /// Whether each item stands on its own.
        explode: bool,
        /// Whether reserved characters stand as they are.
        reserved: bool,
    },
    /// As a JSON text.
    Json,
}

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// JSON text.
    Json,
    /// URL-encoded form.
    Form,
    /// A form of parts.
    Multipart,
    /// Bytes as they are.
    Bytes,
    /// Bytes of a media type that the caller chooses within the documented range.
    Range,
    /// Plain text.
    Text,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub struct Body {
    /// How it is written.
    pub kind: BodyKind,
    /// The media type it is sent as, or the range that it comes from.
    pub media_type: String,
    /// Whether a call without any body breaks the contract.
    pub required: bool,
    /// Name of the function that sets it.
    pub setter: String,
    /// What it means.
    pub description: Option<String>,
    /// Its schema; `{}` where none is documented.
    pub slot: SchemaSlot,
    /// The members of an urlencoded form whose writing the document says.
    pub members: Vec<(String, Writing)>,
    /// The parts of a form of parts.
    pub parts: Vec<Part>,
    /// Whether a form of parts may have others than those.
    pub more: More,
}

/// Whether a form may have parts that the contract does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// It may.
    Allowed,
    /// It may not.
    Excluded,
}

/// What a part of a form holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Bytes with a name and a media type of their own.
    File,
    /// A value of a type.
    Value,
}

/// A named part of a form.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name on the wire.
    pub name: String,
    /// What it holds.
    pub kind: PartKind,
    /// Whether it may come several times.
    pub repeated: bool,
    /// Whether a form without it breaks the contract.
    pub required: bool,
    /// The media type it is sent as; `None` where plain text needs none.
    pub media_type: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Its schema, lists included; `{}` for files.
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

impl Call<'_> {
    /// The schemas of everything that a caller gives.
    pub fn asked(&self) -> impl Iterator<Item = &Value> {
        let bodies = self
            .bodies
            .iter()
            .flat_map(|body| body.parts.iter().map(|part| &part.slot).chain(std::iter::once(&body.slot)));
        self.parameters.iter().map(|place| &place.slot).chain(bodies).map(|slot| &slot.schema)
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
                bodies: Vec::new(),
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
            origins: BTreeMap::new(),
            handles: BTreeMap::new(),
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
            let bodies = call.bodies.iter_mut().flat_map(|body| {
                body.parts.iter_mut().map(|part| &mut part.slot).chain(std::iter::once(&mut body.slot))
            });
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
        // Most keywords hold no schemas, and their places are not needed.
        let here = || pointer.join(keyword);
        match keyword.as_str() {
            "properties" | "patternProperties" => {
                let here = here();
                for (name, property) in value.as_object_mut().into_iter().flatten() {
                    each_within(&here.join(name), property, visit);
                }
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                let here = here();
                for (index, branch) in value.as_array_mut().into_iter().flatten().enumerate() {
                    each_within(&here.index(index), branch, visit);
                }
            }
            "items" | "additionalProperties" | "not" if value.is_object() => {
                each_within(&here(), value, visit);
            }
            _ => {}
        }
    }
}
