//! One kind of credential: what the lifecycle document says of it, gathered from its roles and its requirements.

use std::time::Duration;

use http::StatusCode;
use rescind_specs::lifecycle::{
    CallerName, CheckSpec, Condition, CredentialKind, Expression, HiddenState, Impostor, JsonTemplate,
    KindName, Lifecycle, Means, Reissued, StatusSet, Stranger, Way,
};
use rescind_specs::{Contract, OperationId, Pointer};
use serde_json::Value;

use super::asked::{collect, places};
use super::form::Demands;
use crate::store::{Collection, Guard, Names};

/// A kind of credential as the mock keeps it.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: KindName,
    pub(super) spec: CredentialKind,
    pub(super) collection: Collection,
    /// Whether its pairs come from elsewhere and are only registered here.
    pub(super) origin: Origin,
    /// Places of the issuing body whose values only one live credential may have.
    pub(super) unique: Vec<Pointer>,
    /// What a revoked credential means for who asks for the same again.
    after_revocation: Reissued,
    pub(super) removal: Removal,
    pub(super) guard: Guard,
    /// How long the answer to an issue is kept for its idempotency key.
    pub(super) keep: Duration,
    /// Members of a list that tell of the last use.
    pub(super) moves: Vec<Pointer>,
    /// Places of list items and answers that name a dependent that is in the way.
    pub(super) names_dependent: Option<Pointer>,
    /// Tokens that do not do for a revocation.
    pub(super) not_for_revoking: Vec<String>,
    /// Callers of other tenants.
    pub(super) strangers: Vec<CallerName>,
    /// Callers whose credential a run may use up.
    pub(super) expendable: Vec<CallerName>,
    demands: Vec<(Cause, Vec<Condition>)>,
    /// Refusals within a success, which only the call that probes has.
    mild: Vec<(OperationId, Condition)>,
    /// Causes that nobody is to tell apart.
    alike: Vec<Vec<Cause>>,
    /// Members of an issuing body that are refused, with the answers.
    pub(super) refused: Vec<(Value, Vec<Condition>)>,
}

/// Where the secrets of a kind come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// They are made when a credential is issued, or chosen by whoever asks.
    Here,
    /// Pairs are made elsewhere, and registered.
    Pool,
}

/// What a revocation leaves of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// It is marked.
    Mark,
    /// It is gone, unless something refers to it.
    Delete,
}

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A credential was issued.
    Issued,
    /// A credential was revoked.
    Revoked,
    /// No credential was presented.
    Missing,
    /// What was presented is nobody's.
    Unknown,
    /// The secret is another one.
    WrongSecret,
    /// What was presented was revoked.
    Dead,
    /// What was presented is past its expiry.
    Expired,
    /// A token past its expiry.
    ExpiredToken,
    /// A token that is meant for something else.
    NotMeant,
    /// The identifier is nobody's.
    UnknownId,
    /// It is somebody else's.
    ForeignId,
    /// It was revoked before.
    Repeated,
    /// Something refers to it.
    InUse,
    /// It is the last one.
    LastActive,
    /// The same is issued already.
    Taken,
    /// The same was issued and revoked.
    Spent,
    /// The body of a revocation breaks the contract.
    BadBody,
    /// The key of a repeated call was used for another one.
    KeyReused,
    /// The pair was not made by whoever makes them.
    NotGenuine,
    /// A reference to what is not there.
    BadReference,
    /// No dependent has this identifier.
    UnknownDependent,
}

impl Cause {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Missing, "missing"),
        (Self::Unknown, "unknown"),
        (Self::WrongSecret, "wrong-secret"),
        (Self::Dead, "revoked"),
        (Self::Expired, "expired"),
        (Self::ExpiredToken, "expired-token"),
        (Self::NotMeant, "not-meant"),
    ];

    /// The status where the document gives none.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Issued | Self::Revoked => StatusCode::OK,
            Self::Missing
            | Self::Unknown
            | Self::WrongSecret
            | Self::Dead
            | Self::Expired
            | Self::ExpiredToken
            | Self::NotMeant => StatusCode::UNAUTHORIZED,
            Self::UnknownId | Self::ForeignId | Self::Repeated | Self::UnknownDependent => {
                StatusCode::NOT_FOUND
            }
            Self::InUse | Self::LastActive | Self::Taken | Self::Spent => StatusCode::CONFLICT,
            Self::BadBody => StatusCode::BAD_REQUEST,
            Self::KeyReused | Self::BadReference => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotGenuine => StatusCode::FORBIDDEN,
        }
    }

    /// What is wrong, in words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Issued | Self::Revoked => "It is done.",
            Self::Missing => "A credential is missing.",
            Self::Unknown | Self::WrongSecret => "The credential is not accepted.",
            Self::Dead => "The credential is revoked.",
            Self::Expired => "The credential has expired.",
            Self::ExpiredToken => "The token has expired.",
            Self::NotMeant => "The token is not meant for this.",
            Self::UnknownId | Self::ForeignId | Self::Repeated => "There is no such credential.",
            Self::InUse => "Something refers to this credential.",
            Self::LastActive => "This is the last active credential.",
            Self::Taken => "There is one like this already.",
            Self::Spent => "There was one like this, and it is revoked.",
            Self::BadBody => "The body is not as documented.",
            Self::KeyReused => "The idempotency key was used for another request.",
            Self::NotGenuine => "The secret does not belong to this identifier.",
            Self::BadReference => "There is no such credential to refer to.",
            Self::UnknownDependent => "There is no record with this identifier.",
        }
    }

    /// The word by which the answer to a refused credential is found again.
    pub(super) fn word(self, kind: usize) -> String {
        let word = Self::ALL.iter().find(|(known, _)| *known == self).map_or("unknown", |(_, word)| *word);
        format!("{word} {kind}")
    }

    pub(super) fn from_word(text: &str) -> Option<(usize, Self)> {
        let (word, kind) = text.split_once(' ')?;
        let (cause, _) = Self::ALL.iter().find(|(_, known)| *known == word)?;
        Some((kind.parse().ok()?, *cause))
    }
}

impl Kind {
    pub(super) fn new(
        contract: &Contract,
        lifecycle: &Lifecycle,
        name: &KindName,
        spec: &CredentialKind,
    ) -> Self {
        let mut kind = Self {
            name: name.clone(),
            spec: spec.clone(),
            collection: Collection::named(contract.name(), &name.0),
            origin: Origin::Here,
            unique: Vec::new(),
            after_revocation: Reissued::Refusal,
            removal: Removal::Mark,
            guard: Guard::None,
            keep: Duration::from_hours(24),
            moves: Vec::new(),
            names_dependent: None,
            not_for_revoking: Vec::new(),
            strangers: Vec::new(),
            expendable: Vec::new(),
            demands: Vec::new(),
            mild: Vec::new(),
            alike: Vec::new(),
            refused: Vec::new(),
        };
        let is_default = lifecycle.kind(None).is_some_and(|(default, _)| default == name);
        if let Some(issue) = &spec.issue {
            kind.demand(Cause::Issued, [issue.success.clone()]);
            if !places(&issue.call, &Expression::PoolId).is_empty() {
                kind.origin = Origin::Pool;
            }
        }
        if let Some(revoke) = &spec.revoke {
            kind.demand(Cause::Revoked, [revoke.success.clone()]);
        }
        for probe in spec.probe.iter().chain(spec.tokens.values().filter_map(|token| token.probe.as_ref())) {
            let succeeds = |set: &StatusSet| (200..300).any(|status| set.contains(status));
            if probe.refused.status.as_ref().is_some_and(succeeds) {
                kind.mild.push((probe.call.operation.clone(), probe.refused.clone()));
                continue;
            }
            for cause in
                [Cause::Unknown, Cause::WrongSecret, Cause::Dead, Cause::Expired, Cause::ExpiredToken]
            {
                kind.demand(cause, [probe.refused.clone()]);
            }
        }
        let checks = lifecycle.requirements.iter().flat_map(|requirement| &requirement.check);
        for check in checks.filter(|check| check.kind().map_or(is_default, |of| of == name)) {
            kind.learn(check);
        }
        kind.share_alike();
        let unguarded = kind
            .lists(Cause::LastActive)
            .iter()
            .all(|list| list.iter().any(|condition| kind.means_success(condition)));
        if !unguarded {
            kind.guard = Guard::KeepOneActive;
        }
        // Whoever issues and revokes is at home.
        let actors = spec.issue.iter().map(|issue| &issue.call.actor);
        let actors = actors.chain(spec.revoke.iter().map(|revoke| &revoke.call.actor));
        let home: Vec<&CallerName> = actors.filter_map(|actor| actor.caller()).collect();
        kind.strangers.retain(|caller| !home.contains(&caller));
        let is_referred_to = is_default && !lifecycle.dependents.is_empty();
        let is_gone = spec.listed.as_ref().is_some_and(|listed| listed.state.is_none());
        if is_referred_to || (is_gone && spec.present.is_empty()) {
            kind.removal = Removal::Delete;
        }
        kind
    }

    /// Takes in what a requirement says.
    fn learn(&mut self, check: &CheckSpec) {
        self.expendable.extend(check.uses_up().cloned());
        match check {
            CheckSpec::IssueAnswer(with) => {
                self.demand_either(Cause::Issued, &with.answer, with.preferred.as_ref());
            }
            CheckSpec::RevocationAnswer(with) if with.by == Means::Call => {
                self.demand_either(Cause::Revoked, &with.answer, with.preferred.as_ref());
            }
            CheckSpec::UseAfterRevocation(with) => self.demand(Cause::Dead, with.refused.clone()),
            CheckSpec::Expiry(with) => self.demand(Cause::Expired, with.refused.clone()),
            CheckSpec::TokenLifetime(with) => self.demand(Cause::ExpiredToken, with.refused.clone()),
            CheckSpec::RepeatedRevocation(with) => {
                self.demand_either(Cause::Repeated, &with.answer, with.preferred.as_ref());
            }
            CheckSpec::UnknownCredential(with) => {
                self.demand_either(Cause::UnknownId, &with.answer, with.preferred.as_ref());
            }
            CheckSpec::ForeignCredential(with) => {
                self.demand(Cause::ForeignId, with.answer.clone());
                self.strangers.extend(with.by.caller().cloned());
            }
            CheckSpec::HiddenIdentifiers(with) => {
                self.strangers.extend(with.stranger.as_ref().and_then(Stranger::caller).cloned());
                let cause = |state: &HiddenState| match state {
                    HiddenState::Unknown => Cause::UnknownId,
                    HiddenState::Foreign => Cause::ForeignId,
                    HiddenState::Revoked => Cause::Repeated,
                };
                self.alike.push(with.states.iter().map(cause).collect());
            }
            CheckSpec::UnauthorizedRevocation(with) => {
                for impostor in &with.with {
                    let cause = match impostor {
                        Impostor::Nobody | Impostor::Partial => Cause::Missing,
                        Impostor::Unknown | Impostor::BasicPair | Impostor::BareSecret => Cause::Unknown,
                        Impostor::WrongSecret => Cause::WrongSecret,
                        Impostor::Revoked => Cause::Dead,
                        Impostor::ExpiredToken => Cause::ExpiredToken,
                        Impostor::TokenOf { token, .. } => {
                            self.not_for_revoking.push(token.0.clone());
                            Cause::NotMeant
                        }
                    };
                    self.demand_either(cause, &with.answer, with.preferred.as_ref());
                }
            }
            CheckSpec::RevocationBody(with) => self.demand(Cause::BadBody, with.answer.clone()),
            CheckSpec::ListedAfterRevocation(with) => self.moves.extend(with.moves.iter().cloned()),
            CheckSpec::Reissue(with) if with.gives == Reissued::Refusal => {
                self.demand(Cause::Spent, with.answer.clone());
            }
            // What a name comes to after another kind of revocation is not told apart.
            CheckSpec::Reissue(with) if with.by == Means::Call => self.after_revocation = Reissued::Another,
            CheckSpec::RepeatedIssue(with) => {
                self.demand_either(Cause::Taken, &with.answer, with.preferred.as_ref());
                self.learn_unique();
            }
            CheckSpec::ReplayedIssue(with) => self.keep = with.window.duration(),
            CheckSpec::RefusedIssue(with) => self.learn_refused(&with.body, &with.answer),
            CheckSpec::Guard(with) => {
                self.demand(Cause::InUse, with.answer.clone());
                if self.names_dependent.is_none() {
                    self.names_dependent.clone_from(&with.names_dependent);
                }
            }
            CheckSpec::RevokedReference(with) => self.demand(Cause::BadReference, with.answer.clone()),
            CheckSpec::LastActive(with) => {
                self.demand_either(Cause::LastActive, &with.answer, with.preferred.as_ref());
                self.strangers.push(with.by.clone());
            }
            CheckSpec::LastTwoActive(with) => self.demand(Cause::LastActive, with.answer.clone()),
            _ => {}
        }
    }

    /// What only one live credential may have: whatever is different in each issuing call, but for the secret.
    fn learn_unique(&mut self) {
        let Some(issue) = &self.spec.issue else { return };
        let secret = issue.secret.as_ref().and_then(|template| match template.expressions().next() {
            Some(Expression::RequestBody(pointer)) => Some(pointer.clone()),
            _ => None,
        });
        let found = places(&issue.call, &Expression::Unique).into_iter().map(|(pointer, _)| pointer);
        self.unique = found.filter(|pointer| Some(pointer) != secret.as_ref()).collect();
    }

    /// A body that is refused for what it says, or because its pair was not made where they are made.
    fn learn_refused(&mut self, patch: &JsonTemplate, answer: &[Condition]) {
        let pool: Vec<Pointer> = self
            .spec
            .issue
            .iter()
            .flat_map(|issue| {
                [Expression::PoolId, Expression::PoolSecret]
                    .into_iter()
                    .flat_map(|wanted| places(&issue.call, &wanted))
            })
            .map(|(pointer, _)| pointer)
            .collect();
        let mut concerns_pool = false;
        collect(patch.as_value(), &Pointer::root(), &mut |pointer, _| {
            concerns_pool |= pool.contains(pointer);
        });
        if concerns_pool {
            self.demand(Cause::NotGenuine, answer.to_vec());
        } else {
            self.refused.push((patch.as_value().clone(), answer.to_vec()));
        }
    }

    fn demand(&mut self, cause: Cause, conditions: impl IntoIterator<Item = Condition>) {
        let list: Vec<Condition> = conditions.into_iter().collect();
        if !list.is_empty() {
            self.demands.push((cause, list));
        }
    }

    /// One of several, and among them one that meets the recommendation, if it can be met.
    fn demand_either(&mut self, cause: Cause, answer: &[Condition], preferred: Option<&Condition>) {
        self.demand(cause, answer.iter().cloned());
        if let Some(preferred) = preferred {
            self.demand(cause, std::iter::once(preferred.clone()).chain(answer.iter().cloned()));
        }
    }

    /// Lets everything that is said of one cause be said of those that are to look like it.
    fn share_alike(&mut self) {
        for alike in std::mem::take(&mut self.alike) {
            let (said, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.demands).into_iter().partition(|(cause, _)| alike.contains(cause));
            self.demands = others;
            for cause in alike {
                self.demands.extend(said.iter().map(|(_, list)| (cause, list.clone())));
            }
        }
    }

    /// Whether what was issued may be issued again.
    pub(super) fn names(&self) -> Names {
        match self.after_revocation {
            _ if self.unique.is_empty() => Names::Shared,
            Reissued::Another => Names::UniqueUntilRevoked,
            Reissued::Refusal => Names::Unique,
        }
    }

    fn lists(&self, cause: Cause) -> Vec<&Vec<Condition>> {
        self.demands.iter().filter(|(known, _)| *known == cause).map(|(_, list)| list).collect()
    }

    /// What is said of the answer for a cause.
    pub(super) fn demands(&self, cause: Cause, operation: &OperationId) -> Demands<'_> {
        let is_of_probe = matches!(
            cause,
            Cause::Unknown | Cause::WrongSecret | Cause::Dead | Cause::Expired | Cause::ExpiredToken
        );
        let mild = self.mild.iter().filter(|(known, _)| is_of_probe && known == operation);
        let lists = self.demands.iter().filter(|(known, _)| *known == cause);
        let lists = lists.map(|(_, list)| list.iter().collect());
        lists.chain(mild.map(|(_, condition)| vec![condition])).collect()
    }

    /// Whether anything is said of the answer for a cause.
    pub(super) fn speaks_of(&self, cause: Cause) -> bool {
        self.demands.iter().any(|(known, _)| *known == cause)
    }

    /// Why a credential is not issued whose identifier or name another one has.
    pub(super) fn cause_of_taken(&self, is_spent: bool) -> Cause {
        if is_spent && self.speaks_of(Cause::Spent) { Cause::Spent } else { Cause::Taken }
    }

    /// Whether an answer like this means that the credential was revoked.
    fn means_success(&self, condition: &Condition) -> bool {
        let wanted = self.spec.revoke.as_ref().and_then(|revoke| revoke.success.status.as_ref());
        match (wanted, &condition.status) {
            (Some(wanted), Some(said)) => said.patterns().iter().any(|pattern| match pattern {
                rescind_specs::StatusPattern::Exact(code) => wanted.contains(*code),
                rescind_specs::StatusPattern::Range(class) => *class == 2,
                rescind_specs::StatusPattern::Default => true,
            }),
            _ => true,
        }
    }

    /// Whether one credential of the kind may revoke itself only.
    pub(super) fn revokes_itself(&self) -> bool {
        use rescind_specs::lifecycle::Actor;

        let actor = self.spec.revoke.as_ref().map(|revoke| &revoke.call.actor);
        matches!(actor, Some(Actor::Credential | Actor::Token))
    }

    /// The further way to revoke that an operation is.
    pub(super) fn way_by(&self, operation: &OperationId) -> Option<&Way> {
        let mut ways = self.spec.revoke.iter().flat_map(|revoke| revoke.ways.values());
        ways.find(|way| way.call.operation == *operation)
    }

    pub(super) fn issues_by(&self, operation: &OperationId) -> bool {
        self.spec.issue.as_ref().is_some_and(|issue| issue.call.operation == *operation)
    }

    pub(super) fn revokes_by(&self, operation: &OperationId) -> bool {
        self.spec.revoke.as_ref().is_some_and(|revoke| revoke.call.operation == *operation)
    }

    pub(super) fn lists_by(&self, operation: &OperationId) -> bool {
        self.spec.listed.as_ref().is_some_and(|listed| listed.call.operation == *operation)
    }
}
