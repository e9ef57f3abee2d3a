//! Runs a counterexample against a deployment, and asks the check that found it.

use std::fmt;
use std::num::NonZeroU32;

use rescind_specs::Contract;
use rescind_specs::lifecycle::CheckSpec;

use super::document::{ReplayError, Stored};
use super::fits;
use super::single::Single;
use crate::actors::Actors;
use crate::check::lifecycle::{self, Setting, Time};
use crate::cleanup::{anything_answered, put_away};
use crate::counterexample::Repeat;
use crate::counterexample::repeat::RepeatedSequence;
use crate::counterexample::shrink::alike;
use crate::deployment::Deployment;
use crate::finding::Finding;
use crate::lifecycle::{Company, Controls, Driver, Step};
use crate::machine::reference_machine;
use crate::plan::{Plan, Writes};
use crate::prerequisite::missing;
use crate::progress::{Event, Progress};
use crate::redact::Redactor;
use crate::runner::RunError;
use crate::session::Session;
use crate::verdict::Verdict;

/// How often a sequence whose outcome is a matter of chance is run before it counts as fixed.
const CHANCES: u32 = 5;
/// The most runs of one that was seen to break something once in so many.
const MOST: u32 = 20;

/// What became of a breach.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// It is not there any more.
    Fixed,
    /// It is still there.
    StillBroken(Box<Finding>),
    /// That cannot be told, and why.
    CouldNotTell(String),
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fixed => "fixed",
            Self::StillBroken(_) => "still broken",
            Self::CouldNotTell(_) => "could not tell",
        })
    }
}

/// What is run.
enum Work<'r> {
    Sequence(Replay<'r>),
    Single(Single<'r>),
}

/// A sequence, and what of the contract it is about.
struct Replay<'r> {
    setting: Setting<'r>,
    /// The check of the requirement; `None`: all requirements together.
    check: Option<&'r CheckSpec>,
    steps: Vec<Step>,
}

/// Looks for a breach in a deployment. What was issued is put away at the end.
///
/// # Errors
/// The counterexample does not fit the contract, or the run could not begin.
pub async fn replay(
    contract: &Contract,
    deployment: &Deployment,
    plan: &Plan,
    redactor: &Redactor,
    progress: &dyn Progress,
    stored: &Stored,
) -> Result<Result<Replayed, RunError>, ReplayError> {
    if contract.name() != stored.contract {
        return Err(ReplayError::Contract {
            found: stored.contract.clone(),
            known: contract.name().to_owned(),
        });
    }
    let mut work = match &stored.repeat {
        Repeat::Sequence(sequence) => Work::Sequence(prepare(contract, stored, sequence)?),
        Repeat::Request(_) | Repeat::Answer(_) => Work::Single(Single::of(contract, stored)?),
    };
    let harmless = matches!(&work, Work::Single(single) if single.is_harmless());
    if plan.writes == Writes::Forbidden && !harmless {
        let why = "it would change something, and --allow-writes was not given";
        return Ok(Ok(Replayed::CouldNotTell(why.to_owned())));
    }
    // One sequence has nothing beside it.
    let plan = &Plan { jobs: NonZeroU32::MIN, ..plan.clone() };
    let session = match Session::open(contract, deployment, plan, redactor, progress).await {
        Ok(session) => session,
        Err(error) => return Ok(Err(error.into())),
    };
    let actors = Actors::new(&session);
    let verdict = match &mut work {
        Work::Sequence(replay) => {
            replay.setting.time = if session.moves_time() { Time::Moved } else { Time::Real };
            if let Some(why) = replay.check.and_then(|check| missing(&actors, check)) {
                return Ok(Ok(Replayed::CouldNotTell(why)));
            }
            run(&actors, replay, stored, plan).await
        }
        Work::Single(single) => single.run(&actors, &stored.finding).await,
    };
    let left = put_away(&actors).await;
    for left in left.behind.iter().chain(&left.perhaps) {
        progress.event(Event::Note(format!("left behind: {left}").into()));
    }
    if session.requests() > 0 && !anything_answered(&session.exchanges()) {
        return Ok(Err(RunError::Unreachable(session.requests())));
    }
    Ok(Ok(match verdict {
        Replayed::StillBroken(finding) => Replayed::StillBroken(Box::new(redacted(redactor, *finding))),
        Replayed::CouldNotTell(why) => Replayed::CouldNotTell(redactor.redact(&why).into_owned()),
        Replayed::Fixed => Replayed::Fixed,
    }))
}

/// Finds in the contract what the counterexample speaks of.
fn prepare<'r>(
    contract: &'r Contract,
    stored: &'r Stored,
    sequence: &'r RepeatedSequence,
) -> Result<Replay<'r>, ReplayError> {
    let unfit = |why: String| ReplayError::Unfit { contract: contract.name().to_owned(), why };
    let lifecycle = contract.lifecycle().ok_or_else(|| unfit("it has no lifecycle document".to_owned()))?;
    let (name, kind) = lifecycle
        .credentials
        .get_key_value(&sequence.of)
        .ok_or_else(|| unfit(format!("there is no kind of credential {}", sequence.of)))?;
    let check = match (&sequence.check, &stored.requirement) {
        (Some(spec), Some(id)) => {
            let requirement =
                lifecycle.requirement(&id.0).ok_or_else(|| unfit(format!("there is no requirement {id}")))?;
            let same = requirement.check.iter().find(|known| *known == spec);
            let like = same.or_else(|| requirement.check.iter().find(|known| known.id() == spec.id()));
            Some(like.ok_or_else(|| unfit(format!("{id} is not checked by {} any more", spec.id())))?)
        }
        (Some(_), None) => return Err(unfit("it has a check and no requirement".to_owned())),
        (None, _) => None,
    };
    fits::fit(contract, kind, &sequence.steps).map_err(unfit)?;
    let setting = Setting { contract, name, kind, time: Time::Real };
    Ok(Replay { setting, check, steps: sequence.steps.iter().map(|step| step.step.clone()).collect() })
}

/// Runs the steps, several times where it may depend on chance.
async fn run(actors: &Actors<'_, '_>, replay: &Replay<'_>, stored: &Stored, plan: &Plan) -> Replayed {
    let controls = Controls::default();
    let Setting { name, kind, .. } = replay.setting;
    let driver = Driver { actors, controls: &controls, name, kind, company: Company::Unwelcome };
    let by_chance = replay.steps.iter().any(Step::races);
    let chances = match stored.once_in {
        Some(often) => often.saturating_mul(2).min(MOST),
        None if by_chance => CHANCES,
        None => 1,
    };
    let mut open = None;
    let mut exercised = 0;
    for _ in 0..chances {
        let history = Box::pin(driver.run(&replay.steps)).await;
        let judgement = match replay.check {
            Some(check) => lifecycle::of(check).judge(&replay.setting, &history),
            None => reference_machine::judge_all(&replay.setting, plan, &history),
        };
        if let Some(finding) = broken(&judgement.findings, &stored.finding) {
            return Replayed::StillBroken(Box::new(finding.clone()));
        }
        exercised += judgement.exercised;
        open = open.or(judgement.open);
    }
    match open {
        Some(why) => Replayed::CouldNotTell(why),
        None if exercised == 0 => {
            Replayed::CouldNotTell("the sequence did not get as far as what broke".to_owned())
        }
        None => Replayed::Fixed,
    }
}

/// The finding that is that of the counterexample, else one of the same weight: broken in another way is no less broken.
pub(super) fn broken<'f>(findings: &'f [Finding], known: &Finding) -> Option<&'f Finding> {
    // The report caps a verdict by what its requirement rests on; the check itself does not.
    let same =
        |finding: &&Finding| alike::same(&Finding { verdict: known.verdict, ..(*finding).clone() }, known);
    let others = |finding: &&Finding| {
        finding.verdict >= known.verdict
            && finding.requirement == known.requirement
            && finding.verdict != Verdict::Inconclusive
    };
    findings.iter().find(same).or_else(|| findings.iter().find(others))
}

fn redacted(redactor: &Redactor, finding: Finding) -> Finding {
    let clean = |text: &str| redactor.redact(text).into_owned();
    Finding {
        message: clean(&finding.message),
        documented: clean(&finding.documented),
        received: clean(&finding.received),
        ..finding
    }
}
