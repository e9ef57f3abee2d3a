//! A sequence from a seed, and its words after steps were taken out of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::{Union, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::menu::{Menu, NOWHERE};
use super::sketch::Sketch;
use crate::lifecycle::{By, DependentSlot, Issuing, Slot, Step, Target, TokenSlot};
use crate::session::mix;

/// The fewest and the most steps.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=14;

/// The sequence of a seed. The same seed gives the same steps, as long as the contract, the callers and hooks that were
/// supplied and the patience are the same.
pub(super) fn draw(menu: &Menu<'_>, seed: u64) -> Vec<Step> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &spread(seed));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let length = LENGTH.new_tree(&mut runner).map_or(*LENGTH.start(), |tree| tree.current());
    let mut sketch = Sketch::default();
    let mut steps = Vec::with_capacity(length);
    while steps.len() < length {
        let mut choices = menu.after(&sketch);
        // Two waits are one, and what is read twice in a row is read once.
        choices.retain(|(_, step)| match step {
            Step::Wait(_) => !sketch.waited,
            step => steps.last() != Some(step) || matches!(step, Step::Revoke { .. }),
        });
        if choices.is_empty() {
            break;
        }
        let any = Union::new_weighted(choices.into_iter().map(|(weight, step)| (weight, Just(step))).collect());
        let Ok(tree) = any.new_tree(&mut runner) else { break };
        let step = tree.current();
        sketch.apply(&step, menu.foresight());
        steps.push(step);
    }
    steps
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

/// The steps in words.
pub(super) fn told(steps: &[Step]) -> Vec<String> {
    let mut steps = renumbered(steps).unwrap_or_else(|| steps.to_vec());
    let used = steps.iter().filter(|step| matches!(step, Step::Exchange(_, _, into) if *into != NOWHERE)).count();
    for step in &mut steps {
        if let Step::Exchange(_, _, into) = step
            && *into == NOWHERE
        {
            *into = TokenSlot(u8::try_from(used).unwrap_or_default());
        }
    }
    steps.iter().map(ToString::to_string).collect()
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
