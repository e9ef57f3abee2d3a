//! A run: the requirements one after the other, the generated requests, then every answer once more.

use std::collections::BTreeMap;

use rescind_specs::Contract;
use rescind_specs::lifecycle::Requirement;

use crate::actors::Actors;
use crate::cleanup::{Left, anything_answered, not_put_away, put_away};
use crate::clock;
use crate::deployment::Deployment;
use crate::exchange::Timing;
use crate::lifecycle::Controls;
use crate::machine::reference_machine;
use crate::plan::Plan;
use crate::prerequisite::{Turn, not_run, turn, uses_up_whoever_revokes};
use crate::progress::{Event, Progress};
use crate::redact::Redactor;
use crate::report::{
    ContractReport, Coverage, End, OperationCoverage, Outcome, PropagationDelay, RequirementReport,
};
use crate::request_runner::{self, scene};
use crate::requirement_runner as requirements;
use crate::session::{Session, SessionError};
use crate::stop::Stop;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run could not begin.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not one request was answered.
    #[error("none of {0} requests was answered")]
    Unreachable(u64),
}

/// How the work of a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// There was nothing left to do.
    Complete,
    /// By a signal; what was issued is put away.
    Interrupted,
    /// By two signals; nothing more is sent.
    Abandoned,
}

/// Judges one deployment of one contract. What was issued is put away at the end, also after an interruption.
///
/// # Errors
/// The run could not begin, or the deployment answers nothing.
pub async fn run(
    contract: &Contract,
    deployment: &Deployment,
    plan: &Plan,
    redactor: &Redactor,
    progress: &dyn Progress,
) -> Result<ContractReport, RunError> {
    let watch = clock::stopwatch();
    // Listened for from the beginning, so that no signal is lost.
    let mut stop = Stop::listen();
    let session = Session::open(contract, deployment, plan, redactor, progress).await?;
    let actors = Actors::new(&session);
    let known: &[Requirement] =
        contract.lifecycle().map(|lifecycle| lifecycle.requirements.as_slice()).unwrap_or_default();
    let steps = known.iter().filter(|requirement| not_run(&actors, requirement).is_none()).count();
    progress.event(Event::Began { contract: contract.name(), steps });

    let mut judged: BTreeMap<usize, RequirementReport> = BTreeMap::new();
    let mut checks = Vec::new();
    let ending = {
        let mut work = Box::pin(async {
            let controls = Controls::default();
            let of_turn = |wanted: Turn| {
                known.iter().enumerate().filter(move |(_, requirement)| turn(requirement) == wanted)
            };
            for (index, requirement) in of_turn(Turn::First).chain(of_turn(Turn::Usual)) {
                judge(&actors, &controls, requirement, index, &mut judged).await;
            }
            checks = request_runner::run(&session, &actors).await;
            checks.push(reference_machine::run(&actors, &controls).await);
            for (index, requirement) in of_turn(Turn::Risky) {
                judge(&actors, &controls, requirement, index, &mut judged).await;
            }
            let last: Vec<_> = of_turn(Turn::Last).collect();
            // Whoever is used up cannot put anything away.
            let left = if last.is_empty() { Left::default() } else { put_away(&actors).await };
            for (index, requirement) in last {
                if left.is_empty() || !uses_up_whoever_revokes(contract, requirement) {
                    judge(&actors, &controls, requirement, index, &mut judged).await;
                } else {
                    let why = "what was issued before could not be put away, and this uses up who could";
                    judged.insert(index, not_begun(requirement, why));
                }
            }
        });
        tokio::select! {
            () = &mut work => Ending::Complete,
            () = stop.wait() => {
                let note = "interrupted; what was issued is being revoked; interrupt again to leave it behind";
                progress.event(Event::Note(note.into()));
                // What is under way may issue something: its answer is awaited, and nothing else is begun.
                tokio::select! {
                    () = &mut work => Ending::Interrupted,
                    () = session.come_to_rest() => Ending::Interrupted,
                    () = stop.wait() => Ending::Abandoned,
                }
            }
        }
    };
    session.go_on();
    if session.is_out() {
        let note = "an outage that the run began is being ended; that takes as long as its hook takes";
        progress.event(Event::Note(note.into()));
    }
    // Whatever else is left behind: an outage is not, and no further signal breaks this off.
    for failed in session.recover().await {
        progress.event(Event::Note(failed.into()));
    }
    let (left, ending) = Box::pin(clean_up(&actors, &mut stop, ending)).await;
    let exchanges = session.exchanges();
    if !exchanges.is_empty() && !anything_answered(&exchanges) {
        return Err(RunError::Unreachable(session.requests()));
    }
    for (index, requirement) in known.iter().enumerate() {
        match judged.get_mut(&index) {
            Some(report) if requirements::searches_all(requirement) => {
                requirements::add_search(&actors, requirement, report);
            }
            Some(_) => {}
            None => {
                judged.insert(index, not_begun(requirement, "the run was interrupted before it"));
            }
        }
    }
    let tainted = session.tainted();
    let mut all = request_runner::judge_exchanges(scene(&session), plan, &exchanges, &tainted);
    all.append(&mut checks);
    let requirements: Vec<RequirementReport> = judged.into_values().collect();
    Ok(ContractReport {
        contract: contract.name().to_owned(),
        title: format!("{} {}", contract.title(), contract.version()),
        url: deployment.base.to_string(),
        replicas: deployment.replicas.iter().map(ToString::to_string).collect(),
        requests: session.requests(),
        seconds: watch.elapsed().as_secs_f64(),
        coverage: Coverage::of_requirements(&requirements),
        requirements,
        checks: all,
        operations: coverage(&session),
        revocations: session.ledger().revocations(),
        propagation: session.delays().iter().map(|delay| PropagationDelay::of(deployment, delay)).collect(),
        left_behind: left.behind,
        perhaps_left_behind: left.perhaps,
        acceptances: Vec::new(),
        end: if ending == Ending::Complete { End::Complete } else { End::Interrupted },
    })
}

/// Puts away what was issued, unless nobody wants to wait for that.
async fn clean_up(actors: &Actors<'_, '_>, stop: &mut Stop, ending: Ending) -> (Left, Ending) {
    if ending == Ending::Abandoned {
        return (not_put_away(actors), ending);
    }
    tokio::select! {
        left = put_away(actors) => (left, ending),
        () = stop.wait() => (not_put_away(actors), Ending::Abandoned),
    }
}

/// Judges one requirement.
async fn judge(
    actors: &Actors<'_, '_>,
    controls: &Controls,
    requirement: &Requirement,
    index: usize,
    judged: &mut BTreeMap<usize, RequirementReport>,
) {
    let progress = actors.session().progress();
    let id = requirement.id.0.as_str();
    if not_run(actors, requirement).is_none() {
        progress.event(Event::Step { id });
    }
    let report = requirements::run(actors, controls, requirement).await;
    if !matches!(report.outcome, Outcome::NotRun(_) | Outcome::Pending(_) | Outcome::NotObserved(_)) {
        progress.event(Event::Settled { id, outcome: &report.outcome });
    }
    judged.insert(index, report);
}

/// The report of a requirement that was not begun.
fn not_begun(requirement: &Requirement, why: &str) -> RequirementReport {
    let mut checks: Vec<String> = requirement.check.iter().map(|check| check.id().to_owned()).collect();
    checks.dedup();
    RequirementReport {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        basis: requirement.basis,
        source: requirement.source.clone(),
        checks,
        outcome: Outcome::NotRun(why.to_owned()),
        exercised: 0,
        findings: Vec::new(),
        measurements: Vec::new(),
        left_out: Vec::new(),
    }
}

/// What was documented and what was seen of each operation.
fn coverage(session: &Session<'_>) -> Vec<OperationCoverage> {
    let exchanges = session.exchanges();
    let operations = session.contract().operations().iter();
    operations
        .map(|operation| {
            let mut received: BTreeMap<u16, u64> = BTreeMap::new();
            let concerned = exchanges.iter().filter(|exchange| {
                // What came of a race is a matter of chance.
                exchange.timing == Timing::InTurn
                    && exchange.request.operation.as_ref() == Some(&operation.id)
                    && exchange.request.method == operation.method
            });
            for status in concerned.filter_map(|exchange| exchange.status()) {
                *received.entry(status).or_default() += 1;
            }
            OperationCoverage {
                operation: operation.id.to_string(),
                signature: operation.signature(),
                documented: operation.responses.iter().map(|response| response.status.to_string()).collect(),
                received: received.into_iter().collect(),
            }
        })
        .collect()
}
