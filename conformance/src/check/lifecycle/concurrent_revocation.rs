//! What do several revocations of one credential at once give?

use rescind_specs::lifecycle::{ConcurrentRevocation as With, Successes};

use super::support::{Judge, Setting, documented, received, unanswered};
use super::{LifecycleCheck, Noise, Scenario};
use crate::call::Bindings;
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Slot, Step};

/// # What it does
/// Sends several revocations of one credential at once, counts the successes, holds the other answers against the
/// documented ones, and uses the credential afterwards.
/// # Verdicts
/// Fail: too few or too many succeed, another is answered like none of the documented ones, or the credential works in
/// the end. Inconclusive: answers were lost or throttled.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct ConcurrentRevocation<'w>(pub &'w With);

impl LifecycleCheck for ConcurrentRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::present(0), Step::RevokeMany(Slot(0), self.0.parallel)];
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("concurrent_revocation");
        let Some(revoke) = &setting.kind.revoke else { return judge.done(history) };
        let Some((_, event)) = history.all(|step| matches!(step, Step::RevokeMany(..))).next() else {
            return judge.done(history);
        };
        if let Some(why) = event.exchanges.iter().find_map(|exchange| unanswered(exchange)) {
            judge.open(format!("one of several revocations at once: {why}"));
            return judge.done(history);
        }
        if !event.accepted() && !matches!(event.control, None | Some(Seen::Accepted)) {
            judge.open("several revocations at once: whoever asked was not accepted any more");
            return judge.done(history);
        }
        judge.exercised();
        let bindings: Bindings = event.bindings();
        let (done, others): (Vec<_>, Vec<_>) = event
            .exchanges
            .iter()
            .partition(|exchange| bindings.meets(setting.contract, &revoke.success, exchange).is_ok());
        let right = match self.0.successes {
            Successes::One => done.len() == 1,
            Successes::AtLeastOne => !done.is_empty(),
        };
        if !right {
            let message = format!("{} of {} revocations at once succeed", done.len(), event.exchanges.len());
            let documented = match self.0.successes {
                Successes::One => "exactly one succeeds",
                Successes::AtLeastOne => "at least one succeeds",
            };
            judge.breach(history, event, message, documented, format!("{} succeed", done.len()));
        }
        for exchange in others {
            let differences: Vec<String> = self
                .0
                .others
                .iter()
                .filter_map(|answer| bindings.meets(setting.contract, answer, exchange).err())
                .collect();
            if differences.len() == self.0.others.len() {
                let nearest = differences.into_iter().next().unwrap_or_default();
                let message = "one of several revocations at once is not answered as documented";
                let received = received(exchange, &nearest);
                judge.breach(history, event, message, documented(&self.0.others), received);
                break;
            }
        }
        judge.ended(setting, history, 0, "a credential works after several revocations at once");
        judge.done(history)
    }
}
