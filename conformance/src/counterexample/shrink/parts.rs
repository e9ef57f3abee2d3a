//! What the steps of a sequence make and need, and which of them are left when some are taken out.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::lifecycle::{By, DependentSlot, Slot, Step, Target, TokenSlot, Until};

/// Something that a step makes and that later steps need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Credential(Slot),
    Token(TokenSlot),
    Dependent(DependentSlot),
    /// That the revocation of a credential was asked for.
    Revocation(Slot),
}

fn makes(step: &Step) -> Vec<Part> {
    match step {
        Step::Reserve(slot) | Step::Adopt(slot, _) | Step::Issue(slot, _) => vec![Part::Credential(*slot)],
        Step::Exchange(_, _, token) => vec![Part::Token(*token)],
        Step::Create(_, dependent, _) => vec![Part::Dependent(*dependent)],
        Step::RaceReference(_, dependent, slot, _) => {
            vec![Part::Revocation(*slot), Part::Dependent(*dependent)]
        }
        Step::RaceUse(slot, _) | Step::Hook(_, Some(slot)) => vec![Part::Revocation(*slot)],
        Step::RevokeTogether(slots, _) => slots.iter().copied().map(Part::Revocation).collect(),
        step => revokes(step).into_iter().map(Part::Revocation).collect(),
    }
}

fn needs(step: &Step) -> Vec<Part> {
    let by = |by: &By| match by {
        By::Slot(slot) => Some(Part::Credential(*slot)),
        By::Token(token) => Some(Part::Token(*token)),
        _ => None,
    };
    match step {
        Step::Issue(_, issuing) => issuing.like.into_iter().map(Part::Credential).collect(),
        Step::Present(slot)
        | Step::Exchange(slot, ..)
        | Step::RevokeAsDescribed(slot)
        | Step::RevokeBy(_, slot)
        | Step::RevokeMany(slot, _)
        | Step::RaceUse(slot, _)
        | Step::RaceReference(_, _, slot, _)
        | Step::Hook(_, Some(slot))
        | Step::Call(_, slot)
        | Step::StopUnlessOnlyActive(slot)
        | Step::Create(_, _, slot)
        | Step::Wait(Until::Expiry(slot, _)) => vec![Part::Credential(*slot)],
        Step::PresentToken(token) | Step::Wait(Until::TokenExpiry(token, _) | Until::TokenAge(token, _)) => {
            vec![Part::Token(*token)]
        }
        Step::Revoke { target, by: who, .. } => {
            let target = match target {
                Target::Slot(slot) => Some(Part::Credential(*slot)),
                Target::Unknown => None,
            };
            target.into_iter().chain(by(who)).collect()
        }
        Step::RevokeTogether(slots, _) => slots.iter().copied().map(Part::Credential).collect(),
        Step::Wait(Until::AfterRevocation(slot, _)) | Step::PresentEvery { slot, .. } => {
            vec![Part::Revocation(*slot)]
        }
        Step::Read(dependent) | Step::Clear(dependent) | Step::Delete(dependent) => {
            vec![Part::Dependent(*dependent)]
        }
        Step::Repoint(dependent, slot) => vec![Part::Dependent(*dependent), Part::Credential(*slot)],
        Step::Reserve(_)
        | Step::Adopt(..)
        | Step::List(_)
        | Step::ListInShortPages
        | Step::Hook(_, None)
        | Step::Wait(Until::For(_)) => Vec::new(),
    }
}

fn revokes(step: &Step) -> Option<Slot> {
    crate::lifecycle::history::revokes(step)
}

/// Whether a step stands before others so that they do no harm: it goes only when nothing is left for it to guard.
fn protects(step: &Step) -> bool {
    matches!(step, Step::Reserve(_) | Step::Adopt(..) | Step::StopUnlessOnlyActive(_))
}

/// Whether running the steps once more could take from the operator what the run did not issue.
pub(super) fn spends(steps: &[Step]) -> bool {
    let adopted = |slot: Slot| steps.iter().any(|step| matches!(step, Step::Adopt(into, _) if *into == slot));
    let revoked = steps.iter().flat_map(makes).filter_map(|part| match part {
        Part::Revocation(slot) => Some(slot),
        _ => None,
    });
    revoked.into_iter().any(adopted)
}

/// Which of the steps are left, by place, when those at `out` are taken out: without them go the steps that needed
/// what they made. `None` where that would take out what protects the deployment.
pub(super) fn without(steps: &[Step], kept: &[usize], out: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let mut made = BTreeSet::new();
    let mut left: Vec<usize> = Vec::new();
    for at in kept.iter().copied().filter(|at| !out.contains(at)) {
        let Some(step) = steps.get(at) else { continue };
        // A wait stands without what it is counted from: see `standing`.
        if matches!(step, Step::Wait(_)) || needs(step).iter().all(|part| made.contains(part)) {
            made.extend(makes(step));
            left.push(at);
        }
    }
    let guarded = |at: usize| {
        steps.get(at).is_some_and(|step| {
            let after = left.iter().filter(|later| **later > at).filter_map(|later| steps.get(*later));
            protects(step) && after.into_iter().any(|later| guards(step, later))
        })
    };
    let lost = kept.iter().any(|at| !left.contains(at) && guarded(*at));
    (!lost).then_some(left)
}

/// Whether a protecting step is there for the sake of a later one.
fn guards(step: &Step, later: &Step) -> bool {
    match step {
        Step::StopUnlessOnlyActive(slot) => makes(later).contains(&Part::Revocation(*slot)),
        _ => makes(step).iter().any(|part| needs(later).contains(part) || makes(later).contains(part)),
    }
}

/// Those of the places whose steps do nothing any more: what was made up or taken and then used by none.
pub(super) fn idle(steps: &[Step], kept: &[usize]) -> BTreeSet<usize> {
    let idle = |at: &usize| {
        steps.get(*at).is_some_and(|step| {
            let after = kept.iter().filter(|later| *later > at).filter_map(|later| steps.get(*later));
            protects(step) && !after.into_iter().any(|later| guards(step, later))
        })
    };
    kept.iter().copied().filter(idle).collect()
}

/// The steps at some places. A wait that is counted from what is not among them becomes one of the time that it took.
pub(super) fn standing(steps: &[Step], took: &[Duration], places: &[usize]) -> Vec<Step> {
    let mut made = BTreeSet::new();
    let mut standing = Vec::with_capacity(places.len());
    for at in places {
        let Some(step) = steps.get(*at) else { continue };
        let stands = needs(step).iter().all(|part| made.contains(part));
        made.extend(makes(step));
        standing.push(match step {
            Step::Wait(_) if !stands => Step::Wait(Until::For(took.get(*at).copied().unwrap_or_default())),
            step => step.clone(),
        });
    }
    standing
}

/// The steps with waits that follow each other made one.
pub(super) fn merged(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut merged: Vec<Step> = Vec::new();
    for step in steps {
        let one = match (merged.last(), &step) {
            (Some(Step::Wait(first)), Step::Wait(second)) => together(*first, *second),
            _ => None,
        };
        match one {
            Some(until) => {
                merged.pop();
                merged.push(Step::Wait(until));
            }
            None => merged.push(step),
        }
    }
    merged
}

/// One wait that is as long as two, where there is one.
fn together(first: Until, second: Until) -> Option<Until> {
    use Until::{AfterRevocation, Expiry, For, TokenAge, TokenExpiry};
    match (first, second) {
        (For(one), For(other)) => Some(For(one + other)),
        // The moment of the second is the same however long the first was, unless that was longer.
        (AfterRevocation(of, one), AfterRevocation(slot, other)) if of == slot => {
            Some(AfterRevocation(slot, one.max(other)))
        }
        (Expiry(of, one), Expiry(slot, other)) if of == slot => Some(Expiry(slot, one.max(other))),
        (TokenExpiry(of, one), TokenExpiry(token, other)) if of == token => {
            Some(TokenExpiry(token, one.max(other)))
        }
        (TokenAge(of, one), TokenAge(token, other)) if of == token => Some(TokenAge(token, one.max(other))),
        (AfterRevocation(slot, one), For(other)) => Some(AfterRevocation(slot, one + other)),
        (TokenAge(token, one), For(other)) => Some(TokenAge(token, one + other)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(steps: &[Step], out: &[usize]) -> Option<Vec<usize>> {
        let all: Vec<usize> = (0..steps.len()).collect();
        without(steps, &all, &out.iter().copied().collect())
    }

    #[test]
    fn what_needs_a_step_goes_with_it() {
        let steps = [Step::issue(0), Step::issue(1), Step::present(1), Step::revoke(0), Step::present(0)];
        assert_eq!(left(&steps, &[1]), Some(vec![0, 3, 4]));
        assert_eq!(left(&steps, &[2]), Some(vec![0, 1, 3, 4]));
        let guard = [
            Step::issue(0),
            Step::Create("site".into(), DependentSlot(0), Slot(0)),
            Step::Delete(DependentSlot(0)),
            Step::revoke(0),
            Step::after_revocation(0, Duration::from_secs(1)),
        ];
        assert_eq!(left(&guard, &[1]), Some(vec![0, 3, 4]));
        let took = [Duration::from_secs(7); 5];
        let later = Step::Wait(Until::For(Duration::from_secs(7)));
        assert_eq!(standing(&guard, &took, &[0, 4]), [Step::issue(0), later]);
        assert_eq!(left(&guard, &[3]), Some(vec![0, 1, 2, 4]));
        assert_eq!(left(&guard, &[0]), Some(vec![4]));
    }

    #[test]
    fn what_protects_stays_as_long_as_it_protects_something() {
        let steps = [
            Step::Adopt(Slot(0), "operator".into()),
            Step::present(0),
            Step::StopUnlessOnlyActive(Slot(0)),
            Step::revoke(0),
        ];
        assert_eq!(left(&steps, &[0]), Some(vec![]));
        assert_eq!(left(&steps, &[2]), None);
        assert_eq!(left(&steps, &[2, 3]), Some(vec![0, 1]));
        assert_eq!(left(&steps, &[1]), Some(vec![0, 2, 3]));
        assert!(spends(&steps));
        assert!(!spends(&steps[..3]));
        assert_eq!(idle(&steps, &[0, 2]), BTreeSet::from([2]));
        assert_eq!(idle(&steps, &[0]), BTreeSet::from([0]));
        let reserved = [Step::Reserve(Slot(0)), Step::revoke(0), Step::issue(0)];
        assert_eq!(left(&reserved, &[0]), None);
    }

    #[test]
    fn waits_become_one() {
        let wait = |seconds| Step::Wait(Until::For(Duration::from_secs(seconds)));
        let after = |seconds| Step::after_revocation(0, Duration::from_secs(seconds));
        let check = |steps: &[Step], expected: &[Step]| assert_eq!(merged(steps.iter().cloned()), expected);
        check(&[wait(1), wait(2), Step::present(0), wait(3)], &[wait(3), Step::present(0), wait(3)]);
        check(&[after(5), after(3)], &[after(5)]);
        check(&[after(5), wait(3)], &[after(8)]);
        check(&[wait(9), after(3)], &[wait(9), after(3)]);
    }
}
