//! Where a contract says that secrets stand. Everything is read from its documents.

use std::collections::{HashMap, HashSet};

use rescind_specs::lifecycle::{Call, CredentialKind, Expression, JsonTemplate, Presentation, Template};
use rescind_specs::{
    Contract, KeyLocation, Operation, OperationId, Parameter, ParameterLocation, PathPiece, Pointer, Schema,
    SchemeKind, SchemeName,
};
use serde_json::Value;

/// How much of a value a secret member covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// Nothing: it is no secret.
    #[default]
    Open,
    /// Texts, numbers and lists of them; objects under the same name are something else.
    Scalars,
    /// All that is in it.
    Everything,
}

impl Cover {
    /// The one that covers more.
    pub(super) fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Whose name a credential shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The user of `Authorization: Basic`.
    BasicUser,
    /// This header.
    Header(String),
    /// This query parameter.
    Query(String),
}

/// The names of what is a secret, and where callers say who they are.
///
/// Names count in the whole contract and at any depth: a member that is a secret in one body is one in all, also where
/// a caller put it into the wrong place. What a contract has no name for counts as in the others that are served, because
/// a caller may have mistaken one for another.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    members: HashMap<String, Cover>,
    /// Names that some schema has for an object or a list that is no secret.
    open: HashSet<String>,
    /// Of query parameters, the members among them.
    queries: HashSet<String>,
    /// In lower case.
    headers: HashSet<String>,
    /// What the contract has a name for, secret or not.
    named: Named,
    /// Path templates with the segments, counted from the end, that hold a secret.
    segments: HashMap<String, Vec<usize>>,
    /// Operations whose body as a whole is a secret.
    sent: HashSet<String>,
    received: HashSet<String>,
    /// Operations that are documented to take text.
    texts: HashSet<String>,
    pub(super) identities: Vec<Identity>,
}

/// The names of a contract. Those of one kind say nothing of the others: what is a public member here may be the secret
/// header of another contract.
#[derive(Clone, Debug, Default)]
struct Named {
    members: HashSet<String>,
    queries: HashSet<String>,
    /// In lower case.
    headers: HashSet<String>,
}

/// Members, query parameters and form fields that are secrets whatever a document says. Source: RFC 6749 §2.3.1, §4.3.2,
/// §5.1, §6; RFC 6750 §2.2, §2.3; RFC 7521 §4.1, §4.2.
const STANDARD: [&str; 6] =
    ["access_token", "refresh_token", "client_secret", "password", "assertion", "client_assertion"];

impl Places {
    /// What a contract says.
    pub(super) fn of(contract: &Contract) -> Self {
        let mut places = Self::default();
        for operation in contract.operations() {
            places.operation(operation);
        }
        if let Some(lifecycle) = contract.lifecycle() {
            for kind in lifecycle.credentials.values() {
                places.kind(contract, kind);
            }
        }
        places.schemes(contract);
        for name in STANDARD {
            places.cover(name, Cover::Everything);
        }
        for name in &places.open {
            if let Some(cover) = places.members.get_mut(name) {
                *cover = Cover::Scalars;
            }
        }
        places.queries.extend(places.members.keys().cloned());
        places
    }

    /// What any of them says, for requests of which it is not known whose they are.
    pub(super) fn of_all<'p>(each: impl Iterator<Item = &'p Self>) -> Self {
        let mut all = Self::default();
        for name in STANDARD {
            all.cover(name, Cover::Everything);
        }
        for places in each {
            for (name, cover) in &places.members {
                all.cover(name, *cover);
            }
            all.queries.extend(places.queries.iter().cloned());
            all.headers.extend(places.headers.iter().cloned());
        }
        all
    }

    /// Takes over from `all` what this contract has no name for.
    pub(super) fn complete(&mut self, all: &Self) {
        for (name, cover) in all.members.iter().filter(|(name, _)| !self.named.members.contains(*name)) {
            self.members.entry(name.clone()).or_insert(*cover);
        }
        self.queries.extend(all.queries.difference(&self.named.queries).cloned());
        self.headers.extend(all.headers.difference(&self.named.headers).cloned());
    }

    pub(super) fn cover(&mut self, name: &str, cover: Cover) {
        let known = self.members.entry(name.to_owned()).or_default();
        *known = known.or(cover);
    }

    /// What a member of that name, or a field of a form, covers.
    pub(super) fn member(&self, name: &str) -> Cover {
        self.members.get(name).copied().unwrap_or_default()
    }

    /// Whether a query parameter of that name holds a secret.
    pub(super) fn is_secret_query(&self, name: &str) -> bool {
        self.queries.contains(name)
    }

    /// Whether a field of a form of that name holds a secret, in its body or in the wrong place.
    pub(super) fn is_secret_field(&self, name: &str) -> bool {
        self.members.contains_key(name) || self.queries.contains(name)
    }

    /// Whether a header of that name, in lower case, holds a secret.
    pub(super) fn is_secret_header(&self, name: &str) -> bool {
        self.headers.contains(name)
    }

    /// The segments of a path that hold a secret, counted from the end.
    pub(super) fn segments(&self, template: &str) -> &[usize] {
        self.segments.get(template).map_or(&[], Vec::as_slice)
    }

    /// Whether all that is sent to the operation is a secret.
    pub(super) fn is_sent(&self, operation: &str) -> bool {
        self.sent.contains(operation)
    }

    /// Whether all that the operation answers is a secret.
    pub(super) fn is_received(&self, operation: &str) -> bool {
        self.received.contains(operation)
    }

    /// Whether the operation is documented to take text.
    pub(super) fn takes_text(&self, operation: &str) -> bool {
        self.texts.contains(operation)
    }

    fn operation(&mut self, operation: &Operation) {
        let id = &operation.id.0;
        for parameter in &operation.parameters {
            match parameter.location {
                ParameterLocation::Header => self.named.headers.insert(parameter.name.to_ascii_lowercase()),
                ParameterLocation::Query => self.named.queries.insert(parameter.name.clone()),
                ParameterLocation::Path | ParameterLocation::Cookie => false,
            };
            if parameter.schema.as_ref().is_some_and(is_secret) {
                self.parameter(operation, parameter.location, &parameter.name);
            }
        }
        for content in operation.request_body.iter().flat_map(|body| &body.content) {
            if content.media_type.is_text() {
                self.texts.insert(id.clone());
            }
            if let Some(schema) = &content.schema
                && self.schema(schema, None, &mut HashSet::new())
            {
                self.sent.insert(id.clone());
            }
        }
        for response in &operation.responses {
            for content in &response.content {
                if let Some(schema) = &content.schema
                    && self.schema(schema, None, &mut HashSet::new())
                {
                    self.received.insert(id.clone());
                }
            }
            for header in &response.headers {
                self.named.headers.insert(header.name.to_ascii_lowercase());
                if header.schema.as_ref().is_some_and(is_secret) {
                    self.headers.insert(header.name.to_ascii_lowercase());
                }
            }
        }
    }

    fn parameter(&mut self, operation: &Operation, location: ParameterLocation, name: &str) {
        match location {
            ParameterLocation::Query => {
                self.queries.insert(name.to_owned());
            }
            ParameterLocation::Header => {
                self.headers.insert(name.to_ascii_lowercase());
            }
            // All cookies are masked.
            ParameterLocation::Cookie => {}
            ParameterLocation::Path => {
                let mut segment = 0;
                for piece in operation.path.pieces().iter().rev() {
                    match piece {
                        PathPiece::Literal(text) => segment += text.matches('/').count(),
                        PathPiece::Parameter(known) if known == name => {
                            let template = operation.path.as_str().to_owned();
                            self.segments.entry(template).or_default().push(segment);
                        }
                        PathPiece::Parameter(_) => {}
                    }
                }
            }
        }
    }

    /// Notes what is a secret in a schema; whether all of it is one. `name` is that of the member which it describes.
    fn schema(&mut self, schema: &Schema, name: Option<&str>, seen: &mut HashSet<(Pointer, bool)>) -> bool {
        if is_secret(schema) {
            if let Some(name) = name {
                self.cover(name, Cover::Everything);
            }
            return true;
        }
        let properties: Vec<_> = schema.properties().collect();
        let inner: Vec<Schema> =
            [schema.items(), schema.additional_properties()].into_iter().flatten().collect();
        if let Some(name) = name
            && !properties.is_empty()
        {
            self.open.insert(name.to_owned());
        }
        if !seen.insert((schema.pointer().clone(), name.is_some())) {
            return false;
        }
        for (name, property) in properties {
            self.named.members.insert(name.to_owned());
            self.schema(&property, Some(name), seen);
        }
        let branches = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| schema.branches(keyword));
        let mut is_whole = false;
        for part in inner.into_iter().chain(branches) {
            is_whole |= self.schema(&part, name, seen);
        }
        is_whole
    }

    fn kind(&mut self, contract: &Contract, kind: &CredentialKind) {
        if let Some(issue) = &kind.issue {
            self.call(contract, &issue.call);
            issue.secret.iter().for_each(|secret| self.template(&issue.call.operation, secret));
        }
        for token in kind.tokens.values() {
            self.call(contract, &token.exchange);
            self.template(&token.exchange.operation, &token.token);
        }
        let revoke = kind.revoke.iter();
        let revoke = revoke.flat_map(|revoke| {
            std::iter::once(&revoke.call).chain(revoke.ways.values().map(|way| &way.call))
        });
        let probes = kind.tokens.values().filter_map(|token| token.probe.as_ref()).chain(&kind.probe);
        for call in revoke.chain(probes.map(|probe| &probe.call)) {
            self.call(contract, call);
        }
    }

    /// What a template reads of a call of this operation is a secret.
    fn template(&mut self, operation: &OperationId, template: &Template) {
        for expression in template.expressions() {
            match expression {
                Expression::RequestBody(pointer) => match pointer.last() {
                    Some(name) => self.cover(&name, Cover::Everything),
                    None => drop(self.sent.insert(operation.0.clone())),
                },
                Expression::ResponseBody(pointer) => match pointer.last() {
                    Some(name) => self.cover(&name, Cover::Everything),
                    None => drop(self.received.insert(operation.0.clone())),
                },
                Expression::RequestParameter(ParameterLocation::Query, name) => {
                    self.queries.insert(name.clone());
                }
                Expression::RequestParameter(ParameterLocation::Header, name)
                | Expression::ResponseHeader(name) => {
                    self.headers.insert(name.to_ascii_lowercase());
                }
                _ => {}
            }
        }
    }

    /// What a call is filled with a secret at.
    fn call(&mut self, contract: &Contract, call: &Call) {
        let Some(operation) = contract.operation(&call.operation) else { return };
        for (name, _) in call.parameters.iter().filter(|(_, value)| reveals(value)) {
            let is_it = |parameter: &&Parameter| parameter.name.eq_ignore_ascii_case(name);
            for parameter in operation.parameters.iter().filter(is_it) {
                self.parameter(operation, parameter.location, &parameter.name);
            }
        }
        if let Some(body) = &call.body {
            if matches!(body.as_value(), Value::String(_)) && reveals(body) {
                self.sent.insert(call.operation.0.clone());
            }
            self.filled(body.as_value());
        }
    }

    fn filled(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    if let Value::String(text) = member
                        && text.parse::<Template>().is_ok_and(|template| is_revealing(&template))
                    {
                        self.cover(name, Cover::Everything);
                    }
                    self.filled(member);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.filled(item)),
            _ => {}
        }
    }

    fn schemes(&mut self, contract: &Contract) {
        for scheme in contract.schemes() {
            let shown = shown(contract, &scheme.name);
            let identity = match (&scheme.kind, shown) {
                (SchemeKind::Basic, Shown::Identifier) => Identity::BasicUser,
                (SchemeKind::ApiKey { location: KeyLocation::Header, name }, Shown::Identifier) => {
                    Identity::Header(name.to_ascii_lowercase())
                }
                (SchemeKind::ApiKey { location: KeyLocation::Query, name }, Shown::Identifier) => {
                    Identity::Query(name.clone())
                }
                (SchemeKind::ApiKey { location: KeyLocation::Header, name }, Shown::Secret) => {
                    self.headers.insert(name.to_ascii_lowercase());
                    continue;
                }
                (SchemeKind::ApiKey { location: KeyLocation::Query, name }, Shown::Secret) => {
                    self.queries.insert(name.clone());
                    continue;
                }
                // `Authorization` and cookies are masked in any case.
                _ => continue,
            };
            self.identities.push(identity);
        }
        for identity in &self.identities {
            match identity {
                Identity::Header(name) => {
                    self.headers.remove(name);
                    self.named.headers.insert(name.clone());
                }
                Identity::Query(name) => {
                    self.named.queries.insert(name.clone());
                }
                Identity::BasicUser => {}
            }
        }
    }
}

/// What a security scheme shows in clear.
#[derive(Clone, Copy)]
enum Shown {
    /// The public identifier: of a pair, the user.
    Identifier,
    /// Nothing that may be read.
    Secret,
}

/// A scheme shows an identifier if the lifecycle document puts nothing else there.
fn shown(contract: &Contract, scheme: &SchemeName) -> Shown {
    let Some(lifecycle) = contract.lifecycle() else { return Shown::Secret };
    let mut uses = lifecycle.credentials.values().flat_map(|kind| {
        let tokens = kind.tokens.values().filter_map(|token| token.present.get(scheme));
        kind.present.get(scheme).into_iter().chain(tokens)
    });
    let is_identifier = |presentation: &Presentation| {
        let (Presentation::Pair { username: shown, .. } | Presentation::Value(shown)) = presentation;
        shown.expressions().all(|expression| *expression == Expression::CredentialId)
            && shown.expressions().next().is_some()
    };
    match uses.next() {
        Some(first) if is_identifier(first) && uses.all(is_identifier) => Shown::Identifier,
        _ => Shown::Secret,
    }
}

fn is_secret(schema: &Schema) -> bool {
    schema.is_secret() || schema.write_only()
}

fn reveals(value: &JsonTemplate) -> bool {
    value.expressions().iter().any(is_secret_value)
}

fn is_revealing(template: &Template) -> bool {
    template.expressions().any(is_secret_value)
}

fn is_secret_value(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::CredentialSecret | Expression::CallerSecret | Expression::PoolSecret | Expression::Token
    )
}
