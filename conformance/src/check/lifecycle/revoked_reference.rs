//! Can nothing refer to a revoked credential any more?

use rescind_specs::lifecycle::RevokedReference as With;

use super::guard::references;
use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{DependentSlot, History, Slot, Step};

/// # What it does
/// Revokes a credential, then tries to create a dependent that refers to it, and to make another one refer to it.
/// # Verdicts
/// Fail: answered like none of the documented ones, or the other dependent refers to it afterwards.
/// # Source
/// `dependents` in the vendor's `lifecycle.yaml`.
pub struct RevokedReference<'w>(pub &'w With);

impl LifecycleCheck for RevokedReference<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let lifecycle = setting.contract.lifecycle();
        let dependent = lifecycle.and_then(|lifecycle| lifecycle.dependents.get(&self.0.by));
        let mut steps = vec![Step::issue(0)];
        let repoints = dependent.is_some_and(|dependent| dependent.repoint.is_some());
        if repoints {
            steps.extend([Step::issue(1), Step::Create(self.0.by.clone(), DependentSlot(1), Slot(1))]);
        }
        steps.push(Step::revoke(0));
        if !setting.delay().is_zero() {
            steps.push(Step::after_revocation(0, setting.settled()));
        }
        steps.push(Step::Create(self.0.by.clone(), DependentSlot(0), Slot(0)));
        if repoints {
            steps.extend([Step::Repoint(DependentSlot(1), Slot(0)), Step::Read(DependentSlot(1))]);
        }
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("revoked_reference");
        let Some((revoked, _)) = history.revoked(0) else { return judge.done(history) };
        let refers = |step: &Step| matches!(step, Step::Create(_, _, Slot(0)) | Step::Repoint(_, Slot(0)));
        for (at, event) in history.all(refers).filter(|(at, _)| *at > revoked) {
            let what = event.step.to_string();
            judge.answer(setting, history, event, &self.0.answer, None, &what);
            if matches!(event.step, Step::Repoint(..)) {
                references(&mut judge, setting, history, &self.0.by, at, 1);
            }
        }
        judge.done(history)
    }
}
