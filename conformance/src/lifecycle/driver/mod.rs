//! Runs a sequence against a deployment, step by step, and writes its history.

mod answer;
mod dependent;
mod issue;
mod list;
mod outside;
mod present;
mod race;
mod revoke;
mod wait;
mod way;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{CredentialKind, DependentName, Ids, KindName};
use serde_json::Value;

use self::wait::longest;
use super::control::Controls;
use super::history::{Event, History, Seen};
use super::propagation::observed;
use super::step::{DependentSlot, Slot, Step, TokenSlot};
use crate::actors::Actors;
use crate::call::{Bindings, Known};
use crate::credential::{Credential, Token, known};
use crate::deployment::Pair;
use crate::exchange::{Exchange, Replica, Request};
use crate::progress::Event as Progressed;
use crate::record::timeline;
use crate::session::Session;

pub(super) use answer::seen;
pub(crate) use answer::status;
pub(super) use issue::issue_call;
pub(crate) use list::{is_live, list, live_ids, names};
pub(crate) use present::probe;
pub(crate) use race::USES_IN_A_RACE;

/// More pages than this are not read.
pub(crate) const PAGES: usize = 200;

/// Runs sequences about one kind of credential.
pub struct Driver<'a, 's, 'r> {
    /// Whoever acts.
    pub actors: &'a Actors<'s, 'r>,
    /// The control credentials of the run.
    pub controls: &'a Controls,
    /// The name of the kind.
    pub name: &'a KindName,
    /// The kind.
    pub kind: &'a CredentialKind,
    /// Whether others may be active beside its steps.
    pub company: Company,
}

/// Whether other sequences of a run may be active at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Company {
    /// They may.
    #[default]
    Welcome,
    /// They may not, but for while it waits: they would sway what is measured.
    Unwelcome,
}

/// What a sequence holds at a moment.
#[derive(Default)]
struct State {
    slots: BTreeMap<Slot, Held>,
    tokens: BTreeMap<TokenSlot, Arc<Token>>,
    dependents: BTreeMap<DependentSlot, (DependentName, Known)>,
    waited: Duration,
    /// The least that the steps to come will wait, so that a wait that is too long tells how long all of them take.
    later: Later,
}

/// The least that some steps wait.
#[derive(Clone, Copy, Default)]
struct Later {
    /// On top of what was waited before.
    further: Duration,
    /// From a moment that may have passed in part.
    since: Duration,
}

/// What a slot holds.
#[derive(Clone, Default)]
struct Held {
    draft: Option<Draft>,
    credential: Option<Arc<Credential>>,
    request: Option<Request>,
    revoked: Option<Timestamp>,
}

/// What a credential is going to be.
#[derive(Clone)]
struct Draft {
    unique: String,
    pool: Option<Pair>,
}

/// What came of a step or of a part of it.
struct Done {
    /// The part, where a step has several.
    step: Option<Step>,
    /// When the part began, and when it was over.
    times: Option<(Timestamp, Timestamp)>,
    replica: Replica,
    seen: Seen,
    exchanges: Vec<Arc<Exchange>>,
    credential: Option<Arc<Credential>>,
    token: Option<Arc<Token>>,
    dependent: Option<Known>,
    items: Option<Vec<Value>>,
    control: Option<Seen>,
}

impl Done {
    fn new(seen: Seen) -> Self {
        Self {
            step: None,
            times: None,
            replica: Replica::default(),
            seen,
            exchanges: Vec::new(),
            credential: None,
            token: None,
            dependent: None,
            items: None,
            control: None,
        }
    }

    fn answered(seen: Seen, exchange: Arc<Exchange>) -> Self {
        Self { exchanges: vec![exchange], ..Self::new(seen) }
    }
}

impl<'r> Driver<'_, '_, 'r> {
    fn session(&self) -> &Session<'r> {
        self.actors.session()
    }

    fn contract(&self) -> &'r Contract {
        self.session().contract()
    }

    /// Runs the steps in order. The first that cannot be run ends the sequence; its event says why. An outage that the
    /// sequence begins is over when it ends.
    pub async fn run(&self, steps: &[Step]) -> History {
        self.session().move_home();
        if self.kind.ids() == Ids::Reused {
            // Issued in between, it could get the identifier of one that was revoked before. What hinders it shows then.
            let _ = self.controls.get(self.actors, self.name, self.kind).await;
        }
        let mut state = State::default();
        let mut history = History::default();
        for (index, step) in steps.iter().enumerate() {
            state.later = longest(&steps[index + 1..]);
            let began = self.session().now();
            // A race is between those that take part in it, and a step outside of the API may shake everyone.
            let alone = self.company == Company::Unwelcome || step.races() || matches!(step, Step::Hook(..));
            let parts = Box::pin(self.parts(step, &mut state));
            let parts = if alone { self.session().undisturbed(parts).await } else { parts.await };
            let parts = match parts {
                Ok(parts) => parts,
                Err(why) => vec![Done::new(Seen::NotRun(why))],
            };
            let ended = self.session().now();
            let over = parts.iter().any(|done| matches!(done.seen, Seen::NotRun(_) | Seen::StillOpen(_)));
            let partial = parts.len() > 1 || parts.iter().any(|done| done.step.is_some());
            let whole = partial.then(|| (index, Arc::new(step.clone())));
            history.events.extend(parts.into_iter().map(|done| {
                let (began, ended) = done.times.unwrap_or((began, ended));
                Event {
                    step: done.step.unwrap_or_else(|| step.clone()),
                    part_of: whole.clone(),
                    replica: done.replica,
                    began,
                    ended,
                    seen: done.seen,
                    exchanges: done.exchanges,
                    credential: done.credential,
                    token: done.token,
                    dependent: done.dependent,
                    items: done.items,
                    control: done.control,
                }
            }));
            if over {
                break;
            }
        }
        for failed in self.session().recover().await {
            self.session().progress().event(Progressed::Warning(failed.into()));
        }
        self.session().observe_delays(observed(&history));
        self.session().observe_timelines(timeline::observed(self.contract(), &history));
        history
    }

    /// Runs a step that may have several parts, each of which is an event of its own.
    async fn parts(&self, step: &Step, state: &mut State) -> Result<Vec<Done>, String> {
        match step {
            Step::Present(slot) => self.present_everywhere(*slot, state).await,
            Step::PresentToken(token) => self.present_token_everywhere(*token, state).await,
            Step::PresentEvery { slot, every, until } => {
                self.present_every(*slot, *every, *until, state).await
            }
            Step::RevokeTogether(slots, caller) => self.revoke_together(slots, caller, state).await,
            Step::RaceUse(slot, uses) => self.race_use(*slot, *uses, state).await,
            Step::RaceReference(name, into, slot, lead) => {
                self.race_reference(name, (*into, *slot), *lead, state).await
            }
            _ => Ok(vec![self.step(step, state).await?]),
        }
    }

    async fn step(&self, step: &Step, state: &mut State) -> Result<Done, String> {
        match step {
            Step::Reserve(slot) => self.reserve(*slot, state),
            Step::Adopt(slot, caller) => {
                let credential = self.actors.caller(caller).map_err(text)?;
                state.slots.entry(*slot).or_default().credential = Some(Arc::clone(&credential));
                Ok(Done { credential: Some(credential), ..Done::new(Seen::Accepted) })
            }
            Step::Issue(slot, issuing) => self.issue(*slot, issuing, state).await,
            Step::Present(_)
            | Step::PresentToken(_)
            | Step::PresentEvery { .. }
            | Step::RevokeTogether(..)
            | Step::RaceUse(..)
            | Step::RaceReference(..) => Err("it has several parts".to_owned()),
            Step::Hook(name, slot) => self.hook(name, *slot, state).await,
            Step::Call(call, slot) => self.call(call, &held(state, *slot)?).await,
            Step::ListInShortPages => self.list_in_short_pages().await,
            Step::Exchange(slot, token, into) => {
                self.exchange(&held(state, *slot)?, token, *into, state).await
            }
            Step::Revoke { target, by, body } => self.revoke(*target, by, body.as_ref(), state).await,
            Step::RevokeBy(way, slot) => self.revoke_by_way(way, *slot, state).await,
            Step::RevokeAsDescribed(slot) => self.revoke_as_described(*slot, state).await,
            Step::RevokeMany(slot, parallel) => self.revoke_many(*slot, *parallel, state).await,
            Step::List(caller) => {
                let listing = self.kind.listed.as_ref().ok_or("it is listed nowhere")?;
                let home = self.session().home();
                let (exchanges, items, seen) = self.list(listing, caller.as_ref(), home).await?;
                Ok(Done { exchanges, items: Some(items), ..Done::new(seen) })
            }
            Step::StopUnlessOnlyActive(slot) => self.stop_unless_only(&held(state, *slot)?).await,
            Step::Wait(until) => self.wait(*until, state).await,
            Step::Create(name, into, slot) => {
                let dependent = self.dependent(name)?;
                let bindings = self.refer(Some(held(state, *slot)?), None);
                let done = self.act(&dependent.create, &bindings).await?;
                let exchange = done.exchanges.last();
                let id = exchange.and_then(|exchange| known(self.contract(), &dependent.id, exchange));
                if done.seen == Seen::Accepted {
                    let id = id.clone().ok_or("the answer has no identifier of the dependent")?;
                    state.dependents.insert(*into, (name.clone(), id));
                }
                Ok(Done { dependent: id.filter(|_| done.seen == Seen::Accepted), ..done })
            }
            Step::Read(dependent) => self.on_dependent(*dependent, None, state, |all| Some(&all.read)).await,
            Step::Repoint(dependent, slot) => {
                let credential = Some(held(state, *slot)?);
                self.on_dependent(*dependent, credential, state, |all| all.repoint.as_ref()).await
            }
            Step::Clear(dependent) => {
                self.on_dependent(*dependent, None, state, |all| all.clear.as_ref()).await
            }
            Step::Delete(dependent) => {
                self.on_dependent(*dependent, None, state, |all| Some(&all.delete)).await
            }
        }
    }

    fn refer(&self, credential: Option<Arc<Credential>>, dependent: Option<Known>) -> Bindings {
        Bindings { credential, dependent, ..self.session().bindings() }
    }

    /// The kind of a credential: a caller's own may be of another one.
    fn kind_of(&self, credential: &Credential) -> &CredentialKind {
        let lifecycle = self.contract().lifecycle();
        lifecycle.and_then(|lifecycle| lifecycle.credentials.get(&credential.kind)).unwrap_or(self.kind)
    }
}

fn held(state: &State, slot: Slot) -> Result<Arc<Credential>, String> {
    let credential = state.slots.get(&slot).and_then(|held| held.credential.clone());
    credential.ok_or_else(|| format!("credential {slot} was not issued"))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
