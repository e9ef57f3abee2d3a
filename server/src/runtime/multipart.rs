//! Bodies of `multipart/form-data` (RFC 7578): parts become members by the schema of the body.

use std::fmt;

use bytes::Bytes;
use rescind_specs::{Content, MediaType, Pointer, Schema, SchemaType, Violation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::rejection::{Location, Rejection, RequestViolation};
use super::shape::Shape;

/// At most this many parts are read.
const MOST_PARTS: usize = 1_000;

/// A form of several parts that keeps the contract.
#[derive(Clone)]
pub struct Multipart {
    fields: Map<String, Value>,
    files: Vec<FilePart>,
}

/// A part that is kept as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart {
    /// The name of the member.
    pub name: String,
    /// The name of the file, as the caller has it. It is no path to write to.
    pub file_name: Option<String>,
    /// The media type of the part; empty where it has none.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl fmt::Debug for Multipart {
    /// Names only; values may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.keys().map(String::as_str);
        let names = fields.chain(self.files.iter().map(|file| file.name.as_str()));
        f.debug_set().entries(names).finish()
    }
}

impl fmt::Debug for FilePart {
    /// Name, media type and length only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilePart({}, {}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

impl Multipart {
    /// The members that are no files.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The member `name`, if it was sent.
    ///
    /// # Errors
    /// It does not fit `T`.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Rejection> {
        let Some(value) = self.fields.get(name) else { return Ok(None) };
        T::deserialize(value).map(Some).map_err(|_| {
            let at = Pointer::root().join(name);
            Rejection::Violations(vec![violation(at, "type", "is beyond what this server can represent")])
        })
    }

    /// The first file of that name.
    pub fn file(&self, name: &str) -> Option<&FilePart> {
        self.files.iter().find(|file| file.name == name)
    }

    /// All files, in the order in which they came.
    pub fn files(&self) -> &[FilePart] {
        &self.files
    }
}

/// How the parts of one documented body are read.
#[derive(Debug)]
pub(super) struct Reader {
    shape: Shape,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    name: String,
    kind: Kind,
    array: bool,
    /// Bounds of a file, in bytes.
    length: (Option<u64>, Option<u64>),
    /// The media types that a part may say it has; empty for any.
    media_types: Vec<MediaType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Json,
    File,
}

impl Reader {
    pub(super) fn new(content: &Content) -> Self {
        let properties = content.schema.iter().flat_map(Schema::properties);
        let members = properties.map(|(name, schema)| Member::new(content, name, &schema)).collect();
        Self { shape: Shape::of(content.schema.as_ref()), members }
    }

    /// The parts of `bytes`; what is wrong with single parts is added to `found`.
    pub(super) async fn read(
        &self,
        content_type: &str,
        bytes: Bytes,
        found: &mut Vec<RequestViolation>,
    ) -> Result<Multipart, Rejection> {
        let malformed = |reason: &str| Rejection::MalformedBody { reason: reason.to_owned() };
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_| malformed("its media type names no boundary"))?;
        let stream = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        let mut parts = multer::Multipart::new(stream, boundary);
        let mut form = Multipart { fields: Map::new(), files: Vec::new() };
        for _ in 0..MOST_PARTS {
            let part = parts.next_field().await.map_err(|_| malformed("its parts cannot be told apart"))?;
            let Some(part) = part else { return Ok(form) };
            let Some(name) = part.name().map(str::to_owned) else {
                return Err(malformed("a part has no name"));
            };
            let file_name = part.file_name().map(str::to_owned);
            let media_type = part.headers().get(http::header::CONTENT_TYPE);
            let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| malformed("a part ends too early"))?;
            let at = Pointer::root().join(&name);
            let member = self.members.iter().find(|member| member.name == name);
            if let Some(member) = member
                && !member.takes(&media_type)
            {
                found.push(violation(at.clone(), "contentType", "must have a documented media type"));
            }
            let kind = member
                .map_or(if file_name.is_some() { Kind::File } else { Kind::Text }, |member| member.kind);
            let value = match kind {
                Kind::File => {
                    if let Some(member) = member {
                        member.measure(&at, bytes.len(), found);
                    }
                    form.files.push(FilePart { name: name.clone(), file_name, media_type, bytes });
                    // Its place in the form, for the schema; the bytes are no text.
                    Value::String(String::new())
                }
                Kind::Json => {
                    if let Ok(value) = serde_json::from_slice(&bytes) {
                        value
                    } else {
                        found.push(violation(at, "contentType", "must be a JSON text"));
                        continue;
                    }
                }
                Kind::Text => {
                    if let Ok(text) = String::from_utf8(bytes.to_vec()) {
                        let shape = self.shape.member(&name);
                        if shape.is_array() { shape.items().value(text) } else { shape.value(text) }
                    } else {
                        found.push(violation(at, "encoding", "must be UTF-8"));
                        continue;
                    }
                }
            };
            let array =
                member.is_some_and(|member| member.array && !(kind == Kind::Json && value.is_array()));
            add(&mut form.fields, name, value, array);
        }
        Err(malformed("it has too many parts"))
    }

    /// What is wrong with the form, without what a text says of the place of a file.
    pub(super) fn relevant(&self, violation: &Violation) -> bool {
        let member = violation.pointer.tokens().next();
        let file = member.is_some_and(|name| {
            self.members.iter().any(|member| member.kind == Kind::File && *member.name == *name)
        });
        let of_text =
            matches!(violation.keyword.as_str(), "minLength" | "maxLength" | "pattern" | "format" | "enum");
        !(file && (of_text || violation.keyword == "uniqueItems"))
    }
}

impl Multipart {
    /// The form as the schema sees it.
    pub(super) fn value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// Without the places of files among the fields.
    pub(super) fn settled(mut self) -> Self {
        let files = &self.files;
        self.fields.retain(|name, _| !files.iter().any(|file| file.name == *name));
        self
    }
}

impl Member {
    fn new(content: &Content, name: &str, schema: &Schema) -> Self {
        let encoding = content.encoding(name);
        let array = schema.kind() == Some(SchemaType::Array);
        let item = if array { schema.items().unwrap_or_else(|| schema.clone()) } else { schema.clone() };
        let media_types = encoding.map(|encoding| encoding.content_types.clone()).unwrap_or_default();
        let kind = if item.format() == Some("binary") {
            Kind::File
        } else if media_types.iter().any(MediaType::is_json) {
            Kind::Json
        } else if media_types.iter().any(|media_type| !media_type.is_text()) {
            Kind::File
        } else if media_types.is_empty() && Shape::of(Some(&item)).is_object() {
            // Objects are JSON texts unless the document says otherwise (OpenAPI 3.0.3, Encoding Object).
            Kind::Json
        } else {
            Kind::Text
        };
        let length = (item.count("minLength"), item.count("maxLength"));
        Self { name: name.to_owned(), kind, array, length, media_types }
    }

    fn takes(&self, media_type: &str) -> bool {
        if self.media_types.is_empty() || media_type.is_empty() {
            return true;
        }
        let given = media_type.parse::<MediaType>();
        given.is_ok_and(|given| self.media_types.iter().any(|documented| documented.accepts(&given)))
    }

    fn measure(&self, at: &Pointer, length: usize, found: &mut Vec<RequestViolation>) {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if let Some(least) = self.length.0.filter(|least| length < *least) {
            found.push(violation(at.clone(), "minLength", &format!("must have at least {least} bytes")));
        }
        if let Some(most) = self.length.1.filter(|most| length > *most) {
            found.push(violation(at.clone(), "maxLength", &format!("must have at most {most} bytes")));
        }
    }
}

/// Names that repeat fill an array; where none is documented, the schema reports the wrong type.
fn add(fields: &mut Map<String, Value>, name: String, value: Value, array: bool) {
    match fields.get_mut(&name) {
        Some(Value::Array(items)) => items.push(value),
        Some(known) => {
            let first = known.take();
            *known = Value::Array(vec![first, value]);
        }
        None => {
            fields.insert(name, if array { Value::Array(vec![value]) } else { value });
        }
    }
}

fn violation(pointer: Pointer, keyword: &str, message: &str) -> RequestViolation {
    RequestViolation {
        location: Location::Body,
        parameter: None,
        pointer,
        keyword: keyword.to_owned(),
        message: message.to_owned(),
    }
}
