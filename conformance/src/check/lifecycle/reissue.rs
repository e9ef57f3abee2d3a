//! What does issuing the same again after a revocation give?

use rescind_specs::lifecycle::{Reissue as With, Reissued};

use super::support::{Judge, Setting, revocation, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Issuing, Slot, Step};

/// # What it does
/// Revokes a credential, issues the same again, and uses both: the old one has to stay dead.
/// # Verdicts
/// Fail: the old one works in the end, or issuing again gives what is not documented: the same identifier, a refusal
/// where another credential is due, or a success where a refusal is.
/// # Source
/// The issuing operation; the vendor's `lifecycle.yaml`.
pub struct Reissue<'w>(pub &'w With);

impl LifecycleCheck for Reissue<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let again = Issuing { like: Some(Slot(0)), ..Issuing::default() };
        let mut steps =
            vec![Step::issue(0), Step::present(0), revocation(&self.0.by, 0), Step::Issue(Slot(1), again)];
        if self.0.gives == Reissued::Another {
            steps.push(Step::present(1));
        }
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("reissue");
        let Some((revoked, _)) = history.revoked(0) else { return judge.done(history) };
        let again = history.all(|step| matches!(step, Step::Issue(Slot(1), _))).find(|(at, _)| *at > revoked);
        let Some((at, event)) = again else { return judge.done(history) };
        if let Some(why) = event.decisive().and_then(|exchange| unanswered(exchange)) {
            judge.open(why);
            return judge.done(history);
        }
        if !self.0.answer.is_empty() {
            judge.answer(setting, history, event, &self.0.answer, None, "issuing a revoked credential again");
        }
        let same = || match (history.credential(0), &event.credential) {
            (Some(old), Some(new)) => old.is(new, setting.kind.ids()),
            _ => false,
        };
        match (self.0.gives, event.accepted()) {
            (Reissued::Another, true) if same() => {
                judge.exercised();
                let message = "issuing again gives the identifier of the revoked credential";
                judge.breach(history, event, message, "another identifier", "the same identifier");
            }
            (Reissued::Another, true) => {
                judge.exercised();
                judge.works(
                    history,
                    1,
                    at,
                    "the credential that was issued after a revocation does not work",
                );
            }
            (Reissued::Another, false) if self.0.answer.is_empty() => {
                judge.exercised();
                let message = "issuing again after a revocation is refused";
                judge.breach(history, event, message, "another credential", what_came(event));
            }
            (Reissued::Refusal, true) => {
                judge.exercised();
                let message = "a revoked credential is issued again";
                judge.breach(history, event, message, "refused", what_came(event));
            }
            (Reissued::Another | Reissued::Refusal, false) => judge.exercised(),
        }
        judge.ended(setting, history, 0, "issuing again revives a revoked credential");
        judge.done(history)
    }
}
