//! Is a call that has nothing to do with a revocation answered after it as ever?

use rescind_specs::lifecycle::CallAfterRevocation as With;

use super::support::{Judge, Setting, revocation};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Slot, Step};

/// # What it does
/// Makes a call, revokes a credential, and makes the call again.
/// # Verdicts
/// Fail: the second answer is like none of the documented ones. Not exercised: the first one was not like them either,
/// or the revocation was not acknowledged.
/// # Source
/// The operation that is called; the vendor's `lifecycle.yaml`.
pub struct CallAfterRevocation<'w>(pub &'w With);

impl LifecycleCheck for CallAfterRevocation<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let call = || Step::Call(Box::new(self.0.call.clone()), Slot(0));
        let steps = vec![Step::issue(0), Step::present(0), call(), revocation(&self.0.by, 0), call()];
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("call_after_revocation");
        let Some((revoked, _)) = history.revoked(0) else { return judge.done(history) };
        let calls = || history.all(|step| matches!(step, Step::Call(..)));
        let fits =
            |answer| calls().any(|(at, event)| at < revoked && event.meets(setting.contract, answer).is_ok());
        if !self.0.answer.iter().any(fits) {
            judge.open("the call was not answered as documented before the revocation either");
            return judge.done(history);
        }
        if let Some((_, event)) = calls().find(|(at, _)| *at > revoked) {
            let what = format!("{} after a revocation", self.0.call.operation);
            judge.answer(setting, history, event, &self.0.answer, None, &what);
        }
        judge.done(history)
    }
}
