//! Does a revocation that ends everything of a holder end the other credentials as well?

use rescind_specs::lifecycle::OthersRevoked as With;

use super::support::{Judge, Setting, late, revocation, since, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Step};

/// # What it does
/// Issues two credentials, uses both, revokes one of them in a way that ends all, and uses the other one past the bound.
/// # Verdicts
/// Fail: the other one is accepted after the bound. Inconclusive: a control credential that was issued afterwards is
/// refused too. Not exercised: one of them did not work before, or the revocation was not acknowledged.
/// # Source
/// `ways` of the revocation in the vendor's `lifecycle.yaml`.
pub struct OthersRevoked<'w>(pub &'w With);

impl LifecycleCheck for OthersRevoked<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let steps = vec![
            Step::issue(0),
            Step::issue(1),
            Step::present(0),
            Step::present(1),
            revocation(&self.0.by, 0),
            Step::after_revocation(0, late(self.0.within.duration())),
            Step::present(1),
        ];
        Scenario { steps, noise: Noise::Nothing }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("others_revoked");
        let Some((at, revoked)) = history.revoked(0) else { return judge.done(history) };
        if !history.presents(1).any(|(index, event)| index < at && event.accepted()) {
            judge.open("the other credential did not work before");
            return judge.done(history);
        }
        let bound = late(self.0.within.duration());
        let due = |(index, event): &(usize, &_)| *index > at && since(revoked, event) >= bound;
        for (_, event) in history.presents(1).filter(due) {
            match &event.seen {
                Seen::Refused if event.refused() => judge.exercised(),
                Seen::Accepted => {
                    judge.exercised();
                    let message = "a credential works after everything of its holder was revoked";
                    judge.breach(history, event, message, "refused", what_came(event));
                }
                _ => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
