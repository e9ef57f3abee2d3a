//! Can a credential revoke itself?

use rescind_specs::lifecycle::{AfterRevocation, SelfRevocation as With};

use super::support::{Judge, Setting, what_came};
use super::unauthorized_revocation::token;
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Slot, Step, TokenSlot};

/// # What it does
/// Lets a credential revoke itself, with a token of its own where the operation takes tokens. A token that survives
/// revocations is used once more.
/// # Verdicts
/// Fail: answered like none of the documented ones, or the credential works in the end, or its token dies with it.
/// # Source
/// The security requirement of the revoking operation; the vendor's `lifecycle.yaml`.
pub struct SelfRevocation<'w>(pub &'w With);

impl LifecycleCheck for SelfRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::present(0)];
        let token = token(setting);
        let by = match token {
            Some(name) => {
                steps.push(Step::Exchange(Slot(0), name, TokenSlot(0)));
                By::Token(TokenSlot(0))
            }
            None => By::Slot(Slot(0)),
        };
        steps.push(Step::revoke_by(0, by.clone()));
        if matches!(by, By::Token(_)) {
            steps.push(Step::PresentToken(TokenSlot(0)));
        }
        steps.extend(setting.ends_revoked(0));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("self_revocation");
        let Some((at, event)) = history.attempts(0).next() else { return judge.done(history) };
        judge.answer(setting, history, event, &self.0.answer, None, "a credential's revocation of itself");
        if !event.accepted() {
            return judge.done(history);
        }
        let survives = token(setting).and_then(|name| setting.kind.tokens.get(&name));
        if survives.is_some_and(|token| token.after_revocation == AfterRevocation::Survives) {
            for (_, event) in history.token_presents(0).filter(|(index, _)| *index > at) {
                if event.refused() {
                    let message =
                        "the token with which a credential revoked itself is refused before it expires";
                    judge.breach(history, event, message, "accepted until it expires", what_came(event));
                }
            }
        }
        judge.ended(setting, history, 0, "a credential works after it revoked itself");
        judge.done(history)
    }
}
