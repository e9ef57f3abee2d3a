//! Which steps may follow in a sequence, and how likely each is. Only what the sequence itself issued is ever revoked.

use std::time::Duration;

use rescind_specs::lifecycle::{
    Actor, CallerName, CredentialKind, ForeignCredential, HookEffect, HookName, Ids, Impostor, Lifecycle,
    Reissued, Stranger, UseAfterRevocation,
};

use super::rules::{Rules, rule};
use super::sketch::{Foresight, Sketch, Sketched};
use crate::check::lifecycle::{Setting, Time};
use crate::check::words::{MARGIN, late};
use crate::lifecycle::{By, DependentSlot, Issuing, Key, Patch, Slot, Step, Target, TokenSlot, Until};

/// The most credentials that a sequence issues, those that are issued again not counted.
const ISSUES: usize = 3;
/// The most slots of a sequence.
const SLOTS: usize = 6;
/// The most credentials that live at a time.
const LIVE: usize = 3;
/// The most tokens, and the most dependents, of a sequence.
const OTHERS: usize = 2;
/// The longest of the waits that are tried.
const LONGEST: Duration = Duration::from_hours(2);
/// A little time.
const SHORT: Duration = Duration::from_secs(7);
/// More time than any bound within which a revocation shows.
const LONG: Duration = Duration::from_mins(65);

/// What may follow in the sequences about one kind of credential.
pub(super) struct Menu<'c> {
    kind: &'c CredentialKind,
    lifecycle: &'c Lifecycle,
    setting: Setting<'c>,
    rules: &'c Rules<'c>,
    /// The callers of other tenants that were supplied.
    strangers: Vec<CallerName>,
    /// What else the operator supplied.
    supply: Supply<'c>,
    /// How much time a sequence may take.
    patience: Duration,
    waits: Vec<Duration>,
    foresight: Foresight,
}

/// Where the token of a revoked credential would go: no step presents it.
pub(super) const NOWHERE: TokenSlot = TokenSlot(98);

/// What the operator of a run supplied.
#[derive(Clone, Copy)]
pub(super) struct Supply<'s> {
    /// Whether there is this caller.
    pub(super) caller: &'s dyn Fn(&CallerName) -> bool,
    /// Whether there is this hook.
    pub(super) hook: &'s dyn Fn(&HookName) -> bool,
    /// How much time a sequence may take, where it passes in earnest.
    pub(super) patience: Duration,
}

/// Steps, each with its weight.
type Choices = Vec<(u32, Step)>;

impl<'c> Menu<'c> {
    /// The menu of a kind; `None` where none of it can be issued and revoked.
    pub(super) fn new(setting: Setting<'c>, rules: &'c Rules<'c>, supply: Supply<'c>) -> Option<Self> {
        let kind = setting.kind;
        let lifecycle = setting.contract.lifecycle()?;
        kind.issue.as_ref().zip(kind.revoke.as_ref())?;
        let mut strangers: Vec<CallerName> = rules
            .all(rule!(ForeignCredential))
            .filter_map(|(_, with)| match &with.by {
                Stranger::Caller(name) => Some(name.clone()),
                Stranger::Sibling => None,
            })
            .filter(supply.caller)
            .collect();
        strangers.dedup();
        let short_life = kind.issue.as_ref().and_then(|issue| issue.expiring.as_ref());
        let short_life = short_life.map(|expiring| expiring.lifetime.duration()).unwrap_or_default();
        let foresight = Foresight {
            reissued: rules.reissues(None).any(|(_, with)| with.gives == Reissued::Another),
            short_life,
            expired: short_life + setting.delay() + MARGIN,
        };
        let patience = match setting.time {
            Time::Moved => Duration::MAX,
            Time::Real => supply.patience,
        };
        let waits = waits(&setting, rules, foresight);
        Some(Self { kind, lifecycle, setting, rules, strangers, supply, patience, waits, foresight })
    }

    pub(super) fn foresight(&self) -> Foresight {
        self.foresight
    }

    /// What may follow.
    pub(super) fn after(&self, sketch: &Sketch) -> Choices {
        let mut choices = Choices::new();
        self.issues(sketch, &mut choices);
        for slot in sketch.live() {
            self.about_live(sketch, slot, &mut choices);
        }
        for slot in sketch.revoked() {
            self.about_revoked(sketch, slot, &mut choices);
        }
        choices.extend(sketch.expired().into_iter().map(|slot| (10, Step::Present(slot))));
        choices
            .extend((0_u8..).zip(&sketch.tokens).map(|(token, _)| (5, Step::PresentToken(TokenSlot(token)))));
        self.about_dependents(sketch, &mut choices);
        if self.rules.any(rule!(UnknownCredential)) {
            let by = match self.asker() {
                Some(Actor::Credential) => sketch.live().first().map(|slot| By::Slot(*slot)),
                _ => Some(By::Documented),
            };
            choices.extend(by.map(|by| (1, Step::Revoke { target: Target::Unknown, by, body: None })));
        }
        if self.kind.listed.is_some() && !sketch.slots.is_empty() {
            choices.push((3, Step::List(None)));
            choices.extend(self.strangers.iter().map(|name| (1, Step::List(Some(name.clone())))));
        }
        if !sketch.slots.is_empty() {
            choices.extend(
                self.hooks(|does| *does == HookEffect::Restart)
                    .map(|name| (2, Step::Hook(name.clone(), None))),
            );
            let left = self.patience.saturating_sub(sketch.now);
            let waits = self.waits.iter().filter(|time| **time <= left);
            choices.extend(waits.map(|time| (1, Step::Wait(Until::For(*time)))));
        }
        choices
    }

    /// The hooks with such an effect that were supplied.
    fn hooks(&self, does: impl Fn(&HookEffect) -> bool) -> impl Iterator<Item = &'c HookName> {
        let hooks = self
            .lifecycle
            .hooks
            .iter()
            .filter(move |(name, hook)| does(&hook.does) && (self.supply.hook)(name));
        hooks.map(|(name, _)| name)
    }

    fn asker(&self) -> Option<&'c Actor> {
        self.kind.revoke.as_ref().map(|revoke| &revoke.call.actor)
    }

    fn issues(&self, sketch: &Sketch, choices: &mut Choices) {
        let live = sketch.live().len();
        let fresh = sketch.slots.iter().zip(0_u8..).filter(|(held, slot)| held.draft == Slot(*slot)).count();
        let Some(slot) = next(sketch.slots.len(), SLOTS).map(Slot) else { return };
        if self.kind.ids() == Ids::Reused && !sketch.revoked().is_empty() {
            return;
        }
        if fresh < ISSUES && live < LIVE {
            choices.push((if live == 0 { 12 } else { 4 }, Step::Issue(slot, Issuing::default())));
            let short = self.kind.issue.as_ref().is_some_and(|issue| issue.expiring.is_some());
            if short && self.rules.any(rule!(Expiry)) && self.foresight.expired + sketch.now <= self.patience
            {
                let issuing = Issuing { patch: Patch::Expiring, ..Issuing::default() };
                choices.push((6, Step::Issue(slot, issuing)));
            }
        }
    }

    fn about_live(&self, sketch: &Sketch, slot: Slot, choices: &mut Choices) {
        let revoke = |by: By| Step::Revoke { target: Target::Slot(slot), by, body: None };
        choices.push((5, Step::Present(slot)));
        choices.push((if sketch.guarded(slot) { 6 } else { 4 }, revoke(By::Documented)));
        if self.rules.any(rule!(SelfRevocation)) {
            choices.push((1, revoke(By::Slot(slot))));
        }
        let sibling = |(_, with): (_, &'c ForeignCredential)| with.by == Stranger::Sibling;
        let another = || self.rules.all(rule!(RevokedByAnother)).map(|(_, with)| with.by.as_ref());
        if another().any(|by| by.is_none()) || self.rules.all(rule!(ForeignCredential)).any(sibling) {
            let others = sketch.live().into_iter().filter(|other| *other != slot);
            choices.extend(others.map(|other| (2, revoke(By::Slot(other)))));
        }
        choices.extend(self.strangers.iter().map(|name| (2, revoke(By::Caller(name.clone())))));
        let callers = another().flatten().filter(|name| (self.supply.caller)(name));
        choices.extend(callers.map(|name| (2, revoke(By::Caller(name.clone())))));
        let hooks = self
            .hooks(|does| matches!(does, HookEffect::Revoke(kind) if kind == self.setting.name))
            .filter(|_| !sketch.guarded(slot));
        choices.extend(hooks.map(|name| (2, Step::Hook(name.clone(), Some(slot)))));
        for impostor in self.rules.all(rule!(UnauthorizedRevocation)).flat_map(|(_, with)| &with.with) {
            let by = match impostor {
                Impostor::Nobody => By::Nobody,
                Impostor::Unknown => By::Unknown,
                Impostor::WrongSecret => By::WrongSecret,
                Impostor::BasicPair => By::BasicPair,
                Impostor::BareSecret => By::BareSecret,
                Impostor::TokenOf { caller, token } if (self.supply.caller)(caller) => {
                    By::TokenOf(caller.clone(), token.clone())
                }
                Impostor::Revoked => {
                    let long = |held: &Sketched| match held {
                        Sketched::Revoked(at) => *at + self.setting.settled() <= sketch.now,
                        Sketched::Live | Sketched::Nothing => false,
                    };
                    let dead = sketch.revoked().into_iter();
                    let dead = dead.filter(|other| sketch.held(*other).is_some_and(|held| long(&held.life)));
                    choices.extend(dead.map(|other| (2, revoke(By::Slot(other)))));
                    continue;
                }
                _ => continue,
            };
            let step = revoke(by);
            if !choices.iter().any(|(_, known)| *known == step) {
                choices.push((1, step));
            }
        }
        self.exchange(sketch, slot, 6, choices);
        if self.rules.any(rule!(RepeatedIssue)) {
            choices.extend(again(sketch, slot, Key::Fresh).map(|step| (1, step)));
        }
        if let Some(into) = next(sketch.dependents.len(), OTHERS) {
            let names = self.lifecycle.dependents.keys();
            choices.extend(names.map(|name| (4, Step::Create(name.clone(), DependentSlot(into), slot))));
        }
    }

    fn about_revoked(&self, sketch: &Sketch, slot: Slot, choices: &mut Choices) {
        choices.push((6, Step::Present(slot)));
        // What was issued later may have its identifier.
        let is_given_again =
            self.kind.ids() == Ids::Reused && sketch.live().iter().any(|later| later.0 > slot.0);
        if self.rules.any(rule!(RepeatedRevocation)) && !is_given_again {
            let by = By::Documented;
            choices.push((3, Step::Revoke { target: Target::Slot(slot), by, body: None }));
        }
        self.exchange(sketch, slot, 1, choices);
        let replayable = self.kind.issue.as_ref().is_some_and(|issue| issue.idempotency_key.is_some());
        if replayable && self.rules.any(rule!(ReplayedIssue)) {
            choices.extend(again(sketch, slot, Key::Same).map(|step| (2, step)));
        }
        if self.rules.any(rule!(Reissue)) && !sketch.draft_taken(slot) {
            choices.extend(again(sketch, slot, Key::Fresh).map(|step| (2, step)));
        }
        if let Some(into) = next(sketch.dependents.len(), OTHERS) {
            let names = self.rules.all(rule!(RevokedReference)).map(|(_, with)| &with.by);
            choices.extend(names.map(|name| (1, Step::Create(name.clone(), DependentSlot(into), slot))));
        }
    }

    fn exchange(&self, sketch: &Sketch, slot: Slot, weight: u32, choices: &mut Choices) {
        let live = sketch.held(slot).is_some_and(|held| held.life == Sketched::Live);
        // What a revoked credential gives is put where no step looks for a token.
        let into = if live { next(sketch.tokens.len(), OTHERS) } else { Some(NOWHERE.0) };
        let shown = self.kind.tokens.iter().filter(|(_, token)| token.probe.is_some());
        let tokens = shown.map(|(name, _)| name);
        choices.extend(into.into_iter().flat_map(|into| {
            tokens.clone().map(move |name| (weight, Step::Exchange(slot, name.clone(), TokenSlot(into))))
        }));
    }

    fn about_dependents(&self, sketch: &Sketch, choices: &mut Choices) {
        for (dependent, one) in sketch.there() {
            let Some(known) = self.lifecycle.dependents.get(&one.name) else { continue };
            choices.push((3, Step::Read(dependent)));
            choices.push((2, Step::Delete(dependent)));
            if known.clear.is_some() && one.to.is_some() {
                choices.push((2, Step::Clear(dependent)));
            }
            if known.repoint.is_some() {
                let others = sketch.live().into_iter().filter(|slot| one.to != Some(*slot));
                choices.extend(others.map(|slot| (2, Step::Repoint(dependent, slot))));
            }
        }
    }
}

/// Issuing the same as a slot once more.
fn again(sketch: &Sketch, like: Slot, key: Key) -> Option<Step> {
    let issuing = Issuing { like: Some(like), key, ..Issuing::default() };
    next(sketch.slots.len(), SLOTS).map(|slot| Step::Issue(Slot(slot), issuing))
}

/// The next number, while there are fewer than `most`.
fn next(count: usize, most: usize) -> Option<u8> {
    (count < most).then(|| u8::try_from(count).ok()).flatten()
}

/// The waits that tell something: short of the bounds of the contract, past them, and much later.
fn waits(setting: &Setting<'_>, rules: &Rules<'_>, foresight: Foresight) -> Vec<Duration> {
    let delay = setting.delay();
    let mut waits = vec![SHORT, delay / 2, setting.settled(), LONG];
    let bound = |(_, with): (_, &UseAfterRevocation)| late(with.within.duration());
    waits.extend(rules.uses(None).map(bound));
    waits.extend(rules.all(rule!(TokenLifetime)).map(|(_, with)| late(with.at_most.duration())));
    if rules.any(rule!(Expiry)) && !foresight.short_life.is_zero() {
        waits.push(foresight.expired);
    }
    waits.retain(|time| !time.is_zero() && *time <= LONGEST);
    waits.sort_unstable();
    waits.dedup();
    waits
}
