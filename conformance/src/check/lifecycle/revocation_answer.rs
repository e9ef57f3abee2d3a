//! Is the revocation of a live credential answered as documented?

use rescind_specs::lifecycle::AnswerOf;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Step};

/// # What it does
/// Issues a credential, uses it where it can be used, revokes it and holds the answer against the documented ones.
/// # Verdicts
/// Fail: like none of them. Divergence: allowed, but not the recommended one. Inconclusive: lost or throttled.
/// Not exercised: there was no live credential to revoke.
/// # Source
/// The revoking operation; `revoke` in the vendor's `lifecycle.yaml`.
pub struct RevocationAnswer<'w>(pub &'w AnswerOf);

impl LifecycleCheck for RevocationAnswer<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        Scenario { steps: vec![Step::issue(0), Step::present(0), Step::revoke(0)], noise: Noise::Uses }
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
