//! What callers have to present.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::{Document, Operation, Pointer, SchemeKind};
use serde_json::Value;

use super::{Class, Comparison, Edition};

/// One way to be let in: what is presented, and with which scopes.
type Alternative = BTreeMap<String, BTreeSet<String>>;

/// How a scheme is put on a request. Its name has no bearing on that.
fn presented(edition: &Edition, name: &str) -> String {
    let scheme = edition.contract.schemes().iter().find(|scheme| scheme.name.0 == name);
    let Some(scheme) = scheme else { return name.to_owned() };
    let kind = |document: &Document| {
        let place = scheme.pointer.join("type");
        document.get(&place).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    match &scheme.kind {
        SchemeKind::Basic => "Basic".to_owned(),
        SchemeKind::Bearer => match kind(edition.contract.document()).as_str() {
            "oauth2" => format!("OAuth 2 token ({name})"),
            "openIdConnect" => format!("OpenID Connect token ({name})"),
            _ => "bearer token".to_owned(),
        },
        SchemeKind::ApiKey { location, name } => format!("{location:?} `{name}`").to_lowercase(),
        SchemeKind::OtherHttp(scheme) => format!("Authorization: {scheme}"),
    }
}

/// The alternatives of an operation, where they are written, and what nobody needs is one without anything.
fn alternatives(edition: &Edition, operation: &Operation) -> (Pointer, Vec<Alternative>) {
    let document = edition.contract.document();
    let own = operation.pointer.join("security");
    let at = if document.get(&own).is_some() { own } else { Pointer::root().join("security") };
    let list = document.get(&at).and_then(Value::as_array);
    let mut alternatives: Vec<Alternative> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|alternative| {
            let scopes = |value: &Value| {
                value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            alternative.iter().map(|(name, value)| (presented(edition, name), scopes(value))).collect()
        })
        .collect();
    if alternatives.is_empty() {
        alternatives.push(Alternative::new());
    }
    (at, alternatives)
}

/// Whether whoever has `held` is let in where `needed` is asked for.
fn satisfies(held: &Alternative, needed: &Alternative) -> bool {
    needed.iter().all(|(scheme, scopes)| held.get(scheme).is_some_and(|held| scopes.is_subset(held)))
}

fn words(alternative: &Alternative) -> String {
    if alternative.is_empty() {
        return "nothing".to_owned();
    }
    let one = |(scheme, scopes): (&String, &BTreeSet<String>)| {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        if scopes.is_empty() { scheme.clone() } else { format!("{scheme} with {}", scopes.join(", ")) }
    };
    alternative.iter().map(one).collect::<Vec<_>>().join(" and ")
}

impl<'e> Comparison<'e> {
    pub(super) fn security(&mut self, old: &'e Operation, new: &'e Operation) {
        let (was, before) = alternatives(self.old, old);
        let (now, after) = alternatives(self.new, new);
        let all = |list: &[Alternative]| Some(list.iter().map(words).collect::<Vec<_>>().join(", or "));
        for held in &before {
            if after.iter().any(|needed| satisfies(held, needed)) {
                continue;
            }
            let more = after.iter().find(|needed| satisfies(needed, held));
            let (rule, what) = match more {
                Some(more) => (
                    "security-stricter",
                    format!("{} is not enough any more: {} is needed", words(held), words(more)),
                ),
                None => ("security-alternative-removed", format!("{} is not accepted any more", words(held))),
            };
            let why = "callers that present it are refused";
            self.tell(Class::Breaking, rule, what, why, (&was, all(&before)), (&now, all(&after)));
        }
        for needed in &after {
            if before.iter().any(|held| satisfies(held, needed) && satisfies(needed, held)) {
                continue;
            }
            if before.iter().any(|held| satisfies(needed, held)) {
                continue;
            }
            self.tell(
                Class::Compatible,
                "security-alternative-added",
                format!("{} is enough", words(needed)),
                "callers may present it instead",
                (&was, all(&before)),
                (&now, all(&after)),
            );
        }
    }

    /// What a scheme says beyond how it is put on a request: flows, addresses, scopes.
    pub(super) fn schemes(&mut self) {
        let (before, after) = self.documents();
        for old in self.old.contract.schemes() {
            let Some(new) = self.new.contract.scheme(&old.name) else { continue };
            let details = |document: &Document, at: &Pointer| {
                let mut value = document.get(at).cloned().unwrap_or_default();
                if let Some(members) = value.as_object_mut() {
                    members.retain(|name, _| name != "description" && !name.starts_with("x-"));
                    for flow in members
                        .get_mut("flows")
                        .and_then(Value::as_object_mut)
                        .into_iter()
                        .flat_map(|flows| flows.values_mut())
                    {
                        let scopes = flow.get_mut("scopes").and_then(Value::as_object_mut);
                        // What a scope is called in words does not matter.
                        scopes
                            .into_iter()
                            .flat_map(|scopes| scopes.values_mut())
                            .for_each(|text| *text = Value::Null);
                    }
                }
                value
            };
            let (from, to) = (details(before, &old.pointer), details(after, &new.pointer));
            if from != to && old.kind == new.kind {
                self.tell(
                    Class::Unclassified,
                    "security-scheme-changed",
                    format!("the security scheme `{}` says something else", old.name),
                    "only how a credential is put on a request is compared in detail",
                    (&old.pointer, Some(from.to_string())),
                    (&new.pointer, Some(to.to_string())),
                );
            }
        }
    }
}
