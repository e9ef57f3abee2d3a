//! Is issuing a live credential a second time answered as documented?

use rescind_specs::lifecycle::AnswerOf;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Issuing, Slot, Step};

/// # What it does
/// Issues the same twice without revoking it, holds the second answer against the documented ones, and uses the
/// credential.
/// # Verdicts
/// Fail: answered like none of them, or the credential works no more. Divergence: not the recommended one.
/// # Source
/// The issuing operation; the vendor's `lifecycle.yaml`.
pub struct RepeatedIssue<'w>(pub &'w AnswerOf);

impl LifecycleCheck for RepeatedIssue<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let again = Issuing { like: Some(Slot(0)), ..Issuing::default() };
        let steps = vec![Step::issue(0), Step::present(0), Step::Issue(Slot(1), again), Step::present(0)];
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("repeated_issue");
        if !history.presents(0).any(|(_, event)| event.accepted()) {
            return judge.done(history);
        }
        let again = history.all(|step| matches!(step, Step::Issue(Slot(1), _))).next();
        let Some((at, event)) = again else { return judge.done(history) };
        // What the second answer says of a conflict is about the first credential.
        let mut event = event.clone();
        event.credential = history.credential(0).cloned();
        let preferred = self.0.preferred.as_ref();
        judge.answer(setting, history, &event, &self.0.answer, preferred, "issuing a live credential again");
        judge.still_works(history, 0, at, "a credential works no more after it was issued again");
        judge.done(history)
    }
}
