//! Does revoking one credential leave the others alone?

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Step};

/// # What it does
/// Issues two credentials, revokes one and uses the other, past the propagation delay as well.
/// # Verdicts
/// Fail: the other one is refused. Not exercised: it did not work before, or the revocation was not acknowledged.
/// # Source
/// The vendor's `lifecycle.yaml`.
pub struct OthersUnaffected;

impl LifecycleCheck for OthersUnaffected {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps =
            vec![Step::issue(0), Step::issue(1), Step::present(0), Step::present(1), Step::revoke(0)];
        steps.extend(setting.still_works(1));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("others_unaffected");
        let Some((at, _)) = history.revoked(0) else { return judge.done(history) };
        if !history.presents(1).any(|(index, event)| index < at && event.accepted()) {
            return judge.done(history);
        }
        for (_, event) in history.presents(1).filter(|(index, _)| *index > at) {
            match &event.seen {
                Seen::Accepted => judge.exercised(),
                // The control may well have been hit by the same fault, so it decides nothing here.
                Seen::Refused => {
                    judge.exercised();
                    let message = "a credential works no more after another one was revoked";
                    let received = super::support::what_came(event);
                    judge.breach(history, event, message, "accepted", received);
                }
                _ => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
