//! Is the only active credential of a caller not revoked?

use rescind_specs::lifecycle::{AfterLast, LastActive as With};

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Slot, Step};

/// # What it does
/// Makes sure that a caller has one active credential, lets that caller revoke it, and shows that it still works. A
/// deployment without that guard revokes it. Where the contract lets the last one go, lets the caller revoke it, issues
/// another and shows that it works; whether somebody else holds further ones is for the operator to know. That takes a
/// credential that may be used up.
/// # Verdicts
/// Fail: answered like none of the documented ones, or the credential works no more. Divergence: not the recommended
/// answer. Not exercised: the caller was not supplied, or has other active credentials.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct LastActive<'w>(pub &'w With);

impl LifecycleCheck for LastActive<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::Adopt(Slot(0), self.0.by.clone()), Step::present(0)];
        match self.0.then {
            AfterLast::Kept => {
                steps.push(Step::StopUnlessOnlyActive(Slot(0)));
                steps.push(Step::revoke_by(0, By::Caller(self.0.by.clone())));
                steps.extend(setting.still_works(0));
            }
            AfterLast::Restored => {
                steps.push(Step::revoke_by(0, By::Caller(self.0.by.clone())));
                // What is issued puts itself away: nobody else is left who could.
                steps.extend([Step::issue(1), Step::present(1), Step::revoke_by(1, By::Slot(Slot(1)))]);
            }
        }
        Scenario { steps, noise: Noise::Nothing }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("last_active");
        if !history.presents(0).any(|(_, event)| event.accepted()) {
            return judge.done(history);
        }
        let Some((at, event)) = history.attempts(0).next() else { return judge.done(history) };
        let preferred = self.0.preferred.as_ref();
        let what = "revoking the only active credential of a caller";
        judge.answer(setting, history, event, &self.0.answer, preferred, what);
        match self.0.then {
            AfterLast::Kept => {
                judge.still_works(history, 0, at, "the only active credential of a caller works no more");
            }
            AfterLast::Restored => {
                judge.works(
                    history,
                    1,
                    at,
                    "a credential issued after the last one was revoked does not work",
                );
            }
        }
        judge.done(history)
    }
}
