//! Does one of the last two active credentials of a caller survive when both are revoked at once?

use rescind_specs::lifecycle::LastTwoActive as With;

use super::support::{Judge, Setting, overlap, unanswered};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Issuing, Slot, Step};

/// # What it does
/// Makes sure that a caller has one active credential, issues a second one as that caller, and lets the caller revoke
/// both at once. It takes a caller whose credential may be used up.
/// # Verdicts
/// Fail: both are revoked, or the refusal is like none of the documented ones. Not exercised: the caller was not
/// supplied, may not be used up or has other active credentials, or an answer was lost.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct LastTwoActive<'w>(pub &'w With);

impl LifecycleCheck for LastTwoActive<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let by = || self.0.by.clone();
        let second = Issuing { by: Some(by()), ..Issuing::default() };
        let steps = vec![
            Step::Adopt(Slot(0), by()),
            Step::present(0),
            Step::StopUnlessOnlyActive(Slot(0)),
            Step::Issue(Slot(1), second),
            // That of the operator second: whoever comes second is the one that survives, more often than not.
            Step::RevokeTogether(vec![Slot(1), Slot(0)], by()),
        ];
        Scenario { steps, noise: Noise::Nothing }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("last_two_active");
        let as_caller =
            |step: &Step| matches!(step, Step::Revoke { by: By::Caller(name), .. } if *name == self.0.by);
        let attempts: Vec<_> = history.all(as_caller).map(|(_, event)| event).collect();
        let [first, second] = attempts.as_slice() else { return judge.done(history) };
        let lost = [first, second].into_iter().filter_map(|event| event.decisive());
        if let Some(why) = lost.into_iter().find_map(|exchange| unanswered(exchange)) {
            judge.open(format!("one of two revocations at once: {why}"));
            return judge.done(history);
        }
        if !overlap(first, second) {
            judge.open("the two revocations were not under way at the same time");
            return judge.done(history);
        }
        judge.exercised();
        if first.accepted() && second.accepted() {
            let message = "the last two active credentials of a caller are both revoked";
            judge.breach(history, second, message, "one of them survives", "both are revoked");
        }
        for event in [first, second].into_iter().filter(|event| !event.accepted()) {
            let message = "revoking one of the last two active credentials is not answered as documented";
            judge.like_one_of(setting, history, event, &self.0.answer, message);
        }
        judge.done(history)
    }
}
