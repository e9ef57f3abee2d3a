//! Is the issue of a credential answered as documented?

use rescind_specs::lifecycle::AnswerOf;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Slot, Step};

/// # What it does
/// Issues a credential and holds the answer against the documented ones.
/// # Verdicts
/// Fail: like none of them. Divergence: allowed, but not the recommended one. Inconclusive: lost or throttled.
/// # Source
/// The issuing operation; `issue` in the vendor's `lifecycle.yaml`.
pub struct IssueAnswer<'w>(pub &'w AnswerOf);

impl LifecycleCheck for IssueAnswer<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        Scenario { steps: vec![Step::issue(0)], noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("issue_answer");
        for (_, event) in history.all(|step| matches!(step, Step::Issue(Slot(0), _))) {
            judge.answer(
                setting,
                history,
                event,
                &self.0.answer,
                self.0.preferred.as_ref(),
                "issuing a credential",
            );
        }
        judge.done(history)
    }
}
