//! From a lifecycle document to its typed form: shape first, then the names that it uses.

use std::collections::HashSet;

use serde::Deserialize as _;
use serde_path_to_error::Segment;

use super::{
    Action, Actor, Call, CheckSpec, Ends, Expression, HookEffect, HookName, Impostor, KindName, Lifecycle,
    Means, Obtained, ObtainedName, Presentation, Probe, Stranger,
};
use crate::{
    Diagnostic, Document, LoadError, Operation, ParameterLocation, Pointer, SchemeKind, SchemeName,
    SecurityScheme,
};

/// Reads and resolves; all mistakes in names are collected, a mistake in shape ends the reading.
pub(super) fn read(
    document: &Document,
    operations: &[Operation],
    schemes: &[SecurityScheme],
) -> Result<Lifecycle, LoadError> {
    let lifecycle = shape(document).map_err(|diagnostic| LoadError::Invalid(vec![diagnostic]))?;
    let mut resolver = Resolver { document, operations, schemes, lifecycle: &lifecycle, errors: Vec::new() };
    resolver.run();
    if resolver.errors.is_empty() { Ok(lifecycle) } else { Err(LoadError::Invalid(resolver.errors)) }
}

fn shape(document: &Document) -> Result<Lifecycle, Diagnostic> {
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(document.root().clone(), &mut track);
    Lifecycle::deserialize(deserializer).map_err(|error| {
        let path = track.path();
        let mut pointer = Pointer::root();
        for segment in &path {
            let next = match segment {
                Segment::Seq { index } => pointer.index(*index),
                Segment::Map { key } | Segment::Enum { variant: key } => pointer.join(key),
                Segment::Unknown => break,
            };
            if document.get(&next).is_none() {
                break;
            }
            pointer = next;
        }
        explain(document, pointer, &error.to_string())
    })
}

/// A mistake in shape, placed and worded for its author.
fn explain(document: &Document, pointer: Pointer, message: &str) -> Diagnostic {
    for what in ["unknown field", "unknown variant"] {
        let Some(found) = message.strip_prefix(what).and_then(|rest| rest.split('`').nth(1)) else {
            continue;
        };
        // serde lists what it knows behind `expected`; the nearest of these is what was meant.
        let known: Vec<&str> = message
            .split_once("expected")
            .map(|(_, list)| list.split('`').skip(1).step_by(2).collect())
            .unwrap_or_default();
        let within = pointer.join(found);
        let (place, is_key) = match (document.get(&within), pointer.last()) {
            (Some(_), _) => (within, true),
            (None, last) => {
                let is_key = last.is_some_and(|last| last == found);
                (pointer, is_key)
            }
        };
        let word = if is_key { "word" } else { "value" };
        let diagnostic = document.diagnostic(&place, format!("there is no {word} `{found}` here"));
        let diagnostic = if is_key { diagnostic.at_key() } else { diagnostic };
        return diagnostic.with_help(match nearest(found, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None if known.is_empty() => "none is known here".to_owned(),
            None => format!("known here: {}", known.join(", ")),
        });
    }
    let place = if message.contains("is not a runtime expression") {
        document.get(&pointer).and_then(|value| bad_template(value, &pointer)).unwrap_or(pointer)
    } else {
        pointer
    };
    document.diagnostic(&place, message)
}

/// The first string within `value` that is no template.
fn bad_template(value: &serde_json::Value, at: &Pointer) -> Option<Pointer> {
    match value {
        serde_json::Value::String(text) => text.parse::<super::Template>().is_err().then(|| at.clone()),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| bad_template(item, &at.index(index)))
        }
        serde_json::Value::Object(members) => {
            members.iter().find_map(|(name, member)| bad_template(member, &at.join(name)))
        }
        _ => None,
    }
}

/// The known name most like `found`, if any is like it at all.
fn nearest<'n>(found: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|name| (strsim::jaro_winkler(found, name), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

struct Resolver<'a> {
    document: &'a Document,
    operations: &'a [Operation],
    schemes: &'a [SecurityScheme],
    lifecycle: &'a Lifecycle,
    errors: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn run(&mut self) {
        let root = Pointer::root();
        for (name, caller) in &self.lifecycle.callers {
            let at = root.join("callers").join(&name.0).join("holds");
            self.known("kind of credential", &at, &caller.holds.0, &self.kinds());
        }
        for (name, kind) in &self.lifecycle.credentials {
            self.kind(&root.join("credentials").join(&name.0), kind);
        }
        for (name, dependent) in &self.lifecycle.dependents {
            let at = root.join("dependents").join(&name.0);
            self.action(&at.join("create"), &dependent.create);
            self.action(&at.join("read"), &dependent.read);
            self.action(&at.join("delete"), &dependent.delete);
            for (key, action) in [("repoint", &dependent.repoint), ("clear", &dependent.clear)] {
                if let Some(action) = action {
                    self.action(&at.join(key), action);
                }
            }
        }
        let operations: Vec<String> =
            self.operations.iter().map(|operation| operation.id.0.clone()).collect();
        for id in self.lifecycle.incomplete.keys() {
            self.known("operation", &root.join("incomplete").join(&id.0), &id.0, &operations);
        }
        for (name, obtained) in &self.lifecycle.obtained {
            self.obtained(&root.join("obtained").join(&name.0), obtained);
        }
        for (name, hook) in &self.lifecycle.hooks {
            let at = root.join("hooks").join(&name.0).join("does");
            match &hook.does {
                HookEffect::OutageUntil(end) => {
                    let recovers = |effect: &HookEffect| *effect == HookEffect::Recover;
                    self.hook(&at.join("outage-until"), end, "recover", recovers);
                }
                HookEffect::Revoke(kind) => {
                    self.known("kind of credential", &at.join("revoke"), &kind.0, &self.kinds());
                }
                HookEffect::Restart | HookEffect::Recover => {}
            }
        }
        self.requirements(&root.join("requirements"));
    }

    fn kind(&mut self, at: &Pointer, kind: &super::CredentialKind) {
        self.presentations(&at.join("present"), &kind.present);
        if let Some(issue) = &kind.issue {
            self.call(&at.join("issue").join("call"), &issue.call);
            if let Some(header) = &issue.idempotency_key {
                let known = self.parameters(&issue.call, Some(ParameterLocation::Header));
                self.known("header parameter", &at.join("issue").join("idempotency_key"), header, &known);
            }
        }
        for (name, token) in &kind.tokens {
            let at = at.join("tokens").join(&name.0);
            self.call(&at.join("exchange"), &token.exchange);
            self.presentations(&at.join("present"), &token.present);
            if let Some(probe) = &token.probe {
                self.probe(&at.join("probe"), probe);
            }
        }
        if let Some(probe) = &kind.probe {
            self.probe(&at.join("probe"), probe);
        }
        if let Some(listed) = &kind.listed {
            self.call(&at.join("listed").join("call"), &listed.call);
            if let Some(next) = &listed.next {
                let known = self.parameters(&listed.call, Some(ParameterLocation::Query));
                let at = at.join("listed").join("next");
                self.known("query parameter", &at.join("parameter"), &next.parameter, &known);
                if let Some(size) = &next.size {
                    self.known("query parameter", &at.join("size"), size, &known);
                }
            }
        }
        if let Some(revoke) = &kind.revoke {
            self.call(&at.join("revoke").join("call"), &revoke.call);
            for (name, way) in &revoke.ways {
                self.call(&at.join("revoke").join("ways").join(&name.0).join("call"), &way.call);
            }
        }
    }

    fn requirements(&mut self, at: &Pointer) {
        let mut seen = HashSet::new();
        for (index, requirement) in self.lifecycle.requirements.iter().enumerate() {
            let at = at.index(index);
            if !seen.insert(&requirement.id) {
                self.error(
                    &at.join("id"),
                    format!("the requirement {} stands here a second time", requirement.id),
                );
            }
            let ways = usize::from(!requirement.check.is_empty())
                + usize::from(requirement.pending.is_some())
                + usize::from(requirement.not_observed.is_some());
            if ways != 1 {
                let message = format!(
                    "the requirement {} has {ways} of `check`, `pending` and `not_observed`; it needs exactly one",
                    requirement.id
                );
                self.error(&at, message);
            }
            for (number, check) in requirement.check.iter().enumerate() {
                self.check(&at.join("check").index(number).join(check.id()), check);
            }
        }
    }

    fn check(&mut self, at: &Pointer, check: &CheckSpec) {
        if let Some(kind) = check.kind() {
            self.known("kind of credential", &at.join("of"), &kind.0, &self.kinds());
        } else if self.lifecycle.kind(None).is_none() {
            self.error(at, "no kind of credential can be issued and revoked; name one with `of`".to_owned());
        }
        let tokens = || -> Vec<String> {
            let kind = self.lifecycle.kind(check.kind());
            kind.map(|(_, kind)| kind.tokens.keys().map(|name| name.0.clone()).collect()).unwrap_or_default()
        };
        let dependents = || self.lifecycle.dependents.keys().map(|name| name.0.clone()).collect::<Vec<_>>();
        let callers = || self.lifecycle.callers.keys().map(|name| name.0.clone()).collect::<Vec<_>>();
        if let Some(means) = check.means() {
            self.means(at, check.kind(), means);
        }
        match check {
            CheckSpec::OutstandingTokens(with) => {
                self.known("kind of token", &at.join("token"), &with.token.0, &tokens());
            }
            CheckSpec::TokenLifetime(with) => {
                self.known("kind of token", &at.join("token"), &with.token.0, &tokens());
            }
            CheckSpec::ForeignCredential(with) => {
                if let Some(name) = with.by.caller() {
                    self.known("caller", &at.join("by").join("caller"), &name.0, &callers());
                }
                if let Some(name) = &with.guarded_by {
                    self.known("dependent", &at.join("guarded_by"), &name.0, &dependents());
                }
            }
            CheckSpec::HiddenIdentifiers(with) => {
                if let Some(name) = with.stranger.as_ref().and_then(Stranger::caller) {
                    self.known("caller", &at.join("stranger").join("caller"), &name.0, &callers());
                }
            }
            CheckSpec::Guard(with) => self.known("dependent", &at.join("by"), &with.by.0, &dependents()),
            CheckSpec::GuardLifted(with) => {
                self.known("dependent", &at.join("by"), &with.by.0, &dependents());
            }
            CheckSpec::RevokedReference(with) => {
                self.known("dependent", &at.join("by"), &with.by.0, &dependents());
            }
            CheckSpec::RacingReference(with) => {
                self.known("dependent", &at.join("by"), &with.by.0, &dependents());
            }
            CheckSpec::LastActive(with) => self.known("caller", &at.join("by"), &with.by.0, &callers()),
            CheckSpec::LastTwoActive(with) => self.known("caller", &at.join("by"), &with.by.0, &callers()),
            CheckSpec::RevokedByAnother(with) => {
                if let Some(name) = &with.by {
                    self.known("caller", &at.join("by"), &name.0, &callers());
                }
            }
            CheckSpec::UnauthorizedRevocation(with) => self.impostors(&at.join("with"), &with.with),
            CheckSpec::SecretShownOnce(with) => {
                for (index, call) in with.also.iter().enumerate() {
                    self.call(&at.join("also").index(index), call);
                }
            }
            CheckSpec::UseAfterRevocation(with) => {
                if let Some(name) = &with.then {
                    self.hook(&at.join("then"), name, "restart", |effect| *effect == HookEffect::Restart);
                }
                if let Some(name) = &with.held_by {
                    self.known("caller", &at.join("held_by"), &name.0, &callers());
                }
            }
            CheckSpec::OthersRevoked(with) => {
                let kind = self.lifecycle.kind(with.of.as_ref()).and_then(|(_, kind)| kind.revoke.as_ref());
                let way = with.by.way().and_then(|name| kind?.ways.get(name));
                if way.is_none_or(|way| way.ends != Ends::All) {
                    self.error(&at.join("by"), "a way with `ends: all` is needed here".to_owned());
                }
            }
            CheckSpec::CallAfterRevocation(with) => {
                self.call(&at.join("call"), &with.call);
            }
            CheckSpec::UseDuringOutage(with) => {
                let outage = |effect: &HookEffect| matches!(effect, HookEffect::OutageUntil(_));
                self.hook(&at.join("during"), &with.during, "outage-until", outage);
            }
            _ => {}
        }
    }

    /// Whoever must not do: the caller is known, and what it holds gives such a token.
    fn impostors(&mut self, at: &Pointer, impostors: &[Impostor]) {
        for (index, impostor) in impostors.iter().enumerate() {
            let Impostor::TokenOf { caller, token } = impostor else { continue };
            let at = at.index(index).join("token-of");
            let callers: Vec<String> = self.lifecycle.callers.keys().map(|name| name.0.clone()).collect();
            self.known("caller", &at.join("caller"), &caller.0, &callers);
            let holds = self.lifecycle.callers.get(caller).map(|caller| &caller.holds);
            let kind = holds.and_then(|kind| self.lifecycle.credentials.get(kind));
            if let Some(kind) = kind {
                let tokens: Vec<String> = kind.tokens.keys().map(|name| name.0.clone()).collect();
                self.known("kind of token", &at.join("token"), &token.0, &tokens);
            }
        }
    }

    fn means(&mut self, at: &Pointer, of: Option<&KindName>, means: &Means) {
        if let Means::Hook(name) = means {
            let kind = self.lifecycle.kind(of).map(|(name, _)| name);
            let revokes = |effect: &HookEffect| matches!(effect, HookEffect::Revoke(of) if Some(of) == kind);
            let wanted = kind.map_or_else(|| "revoke".to_owned(), |kind| format!("revoke: {kind}"));
            self.hook(&at.join("by").join("hook"), name, &wanted, revokes);
        }
        if let Means::Way(name) = means {
            let revoke = self.lifecycle.kind(of).and_then(|(_, kind)| kind.revoke.as_ref());
            let ways = revoke.into_iter().flat_map(|revoke| revoke.ways.keys());
            let known: Vec<String> = ways.map(|name| name.0.clone()).collect();
            self.known("way to revoke", &at.join("by").join("way"), &name.0, &known);
        }
    }

    /// A hook has to be one of the document's, and to do what is wanted of it.
    fn hook(&mut self, at: &Pointer, name: &HookName, wanted: &str, fits: impl Fn(&HookEffect) -> bool) {
        let hooks: Vec<String> = self.lifecycle.hooks.keys().map(|name| name.0.clone()).collect();
        self.known("hook", at, &name.0, &hooks);
        if let Some(hook) = self.lifecycle.hooks.get(name)
            && !fits(&hook.does)
        {
            self.error(at, format!("a hook that does `{wanted}` is needed here, and `{name}` does not"));
        }
    }

    /// Every `$supplied.NAME` and `$obtained.NAME.VALUE` has to be one of the document's.
    fn named_values(&mut self, at: &Pointer, expressions: Vec<Expression>) {
        for expression in expressions {
            match expression {
                Expression::Supplied(name) => {
                    let known: Vec<String> =
                        self.lifecycle.supplied.keys().map(|name| name.0.clone()).collect();
                    self.known("supplied value", at, &name, &known);
                }
                Expression::Obtained(name, value) => {
                    let all = &self.lifecycle.obtained;
                    let known: Vec<String> = all.keys().map(|name| name.0.clone()).collect();
                    self.known("obtained value", at, &name, &known);
                    if let Some(obtained) = all.get(&ObtainedName(name)) {
                        let known: Vec<String> = obtained.values.keys().cloned().collect();
                        self.known("value", at, &value, &known);
                    }
                }
                _ => {}
            }
        }
    }

    fn obtained(&mut self, at: &Pointer, obtained: &Obtained) {
        let at = at.join("call");
        self.call(&at, &obtained.call);
        if obtained.call.expressions().any(|expression| matches!(expression, Expression::Obtained(..))) {
            self.error(&at, "what is obtained cannot need something that is obtained".to_owned());
        }
        if obtained.call.actor == Actor::Token {
            self.error(&at.join("as"), "it is made by a caller, `$credential` or `nobody`".to_owned());
        }
    }

    fn probe(&mut self, at: &Pointer, probe: &Probe) {
        self.call(&at.join("call"), &probe.call);
    }

    fn action(&mut self, at: &Pointer, action: &Action) {
        self.call(&at.join("call"), &action.call);
    }

    fn call(&mut self, at: &Pointer, call: &Call) {
        let operations: Vec<String> =
            self.operations.iter().map(|operation| operation.id.0.clone()).collect();
        self.known("operation", &at.join("operation"), &call.operation.0, &operations);
        if let Actor::Caller(name) = &call.actor {
            let callers = self.lifecycle.callers.keys().map(|name| name.0.clone());
            let known: Vec<String> =
                callers.chain(["nobody", "$credential", "$token"].map(str::to_owned)).collect();
            self.known("caller", &at.join("as"), &name.0, &known);
        }
        let Some(operation) = self.operations.iter().find(|operation| operation.id == call.operation) else {
            return;
        };
        if let Some(body) = &call.body {
            self.named_values(&at.join("body"), body.expressions());
        }
        let parameters = self.parameters(call, None);
        for (name, value) in &call.parameters {
            self.named_values(&at.join("parameters").join(name), value.expressions());
            self.known("parameter", &at.join("parameters").join(name), name, &parameters);
        }
        if call.body.is_some() && operation.request_body.is_none() {
            self.error(&at.join("body"), format!("the operation {} has no request body", operation.id));
        }
        for parameter in &operation.parameters {
            let given = call.parameters.keys().any(|name| name.eq_ignore_ascii_case(&parameter.name));
            if parameter.location == ParameterLocation::Path && !given {
                self.error(
                    at,
                    format!("the operation {} needs the path parameter `{}`", operation.id, parameter.name),
                );
            }
        }
    }

    fn presentations(&mut self, at: &Pointer, present: &indexmap::IndexMap<SchemeName, Presentation>) {
        for (name, presentation) in present {
            let at = at.join(&name.0);
            let known: Vec<String> = self.schemes.iter().map(|scheme| scheme.name.0.clone()).collect();
            self.known("security scheme", &at, &name.0, &known);
            self.named_values(&at, presentation.expressions().cloned().collect());
            let Some(scheme) = self.schemes.iter().find(|scheme| scheme.name == *name) else { continue };
            match (&scheme.kind, presentation) {
                (SchemeKind::Basic, Presentation::Value(_)) => {
                    self.error(&at, format!("{name} is Basic; it takes `username` and `password`"));
                }
                (SchemeKind::Bearer | SchemeKind::ApiKey { .. }, Presentation::Pair { .. }) => {
                    self.error(&at, format!("{name} takes one value, not `username` and `password`"));
                }
                _ => {}
            }
        }
    }

    fn parameters(&self, call: &Call, location: Option<ParameterLocation>) -> Vec<String> {
        let operation = self.operations.iter().find(|operation| operation.id == call.operation);
        let parameters = operation.into_iter().flat_map(|operation| &operation.parameters);
        parameters
            .filter(|parameter| location.is_none_or(|location| parameter.location == location))
            .map(|parameter| parameter.name.clone())
            .collect()
    }

    fn kinds(&self) -> Vec<String> {
        self.lifecycle.credentials.keys().map(|name| name.0.clone()).collect()
    }

    /// Records a mistake unless `found` is one of the known names.
    fn known(&mut self, what: &str, at: &Pointer, found: &str, known: &[String]) {
        if known.iter().any(|name| name == found) {
            return;
        }
        let help = match nearest(found, known.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None if known.is_empty() => format!("the contract documents no {what}"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.errors
            .push(self.document.diagnostic(at, format!("there is no {what} `{found}`")).with_help(help));
    }

    fn error(&mut self, at: &Pointer, message: String) {
        self.errors.push(self.document.diagnostic(at, message));
    }
}
