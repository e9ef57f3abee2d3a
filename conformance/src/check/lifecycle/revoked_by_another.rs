//! Can a credential be revoked by one that did not issue it?

use rescind_specs::lifecycle::RevokedByAnother as With;

use super::support::{Judge, Setting, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Seen, Slot, Step};

/// # What it does
/// Issues two credentials and revokes the first as the second, or as a caller who did not issue it.
/// # Verdicts
/// Fail: it is not revoked, or it works in the end. Inconclusive: the answer was lost, throttled or an error of the
/// server, or whoever revoked is not accepted any more.
/// # Source
/// The security requirement of the revoking operation; the vendor's `lifecycle.yaml`.
pub struct RevokedByAnother<'w>(pub &'w With);

impl LifecycleCheck for RevokedByAnother<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::present(0)];
        let by = if let Some(caller) = &self.0.by {
            By::Caller(caller.clone())
        } else {
            steps.extend([Step::issue(1), Step::present(1)]);
            By::Slot(Slot(1))
        };
        steps.push(Step::revoke_by(0, by));
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("revoked_by_another");
        let Some((_, event)) = history.attempts(0).next() else { return judge.done(history) };
        match &event.seen {
            Seen::Accepted => {
                judge.exercised();
                judge.ended(setting, history, 0, "a credential works after another one revoked it");
            }
            Seen::Refused if event.refused() => {
                judge.exercised();
                let message = "a credential is not revoked by one that may revoke it";
                judge.breach(history, event, message, "revoked", what_came(event));
            }
            _ => judge.open(event.why_open().unwrap_or_default()),
        }
        judge.done(history)
    }
}
