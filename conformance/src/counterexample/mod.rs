//! What shows a finding: made as short as it can be, and retold, as steps in words and as a shell script that repeats
//! them.
//!
//! The script issues its own credentials and takes the secrets of callers from the environment, so it holds none.

pub mod kept;
mod names;
mod needed;
pub mod repeat;
mod script;
mod shell;
pub(crate) mod shrink;
mod steps;
mod story;
mod taking;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use rescind_specs::Contract;

use crate::deployment::Deployment;
use crate::exchange::{Exchange, ExchangeId, Timing};
use crate::finding::Finding;
use crate::lifecycle::{Event, History, Step};
use crate::redact::Redactor;
use names::Names;
pub use repeat::Repeat;

/// What a retelling needs to know of a run.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The contract.
    pub contract: &'s Contract,
    /// The deployment.
    pub deployment: &'s Deployment,
    /// The secrets of the run.
    pub redactor: &'s Redactor,
}

/// How the exchanges that were asked for followed each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// One after the other.
    #[default]
    InTurn,
    /// All at once, after those that they depend on.
    AtOnce,
}

/// A finding, retold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterexample {
    /// What happened, a sentence each.
    pub steps: Vec<String>,
    /// The lines of a shell script that repeats it. Its last line of output is the status of the last exchange.
    pub script: Vec<String>,
}

/// Retells the exchanges `shown`, preceded by those of `all` that they took something from.
pub fn retell(scene: Scene<'_>, all: &[Arc<Exchange>], shown: &[ExchangeId], order: Order) -> Counterexample {
    let needed = needed::needed(all, shown);
    if needed.is_empty() {
        return Counterexample::default();
    }
    let names = Names::new(scene, &needed);
    let acts = acts(&needed, shown, |_| order);
    Counterexample { steps: steps::steps(scene, &names, &acts), script: script::script(scene, &names, &acts) }
}

/// Retells a sequence whose last event shows a finding. The script repeats its exchanges, preceded by those of `all`
/// that they took something from.
pub(crate) fn retell_sequence(
    scene: Scene<'_>,
    all: &[Arc<Exchange>],
    history: &History,
    finding: &Finding,
) -> Counterexample {
    let shown: Vec<ExchangeId> = history.exchanges().map(|exchange| exchange.id).collect();
    let needed = needed::needed(all, &shown);
    let names = Names::new(scene, &needed);
    let steps = story::lines(scene, &names, history, finding);
    if needed.is_empty() {
        return Counterexample { steps, script: Vec::new() };
    }
    let order = |id: ExchangeId| {
        let racing = |exchange: &&Exchange| exchange.id == id && exchange.timing == Timing::Racing;
        if needed.iter().any(racing) { Order::AtOnce } else { Order::InTurn }
    };
    let mut acts = acts(&needed, &shown, order);
    let mut hooks: Vec<&Event> = Vec::new();
    for event in &history.events {
        match (&event.step, event.exchanges.first()) {
            (Step::Hook(..), _) => hooks.push(event),
            (_, Some(first)) => {
                let act = acts.iter_mut().find(|act| act.exchange.id == first.id);
                if let Some(act) = act {
                    act.hooks.append(&mut hooks);
                }
            }
            _ => {}
        }
    }
    Counterexample { steps, script: script::script(scene, &names, &acts) }
}

/// The exchanges as acts, in the order sent.
fn acts<'e>(
    needed: &[&'e Exchange],
    shown: &[ExchangeId],
    order: impl Fn(ExchangeId) -> Order,
) -> Vec<Act<'e>> {
    let mut before: Option<&Exchange> = None;
    let acts = needed.iter().copied().map(|exchange| {
        // What only supplies a value, such as the token of a caller, may have happened at any time before.
        let meant = shown.contains(&exchange.id);
        let pause = before.filter(|_| meant).and_then(|before| pause(before, exchange));
        if meant {
            before = Some(exchange);
        }
        Act { exchange, pause, at_once: meant && order(exchange.id) == Order::AtOnce, hooks: Vec::new() }
    });
    acts.collect()
}

/// One exchange of a retelling.
struct Act<'e> {
    exchange: &'e Exchange,
    /// How much of the deployment's time passes before it.
    pause: Option<Duration>,
    /// Whether it goes on beside those before and after it.
    at_once: bool,
    /// The steps outside of the API that are done before it.
    hooks: Vec<&'e Event>,
}

/// The deployment's time that passed between two exchanges, if it was enough to be meant.
fn pause(before: &Exchange, after: &Exchange) -> Option<Duration> {
    let passed = Duration::try_from(after.sent.duration_since(before.received)).ok()?;
    (passed >= Duration::from_millis(500)).then_some(passed)
}
