//! From a linted OpenAPI document to the contract model.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{
    Content, Diagnostic, Document, EmptyValue, Encoding, KeyLocation, MediaType, Operation, OperationId,
    Parameter, ParameterLocation, ParameterStyle, PathTemplate, Pointer, RequestBody, Response,
    ResponseHeader, Responses, Schema, SchemeKind, SchemeName, SecurityRequirements, SecurityScheme,
    operation::{made_up_id, unused_id},
};

/// What the OpenAPI document says.
pub(crate) struct Read {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) servers: Vec<String>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) schemes: Vec<SecurityScheme>,
}

/// The members of a path item that are operations.
pub(crate) const METHODS: [(&str, http::Method); 8] = [
    ("get", http::Method::GET),
    ("put", http::Method::PUT),
    ("post", http::Method::POST),
    ("delete", http::Method::DELETE),
    ("options", http::Method::OPTIONS),
    ("head", http::Method::HEAD),
    ("patch", http::Method::PATCH),
    ("trace", http::Method::TRACE),
];

/// Reads a document that the lint found nothing wrong with; what it cannot read all the same is a diagnostic.
pub(crate) fn read(document: &Document) -> Result<Read, Vec<Diagnostic>> {
    let mut reader = Reader { document, errors: Vec::new() };
    let read = reader.document();
    if reader.errors.is_empty() { Ok(read) } else { Err(reader.errors) }
}

struct Reader<'d> {
    document: &'d Document,
    errors: Vec<Diagnostic>,
}

impl<'d> Reader<'d> {
    fn document(&mut self) -> Read {
        let root = Pointer::root();
        let info = root.join("info");
        Read {
            title: self.text(&info, "title").unwrap_or_default(),
            version: self.text(&info, "version").unwrap_or_default(),
            servers: (0..self.length(&root.join("servers")))
                .filter_map(|index| self.text(&root.join("servers").index(index), "url"))
                .collect(),
            operations: self.operations(&root),
            schemes: self.schemes(&root.join("components").join("securitySchemes")),
        }
    }

    fn operations(&mut self, root: &Pointer) -> Vec<Operation> {
        let mut ids = HashSet::new();
        let default_security = self.security(&root.join("security")).unwrap_or_default();
        let mut operations = Vec::new();
        for (path, at) in self.members(&root.join("paths")) {
            if !path.starts_with('/') {
                continue;
            }
            let (item, value) = self.target(&at);
            let Some(object) = value.and_then(Value::as_object) else { continue };
            for key in object.keys() {
                let Some((_, method)) = METHODS.iter().find(|(name, _)| name == key) else { continue };
                let mut operation =
                    self.operation(&path, method.clone(), &item, &item.join(key), &default_security);
                // Paths may share an operation by a reference, and an id may be made up.
                if ids.contains(&operation.id.0) {
                    operation.id = OperationId(unused_id(method.as_str(), &path, &|id| ids.contains(id)));
                }
                ids.insert(operation.id.0.clone());
                operations.push(operation);
            }
        }
        operations
    }

    fn operation(
        &mut self,
        path: &str,
        method: http::Method,
        item: &Pointer,
        at: &Pointer,
        default_security: &SecurityRequirements,
    ) -> Operation {
        let own = self.parameters(&at.join("parameters"));
        let shared = self.parameters(&item.join("parameters"));
        let mut parameters: Vec<Parameter> = shared
            .into_iter()
            .filter(|shared| {
                !own.iter().any(|own| own.location == shared.location && own.name == shared.name)
            })
            .collect();
        parameters.extend(own);
        Operation {
            id: OperationId(
                self.text(at, "operationId").unwrap_or_else(|| made_up_id(method.as_str(), path)),
            ),
            path: PathTemplate::new(path),
            summary: self.text(at, "summary"),
            description: self.text(at, "description"),
            parameters,
            request_body: self.request_body(&at.join("requestBody")),
            responses: self.responses(&at.join("responses")),
            security: self.security(&at.join("security")).unwrap_or_else(|| default_security.clone()),
            pointer: at.clone(),
            method,
        }
    }

    fn parameters(&mut self, at: &Pointer) -> Vec<Parameter> {
        (0..self.length(at)).filter_map(|index| self.parameter(&at.index(index))).collect()
    }

    fn parameter(&mut self, at: &Pointer) -> Option<Parameter> {
        let (at, value) = self.target(at);
        let object = value?.as_object()?;
        // These are described by the content and security parts (OpenAPI 3.0.3, Parameter Object).
        let name = self.text(&at, "name")?;
        let location = match object.get("in")?.as_str()? {
            "path" => ParameterLocation::Path,
            "query" => ParameterLocation::Query,
            "header"
                if ["accept", "content-type", "authorization"].contains(&&*name.to_ascii_lowercase()) =>
            {
                return None;
            }
            "header" => ParameterLocation::Header,
            "cookie" => ParameterLocation::Cookie,
            other => {
                self.error(&at.join("in"), format!("{other:?} is no place for a parameter"));
                return None;
            }
        };
        let style = object.get("style").and_then(Value::as_str).and_then(ParameterStyle::named);
        let style = style.unwrap_or(match location {
            ParameterLocation::Path | ParameterLocation::Header => ParameterStyle::Simple,
            ParameterLocation::Query | ParameterLocation::Cookie => ParameterStyle::Form,
        });
        let (schema, media_type) = if object.contains_key("schema") {
            (self.schema(&at), None)
        } else {
            let content = self.content(&at.join("content")).into_iter().next();
            content.map_or((None, None), |content| (content.schema, Some(content.media_type)))
        };
        Some(Parameter {
            name,
            location,
            required: flag(object, "required"),
            schema,
            media_type,
            style,
            explode: object.get("explode").and_then(Value::as_bool).unwrap_or(style == ParameterStyle::Form),
            allow_reserved: flag(object, "allowReserved"),
            empty_value: if flag(object, "allowEmptyValue") {
                EmptyValue::Allowed
            } else {
                EmptyValue::BySchema
            },
            description: self.text(&at, "description"),
            example: object.get("example").cloned(),
            pointer: at,
        })
    }

    fn request_body(&mut self, at: &Pointer) -> Option<RequestBody> {
        let (at, value) = self.target(at);
        let required = flag(value?.as_object()?, "required");
        Some(RequestBody { required, content: self.content(&at.join("content")), pointer: at })
    }

    fn responses(&mut self, at: &Pointer) -> Responses {
        let mut responses = Vec::new();
        for (key, at) in self.members(at) {
            if key.starts_with("x-") {
                continue;
            }
            let status = match key.parse() {
                Ok(status) => status,
                Err(error) => {
                    self.error(&at, format!("{error}"));
                    continue;
                }
            };
            let (at, _) = self.target(&at);
            responses.push(Response {
                status,
                description: self.text(&at, "description").unwrap_or_default(),
                headers: self.headers(&at.join("headers")),
                content: self.content(&at.join("content")),
                pointer: at,
            });
        }
        Responses(responses)
    }

    fn headers(&mut self, at: &Pointer) -> Vec<ResponseHeader> {
        let mut headers = Vec::new();
        for (name, at) in self.members(at) {
            // A header of this name is ignored, because the content describes it (OpenAPI 3.0.3, Response Object).
            if name.eq_ignore_ascii_case("content-type") {
                continue;
            }
            let (at, value) = self.target(&at);
            headers.push(ResponseHeader {
                name,
                required: value.and_then(Value::as_object).is_some_and(|object| flag(object, "required")),
                schema: self.schema(&at),
                description: self.text(&at, "description"),
                pointer: at,
            });
        }
        headers
    }

    fn content(&mut self, at: &Pointer) -> Vec<Content> {
        let mut contents = Vec::new();
        for (key, at) in self.members(at) {
            let media_type: MediaType = match key.parse() {
                Ok(media_type) => media_type,
                Err(error) => {
                    self.error(&at, format!("{error}"));
                    continue;
                }
            };
            contents.push(Content {
                media_type,
                schema: self.schema(&at),
                examples: self.examples(&at),
                encoding: self.encoding(&at.join("encoding")),
                pointer: at,
            });
        }
        contents
    }

    fn encoding(&mut self, at: &Pointer) -> Vec<Encoding> {
        let mut encodings = Vec::new();
        for (property, at) in self.members(at) {
            let (at, value) = self.target(&at);
            let Some(object) = value.and_then(Value::as_object) else { continue };
            let mut content_types = Vec::new();
            let listed = object.get("contentType").and_then(Value::as_str).unwrap_or_default();
            for text in listed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
                match text.parse() {
                    Ok(media_type) => content_types.push(media_type),
                    Err(error) => self.error(&at.join("contentType"), format!("{error}")),
                }
            }
            encodings.push(Encoding {
                property,
                content_types,
                headers: self.headers(&at.join("headers")),
                style: object.get("style").and_then(Value::as_str).and_then(ParameterStyle::named),
                explode: object.get("explode").and_then(Value::as_bool),
                allow_reserved: flag(object, "allowReserved"),
                pointer: at,
            });
        }
        encodings
    }

    fn examples(&mut self, at: &Pointer) -> Vec<(String, Value)> {
        let mut examples = Vec::new();
        if let Some(example) = self.document.get(&at.join("example")) {
            examples.push((String::new(), example.clone()));
        }
        for (name, at) in self.members(&at.join("examples")) {
            let (_, value) = self.target(&at);
            if let Some(value) = value.and_then(|object| object.get("value")) {
                examples.push((name, value.clone()));
            }
        }
        examples
    }

    fn schema(&mut self, at: &Pointer) -> Option<Schema> {
        let at = at.join("schema");
        self.document.get(&at)?;
        Some(Schema::new(self.document, &at))
    }

    fn security(&mut self, at: &Pointer) -> Option<SecurityRequirements> {
        let alternatives = self.document.get(at)?.as_array()?;
        let names = |alternative: &Value| {
            let object = alternative.as_object();
            object.map(|object| object.keys().cloned().map(SchemeName).collect()).unwrap_or_default()
        };
        let texts = |value: &Value| {
            let texts = value.as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let scopes = |alternative: &Value| {
            alternative.as_object().into_iter().flat_map(|object| object.values()).map(texts).collect()
        };
        let scopes = alternatives.iter().map(scopes).collect();
        Some(SecurityRequirements(alternatives.iter().map(names).collect(), scopes))
    }

    fn schemes(&mut self, at: &Pointer) -> Vec<SecurityScheme> {
        let mut schemes = Vec::new();
        for (name, at) in self.members(at) {
            let (at, value) = self.target(&at);
            let Some(object) = value.and_then(Value::as_object) else { continue };
            let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            let kind = match word("type") {
                "apiKey" => SchemeKind::ApiKey {
                    location: match word("in") {
                        "query" => KeyLocation::Query,
                        "cookie" => KeyLocation::Cookie,
                        _ => KeyLocation::Header,
                    },
                    name: word("name").to_owned(),
                },
                "http" => match &*word("scheme").to_ascii_lowercase() {
                    "basic" => SchemeKind::Basic,
                    "bearer" => SchemeKind::Bearer,
                    other => SchemeKind::OtherHttp(other.to_owned()),
                },
                _ => SchemeKind::Bearer,
            };
            schemes.push(SecurityScheme { name: SchemeName(name), kind, pointer: at });
        }
        schemes
    }

    /// Follows `$ref` from `at`; an unresolvable one is recorded and read as nothing.
    fn target(&mut self, at: &Pointer) -> (Pointer, Option<&'d Value>) {
        if self.document.get(at).is_none() {
            return (at.clone(), None);
        }
        match self.document.resolve(at) {
            Ok((pointer, value)) => (pointer, Some(value)),
            Err(diagnostic) => {
                self.errors.push(diagnostic);
                (at.clone(), None)
            }
        }
    }

    fn members(&self, at: &Pointer) -> Vec<(String, Pointer)> {
        let object = self.document.get(at).and_then(Value::as_object);
        object.into_iter().flatten().map(|(key, _)| (key.clone(), at.join(key))).collect()
    }

    fn length(&self, at: &Pointer) -> usize {
        self.document.get(at).and_then(Value::as_array).map_or(0, Vec::len)
    }

    fn text(&self, at: &Pointer, key: &str) -> Option<String> {
        Some(self.document.get(&at.join(key))?.as_str()?.to_owned())
    }

    fn error(&mut self, at: &Pointer, message: String) {
        self.errors.push(self.document.diagnostic(at, message));
    }
}

fn flag(object: &Map<String, Value>, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or_default()
}
