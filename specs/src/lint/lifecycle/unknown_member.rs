//! A place in a body that no schema documents.

use super::members::{Place, names, place};
use super::{Rule, Survey};
use crate::lifecycle::{CheckSpec, Condition, Expression, StatusSet, Template};
use crate::lint::closest;
use crate::{Operation, Pointer, Schema, Severity, StatusPattern};

pub(super) const RULE: Rule = Rule {
    id: "unknown_member",
    severity: Severity::Warning,
    finds: "A JSON pointer leads to a member that no documented body has.",
    page: "\
An identifier, a secret, a list or a condition is looked for at a JSON pointer. The OpenAPI document lists the members of
that body, and this one is not among them, so nothing will be found there.

Correct the pointer, or complete the schema.",
    check,
};

/// A pointer into a body.
struct Wanted<'c> {
    at: Pointer,
    pointer: Pointer,
    body: Body<'c>,
}

/// Which body.
enum Body<'c> {
    Request(&'c Operation),
    /// The answers with these statuses; without any, all successes.
    Response(&'c Operation, Option<&'c StatusSet>),
    /// Any answer.
    Anything(&'c Operation),
    /// An item of the list that the pointer leads to.
    Item(&'c Operation, &'c Pointer),
}

fn check(survey: &mut Survey<'_>) {
    for wanted in wanted(survey) {
        let operation = match &wanted.body {
            Body::Request(operation)
            | Body::Response(operation, _)
            | Body::Anything(operation)
            | Body::Item(operation, _) => *operation,
        };
        let schemas = schemas(&wanted.body);
        let tokens: Vec<String> = wanted.pointer.tokens().map(std::borrow::Cow::into_owned).collect();
        let best = schemas.iter().map(|schema| place(schema, &tokens)).max();
        if best != Some(Place::Absent) {
            continue;
        }
        let known: Vec<String> = schemas.iter().flat_map(names).collect();
        let first = tokens.first().map(String::as_str).unwrap_or_default();
        let help = match closest(first, known.iter().map(String::as_str)) {
            Some(meant) if meant != first => format!("did you mean `/{meant}`?"),
            _ if known.contains(&first.to_owned()) => {
                "correct the pointer, or complete the schema".to_owned()
            }
            _ => format!("documented there: {}", known.join(", ")),
        };
        let what = match wanted.body {
            Body::Request(_) => "request body",
            Body::Response(..) | Body::Anything(_) => "answer",
            Body::Item(..) => "listed item",
        };
        survey.find(
            &wanted.at,
            format!("no documented {what} of {} has `{}`", operation.id, wanted.pointer),
            help,
        );
    }
}

fn wanted<'c>(survey: &Survey<'c>) -> Vec<Wanted<'c>> {
    let mut all = Vec::new();
    for condition in survey.conditions() {
        // What is known to be missing from the documentation may have any member.
        let Some(operation) = condition.operation.filter(|operation| !survey.incomplete(operation)) else {
            continue;
        };
        let Condition { status, body, matches, present, .. } = condition.condition;
        let response = || match status {
            Some(status) => Body::Response(operation, Some(status)),
            None => Body::Anything(operation),
        };
        for (word, at) in body.keys().map(|at| ("body", at)).chain(matches.keys().map(|at| ("matches", at))) {
            let place = condition.at.join(word).join(at.as_str());
            all.push(Wanted { at: place, pointer: at.clone(), body: response() });
        }
        for (number, at) in present.iter().enumerate() {
            let place = condition.at.join("present").index(number);
            all.push(Wanted { at: place, pointer: at.clone(), body: response() });
        }
    }
    for (at, _, kind) in survey.kinds() {
        if let Some(issue) = &kind.issue {
            let at = at.join("issue");
            let operation = survey.operation(&issue.call.operation);
            let status = issue.success.status.as_ref();
            let described = issue.self_description.as_ref();
            let templates = [
                (at.join("id"), Some(&issue.id)),
                (at.join("secret"), issue.secret.as_ref()),
                (at.join("expires_at"), issue.expires_at.as_ref()),
                (at.join("self_description").join("method"), described.map(|one| &one.method)),
                (at.join("self_description").join("path"), described.map(|one| &one.path)),
            ];
            for (at, template) in templates {
                all.extend(template.into_iter().flat_map(|template| taken(&at, template, operation, status)));
            }
        }
        for (name, token) in &kind.tokens {
            let at = at.join("tokens").join(&name.0);
            let operation = survey.operation(&token.exchange.operation);
            let status = token.success.status.as_ref();
            all.extend(taken(&at.join("token"), &token.token, operation, status));
            let expires = token.expires_in.iter();
            all.extend(expires.flat_map(|expires| taken(&at.join("expires_in"), expires, operation, status)));
        }
        let Some(listed) = &kind.listed else { continue };
        let Some(operation) = survey.operation(&listed.call.operation) else { continue };
        let at = at.join("listed");
        let mut add = |at: Pointer, pointer: &Pointer, body: Body<'c>| {
            all.push(Wanted { at, pointer: pointer.clone(), body });
        };
        add(at.join("items"), &listed.items, Body::Response(operation, None));
        add(at.join("id"), &listed.id, Body::Item(operation, &listed.items));
        if let Some(next) = &listed.next {
            add(at.join("next").join("more"), &next.more, Body::Response(operation, None));
            add(at.join("next").join("last"), &next.last, Body::Item(operation, &listed.items));
        }
        if let Some(state) = &listed.state {
            add(at.join("state").join("pointer"), &state.pointer, Body::Item(operation, &listed.items));
        }
    }
    for (at, dependent) in survey.dependents() {
        let created = survey.operation(&dependent.create.call.operation);
        all.extend(taken(&at.join("id"), &dependent.id, created, dependent.create.success.status.as_ref()));
        if let Some(operation) = survey.operation(&dependent.read.call.operation) {
            let body = Body::Response(operation, dependent.read.success.status.as_ref());
            all.push(Wanted { at: at.join("reference"), pointer: dependent.reference.clone(), body });
        }
    }
    for (at, check) in survey.checks() {
        let CheckSpec::ListedAfterRevocation(with) = check else { continue };
        let listed = survey.lifecycle.kind(check.kind()).and_then(|(_, kind)| kind.listed.as_ref());
        let Some(listed) = listed else { continue };
        let Some(operation) = survey.operation(&listed.call.operation) else { continue };
        for (word, pointers) in [("keeps", &with.keeps), ("moves", &with.moves)] {
            all.extend(pointers.iter().enumerate().map(|(number, pointer)| Wanted {
                at: at.join(word).index(number),
                pointer: pointer.clone(),
                body: Body::Item(operation, &listed.items),
            }));
        }
    }
    all
}

/// What a template takes from the bodies of a call.
fn taken<'c>(
    at: &Pointer,
    template: &Template,
    operation: Option<&'c Operation>,
    status: Option<&'c StatusSet>,
) -> Vec<Wanted<'c>> {
    let Some(operation) = operation else { return Vec::new() };
    let taken = template.expressions().filter_map(|expression| match expression {
        Expression::RequestBody(pointer) => Some((pointer, Body::Request(operation))),
        Expression::ResponseBody(pointer) => Some((pointer, Body::Response(operation, status))),
        _ => None,
    });
    taken.map(|(pointer, body)| Wanted { at: at.clone(), pointer: pointer.clone(), body }).collect()
}

/// The documented schemas of a body. A body without one may hold anything.
fn schemas(body: &Body<'_>) -> Vec<Schema> {
    match body {
        Body::Request(operation) => {
            let content = operation.request_body.iter().flat_map(|body| &body.content);
            content.filter_map(|content| content.schema.clone()).collect()
        }
        Body::Response(operation, status) => {
            let meant = operation.responses.iter().filter(|response| match (status, response.status) {
                (_, StatusPattern::Default) => true,
                (Some(status), StatusPattern::Exact(code)) => status.contains(code),
                (Some(status), pattern @ StatusPattern::Range(_)) => status.patterns().contains(&pattern),
                (None, pattern) => pattern.is_success(),
            });
            meant
                .flat_map(|response| &response.content)
                .filter_map(|content| content.schema.clone())
                .collect()
        }
        Body::Anything(operation) => {
            let contents = operation.responses.iter().flat_map(|response| &response.content);
            contents.filter_map(|content| content.schema.clone()).collect()
        }
        Body::Item(operation, items) => {
            let lists = schemas(&Body::Response(operation, None));
            lists.iter().filter_map(|list| item(list, items)).collect()
        }
    }
}

/// The schema of the items of the list at a pointer.
fn item(schema: &Schema, items: &Pointer) -> Option<Schema> {
    fn list(schema: &Schema, tokens: &[String], depth: usize) -> Option<Schema> {
        let depth = depth.checked_sub(1)?;
        let here = match tokens.split_first() {
            None => schema.items(),
            Some((token, rest)) => schema.property(token).and_then(|next| list(&next, rest, depth)),
        };
        here.or_else(|| {
            let branches =
                ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|keyword| schema.branches(keyword));
            branches.into_iter().find_map(|branch| list(&branch, tokens, depth))
        })
    }
    let tokens: Vec<String> = items.tokens().map(std::borrow::Cow::into_owned).collect();
    list(schema, &tokens, 16)
}
