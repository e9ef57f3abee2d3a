//! Does a credential work as soon as it is issued?

use rescind_specs::lifecycle::{FirstUse, UsableAfterIssue as With};

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Seen, Slot, Step};

/// # What it does
/// Issues a credential and presents it at once; where asked, presents it before it is issued as well.
/// # Verdicts
/// Fail: refused right after it was issued, while a control credential was accepted. Not exercised: it was not issued.
/// # Source
/// The vendor's `lifecycle.yaml`; that an earlier failure is not held against it is a reading of ours.
pub struct UsableAfterIssue<'w>(pub &'w With);

impl LifecycleCheck for UsableAfterIssue<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let mut steps = Vec::new();
        if self.0.first == FirstUse::Refused {
            steps.extend([Step::Reserve(Slot(0)), Step::present(0)]);
        }
        steps.extend([Step::issue(0), Step::present(0)]);
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, _: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("usable_after_issue");
        let issued =
            history.all(|step| matches!(step, Step::Issue(Slot(0), _))).find(|(_, event)| event.accepted());
        let Some((issued, _)) = issued else { return judge.done(history) };
        if self.0.first == FirstUse::Refused {
            let before = history.presents(0).find(|(at, _)| *at < issued);
            if before.is_none_or(|(_, event)| event.seen != Seen::Refused) {
                judge.open("the credential was not refused before it was issued");
                return judge.done(history);
            }
        }
        judge.works(history, 0, issued, "a credential is refused right after it was issued");
        judge.done(history)
    }
}
