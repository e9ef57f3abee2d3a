//! What the rules walk over: every call, every condition on an answer and every place that a value is taken from, each
//! with where it stands.

use crate::lifecycle::{
    Action, Call, CheckSpec, Condition, CredentialKind, Dependent, JsonTemplate, KindName, Lifecycle,
    TokenKind,
};
use crate::{Contract, Diagnostic, Document, Operation, OperationId, Pointer, Severity};

use super::Rule;

/// A document, and what was found in it.
pub(super) struct Survey<'c> {
    pub(super) contract: &'c Contract,
    pub(super) lifecycle: &'c Lifecycle,
    pub(super) document: &'c Document,
    rule: Option<&'static Rule>,
    found: Vec<Diagnostic>,
}

/// A call and where it stands.
pub(super) struct CallAt<'c> {
    pub(super) at: Pointer,
    pub(super) call: &'c Call,
    /// The kind of credential that it is about.
    pub(super) kind: Option<&'c CredentialKind>,
    /// The kind of token that it is about.
    pub(super) token: Option<&'c TokenKind>,
}

/// A condition on an answer and where it stands.
pub(super) struct ConditionAt<'c> {
    pub(super) at: Pointer,
    pub(super) condition: &'c Condition,
    /// The operation that is answered, where it is known.
    pub(super) operation: Option<&'c Operation>,
    /// What it is for.
    pub(super) role: Role,
}

/// What a condition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It says what an answer means: success, acceptance, refusal.
    Meaning,
    /// It lists answers that a requirement allows.
    Allowance,
}

impl<'c> Survey<'c> {
    pub(super) fn new(contract: &'c Contract, lifecycle: &'c Lifecycle, document: &'c Document) -> Self {
        Self { contract, lifecycle, document, rule: None, found: Vec::new() }
    }

    pub(super) fn run(&mut self, rule: &'static Rule) {
        self.rule = Some(rule);
        (rule.check)(self);
    }

    /// What was found, in the order of the text.
    pub(super) fn done(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|one, other| one.in_text().cmp(&other.in_text()));
        self.found
    }

    /// Records what the rule found at a value.
    pub(super) fn find(&mut self, at: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.add(self.document.diagnostic(at, message).with_help(help));
    }

    /// Records what the rule found at a key.
    pub(super) fn find_key(&mut self, at: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.add(self.document.diagnostic(at, message).with_help(help).at_key());
    }

    /// Records what the rule found in the OpenAPI document.
    pub(super) fn find_in_openapi(
        &mut self,
        at: &Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(self.contract.document().diagnostic(at, message).with_help(help).at_key());
    }

    fn add(&mut self, diagnostic: Diagnostic) {
        let Some(rule) = self.rule else { return };
        let diagnostic =
            if rule.severity == Severity::Warning { diagnostic.as_warning() } else { diagnostic };
        self.found.push(diagnostic.found_by(rule.id));
    }

    pub(super) fn operation(&self, id: &OperationId) -> Option<&'c Operation> {
        self.contract.operation(id)
    }

    /// Whether the document says that not every answer of an operation is documented.
    pub(super) fn incomplete(&self, operation: &Operation) -> bool {
        self.lifecycle.incomplete.contains_key(&operation.id)
    }

    /// The kinds of credential.
    pub(super) fn kinds(
        &self,
    ) -> impl Iterator<Item = (Pointer, &'c KindName, &'c CredentialKind)> + use<'c> {
        let root = Pointer::root().join("credentials");
        self.lifecycle.credentials.iter().map(move |(name, kind)| (root.join(&name.0), name, kind))
    }

    /// The dependents.
    pub(super) fn dependents(&self) -> impl Iterator<Item = (Pointer, &'c Dependent)> + use<'c> {
        let root = Pointer::root().join("dependents");
        self.lifecycle.dependents.iter().map(move |(name, dependent)| (root.join(&name.0), dependent))
    }

    /// The checks of all requirements.
    pub(super) fn checks(&self) -> Vec<(Pointer, &'c CheckSpec)> {
        let root = Pointer::root().join("requirements");
        let requirements = self.lifecycle.requirements.iter().enumerate();
        let checks = requirements.flat_map(|(index, requirement)| {
            let at = root.index(index).join("check");
            let checks = requirement.check.iter().enumerate();
            checks.map(move |(number, check)| (at.index(number).join(check.id()), check)).collect::<Vec<_>>()
        });
        checks.collect()
    }

    /// Every call.
    pub(super) fn calls(&self) -> Vec<CallAt<'c>> {
        let mut calls = Vec::new();
        for (at, _, kind) in self.kinds() {
            let mut add = |at: Pointer, call: &'c Call, token: Option<&'c TokenKind>| {
                calls.push(CallAt { at, call, kind: Some(kind), token });
            };
            if let Some(issue) = &kind.issue {
                add(at.join("issue").join("call"), &issue.call, None);
            }
            for (name, token) in &kind.tokens {
                let at = at.join("tokens").join(&name.0);
                add(at.join("exchange"), &token.exchange, None);
                if let Some(probe) = &token.probe {
                    add(at.join("probe").join("call"), &probe.call, Some(token));
                }
            }
            if let Some(probe) = &kind.probe {
                add(at.join("probe").join("call"), &probe.call, None);
            }
            if let Some(listed) = &kind.listed {
                add(at.join("listed").join("call"), &listed.call, None);
            }
            if let Some(revoke) = &kind.revoke {
                add(at.join("revoke").join("call"), &revoke.call, None);
                for (name, way) in &revoke.ways {
                    add(at.join("revoke").join("ways").join(&name.0).join("call"), &way.call, None);
                }
            }
        }
        for (name, obtained) in &self.lifecycle.obtained {
            let at = Pointer::root().join("obtained").join(&name.0).join("call");
            calls.push(CallAt { at, call: &obtained.call, kind: None, token: None });
        }
        let kind = self.lifecycle.kind(None).map(|(_, kind)| kind);
        for (at, dependent) in self.dependents() {
            for (name, action) in actions(dependent) {
                calls.push(CallAt { at: at.join(name).join("call"), call: &action.call, kind, token: None });
            }
        }
        for (at, check) in self.checks() {
            let kind = self.lifecycle.kind(check.kind()).map(|(_, kind)| kind);
            for (number, call) in check.calls().iter().enumerate() {
                let at = match check {
                    CheckSpec::CallAfterRevocation(_) => at.join("call"),
                    _ => at.join("also").index(number),
                };
                calls.push(CallAt { at, call, kind, token: None });
            }
        }
        calls
    }

    /// Every condition on an answer.
    pub(super) fn conditions(&self) -> Vec<ConditionAt<'c>> {
        let mut conditions = Vec::new();
        let mut add = |at: Pointer, condition: &'c Condition, operation: Option<&OperationId>, role: Role| {
            let operation = operation.and_then(|id| self.contract.operation(id));
            conditions.push(ConditionAt { at, condition, operation, role });
        };
        for (at, _, kind) in self.kinds() {
            if let Some(issue) = &kind.issue {
                add(
                    at.join("issue").join("success"),
                    &issue.success,
                    Some(&issue.call.operation),
                    Role::Meaning,
                );
            }
            if let Some(revoke) = &kind.revoke {
                add(
                    at.join("revoke").join("success"),
                    &revoke.success,
                    Some(&revoke.call.operation),
                    Role::Meaning,
                );
                for (name, way) in &revoke.ways {
                    let at = at.join("revoke").join("ways").join(&name.0).join("success");
                    add(at, &way.success, Some(&way.call.operation), Role::Meaning);
                }
            }
            for (name, token) in &kind.tokens {
                let at = at.join("tokens").join(&name.0);
                add(at.join("success"), &token.success, Some(&token.exchange.operation), Role::Meaning);
                if let Some(probe) = &token.probe {
                    let operation = Some(&probe.call.operation);
                    add(at.join("probe").join("accepted"), &probe.accepted, operation, Role::Meaning);
                    add(at.join("probe").join("refused"), &probe.refused, operation, Role::Meaning);
                }
            }
            if let Some(probe) = &kind.probe {
                let operation = Some(&probe.call.operation);
                add(at.join("probe").join("accepted"), &probe.accepted, operation, Role::Meaning);
                add(at.join("probe").join("refused"), &probe.refused, operation, Role::Meaning);
            }
        }
        for (at, dependent) in self.dependents() {
            for (name, action) in actions(dependent) {
                add(
                    at.join(name).join("success"),
                    &action.success,
                    Some(&action.call.operation),
                    Role::Meaning,
                );
            }
        }
        for (at, check) in self.checks() {
            for answer in self.answers(check) {
                let place = answer.path.iter().fold(at.clone(), |at, step| at.join(step));
                add(place, answer.condition, answer.operation, Role::Allowance);
            }
        }
        conditions
    }

    /// The conditions of a check.
    fn answers(&self, check: &'c CheckSpec) -> Vec<Answer<'c>> {
        let kind = self.lifecycle.kind(check.kind()).map(|(_, kind)| kind);
        let issue = kind.and_then(|kind| Some(&kind.issue.as_ref()?.call.operation));
        let revoke = kind.and_then(|kind| Some(&kind.revoke.as_ref()?.call.operation));
        let probe = kind.and_then(|kind| Some(&kind.probe.as_ref()?.call.operation));
        let mut all = Vec::new();
        let mut several = |name: &str, conditions: &'c [Condition], operation: Option<&'c OperationId>| {
            all.extend(conditions.iter().enumerate().map(|(number, condition)| Answer {
                path: vec![name.to_owned(), number.to_string()],
                condition,
                operation,
            }));
        };
        let word = if matches!(check, CheckSpec::ConcurrentRevocation(_)) { "others" } else { "answer" };
        several(word, check.revocation_answers(), revoke);
        let mut further = Vec::new();
        match check {
            CheckSpec::IssueAnswer(with) | CheckSpec::RepeatedIssue(with) => {
                several("answer", &with.answer, issue);
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, issue)));
            }
            CheckSpec::Reissue(with) => several("answer", &with.answer, issue),
            CheckSpec::RefusedIssue(with) => several("answer", &with.answer, issue),
            CheckSpec::CallAfterRevocation(with) => {
                several("answer", &with.answer, Some(&with.call.operation));
            }
            CheckSpec::UseDuringOutage(with) => several("answer", &with.answer, probe),
            CheckSpec::RevokedReference(with) => {
                let dependent = self.lifecycle.dependents.get(&with.by);
                several("answer", &with.answer, dependent.map(|known| &known.create.call.operation));
            }
            CheckSpec::UseAfterRevocation(with) => {
                // Another caller's credential may be of another kind, with another probe.
                let probe = probe.filter(|_| with.held_by.is_none());
                further.extend(with.refused.as_ref().map(|one| ("refused", one, probe)));
            }
            CheckSpec::Expiry(with) => {
                further.extend(with.refused.as_ref().map(|one| ("refused", one, probe)));
            }
            CheckSpec::TokenLifetime(with) => {
                let token = kind.and_then(|kind| kind.tokens.get(&with.token));
                let probe = token.and_then(|token| Some(&token.probe.as_ref()?.call.operation));
                further.extend(with.refused.as_ref().map(|one| ("refused", one, probe)));
            }
            CheckSpec::RevocationAnswer(with) => {
                let way = with.by.way().and_then(|name| kind?.revoke.as_ref()?.ways.get(name));
                let operation = way.map(|way| &way.call.operation).or(revoke);
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, operation)));
            }
            CheckSpec::UnknownCredential(with) | CheckSpec::SelfDescribedRevocation(with) => {
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, revoke)));
            }
            CheckSpec::RepeatedRevocation(with) => {
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, revoke)));
            }
            CheckSpec::UnauthorizedRevocation(with) => {
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, revoke)));
            }
            CheckSpec::LastActive(with) => {
                further.extend(with.preferred.as_ref().map(|one| ("preferred", one, revoke)));
            }
            _ => {}
        }
        all.extend(further.into_iter().map(|(name, condition, operation)| Answer {
            path: vec![name.to_owned()],
            condition,
            operation,
        }));
        all
    }
}

/// A condition of a check, and where it stands below it.
struct Answer<'c> {
    path: Vec<String>,
    condition: &'c Condition,
    operation: Option<&'c OperationId>,
}

/// The actions of a dependent.
pub(super) fn actions(dependent: &Dependent) -> Vec<(&'static str, &Action)> {
    let always = [("create", Some(&dependent.create)), ("read", Some(&dependent.read))];
    let rest = [
        ("repoint", dependent.repoint.as_ref()),
        ("clear", dependent.clear.as_ref()),
        ("delete", Some(&dependent.delete)),
    ];
    always.into_iter().chain(rest).filter_map(|(name, action)| Some((name, action?))).collect()
}

/// The templates of the parameters and the body of a call, with where they stand.
pub(super) fn templates<'c>(at: &Pointer, call: &'c Call) -> Vec<(Pointer, &'c JsonTemplate)> {
    let parameters = call.parameters.iter();
    let parameters = parameters.map(|(name, value)| (at.join("parameters").join(name), value));
    parameters.chain(call.body.as_ref().map(|body| (at.join("body"), body))).collect()
}
