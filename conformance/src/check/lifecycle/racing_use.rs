//! Is a credential refused from its bound on when it is in use while it is revoked?

use rescind_specs::lifecycle::RacingUse as With;

use super::support::{Judge, Setting, late, since, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Slot, Step};

/// # What it does
/// Keeps several uses of a credential under way while it is revoked, goes on using it when the answer to the revocation
/// is there, and uses it again past the bound.
/// # Verdicts
/// Fail: a use that was sent after that answer came, and past the bound, is accepted. One that was sent before may go
/// either way. The order is that of the messages, not of any clock. Inconclusive: the control credential was refused too.
/// # Source
/// RFC 7009 §2.1; `propagation_delay` in the vendor's `lifecycle.yaml`.
pub struct RacingUse<'w>(pub &'w With);

impl LifecycleCheck for RacingUse<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let bound = late(self.0.within.duration());
        let mut steps = vec![Step::issue(0), Step::present(0), Step::RaceUse(Slot(0), self.0.uses)];
        steps.extend((!bound.is_zero()).then(|| Step::after_revocation(0, bound)));
        steps.push(Step::present(0));
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("racing_use");
        let before = history.presents(0).next().is_some_and(|(_, event)| event.accepted());
        let Some((_, revoked)) = history.revoked(0).filter(|_| before) else { return judge.done(history) };
        let Some(acknowledged) = revoked.decisive().map(|exchange| exchange.span) else {
            return judge.done(history);
        };
        let bound = late(self.0.within.duration());
        let mut breached = false;
        let mut refused = false;
        let mut unclear = None;
        for (_, event) in history.presents(0) {
            let afterwards = event.decisive().is_some_and(|exchange| acknowledged.precedes(exchange.span));
            if !afterwards || since(revoked, event) < bound {
                continue;
            }
            match &event.seen {
                Seen::Accepted if !breached => {
                    // One is enough: how many there are is a matter of chance.
                    breached = true;
                    let message = "a credential that was in use while it was revoked is accepted afterwards";
                    let documented = format!("refused {} after the answer to its revocation", self.0.within);
                    judge.breach(history, event, message, documented, what_came(event));
                }
                Seen::Accepted => {}
                Seen::Refused if event.refused() => refused = true,
                _ => unclear = unclear.or_else(|| event.why_open()),
            }
        }
        // Of many uses, one that was lost or throttled takes nothing from the others.
        if breached || refused {
            judge.exercised();
        } else if let Some(why) = unclear {
            judge.open(why);
        }
        judge.done(history)
    }
}
