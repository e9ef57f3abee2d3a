//! What a sequence has come to if everything in it goes as documented: enough to know which steps make sense next.

use std::time::Duration;

use rescind_specs::lifecycle::DependentName;

use crate::check::words::MARGIN;
use crate::lifecycle::{By, DependentSlot, Issuing, Key, Patch, Slot, Step, Target, TokenSlot, Until};

/// The state of a sequence after some steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    pub(super) slots: Vec<Held>,
    /// The slot of each token.
    pub(super) tokens: Vec<Slot>,
    pub(super) dependents: Vec<Referring>,
    /// How much time has passed.
    pub(super) now: Duration,
    /// Whether the last step was a wait.
    pub(super) waited: bool,
}

/// What a slot holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) life: Sketched,
    /// The slot whose name or pair it has.
    pub(super) draft: Slot,
    /// When its life is over, if a short one was asked for.
    expires: Option<Duration>,
}

/// What has become of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sketched {
    /// It works.
    Live,
    /// It was revoked at that time.
    Revoked(Duration),
    /// There is none of its own: the issue is to be refused, or gives what another slot holds.
    Nothing,
}

/// A dependent.
#[derive(Clone, Debug)]
pub(super) struct Referring {
    pub(super) name: DependentName,
    /// The slot it refers to.
    pub(super) to: Option<Slot>,
    /// Whether it exists.
    pub(super) there: bool,
}

/// What a sequence needs to know of its contract to foresee where a step leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foresight {
    /// Issuing the same again after a revocation gives another credential.
    pub(super) reissued: bool,
    /// How long a credential with a short life lives.
    pub(super) short_life: Duration,
    /// How long after its issue it has to be refused.
    pub(super) expired: Duration,
}

impl Sketch {
    pub(super) fn held(&self, slot: Slot) -> Option<&Held> {
        self.slots.get(usize::from(slot.0))
    }

    /// The slots that `fits`.
    fn slots(&self, fits: impl Fn(&Self, &Held) -> bool) -> Vec<Slot> {
        let numbered = (0_u8..).zip(&self.slots);
        numbered.filter(|(_, held)| fits(self, held)).map(|(number, _)| Slot(number)).collect()
    }

    /// Those with a credential that works.
    pub(super) fn live(&self) -> Vec<Slot> {
        self.slots(|sketch, held| held.life == Sketched::Live && !sketch.is_past(held))
    }

    /// Those whose credential was revoked.
    pub(super) fn revoked(&self) -> Vec<Slot> {
        self.slots(|_, held| matches!(held.life, Sketched::Revoked(_)))
    }

    /// Those whose credential ran out.
    pub(super) fn expired(&self) -> Vec<Slot> {
        self.slots(|sketch, held| held.life == Sketched::Live && sketch.is_past(held))
    }

    /// Whether the life of a credential is over, or nearly so.
    fn is_past(&self, held: &Held) -> bool {
        held.expires.is_some_and(|expires| self.now + MARGIN >= expires)
    }

    /// Whether something refers to the credential of a slot.
    pub(super) fn guarded(&self, slot: Slot) -> bool {
        self.dependents.iter().any(|one| one.there && one.to == Some(slot))
    }

    /// Whether another slot with a live credential has the same name or pair.
    pub(super) fn draft_taken(&self, slot: Slot) -> bool {
        let draft = self.held(slot).map(|held| held.draft);
        self.slots.iter().any(|held| held.life == Sketched::Live && Some(held.draft) == draft)
    }

    /// The dependents that exist.
    pub(super) fn there(&self) -> impl Iterator<Item = (DependentSlot, &Referring)> {
        let numbered = (0_u8..).zip(&self.dependents);
        numbered.filter(|(_, one)| one.there).map(|(number, one)| (DependentSlot(number), one))
    }

    /// Takes a step.
    pub(super) fn apply(&mut self, step: &Step, foresight: Foresight) {
        self.waited = matches!(step, Step::Wait(_));
        match step {
            Step::Issue(slot, issuing) => self.issue(*slot, issuing, foresight),
            Step::Revoke { target: Target::Slot(slot), by, body: None } => self.revoke(*slot, by),
            // A token of a revoked credential is not to be had, and so never used.
            Step::Exchange(slot, _, TokenSlot(number)) if usize::from(*number) == self.tokens.len() => {
                self.tokens.push(*slot);
            }
            Step::Create(name, _, slot) => {
                let there = self.live().contains(slot);
                self.dependents.push(Referring { name: name.clone(), to: Some(*slot), there });
            }
            Step::Repoint(dependent, slot) => self.refer(*dependent, Some(*slot), true),
            Step::Clear(dependent) => self.refer(*dependent, None, true),
            Step::Delete(dependent) => self.refer(*dependent, None, false),
            // A hook about a credential is one that revokes it.
            Step::Hook(_, Some(slot)) => self.end(*slot),
            Step::Wait(Until::For(time)) => self.now += *time,
            _ => {}
        }
    }

    fn issue(&mut self, slot: Slot, issuing: &Issuing, foresight: Foresight) {
        let expires = (issuing.patch == Patch::Expiring).then_some(self.now + foresight.short_life);
        let old = issuing.like.and_then(|like| self.held(like));
        let held = match (old, issuing.key) {
            (None, _) => Held { life: Sketched::Live, draft: slot, expires },
            (Some(old), key) => {
                let again = key == Key::Fresh && foresight.reissued && old.life != Sketched::Live;
                let life = if again { Sketched::Live } else { Sketched::Nothing };
                Held { life, draft: old.draft, expires: None }
            }
        };
        self.slots.push(held);
    }

    fn revoke(&mut self, slot: Slot, by: &By) {
        let entitled = match by {
            By::Documented => true,
            // A sibling may or may not be entitled; what is not certain is not built upon.
            By::Slot(other) => *other == slot,
            _ => false,
        };
        if entitled && !self.guarded(slot) && self.live().contains(&slot) {
            self.end(slot);
        }
    }

    /// The credential of a slot is dead from now on.
    fn end(&mut self, slot: Slot) {
        let now = self.now;
        if let Some(held) = self.slots.get_mut(usize::from(slot.0)) {
            held.life = Sketched::Revoked(now);
        }
    }

    fn refer(&mut self, dependent: DependentSlot, to: Option<Slot>, there: bool) {
        if let Some(one) = self.dependents.get_mut(usize::from(dependent.0)) {
            one.to = to;
            one.there = there;
        }
    }
}
