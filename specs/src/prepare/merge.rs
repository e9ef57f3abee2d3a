//! Two paths that match the same requests: `/keys/{id}` and `/keys/{name}`.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Map, Value};

use crate::{
    document::Document,
    lint,
    pointer::Pointer,
    read::METHODS,
    yaml::{Content, Member, Node},
};

/// The operations of the second path that the first does not have, as they read there: with the variables of the first.
///
/// None where parameters that the paths declare for all their operations would make a difference.
pub(super) fn merged(
    document: &Document,
    first: &Pointer,
    second: &Pointer,
) -> Vec<(&'static str, Arc<Node>)> {
    let mut operations = Vec::new();
    let item =
        |at: &Pointer| document.get(at).and_then(Value::as_object).filter(|item| !item.contains_key("$ref"));
    let (Some(one), Some(other)) = (item(first), item(second)) else { return operations };
    let shared = first.join("parameters");
    let count = |at: &Pointer| document.get(at).and_then(Value::as_array).map_or(0, Vec::len);
    // What the first path declares for all its operations holds for these as well.
    let shared: Vec<(String, String)> =
        (0..count(&shared)).filter_map(|index| declared(document, &shared.index(index))).collect();
    let (from, to) = (second.last().unwrap_or_default(), first.last().unwrap_or_default());
    let (Ok(from), Ok(to)) = (lint::variables(&from), lint::variables(&to)) else { return operations };
    let renamed = |name: &str| from.iter().position(|known| *known == name).and_then(|index| to.get(index));
    for (method, _) in &METHODS {
        if !other.contains_key(*method) || one.contains_key(*method) {
            continue;
        }
        let at = second.join(method);
        let Some(node) = document.tree().find(&at) else { continue };
        let Content::Mapping(members) = &node.content else { continue };
        let mut seen = HashSet::new();
        let mut parameters = Vec::new();
        for list in [at.join("parameters"), second.join("parameters")] {
            for index in 0..count(&list) {
                let place = list.index(index);
                let Ok((target, _)) = document.resolve(&place) else { continue };
                let Some((name, location)) = declared(document, &target) else { continue };
                if !seen.insert((name.clone(), location.clone())) {
                    continue;
                }
                let new = renamed(&name).filter(|_| location == "path");
                let source = if new.is_some() { &target } else { &place };
                let Some(parameter) = document.tree().find(source) else { continue };
                let mut parameter = Node::clone(parameter);
                parameter.moved = Some(source.clone());
                if let (Some(new), Content::Mapping(members)) = (new, &mut parameter.content)
                    && let Some(member) = members.get_mut("name")
                {
                    Arc::make_mut(&mut member.value).content = Content::Scalar(Value::from(*new));
                }
                parameters.push(Arc::new(parameter));
            }
        }
        if shared.iter().any(|known| known.1 != "path" && !seen.contains(known)) {
            continue;
        }
        let mut operation = Node::clone(node);
        operation.moved = Some(at);
        let mut members = members.clone();
        let mut list = Node::clone(&Node::of(&Value::Object(Map::new()), node.span));
        list.content = Content::Sequence(parameters);
        members.insert("parameters".to_owned(), Member { key: node.span, value: Arc::new(list) });
        operation.content = Content::Mapping(members);
        operations.push((*method, Arc::new(operation)));
    }
    operations
}

/// Name and location of a parameter.
fn declared(document: &Document, at: &Pointer) -> Option<(String, String)> {
    let (_, value) = document.resolve(at).ok()?;
    Some((value.get("name")?.as_str()?.to_owned(), value.get("in")?.as_str()?.to_owned()))
}
