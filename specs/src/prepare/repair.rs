//! Reads a document with mistakes: each is read in the way that changes least, until the lint finds none.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{
    LeftOut,
    merge::merged,
    operations::Known,
    owner::Owner,
    tree::{self, Change, Edit},
};
use crate::{
    document::Document,
    error::{Diagnostic, LoadError, Severity},
    lint::{self, Finding, Kind, Learnt, Repair},
    pointer::Pointer,
    yaml::{Content, Node},
};

/// Most times the document is gone over; each round leaves out more readily than the one before.
const MAX_ROUNDS: usize = 24;
/// From this round on there are no readings any more, only what can be left out.
const PATIENCE: usize = 16;

/// A document without mistakes, and what it took.
pub(super) struct Repaired {
    pub(super) document: Document,
    pub(super) notes: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Reads what can be read.
///
/// # Errors
/// All mistakes, if nothing is left that could be used.
pub(super) fn repair(document: Document) -> Result<Repaired, LoadError> {
    let mut repairer = Repairer {
        known: Known::of(&document),
        document,
        notes: Vec::new(),
        reasons: HashMap::new(),
        removed: IndexMap::new(),
        cited: HashSet::new(),
        edits: Vec::new(),
        moves: IndexMap::new(),
    };
    for round in 0..MAX_ROUNDS {
        let Learnt { findings, references } = lint::survey(&repairer.document);
        let (errors, warnings): (Vec<Finding>, Vec<Finding>) =
            findings.into_iter().partition(|finding| finding.diagnostic.severity == Severity::Error);
        if errors.is_empty() {
            let warnings = warnings.into_iter().map(|finding| finding.diagnostic).collect();
            return repairer.finish(warnings);
        }
        let mut fatal = Vec::new();
        for finding in errors {
            if round >= PATIENCE {
                let at = finding.diagnostic.pointer.clone();
                repairer.leave_out(&at, finding.diagnostic, &mut fatal);
            } else {
                repairer.act(finding, &references, &mut fatal);
            }
        }
        if !fatal.is_empty() {
            return Err(LoadError::Invalid(fatal));
        }
        repairer.turn();
    }
    let left = lint::lint(&repairer.document);
    Err(LoadError::Invalid(left.into_iter().filter(|left| left.severity == Severity::Error).collect()))
}

struct Repairer {
    document: Document,
    known: Known,
    notes: Vec<Diagnostic>,
    /// Why an operation, or all of a path, is left out.
    reasons: HashMap<Pointer, Vec<Diagnostic>>,
    /// Components that could not be read.
    removed: IndexMap<Pointer, Diagnostic>,
    /// Those of them that something refers to.
    cited: HashSet<Pointer>,
    edits: Vec<Edit>,
    moves: IndexMap<Pointer, Pointer>,
}

impl Repairer {
    /// Makes the changes of a round.
    fn turn(&mut self) {
        let mut root = Arc::clone(self.document.tree());
        tree::apply(&mut root, std::mem::take(&mut self.edits));
        tree::redirect(&mut root, &std::mem::take(&mut self.moves));
        self.document = self.document.altered(root);
    }

    fn act(&mut self, finding: Finding, references: &[(Pointer, Kind)], fatal: &mut Vec<Diagnostic>) {
        let Finding { diagnostic, repair } = finding;
        match repair {
            Repair::Keep => {
                let at = diagnostic.pointer.clone();
                self.leave_out(&at, diagnostic, fatal);
            }
            Repair::Drop(at) => {
                self.hoist(&at, references);
                self.drop(at, diagnostic);
            }
            Repair::DropBoth(one, other) => {
                self.note(diagnostic, "read without both of them");
                self.edit(one, Change::Remove);
                self.edit(other, Change::Remove);
            }
            Repair::KeepFirst(at) => {
                self.note(diagnostic, "all but the first are ignored");
                self.edit(at, Change::KeepFirst);
            }
            Repair::Set(at, value, reading) => {
                self.note(diagnostic, reading);
                self.edit(at, Change::Set(value));
            }
            Repair::Append(at, value, reading) => {
                self.note(diagnostic, reading);
                self.edit(at, Change::Append(value));
            }
            Repair::Rename(at, name) => self.rename(&at, &name, diagnostic, fatal),
            Repair::Merge { first, second } => self.merge(&first, &second, diagnostic),
            Repair::Convert(at, wanted) => self.convert(at, wanted, diagnostic),
            Repair::Broken(at, kind) => self.broken(&at, kind, diagnostic, fatal),
            Repair::LeaveOut(at) => self.leave_out(&at, diagnostic, fatal),
        }
    }

    fn edit(&mut self, at: Pointer, change: Change) {
        self.edits.push(Edit { at, change });
    }

    fn note(&mut self, diagnostic: Diagnostic, reading: impl Into<String>) {
        self.notes.push(diagnostic.read_as(reading));
    }

    fn drop(&mut self, at: Pointer, diagnostic: Diagnostic) {
        self.note(diagnostic, "ignored");
        self.edit(at, Change::Remove);
    }

    /// What is left out at `at` but referred to from elsewhere becomes a component.
    fn hoist(&mut self, at: &Pointer, references: &[(Pointer, Kind)]) {
        let value = self.document.get(at);
        if !value.is_some_and(|value| value.is_object() || value.is_array()) {
            return;
        }
        for (reference, kind) in references {
            let Some(target) = self.target(reference).filter(|target| target.is_within(at)) else { continue };
            let (Some(section), Some(node)) = (kind.section(), self.document.tree().find(&target)) else {
                continue;
            };
            if self.moves.contains_key(&target) {
                continue;
            }
            let mut node = Node::clone(node);
            node.moved = Some(target.clone());
            let name = lint::component_name(&target.last().unwrap_or_default());
            let place = self.free(&Pointer::root().join("components").join(section), &name);
            self.edit(place.clone(), Change::Place(Arc::new(node)));
            self.moves.insert(target, place);
        }
    }

    /// A place for a member of that name, or one like it, that is not used yet.
    fn free(&self, section: &Pointer, name: &str) -> Pointer {
        let taken = |place: &Pointer| {
            self.document.get(place).is_some() || self.moves.values().any(|known| known == place)
        };
        let mut place = section.join(name);
        let mut number = 2_usize;
        while taken(&place) {
            place = section.join(format!("{name}_{number}"));
            number += 1;
        }
        place
    }

    /// Where the `$ref` at a place leads, in one step.
    fn target(&self, at: &Pointer) -> Option<Pointer> {
        Pointer::parse_fragment(self.document.get(&at.join("$ref"))?.as_str()?).ok()
    }

    fn rename(&mut self, at: &Pointer, name: &str, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        let Some(parent) = at.parent() else { return };
        let new = if parent.as_str().starts_with("/components/") {
            let new = self.free(&parent, name);
            self.moves.insert(at.clone(), new.clone());
            new
        } else {
            parent.join(name)
        };
        if self.document.get(&new).is_some() || self.edits.iter().any(|edit| edit.at == new) {
            return self.leave_out(at, diagnostic, fatal);
        }
        if parent.as_str() == "/paths" {
            self.known.renamed(at, &new);
            if let Some(reasons) = self.reasons.remove(at) {
                self.reasons.insert(new.clone(), reasons);
            }
        }
        let name = new.last().unwrap_or_default();
        self.note(diagnostic, format!("read as `{name}`"));
        self.edit(at.clone(), Change::Rename(name));
    }

    /// Puts the operations of a path under another one that matches the same requests.
    fn merge(&mut self, first: &Pointer, second: &Pointer, diagnostic: Diagnostic) {
        let moved = merged(&self.document, first, second);
        for (method, node) in &moved {
            let to = first.join(method);
            // Another path may be merged into the same one in this round.
            if self.edits.iter().any(|edit| edit.at == to) {
                continue;
            }
            self.known.moved(&second.join(method), first, method);
            self.edit(to, Change::Place(Arc::clone(node)));
        }
        let left = self.known.methods(second);
        for at in &left {
            self.reasons.entry(at.clone()).or_default().push(diagnostic.clone());
        }
        if !moved.is_empty() || left.is_empty() {
            self.note(diagnostic, "its operations are read as those of the first");
        }
        self.edit(second.clone(), Change::Remove);
    }

    fn convert(&mut self, at: Pointer, wanted: &str, diagnostic: Diagnostic) {
        let Some(value) = self.document.get(&at) else { return };
        let name = at.last().unwrap_or_default();
        if name == "type" && wanted == "string" {
            return self.types(&at, diagnostic);
        }
        if let Value::Number(bound) = value
            && let Some(limit) = match name.as_str() {
                "exclusiveMinimum" => Some("minimum"),
                "exclusiveMaximum" => Some("maximum"),
                _ => None,
            }
            && let Some(parent) = at.parent()
        {
            let bound = Value::Number(bound.clone());
            self.note(diagnostic, format!("read as `{limit}: {bound}` and `{name}: true`"));
            self.edit(parent.join(limit), Change::Set(bound));
            return self.edit(at, Change::Set(Value::Bool(true)));
        }
        match converted(value, wanted) {
            Some(value) => {
                self.note(diagnostic, format!("read as `{}`", lint::shown(&value)));
                self.edit(at, Change::Set(value));
            }
            None => self.drop(at, diagnostic),
        }
    }

    /// A list of types, as OpenAPI 3.1 has it.
    fn types(&mut self, at: &Pointer, diagnostic: Diagnostic) {
        let (Some(value), Some(schema)) = (self.document.get(at), at.parent()) else { return };
        let types: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let nullable = types.contains(&"null");
        let types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
        let [one] = types[..] else { return self.drop(at.clone(), diagnostic) };
        let one = Value::from(one);
        let reading = if nullable {
            format!("read as `type: {}` and `nullable: true`", lint::shown(&one))
        } else {
            format!("read as `type: {}`", lint::shown(&one))
        };
        self.note(diagnostic, reading);
        self.edit(at.clone(), Change::Set(one));
        if nullable {
            self.edit(schema.join("nullable"), Change::Set(Value::Bool(true)));
        }
    }

    /// An object that cannot be read.
    fn broken(&mut self, at: &Pointer, kind: Kind, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        let diagnostic = self.cause(at).unwrap_or(diagnostic);
        if kind == Kind::RESPONSE
            && let Some(response) = self.body_as_response(at)
        {
            self.note(diagnostic, "read as a response with that content");
            return self.edit(at.clone(), Change::Place(response));
        }
        match kind.0 {
            "Schema" => {
                self.note(diagnostic, "read as any value");
                self.edit(at.clone(), Change::Set(Value::Object(Map::new())));
            }
            "Response" => self.response(at, diagnostic, fatal),
            "MediaType" => self.media_type(at, diagnostic, fatal),
            "SecurityRequirement" => self.requirement(at, diagnostic, fatal),
            "Parameter" | "RequestBody" | "Operation" | "PathItem" | "Paths" => {
                self.leave_out(at, diagnostic, fatal);
            }
            "Responses" => {
                self.note(diagnostic, "read as any response");
                self.edit(at.clone(), Change::Set(json!({"default": {"description": ""}})));
            }
            "Info" => {
                self.note(diagnostic, "read as an API without a title");
                self.edit(at.clone(), Change::Set(json!({"title": "API", "version": "0"})));
            }
            "OAuthFlows" => {
                self.note(diagnostic, "read as a scheme without flows");
                self.edit(at.clone(), Change::Set(Value::Object(Map::new())));
            }
            scheme if scheme.ends_with("SecurityScheme") => {
                let (name, scheme) = match self.document.get(at).and_then(|scheme| scheme.get("type")) {
                    Some(Value::String(kind)) if kind == "basic" => ("HTTP Basic", "basic"),
                    _ => ("a bearer token", "bearer"),
                };
                self.note(diagnostic, format!("read as {name}"));
                self.edit(at.clone(), Change::Set(json!({"type": "http", "scheme": scheme})));
            }
            _ => self.drop(at.clone(), diagnostic),
        }
    }

    /// The request body that the `$ref` at a place leads to: its description and content are those of a response.
    fn body_as_response(&self, at: &Pointer) -> Option<Arc<Node>> {
        let target = self.target(at)?;
        if target.parent()?.as_str() != "/components/requestBodies" {
            return None;
        }
        let mut node = Node::clone(self.document.tree().find(&target)?);
        let Content::Mapping(members) = &mut node.content else { return None };
        members.retain(|name, _| matches!(name.as_str(), "description" | "content"));
        node.moved = Some(target);
        members.contains_key("content").then(|| Arc::new(node))
    }

    /// What was wrong with the component that the `$ref` at a place led to.
    fn cause(&mut self, at: &Pointer) -> Option<Diagnostic> {
        let mut target = self.target(at)?;
        loop {
            if let Some(cause) = self.removed.get(&target) {
                self.cited.insert(target);
                return Some(cause.clone());
            }
            target = target.parent()?;
        }
    }

    /// An operation without any of its good answers is of no use; without another one it is.
    fn response(&mut self, at: &Pointer, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        let (Some(list), Some(key)) = (at.parent(), at.last()) else { return };
        let is_good = |key: &str| key.starts_with(['2', '3']) || key == "default";
        let others = self.document.get(&list).and_then(Value::as_object);
        let remains = others.into_iter().flat_map(Map::keys).any(|other| {
            let place = list.join(other);
            *other != key && is_good(other) && !self.edits.iter().any(|edit| edit.at == place)
        });
        if list.last().as_deref() == Some("responses") && (remains || !is_good(&key)) {
            if list.as_str() == "/components/responses" {
                self.leave_out(at, diagnostic, fatal);
            } else {
                self.drop(at.clone(), diagnostic);
            }
        } else {
            self.leave_out(at, diagnostic, fatal);
        }
    }

    fn media_type(&mut self, at: &Pointer, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        let Some(content) = at.parent() else { return };
        let others = self.document.get(&content).and_then(Value::as_object);
        let remains = others.into_iter().flat_map(Map::keys).any(|other| {
            let place = content.join(other);
            place != *at && !self.edits.iter().any(|edit| edit.at == place)
        });
        let Some(owner) = content.parent().filter(|_| !remains) else {
            return self.drop(at.clone(), diagnostic);
        };
        match owner.parent().and_then(|list| list.last()).as_deref() {
            Some("responses") => self.response(&owner, diagnostic, fatal),
            Some("headers") => self.drop(owner, diagnostic),
            _ => self.leave_out(&owner, diagnostic, fatal),
        }
    }

    fn requirement(&mut self, at: &Pointer, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        let parent = at.parent().and_then(|parent| self.document.get(&parent));
        match (parent, self.document.get(at)) {
            (Some(Value::Object(_)), _) => {
                self.note(diagnostic, "read as `[]`");
                self.edit(at.clone(), Change::Set(json!([])));
            }
            (_, Some(Value::String(name))) => {
                let name = name.clone();
                self.note(
                    diagnostic,
                    format!("read as `{{{}: []}}`", lint::shown(&Value::from(name.as_str()))),
                );
                self.edit(at.clone(), Change::Set(json!({ name: [] })));
            }
            // Nobody may be let in because of a mistake.
            _ => self.leave_out(at, diagnostic, fatal),
        }
    }

    /// Leaves out whatever a place belongs to.
    fn leave_out(&mut self, at: &Pointer, diagnostic: Diagnostic, fatal: &mut Vec<Diagnostic>) {
        match Owner::of(&self.document, at) {
            Owner::Document => fatal.push(diagnostic),
            Owner::Everything => {
                for (_, at) in self.known.places() {
                    self.reasons.entry(at.clone()).or_default().push(diagnostic.clone());
                    self.edits.push(Edit { at, change: Change::Remove });
                }
                self.edit(at.clone(), Change::Remove);
            }
            Owner::Operation(operation) => {
                self.reasons.entry(operation.clone()).or_default().push(diagnostic);
                self.edit(operation, Change::Remove);
            }
            Owner::Path(path) => {
                self.reasons.entry(path.clone()).or_default().push(diagnostic);
                self.edit(path, Change::Remove);
            }
            Owner::Component(component) => {
                self.removed.entry(component.clone()).or_insert(diagnostic);
                self.edit(component, Change::Remove);
            }
            Owner::Part(part) => self.drop(part, diagnostic),
        }
    }

    fn finish(mut self, warnings: Vec<Diagnostic>) -> Result<Repaired, LoadError> {
        for (component, diagnostic) in std::mem::take(&mut self.removed) {
            if !self.cited.contains(&component) {
                self.note(diagnostic, "left out; nothing that can be read refers to it");
            }
        }
        let left_out = self.known.left_out(&self.document, &self.reasons);
        if !left_out.is_empty() && Known::of(&self.document).is_empty() {
            let mut reasons: Vec<Diagnostic> =
                left_out.into_iter().flat_map(|left_out| left_out.reasons).collect();
            let mut seen = HashSet::new();
            reasons.retain(|reason| seen.insert(reason.to_string()));
            return Err(LoadError::Invalid(reasons));
        }
        let mut notes = self.notes;
        notes.sort_by(|one, other| one.in_text().cmp(&other.in_text()));
        Ok(Repaired { document: self.document, notes, warnings, left_out })
    }
}

/// A value of another type that can only mean one thing.
fn converted(value: &Value, wanted: &str) -> Option<Value> {
    match (wanted, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(Value::from(value.to_string())),
        ("boolean", Value::String(text)) => text.to_ascii_lowercase().parse().ok().map(Value::Bool),
        ("integer", Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        ("number", Value::String(text)) => text.trim().parse::<i64>().map(Value::from).ok().or_else(|| {
            text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
        }),
        ("array", Value::String(_) | Value::Number(_)) => Some(Value::Array(vec![value.clone()])),
        _ => None,
    }
}
