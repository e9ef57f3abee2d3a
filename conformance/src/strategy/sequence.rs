//! Sequences of lifecycle steps: the steps that a check cannot do without, with harmless ones between them. Where such a
//! sequence shows a finding, shrinking takes out again what it can.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rescind_specs::lifecycle::Ids;

use crate::check::lifecycle::{Noise, Scenario, Setting, Time};
use crate::lifecycle::{Slot, Step, Until};

/// The first slot of credentials that have nothing to do with the matter.
const BYSTANDER: u8 = 20;

/// Something harmless.
#[derive(Clone, Debug)]
enum Harmless {
    /// A further use of the credential in question.
    Use,
    /// Another credential is issued and used. It is revoked at the end of the run: what its revocation does to others
    /// is a requirement of its own.
    Bystander,
    /// The credentials are listed.
    List,
    /// A little time passes.
    Pause(u64),
}

/// Sequences of a scenario, with at most three harmless insertions.
pub fn sequence(setting: &Setting<'_>, scenario: Scenario) -> BoxedStrategy<Vec<Step>> {
    if scenario.noise == Noise::Nothing || scenario.steps.is_empty() {
        return Just(scenario.steps).boxed();
    }
    let mut kinds = vec![];
    // Another one could get the identifier of one that was revoked before.
    if setting.kind.ids() == Ids::Unique {
        kinds.push(Just(Harmless::Bystander).boxed());
    }
    if setting.kind.listed.is_some() {
        kinds.push(Just(Harmless::List).boxed());
    }
    if setting.time == Time::Moved {
        kinds.push((1_u64..=20).prop_map(Harmless::Pause).no_shrink().boxed());
    }
    let issued = scenario.steps.iter().position(|step| matches!(step, Step::Issue(Slot(0), _)));
    if scenario.noise == Noise::Uses && issued.is_some() {
        kinds.push(Just(Harmless::Use).boxed());
    }
    if kinds.is_empty() {
        return Just(scenario.steps).boxed();
    }
    let any = proptest::strategy::Union::new(kinds).no_shrink();
    let gaps = scenario.steps.len();
    let insertions = vec(((0..=gaps).no_shrink(), any), 0..=3);
    insertions.prop_map(move |insertions| insert(&scenario.steps, issued, &insertions)).boxed()
}

fn insert(core: &[Step], issued: Option<usize>, insertions: &[(usize, Harmless)]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(core.len() + insertions.len() * 2);
    // A slot for each: what a slot asks for is the same each time, and may be had once only.
    let mut bystander = BYSTANDER;
    for gap in 0..=core.len() {
        for (at, harmless) in insertions.iter().filter(|(at, _)| *at == gap) {
            match harmless {
                // What was not issued cannot be used.
                Harmless::Use if issued.is_some_and(|issued| *at > issued) => steps.push(Step::present(0)),
                Harmless::Use => {}
                Harmless::Bystander => {
                    steps.extend([Step::issue(bystander), Step::present(bystander)]);
                    bystander += 1;
                }
                Harmless::List => steps.push(Step::List(None)),
                Harmless::Pause(seconds) => {
                    steps.push(Step::Wait(Until::For(Duration::from_secs(*seconds))));
                }
            }
        }
        steps.extend(core.get(gap).cloned());
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bystander_is_another_credential() {
        let core = [Step::issue(0), Step::revoke(0)];
        let steps = insert(&core, Some(0), &[(1, Harmless::Bystander), (2, Harmless::Bystander)]);
        let issued: Vec<u8> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Issue(Slot(slot), _) => Some(*slot),
                _ => None,
            })
            .collect();
        assert_eq!(issued, [0, BYSTANDER, BYSTANDER + 1]);
    }
}
