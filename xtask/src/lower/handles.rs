//! Identifiers, secrets and tokens of credentials get types of their own, so that one is not taken for another.
//!
//! The lifecycle document says which members and parameters they are. A member that is called like one elsewhere in the
//! document is the same thing; names that say nothing, such as `id`, count only where the lifecycle document points.
//! A contract without a lifecycle document keeps plain strings.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::lifecycle::{Call, Expression, Template};
use rescind_specs::{Lifecycle, OperationId, Pointer};
use serde_json::{Map, Value};

use super::{Draft, Payload, SchemaSlot, compose};
use crate::emit::names::{pascal, snake};

const PASS: &str = "handles";

/// What a type that this pass makes stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// An identifier, which may be shown.
    Identifier,
    /// A secret, which may not.
    Secret,
}

/// Names that say nothing on their own.
const BARE: [&str; 7] = ["id", "secret", "token", "key", "value", "name", "password"];

fn is_bare(name: &str) -> bool {
    BARE.contains(&snake(name).as_str())
}

/// One thing that gets a type.
struct Group {
    handle: Handle,
    /// What the type is called.
    name: String,
    /// Names of members and parameters, in snake case.
    names: BTreeSet<String>,
    /// Members with names that say nothing: type and member.
    spots: BTreeSet<(String, String)>,
    /// Parameters that the lifecycle document fills with it: operation and name.
    parameters: BTreeSet<(OperationId, String)>,
}

pub(super) fn run(draft: &mut Draft<'_>) {
    let Some(lifecycle) = draft.contract.lifecycle() else { return };
    for group in groups(draft, lifecycle) {
        settle(draft, &group);
    }
}

fn groups(draft: &Draft<'_>, lifecycle: &Lifecycle) -> Vec<Group> {
    let mut groups = Vec::new();
    let calls = all_calls(lifecycle);
    let referred = lifecycle.kind(None).map(|(name, _)| name);
    for (kind_name, kind) in &lifecycle.credentials {
        let Some(issue) = &kind.issue else { continue };
        let Some(id) = spot(draft, &issue.call.operation, &issue.id) else { continue };
        let mut group = Group::new(Handle::Identifier, type_name(&id, &format!("{} id", id.holder)), &id);
        // Calls about another kind say `$credential.id` of that one.
        if referred == Some(kind_name) {
            for call in &calls {
                group.named_by(call, &[Expression::CredentialId, Expression::PoolId]);
            }
        }
        group.rename(&id);
        let base = group.name.strip_suffix("Id").unwrap_or(&group.name).to_owned();
        groups.push(group);
        if let Some(secret) = issue.secret.as_ref().and_then(|at| spot(draft, &issue.call.operation, at)) {
            let tells =
                ["secret", "key", "token", "password"].iter().any(|word| secret.member.ends_with(word));
            let name = if tells {
                type_name(&secret, &format!("{base} {}", secret.member))
            } else {
                format!("{base}Secret")
            };
            groups.push(Group::new(Handle::Secret, name, &secret));
        }
    }
    let tokens = lifecycle.credentials.values().flat_map(|kind| &kind.tokens);
    for (name, token) in tokens {
        if let Some(at) = spot(draft, &token.exchange.operation, &token.token) {
            let name = type_name(&at, &format!("{name} token"));
            groups.push(Group::new(Handle::Secret, name, &at));
        }
    }
    for dependent in lifecycle.dependents.values() {
        let Some(id) = spot(draft, &dependent.create.call.operation, &dependent.id) else { continue };
        let mut group = Group::new(Handle::Identifier, type_name(&id, &format!("{} id", id.holder)), &id);
        for call in &calls {
            group.named_by(call, &[Expression::DependentId]);
        }
        group.rename(&id);
        groups.push(group);
    }
    groups
}

impl Group {
    fn new(handle: Handle, name: String, at: &Spot) -> Self {
        let mut group = Self {
            handle,
            name,
            names: BTreeSet::new(),
            spots: BTreeSet::new(),
            parameters: BTreeSet::new(),
        };
        group.spots.insert((at.holder.clone(), at.member.clone()));
        group.called(&at.member);
        group
    }

    fn called(&mut self, name: &str) {
        if !is_bare(name) {
            self.names.insert(snake(name));
        }
    }

    /// Takes over the names of parameters and members that `call` fills with one of `expressions`.
    fn named_by(&mut self, call: &Call, expressions: &[Expression]) {
        let means = |value: &Value| {
            let expression = value.as_str().and_then(|text| text.parse::<Expression>().ok());
            expression.is_some_and(|expression| expressions.contains(&expression))
        };
        let members = call.body.as_ref().and_then(|body| body.as_value().as_object());
        let members = members.into_iter().flatten().filter(|(_, value)| means(value)).map(|(name, _)| name);
        for name in members {
            self.called(name);
        }
        for (name, _) in call.parameters.iter().filter(|(_, value)| means(value.as_value())) {
            self.called(name);
            self.parameters.insert((call.operation.clone(), name.clone()));
        }
    }

    /// Where its own name says nothing, what other places call it is better.
    fn rename(&mut self, at: &Spot) {
        if let (true, Some(name)) = (is_bare(&at.member), self.names.first()) {
            self.name = pascal(name);
        }
    }

    fn covers(&self, holder: &str, member: &str) -> bool {
        self.names.contains(&snake(member)) || self.spots.contains(&(holder.to_owned(), member.to_owned()))
    }
}

/// A member of a named schema.
struct Spot {
    holder: String,
    member: String,
}

/// The name of the type: that of the member, where it says something.
fn type_name(at: &Spot, otherwise: &str) -> String {
    if is_bare(&at.member) { pascal(otherwise) } else { pascal(&at.member) }
}

/// The member that a lone expression points at, in the body that `operation` takes or answers.
fn spot(draft: &Draft<'_>, operation: &OperationId, template: &Template) -> Option<Spot> {
    let mut expressions = template.expressions();
    let (Some(expression), None) = (expressions.next(), expressions.next()) else { return None };
    let call = draft.calls.iter().find(|call| call.operation.id == *operation)?;
    let (holder, at) = match expression {
        Expression::RequestBody(at) => {
            (call.bodies.iter().find_map(|body| compose::target(&body.slot.schema))?.to_owned(), at)
        }
        Expression::ResponseBody(at) => {
            let successes = call.replies.iter().filter(|reply| reply.status.is_success());
            let mut forms = successes.flat_map(|reply| &reply.forms);
            let name = forms.find_map(|form| match &form.payload {
                Payload::Json(name) => Some(name.clone()),
                Payload::Any | Payload::Text | Payload::Bytes | Payload::Stream => None,
            });
            (name?, at)
        }
        _ => return None,
    };
    let mut tokens = at.tokens();
    let (Some(member), None) = (tokens.next(), tokens.next()) else { return None };
    Some(Spot { holder, member: member.into_owned() })
}

/// Every call that the document describes.
fn all_calls(lifecycle: &Lifecycle) -> Vec<&Call> {
    let mut calls = Vec::new();
    for kind in lifecycle.credentials.values() {
        calls.extend(kind.issue.iter().map(|issue| &issue.call));
        calls.extend(kind.probe.iter().map(|probe| &probe.call));
        if let Some(revoke) = &kind.revoke {
            calls.push(&revoke.call);
            calls.extend(revoke.ways.values().map(|way| &way.call));
        }
    }
    for dependent in lifecycle.dependents.values() {
        let actions = [&dependent.create, &dependent.read, &dependent.delete].into_iter();
        let actions = actions.chain(&dependent.repoint).chain(&dependent.clear);
        calls.extend(actions.map(|action| &action.call));
    }
    calls
}

/// Makes the type of `group` and lets everything refer to it that it covers.
fn settle(draft: &mut Draft<'_>, group: &Group) {
    let mut found: Vec<(Pointer, Value)> = Vec::new();
    each_place(draft, group, &mut |pointer, schema| found.push((pointer.clone(), schema.clone())));
    let Some((pointer, _)) = found.first() else { return };
    let pointer = pointer.clone();
    let mut made = Map::new();
    made.insert("type".into(), "string".into());
    if group.handle == Handle::Secret {
        made.insert("format".into(), "password".into());
    }
    let mut rules: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (_, schema) in &found {
        for keyword in ["pattern", "minLength", "maxLength", "description"] {
            if let Some(value) = schema.get(keyword) {
                let values = rules.entry(keyword).or_default();
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
    }
    let mut lost = Vec::new();
    for (keyword, values) in rules {
        match values.as_slice() {
            // What is said of one place need not hold for another.
            [first, ..] if keyword == "description" => drop(made.insert(keyword.into(), (*first).clone())),
            [only] => drop(made.insert(keyword.into(), (*only).clone())),
            _ => lost.push(keyword),
        }
    }
    for keyword in lost {
        let what = format!("`{keyword}` of `{}`", group.name);
        draft.lose(PASS, &pointer, what, "it differs from place to place");
    }
    let name = draft.add(&group.name, SchemaSlot { schema: Value::Object(made), pointer });
    draft.handles.insert(name.clone(), group.handle);
    each_place(draft, group, &mut |_, schema| {
        let mut reference = Draft::reference(&name);
        if let (Some(reference), Some(object)) = (reference.as_object_mut(), schema.as_object_mut()) {
            for keyword in ["nullable", "readOnly", "writeOnly", "description"] {
                reference.extend(object.remove(keyword).map(|value| (keyword.to_owned(), value)));
            }
        }
        *schema = reference;
    });
}

/// Calls `visit` with every schema that `group` covers: members and parameters.
fn each_place(draft: &mut Draft<'_>, group: &Group, visit: &mut dyn FnMut(&Pointer, &mut Value)) {
    for (name, slot) in &mut draft.schemas {
        let Some(members) = slot.schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        let at = slot.pointer.join("properties");
        for (member, schema) in members {
            if group.covers(name, member) && is_plain(schema) {
                visit(&at.join(member), schema);
            }
        }
    }
    // A secret among the parameters has no need of a name.
    if group.handle == Handle::Secret {
        return;
    }
    for call in &mut draft.calls {
        for place in &mut call.parameters {
            let known = || group.parameters.contains(&(call.operation.id.clone(), place.name.clone()));
            if (group.names.contains(&snake(&place.name)) || known()) && is_plain(&place.slot.schema) {
                visit(&place.slot.pointer, &mut place.slot.schema);
            }
        }
    }
}

/// Whether it is a string that is no enumeration and no date.
fn is_plain(schema: &Value) -> bool {
    let is_string = schema.get("type").and_then(Value::as_str) == Some("string");
    let format = schema.get("format").and_then(Value::as_str);
    is_string && schema.get("enum").is_none() && matches!(format, None | Some("password"))
}
