//! Is the revocation of a live credential answered as documented?

use rescind_specs::lifecycle::RevocationAnswer as With;

use super::support::{Judge, Setting, revocation};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Step};

/// # What it does
/// Issues a credential, uses it where it can be used, revokes it and holds the answer against the documented ones.
/// # Verdicts
/// Fail: like none of them. Divergence: allowed, but not the recommended one. Inconclusive: lost or throttled.
/// Not exercised: there was no live credential to revoke.
/// # Source
/// The revoking operation; `revoke`, and `ways` of it, in the vendor's `lifecycle.yaml`.
pub struct RevocationAnswer<'w>(pub &'w With);

impl LifecycleCheck for RevocationAnswer<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let steps = vec![Step::issue(0), Step::present(0), revocation(&self.0.by, 0)];
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("revocation_answer");
        let live = history.presents(0).any(|(_, event)| event.accepted());
        if let Some((_, event)) = history.attempts(0).next().filter(|_| live) {
            let preferred = self.0.preferred.as_ref();
            judge.answer(setting, history, event, &self.0.answer, preferred, "revoking a live credential");
        }
        judge.done(history)
    }
}
