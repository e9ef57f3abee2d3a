//! The walk along the official schema of OpenAPI 3.0: structure, keywords, types, and the kind of every object.
//!
//! The schema is walked rather than handed to a general validator because most of it stands below `oneOf`: a general
//! validator reports each branch that failed, this walk first decides which branch the author meant (`$ref` or not, the
//! location of a parameter, the type of a security scheme) and then reports what is wrong with that one.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde_json::{Map, Value};

use super::{
    Finding, Repair, closest,
    kind::Kind,
    shown,
    words::{choice, found_words, newer_keyword, type_help, type_words},
};
use crate::{document::Document, error::Diagnostic, pointer::Pointer};

static META: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../meta/openapi-3.0.schema.json")).unwrap_or_default()
});

/// What the walk found and learnt.
pub(super) struct Survey<'d> {
    pub(super) document: &'d Document,
    pub(super) findings: Vec<Finding>,
    /// Every object that is no `$ref`, in the order of the walk.
    pub(super) objects: Vec<(Pointer, Kind)>,
    /// Every object with a `$ref`, and what has to be at its end.
    pub(super) references: Vec<(Pointer, Kind)>,
    kinds: HashMap<Pointer, Kind>,
    patterns: HashMap<&'static str, Option<regress::Regex>>,
}

impl<'d> Survey<'d> {
    pub(super) fn of(document: &'d Document) -> Self {
        let mut survey = Self::empty(document);
        survey.check(&META, Scope::Part("description"), &Pointer::root(), document.root());
        survey
    }

    /// A survey that has not looked at anything.
    pub(super) fn empty(document: &'d Document) -> Self {
        Self {
            document,
            findings: Vec::new(),
            objects: Vec::new(),
            references: Vec::new(),
            kinds: HashMap::new(),
            patterns: HashMap::new(),
        }
    }

    pub(super) fn kind(&self, at: &Pointer) -> Option<Kind> {
        self.kinds.get(at).copied()
    }

    /// The places of all objects of a kind.
    pub(super) fn places(&self, kind: Kind) -> Vec<Pointer> {
        self.objects.iter().filter(|(_, found)| *found == kind).map(|(at, _)| at.clone()).collect()
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic, repair: Repair) {
        self.findings.push(Finding { diagnostic, repair });
    }

    /// A mistake that can do no harm.
    pub(super) fn warn(&mut self, diagnostic: Diagnostic) {
        self.push(diagnostic.as_warning(), Repair::Keep);
    }

    /// Walks a value that only a `$ref` leads to.
    pub(super) fn walk_as(&mut self, kind: Kind, at: &Pointer, value: &Value) {
        self.definition(kind, at, value);
    }

    fn value(&mut self, rule: &'static Value, scope: Scope, at: &Pointer, value: &Value) {
        if let Some(kind) = referred(rule) {
            return self.definition(kind, at, value);
        }
        let Some(alternatives) = rule.get("oneOf").and_then(Value::as_array) else {
            return self.check(rule, scope, at, value);
        };
        let takes_boolean = alternatives.iter().any(|rule| rule["type"] == "boolean");
        let Some(kind) = alternatives.iter().filter_map(referred).find(|kind| kind.0 != "Reference") else {
            return;
        };
        match value.get("$ref") {
            Some(Value::String(_)) => self.references.push((at.clone(), kind)),
            Some(_) => {
                let message = "`$ref` must be a string such as `#/components/schemas/Name`";
                let help = "write the reference as text";
                let diagnostic = self.document.diagnostic(&at.join("$ref"), message).with_help(help);
                self.push(diagnostic, Repair::Broken(at.clone(), kind));
            }
            None if takes_boolean && value.is_boolean() => {}
            None => self.definition(kind, at, value),
        }
    }

    fn definition(&mut self, kind: Kind, at: &Pointer, value: &Value) {
        if kind.0 == "SecurityScheme" {
            return self.security_scheme(at, value);
        }
        let Some(rule) = META["definitions"].get(kind.0) else { return };
        if self.kinds.insert(at.clone(), kind).is_some() {
            return;
        }
        self.objects.push((at.clone(), kind));
        self.check(rule, Scope::Object(kind), at, value);
        let Some(members) = value.as_object() else { return };
        match kind {
            Kind::PARAMETER => {
                self.parameter_location(at, members);
                self.schema_or_content(kind, at, members);
            }
            Kind::HEADER => self.schema_or_content(kind, at, members),
            Kind::PATH_ITEM if members.get("$ref").is_some_and(Value::is_string) => {
                self.references.push((at.clone(), kind));
            }
            Kind::LINK => self.exclusive(kind, at, members, "operationId", "operationRef"),
            Kind("HTTPSecurityScheme") => self.bearer_format(at, members),
            _ => {}
        }
        if matches!(kind, Kind::PARAMETER | Kind::HEADER | Kind::MEDIA_TYPE) {
            self.exclusive(kind, at, members, "example", "examples");
        }
    }

    fn security_scheme(&mut self, at: &Pointer, value: &Value) {
        let alternatives = [
            ("apiKey", "APIKeySecurityScheme"),
            ("http", "HTTPSecurityScheme"),
            ("oauth2", "OAuth2SecurityScheme"),
            ("openIdConnect", "OpenIdConnectSecurityScheme"),
        ];
        let found = value.get("type").and_then(Value::as_str);
        if let Some((_, kind)) = alternatives.iter().find(|(name, _)| Some(*name) == found) {
            return self.definition(Kind(kind), at, value);
        }
        let names = alternatives.map(|(name, _)| name);
        let at_type = at.join("type");
        let diagnostic = match value.get("type") {
            None => self.document.diagnostic(at, "`type` is missing in this security scheme").at_key(),
            Some(found) => self
                .document
                .diagnostic(&at_type, format!("`{}` is no type of a security scheme", shown(found))),
        };
        self.push(
            diagnostic.with_help(choice(found, &names)),
            Repair::Broken(at.clone(), Kind("SecurityScheme")),
        );
    }

    fn parameter_location(&mut self, at: &Pointer, members: &Map<String, Value>) {
        let Some(location) = members.get("in").and_then(Value::as_str) else { return };
        let styles: &[&str] = match location {
            "path" => &["simple", "label", "matrix"],
            "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
            "header" => &["simple"],
            "cookie" => &["form"],
            other => {
                let help = choice(Some(other), &["path", "query", "header", "cookie"]);
                let message = format!("`{other}` is no location of a parameter");
                let diagnostic = self.document.diagnostic(&at.join("in"), message).with_help(help);
                self.push(diagnostic, Repair::Broken(at.clone(), Kind::PARAMETER));
                return;
            }
        };
        if location == "path" && members.get("required").is_none_or(|required| required == false) {
            let place = if members.contains_key("required") { at.join("required") } else { at.join("in") };
            let name = members.get("name").map(shown).unwrap_or_default();
            let message = format!("path parameter `{name}` must be required");
            let diagnostic = self.document.diagnostic(&place, message).with_help("add `required: true`");
            self.push(diagnostic, Repair::Set(at.join("required"), Value::Bool(true), "read as required"));
        }
        if let Some(style) = members.get("style").and_then(Value::as_str)
            && !styles.contains(&style)
        {
            let message = format!("style `{style}` cannot be used in {location}");
            let help = choice(Some(style), styles);
            let diagnostic = self.document.diagnostic(&at.join("style"), message).with_help(help);
            self.push(diagnostic, Repair::Drop(at.join("style")));
        }
    }

    fn schema_or_content(&mut self, kind: Kind, at: &Pointer, members: &Map<String, Value>) {
        if !members.contains_key("schema") && !members.contains_key("content") {
            let message = format!("this {} has neither `schema` nor `content`", kind.words());
            let help = "add `schema: {type: string}`, or another type";
            let diagnostic = self.document.diagnostic(at, message).with_help(help).at_key();
            let text = serde_json::json!({"type": "string"});
            self.push(diagnostic, Repair::Set(at.join("schema"), text, "read as a string"));
        }
        for other in ["schema", "style", "explode", "allowReserved", "example", "examples"] {
            self.exclusive(kind, at, members, "content", other);
        }
    }

    fn bearer_format(&mut self, at: &Pointer, members: &Map<String, Value>) {
        let scheme = members.get("scheme").and_then(Value::as_str).unwrap_or("bearer");
        if members.contains_key("bearerFormat") && !scheme.eq_ignore_ascii_case("bearer") {
            let message = format!("`bearerFormat` has no meaning for the scheme `{scheme}`");
            let diagnostic = self.document.diagnostic(&at.join("bearerFormat"), message);
            let diagnostic = diagnostic.with_help("remove it, or write `scheme: bearer`").at_key();
            self.push(diagnostic, Repair::Drop(at.join("bearerFormat")));
        }
    }

    fn exclusive(&mut self, kind: Kind, at: &Pointer, members: &Map<String, Value>, one: &str, other: &str) {
        if members.contains_key(one) && members.contains_key(other) {
            let message = format!("`{one}` and `{other}` exclude each other in {}", kind.with_article());
            let help = "keep one of them";
            let diagnostic = self.document.diagnostic(&at.join(other), message).with_help(help).at_key();
            // A schema says more than the media type around it, several examples say more than one.
            let weaker = if other == "schema" || one == "example" { one } else { other };
            self.push(diagnostic, Repair::Drop(at.join(weaker)));
        }
    }

    fn check(&mut self, rule: &'static Value, scope: Scope, at: &Pointer, value: &Value) {
        if let Some(wanted) = rule.get("type").and_then(Value::as_str)
            && !has_type(value, wanted)
        {
            return self.wrong_type(scope, wanted, at, value);
        }
        if let Some(allowed) = rule.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
            let message = format!("`{}` is no value of `{}`", shown(value), at.last().unwrap_or_default());
            let help = choice(value.as_str(), &allowed);
            let diagnostic = self.document.diagnostic(at, message).with_help(help);
            self.push(diagnostic, Repair::Drop(at.clone()));
        }
        match value {
            Value::Object(members) => self.members(rule, scope, at, members),
            Value::Array(items) => self.items(rule, scope, at, items),
            Value::Number(number) => {
                let exclusive = rule["exclusiveMinimum"] == true;
                let number = number.as_f64().unwrap_or_default();
                let below = |limit: f64| if exclusive { number <= limit } else { number < limit };
                if rule.get("minimum").and_then(Value::as_f64).is_some_and(below) {
                    let name = at.last().unwrap_or_default();
                    let bound = if exclusive { "greater than 0" } else { "0 or greater" };
                    let diagnostic = self
                        .document
                        .diagnostic(at, format!("`{name}` must be {bound}"))
                        .with_help("correct the number, or remove the keyword");
                    self.push(diagnostic, Repair::Drop(at.clone()));
                }
            }
            _ => {}
        }
    }

    fn wrong_type(&mut self, scope: Scope, wanted: &'static str, at: &Pointer, value: &Value) {
        let what = match scope {
            Scope::Object(kind) => kind.with_article(),
            Scope::Part(_) => format!("`{}`", at.last().unwrap_or_default()),
        };
        let diagnostic = self
            .document
            .diagnostic(at, format!("{what} must be {}, found {}", type_words(wanted), found_words(value)));
        let last = at.last().unwrap_or_default();
        let help = type_help(&last, wanted, value);
        let diagnostic = match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic.with_help(format!("write {} here", type_words(wanted))),
        };
        let repair = match scope {
            Scope::Object(kind) => Repair::Broken(at.clone(), kind),
            Scope::Part(_) => Repair::Convert(at.clone(), wanted),
        };
        self.push(diagnostic, repair);
    }

    fn members(&mut self, rule: &'static Value, scope: Scope, at: &Pointer, members: &Map<String, Value>) {
        let properties = rule.get("properties").and_then(Value::as_object);
        let additional = rule.get("additionalProperties");
        let mut meant = HashSet::new();
        for (name, value) in members {
            let place = at.join(name);
            if let Some(rule) = properties.and_then(|properties| properties.get_key_value(name)) {
                self.value(rule.1, Scope::Part(rule.0), &place, value);
            } else if let Some(rule) = self.pattern_rule(rule, name) {
                self.value(rule, scope, &place, value);
            } else if additional == Some(&Value::Bool(false)) {
                meant.extend(self.unknown(scope, properties, name, &place));
            } else if let Some(rule) = additional {
                self.value(rule, scope, &place, value);
            } else if let Some(rule) = rule["patternProperties"].get(NAME_PATTERN) {
                let message = format!("`{name}` cannot be the name of a component");
                let help = "use letters, digits, `.`, `-` and `_` only";
                let diagnostic = self.document.diagnostic(&place, message).with_help(help).at_key();
                self.push(diagnostic, Repair::Rename(place.clone(), component_name(name)));
                self.value(rule, scope, &place, value);
            }
        }
        for name in rule.get("required").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = name.as_str() else { continue };
            if !members.contains_key(name) && !meant.contains(name) {
                let message = format!("`{name}` is missing in this {}", scope.words());
                let diagnostic = self.document.diagnostic(at, message).with_help(format!("add `{name}`"));
                self.push(diagnostic.at_key(), missing(scope, at, name));
            }
        }
        let count = members.len() as u64;
        if rule.get("minProperties").and_then(Value::as_u64).is_some_and(|least| count < least) {
            let message = format!("`{}` must not be empty", at.last().unwrap_or_default());
            let (help, repair) = match scope {
                Scope::Object(kind) if kind.0 == "Responses" => {
                    ("describe a response, or write `default: {description: …}`", any_response(at))
                }
                _ => ("remove it, or add a member", Repair::Drop(at.clone())),
            };
            self.push(self.document.diagnostic(at, message).with_help(help).at_key(), repair);
        }
        if rule.get("maxProperties").and_then(Value::as_u64).is_some_and(|most| count > most) {
            let message = format!("`{}` must have exactly one member", at.last().unwrap_or_default());
            let diagnostic = self.document.diagnostic(at, message).with_help("keep one of them").at_key();
            self.push(diagnostic, Repair::KeepFirst(at.clone()));
        }
    }

    fn pattern_rule(&mut self, rule: &'static Value, name: &str) -> Option<&'static Value> {
        let patterns = rule.get("patternProperties")?.as_object()?;
        patterns.iter().find_map(|(pattern, rule)| {
            let regex =
                self.patterns.entry(pattern.as_str()).or_insert_with(|| regress::Regex::new(pattern).ok());
            regex.as_ref()?.find(name).map(|_| rule)
        })
    }

    /// Reports a member that may not be there; gives the name it probably stands for.
    fn unknown(
        &mut self,
        scope: Scope,
        properties: Option<&'static Map<String, Value>>,
        name: &str,
        place: &Pointer,
    ) -> Option<&'static str> {
        let mut meant = None;
        let mut repair = Repair::Drop(place.clone());
        let (message, help) = match scope {
            Scope::Object(Kind("Responses")) => (
                format!("`{name}` is no status of a response"),
                match closest(&name.to_uppercase(), ["1XX", "2XX", "3XX", "4XX", "5XX"].into_iter()) {
                    Some(class) if name.eq_ignore_ascii_case(class) => {
                        repair = Repair::Rename(place.clone(), class.to_owned());
                        format!("did you mean `{class}`?")
                    }
                    _ => "use a status (`200`), a class of them (`4XX`) or `default`".to_owned(),
                },
            ),
            Scope::Object(Kind("Paths")) => {
                repair = Repair::Rename(place.clone(), format!("/{name}"));
                (format!("path `{name}` does not start with a slash"), format!("did you mean `/{name}`?"))
            }
            _ => {
                let methods =
                    ["get", "put", "post", "delete", "options", "head", "patch", "trace"].into_iter();
                let methods = methods.filter(|_| scope == Scope::Object(Kind::PATH_ITEM));
                let known = properties.into_iter().flat_map(Map::keys).map(String::as_str);
                meant = closest(name, known.chain(methods));
                if scope == Scope::Object(Kind::PATH_ITEM) && is_operation(self.document.get(place)) {
                    repair = Repair::LeaveOut(place.clone());
                }
                let newer = match scope {
                    Scope::Object(kind) => newer_keyword(kind, name),
                    Scope::Part(_) => None,
                };
                let help = match (meant, newer) {
                    (_, Some(help)) => help.to_owned(),
                    (Some(meant), None) => format!("did you mean `{meant}`?"),
                    (None, None) => "remove it, or begin its name with `x-`".to_owned(),
                };
                (format!("unknown keyword `{name}` in this {}", scope.words()), help)
            }
        };
        self.push(self.document.diagnostic(place, message).with_help(help).at_key(), repair);
        meant
    }

    fn items(&mut self, rule: &'static Value, scope: Scope, at: &Pointer, items: &[Value]) {
        if let Some(rule) = rule.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.value(rule, scope, &at.index(index), item);
            }
        }
        let least = rule.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            let name = at.last().unwrap_or_default();
            let diagnostic = self
                .document
                .diagnostic(at, format!("`{name}` must not be empty"))
                .with_help(format!("remove `{name}`, or list a value"));
            self.push(diagnostic, Repair::Drop(at.clone()));
        }
        if rule["uniqueItems"] == true {
            let mut seen = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                if let Value::String(text) = item
                    && !seen.insert(text)
                {
                    let place = at.index(index);
                    let message = format!("`{}` is listed twice", shown(item));
                    let diagnostic =
                        self.document.diagnostic(&place, message).with_help("remove one of them");
                    self.push(diagnostic, Repair::Drop(place));
                }
            }
        }
    }
}

const NAME_PATTERN: &str = "^[a-zA-Z0-9\\.\\-_]+$";

/// What a member that is not there is read as.
fn missing(scope: Scope, at: &Pointer, name: &str) -> Repair {
    let Scope::Object(kind) = scope else {
        return if name == "paths" { Repair::LeaveOut(at.clone()) } else { unnamed(at, name) };
    };
    let set = |value: Value, reading| Repair::Set(at.join(name), value, reading);
    match (kind.0, name) {
        ("Response", "description") | ("ServerVariable", "default") => {
            set(Value::from(""), "read as an empty text")
        }
        ("Info", _) => unnamed(at, name),
        ("Operation", "responses") => any_response(&at.join(name)),
        ("OAuth2SecurityScheme", "flows") => set(Value::Object(Map::new()), "read as a scheme without flows"),
        (flow, "scopes") if flow.ends_with("Flow") => {
            set(Value::Object(Map::new()), "read as a flow without scopes")
        }
        _ => Repair::Broken(at.clone(), kind),
    }
}

fn unnamed(at: &Pointer, name: &str) -> Repair {
    let (value, reading) = match name {
        "title" => (Value::from("API"), "read as `API`"),
        "version" => (Value::from("0"), "read as `0`"),
        "info" => (serde_json::json!({"title": "API", "version": "0"}), "read as an API without a title"),
        _ => return Repair::LeaveOut(at.clone()),
    };
    Repair::Set(at.join(name), value, reading)
}

/// Responses that say nothing.
fn any_response(at: &Pointer) -> Repair {
    let value = serde_json::json!({"default": {"description": ""}});
    Repair::Set(at.clone(), value, "read as any response")
}

/// A name of which only what a component may not be called is changed.
pub(crate) fn component_name(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    if name.is_empty() { "_".to_owned() } else { name }
}

/// Whether a member of a path item is an operation under a method that does not exist.
fn is_operation(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.get("responses").is_some())
}

/// What a value belongs to, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Object(Kind),
    /// A member that is no object of a kind of its own.
    Part(&'static str),
}

impl Scope {
    fn words(self) -> String {
        match self {
            Scope::Object(kind) => kind.words(),
            Scope::Part(name) => name.to_owned(),
        }
    }
}

fn referred(rule: &'static Value) -> Option<Kind> {
    rule.get("$ref")?.as_str()?.strip_prefix("#/definitions/").map(Kind)
}

fn has_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}
