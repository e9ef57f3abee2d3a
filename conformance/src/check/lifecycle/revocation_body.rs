//! Is a body that breaks the contract refused without any effect, and is every documented body accepted?

use rescind_specs::lifecycle::RevocationBody as With;

use super::support::{Judge, Setting, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Slot, Step, Target};

/// # What it does
/// Revokes with each body that the contract rejects, holds the answers against the documented ones and shows that the
/// credential still works; then revokes one credential with each documented body.
/// # Verdicts
/// Fail: a rejected body is answered otherwise or has an effect, or a documented body does not revoke.
/// # Source
/// The request body of the revoking operation.
pub struct RevocationBody<'w>(pub &'w With);

/// The first slot of the credentials that are really revoked.
const REVOKED: u8 = 1;

impl LifecycleCheck for RevocationBody<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let revoke = |slot: u8, body: &rescind_specs::lifecycle::BodyCase| Step::Revoke {
            target: Target::Slot(Slot(slot)),
            by: By::Documented,
            body: Some(body.clone()),
        };
        let mut steps = vec![Step::issue(0), Step::present(0)];
        for body in &self.0.rejected {
            steps.extend([revoke(0, body), Step::present(0)]);
        }
        if !self.0.rejected.is_empty() {
            steps.extend(setting.still_works(0).into_iter().skip(1));
        }
        for (slot, body) in (REVOKED..).zip(&self.0.accepted) {
            steps.extend([Step::issue(slot), revoke(slot, body)]);
        }
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("revocation_body");
        let mut first = None;
        for (at, event) in history.attempts(0) {
            first.get_or_insert(at);
            let what = event.step.to_string();
            judge.answer(setting, history, event, &self.0.answer, None, &what);
        }
        if let Some(first) = first {
            judge.still_works(
                history,
                0,
                first,
                "a credential works no more after a body that had to be refused",
            );
        }
        for (slot, _) in (REVOKED..).zip(&self.0.accepted) {
            let Some((_, event)) = history.attempts(slot).next() else { continue };
            match event.decisive().map(|exchange| unanswered(exchange)) {
                Some(None) if event.accepted() => judge.exercised(),
                Some(None) => {
                    judge.exercised();
                    let message = format!("a documented body does not revoke: {}", event.step);
                    judge.breach(history, event, message, "revoked", what_came(event));
                }
                Some(Some(why)) => judge.open(why),
                None => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
