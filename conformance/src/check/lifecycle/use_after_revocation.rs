//! Is a revoked credential refused, in time and for good?

use std::collections::BTreeMap;
use std::time::Duration;

use rescind_specs::lifecycle::{Period, Settles, Traffic, UseAfterRevocation as With};

use super::support::{Judge, Setting, documented, late, received, revocation, seconds, since, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::exchange::Replica;
use crate::lifecycle::{History, Seen, Slot, Step};
use crate::verdict::Verdict;

/// How many uses a dense traffic makes within the time watched, where there is no bound.
const DENSE: u32 = 12;
/// How many uses a dense traffic makes within a bound.
const WITHIN_BOUND: u32 = 30;

/// # What it does
/// Uses a credential before its revocation, then up to the documented bound and beyond, by the deployment's clock.
/// # Verdicts
/// Fail: accepted after the bound (and five seconds, if there is a bound at all), or refused in another way than
/// documented. A use that is accepted before the bound is no finding, unless the contract says that refusals settle at
/// once. Inconclusive: the control credential was refused too. Not exercised: the revocation was not acknowledged, the
/// credential did not work before, or the bound lies beyond the patience of the run.
/// # Source
/// RFC 7009 §2.1; `propagation_delay` in the vendor's `lifecycle.yaml`.
pub struct UseAfterRevocation<'w>(pub &'w With);

impl UseAfterRevocation<'_> {
    /// When the credential is used, counted from the answer to its revocation.
    fn moments(&self) -> Vec<Duration> {
        let (bound, end) = self.bound_and_end();
        let mut moments = vec![late(bound), end];
        match (self.0.traffic, self.0.settles) {
            (Traffic::Continuous, _) => return moments,
            (_, Settles::AtFirstRefusal) => {
                moments.extend([bound / 16, bound / 8, bound / 4, bound / 2, bound * 3 / 4]);
            }
            (Traffic::Steady | Traffic::Unused, Settles::AtBound) => moments.push(bound / 2),
        }
        moments.push(late(bound) + self.0.watch.duration() / 2);
        if let Some(preferred) = self.0.preferred.map(Period::duration) {
            moments.extend([preferred / 2, late(preferred)]);
        }
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    fn bound_and_end(&self) -> (Duration, Duration) {
        let bound = self.0.within.duration();
        (bound, late(bound) + self.0.watch.duration())
    }

    /// The time between two uses of a dense traffic: short enough that each use falls into any window that the one
    /// before could have renewed.
    fn every(&self) -> Duration {
        match self.0.within.duration() {
            Duration::ZERO => self.0.watch.duration() / DENSE,
            bound => (bound / WITHIN_BOUND).max(Duration::from_secs(1)),
        }
    }
}

impl LifecycleCheck for UseAfterRevocation<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let mut steps = vec![match &self.0.held_by {
            Some(caller) => Step::Adopt(Slot(0), caller.clone()),
            None => Step::issue(0),
        }];
        let unused = self.0.traffic == Traffic::Unused;
        if !unused {
            steps.push(Step::present(0));
        }
        steps.push(revocation(&self.0.by, 0));
        steps.extend(self.0.then.clone().map(|hook| Step::Hook(hook, None)));
        steps.push(Step::present(0));
        for moment in self.moments() {
            if self.0.traffic == Traffic::Continuous {
                steps.push(Step::PresentEvery { slot: Slot(0), every: self.every(), until: moment });
            } else if !moment.is_zero() {
                steps.extend([Step::after_revocation(0, moment), Step::present(0)]);
            }
        }
        let noise = match (&self.0.held_by, unused) {
            (Some(_), _) => Noise::Nothing,
            (None, true) => Noise::Others,
            (None, false) => Noise::Uses,
        };
        Scenario { steps, noise }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("use_after_revocation");
        let Some((at, revoked)) = history.revoked(0) else {
            judge
                .open(history.why_open().unwrap_or_else(|| "the revocation was not acknowledged".to_owned()));
            return judge.done(history);
        };
        let before = history.presents(0).any(|(index, event)| index < at && event.accepted());
        if self.0.traffic != Traffic::Unused && !before {
            let dead = || match &self.0.held_by {
                Some(caller) => {
                    format!("the credential of {caller} does not work any more; supply another one")
                }
                None => "it did not work before its revocation".to_owned(),
            };
            judge.open(history.why_open().unwrap_or_else(dead));
            return judge.done(history);
        }
        // What is promised holds after the step that follows the revocation; a use before it says nothing.
        let (mut from, mut start) = (at, revoked);
        if let Some(hook) = &self.0.then {
            let done = Step::Hook(hook.clone(), None);
            let taken =
                history.all(|step| *step == done).find(|(index, event)| *index > at && event.accepted());
            let Some((taken, event)) = taken else {
                judge.open(history.why_open().unwrap_or_else(|| format!("{done}: it was not taken")));
                return judge.done(history);
            };
            (from, start) = (taken, event);
        }
        let bound = late(self.0.within.duration());
        // Each replica may remember for itself.
        let mut refused_at: BTreeMap<Replica, Duration> = BTreeMap::new();
        for (_, event) in history.presents(0).filter(|(index, _)| *index > from) {
            let time = since(start, event);
            let binding = time >= bound;
            match &event.seen {
                Seen::Accepted if binding => {
                    judge.exercised();
                    let message =
                        format!("a revoked credential is accepted {} after its revocation", seconds(time));
                    let documented = match self.0.within.duration() {
                        Duration::ZERO => "refused from the answer to the revocation on".to_owned(),
                        _ => format!("refused after {} at the latest", self.0.within),
                    };
                    judge.breach(history, event, message, documented, what_came(event));
                }
                Seen::Accepted if self.0.preferred.is_some_and(|bound| time >= late(bound.duration())) => {
                    let message =
                        format!("a revoked credential is accepted {} after its revocation", seconds(time));
                    let documented = match self.0.preferred {
                        Some(bound) => format!("refused after {bound}, which is recommended"),
                        None => String::new(),
                    };
                    judge.find(Verdict::Divergence, history, event, message, documented, what_came(event));
                }
                Seen::Accepted => {
                    if let (Settles::AtFirstRefusal, Some(refused)) =
                        (self.0.settles, refused_at.get(&event.replica))
                    {
                        let message = format!(
                            "a revoked credential is refused after {} and accepted after {}",
                            seconds(*refused),
                            seconds(time)
                        );
                        judge.breach(
                            history,
                            event,
                            message,
                            "refused from the first refusal on",
                            what_came(event),
                        );
                    }
                }
                Seen::Refused if event.refused() => {
                    refused_at.entry(event.replica).or_insert(time);
                    if binding {
                        judge.exercised();
                    }
                    if let Some(condition) = self.0.refused.as_ref().filter(|_| binding)
                        && let Err(difference) = event.meets(setting.contract, condition)
                        && let Some(exchange) = event.decisive()
                    {
                        let message = "a revoked credential is refused in another way than documented";
                        let documented = documented(std::slice::from_ref(condition));
                        judge.breach(history, event, message, documented, received(exchange, &difference));
                    }
                }
                _ if binding => judge.open(event.why_open().unwrap_or_default()),
                _ => {}
            }
        }
        judge.done(history)
    }
}
