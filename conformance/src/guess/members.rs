//! The members of bodies that look like an identifier, a secret or an expiry.

use rescind_specs::{Contract, Direction, Operation, Pointer, Schema, SchemaType};
use serde_json::Value;

use super::pair::Pair;
use super::words::bare;
use super::{Guess, cookie};

/// How deep wrappers around a credential are opened: `{ data: { key: { id } } }`.
const DEPTH: usize = 3;
/// A document that nests without end is looked at for so long.
const MOST: usize = 200;

/// Names of secrets, without case and separators, with how sure one may be.
const SECRETS: [(&str, i32); 20] = [
    ("clientsecret", 10),
    ("secretkey", 9),
    ("apisecret", 9),
    ("secret", 9),
    ("plaintext", 8),
    ("accesstoken", 8),
    ("apitoken", 8),
    ("token", 8),
    ("apikey", 7),
    ("rawkey", 7),
    ("keyvalue", 7),
    ("tokenvalue", 7),
    ("sessiontoken", 7),
    ("key", 6),
    ("password", 6),
    ("privatekey", 6),
    ("credential", 5),
    ("integrationkey", 7),
    ("routingkey", 6),
    ("value", 3),
];

/// A member of a body.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) pointer: Pointer,
    pub(super) schema: Schema,
    depth: usize,
}

/// Which body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

/// What was found in the bodies of the issuing operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    id: Option<(Side, Shown, String)>,
    secret: Option<(Side, Shown, String)>,
    /// Where the expiry is told, as an expression.
    pub(super) expires_at: Option<String>,
    /// The member that asks for an expiry.
    pub(super) expiring: Option<String>,
    /// Method and path that the answer gives for its own revocation.
    pub(super) self_description: Option<(String, String)>,
    /// The cookie that is the secret, where the credential is the session of a browser.
    session: Option<Guess<String>>,
}

impl Found {
    pub(super) fn of(contract: &Contract, pair: &Pair<'_>) -> Self {
        let Some(issue) = &pair.issue else { return Self::default() };
        let (answers, sent) = (of_answers(issue.value), of_request(issue.value));
        let parameter = pair.revoke.as_ref().and_then(|revoke| revoke.value.path.parameters().last());
        // What the path of the revocation asks for is the identifier, whatever it is called; only without anything else
        // it is the secret as well.
        let is_asked =
            |shown: &Shown| parameter.is_some_and(|parameter| bare(parameter) == bare(&shown.name));
        let rest = |all: &[Shown]| all.iter().filter(|shown| !is_asked(shown)).cloned().collect::<Vec<_>>();
        let answered = |all: &[Shown]| best_secret(all, true).map(|shown| (Side::Response, shown));
        let secret = answered(&rest(&answers))
            .or_else(|| best_secret(&rest(&sent), false).map(|shown| (Side::Request, shown)))
            .or_else(|| answered(&answers));
        let secret = secret.map(|(side, shown)| {
            let why = match (side, shown.schema.is_secret()) {
                (Side::Response, true) => format!("`{}` is a password of the answer", shown.name),
                (Side::Response, false) => format!("`{}` of the answer sounds like a secret", shown.name),
                (Side::Request, _) => format!("`{}` is sent, and no answer shows a secret", shown.name),
            };
            (side, shown, why)
        });
        let id = id(&answers, &sent, parameter, secret.as_ref().map(|(_, shown, _)| shown));
        let expires = answers.iter().find(|shown| {
            let name = bare(&shown.name);
            ["expiresat", "expires", "expiry", "expiration", "expirationdate", "validuntil", "expireson"]
                .contains(&&*name)
                && shown.schema.kind() != Some(SchemaType::Integer)
        });
        let asked = sent.iter().find(|shown| {
            let name = bare(&shown.name);
            shown.depth == 0
                && ["expiresat", "expirationdate", "expiry", "validuntil", "expiration"].contains(&&*name)
        });
        let named = |words: [&str; 2]| {
            answers.iter().find(|shown| bare(&shown.name) == format!("{}{}", words[0], words[1]))
        };
        let described = named(["revocation", "method"]).zip(named(["revocation", "path"]));
        Self {
            id,
            secret,
            session: cookie::of_session(contract, pair).filter(|_| parameter.is_none()),
            expires_at: expires.map(|shown| format!("$response.body#{}", shown.pointer)),
            expiring: asked.map(|shown| shown.name.clone()),
            self_description: described.map(|(method, path)| {
                (format!("$response.body#{}", method.pointer), format!("$response.body#{}", path.pointer))
            }),
        }
    }

    /// Where the identifier is found. Without any, the secret is its own identifier.
    pub(super) fn id(&self) -> Guess<String> {
        if let Some(session) = &self.session {
            return Guess::new(session.value.clone(), "a session has no other name than itself");
        }
        match (&self.id, &self.secret) {
            (Some((side, shown, why)), _) => Guess::new(expression(*side, &shown.pointer), why.clone()),
            (None, Some((side, shown, _))) => {
                Guess::new(expression(*side, &shown.pointer), "there is no identifier beside the secret")
            }
            (None, None) => {
                Guess::new("$response.body#/id".to_owned(), "no documented answer has an identifier")
            }
        }
    }

    /// Where the secret is found.
    pub(super) fn secret(&self) -> Option<Guess<String>> {
        if let Some(session) = &self.session {
            return Some(session.clone());
        }
        let (side, shown, why) = self.secret.as_ref()?;
        Some(Guess::new(expression(*side, &shown.pointer), why.clone()))
    }

    /// Whether there is nothing beside the secret that names the credential.
    pub(super) fn is_bare(&self) -> bool {
        if self.is_session() {
            return true;
        }
        match (&self.id, &self.secret) {
            (Some((_, id, _)), Some((_, secret, _))) => id.pointer == secret.pointer,
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// Whether the secret is sent and the identifier given: something that is kept for later, and not presented.
    pub(super) fn is_vaulted(&self) -> bool {
        !self.is_session()
            && matches!((&self.id, &self.secret), (Some((Side::Response, ..)), Some((Side::Request, ..))))
    }

    /// Whether both are chosen by whoever asks, so that only the operator can make some.
    pub(super) fn is_supplied(&self) -> bool {
        !self.is_session()
            && matches!((&self.id, &self.secret), (Some((Side::Request, ..)), Some((Side::Request, ..))))
    }

    /// Whether it is the session of a browser, which a login begins.
    pub(super) fn is_session(&self) -> bool {
        self.session.is_some()
    }

    /// Whether an operation of that parameter or member name is given the identifier.
    pub(super) fn is_id(&self, name: &str) -> bool {
        self.id.as_ref().is_some_and(|(_, shown, _)| bare(&shown.name) == bare(name))
    }

    /// Whether a member of that name is the secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.secret.as_ref().is_some_and(|(_, shown, _)| bare(&shown.name) == bare(name))
    }

    /// The name of the member with the identifier.
    pub(super) fn id_name(&self) -> Option<&str> {
        self.id.as_ref().map(|(_, shown, _)| shown.name.as_str())
    }
}

fn expression(side: Side, pointer: &Pointer) -> String {
    match side {
        Side::Request => format!("$request.body#{pointer}"),
        Side::Response => format!("$response.body#{pointer}"),
    }
}

/// The identifier: what the path of the revocation asks for, else what is called one.
fn id(
    answers: &[Shown],
    sent: &[Shown],
    parameter: Option<&str>,
    secret: Option<&Shown>,
) -> Option<(Side, Shown, String)> {
    let is_secret = |shown: &Shown| secret.is_some_and(|secret| secret.pointer == shown.pointer);
    let score = |shown: &Shown| {
        let name = bare(&shown.name);
        let asked = parameter.is_some_and(|parameter| bare(parameter) == name);
        let base = match name.as_str() {
            _ if asked => 12,
            "id" => 9,
            "uuid" | "sid" | "keyid" | "tokenid" | "clientid" | "credentialid" | "accesskeyid" => 8,
            _ if is_id(&shown.name) => 4,
            "name" if shown.depth == 0 => 1,
            _ => return None,
        };
        Some(base - i32::try_from(shown.depth).unwrap_or_default())
    };
    let best = |all: &[Shown]| {
        let scored = all
            .iter()
            .filter(|shown| is_scalar(&shown.schema))
            .filter_map(|shown| Some((score(shown)?, shown)));
        // Of equally likely ones the first; and a secret only if there is nothing else.
        scored
            .enumerate()
            .max_by_key(|(at, (score, shown))| {
                (if is_secret(shown) { score - 20 } else { *score }, std::cmp::Reverse(*at))
            })
            .map(|(_, (score, shown))| (score, shown.clone()))
    };
    let why = |shown: &Shown, score: i32, place: &str| match parameter {
        Some(parameter) if score >= 10 => {
            format!("`{}` of the {place} is what {{{parameter}}} of the revocation asks for", shown.name)
        }
        _ => format!("`{}` of the {place} sounds like an identifier", shown.name),
    };
    let (answer, request) = (best(answers), best(sent).filter(|(score, _)| *score >= 10));
    match (answer, request) {
        // What was sent and comes back is better taken from what was sent: it is known before the answer is.
        (Some((score, shown)), Some((also, sent)))
            if also >= score && bare(&sent.name) == bare(&shown.name) =>
        {
            let why = why(&sent, also, "request");
            Some((Side::Request, sent, why))
        }
        (Some((score, shown)), _) => {
            let why = why(&shown, score, "answer");
            Some((Side::Response, shown, why))
        }
        (None, Some((score, shown))) => {
            let why = why(&shown, score, "request");
            Some((Side::Request, shown, why))
        }
        (None, None) => None,
    }
}

/// The members of the successful answers of an operation, those of wrappers included.
pub(super) fn of_answers(operation: &Operation) -> Vec<Shown> {
    let responses = operation.responses.iter().filter(|response| response.status.is_success());
    let contents =
        responses.flat_map(|response| &response.content).filter(|content| content.media_type.is_json());
    of_schemas(contents.filter_map(|content| content.schema.as_ref()))
}

/// The members of the request body of an operation.
pub(super) fn of_request(operation: &Operation) -> Vec<Shown> {
    let contents = operation.request_body.iter().flat_map(|body| &body.content);
    let known = contents.filter(|content| content.media_type.is_json() || content.media_type.is_form());
    of_schemas(known.filter_map(|content| content.schema.as_ref()))
}

fn of_schemas<'s>(schemas: impl Iterator<Item = &'s Schema>) -> Vec<Shown> {
    let mut found = Vec::new();
    for schema in schemas {
        collect(schema, &Pointer::root(), 0, 8, &mut found);
    }
    found
}

fn collect(schema: &Schema, at: &Pointer, depth: usize, branches: usize, found: &mut Vec<Shown>) {
    for (name, property) in schema.properties() {
        if found.len() >= MOST {
            return;
        }
        let pointer = at.join(name);
        if found.iter().any(|known| known.pointer == pointer) {
            continue;
        }
        found.push(Shown {
            name: name.to_owned(),
            pointer: pointer.clone(),
            schema: property.clone(),
            depth,
        });
        if depth + 1 < DEPTH && !is_scalar(&property) {
            collect(&property, &pointer, depth + 1, branches, found);
        }
    }
    let Some(branches) = branches.checked_sub(1) else { return };
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for branch in schema.branches(keyword) {
            collect(&branch, at, depth, branches, found);
        }
    }
}

fn is_scalar(schema: &Schema) -> bool {
    !matches!(schema.kind(), Some(SchemaType::Array | SchemaType::Object))
        && schema.properties().next().is_none()
}

/// Whether a name is that of an identifier.
pub(super) fn is_id(name: &str) -> bool {
    let plain = bare(name);
    plain == "id"
        || plain == "uuid"
        || plain == "sid"
        || name.ends_with("_id")
        || name.ends_with("Id")
        || name.ends_with("ID")
}

/// The likeliest secret. What is sent is one only if its schema or its name leaves little doubt.
pub(super) fn best_secret(members: &[Shown], of_answer: bool) -> Option<Shown> {
    let least = if of_answer { 3 } else { 6 };
    let score = |shown: &Shown| -> Option<i32> {
        let text = matches!(shown.schema.kind(), Some(SchemaType::String) | None) && is_scalar(&shown.schema);
        if !text || shown.schema.enumeration().is_some() {
            return None;
        }
        let name = bare(&shown.name);
        let named = SECRETS.iter().find(|(secret, _)| *secret == name).map(|(_, score)| *score);
        let marked = if shown.schema.is_secret() { 6 } else { 0 };
        let score = named.unwrap_or_default() + marked - i32::try_from(shown.depth).unwrap_or_default();
        (score >= least).then_some(score)
    };
    let scored = members.iter().filter_map(|shown| Some((score(shown)?, shown))).enumerate();
    scored
        .max_by_key(|(at, (score, _))| (*score, std::cmp::Reverse(*at)))
        .map(|(_, (_, shown))| shown.clone())
}

/// An identifier that nobody has, in the form of those that there are.
pub(super) fn unknown_id(contract: &Contract, pair: &Pair<'_>, id: &str) -> Guess<String> {
    const UUID: &str = "6f1d2c0e-8b47-4e3a-9d15-7c20a4be93f8";
    let parameter = pair.revoke.as_ref().and_then(|revoke| {
        let name = revoke.value.path.parameters().last()?;
        revoke.value.parameters.iter().find(|parameter| parameter.name == name)
    });
    let schema = parameter.and_then(|parameter| parameter.schema.as_ref());
    let issued = pair.issue.as_ref().and_then(|issue| {
        let all = if id.starts_with("$request") { of_request(issue.value) } else { of_answers(issue.value) };
        all.into_iter().find(|shown| id.ends_with(&format!("#{}", shown.pointer)))
    });
    let examples = [
        parameter.and_then(|parameter| parameter.example.clone()),
        schema.and_then(|schema| schema.example().cloned()),
        issued.as_ref().and_then(|shown| shown.schema.example().cloned()),
    ];
    let prefix = examples.iter().flatten().filter_map(Value::as_str).find_map(|example| {
        let at = example.rfind(['_', '-']).filter(|_| !looks_like_uuid(example))?;
        example.get(..=at).filter(|prefix| !prefix.contains(['$', '{'])).map(str::to_owned)
    });
    let mut tried: Vec<(String, String)> = Vec::new();
    if let Some(prefix) = prefix {
        let pattern = format!("{prefix}{{$unique}}");
        tried.push((pattern, format!("the example of an identifier begins with `{prefix}`")));
    }
    let pattern = schema.and_then(|schema| schema.keyword("pattern")).and_then(Value::as_str);
    if let Some(prefix) = pattern.and_then(literal) {
        let why = format!("the documented form of an identifier begins with `{prefix}`");
        tried.push((format!("{prefix}{{$unique}}"), why));
    }
    let is_uuid = |schema: Option<&Schema>| {
        schema.is_some_and(|schema| {
            schema.format() == Some("uuid")
                || schema.example().and_then(Value::as_str).is_some_and(looks_like_uuid)
        })
    };
    if is_uuid(schema) || is_uuid(issued.as_ref().map(|shown| &shown.schema)) {
        tried.push((UUID.to_owned(), "identifiers are UUIDs; this one was made up".to_owned()));
    }
    if schema.and_then(Schema::kind) == Some(SchemaType::Integer) {
        tried.push(("2147483646".to_owned(), "identifiers are numbers; this one is high".to_owned()));
    }
    tried.push(("{$unique}".to_owned(), "no form of identifiers is documented".to_owned()));
    tried.push((UUID.to_owned(), "the documented form allows a UUID".to_owned()));
    let fits = |text: &str| {
        let Some(schema) = schema else { return true };
        let sample = text.replace("{$unique}", "0123456789abcdef0123456789abcdef");
        let number = sample.parse::<i64>().map(Value::from).ok();
        contract.validator(schema, Direction::Request).is_ok_and(|validator| {
            validator.is_valid(&Value::from(sample))
                || number.is_some_and(|number| validator.is_valid(&number))
        })
    };
    let place = tried.iter().position(|(text, _)| fits(text)).unwrap_or_default();
    let (text, why) = tried.swap_remove(place);
    Guess::new(text, why)
}

/// The text that everything begins with that a pattern matches.
fn literal(pattern: &str) -> Option<String> {
    let text = pattern.strip_prefix('^')?;
    let literal: String =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
    // What is repeated or optional is no beginning, and what stands between bars is one of several.
    let rest = text.get(literal.len()..)?;
    let whole = !rest.starts_with(['*', '?', '{', '+', '|']) && !pattern.contains('|');
    (whole && !literal.is_empty()).then_some(literal)
}

fn looks_like_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_hexdigit()))
}
