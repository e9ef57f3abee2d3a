//! Alternatives: their variants, and what tells which one a value is.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::Pointer;
use serde_json::{Map, Value};

use super::shape::{Choice, Shape, TypeRef, Union, Variant};
use super::shapes::Reader;
use super::{Draft, compose};
use crate::emit::names::Names;

impl Reader<'_, '_> {
    pub(super) fn union(
        &mut self,
        name: &str,
        object: &Map<String, Value>,
        branches: &[Value],
        at: &Pointer,
    ) -> Shape {
        let mut names = Names::default();
        let mut variants: Vec<Variant> = Vec::new();
        for branch in branches {
            let ty = self.draft.type_ref(branch).bare().clone();
            if variants.iter().any(|known| known.ty == ty) {
                continue;
            }
            let other = object.get("x-other").and_then(Value::as_str);
            let wanted = match &ty {
                TypeRef::Named(own) if other == Some(own) => "Other".to_owned(),
                // `ShapeCircle` within `Shape` is the variant `Circle`.
                TypeRef::Named(own) if self.draft.derived.contains(own) || self.draft.is_inline(own) => {
                    let short = own.strip_prefix(name).filter(|rest| rest.starts_with(char::is_uppercase));
                    short.unwrap_or(own).to_owned()
                }
                TypeRef::Named(own) => own.clone(),
                simple => word(simple).to_owned(),
            };
            variants.push(Variant { name: names.unique(wanted.clone(), &wanted), ty, tags: Vec::new() });
        }
        if variants.len() == 1
            && let Some(only) = variants.first()
        {
            return Shape::Alias(only.ty.clone());
        }
        let discriminator = object.get("discriminator").filter(|discriminator| discriminator.is_object());
        let choice = match discriminator {
            Some(discriminator) => {
                let other = object.get("x-other").and_then(Value::as_str);
                self.tagged(discriminator, other, &mut variants, &at.join("discriminator"))
            }
            None => Choice::Fit,
        };
        Shape::Union(Union { variants, choice })
    }

    fn tagged(
        &mut self,
        discriminator: &Value,
        other: Option<&str>,
        variants: &mut [Variant],
        at: &Pointer,
    ) -> Choice {
        let what = "`discriminator`";
        let Some(member) = discriminator.get("propertyName").and_then(Value::as_str) else {
            self.lose(at.clone(), what, "it names no member");
            return Choice::Fit;
        };
        let mut mapped: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (tag, target) in discriminator.get("mapping").and_then(Value::as_object).into_iter().flatten() {
            let here = at.join("mapping").join(tag);
            let Some(type_name) = target.as_str().and_then(|text| self.draft.mapped(text)) else {
                self.lose(here, format!("the mapping of `{tag}`"), "it leads to no schema of the document");
                continue;
            };
            let itself = other.is_some() && self.is_parent(&type_name, other);
            let known = variants.iter().any(|variant| match &variant.ty {
                TypeRef::Named(own) => *self.origin(own) == type_name,
                _ => false,
            });
            if known {
                mapped.entry(type_name).or_default().push(tag.clone());
            } else if !itself {
                let why = "it leads to a schema that is none of the alternatives";
                self.lose(here, format!("the mapping of `{tag}`"), why);
            }
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut fallback = None;
        let mut may_lack = false;
        for (index, variant) in variants.iter_mut().enumerate() {
            let TypeRef::Named(own) = &variant.ty else {
                self.lose(at.clone(), what, "an alternative is no object, so it has no such member");
                return Choice::Fit;
            };
            if other == Some(own) {
                fallback = Some(index);
                continue;
            }
            may_lack |= !requires(self.draft, own, member, &mut BTreeSet::new());
            let origin = self.origin(own).clone();
            variant.tags = match mapped.remove(&origin) {
                Some(tags) => tags,
                None => match documented(self.draft, &origin, member, &mut BTreeSet::new()) {
                    Some(tags) => tags,
                    None => self.draft.document_name(&origin).into_iter().collect(),
                },
            };
            if variant.tags.is_empty() {
                self.lose(at.clone(), what, "an alternative has no name that the member could have");
                return Choice::Fit;
            }
            if variant.tags.iter().any(|tag| !seen.insert(tag.clone())) {
                self.lose(at.clone(), what, "two alternatives have the same value of the member");
                return Choice::Fit;
            }
        }
        Choice::Tag { member: member.to_owned(), other: fallback, may_lack: may_lack && fallback.is_none() }
    }

    /// The alternative that a type was made of.
    fn origin<'s>(&'s self, own: &'s String) -> &'s String {
        self.draft.origins.get(own).unwrap_or(own)
    }

    /// Whether `name` is the parent whose own members are those of `other`.
    fn is_parent(&self, name: &str, other: Option<&str>) -> bool {
        let schema = self.draft.schemas.get(name).map(|slot| &slot.schema);
        schema.and_then(|schema| schema.get("x-other")).and_then(Value::as_str) == other
    }
}

/// The values of `member` that the schema `name` documents.
fn documented(
    draft: &Draft<'_>,
    name: &str,
    member: &str,
    seen: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if !seen.insert(name.to_owned()) {
        return None;
    }
    let schema = &draft.schemas.get(name)?.schema;
    if let Some(next) = compose::target(schema) {
        return documented(draft, next, member, seen);
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        let mut tags = Vec::new();
        for branch in branches {
            tags.extend(documented(draft, compose::target(branch)?, member, seen)?);
        }
        return Some(tags);
    }
    let mut property = schema.get("properties")?.get(member)?;
    for _ in 0..8 {
        match compose::target(property) {
            Some(next) => property = &draft.schemas.get(next)?.schema,
            None => break,
        }
    }
    let values = property.get("enum")?.as_array()?;
    values
        .iter()
        .map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        })
        .collect()
}

/// Whether the schema `name` requires `member`.
fn requires(draft: &Draft<'_>, name: &str, member: &str, seen: &mut BTreeSet<String>) -> bool {
    if !seen.insert(name.to_owned()) {
        return true;
    }
    let Some(schema) = draft.schemas.get(name).map(|slot| &slot.schema) else { return false };
    if let Some(next) = compose::target(schema) {
        return requires(draft, next, member, seen);
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        let mut names = branches.iter().filter_map(compose::target);
        return names.all(|branch| requires(draft, branch, member, seen));
    }
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|names| names.iter().any(|name| name == member))
}

/// What a variant with a plain type is called.
fn word(ty: &TypeRef) -> &'static str {
    match ty {
        TypeRef::Any | TypeRef::Named(_) => "Any",
        TypeRef::Object | TypeRef::Map(_) => "Object",
        TypeRef::Text => "String",
        TypeRef::Secret => "Secret",
        TypeRef::Timestamp => "Timestamp",
        TypeRef::Date => "Date",
        TypeRef::Uuid => "Uuid",
        TypeRef::Ip => "Ip",
        TypeRef::Ipv4 => "Ipv4",
        TypeRef::Ipv6 => "Ipv6",
        TypeRef::Boolean => "Boolean",
        TypeRef::Integer(_) => "Integer",
        TypeRef::Float(_) | TypeRef::Number => "Number",
        TypeRef::List(_) => "Array",
        TypeRef::Option(_) => "Null",
    }
}

impl Draft<'_> {
    /// The type that a mapping of a discriminator leads to: by reference or by name.
    pub(super) fn mapped(&self, text: &str) -> Option<String> {
        let by_name = || Pointer::root().join("components").join("schemas").join(text);
        let pointer = match text.strip_prefix('#') {
            Some(_) => Pointer::parse_fragment(text).ok()?,
            None => by_name(),
        };
        self.named.get(&pointer).cloned()
    }

    /// The name of a schema in the document.
    pub(super) fn document_name(&self, type_name: &str) -> Option<String> {
        let pointer = &self.schemas.get(type_name)?.pointer;
        let parent = pointer.parent()?;
        (parent.as_str() == "/components/schemas").then(|| pointer.last()).flatten()
    }

    /// Whether the type comes of a schema without a name.
    pub(super) fn is_inline(&self, type_name: &str) -> bool {
        self.document_name(type_name).is_none()
    }
}
