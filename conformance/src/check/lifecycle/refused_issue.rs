//! Does an issue that the contract refuses create nothing?

use rescind_specs::lifecycle::{RefusedIssue as With, ThenIssue};

use super::support::{Judge, Setting, unanswered, what_came};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::{History, Issuing, Patch, Slot, Step};

/// The slot of the right body.
const RIGHT: u8 = 0;
/// The slot of the wrong one.
const WRONG: u8 = 1;

/// # What it does
/// Asks for a credential with a body that has to be refused, and holds the answer against the documented ones. Where
/// asked, the right body comes first, or follows and has to succeed.
/// # Verdicts
/// Fail: answered like none of them, or a credential came of it, or the right body fails afterwards.
/// # Source
/// The issuing operation; the vendor's `lifecycle.yaml`.
pub struct RefusedIssue<'w>(pub &'w With);

impl LifecycleCheck for RefusedIssue<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let wrong = Issuing {
            like: Some(Slot(RIGHT)),
            patch: Patch::Body(self.0.body.clone()),
            ..Issuing::default()
        };
        let mut steps = vec![Step::Reserve(Slot(RIGHT))];
        if self.0.first == ThenIssue::Succeeds {
            steps.extend([Step::issue(RIGHT), Step::present(RIGHT)]);
        }
        steps.push(Step::Issue(Slot(WRONG), wrong));
        if self.0.first == ThenIssue::Succeeds {
            steps.push(Step::present(RIGHT));
        } else if self.0.then == ThenIssue::Succeeds {
            steps.extend([Step::issue(RIGHT), Step::present(RIGHT)]);
        }
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("refused_issue");
        let issues =
            |slot: u8| history.all(move |step| matches!(step, Step::Issue(into, _) if *into == Slot(slot)));
        let Some((at, event)) = issues(WRONG).next() else { return judge.done(history) };
        if self.0.first == ThenIssue::Succeeds && history.issue(RIGHT).is_none() {
            return judge.done(history);
        }
        judge.answer(
            setting,
            history,
            event,
            &self.0.answer,
            None,
            "issuing with a body that has to be refused",
        );
        if event.accepted() {
            let message = "a credential is issued though the contract refuses it";
            judge.breach(history, event, message, "nothing is issued", what_came(event));
            return judge.done(history);
        }
        if let Some((_, right)) = issues(RIGHT).find(|(index, _)| *index > at) {
            match right.decisive().map(|exchange| unanswered(exchange)) {
                Some(None) if right.accepted() => judge.exercised(),
                Some(None) => {
                    let message = "the right body is refused after a wrong one";
                    judge.breach(history, right, message, "issued", what_came(right));
                }
                Some(Some(why)) => judge.open(why),
                None => judge.open(right.why_open().unwrap_or_default()),
            }
        }
        judge.works(history, RIGHT, at, "a credential does not work after a refused issue");
        judge.done(history)
    }
}
