//! What a breach leaves behind so that it can be looked for again: steps in the words of the contract, or requests, and
//! never a secret.

use std::collections::BTreeSet;
use std::sync::Arc;

use rescind_specs::lifecycle::{CheckSpec, KindName, Period};
use rescind_specs::{OperationId, Pointer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kept::{Keeper, KeptRequest};
use super::needed::needed;
use super::{Scene, pause, shrink};
use crate::check::request::{Case, Presented, Target};
use crate::credential::Credential;
use crate::exchange::{Exchange, ExchangeId, Origin, OriginKind, Timing};
use crate::lifecycle::{History, Step};

/// A single answer that takes more requests than this is not looked for again.
const MOST: usize = 12;

/// How to look for a breach once more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// By running a sequence of lifecycle steps.
    Sequence(Box<RepeatedSequence>),
    /// By sending a generated request, signed as it was.
    Request(Box<RepeatedRequest>),
    /// By sending requests, and looking at the answer to the last of them.
    Answer(RepeatedAnswer),
}

/// A generated request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedRequest {
    /// The operation concerned, which the request itself may deviate from.
    #[schemars(with = "String")]
    pub operation: OperationId,
    /// What is special about it, as a phrase.
    pub about: String,
    /// What is broken or tried: `maxLength`.
    pub keyword: String,
    /// The request, without credentials.
    pub request: KeptRequest,
    /// Which credentials are put on it.
    pub credentials: Presented,
    /// A request that is sent before it, for comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<KeptRequest>,
    /// What it is about.
    pub target: Target,
    /// Where the OpenAPI document says what is documented.
    #[schemars(with = "String")]
    pub place: Pointer,
}

/// The requests that led to an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedAnswer {
    /// The requests, in order.
    pub requests: Vec<KeptRequest>,
}

/// A sequence of lifecycle steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedSequence {
    /// The kind of credential that it is about.
    pub of: KindName,
    /// The check that judges what comes of it, with its parameters; absent: all requirements together do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckSpec>,
    /// The steps, in order.
    pub steps: Vec<RepeatedStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedStep {
    /// What it does, for people; nothing reads this.
    #[serde(default)]
    pub about: String,
    /// The step.
    #[serde(rename = "do")]
    pub step: Step,
}

impl Repeat {
    /// The steps of a history, to be judged by a check of a requirement, or by all requirements.
    pub(crate) fn sequence(of: &KindName, check: Option<&CheckSpec>, history: &History) -> Self {
        let steps =
            shrink::steps(history).into_iter().map(|step| RepeatedStep { about: step.to_string(), step });
        let (of, check, steps) = (of.clone(), check.cloned(), steps.collect());
        Self::Sequence(Box::new(RepeatedSequence { of, check, steps }))
    }

    /// A generated request; `None` where it holds what cannot be written down.
    pub(crate) fn request(scene: Scene<'_>, case: &Case) -> Option<Self> {
        let mut keeper = Keeper::new(scene, &[]);
        Some(Self::Request(Box::new(RepeatedRequest {
            operation: case.operation.clone(),
            about: case.what.clone(),
            keyword: case.keyword.clone().into_owned(),
            request: keeper.keep(&case.request)?,
            credentials: case.credentials.clone(),
            twin: match &case.twin {
                Some(twin) => Some(keeper.keep(twin)?),
                None => None,
            },
            target: case.target,
            place: case.place.clone(),
        })))
    }

    /// The requests that led to an answer; `None` where that was a matter of chance, where there are too many of them,
    /// or where they hold what cannot be written down.
    pub(crate) fn answer(scene: Scene<'_>, all: &[Arc<Exchange>], decisive: ExchangeId) -> Option<Self> {
        let steps = leading_to(scene, all, decisive);
        if steps.is_empty() || steps.len() > MOST || steps.iter().any(|step| step.timing == Timing::Racing) {
            return None;
        }
        let mut keeper = Keeper::new(scene, &steps);
        let mut before: Option<&Exchange> = None;
        let requests = steps.iter().map(|step| {
            let after = before.and_then(|before| pause(before, step)).map(Period::from);
            before = Some(step);
            Some(KeptRequest { after, replica: step.replica.0, ..keeper.keep(&step.request)? })
        });
        Some(Self::Answer(RepeatedAnswer { requests: requests.collect::<Option<_>>()? }))
    }
}

/// The exchanges that led to one: those that it took something from, and those that changed something about a
/// credential of which it took something.
fn leading_to<'e>(scene: Scene<'_>, all: &'e [Arc<Exchange>], decisive: ExchangeId) -> Vec<&'e Exchange> {
    let pool: BTreeSet<&str> = scene.deployment.pool.iter().map(|pair| pair.source.as_str()).collect();
    let mut steps = needed(all, &[decisive]);
    loop {
        let issues = |step: &&&Exchange| Credential::issued(scene.contract, step).is_some();
        let issuing: BTreeSet<ExchangeId> = steps.iter().filter(issues).map(|step| step.id).collect();
        let origins = steps.iter().flat_map(|step| &step.request.origins);
        let registered: BTreeSet<&str> =
            origins.filter_map(supplied).filter(|source| pool.contains(source)).collect();
        let about = |exchange: &Exchange| {
            exchange.request.origins.iter().any(|origin| match &origin.from {
                OriginKind::Response { exchange, .. } => issuing.contains(exchange),
                OriginKind::Supplied(source) => registered.contains(source.as_str()),
            })
        };
        let more = all.iter().filter(|exchange| {
            exchange.id < decisive && !exchange.request.method.is_safe() && about(exchange)
        });
        let known: BTreeSet<ExchangeId> = steps.iter().map(|step| step.id).collect();
        let wanted: BTreeSet<ExchangeId> = more.map(|exchange| exchange.id).chain(known.clone()).collect();
        if wanted == known {
            return steps;
        }
        steps = needed(all, &wanted.into_iter().collect::<Vec<_>>());
    }
}

/// The variable that a value was supplied in.
fn supplied(origin: &Origin) -> Option<&str> {
    match &origin.from {
        OriginKind::Supplied(source) => Some(source),
        OriginKind::Response { .. } => None,
    }
}
