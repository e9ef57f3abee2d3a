//! Does no token live longer than documented?

use std::time::Duration;

use rescind_specs::lifecycle::TokenLifetime as With;

use super::support::{Judge, Setting, documented, late, received, seconds, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{Event, History, Seen, Slot, Step, TokenSlot, Until};
use crate::verdict::Verdict;

/// # What it does
/// Gets one token for a credential that is revoked and one for a credential that is not, and uses both when the longest
/// documented life is over.
/// # Verdicts
/// Fail: a token is accepted past that time, or its answer promises a longer life. Divergence: refused in another way
/// than recommended. Inconclusive: a fresh token of a control credential was refused too.
/// # Source
/// `lifetime` of the token in the vendor's `lifecycle.yaml`.
pub struct TokenLifetime<'w>(pub &'w With);

impl LifecycleCheck for TokenLifetime<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let exchange = |slot: u8| Step::Exchange(Slot(slot), self.0.token.clone(), TokenSlot(slot));
        let present = |slot: u8| Step::PresentToken(TokenSlot(slot));
        let over = late(self.0.at_most.duration());
        let steps = vec![
            Step::issue(0),
            exchange(0),
            present(0),
            Step::revoke(0),
            Step::issue(1),
            exchange(1),
            present(1),
            Step::Wait(Until::TokenAge(TokenSlot(1), over)),
            present(0),
            present(1),
        ];
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("token_lifetime");
        let longest = self.0.at_most.duration();
        for (_, event) in history.all(|step| matches!(step, Step::Exchange(..))) {
            let Some(token) = &event.token else { continue };
            let life =
                Duration::try_from(token.expires_at.duration_since(token.received)).unwrap_or_default();
            if life > longest {
                judge.exercised();
                let message = format!("a token is promised for {}", seconds(life));
                let limit = format!("{} at most", self.0.at_most);
                judge.breach(history, event, message, limit, seconds(life));
            }
        }
        for slot in [0, 1] {
            let uses: Vec<&Event> = history.token_presents(slot).map(|(_, event)| event).collect();
            if !uses.iter().any(|event| event.accepted()) {
                continue;
            }
            for event in uses {
                let Some(token) = &event.token else { continue };
                let age = Duration::try_from(event.began.duration_since(token.received)).unwrap_or_default();
                if age < late(longest) {
                    continue;
                }
                match &event.seen {
                    Seen::Accepted => {
                        judge.exercised();
                        let message = format!("a token is accepted {} after it was given", seconds(age));
                        let limit = format!("refused after {} at the latest", self.0.at_most);
                        judge.breach(history, event, message, limit, what_came(event));
                    }
                    Seen::Refused if event.refused() => {
                        judge.exercised();
                        if let Some(condition) = &self.0.refused
                            && let Err(difference) = event.meets(setting.contract, condition)
                            && let Some(exchange) = event.decisive()
                        {
                            judge.find(
                                Verdict::Divergence,
                                history,
                                event,
                                "an expired token is refused in another way than recommended",
                                documented(std::slice::from_ref(condition)),
                                received(exchange, &difference),
                            );
                        }
                    }
                    _ => judge.open(event.why_open().unwrap_or_default()),
                }
            }
        }
        judge.done(history)
    }
}
