//! Is the revocation of a credential that does not exist answered as documented?

use rescind_specs::lifecycle::AnswerOf;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Step, Target};

/// # What it does
/// Revokes a well-formed identifier that no credential has, holds the answer against the documented ones, and shows
/// that a live credential is untouched.
/// # Verdicts
/// Fail: like none of them, or the live credential works no more. Divergence: not the recommended one.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct UnknownCredential<'w>(pub &'w AnswerOf);

impl LifecycleCheck for UnknownCredential<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let ask = Step::Revoke { target: Target::Unknown, by: setting.asker(0), body: None };
        let steps = vec![Step::issue(0), Step::present(0), ask, Step::present(0)];
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("unknown_credential");
        let asked = history.all(|step| matches!(step, Step::Revoke { target: Target::Unknown, .. })).next();
        let Some((at, event)) = asked else { return judge.done(history) };
        let preferred = self.0.preferred.as_ref();
        judge.answer(setting, history, event, &self.0.answer, preferred, "revoking an unknown identifier");
        let message = "a live credential works no more after an unknown identifier was revoked";
        judge.still_works(history, 0, at, message);
        judge.done(history)
    }
}
