//! Path templates: well formed, distinct, and in agreement with the parameters that are declared for them.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{Repair, closest, kind::Kind, meta::Survey};
use crate::{document::Document, pointer::Pointer};

pub(super) fn check(survey: &mut Survey<'_>) {
    let document = survey.document;
    let paths = Pointer::root().join("paths");
    let templates = document.get(&paths).and_then(Value::as_object);
    let mut shapes: HashMap<String, Pointer> = HashMap::new();
    for (template, item) in templates.into_iter().flatten().filter(|(name, _)| name.starts_with('/')) {
        let at = paths.join(template);
        let variables = match variables(template) {
            Ok(variables) => variables,
            Err(problem) => {
                let help = "write each parameter once, as in `/keys/{id}`";
                survey.push(document.diagnostic(&at, problem).with_help(help).at_key(), Repair::LeaveOut(at));
                continue;
            }
        };
        let shape = shape(template);
        if let Some(first) = shapes.get(&shape) {
            let line = document.key_position(first).map_or(0, |position| position.line);
            let diagnostic = document
                .diagnostic(&at, format!("path `{template}` matches the same requests as another one"))
                .with_help(format!(
                    "the first is at line {line}; names of parameters do not tell paths apart"
                ));
            survey.push(diagnostic.at_key(), Repair::Merge { first: first.clone(), second: at.clone() });
        } else {
            shapes.insert(shape, at.clone());
        }
        if item.is_object() {
            agree(survey, &at, item, &variables);
        }
    }
    // Paths of callbacks are expressions, but their lists of parameters are as any other.
    for at in survey.places(Kind::PATH_ITEM).into_iter().chain(survey.places(Kind::OPERATION)) {
        duplicates(survey, &at);
    }
}

/// The names in braces, in order.
pub(crate) fn variables(template: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let opened = rest[at..].starts_with('{');
        let inner = &rest[at + 1..];
        let name = opened.then(|| inner.find(['{', '}', '/']).map(|end| (&inner[..end], &inner[end..])));
        let Some(Some((name, after))) =
            name.filter(|found| found.is_some_and(|(_, after)| after.starts_with('}')))
        else {
            return Err(format!("path `{template}` has a brace without its partner"));
        };
        if name.is_empty() {
            return Err(format!("path `{template}` has a parameter without a name"));
        }
        if names.contains(&name) {
            return Err(format!("path `{template}` has the parameter `{name}` twice"));
        }
        names.push(name);
        rest = &after[1..];
    }
    Ok(names)
}

/// The template with the names of its parameters taken out.
fn shape(template: &str) -> String {
    let mut shape = String::new();
    let mut inside = false;
    for character in template.chars() {
        inside = inside && character != '}';
        if !inside {
            shape.push(character);
        }
        inside = inside || character == '{';
    }
    shape
}

/// A parameter as a list declares it.
struct Declared {
    /// The item of the list.
    at: Pointer,
    name: String,
    location: String,
}

/// The parameters at a path item or an operation; `None` for one that cannot be read, which is reported elsewhere.
fn declared(document: &Document, owner: &Pointer) -> Vec<Option<Declared>> {
    let place = owner.join("parameters");
    let count = document.get(&place).and_then(Value::as_array).map_or(0, Vec::len);
    let read = |index| {
        let at = place.index(index);
        let (_, value) = document.resolve(&at).ok()?;
        let name = value.get("name")?.as_str()?.to_owned();
        let location = value.get("in")?.as_str()?.to_owned();
        Some(Declared { at, name, location })
    };
    (0..count).map(read).collect()
}

fn agree(survey: &mut Survey<'_>, at: &Pointer, item: &Value, variables: &[&str]) {
    let document = survey.document;
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let operations: Vec<Pointer> =
        methods.iter().filter(|method| item.get(**method).is_some()).map(|method| at.join(method)).collect();
    let shared = declared(document, at);
    let lists: Vec<Vec<Option<Declared>>> =
        operations.iter().map(|place| declared(document, place)).collect();
    let in_path = |list: &[Option<Declared>]| -> Vec<String> {
        let known = list.iter().flatten().filter(|declared| declared.location == "path");
        known.map(|declared| declared.name.clone()).collect()
    };

    for parameter in shared.iter().chain(lists.iter().flatten()).flatten() {
        if parameter.location != "path" || variables.contains(&parameter.name.as_str()) {
            continue;
        }
        let diagnostic = document
            .diagnostic(&parameter.at, format!("path parameter `{}` is not in the path", parameter.name));
        let template = at.last().unwrap_or_default();
        let diagnostic = diagnostic.with_help(match closest(&parameter.name, variables.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`, as in `{template}`?"),
            None => format!("the path is `{template}`"),
        });
        survey.push(diagnostic, Repair::Drop(parameter.at.clone()));
    }

    let unreadable = |list: &[Option<Declared>]| list.iter().any(Option::is_none);
    if unreadable(&shared) || lists.iter().any(|list| unreadable(list)) {
        return;
    }
    let shared = in_path(&shared);
    let lists: Vec<Vec<String>> = lists.iter().map(|list| in_path(list)).collect();
    for variable in variables {
        let declares = |list: &[String]| list.iter().any(|name| name == variable);
        // A misspelt declaration is one mistake, not two.
        let misspelt = |list: &[String]| {
            list.iter().any(|name| {
                !variables.contains(&name.as_str())
                    && closest(name, variables.iter().copied()) == Some(*variable)
            })
        };
        if declares(&shared) || misspelt(&shared) {
            continue;
        }
        let missing: Vec<&Pointer> = operations
            .iter()
            .zip(&lists)
            .filter(|(_, list)| !declares(list) && !misspelt(list))
            .map(|(place, _)| place)
            .collect();
        let help = "add it to `parameters` with `in: path`";
        let message = format!("path parameter `{variable}` is not declared");
        if missing.len() == operations.len() && !operations.is_empty() {
            survey.push(document.diagnostic(at, message).with_help(help).at_key(), declare(at, variable));
        } else {
            for place in missing {
                let diagnostic = document.diagnostic(place, message.clone()).with_help(help).at_key();
                survey.push(diagnostic, declare(place, variable));
            }
        }
    }
}

fn declare(owner: &Pointer, variable: &str) -> Repair {
    let parameter = json!({"name": variable, "in": "path", "required": true, "schema": {"type": "string"}});
    Repair::Append(owner.join("parameters"), parameter, "read as a string")
}

fn duplicates(survey: &mut Survey<'_>, owner: &Pointer) {
    let document = survey.document;
    let mut seen = HashSet::new();
    for Declared { at, name, location } in declared(document, owner).into_iter().flatten() {
        let message = format!("duplicate {location} parameter `{name}`");
        if !seen.insert((name, location)) {
            let diagnostic = document.diagnostic(&at, message).with_help("remove one of them");
            survey.push(diagnostic, Repair::Drop(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables() {
        assert_eq!(variables("/a/{b}/c{d}.{e}"), Ok(vec!["b", "d", "e"]));
        assert_eq!(variables("/a"), Ok(vec![]));
        for wrong in ["/{a", "/a}", "/{a/b}", "/{{a}}", "/{}", "/{a}/{a}"] {
            assert!(variables(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn forgets_names() {
        assert_eq!(shape("/a/{b}/c{d}"), "/a/{}/c{}");
    }
}
