//! Is the only active credential of a caller not revoked?

use rescind_specs::lifecycle::LastActive as With;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Slot, Step};

/// # What it does
/// Makes sure that a caller has one active credential, lets that caller revoke it, and shows that it still works. It is
/// the only check that risks a credential which the operator supplied.
/// # Verdicts
/// Fail: answered like none of the documented ones, or the credential works no more. Divergence: not the recommended
/// answer. Not exercised: the caller was not supplied, or has other active credentials.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct LastActive<'w>(pub &'w With);

impl LifecycleCheck for LastActive<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![
            Step::Adopt(Slot(0), self.0.by.clone()),
            Step::present(0),
            Step::StopUnlessOnlyActive(Slot(0)),
            Step::revoke_by(0, By::Caller(self.0.by.clone())),
        ];
        steps.extend(setting.still_works(0));
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
        judge.still_works(history, 0, at, "the only active credential of a caller works no more");
        judge.done(history)
    }
}
