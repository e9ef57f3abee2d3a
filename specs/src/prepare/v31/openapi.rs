//! The objects around schemas: what 3.1 added to them, allowed to be absent, or moved.

use serde_json::{Map, Value, json};

use super::{Lowering, text};
use crate::{MediaType, Pointer};

type Lower<'d> = fn(&mut Lowering<'d>, &Pointer) -> Value;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl<'d> Lowering<'d> {
    /// The whole document.
    pub(super) fn run(&mut self) -> Value {
        let root = Pointer::root();
        self.unsaid_schemes = self.mutual_tls();
        let mut out = self.members(&root, |lowering, key, at, value| {
            Some(match key {
                "openapi" => json!("3.0.3"),
                "info" => lowering.info(at),
                "servers" => lowering.list(at, Self::server),
                "paths" => lowering.each(at, Self::path_item),
                "components" => lowering.components(at),
                "security" => lowering.security(at),
                "webhooks" => {
                    let help = "describe them as `callbacks` of the operation that subscribes to them";
                    lowering.warn(at, "OpenAPI 3.0 has no webhooks, so nothing is made of them", help);
                    return None;
                }
                "jsonSchemaDialect" => {
                    if let Some(dialect) = value.as_str() {
                        lowering.known_dialect(at, dialect);
                    }
                    return None;
                }
                "$defs" | "definitions" | "$schema" | "$id" => return None,
                _ => value.clone(),
            })
        });
        out.entry("paths").or_insert_with(|| json!({}));
        let mut root = Value::Object(out);
        self.add_hoisted(&mut root);
        let mut seen = std::collections::HashSet::new();
        self.warnings.retain(|warning| seen.insert((warning.pointer.clone(), warning.message.clone())));
        root
    }

    /// The schemas that became components; lowering one may bring further ones.
    fn add_hoisted(&mut self, root: &mut Value) {
        let mut next = 0;
        while let Some((from, name)) = self.hoisted.get_index(next) {
            let (from, name) = (from.clone(), name.clone());
            next += 1;
            let schema = self.schema_itself(&from);
            let Some(root) = root.as_object_mut() else { return };
            let components = root.entry("components").or_insert_with(|| json!({}));
            let Some(components) = components.as_object_mut() else { return };
            let schemas = components.entry("schemas").or_insert_with(|| json!({}));
            let Some(schemas) = schemas.as_object_mut() else { return };
            schemas.insert(name, schema);
        }
    }

    /// Each member of an object, as `lower` has it; `None` leaves it out.
    fn members(
        &mut self,
        at: &Pointer,
        mut lower: impl FnMut(&mut Self, &str, &Pointer, &'d Value) -> Option<Value>,
    ) -> Map<String, Value> {
        let members = self.get(at).and_then(Value::as_object);
        let mut out = Map::new();
        for (key, value) in members.into_iter().flatten() {
            let lowered = if key.starts_with("x-") {
                Some(value.clone())
            } else {
                lower(self, key, &at.join(key), value)
            };
            if let Some(lowered) = lowered {
                out.insert(key.clone(), lowered);
            }
        }
        out
    }

    /// An object whose members are all of one kind.
    fn each(&mut self, at: &Pointer, lower: Lower<'d>) -> Value {
        match self.get(at) {
            Some(Value::Object(_)) => {
                Value::Object(self.members(at, |lowering, _, at, _| Some(lower(lowering, at))))
            }
            other => other.cloned().unwrap_or_default(),
        }
    }

    fn list(&mut self, at: &Pointer, lower: Lower<'d>) -> Value {
        match self.get(at) {
            Some(Value::Array(items)) => {
                (0..items.len()).map(|index| lower(self, &at.index(index))).collect()
            }
            other => other.cloned().unwrap_or_default(),
        }
    }

    /// What stands at a place, or the reference that does. A description beside a reference is documentation that
    /// its target has as well.
    fn or_reference(&mut self, at: &Pointer, lower: Lower<'d>) -> Value {
        let Some(value) = self.get(at) else { return Value::Null };
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return if value.is_object() { lower(self, at) } else { value.clone() };
        };
        match self.leaving(at, reference) {
            Some(target) => self.inlined(at, &target, lower),
            None => json!({ "$ref": reference }),
        }
    }

    /// The target of a reference, if it stands where 3.0 has nothing.
    fn leaving(&self, at: &Pointer, reference: &str) -> Option<Pointer> {
        let target = Pointer::parse_fragment(reference).ok()?;
        let root = Pointer::root();
        let vanishes = [root.join("components").join("pathItems"), root.join("webhooks")];
        let leaves = vanishes.iter().any(|place| target.is_within(place) && !at.is_within(place));
        let nested = self.inlining.iter().any(|place| at.is_within(place))
            && vanishes.iter().any(|place| target.is_within(place));
        ((leaves || nested) && self.get(&target).is_some()).then_some(target)
    }

    fn inlined(&mut self, at: &Pointer, target: &Pointer, lower: Lower<'d>) -> Value {
        if self.inlining.contains(target) {
            self.warn(
                &at.join("$ref"),
                "this path item contains itself, which OpenAPI 3.0 cannot say, so it ends here",
                "refer to a schema or a response instead",
            );
            return json!({});
        }
        if self.inlining.is_empty() {
            self.inlined.insert(at.clone(), target.clone());
        }
        self.inlining.push(target.clone());
        let lowered = self.or_reference(target, lower);
        self.inlining.pop();
        lowered
    }

    fn info(&mut self, at: &Pointer) -> Value {
        let mut info = self.get(at).cloned().unwrap_or_default();
        let Some(members) = info.as_object_mut() else { return info };
        if let Some(Value::String(summary)) = members.shift_remove("summary") {
            let description = match members.get("description").and_then(Value::as_str) {
                Some(description) => format!("{summary}\n\n{description}"),
                None => summary,
            };
            members.insert("description".to_owned(), description.into());
        }
        if let Some(license) = members.get_mut("license").and_then(Value::as_object_mut)
            && let Some(Value::String(identifier)) = license.shift_remove("identifier")
            && !identifier.contains(char::is_whitespace)
        {
            license
                .entry("url")
                .or_insert_with(|| format!("https://spdx.org/licenses/{identifier}.html").into());
        }
        info
    }

    fn server(&mut self, at: &Pointer) -> Value {
        let mut server = self.get(at).cloned().unwrap_or_default();
        let variables = server.get_mut("variables").and_then(Value::as_object_mut);
        for variable in variables.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            if variable.get("enum").and_then(Value::as_array).is_some_and(Vec::is_empty) {
                variable.shift_remove("enum");
            }
        }
        server
    }

    fn components(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, key, at, value| {
            Some(match key {
                "schemas" => lowering.each(at, Self::schema),
                "parameters" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::parameter)),
                "headers" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::parameter)),
                "responses" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::response)),
                "requestBodies" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::body)),
                "callbacks" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::callback)),
                "examples" | "links" => {
                    lowering.each(at, |lowering, at| lowering.or_reference(at, Self::as_it_is))
                }
                "securitySchemes" => lowering.schemes(at),
                // They stand where they are referred to.
                "pathItems" => return None,
                _ => value.clone(),
            })
        }))
    }

    fn as_it_is(&mut self, at: &Pointer) -> Value {
        self.get(at).cloned().unwrap_or_default()
    }

    fn path_item(&mut self, at: &Pointer) -> Value {
        let value = self.get(at);
        if !value.is_some_and(Value::is_object) {
            return value.cloned().unwrap_or_default();
        }
        let reference = value.and_then(|value| value.get("$ref")).and_then(Value::as_str);
        let target = reference.and_then(|reference| self.leaving(at, reference));
        let mut out = match &target {
            Some(target) => match self.inlined(at, target, Self::path_item) {
                Value::Object(members) => members,
                other => return other,
            },
            None => Map::new(),
        };
        let own = self.members(at, |lowering, key, at, value| {
            Some(match key {
                "$ref" if target.is_some() => return None,
                "parameters" => lowering.parameters(at),
                "servers" => lowering.list(at, Self::server),
                method if METHODS.contains(&method) && value.is_object() => lowering.operation(at),
                _ => value.clone(),
            })
        });
        out.extend(own);
        Value::Object(out)
    }

    fn parameters(&mut self, at: &Pointer) -> Value {
        self.list(at, |lowering, at| lowering.or_reference(at, Self::parameter))
    }

    fn operation(&mut self, at: &Pointer) -> Value {
        let mut out = self.members(at, |lowering, key, at, value| {
            Some(match key {
                "parameters" => lowering.parameters(at),
                "requestBody" => lowering.or_reference(at, Self::body),
                "responses" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::response)),
                "callbacks" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::callback)),
                "security" => lowering.security(at),
                "servers" => lowering.list(at, Self::server),
                _ => value.clone(),
            })
        });
        let told = |responses: &Value| {
            responses.as_object().is_none_or(|responses| responses.keys().any(|key| !key.starts_with("x-")))
        };
        if !out.get("responses").is_some_and(told) {
            let responses = out.entry("responses").or_insert_with(|| json!({}));
            if let Some(responses) = responses.as_object_mut() {
                responses.insert("default".to_owned(), json!({ "description": "No answer is documented." }));
            }
        }
        Value::Object(out)
    }

    fn callback(&mut self, at: &Pointer) -> Value {
        self.each(at, Self::path_item)
    }

    /// A parameter or a header.
    fn parameter(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, key, at, value| {
            Some(match key {
                "schema" => lowering.schema(at),
                "content" => lowering.each(at, Self::media_type),
                "examples" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::as_it_is)),
                _ => value.clone(),
            })
        }))
    }

    fn body(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, key, at, value| {
            Some(match key {
                "content" => lowering.each(at, Self::media_type),
                _ => value.clone(),
            })
        }))
    }

    fn response(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, key, at, value| {
            Some(match key {
                "content" => lowering.each(at, Self::media_type),
                "headers" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::parameter)),
                "links" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::as_it_is)),
                _ => value.clone(),
            })
        }))
    }

    fn media_type(&mut self, at: &Pointer) -> Value {
        if !self.get(at).is_some_and(Value::is_object) {
            return self.get(at).cloned().unwrap_or_default();
        }
        let name = at.last().unwrap_or_default();
        let mut out = self.members(at, |lowering, key, at, value| {
            Some(match key {
                "schema" => lowering.schema(at),
                "examples" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::as_it_is)),
                "encoding" => lowering.each(at, Self::encoding),
                _ => value.clone(),
            })
        });
        let empty = |schema: &Value| schema.as_object().is_some_and(Map::is_empty);
        if out.get("schema").is_none_or(empty)
            && let Some(schema) = Self::body_without_schema(&name)
        {
            out.insert("schema".to_owned(), schema);
        }
        if name.starts_with("multipart/") {
            self.parts(at, &mut out);
        }
        Value::Object(out)
    }

    fn encoding(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, key, at, value| {
            Some(match key {
                "headers" => lowering.each(at, |lowering, at| lowering.or_reference(at, Self::parameter)),
                _ => value.clone(),
            })
        }))
    }

    /// The media types of parts: 3.1 writes them into the schema of a part, 3.0 beside the schema of the whole.
    fn parts(&mut self, at: &Pointer, out: &mut Map<String, Value>) {
        let Ok((place, _)) = self.document.resolve(&at.join("schema")) else { return };
        let properties = self.get(&place.join("properties")).and_then(Value::as_object);
        for (name, part) in properties.into_iter().flatten() {
            let text = |keyword: &str| part.get(keyword).and_then(Value::as_str);
            let Some(media_type) = text("contentMediaType").filter(|_| text("contentEncoding").is_none())
            else {
                continue;
            };
            let known: Option<MediaType> = media_type.parse().ok();
            if known.is_none_or(|known| {
                known.to_string() == "application/octet-stream" && text::is_binary(&known)
            }) {
                continue;
            }
            let encoding = out.entry("encoding").or_insert_with(|| json!({}));
            let Some(encoding) = encoding.as_object_mut() else { return };
            let part = encoding.entry(name.clone()).or_insert_with(|| json!({}));
            if let Some(part) = part.as_object_mut() {
                part.entry("contentType").or_insert_with(|| media_type.into());
            }
        }
    }

    fn mutual_tls(&self) -> std::collections::HashSet<String> {
        let at = Pointer::root().join("components").join("securitySchemes");
        let schemes = self.get(&at).and_then(Value::as_object);
        let is_mutual = |name: &&String| {
            let found = self.document.resolve(&at.join(name.as_str()));
            found.is_ok_and(|(_, scheme)| scheme.get("type").and_then(Value::as_str) == Some("mutualTLS"))
        };
        schemes.into_iter().flat_map(Map::keys).filter(is_mutual).cloned().collect()
    }

    fn schemes(&mut self, at: &Pointer) -> Value {
        Value::Object(self.members(at, |lowering, name, at, _| {
            if lowering.unsaid_schemes.contains(name) {
                let message =
                    format!("OpenAPI 3.0 does not know mutual TLS, so operations do not require `{name}`");
                lowering.warn(
                    at,
                    message,
                    "let the server that ends TLS check the certificate of the client",
                );
                return None;
            }
            Some(lowering.or_reference(at, Self::as_it_is))
        }))
    }

    /// Requirements without the schemes that 3.0 does not know; what is left of an alternative is still required.
    fn security(&mut self, at: &Pointer) -> Value {
        let mut requirements = self.get(at).cloned().unwrap_or_default();
        if self.unsaid_schemes.is_empty() {
            return requirements;
        }
        let alternatives = requirements.as_array_mut();
        for alternative in alternatives.into_iter().flatten().filter_map(Value::as_object_mut) {
            alternative.retain(|name, _| !self.unsaid_schemes.contains(name));
        }
        requirements
    }
}
