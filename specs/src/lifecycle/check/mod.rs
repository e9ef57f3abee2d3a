//! The lifecycle checks that a requirement can name, each with its parameters.
//!
//! The identifiers are words, never positions; the judge has one file for each.

mod guard;
mod issue;
mod outside;
mod race;
mod revocation;
mod stranger;

pub use guard::{Guard, GuardLifted, Lift, RevokedReference};
pub use issue::{
    Expiry, FirstUse, RefusedIssue, Reissue, Reissued, ReplayedIssue, SecretShownOnce, ThenIssue,
    UsableAfterIssue,
};
pub use outside::{CallAfterRevocation, UseDuringOutage};
pub use race::{ConcurrentRevocation, LastTwoActive, RacingReference, RacingUse, Successes};
pub use revocation::{
    AfterLast, BodyCase, LastActive, ListedAfterRevocation, ListedAs, Means, OthersRevoked, OthersUnaffected,
    OutstandingTokens, RepeatedRevocation, RevocationAnswer, RevocationBody, RevokedByAnother,
    SelfRevocation, Settles, TokenLifetime, Traffic, UseAfterRevocation,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use stranger::{
    ForeignCredential, HiddenIdentifiers, HiddenState, Impostor, Stranger, UnauthorizedRevocation,
};

use super::{Call, CallerName, Condition, HookName, KindName};

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident($parameters:ty) = $id:literal),* $(,)?) => {
        /// A lifecycle check with its parameters. In the document: `check: { use_after_revocation: { within: 5m } }`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum CheckSpec {
            $($(#[$doc])* $name($parameters),)*
        }

        impl CheckSpec {
            /// Every identifier, in report order.
            pub const IDS: &[&str] = &[$($id),*];

            /// The identifier: `use_after_revocation`.
            pub fn id(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $id,)*
                }
            }

            /// The kind of credential that the requirement is about; absent: the first that can be issued and revoked.
            pub fn kind(&self) -> Option<&KindName> {
                match self {
                    $(Self::$name(parameters) => parameters.of.as_ref(),)*
                }
            }
        }
    };
}

checks! {
    /// A credential works as soon as it is issued.
    UsableAfterIssue(UsableAfterIssue) = "usable_after_issue",
    /// The answer to the issue of a credential.
    IssueAnswer(AnswerOf) = "issue_answer",
    /// The answer to the revocation of a live credential.
    RevocationAnswer(RevocationAnswer) = "revocation_answer",
    /// A revoked credential is refused, in time and for good.
    UseAfterRevocation(UseAfterRevocation) = "use_after_revocation",
    /// Tokens that a credential gave before its revocation keep working until they expire.
    OutstandingTokens(OutstandingTokens) = "outstanding_tokens",
    /// No token lives longer than documented.
    TokenLifetime(TokenLifetime) = "token_lifetime",
    /// The answer to the second revocation of one credential.
    RepeatedRevocation(RepeatedRevocation) = "repeated_revocation",
    /// The answer to the revocation of a credential that does not exist.
    UnknownCredential(AnswerOf) = "unknown_credential",
    /// The answer to the revocation of somebody else's credential, which keeps working.
    ForeignCredential(ForeignCredential) = "foreign_credential",
    /// Identifiers in different states are answered alike, so that nobody learns which exist.
    HiddenIdentifiers(HiddenIdentifiers) = "hidden_identifiers",
    /// A revocation with a missing or wrong credential is refused and changes nothing.
    UnauthorizedRevocation(UnauthorizedRevocation) = "unauthorized_revocation",
    /// A revocation whose body breaks the contract is refused and changes nothing; every documented body is accepted.
    RevocationBody(RevocationBody) = "revocation_body",
    /// Revoking one credential leaves the others alone.
    OthersUnaffected(OthersUnaffected) = "others_unaffected",
    /// Revoking one credential in a way that ends all ends the others of its holder.
    OthersRevoked(OthersRevoked) = "others_revoked",
    /// A credential can be revoked by one that did not issue it.
    RevokedByAnother(RevokedByAnother) = "revoked_by_another",
    /// A credential can revoke itself.
    SelfRevocation(SelfRevocation) = "self_revocation",
    /// A secret is shown once and never again.
    SecretShownOnce(SecretShownOnce) = "secret_shown_once",
    /// What the list shows of a credential before and after its revocation.
    ListedAfterRevocation(ListedAfterRevocation) = "listed_after_revocation",
    /// Issuing again after a revocation.
    Reissue(Reissue) = "reissue",
    /// Issuing a live credential a second time.
    RepeatedIssue(AnswerOf) = "repeated_issue",
    /// Replaying the issuing call with its idempotency key after the revocation revives nothing.
    ReplayedIssue(ReplayedIssue) = "replayed_issue",
    /// The method and path that the issuing answer names do revoke.
    SelfDescribedRevocation(AnswerOf) = "self_described_revocation",
    /// An issue that the contract refuses creates nothing.
    RefusedIssue(RefusedIssue) = "refused_issue",
    /// A credential past its expiry is refused.
    Expiry(Expiry) = "expiry",
    /// A credential that something refers to is not revoked.
    Guard(Guard) = "guard",
    /// Removing the references lifts the guard.
    GuardLifted(GuardLifted) = "guard_lifted",
    /// Nothing can refer to a revoked credential any more.
    RevokedReference(RevokedReference) = "revoked_reference",
    /// The only active credential of a caller is not revoked.
    LastActive(LastActive) = "last_active",
    /// Several revocations of one credential at once.
    ConcurrentRevocation(ConcurrentRevocation) = "concurrent_revocation",
    /// A credential is used without pause while it is revoked.
    RacingUse(RacingUse) = "racing_use",
    /// A credential is revoked while something is made to refer to it.
    RacingReference(RacingReference) = "racing_reference",
    /// The last two active credentials of a caller are revoked at once; one of them survives.
    LastTwoActive(LastTwoActive) = "last_two_active",
    /// A use while the deployment cannot look up credentials says nothing of the credential.
    UseDuringOutage(UseDuringOutage) = "use_during_outage",
    /// A call that has nothing to do with a revocation is answered after it as ever.
    CallAfterRevocation(CallAfterRevocation) = "call_after_revocation",
}

impl CheckSpec {
    /// The answers to the revoking call that this check tells apart, the recommended one not counted.
    pub fn revocation_answers(&self) -> &[Condition] {
        match self {
            Self::RevocationAnswer(with) if with.by.is_call() => &with.answer,
            Self::UnknownCredential(with) | Self::SelfDescribedRevocation(with) => &with.answer,
            Self::RepeatedRevocation(with) => &with.answer,
            Self::ForeignCredential(with) => &with.answer,
            Self::UnauthorizedRevocation(with) => &with.answer,
            Self::RevocationBody(with) => &with.answer,
            Self::SelfRevocation(with) => &with.answer,
            Self::Guard(with) => &with.answer,
            Self::LastActive(with) => &with.answer,
            Self::LastTwoActive(with) => &with.answer,
            Self::ConcurrentRevocation(with) => &with.others,
            _ => &[],
        }
    }

    /// The callers that it needs beside whoever issues and revokes.
    pub fn callers(&self) -> Vec<&CallerName> {
        match self {
            Self::ForeignCredential(with) => with.by.caller().into_iter().collect(),
            Self::HiddenIdentifiers(with) => {
                with.stranger.as_ref().and_then(Stranger::caller).into_iter().collect()
            }
            Self::UnauthorizedRevocation(with) => with.with.iter().filter_map(Impostor::caller).collect(),
            Self::RevokedByAnother(with) => with.by.iter().collect(),
            Self::UseAfterRevocation(with) => with.held_by.iter().collect(),
            Self::LastActive(with) => vec![&with.by],
            Self::LastTwoActive(with) => vec![&with.by],
            Self::CallAfterRevocation(with) => with.call.actor.caller().into_iter().collect(),
            Self::SecretShownOnce(with) => with.also.iter().filter_map(|call| call.actor.caller()).collect(),
            _ => Vec::new(),
        }
    }

    /// The calls of its own that it makes.
    pub fn calls(&self) -> &[Call] {
        match self {
            Self::CallAfterRevocation(with) => std::slice::from_ref(&with.call),
            Self::SecretShownOnce(with) => &with.also,
            _ => &[],
        }
    }

    /// The caller whose own credential it uses up.
    pub fn uses_up(&self) -> Option<&CallerName> {
        match self {
            Self::UseAfterRevocation(with) => with.held_by.as_ref(),
            Self::LastActive(with) if with.then == AfterLast::Restored => Some(&with.by),
            Self::LastTwoActive(with) => Some(&with.by),
            _ => None,
        }
    }

    /// How it revokes, where that can be chosen.
    pub fn means(&self) -> Option<&Means> {
        match self {
            Self::UseAfterRevocation(with) => Some(&with.by),
            Self::RevocationAnswer(with) => Some(&with.by),
            Self::RepeatedRevocation(with) => Some(&with.by),
            Self::OthersUnaffected(with) => Some(&with.by),
            Self::OthersRevoked(with) => Some(&with.by),
            Self::OutstandingTokens(with) => Some(&with.by),
            Self::ListedAfterRevocation(with) => Some(&with.by),
            Self::Reissue(with) => Some(&with.by),
            Self::CallAfterRevocation(with) => Some(&with.by),
            _ => None,
        }
    }

    /// The hooks that it needs.
    pub fn hooks(&self) -> Vec<&HookName> {
        let further = match self {
            Self::UseAfterRevocation(with) => with.then.as_ref(),
            Self::UseDuringOutage(with) => Some(&with.during),
            _ => None,
        };
        self.means().and_then(Means::hook).into_iter().chain(further).collect()
    }
}

/// A check that needs no parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfKind {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
}

/// What an answer has to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerOf {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// An empty object, where a case needs no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
