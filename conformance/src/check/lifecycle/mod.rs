//! Lifecycle checks: one file each, named as in `lifecycle.yaml`. A check says what to do and judges what came of it.

mod call_after_revocation;
mod concurrent_revocation;
mod expiry;
mod foreign_credential;
mod guard;
mod guard_lifted;
mod hidden_identifiers;
mod issue_answer;
mod last_active;
mod last_two_active;
mod listed_after_revocation;
mod others_revoked;
mod others_unaffected;
mod outstanding_tokens;
mod racing_reference;
mod racing_use;
mod refused_issue;
mod reissue;
mod repeated_issue;
mod repeated_revocation;
mod replayed_issue;
mod revocation_answer;
mod revocation_body;
mod revoked_by_another;
mod revoked_reference;
pub(crate) mod secret_shown_once;
mod self_described_revocation;
mod self_revocation;
mod support;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod token_lifetime;
mod unauthorized_revocation;
mod unknown_credential;
mod usable_after_issue;
mod use_after_revocation;
mod use_during_outage;

use rescind_specs::lifecycle::CheckSpec;

pub use call_after_revocation::CallAfterRevocation;
pub use concurrent_revocation::ConcurrentRevocation;
pub use expiry::Expiry;
pub use foreign_credential::ForeignCredential;
pub use guard::Guard;
pub use guard_lifted::GuardLifted;
pub use hidden_identifiers::HiddenIdentifiers;
pub use issue_answer::IssueAnswer;
pub use last_active::LastActive;
pub use last_two_active::LastTwoActive;
pub use listed_after_revocation::ListedAfterRevocation;
pub use others_revoked::OthersRevoked;
pub use others_unaffected::OthersUnaffected;
pub use outstanding_tokens::OutstandingTokens;
pub use racing_reference::RacingReference;
pub use racing_use::RacingUse;
pub use refused_issue::RefusedIssue;
pub use reissue::Reissue;
pub use repeated_issue::RepeatedIssue;
pub use repeated_revocation::RepeatedRevocation;
pub use replayed_issue::ReplayedIssue;
pub use revocation_answer::RevocationAnswer;
pub use revocation_body::RevocationBody;
pub use revoked_by_another::RevokedByAnother;
pub use revoked_reference::RevokedReference;
pub use secret_shown_once::SecretShownOnce;
pub use self_described_revocation::SelfDescribedRevocation;
pub use self_revocation::SelfRevocation;
pub use support::{Setting, Time};
pub use token_lifetime::TokenLifetime;
pub use unauthorized_revocation::UnauthorizedRevocation;
pub use unknown_credential::UnknownCredential;
pub use usable_after_issue::UsableAfterIssue;
pub use use_after_revocation::UseAfterRevocation;
pub use use_during_outage::UseDuringOutage;

use crate::check::Judgement;
use crate::lifecycle::{Company, History, Step};

/// What a check wants done.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The steps that it cannot do without.
    pub steps: Vec<Step>,
    /// What may be put between them.
    pub noise: Noise,
}

/// What may be put between the steps of a scenario, so that it is not always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Further uses of the credential as well.
    Uses,
    /// Other credentials, lists and short waits only.
    Others,
    /// Nothing.
    Nothing,
}

/// A check of what happens over time.
pub trait LifecycleCheck {
    /// The steps to run.
    fn scenario(&self, setting: &Setting<'_>) -> Scenario;

    /// Whether other sequences may be active beside its steps. Where times are measured, they may not.
    fn company(&self) -> Company {
        Company::Welcome
    }

    /// Judges what came of them. Sends nothing, waits for nothing.
    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement;
}

/// The check that a requirement names, with its parameters.
pub fn of(spec: &CheckSpec) -> Box<dyn LifecycleCheck + '_> {
    match spec {
        CheckSpec::UsableAfterIssue(with) => Box::new(UsableAfterIssue(with)),
        CheckSpec::IssueAnswer(with) => Box::new(IssueAnswer(with)),
        CheckSpec::RevocationAnswer(with) => Box::new(RevocationAnswer(with)),
        CheckSpec::UseAfterRevocation(with) => Box::new(UseAfterRevocation(with)),
        CheckSpec::OutstandingTokens(with) => Box::new(OutstandingTokens(with)),
        CheckSpec::TokenLifetime(with) => Box::new(TokenLifetime(with)),
        CheckSpec::RepeatedRevocation(with) => Box::new(RepeatedRevocation(with)),
        CheckSpec::UnknownCredential(with) => Box::new(UnknownCredential(with)),
        CheckSpec::ForeignCredential(with) => Box::new(ForeignCredential(with)),
        CheckSpec::HiddenIdentifiers(with) => Box::new(HiddenIdentifiers(with)),
        CheckSpec::UnauthorizedRevocation(with) => Box::new(UnauthorizedRevocation(with)),
        CheckSpec::RevocationBody(with) => Box::new(RevocationBody(with)),
        CheckSpec::OthersUnaffected(with) => Box::new(OthersUnaffected(with)),
        CheckSpec::OthersRevoked(with) => Box::new(OthersRevoked(with)),
        CheckSpec::RevokedByAnother(with) => Box::new(RevokedByAnother(with)),
        CheckSpec::SelfRevocation(with) => Box::new(SelfRevocation(with)),
        CheckSpec::SecretShownOnce(with) => Box::new(SecretShownOnce(with)),
        CheckSpec::ListedAfterRevocation(with) => Box::new(ListedAfterRevocation(with)),
        CheckSpec::Reissue(with) => Box::new(Reissue(with)),
        CheckSpec::RepeatedIssue(with) => Box::new(RepeatedIssue(with)),
        CheckSpec::ReplayedIssue(with) => Box::new(ReplayedIssue(with)),
        CheckSpec::SelfDescribedRevocation(with) => Box::new(SelfDescribedRevocation(with)),
        CheckSpec::RefusedIssue(with) => Box::new(RefusedIssue(with)),
        CheckSpec::Expiry(with) => Box::new(Expiry(with)),
        CheckSpec::Guard(with) => Box::new(Guard(with)),
        CheckSpec::GuardLifted(with) => Box::new(GuardLifted(with)),
        CheckSpec::RevokedReference(with) => Box::new(RevokedReference(with)),
        CheckSpec::LastActive(with) => Box::new(LastActive(with)),
        CheckSpec::ConcurrentRevocation(with) => Box::new(ConcurrentRevocation(with)),
        CheckSpec::RacingUse(with) => Box::new(RacingUse(with)),
        CheckSpec::RacingReference(with) => Box::new(RacingReference(with)),
        CheckSpec::LastTwoActive(with) => Box::new(LastTwoActive(with)),
        CheckSpec::UseDuringOutage(with) => Box::new(UseDuringOutage(with)),
        CheckSpec::CallAfterRevocation(with) => Box::new(CallAfterRevocation(with)),
    }
}
