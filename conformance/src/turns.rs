//! The requirements of a run in their turns: side by side where that changes nothing, else one after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rescind_specs::lifecycle::{Basis, Period, Requirement};

use crate::actors::Actors;
use crate::lifecycle::Controls;
use crate::prerequisite::{Turn, not_run, turn};
use crate::progress::Event;
use crate::report::{Outcome, RequirementReport};
use crate::requirement_runner::{self as requirements, Confirmation, Manner};
use crate::session::Session;
use crate::verdict::Verdict;

/// What is said of a breach that was seen beside others and not when it was run alone.
const NOT_AGAIN: &str = "seen while other sequences were under way, and not when it was run alone; --jobs 1 runs nothing side by side";
/// What is said of one that could not be run alone.
const NOT_CONFIRMED: &str =
    "seen while other sequences were under way, and the run ended before it was run alone";

/// The requirements of a run, and what came of them so far.
pub(crate) struct Turns<'a, 's, 'r> {
    actors: &'a Actors<'s, 'r>,
    controls: &'a Controls,
    known: &'r [Requirement],
    judged: Mutex<Judged>,
}

/// What came of requirements, by their place in the document.
#[derive(Default)]
struct Judged {
    settled: BTreeMap<usize, RequirementReport>,
    /// What was seen of some beside others, and has to be seen alone.
    doubtful: BTreeMap<usize, RequirementReport>,
    /// What was seen of some beside others, and not again.
    unconfirmed: BTreeMap<usize, RequirementReport>,
}

impl<'a, 's, 'r> Turns<'a, 's, 'r> {
    pub(crate) fn new(actors: &'a Actors<'s, 'r>, controls: &'a Controls, known: &'r [Requirement]) -> Self {
        Self { actors, controls, known, judged: Mutex::default() }
    }

    /// Those whose turn it is, as a run takes them: in the order of the document; where time is short, the most binding
    /// ones first.
    pub(crate) fn of(&self, wanted: Turn) -> Vec<usize> {
        let numbered = self.known.iter().enumerate();
        let contract = self.session().contract();
        let is_it = |requirement| turn(contract, requirement) == wanted;
        let mut these: Vec<_> = numbered.filter(|(_, requirement)| is_it(requirement)).collect();
        if self.session().plan().max_time.is_some() {
            these.sort_by_key(|(_, requirement)| match requirement.basis {
                Basis::Contract => 0,
                Basis::Documentation => 1,
                Basis::Inference => 2,
            });
        }
        these.into_iter().map(|(index, _)| index).collect()
    }

    /// The requirement at a place.
    pub(crate) fn requirement(&self, index: usize) -> Option<&'r Requirement> {
        self.known.get(index)
    }

    /// Runs them one after the other.
    pub(crate) async fn alone(&self, these: Vec<usize>) {
        for index in these {
            let Some((report, _)) = self.one(index, Manner::Alone).await else { continue };
            let mut judged = self.judged();
            if let Some(beside) = judged.doubtful.remove(&index) {
                judged.unconfirmed.insert(index, beside);
            }
            self.settle(&mut judged, index, report);
        }
    }

    /// Runs them side by side, then alone those of which more was seen than that they hold.
    pub(crate) async fn beside(&self, these: Vec<usize>) {
        if self.session().plan().jobs.get() == 1 {
            return self.alone(these).await;
        }
        let works = these.into_iter().map(|index| async move {
            let Some((report, confirmation)) = self.one(index, Manner::Beside).await else { return };
            let mut judged = self.judged();
            match confirmation {
                Confirmation::Needless => self.settle(&mut judged, index, report),
                Confirmation::Needed => _ = judged.doubtful.insert(index, report),
            }
        });
        self.session().together(works).await;
        let doubtful: Vec<usize> = self.judged().doubtful.keys().copied().collect();
        self.alone(doubtful).await;
    }

    /// Says why a requirement was not run.
    pub(crate) fn leave_out(&self, index: usize, why: &str) {
        let Some(requirement) = self.known.get(index) else { return };
        self.judged().settled.insert(index, not_begun(requirement, why));
    }

    /// Runs one requirement in a lane of its own, if there is time.
    async fn one(&self, index: usize, manner: Manner) -> Option<(RequirementReport, Confirmation)> {
        let requirement = self.known.get(index)?;
        let lane = self.session().lane();
        let work = async {
            let actors = self.actors.beside(&lane);
            let is_run = not_run(&actors, requirement).is_none();
            if is_run && !lane.may_begin() {
                return None;
            }
            if is_run {
                lane.progress().event(Event::Step { id: &requirement.id.0 });
            }
            Some(Box::pin(requirements::run(&actors, self.controls, requirement, manner)).await)
        };
        match manner {
            Manner::Beside => {
                lane.enter().await;
                work.await
            }
            // Others may be there no more, but the clock is moved in the same way.
            Manner::Alone => self.session().together([work]).await.into_iter().next().flatten(),
        }
    }

    fn settle(&self, judged: &mut Judged, index: usize, report: RequirementReport) {
        if !matches!(report.outcome, Outcome::NotRun(_) | Outcome::Pending(_) | Outcome::NotObserved(_)) {
            let settled = Event::Settled { id: &report.id.0, outcome: &report.outcome };
            self.session().progress().event(settled);
        }
        judged.settled.insert(index, report);
    }

    /// What came of every requirement, in the order of the document.
    pub(crate) fn reports(self, interrupted: bool) -> Vec<RequirementReport> {
        let late =
            self.session().plan().max_time.filter(|_| !interrupted).map(|time| {
                format!("the time was up before it was begun (--max-time {})", Period::from(time))
            });
        let late = late.unwrap_or_else(|| "the run was interrupted before it".to_owned());
        let Judged { mut settled, doubtful, unconfirmed } =
            self.judged.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (index, requirement) in self.known.iter().enumerate() {
            settled.entry(index).or_insert_with(|| not_begun(requirement, &late));
        }
        // Where something is broken that was seen alone, it may well be what others suffered from.
        let broken = |report: &RequirementReport| report.outcome == Outcome::Judged(Verdict::Fail);
        let explained = settled.values().any(broken);
        let unconfirmed = unconfirmed.into_iter().filter(|_| !explained).map(|seen| (seen, NOT_AGAIN));
        for ((index, beside), why) in
            unconfirmed.chain(doubtful.into_iter().map(|seen| (seen, NOT_CONFIRMED)))
        {
            if let Some(report) = settled.get_mut(&index) {
                requirements::unconfirmed(beside, report, why);
            }
        }
        settled.into_values().collect()
    }

    fn session(&self) -> &'s Session<'r> {
        self.actors.session()
    }

    fn judged(&self) -> std::sync::MutexGuard<'_, Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The report of a requirement that was not begun.
fn not_begun(requirement: &Requirement, why: &str) -> RequirementReport {
    let mut checks: Vec<String> = requirement.check.iter().map(|check| check.id().to_owned()).collect();
    checks.dedup();
    RequirementReport {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        basis: requirement.basis,
        source: requirement.source.clone(),
        checks,
        outcome: Outcome::NotRun(why.to_owned()),
        exercised: 0,
        findings: Vec::new(),
        measurements: Vec::new(),
        left_out: Vec::new(),
    }
}
