//! Do tokens that a credential gave before its revocation keep working until they expire?

use rescind_specs::lifecycle::OutstandingTokens as With;

use super::support::{Judge, Setting, revocation, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Slot, Step, TokenSlot, Until};

/// How many seconds before its expiry a token is used late in its life.
const LATE_IN_LIFE: i64 = 60;

/// # What it does
/// Exchanges a credential for a token, revokes the credential, and uses the token right after that and again one
/// minute before it expires.
/// # Verdicts
/// Fail: the token is refused while it should live; that is no extra safety, clients rely on it. Inconclusive: the
/// token of a control credential was refused too. Not exercised: no token, or no acknowledged revocation.
/// # Source
/// `after_revocation` of the token in the vendor's `lifecycle.yaml`; RFC 7009 §2.1 leaves it to the vendor.
pub struct OutstandingTokens<'w>(pub &'w With);

impl LifecycleCheck for OutstandingTokens<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let token = TokenSlot(0);
        let steps = vec![
            Step::issue(0),
            Step::Exchange(Slot(0), self.0.token.clone(), token),
            Step::PresentToken(token),
            revocation(&self.0.by, 0),
            Step::PresentToken(token),
            Step::Wait(Until::TokenExpiry(token, -LATE_IN_LIFE)),
            Step::PresentToken(token),
        ];
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("outstanding_tokens");
        let Some((at, _)) = history.revoked(0) else { return judge.done(history) };
        if !history.token_presents(0).any(|(index, event)| index < at && event.accepted()) {
            judge.open(history.why_open().unwrap_or_else(|| "the token did not work before".to_owned()));
            return judge.done(history);
        }
        for (_, event) in history.token_presents(0).filter(|(index, _)| *index > at) {
            let alive = event.token.as_ref().is_some_and(|token| event.ended < token.expires_at);
            match &event.seen {
                _ if !alive => {}
                Seen::Accepted => judge.exercised(),
                Seen::Refused if event.refused() => {
                    judge.exercised();
                    let message =
                        "a token is refused after the revocation of its credential, before it expires";
                    judge.breach(history, event, message, "accepted until it expires", what_came(event));
                }
                _ => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
