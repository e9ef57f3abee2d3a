//! From a sequence that shows a finding to the shortest one that shows it: what lies behind it is cut off, and steps
//! are taken out as long as a rerun still shows it.

mod alike;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::check::Judgement;
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Step};

/// How often a sequence that showed a finding once is run again before it counts as one that does so by chance.
const REPEATS: u32 = 3;

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
    let search = Search { judge, run, may_rerun, finding, reruns: 0 };
    search.shortest(history).await
}

/// A search for a shorter sequence.
struct Search<'s, J, R, B> {
    judge: J,
    run: R,
    may_rerun: B,
    finding: &'s Finding,
    reruns: u32,
}

/// The steps of a search and the history that came of them.
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
        let steps = steps(&first.history);
        if parts::spends(&steps) {
            return first;
        }
        let all: Vec<usize> = (0..steps.len()).collect();
        let needed = self.needed(&first.history, &steps, &all);
        let found = match self.attempt(&pick(&steps, &needed)).await {
            Some(found) => found,
            None => match self.confirmed(&steps).await {
                Ok(found) => self.thinned(found, &steps, &all, &needed).await,
                Err(once_in) => return Shown { once_in, ..first },
            },
        };
        self.simplified(found).await.shown
    }

    /// The shortest beginning of a history that shows the finding. Nothing has to be sent for that: the deployment
    /// knew nothing of what came later.
    fn cut(&self, history: &History) -> Option<Shown> {
        (1..=history.events.len()).find_map(|length| {
            let beginning = History { events: history.events.get(..length)?.to_vec() };
            let finding = self.shows(&beginning)?;
            Some(Shown { finding, history: beginning, once_in: None })
        })
    }

    /// The finding, if the judgement of a history holds it.
    fn shows(&self, history: &History) -> Option<Finding> {
        (self.judge)(history).findings.into_iter().find(|finding| alike::same(finding, self.finding))
    }

    /// The steps that the judgement itself cannot do without, by place. Whether the deployment can is for a rerun to
    /// show. Waits stay: what is read of them are the times of the other events.
    fn needed(&self, history: &History, steps: &[Step], all: &[usize]) -> Vec<usize> {
        let mut kept = all.to_vec();
        for at in all.iter().rev().filter(|at| !matches!(steps.get(**at), Some(Step::Wait(_)))) {
            let Some(left) = parts::without(steps, &kept, &BTreeSet::from([*at])) else { continue };
            if left.len() < kept.len() && self.shows(&chosen(history, &left)).is_some() {
                kept = left;
            }
        }
        let idle = parts::idle(steps, &kept);
        kept.retain(|at| !idle.contains(at));
        kept
    }

    /// Runs the steps. Do they show the finding?
    async fn attempt(&mut self, steps: &[Step]) -> Option<Found> {
        if !(self.may_rerun)() {
            return None;
        }
        self.reruns += 1;
        let history = (self.run)(steps).await;
        let shown = self.cut(&history)?;
        let steps = steps.get(..groups(&shown.history).len()).unwrap_or(steps).to_vec();
        Some(Found { steps, shown })
    }

    /// Runs the whole sequence again, a few times if need be. If the finding does not come again: in how many runs it
    /// came once.
    async fn confirmed(&mut self, steps: &[Step]) -> Result<Found, Option<u32>> {
        let before = self.reruns;
        for _ in 0..REPEATS {
            if let Some(found) = self.attempt(steps).await {
                return Ok(found);
            }
        }
        let runs = self.reruns - before;
        Err((runs > 0).then_some(runs + 1))
    }

    /// Takes out what is not `needed`, in ever smaller pieces from last to first (delta debugging).
    async fn thinned(&mut self, mut found: Found, steps: &[Step], all: &[usize], needed: &[usize]) -> Found {
        let mut kept = all.to_vec();
        let spare = |kept: &[usize]| -> Vec<usize> {
            kept.iter().copied().filter(|at| !needed.contains(at)).collect()
        };
        let mut size = spare(&kept).len();
        while size > 1 {
            size = size.div_ceil(2);
            for piece in spare(&kept).rchunks(size) {
                let Some(left) = parts::without(steps, &kept, &piece.iter().copied().collect()) else {
                    continue;
                };
                if let Some(shorter) = self.attempt(&pick(steps, &left)).await {
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
            for simpler in simpler(&found.steps, at) {
                if let Some(shorter) = self.attempt(&simpler).await {
                    found = shorter;
                    break;
                }
            }
        }
        found
    }
}

/// The sequences in which one step is simpler, the simplest first.
fn simpler(steps: &[Step], at: usize) -> Vec<Vec<Step>> {
    let with = |step: Step| {
        let mut steps = steps.to_vec();
        steps[at] = step;
        steps
    };
    match steps.get(at) {
        Some(Step::Wait(_)) => {
            let all: Vec<usize> = (0..steps.len()).collect();
            let left = parts::without(steps, &all, &BTreeSet::from([at]));
            left.map(|left| pick(steps, &left)).into_iter().collect()
        }
        Some(Step::RevokeMany(slot, parallel)) => [2, 4]
            .into_iter()
            .filter(|few| few < parallel)
            .map(|few| with(Step::RevokeMany(*slot, few)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The steps of the sequence, each with its events: one, or one for each of its parts.
fn groups(history: &History) -> Vec<(Step, &[Event])> {
    let together = |one: &Event, next: &Event| match (&one.part_of, &next.part_of) {
        (Some((one, _)), Some((next, _))) => one == next,
        _ => false,
    };
    let groups = history.events.chunk_by(together);
    let step = |events: &[Event]| {
        let first = events.first()?;
        Some(first.part_of.as_ref().map_or_else(|| first.step.clone(), |(_, whole)| Step::clone(whole)))
    };
    groups.filter_map(|events| Some((step(events)?, events))).collect()
}

fn steps(history: &History) -> Vec<Step> {
    groups(history).into_iter().map(|(step, _)| step).collect()
}

fn pick(steps: &[Step], places: &[usize]) -> Vec<Step> {
    parts::merged(places.iter().filter_map(|at| steps.get(*at).cloned()))
}

fn chosen(history: &History, places: &[usize]) -> History {
    let groups = groups(history);
    let events = places.iter().filter_map(|at| groups.get(*at)).flat_map(|(_, events)| events.iter().cloned());
    History { events: events.collect() }
}
