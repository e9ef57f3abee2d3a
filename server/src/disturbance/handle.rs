//! The rules that are in force, and what they decide about a request.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rescind_specs::Contract;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::place::{Place, Visit};
use super::rule::{Disturbance, Replacement, Rule, Way};
use super::text::{Cut, Drip, Probability};
use crate::fault::{Fault, FaultSet};
use crate::keys::hmac;

/// The rules in force at a time.
const MOST_RULES: usize = 1000;

/// Headers that carry credentials in any contract.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// The rules of a server. Clones are handles on the same rules.
#[derive(Clone)]
pub struct Disturbances(Arc<Inner>);

struct Inner {
    /// How many rules can still strike; without any, a request costs one load.
    live: AtomicUsize,
    seed: [u8; 32],
    rules: Mutex<Rules>,
    places: RwLock<Vec<Arc<Place>>>,
}

#[derive(Default)]
struct Rules {
    added: u64,
    active: Vec<Active>,
}

struct Active {
    id: RuleId,
    rule: Rule,
    /// Of its own, so that how often it strikes does not depend on other rules.
    dice: StdRng,
    matched: u64,
    struck: u64,
}

/// The number of a rule, counted from the start of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleId(pub u64);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule in force, and what it did so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its number.
    pub id: RuleId,
    /// The rule.
    pub rule: Rule,
    /// The requests that it was about.
    pub matched: u64,
    /// Those of them that it struck.
    pub struck: u64,
    /// How many more it strikes; absent if there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

/// Why a rule was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such contract is served.
    #[error("contract {name:?} is not served here; name one of {known}, or none")]
    UnknownContract {
        /// What was asked for.
        name: String,
        /// The names of those that are.
        known: String,
    },
    /// No contract that the rule is about has the operation.
    #[error("there is no operation {operation:?}{}", nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    UnknownOperation {
        /// What was asked for.
        operation: String,
        /// The one with the most similar name.
        nearest: Option<String>,
    },
    /// No contract that the rule is about makes the promise.
    #[error(
        "no contract that the rule is about promises what {0} breaks; `rescind-server faults` lists who does"
    )]
    UnknownPromise(Fault),
    /// The header carries a credential, which a rule would show to whoever lists it.
    #[error("header {0} carries a credential; write caller instead, of which only the hash is kept")]
    SecretHeader(String),
    /// Too many rules.
    #[error("there are {MOST_RULES} rules already; remove some")]
    TooMany,
}

/// No rule has this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no disturbance {0}; list them to see their numbers")]
pub struct UnknownRule(pub RuleId);

/// What happens to a request.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Waits on the way there and back.
    pub(super) before: Duration,
    pub(super) after: Duration,
    pub(super) end: Option<(Way, End)>,
    pub(super) drip: Option<Drip>,
    pub(super) broken: FaultSet,
}

/// How an exchange ends otherwise than the API ends it; the first rule that strikes decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Drop,
    Reset,
    Truncate(Cut),
    Replace(Replacement),
}

impl Disturbances {
    /// No rules yet. Rules that strike by chance do so alike in each run with the same seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Arc::new(Inner {
            live: AtomicUsize::new(0),
            seed,
            rules: Mutex::default(),
            places: RwLock::default(),
        }))
    }

    /// Puts a rule into force. Of several that end an exchange the first one decides; waits add up.
    ///
    /// # Errors
    /// It names a contract or an operation that is not served, or a header that carries a credential.
    pub fn add(&self, rule: Rule) -> Result<RuleId, RuleError> {
        self.check(&rule)?;
        let mut rules = self.rules();
        if rules.active.len() >= MOST_RULES {
            return Err(RuleError::TooMany);
        }
        rules.added += 1;
        let id = RuleId(rules.added);
        let dice = StdRng::from_seed(hmac(&self.0.seed, format!("disturbance {id}").as_bytes()));
        tracing::info!(id = id.0, rule = %rule, "a disturbance was added");
        rules.active.push(Active { id, rule, dice, matched: 0, struck: 0 });
        self.count(&rules);
        Ok(id)
    }

    /// The rules in force, in the order in which they were added, with those that have struck as often as they should.
    pub fn list(&self) -> Vec<Listed> {
        self.rules().active.iter().map(Active::listed).collect()
    }

    /// One rule.
    pub fn get(&self, id: RuleId) -> Result<Listed, UnknownRule> {
        let rules = self.rules();
        let found = rules.active.iter().find(|active| active.id == id);
        found.map(Active::listed).ok_or(UnknownRule(id))
    }

    /// Takes a rule out of force and returns what it did.
    pub fn remove(&self, id: RuleId) -> Result<Listed, UnknownRule> {
        let mut rules = self.rules();
        let place = rules.active.iter().position(|active| active.id == id).ok_or(UnknownRule(id))?;
        let removed = rules.active.remove(place);
        self.count(&rules);
        Ok(removed.listed())
    }

    /// Takes all rules out of force. Numbers are not used again.
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.active.clear();
        self.count(&rules);
    }

    /// Whether any rule can still strike.
    pub fn is_any(&self) -> bool {
        self.0.live.load(Ordering::Acquire) > 0
    }

    /// Takes note of a contract that is served, so that rules can name it.
    pub(super) fn serve(&self, contract: &Contract, breakable: FaultSet) -> Arc<Place> {
        let place = Arc::new(Place::new(contract.clone(), breakable));
        self.0.places.write().unwrap_or_else(PoisonError::into_inner).push(place.clone());
        place
    }

    /// What happens to a request.
    pub(super) fn judge(&self, visit: &Visit<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        let mut rules = self.rules();
        let mut is_spent = false;
        // How the exchange ends is decided first: what an end leaves nothing to do for is not used up.
        for ends in [true, false] {
            for active in rules.active.iter_mut().filter(|active| active.rule.what.ends() == ends) {
                let is_touched = active.rule.has_part_in(verdict.end);
                if !is_touched || active.is_spent() || !visit.is_meant(&active.rule) || !active.strikes() {
                    continue;
                }
                active.add_to(&mut verdict);
                is_spent |= active.is_spent();
            }
        }
        if is_spent {
            self.count(&rules);
        }
        verdict
    }

    fn check(&self, rule: &Rule) -> Result<(), RuleError> {
        let places = self.0.places.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(mark) = &rule.header {
            let name = mark.name.0.as_str();
            if SECRET_HEADERS.contains(&name) || places.iter().any(|place| place.is_secret(name)) {
                return Err(RuleError::SecretHeader(name.to_owned()));
            }
        }
        let named: Vec<_> = places
            .iter()
            .filter(|place| rule.contract.as_deref().is_none_or(|name| name == place.name()))
            .collect();
        if let Some(name) = rule.contract.as_ref().filter(|_| named.is_empty()) {
            let known: Vec<_> = places.iter().map(|place| place.name()).collect();
            return Err(RuleError::UnknownContract { name: name.clone(), known: known.join(", ") });
        }
        if let Disturbance::Fault(fault) = rule.what
            && !named.iter().any(|place| place.can_break(fault))
        {
            return Err(RuleError::UnknownPromise(fault));
        }
        let Some(operation) = &rule.operation else { return Ok(()) };
        let known: Vec<&str> = named.iter().flat_map(|place| place.operations()).collect();
        if known.contains(&operation.as_str()) {
            return Ok(());
        }
        let likeness = |id: &str| strsim::jaro_winkler(&id.to_lowercase(), &operation.to_lowercase());
        let alike = known.into_iter().map(|id| (likeness(id), id)).filter(|(like, _)| *like > LIKE);
        let nearest = alike.max_by(|(left, _), (right, _)| left.total_cmp(right));
        Err(RuleError::UnknownOperation {
            operation: operation.clone(),
            nearest: nearest.map(|(_, id)| id.to_owned()),
        })
    }

    fn count(&self, rules: &Rules) {
        let live = rules.active.iter().filter(|active| !active.is_spent()).count();
        self.0.live.store(live, Ordering::Release);
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names that are less alike than this are not taken for each other.
const LIKE: f64 = 0.8;

impl fmt::Debug for Disturbances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules().active.iter().map(|active| active.rule.to_string())).finish()
    }
}

impl Rule {
    /// Whether it can do anything about an exchange that ends so.
    fn has_part_in(&self, end: Option<(Way, End)>) -> bool {
        let Some((way, end)) = end else { return true };
        match self.what {
            // A request that is answered on its way never comes to the API.
            Disturbance::Fault(_) => way == Way::Answer,
            Disturbance::Latency(_) => way == Way::Answer || self.on == Way::Request,
            Disturbance::SlowBody(_) => !matches!(end, End::Drop | End::Reset),
            // The first end that strikes decides.
            Disturbance::Drop | Disturbance::Reset | Disturbance::Truncate(_) | Disturbance::Status(_) => {
                false
            }
        }
    }
}

impl Active {
    fn listed(&self) -> Listed {
        Listed {
            id: self.id,
            rule: self.rule.clone(),
            matched: self.matched,
            struck: self.struck,
            remaining: self.rule.times.map(|times| times.get().saturating_sub(self.struck)),
        }
    }

    fn is_spent(&self) -> bool {
        self.rule.times.map(NonZeroU64::get).is_some_and(|times| self.struck >= times)
    }

    /// Counts a request that the rule is about, and says whether it is struck.
    fn strikes(&mut self) -> bool {
        self.matched += 1;
        let share = self.rule.probability;
        let strikes = share == Probability::ALWAYS || self.dice.random_bool(share.get());
        self.struck += u64::from(strikes);
        strikes
    }

    fn add_to(&mut self, verdict: &mut Verdict) {
        let way = self.rule.on;
        let mut end = |way, end| verdict.end = Some((way, end));
        match self.rule.what {
            Disturbance::Latency(latency) => {
                let wait = latency.sample(&mut self.dice);
                let total = match way {
                    Way::Request => &mut verdict.before,
                    Way::Answer => &mut verdict.after,
                };
                *total = total.saturating_add(wait);
            }
            Disturbance::Drop => end(way, End::Drop),
            Disturbance::Reset => end(way, End::Reset),
            Disturbance::Truncate(cut) => end(Way::Answer, End::Truncate(cut)),
            Disturbance::Status(replacement) => end(way, End::Replace(replacement)),
            Disturbance::SlowBody(drip) => verdict.drip = Some(drip),
            Disturbance::Fault(fault) => verdict.broken.insert(fault),
        }
    }
}
