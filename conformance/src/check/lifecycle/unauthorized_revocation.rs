//! Is a revocation with a missing or wrong credential refused, without any effect?

use rescind_specs::lifecycle::{Impostor, TokenName, UnauthorizedRevocation as With};

use super::support::{Judge, Setting, late};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{By, History, Slot, Step, TokenSlot, Until};

/// # What it does
/// Lets each impostor revoke a live credential, holds each answer against the documented ones, and uses the credential
/// after each, past the propagation delay as well.
/// # Verdicts
/// Fail: answered like none of them, or the credential works no more. Divergence: not the recommended one.
/// Inconclusive: the control credential was refused too.
/// # Source
/// RFC 9110 §15.5.2; the security requirement of the revoking operation.
pub struct UnauthorizedRevocation<'w>(pub &'w With);

impl UnauthorizedRevocation<'_> {
    /// The steps of one impostor: its birth, and its attempts.
    fn attempts(impostor: &Impostor, setting: &Setting<'_>) -> (Vec<Step>, Vec<By>) {
        let own = |impostor| (Vec::new(), vec![impostor]);
        match impostor {
            Impostor::Nobody => own(By::Nobody),
            Impostor::Unknown => own(By::Unknown),
            Impostor::WrongSecret => own(By::WrongSecret),
            Impostor::BasicPair => own(By::BasicPair),
            Impostor::BareSecret => own(By::BareSecret),
            Impostor::TokenOf { caller, token } => own(By::TokenOf(caller.clone(), token.clone())),
            Impostor::Partial => (Vec::new(), (0..required(setting)).map(By::Without).collect()),
            Impostor::Revoked => {
                let wait = Step::after_revocation(1, setting.settled());
                (vec![Step::issue(1), Step::revoke(1), wait], vec![By::Slot(Slot(1))])
            }
            Impostor::ExpiredToken => {
                let Some(name) = token(setting) else { return (Vec::new(), Vec::new()) };
                let expired = i64::try_from(late(std::time::Duration::from_secs(1)).as_secs()).unwrap_or(1);
                let steps = vec![
                    Step::issue(2),
                    Step::Exchange(Slot(2), name, TokenSlot(2)),
                    Step::Wait(Until::TokenExpiry(TokenSlot(2), expired)),
                ];
                (steps, vec![By::Token(TokenSlot(2))])
            }
        }
    }
}

/// How many values the revoking operation requires at once.
fn required(setting: &Setting<'_>) -> usize {
    let operation =
        setting.kind.revoke.as_ref().and_then(|revoke| setting.contract.operation(&revoke.call.operation));
    operation.map_or(0, |operation| operation.security.0.iter().map(Vec::len).max().unwrap_or_default())
}

/// The kind of token that the revoking operation takes.
pub(super) fn token(setting: &Setting<'_>) -> Option<TokenName> {
    let revoke = setting.kind.revoke.as_ref()?;
    let security = &setting.contract.operation(&revoke.call.operation)?.security;
    let fits = |token: &rescind_specs::lifecycle::TokenKind| {
        security
            .0
            .iter()
            .any(|set| !set.is_empty() && set.iter().all(|name| token.present.contains_key(name)))
    };
    setting.kind.tokens.iter().find(|(_, token)| fits(token)).map(|(name, _)| name.clone())
}

impl LifecycleCheck for UnauthorizedRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for impostor in &self.0.with {
            let (born, attempts) = Self::attempts(impostor, setting);
            before.extend(born);
            for by in attempts {
                after.extend([Step::revoke_by(0, by), Step::present(0)]);
            }
        }
        // Born before the victim, so that waiting for an impostor to expire costs the victim no life.
        let mut steps = before;
        steps.extend([Step::issue(0), Step::present(0)]);
        steps.extend(after);
        steps.extend(setting.still_works(0).into_iter().skip(1));
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("unauthorized_revocation");
        if !history.presents(0).any(|(_, event)| event.accepted()) {
            return judge.done(history);
        }
        let mut first = None;
        for (at, event) in history.attempts(0) {
            let Step::Revoke { by, .. } = &event.step else { continue };
            first.get_or_insert(at);
            let what = format!("revoking {by}");
            judge.answer(setting, history, event, &self.0.answer, self.0.preferred.as_ref(), &what);
        }
        if let Some(first) = first {
            let message = "a credential works no more after a revocation that had to be refused";
            judge.still_works(history, 0, first, message);
        }
        judge.done(history)
    }
}
