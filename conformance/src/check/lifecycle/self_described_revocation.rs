//! Do the method and path that the issuing answer names really revoke?

use rescind_specs::lifecycle::AnswerOf;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Step};

/// # What it does
/// Issues a credential and revokes it with the method and path of the issuing answer, as they stand.
/// # Verdicts
/// Fail: answered like none of the documented ones, or the credential works in the end, or the answer names none.
/// # Source
/// `self_description` in the vendor's `lifecycle.yaml`.
pub struct SelfDescribedRevocation<'w>(pub &'w AnswerOf);

impl LifecycleCheck for SelfDescribedRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps =
            vec![Step::issue(0), Step::present(0), Step::RevokeAsDescribed(crate::lifecycle::Slot(0))];
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("self_described_revocation");
        if let Some(issue) = history.issue(0)
            && issue.credential.as_ref().is_some_and(|credential| credential.revocation.is_none())
        {
            judge.exercised();
            let message = "the issuing answer does not say how to revoke the credential";
            judge.breach(
                history,
                issue,
                message,
                "method and path of the revocation",
                "neither or one of both",
            );
            return judge.done(history);
        }
        let Some((_, event)) = history.all(|step| matches!(step, Step::RevokeAsDescribed(_))).next() else {
            return judge.done(history);
        };
        let preferred = self.0.preferred.as_ref();
        let what = "revoking as the issuing answer says";
        judge.answer(setting, history, event, &self.0.answer, preferred, what);
        if event.accepted() {
            judge.ended(
                setting,
                history,
                0,
                "a credential works after it was revoked as its issuing answer says",
            );
        }
        judge.done(history)
    }
}
