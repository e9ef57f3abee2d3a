//! Does nothing refer to a revoked credential, even if the reference was made while it was revoked?

use rescind_specs::lifecycle::RacingReference as With;

use super::support::{Judge, Setting, overlap, unanswered};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{DependentSlot, History, Lead, Slot, Step, Target};

/// # What it does
/// Several times: issues a credential, revokes it and creates a dependent that refers to it at once, and reads the
/// dependent if there is one.
/// # Verdicts
/// Fail: the credential is revoked and the dependent refers to it. Not exercised: an answer was lost or throttled.
/// # Source
/// The revoking operation; `dependents` in the vendor's `lifecycle.yaml`.
pub struct RacingReference<'w>(pub &'w With);

impl LifecycleCheck for RacingReference<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let leads = [Lead::Revocation, Lead::Neither, Lead::Creation];
        let race = |slot| {
            let lead = leads[usize::from(slot) % leads.len()];
            Step::RaceReference(self.0.by.clone(), DependentSlot(slot), Slot(slot), lead)
        };
        let steps = (0..self.0.rounds).flat_map(|slot| [Step::issue(slot), race(slot)]);
        Scenario { steps: steps.collect(), noise: Noise::Nothing }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("racing_reference");
        let lifecycle = setting.contract.lifecycle();
        let Some(dependent) = lifecycle.and_then(|lifecycle| lifecycle.dependents.get(&self.0.by)) else {
            return judge.done(history);
        };
        let (mut any_created, mut any_met) = (false, false);
        for slot in 0..self.0.rounds {
            let revokes =
                |step: &Step| matches!(step, Step::Revoke { target: Target::Slot(of), .. } if of.0 == slot);
            let creates = |step: &Step| matches!(step, Step::Create(_, into, _) if into.0 == slot);
            let reads = |step: &Step| *step == Step::Read(DependentSlot(slot));
            let (Some((_, revocation)), Some((_, creation))) =
                (history.all(revokes).next(), history.all(creates).next())
            else {
                continue;
            };
            let both = [revocation, creation];
            any_created |= creation.accepted();
            let lost =
                both.iter().filter_map(|event| event.decisive()).find_map(|exchange| unanswered(exchange));
            if let Some(why) = lost {
                judge.open(format!("one of two calls at once: {why}"));
                continue;
            }
            any_met |= overlap(revocation, creation);
            let Some((_, read)) = history.all(reads).next().filter(|(_, read)| read.accepted()) else {
                continue;
            };
            let body = read.decisive().and_then(|exchange| exchange.response()?.json());
            let refers =
                body.as_ref().and_then(|body| dependent.reference.get(body)).and_then(|id| id.as_str());
            let id = history.credential(slot).map(|credential| credential.id.text.as_str());
            if revocation.accepted() && refers.is_some() && refers == id {
                let message = format!("a {} refers to a revoked credential", self.0.by);
                let documented = "either the revocation is refused or the reference is";
                judge.breach(history, read, message, documented, "both succeed");
            }
        }
        // Where no reference can be made at all, or one call waits for the other, nothing races.
        match (any_created, any_met) {
            (true, true) => judge.exercised(),
            (true, false) => judge.open("the two calls were never under way at the same time"),
            (false, _) => judge.open("no dependent could be created"),
        }
        judge.done(history)
    }
}
