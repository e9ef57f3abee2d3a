//! What becomes of a schema in Rust: the types of a draft, decided before anything is written.

use std::collections::BTreeSet;

/// The type of a value: where it stands, it is written in place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeRef {
    /// JSON of any kind.
    Any,
    /// A JSON object of any members.
    Object,
    /// A string.
    Text,
    /// A string that never prints itself.
    Secret,
    /// An instant.
    Timestamp,
    /// A day of the calendar.
    Date,
    /// A UUID.
    Uuid,
    /// An address of either version.
    Ip,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// True or false.
    Boolean,
    /// An integer of that Rust type: `i64`.
    Integer(&'static str),
    /// A number of that Rust type: `f64`.
    Float(&'static str),
    /// A number of any size.
    Number,
    /// The named type.
    Named(String),
    /// A list.
    List(Box<Self>),
    /// An object whose members all have one type.
    Map(Box<Self>),
    /// The value or null.
    Option(Box<Self>),
}

impl TypeRef {
    /// The type without the `Option` around it.
    pub(crate) fn bare(&self) -> &Self {
        match self {
            Self::Option(inner) => inner.bare(),
            other => other,
        }
    }

    /// The same type, with null. Any JSON has null as it is.
    pub(crate) fn optional(self) -> Self {
        match self {
            Self::Any | Self::Option(_) => self,
            other => Self::Option(Box::new(other)),
        }
    }
}

/// A named type.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it is.
    pub shape: Shape,
    /// What the document says of it.
    pub description: Option<String>,
}

/// What a named type is.
#[derive(Clone, Debug)]
pub enum Shape {
    /// An object with known members.
    Struct(Struct),
    /// Another type under a name of its own.
    Alias(TypeRef),
    /// A string that keeps to rules.
    Text(Rules),
    /// One of some strings.
    Words(Vec<Word>),
    /// One of some numbers.
    Numbers {
        /// The type of the number.
        number: TypeRef,
        /// The documented values, as Rust writes them.
        values: Vec<String>,
    },
    /// One of some values of several kinds.
    Constants(Vec<Word>),
    /// One of several types.
    Union(Union),
}

/// An object with known members.
#[derive(Clone, Debug)]
pub struct Struct {
    /// The members, by name on the wire.
    pub fields: Vec<Field>,
    /// What happens to members that are not known.
    pub rest: Rest,
}

/// What happens to members that are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are passed over.
    Ignored,
    /// They are refused.
    Refused,
    /// They are kept in the field of that name, as values of that type.
    Kept(String, TypeRef),
}

/// A member.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub wire: String,
    /// Its name in Rust.
    pub name: String,
    /// Its type; for an optional one, that of the value.
    pub ty: TypeRef,
    /// Whether it is there.
    pub presence: Presence,
    /// What the document says of it.
    pub description: Option<String>,
}

/// Whether a member is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// Maybe.
    Optional,
    /// Maybe, and to be null says something else than to be absent.
    OptionalOrNull,
}

/// Rules of a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The least number of characters.
    pub min_length: Option<u64>,
    /// The greatest number of characters.
    pub max_length: Option<u64>,
    /// A regular expression of ECMA 262 that matches somewhere.
    pub pattern: Option<String>,
}

/// A documented value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The variant.
    pub name: String,
    /// A text as it is; any other value as JSON.
    pub wire: String,
}

/// One of several types.
#[derive(Clone, Debug)]
pub struct Union {
    /// In document order.
    pub variants: Vec<Variant>,
    /// How the variant is chosen.
    pub choice: Choice,
}

/// How the variant of a union is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By what is received: the variant that keeps most of it, the first one of several.
    Fit,
    /// By the value of a member.
    Tag {
        /// The member.
        member: String,
        /// The variant that takes every other value of the member.
        other: Option<usize>,
        /// Whether a value may lack the member; then the variant is chosen as without it.
        may_lack: bool,
    },
}

/// One of the types of a union.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name in Rust.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
    /// The values of the tag that stand for it.
    pub tags: Vec<String>,
}

impl Shape {
    /// The types that this one holds without anything between that has a size of its own.
    pub(crate) fn held(&self) -> Vec<&TypeRef> {
        match self {
            Self::Struct(item) => item.fields.iter().map(|field| &field.ty).collect(),
            Self::Alias(ty) => vec![ty],
            Self::Union(union) => union.variants.iter().map(|variant| &variant.ty).collect(),
            Self::Text(_) | Self::Words(_) | Self::Numbers { .. } | Self::Constants(_) => Vec::new(),
        }
    }
}

/// Pairs of names: the first holds the second, and would be infinite if it held it in place.
pub type Loops = BTreeSet<(String, String)>;
