//! Does removing the references lift the guard?

use rescind_specs::lifecycle::{GuardLifted as With, Lift};

use super::support::{Judge, Setting, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{DependentSlot, History, Slot, Step};

/// # What it does
/// For each way to remove a reference: creates a dependent, removes its reference in that way, and revokes the
/// credential, which has to succeed.
/// # Verdicts
/// Fail: the revocation is refused all the same, or the dependent is not what it was made. Not exercised: no dependent
/// could be created, or its reference could not be removed.
/// # Source
/// The revoking operation; `dependents` in the vendor's `lifecycle.yaml`.
pub struct GuardLifted<'w>(pub &'w With);

/// The slot of the credential that a dependent is repointed to, for the one of `slot`.
fn successor(slot: u8) -> Slot {
    Slot(slot + 10)
}

impl LifecycleCheck for GuardLifted<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let mut steps = Vec::new();
        for (slot, way) in (0..).zip(&self.0.ways) {
            let dependent = DependentSlot(slot);
            steps.push(Step::issue(slot));
            steps.push(Step::Create(self.0.by.clone(), dependent, Slot(slot)));
            match way {
                Lift::Repoint => {
                    steps.push(Step::issue(successor(slot).0));
                    steps.push(Step::Repoint(dependent, successor(slot)));
                }
                Lift::Clear => steps.push(Step::Clear(dependent)),
                Lift::Delete => steps.push(Step::Delete(dependent)),
            }
            steps.push(Step::revoke(slot));
        }
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("guard_lifted");
        for (slot, way) in (0..).zip(&self.0.ways) {
            let lifts = |step: &Step| match (way, step) {
                (Lift::Repoint, Step::Repoint(dependent, _))
                | (Lift::Clear, Step::Clear(dependent))
                | (Lift::Delete, Step::Delete(dependent)) => *dependent == DependentSlot(slot),
                _ => false,
            };
            let Some((at, lifted)) = history.all(lifts).next() else { continue };
            if !lifted.accepted() {
                let why = format!("{}: {}", lifted.step, what_came(lifted));
                judge.open(lifted.why_open().unwrap_or(why));
                continue;
            }
            let Some((_, event)) = history.attempts(slot).find(|(index, _)| *index > at) else { continue };
            match event.decisive().map(|exchange| unanswered(exchange)) {
                Some(None) if event.accepted() => judge.exercised(),
                Some(None) => {
                    judge.exercised();
                    let message = match way {
                        Lift::Repoint => "a credential cannot be revoked after its dependent was repointed",
                        Lift::Clear => "a credential cannot be revoked after the reference was cleared",
                        Lift::Delete => "a credential cannot be revoked after its dependent was deleted",
                    };
                    judge.breach(history, event, message, "revoked", what_came(event));
                }
                Some(Some(why)) => judge.open(why),
                None => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
