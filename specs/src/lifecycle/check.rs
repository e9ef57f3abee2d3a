//! The lifecycle checks that a requirement can name, each with its parameters.
//!
//! The identifiers are words, never positions; the judge has one file for each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CallerName, Condition, DependentName, JsonTemplate, KindName, Period, TokenName};

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
    RevocationAnswer(AnswerOf) = "revocation_answer",
    /// A revoked credential is refused, in time and for good.
    UseAfterRevocation(UseAfterRevocation) = "use_after_revocation",
    /// Tokens that a credential gave before its revocation keep working until they expire.
    OutstandingTokens(OutstandingTokens) = "outstanding_tokens",
    /// No token lives longer than documented.
    TokenLifetime(TokenLifetime) = "token_lifetime",
    /// The answer to the second revocation of one credential.
    RepeatedRevocation(AnswerOf) = "repeated_revocation",
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
    OthersUnaffected(OfKind) = "others_unaffected",
    /// A credential can be revoked by one that did not issue it.
    RevokedByAnother(RevokedByAnother) = "revoked_by_another",
    /// A credential can revoke itself.
    SelfRevocation(SelfRevocation) = "self_revocation",
    /// A secret is shown once and never again.
    SecretShownOnce(OfKind) = "secret_shown_once",
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
}

impl CheckSpec {
    /// The answers to the revoking call that this check tells apart, the recommended one not counted.
    pub fn revocation_answers(&self) -> &[Condition] {
        match self {
            Self::RevocationAnswer(with)
            | Self::RepeatedRevocation(with)
            | Self::UnknownCredential(with)
            | Self::SelfDescribedRevocation(with) => &with.answer,
            Self::ForeignCredential(with) => &with.answer,
            Self::UnauthorizedRevocation(with) => &with.answer,
            Self::RevocationBody(with) => &with.answer,
            Self::SelfRevocation(with) => &with.answer,
            Self::Guard(with) => &with.answer,
            Self::LastActive(with) => &with.answer,
            _ => &[],
        }
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

/// Parameters of `usable_after_issue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsableAfterIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// What happens before it is issued.
    #[serde(default)]
    pub first: FirstUse,
}

/// What happens to a credential before it is issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FirstUse {
    /// Nothing.
    #[default]
    Nothing,
    /// It is used and refused. Only where it is known beforehand, as one of the pool is.
    Refused,
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

/// Parameters of `use_after_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseAfterRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Longest time that it may still be accepted, counted from the answer to the revocation.
    pub within: Period,
    /// How long it is watched after that.
    pub watch: Period,
    /// How it is used until then.
    #[serde(default)]
    pub traffic: Traffic,
    /// From when on every use has to be refused.
    #[serde(default)]
    pub settles: Settles,
    /// What the refusal has to be like beyond the probe's own condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
}

/// How a credential is used around its revocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// A few uses, spread over the time watched.
    #[default]
    Steady,
    /// Uses so dense that each falls into the window that the one before could have renewed.
    Continuous,
    /// Never used before it is revoked.
    Unused,
}

/// From when on every use of a revoked credential has to be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Settles {
    /// From the bound on; before it, refused and accepted may alternate.
    #[default]
    AtBound,
    /// From the first refusal on, even before the bound.
    AtFirstRefusal,
}

/// Parameters of `outstanding_tokens`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutstandingTokens {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The kind of token.
    pub token: TokenName,
}

/// Parameters of `token_lifetime`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenLifetime {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The kind of token.
    pub token: TokenName,
    /// Longest life.
    pub at_most: Period,
    /// What the refusal after that should be like; another refusal is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
}

/// Parameters of `foreign_credential`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignCredential {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Who attempts it.
    pub by: Stranger,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// A dependent that refers to the credential meanwhile, so that the guard could show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarded_by: Option<DependentName>,
}

/// Who attempts to revoke a credential that is not its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stranger {
    /// Another credential of the same kind.
    Sibling,
    /// A caller of another tenant.
    Caller(CallerName),
}

/// Parameters of `hidden_identifiers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HiddenIdentifiers {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The states whose answers are compared in status, media type, header names and members.
    pub states: Vec<HiddenState>,
    /// Who asks about a foreign one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger: Option<Stranger>,
    /// JSON pointers whose values may differ, such as a detail text that repeats the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub except: Vec<crate::Pointer>,
}

/// A state that an identifier may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HiddenState {
    /// No credential ever had it.
    Unknown,
    /// It belongs to somebody else.
    Foreign,
    /// Its credential was revoked.
    Revoked,
}

/// Parameters of `unauthorized_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnauthorizedRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The credentials to try.
    pub with: Vec<Impostor>,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// A credential that must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Impostor {
    /// None at all.
    Nobody,
    /// Well formed, but nobody's.
    Unknown,
    /// A known identifier with a wrong secret.
    WrongSecret,
    /// Each one of several required values missing in turn.
    Partial,
    /// One that was revoked, past its propagation delay.
    Revoked,
    /// A token past its expiry.
    ExpiredToken,
    /// The credential's own identifier and secret as HTTP Basic, where a token is required.
    BasicPair,
    /// The credential's own secret as a bearer, where a token is required.
    BareSecret,
}

/// Parameters of `revocation_body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBody {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Bodies that revoke.
    pub accepted: Vec<BodyCase>,
    /// Bodies that are refused.
    pub rejected: Vec<BodyCase>,
    /// Answers to those that are refused.
    pub answer: Vec<Condition>,
}

/// One body of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyCase {
    /// No body at all.
    Absent(Nothing),
    /// This JSON value.
    Json(JsonTemplate),
    /// An object with one member: so many repetitions of a letter.
    LongText {
        /// The member.
        member: String,
        /// How many characters.
        length: usize,
    },
}

/// An empty object, where a case needs no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Parameters of `revoked_by_another`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedByAnother {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
}

/// Parameters of `self_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
}

/// Parameters of `listed_after_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedAfterRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Whether it is listed then.
    pub listed: ListedAs,
    /// Members that keep their values, by JSON pointer into the item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub keeps: Vec<crate::Pointer>,
}

/// Whether a revoked credential is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListedAs {
    /// It stays, marked as revoked.
    Revoked,
    /// It is gone.
    Gone,
}

/// Parameters of `reissue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// What issuing the same again gives.
    pub gives: Reissued,
    /// Answers that keep the promise; one has to fit. Absent: those that mean success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<Condition>,
}

/// What issuing the same again after a revocation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reissued {
    /// A different credential; the old one stays dead.
    Another,
    /// A refusal; the old one stays dead.
    Refusal,
}

/// Parameters of `replayed_issue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayedIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How long an answer is kept.
    pub window: Period,
}

/// Parameters of `refused_issue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedIssue {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// Members that replace those of the issuing body (RFC 7396).
    pub body: JsonTemplate,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// Whether the right body was issued before.
    #[serde(default)]
    pub first: ThenIssue,
    /// Whether the right body is issued afterwards all the same.
    #[serde(default)]
    pub then: ThenIssue,
}

/// What precedes or follows a refused issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ThenIssue {
    /// Nothing.
    #[default]
    Nothing,
    /// The right body is sent and succeeds.
    Succeeds,
}

/// Parameters of `expiry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// What the refusal has to be like beyond the probe's own condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Condition>,
}

/// Parameters of `guard`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that refers to it.
    pub by: DependentName,
    /// How many of them.
    #[serde(default = "one")]
    pub dependents: u8,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// Where the answer names a dependent that really refers to the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub names_dependent: Option<crate::Pointer>,
}

fn one() -> u8 {
    1
}

/// Parameters of `guard_lifted`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardLifted {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that refers to it.
    pub by: DependentName,
    /// The ways to remove the reference, each tried with a credential of its own.
    pub ways: Vec<Lift>,
}

/// A way to remove a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lift {
    /// The dependent is made to refer to another credential.
    Repoint,
    /// The reference is cleared.
    Clear,
    /// The dependent is deleted.
    Delete,
}

/// Parameters of `revoked_reference`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedReference {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// The dependent that would refer to it.
    pub by: DependentName,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
}

/// Parameters of `last_active`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastActive {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// A caller who has one active credential only, and attempts to revoke it.
    pub by: CallerName,
    /// Answers that keep the promise; one has to fit.
    pub answer: Vec<Condition>,
    /// The one that is recommended; another of `answer` is a divergence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Condition>,
}

/// Parameters of `concurrent_revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcurrentRevocation {
    /// The kind of credential; absent: the first that can be issued and revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<KindName>,
    /// How many at once.
    pub parallel: u8,
    /// How many may succeed.
    pub successes: Successes,
    /// Answers of the others.
    pub others: Vec<Condition>,
}

/// How many of several concurrent revocations may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Successes {
    /// Exactly one.
    One,
    /// At least one.
    AtLeastOne,
}
