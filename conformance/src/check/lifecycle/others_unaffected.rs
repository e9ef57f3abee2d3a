//! Does revoking one credential leave the others alone?

use rescind_specs::lifecycle::{Actor, CallerName, OthersUnaffected as With};

use super::support::{Judge, Setting, revocation, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Slot, Step};

/// The slot of the credential of the caller that revokes.
const CALLER: u8 = 2;

/// # What it does
/// Issues two credentials, revokes one and uses the other, past the propagation delay as well; so it does with the
/// credential of the caller that revoked, where that is of the same kind.
/// # Verdicts
/// Fail: the other one is refused. Not exercised: it did not work before, or the revocation was not acknowledged.
/// # Source
/// The vendor's `lifecycle.yaml`.
pub struct OthersUnaffected<'w>(pub &'w With);

impl LifecycleCheck for OthersUnaffected<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::issue(1), Step::present(0), Step::present(1)];
        let caller = caller(setting);
        if let Some(name) = caller {
            steps.extend([Step::Adopt(Slot(CALLER), name.clone()), Step::present(CALLER)]);
        }
        steps.push(revocation(&self.0.by, 0));
        for step in setting.still_works(1) {
            let present = step == Step::present(1);
            steps.push(step);
            steps.extend((present && caller.is_some()).then_some(Step::present(CALLER)));
        }
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("others_unaffected");
        let Some((at, _)) = history.revoked(0) else { return judge.done(history) };
        for slot in [1, CALLER] {
            if !history.presents(slot).any(|(index, event)| index < at && event.accepted()) {
                continue;
            }
            for (_, event) in history.presents(slot).filter(|(index, _)| *index > at) {
                match &event.seen {
                    Seen::Accepted => judge.exercised(),
                    // The control may well have been hit by the same fault, so it decides nothing here.
                    Seen::Refused => {
                        judge.exercised();
                        let message = "a credential works no more after another one was revoked";
                        judge.breach(history, event, message, "accepted", what_came(event));
                    }
                    _ => judge.open(event.why_open().unwrap_or_default()),
                }
            }
        }
        judge.done(history)
    }
}

/// The caller that revokes, where it holds a credential of the same kind.
fn caller<'c>(setting: &Setting<'c>) -> Option<&'c CallerName> {
    let Actor::Caller(name) = &setting.kind.revoke.as_ref()?.call.actor else { return None };
    let held = &setting.contract.lifecycle()?.callers.get(name)?.holds;
    (held == setting.name).then_some(name)
}
