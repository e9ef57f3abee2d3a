//! Is a credential that something refers to not revoked?

use rescind_specs::lifecycle::Guard as With;
use serde_json::Value;

use super::support::{Judge, Setting, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{DependentSlot, Event, History, Slot, Step};

/// # What it does
/// Creates dependents that refer to a credential, tries to revoke it, and shows that nothing changed: the credential
/// is there, and each dependent still refers to it.
/// # Verdicts
/// Fail: answered like none of the documented ones, or something changed, or the answer names no dependent that really
/// refers to the credential. Not exercised: no dependent could be created.
/// # Source
/// The revoking operation; `dependents` in the vendor's `lifecycle.yaml`.
pub struct Guard<'w>(pub &'w With);

impl LifecycleCheck for Guard<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let all = 0..self.0.dependents;
        let mut steps = vec![Step::issue(0), Step::present(0)];
        steps.extend(all.clone().map(|slot| Step::Create(self.0.by.clone(), DependentSlot(slot), Slot(0))));
        steps.push(Step::revoke(0));
        steps.extend(setting.still_works(0));
        steps.extend(all.map(|slot| Step::Read(DependentSlot(slot))));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("guard");
        let created: Vec<&Event> =
            history.all(|step| matches!(step, Step::Create(..))).map(|(_, event)| event).collect();
        if let Some(event) = created.iter().find(|event| !event.accepted()) {
            judge.open(event.why_open().unwrap_or_else(|| "a dependent was not created".to_owned()));
            return judge.done(history);
        }
        let Some((at, event)) = history.attempts(0).next() else { return judge.done(history) };
        let what = "revoking a credential that something refers to";
        judge.answer(setting, history, event, &self.0.answer, None, what);
        if let Some(pointer) = &self.0.names_dependent
            && let Some(response) = event.decisive().and_then(|exchange| exchange.response())
            && let Some(Value::String(named)) = response.at(pointer)
            && !created.iter().any(|event| event.dependent.as_ref().is_some_and(|id| id.text == named))
        {
            let message = format!("{pointer} names nothing that refers to the credential");
            judge.breach(history, event, message, "a dependent that refers to it", "another identifier");
        }
        judge.still_works(history, 0, at, "a credential is gone after a revocation that had to be refused");
        references(&mut judge, setting, history, &self.0.by, at, 0);
        judge.done(history)
    }
}

/// Judges that each dependent that was read after `since` refers to the credential of a slot.
pub(super) fn references(
    judge: &mut Judge,
    setting: &Setting<'_>,
    history: &History,
    by: &rescind_specs::lifecycle::DependentName,
    since: usize,
    slot: u8,
) {
    let lifecycle = setting.contract.lifecycle();
    let Some(dependent) = lifecycle.and_then(|lifecycle| lifecycle.dependents.get(by)) else { return };
    let Some(credential) = history.credential(slot) else { return };
    for (_, event) in history.all(|step| matches!(step, Step::Read(_))).filter(|(at, _)| *at > since) {
        if !event.accepted() {
            judge.open(event.why_open().unwrap_or_else(|| format!("{}: {}", event.step, what_came(event))));
            continue;
        }
        judge.exercised();
        let response = event.decisive().and_then(|exchange| exchange.response());
        let refers = response.and_then(|response| response.at(&dependent.reference));
        if refers.as_ref().and_then(Value::as_str) != Some(credential.id.text.as_str()) {
            let message = "a dependent does not refer to the credential that it should";
            let received = refers.as_ref().map_or_else(|| "no reference".to_owned(), crate::call::short);
            judge.breach(
                history,
                event,
                message,
                format!("{} is its identifier", dependent.reference),
                received,
            );
        }
    }
}
