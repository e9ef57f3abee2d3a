//! Is a credential that cannot be looked up at the moment never called wrong?

use rescind_specs::lifecycle::{HookEffect, UseDuringOutage as With};

use super::support::{Judge, Setting, unanswered};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Step};

/// # What it does
/// Issues a credential, lets the operator's hook begin an outage of whatever credentials are looked up in, uses the
/// credential, ends the outage and uses it again.
/// # Verdicts
/// Fail: a use during the outage is answered like none of the documented ones, above all as if the credential were
/// wrong; or it does not work after the outage. Not exercised: the hook was not supplied or failed, or the credential
/// was accepted all the same.
/// # Source
/// The vendor's `lifecycle.yaml`; RFC 9110 §15.5.2 and §15.6.
pub struct UseDuringOutage<'w>(pub &'w With);

impl LifecycleCheck for UseDuringOutage<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let hooks = setting.contract.lifecycle().map(|lifecycle| &lifecycle.hooks);
        let effect = hooks.and_then(|hooks| hooks.get(&self.0.during)).map(|hook| &hook.does);
        let Some(HookEffect::OutageUntil(end)) = effect else {
            return Scenario { steps: Vec::new(), noise: Noise::Nothing };
        };
        // Not used before, so that no cache knows it.
        let steps = vec![
            Step::issue(0),
            Step::Hook(self.0.during.clone(), None),
            Step::present(0),
            Step::Hook(end.clone(), None),
            Step::present(0),
        ];
        Scenario { steps, noise: Noise::Nothing }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("use_during_outage");
        let hooks: Vec<usize> =
            history.all(|step| matches!(step, Step::Hook(..))).map(|(at, _)| at).collect();
        let (Some(begun), ended) = (hooks.first(), hooks.get(1)) else { return judge.done(history) };
        let during = history.presents(0).filter(|(at, _)| at > begun && ended.is_none_or(|end| at < end));
        for (_, event) in during {
            let Some(exchange) = event.decisive() else {
                judge.open(event.why_open().unwrap_or_else(|| "it was not answered".to_owned()));
                continue;
            };
            // A gateway may answer in place of the service.
            if let Some(why) = unanswered(exchange) {
                judge.open(format!("a use during the outage: {why}"));
                continue;
            }
            if event.seen == Seen::Accepted {
                judge.open("the credential was accepted in spite of the outage");
                continue;
            }
            judge.exercised();
            // Nobody is accepted for the moment, so no control credential tells anything.
            let message = "a use while credentials cannot be looked up is not answered as documented";
            judge.like_one_of(setting, history, event, &self.0.answer, message);
        }
        if let Some(ended) = ended {
            judge.works(history, 0, *ended, "a credential does not work after an outage");
        }
        judge.done(history)
    }
}
