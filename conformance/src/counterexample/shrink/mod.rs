//! From a sequence that shows a finding to the shortest one that shows it: what lies behind it is cut off, and steps
//! are taken out as long as a rerun still shows it.

pub(crate) mod alike;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::check::Judgement;
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Issuing, Step};

/// How often a sequence that showed a finding once is run again before it counts as one that does so by chance.
const REPEATS: u32 = 3;
/// How often a sequence with a race in it is run: who comes first is a matter of chance.
const CHANCES: u32 = 5;

/// A finding and the history that shows it, whose last event is the one that does.
#[derive(Clone)]
pub(crate) struct Shown {
    /// The finding.
    pub(crate) finding: Finding,
    /// The history.
    pub(crate) history: History,
    /// In how many runs of its sequence it was seen once only; `None`: it was seen again, or there was no other run.
    pub(crate) once_in: Option<u32>,
}

/// Looks for the shortest sequence that shows `finding`, which the judgement of `history` holds. `judge` reads a
/// history and does nothing else; `run` runs a sequence, and `may_rerun` is asked before each time. The finding is the
/// same if check, verdict, operation and kind of message are.
pub(crate) async fn shrink(
    judge: impl Fn(&History) -> Judgement,
    run: impl AsyncFn(&[Step]) -> History,
    may_rerun: impl FnMut() -> bool,
    history: &History,
    finding: &Finding,
) -> Shown {
    let search = Search { judge, run, may_rerun, finding, made: made(history), reruns: 0, blocked: false };
    search.shortest(history).await
}

/// A search for a shorter sequence.
struct Search<'s, J, R, B> {
    judge: J,
    run: R,
    may_rerun: B,
    finding: &'s Finding,
    /// What the first run could issue.
    made: Vec<Step>,
    reruns: u32,
    /// Whether a rerun could not issue what the first run could, so that none tells anything.
    blocked: bool,
}

/// The steps of a search and what came of them.
struct Found {
    steps: Vec<Step>,
    shown: Shown,
}

impl<J, R, B> Search<'_, J, R, B>
where
    J: Fn(&History) -> Judgement,
    R: AsyncFn(&[Step]) -> History,
    B: FnMut() -> bool,
{
    async fn shortest(mut self, history: &History) -> Shown {
        let Some(first) = self.cut(history) else {
            return Shown { finding: self.finding.clone(), history: history.clone(), once_in: None };
        };
        if parts::spends(&first.steps) {
            return first.shown;
        }
        let sequence = Sequence::new(&first);
        let needed = self.needed(&first, &sequence);
        let found = match self.attempt(&sequence.pick(&needed)).await {
            Some(found) => found,
            None => match self.confirmed(&first.steps).await {
                Ok(found) => self.thinned(found, &sequence, &needed).await,
                Err(once_in) => return Shown { once_in, ..first.shown },
            },
        };
        self.simplified(found).await.shown
    }

    /// The shortest beginning of a history that shows the finding. Nothing has to be sent for that: the deployment
    /// knew nothing of what came later.
    fn cut(&self, history: &History) -> Option<Found> {
        let mut length = 0;
        for (step, events) in groups(history) {
            let until = length + events.len();
            // What was under way at once belongs together.
            let ends =
                if matches!(step, Step::PresentEvery { .. }) { length + 1..=until } else { until..=until };
            length = until;
            for end in ends {
                let beginning = History { events: history.events.get(..end)?.to_vec() };
                if let Some(finding) = self.shows(&beginning) {
                    let steps = groups(&beginning).into_iter().map(|(step, _)| step).collect();
                    return Some(Found {
                        steps,
                        shown: Shown { finding, history: beginning, once_in: None },
                    });
                }
            }
        }
        None
    }

    /// The finding, if the judgement of a history holds it.
    fn shows(&self, history: &History) -> Option<Finding> {
        (self.judge)(history).findings.into_iter().find(|finding| alike::same(finding, self.finding))
    }

    /// The steps that the judgement itself cannot do without, by place. Whether the deployment can is for a rerun to
    /// show. Waits stay: what is read of them are the times of the other events.
    fn needed(&self, first: &Found, sequence: &Sequence) -> Vec<usize> {
        let mut kept = sequence.all();
        for at in sequence.all().into_iter().rev() {
            if matches!(sequence.steps.get(at), Some(Step::Wait(_))) {
                continue;
            }
            let Some(left) = sequence.without(&kept, &BTreeSet::from([at])) else { continue };
            if left.len() < kept.len() && self.shows(&chosen(&first.shown.history, &left)).is_some() {
                kept = left;
            }
        }
        let idle = parts::idle(&sequence.steps, &kept);
        kept.retain(|at| !idle.contains(at));
        kept
    }

    /// Runs the steps, several times where it may depend on who comes first. Do they show the finding?
    async fn attempt(&mut self, steps: &[Step]) -> Option<Found> {
        let chances = if steps.iter().any(Step::races) { CHANCES } else { 1 };
        for _ in 0..chances {
            if let Some(found) = self.rerun(steps).await {
                return Some(found);
            }
        }
        None
    }

    async fn rerun(&mut self, steps: &[Step]) -> Option<Found> {
        if self.blocked || !(self.may_rerun)() {
            return None;
        }
        let history = Box::pin((self.run)(steps)).await;
        let found = self.cut(&history);
        let lost = |step: &Step| steps.contains(step) && !made(&history).contains(step);
        if found.is_none() && self.made.iter().any(lost) {
            self.blocked = true;
        } else {
            self.reruns += 1;
        }
        found
    }

    /// Runs the whole sequence again, a few times if need be. If the finding does not come again: in how many runs it
    /// came once.
    async fn confirmed(&mut self, steps: &[Step]) -> Result<Found, Option<u32>> {
        let before = self.reruns;
        for _ in 0..REPEATS {
            if let Some(found) = self.rerun(steps).await {
                return Ok(found);
            }
        }
        let runs = self.reruns - before;
        Err((runs > 0).then_some(runs + 1))
    }

    /// Takes out what is not `needed`, in ever smaller pieces from last to first (delta debugging).
    async fn thinned(&mut self, mut found: Found, sequence: &Sequence, needed: &[usize]) -> Found {
        let mut kept = sequence.all();
        let spare = |kept: &[usize]| -> Vec<usize> {
            kept.iter().copied().filter(|at| !needed.contains(at)).collect()
        };
        let mut size = spare(&kept).len();
        while size > 1 {
            size = size.div_ceil(2);
            for piece in spare(&kept).rchunks(size) {
                let out: BTreeSet<usize> = piece.iter().copied().collect();
                let Some(left) = sequence.without(&kept, &out).filter(|left| left.len() < kept.len()) else {
                    continue;
                };
                if let Some(shorter) = self.attempt(&sequence.pick(&left)).await {
                    kept = left;
                    found = shorter;
                }
            }
        }
        found
    }

    /// Takes out waits, and makes what is done many times at once be done a few times.
    async fn simplified(&mut self, mut found: Found) -> Found {
        let mut at = found.steps.len();
        while at > 0 {
            at -= 1;
            for simpler in Sequence::new(&found).simpler(at) {
                if let Some(shorter) = self.attempt(&simpler).await {
                    found = shorter;
                    break;
                }
            }
        }
        found
    }
}

/// Steps of which some are to be taken out.
struct Sequence {
    steps: Vec<Step>,
    /// How long each took by the deployment's clock.
    took: Vec<Duration>,
}

impl Sequence {
    fn new(found: &Found) -> Self {
        let took = groups(&found.shown.history).into_iter().map(|(_, events)| {
            let took = events.first().map(|event| event.ended.duration_since(event.began));
            took.and_then(|took| Duration::try_from(took).ok()).unwrap_or_default()
        });
        Self { steps: found.steps.clone(), took: took.collect() }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.steps.len()).collect()
    }

    fn without(&self, kept: &[usize], out: &BTreeSet<usize>) -> Option<Vec<usize>> {
        parts::without(&self.steps, kept, out)
    }

    /// The steps at some places, waits that follow each other made one.
    fn pick(&self, places: &[usize]) -> Vec<Step> {
        parts::merged(parts::standing(&self.steps, &self.took, places))
    }

    /// The sequences in which one step is simpler, the simplest first.
    fn simpler(&self, at: usize) -> Vec<Vec<Step>> {
        let with = |step: Step| {
            let mut steps = self.steps.clone();
            steps[at] = step;
            steps
        };
        let fewer = |many: u8| [2, 4].into_iter().filter(move |few| *few < many);
        match self.steps.get(at) {
            Some(Step::Wait(_)) => {
                let left = self.without(&self.all(), &BTreeSet::from([at]));
                left.map(|left| self.pick(&left)).into_iter().collect()
            }
            Some(Step::RevokeMany(slot, many)) => {
                fewer(*many).map(|few| with(Step::RevokeMany(*slot, few))).collect()
            }
            Some(Step::RaceUse(slot, many)) => {
                fewer(*many).map(|few| with(Step::RaceUse(*slot, few))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The steps of a history that issued a credential as documented.
fn made(history: &History) -> Vec<Step> {
    let plain = |step: &Step| matches!(step, Step::Issue(_, issuing) if *issuing == Issuing::default());
    let made = history.events.iter().filter(|event| event.accepted() && plain(&event.step));
    made.map(|event| event.step.clone()).collect()
}

/// The steps that led to a history.
pub(crate) fn steps(history: &History) -> Vec<Step> {
    groups(history).into_iter().map(|(step, _)| step).collect()
}

/// The steps of a sequence, each with its events: one, or one for each of its parts.
fn groups(history: &History) -> Vec<(Step, &[Event])> {
    let together = |one: &Event, next: &Event| match (&one.part_of, &next.part_of) {
        (Some((one, _)), Some((next, _))) => one == next,
        _ => false,
    };
    let step = |events: &[Event]| {
        let first = events.first()?;
        Some(first.part_of.as_ref().map_or_else(|| first.step.clone(), |(_, whole)| Step::clone(whole)))
    };
    history.events.chunk_by(together).filter_map(|events| Some((step(events)?, events))).collect()
}

/// The events of some steps.
fn chosen(history: &History, places: &[usize]) -> History {
    let groups = groups(history);
    let events =
        places.iter().filter_map(|at| groups.get(*at)).flat_map(|(_, events)| events.iter().cloned());
    History { events: events.collect() }
}
