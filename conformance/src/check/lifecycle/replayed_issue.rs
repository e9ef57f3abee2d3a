//! Does replaying the issuing call with its idempotency key, after the revocation, revive nothing?

use std::time::Duration;

use rescind_specs::lifecycle::ReplayedIssue as With;

use super::support::{Judge, MARGIN, Setting, seconds, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Issuing, Key, Seen, Slot, Step};

/// # What it does
/// Revokes a credential, sends the very request that issued it once more, with the same idempotency key, at once and
/// late in the window in which answers are kept, and uses whatever comes back.
/// # Verdicts
/// Fail: the credential works again, or another one was issued within the window. The stored answer may come back.
/// # Source
/// The vendor's pages on idempotency; the vendor's `lifecycle.yaml`.
pub struct ReplayedIssue<'w>(pub &'w With);

impl LifecycleCheck for ReplayedIssue<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let replay = |slot: u8| {
            Step::Issue(Slot(slot), Issuing { like: Some(Slot(0)), key: Key::Same, ..Issuing::default() })
        };
        let late = self.0.window.duration().saturating_sub(Duration::from_mins(5));
        let mut steps = vec![Step::issue(0), Step::present(0), Step::revoke(0), replay(1)];
        steps.extend(setting.ends_revoked(0));
        if late > setting.settled() {
            steps.extend([Step::after_revocation(0, late), replay(2), Step::present(0)]);
        }
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("replayed_issue");
        let (Some((revoked, at)), Some(first)) = (history.revoked(0), history.issue(0)) else {
            return judge.done(history);
        };
        let old = history.credential(0).map(|credential| credential.id.text.clone());
        let replays = history.all(|step| matches!(step, Step::Issue(_, Issuing { key: Key::Same, .. })));
        let mut replayed = None;
        for (index, event) in replays.filter(|(index, _)| *index > revoked) {
            let age = Duration::try_from(event.began.duration_since(first.began)).unwrap_or_default();
            if age + MARGIN > self.0.window.duration() {
                continue;
            }
            if let Some(why) = event.decisive().and_then(|exchange| unanswered(exchange)) {
                judge.open(why);
                continue;
            }
            replayed.get_or_insert(index);
            judge.exercised();
            let new = event.credential.as_ref().map(|credential| credential.id.text.clone());
            if event.accepted() && new != old {
                let message = format!("replaying the issue {} later issues another credential", seconds(age));
                let documented = format!("the stored answer, for {}", self.0.window);
                judge.breach(history, event, message, documented, what_came(event));
            }
        }
        let Some(replayed) = replayed else { return judge.done(history) };
        for (_, event) in history.presents(0).filter(|(index, _)| *index > replayed) {
            let time = Duration::try_from(event.began.duration_since(at.ended)).unwrap_or_default();
            match &event.seen {
                _ if time < setting.settled() => {}
                Seen::Accepted => {
                    let message = "replaying the issue revives a revoked credential";
                    judge.breach(history, event, message, "refused", what_came(event));
                }
                Seen::Refused if event.refused() => {}
                _ => judge.open(event.why_open().unwrap_or_default()),
            }
        }
        judge.done(history)
    }
}
