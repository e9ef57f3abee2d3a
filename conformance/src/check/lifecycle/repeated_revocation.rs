//! Is the second revocation of one credential answered as documented?

use rescind_specs::lifecycle::RepeatedRevocation as With;

use super::support::{Judge, Setting, revocation};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Step};

/// # What it does
/// Revokes a credential twice and holds the second answer against the documented ones; the credential stays revoked.
/// # Verdicts
/// Fail: like none of them, or the credential works again. Divergence: allowed, but not the recommended one.
/// Not exercised: the first revocation was not acknowledged.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct RepeatedRevocation<'w>(pub &'w With);

impl LifecycleCheck for RepeatedRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::present(0), revocation(&self.0.by, 0), Step::revoke(0)];
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("repeated_revocation");
        let Some((first, _)) = history.revoked(0) else { return judge.done(history) };
        if let Some((_, event)) = history.attempts(0).find(|(at, _)| *at > first) {
            let preferred = self.0.preferred.as_ref();
            judge.answer(setting, history, event, &self.0.answer, preferred, "revoking a credential again");
        }
        judge.ended(setting, history, 0, "a credential works after it was revoked twice");
        judge.done(history)
    }
}
