//! Walks through the history of a sequence with what is known so far, and says which requirement each step broke. Sends
//! nothing, waits for nothing.

mod dependents;
mod issues;
mod lists;
mod revocations;
mod uses;

use rescind_specs::lifecycle::{Condition, Requirement, RequirementId};

use super::model::{Life, Model};
use super::reference_machine::ID;
use super::rules::Rules;
use crate::check::lifecycle::Setting;
use crate::check::words::{documented, received, unanswered};
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Seen, Slot, Step};
use crate::verdict::Verdict;

/// What is to be said of a history.
#[derive(Default)]
pub(super) struct Ruling {
    /// How often something had to hold, and it could be seen whether it did.
    pub(super) exercised: u64,
    /// The steps that broke a promise, in order; of several promises that one step broke, the weightiest.
    pub(super) broken: Vec<Broken>,
}

/// A step that broke a promise.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    /// What kind of breach it is.
    pub(super) class: Class,
    /// The breach.
    pub(super) finding: Finding,
}

/// Breaches that are alike, whatever requirement names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// A credential works though it was revoked.
    Revived,
    /// A credential works though it expired.
    Outlived,
    /// A credential does not work though nothing ended it.
    Lost,
    /// A dead credential is refused in a wrong way.
    Refusal,
    /// The answer to an issue is wrong.
    Issue,
    /// The answer to a revocation by whoever may revoke is wrong.
    Revocation,
    /// The answer to a further revocation is wrong.
    Repeat,
    /// The answer to somebody who may not revoke is wrong.
    Stranger,
    /// The answer about an identifier that none has is wrong.
    Unknown,
    /// The answer to the revocation of something in use is wrong.
    Guard,
    /// A dependent refers to something else than it should.
    Reference,
    /// A token does not work though it should.
    TokenLost,
    /// A token works, or is promised to work, for too long.
    TokenOutlived,
    /// A list shows what it should not, or lacks what it should show.
    List,
}

/// Something against a step.
struct Candidate<'c> {
    class: Class,
    requirement: Option<&'c Requirement>,
    message: String,
    documented: String,
    received: String,
}

impl Candidate<'_> {
    /// How bad it is. What no requirement names diverges from a reading of ours at worst.
    fn verdict(&self) -> Verdict {
        self.requirement.map_or(Verdict::Divergence, |requirement| Verdict::Fail.capped(requirement.basis))
    }
}

/// A walk through a history.
struct Walk<'w, 'c> {
    setting: &'w Setting<'c>,
    rules: &'w Rules<'c>,
    model: Model<'c>,
    /// Whether something had to hold in this step, and it could be seen whether it did.
    bound: bool,
    candidates: Vec<Candidate<'c>>,
}

/// Judges a history.
pub(super) fn judge(setting: &Setting<'_>, rules: &Rules<'_>, history: &History) -> Ruling {
    let mut walk = Walk { setting, rules, model: Model::default(), bound: false, candidates: Vec::new() };
    let mut ruling = Ruling::default();
    for (at, event) in history.events.iter().enumerate() {
        walk.bound = false;
        walk.model.steps += 1;
        walk.step(event);
        ruling.exercised += u64::from(walk.bound);
        let mut worst: Option<Candidate<'_>> = None;
        for candidate in walk.candidates.drain(..) {
            // Of those that are equally bad the first counts.
            if worst.as_ref().is_none_or(|worst| candidate.verdict() > worst.verdict()) {
                worst = Some(candidate);
            }
        }
        ruling.broken.extend(worst.map(|candidate| broken(history, at, event, candidate)));
    }
    ruling
}

fn broken(history: &History, at: usize, event: &Event, candidate: Candidate<'_>) -> Broken {
    let finding = Finding {
        check: ID.to_owned(),
        verdict: candidate.verdict(),
        operation: event.operation(),
        message: candidate.message,
        documented: candidate.documented,
        received: candidate.received,
        place: None,
        exchanges: history.events.iter().take(at + 1).flat_map(Event::ids).collect(),
        requirement: candidate.requirement.map(|requirement| RequirementId(requirement.id.0.clone())),
        sequence: None,
    };
    Broken { class: candidate.class, finding }
}

impl<'c> Walk<'_, 'c> {
    fn step(&mut self, event: &Event) {
        match &event.step {
            Step::Issue(slot, issuing) => self.issue(*slot, issuing, event),
            Step::Present(slot) => self.present(*slot, event),
            Step::Exchange(slot, name, into) => self.exchange(*slot, name, *into, event),
            Step::PresentToken(token) => self.present_token(*token, event),
            Step::Revoke { target, by, body: None } => self.revoke(*target, by, event),
            Step::List(caller) => self.list(caller.as_ref(), event),
            Step::Create(name, into, slot) => self.create(name, *into, *slot, event),
            Step::Read(dependent) => self.read(*dependent, event),
            Step::Repoint(dependent, slot) => self.repoint(*dependent, *slot, event),
            Step::Clear(dependent) => self.clear(*dependent, event),
            Step::Delete(dependent) => self.delete(*dependent, event),
            Step::Hook(name, slot) => self.hook(name, *slot, event),
            _ => {}
        }
    }

    fn life(&self, slot: Slot) -> Option<Life> {
        self.model.slots.get(&slot).map(|known| known.life)
    }

    /// Something against this step.
    fn against(
        &mut self,
        class: Class,
        requirement: Option<&'c Requirement>,
        message: impl Into<String>,
        documented: impl Into<String>,
        received: impl Into<String>,
    ) {
        let (message, documented, received) = (message.into(), documented.into(), received.into());
        self.candidates.push(Candidate { class, requirement, message, documented, received });
    }

    /// Whatever else happened to a credential may be why a step about it went wrong: that names the requirement first,
    /// the latest first of all.
    fn blame(&mut self, slot: Slot) {
        let Some(known) = self.model.slots.get(&slot) else { return };
        let Some(first) = self.candidates.first() else { return };
        let blamed: Vec<Candidate<'c>> = known
            .latest_causes()
            .into_iter()
            .map(|cause| Candidate {
                class: first.class,
                requirement: Some(cause.requirement),
                message: format!("{}, after {}", first.message, cause.what),
                documented: first.documented.clone(),
                received: first.received.clone(),
            })
            .collect();
        self.candidates.splice(..0, blamed);
    }

    /// The answer of this step has to be like one of `answers`. Whether it told anything at all.
    fn answer(
        &mut self,
        class: Class,
        requirement: &'c Requirement,
        event: &Event,
        answers: &[Condition],
        what: &str,
    ) -> bool {
        let Some(exchange) = event.decisive().filter(|exchange| unanswered(exchange).is_none()) else {
            return false;
        };
        let differences: Vec<String> =
            answers.iter().filter_map(|answer| event.meets(self.setting.contract, answer).err()).collect();
        if differences.len() < answers.len() {
            self.bound = true;
            return true;
        }
        // Whoever asked may have been refused for a reason of its own.
        if !matches!(event.control, None | Some(Seen::Accepted)) {
            return false;
        }
        self.bound = true;
        let nearest = differences.into_iter().min_by_key(String::len).unwrap_or_default();
        let message = format!("{what} is not answered as documented");
        self.against(class, Some(requirement), message, documented(answers), received(exchange, &nearest));
        true
    }
}
