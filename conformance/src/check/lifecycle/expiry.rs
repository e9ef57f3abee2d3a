//! Is a credential refused past its expiry?

use rescind_specs::lifecycle::Expiry as With;

use super::support::{Judge, MARGIN, Setting, documented, received, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Issuing, Patch, Seen, Slot, Step, Until};

/// # What it does
/// Issues a credential with a short life, uses it, and uses it again when its life is over.
/// # Verdicts
/// Fail: accepted past its expiry (and five seconds), or refused in another way than documented. Not exercised: it did
/// not work before, or a short life cannot be asked for.
/// # Source
/// `expires_at` and `expiring` in the vendor's `lifecycle.yaml`.
pub struct Expiry<'w>(pub &'w With);

impl LifecycleCheck for Expiry<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let short = Issuing { patch: Patch::Expiring, ..Issuing::default() };
        // What a cache may keep of a revoked credential it may keep of an expired one.
        let late = i64::try_from((setting.delay() + MARGIN).as_secs()).unwrap_or(i64::MAX);
        let steps = vec![
            Step::Issue(Slot(0), short),
            Step::present(0),
            Step::Wait(Until::Expiry(Slot(0), late)),
            Step::present(0),
        ];
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("expiry");
        let expires = history.credential(0).and_then(|credential| credential.expires_at);
        let Some(expires) = expires else {
            judge.open(history.why_open().unwrap_or_else(|| "it is not known when it expires".to_owned()));
            return judge.done(history);
        };
        let margin = jiff::SignedDuration::try_from(setting.delay() + MARGIN).unwrap_or_default();
        let bound = expires.checked_add(margin).unwrap_or(expires);
        if !history.presents(0).any(|(_, event)| event.accepted() && event.began < expires) {
            return judge.done(history);
        }
        for (_, event) in history.presents(0).filter(|(_, event)| event.began >= bound) {
            match &event.seen {
                Seen::Accepted => {
                    judge.exercised();
                    let message = "a credential is accepted past its expiry";
                    judge.breach(history, event, message, "refused", what_came(event));
                }
                Seen::Refused if event.refused() => {
                    judge.exercised();
                    if let Some(condition) = &self.0.refused
                        && let Err(difference) = event.meets(setting.contract, condition)
                        && let Some(exchange) = event.decisive()
                    {
                        let message = "an expired credential is refused in another way than documented";
                        let documented = documented(std::slice::from_ref(condition));
                        judge.breach(history, event, message, documented, received(exchange, &difference));
                    }
                }
                _ => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
