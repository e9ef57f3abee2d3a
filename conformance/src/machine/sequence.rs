//! A sequence from a seed, and its words after steps were taken out of it.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};

use proptest::prelude::*;
use proptest::strategy::{Union, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::menu::{Menu, NOWHERE};
use super::sketch::{Foresight, Sketch};
use crate::lifecycle::{By, DependentSlot, Issuing, Key, Patch, Slot, Step, Target, TokenSlot, Until};
use crate::session::mix;

/// The feature of issuing with a short life.
const EXPIRY: u64 = 0;

/// The fewest and the most steps.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=14;

/// The sequence of a seed. The same seed gives the same steps, as long as the contract, the callers and hooks that were
/// supplied and the patience are the same.
pub(super) fn draw(menu: &Menu<'_>, seed: u64) -> Vec<Step> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &spread(seed));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let length = LENGTH.new_tree(&mut runner).map_or(*LENGTH.start(), |tree| tree.current());
    // Each sequence goes without about half of what could be done, so that there is room for the rest (swarm testing).
    let features = any::<u64>().new_tree(&mut runner).map_or(u64::MAX, |tree| tree.current());
    let mut sketch = Sketch::default();
    let mut steps = Vec::with_capacity(length);
    let mut done = Vec::with_capacity(length);
    while steps.len() < length {
        let mut choices = menu.after(&sketch);
        // Two waits are one, and what is read twice in a row is read once.
        choices.retain(|(_, step)| match step {
            Step::Wait(_) => !sketch.waited,
            step => steps.last() != Some(step) || matches!(step, Step::Revoke { .. }),
        });
        choices.retain(|(_, step)| {
            feature(step, menu.foresight()).is_none_or(|number| features >> number & 1 == 1)
        });
        if choices.is_empty() {
            break;
        }
        // What was done already is less likely to be done again.
        let often = |step: &Step| done.iter().filter(|known| **known == kind(&sketch, step)).count();
        let weighed = choices.into_iter().map(|(weight, step)| {
            let often = u32::try_from(often(&step)).unwrap_or(u32::MAX).min(5);
            let often = if feature(&step, menu.foresight()).is_none() { often / 2 } else { often };
            (weight * 24 / (1 + often), Just(step))
        });
        let any = Union::new_weighted(weighed.filter(|(weight, _)| *weight > 0).collect());
        let Ok(tree) = any.new_tree(&mut runner) else { break };
        let step = tree.current();
        done.push(kind(&sketch, &step));
        sketch.apply(&step, menu.foresight());
        steps.push(step);
    }
    steps
}

/// The number of what a sequence may have to go without; `None`: what every sequence needs.
fn feature(step: &Step, foresight: Foresight) -> Option<u64> {
    // What is to expire has to be waited for.
    if *step == Step::Wait(Until::For(foresight.expired)) {
        return Some(EXPIRY);
    }
    Some(match step {
        Step::Issue(_, Issuing { like: None, patch: Patch::Nothing, .. })
        | Step::Present(_)
        | Step::Revoke { target: Target::Slot(_), by: By::Documented, .. } => return None,
        Step::Issue(_, Issuing { patch: Patch::Expiring, .. }) => EXPIRY,
        Step::Issue(_, Issuing { key: Key::Fresh, .. }) => 1,
        Step::Issue(_, Issuing { key: Key::Same, .. }) => 2,
        Step::Exchange(..) | Step::PresentToken(_) => 3,
        Step::Revoke { target: Target::Unknown, .. } => 4,
        Step::Revoke { target: Target::Slot(slot), by: By::Slot(other), .. } if slot == other => 5,
        Step::Revoke { by: By::Slot(_), .. } => 6,
        Step::Revoke { by: By::Caller(_), .. } => 7,
        Step::Revoke { .. } => 8,
        Step::List(None) => 9,
        Step::List(Some(_)) => 10,
        Step::Hook(_, None) => 11,
        Step::Hook(_, Some(_)) => 12,
        // Each of the other waits by itself.
        Step::Wait(Until::For(time)) => 16 + time.as_secs() % 37,
        // Dependents are nothing without each other.
        _ => 13,
    })
}

/// What a step does, and to a credential in which state: the same may be done to several.
fn kind(sketch: &Sketch, step: &Step) -> (Discriminant<Step>, Option<Discriminant<By>>, State) {
    let (slot, by) = match step {
        Step::Present(slot) | Step::Exchange(slot, ..) => (Some(*slot), None),
        Step::PresentToken(token) => (sketch.tokens.get(usize::from(token.0)).copied(), None),
        Step::Revoke { target: Target::Slot(slot), by, .. } => (Some(*slot), Some(discriminant(by))),
        Step::Issue(_, issuing) => (issuing.like, None),
        _ => (None, None),
    };
    let state = match slot {
        None => State::Any,
        Some(slot) if sketch.revoked().contains(&slot) => State::Revoked,
        Some(slot) if sketch.guarded(slot) => State::Guarded,
        Some(slot) if sketch.live().contains(&slot) => State::Live,
        Some(_) => State::Other,
    };
    (discriminant(step), by, state)
}

/// The state of a credential that a step is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is about none.
    Any,
    Live,
    Guarded,
    Revoked,
    Other,
}

/// The seed of the sequence of that number in a run.
pub(super) fn seed(run: u64, number: u32) -> u64 {
    mix(mix(run) ^ u64::from(number))
}

/// A seed as wide as the generator takes it.
fn spread(seed: u64) -> [u8; 32] {
    let mut state = seed;
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        state = mix(state);
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// What may be numbered, each kind in the order of its first appearance.
#[derive(Default)]
struct Numbers {
    slots: BTreeMap<Slot, u8>,
    tokens: BTreeMap<TokenSlot, u8>,
    dependents: BTreeMap<DependentSlot, u8>,
}

/// The same steps, with credentials, tokens and dependents numbered without gaps. `None`: a step is about something
/// that no step before it made.
fn renumbered(steps: &[Step]) -> Option<Vec<Step>> {
    let mut numbers = Numbers::default();
    steps.iter().map(|step| numbers.step(step)).collect()
}

/// The same steps, each done in the usual way where it was done in another: all of them at once, then each alone.
pub(super) fn plainer(steps: &[Step]) -> Vec<Vec<Step>> {
    let plain = |step: &Step| match step {
        Step::Issue(slot, issuing) if issuing.patch == Patch::Expiring => {
            Step::Issue(*slot, Issuing { patch: Patch::Nothing, ..issuing.clone() })
        }
        Step::Revoke { target: Target::Slot(slot), by: By::Slot(other), body } if slot == other => {
            Step::Revoke { target: Target::Slot(*slot), by: By::Documented, body: body.clone() }
        }
        other => other.clone(),
    };
    let changed: Vec<usize> = (0..steps.len()).filter(|at| plain(&steps[*at]) != steps[*at]).collect();
    let mut ways: Vec<Vec<usize>> = if changed.is_empty() { Vec::new() } else { vec![changed.clone()] };
    if changed.len() > 1 {
        ways.extend(changed.into_iter().map(|at| vec![at]));
    }
    let with = |ways: Vec<usize>| {
        let numbered = steps.iter().enumerate();
        numbered.map(|(at, step)| if ways.contains(&at) { plain(step) } else { step.clone() }).collect()
    };
    ways.into_iter().map(with).collect()
}

/// The same steps, as they are told: numbered without gaps.
pub(super) fn renamed(steps: &[Step]) -> Vec<Step> {
    let mut steps = renumbered(steps).unwrap_or_else(|| steps.to_vec());
    let token = |step: &&Step| matches!(step, Step::Exchange(_, _, into) if *into != NOWHERE);
    let used = TokenSlot(u8::try_from(steps.iter().filter(token).count()).unwrap_or_default());
    for step in &mut steps {
        if let Step::Exchange(_, _, into) = step
            && *into == NOWHERE
        {
            *into = used;
        }
    }
    steps
}

impl Numbers {
    fn step(&mut self, step: &Step) -> Option<Step> {
        Some(match step {
            Step::Issue(slot, issuing) => {
                let like = match issuing.like {
                    None => None,
                    Some(like) => Some(self.slot(like)?),
                };
                let number = u8::try_from(self.slots.len()).ok()?;
                self.slots.insert(*slot, number);
                Step::Issue(Slot(number), Issuing { like, ..issuing.clone() })
            }
            Step::Present(slot) => Step::Present(self.slot(*slot)?),
            Step::Exchange(slot, name, into) => {
                let slot = self.slot(*slot)?;
                if *into == NOWHERE {
                    return Some(Step::Exchange(slot, name.clone(), NOWHERE));
                }
                let number = u8::try_from(self.tokens.len()).ok()?;
                self.tokens.insert(*into, number);
                Step::Exchange(slot, name.clone(), TokenSlot(number))
            }
            Step::PresentToken(token) => Step::PresentToken(TokenSlot(*self.tokens.get(token)?)),
            Step::Revoke { target, by, body } => {
                let target = match target {
                    Target::Slot(slot) => Target::Slot(self.slot(*slot)?),
                    Target::Unknown => Target::Unknown,
                };
                let by = match by {
                    By::Slot(slot) => By::Slot(self.slot(*slot)?),
                    other => other.clone(),
                };
                Step::Revoke { target, by, body: body.clone() }
            }
            Step::Hook(name, slot) => {
                let slot = match slot {
                    None => None,
                    Some(slot) => Some(self.slot(*slot)?),
                };
                Step::Hook(name.clone(), slot)
            }
            Step::Create(name, into, slot) => {
                let slot = self.slot(*slot)?;
                let number = u8::try_from(self.dependents.len()).ok()?;
                self.dependents.insert(*into, number);
                Step::Create(name.clone(), DependentSlot(number), slot)
            }
            Step::Read(one) => Step::Read(self.dependent(*one)?),
            Step::Repoint(one, slot) => Step::Repoint(self.dependent(*one)?, self.slot(*slot)?),
            Step::Clear(one) => Step::Clear(self.dependent(*one)?),
            Step::Delete(one) => Step::Delete(self.dependent(*one)?),
            other => other.clone(),
        })
    }

    fn slot(&self, slot: Slot) -> Option<Slot> {
        self.slots.get(&slot).copied().map(Slot)
    }

    fn dependent(&self, dependent: DependentSlot) -> Option<DependentSlot> {
        self.dependents.get(&dependent).copied().map(DependentSlot)
    }
}
