//! A run: the requirements in their turns, the generated requests, random sequences, then every answer once more.

use std::collections::BTreeMap;

use rescind_specs::Contract;
use rescind_specs::lifecycle::Requirement;

use crate::actors::Actors;
use crate::cleanup::{Left, anything_answered, not_put_away, put_away};
use crate::clock;
use crate::deployment::Deployment;
use crate::digest::digest;
use crate::drift;
use crate::exchange::Timing;
use crate::lifecycle::Controls;
use crate::machine::reference_machine;
use crate::plan::Plan;
use crate::prerequisite::{Turn, not_run, uses_up_whoever_revokes};
use crate::progress::{Event, Progress};
use crate::record;
use crate::redact::Redactor;
use crate::report::{ContractReport, Coverage, End, OperationCoverage, PropagationDelay};
use crate::request_runner::{self, scene};
use crate::requirement_runner as requirements;
use crate::session::{Session, SessionError};
use crate::stop::Stop;
use crate::turns::Turns;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run could not begin.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not one request was answered.
    #[error("none of {0} requests was answered")]
    Unreachable(u64),
    /// The report could not be freed of secrets.
    #[error("failed to write the report: {0}")]
    Report(String),
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

impl Ending {
    /// What a report says of it.
    fn told(self, session: &Session<'_>) -> End {
        match self {
            Self::Interrupted | Self::Abandoned => End::Interrupted,
            Self::Complete if session.is_cut_short() => End::OutOfTime,
            Self::Complete => End::Complete,
        }
    }
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
    let planned = request_runner::planned(&session, &actors);
    begin(&actors, known, planned.len());

    let controls = Controls::default();
    let turns = Turns::new(&actors, &controls, known);
    let mut checks = Vec::new();
    let ending = {
        let mut work = Box::pin(async {
            turns.alone(turns.of(Turn::First)).await;
            turns.beside(turns.of(Turn::Usual)).await;
            turns.alone(turns.of(Turn::Alone)).await;
            checks = request_runner::run(&session, &actors, planned).await;
            checks.push(reference_machine::run(&actors, &controls).await);
            turns.alone(turns.of(Turn::Risky)).await;
            let last = turns.of(Turn::Last);
            // Whoever is used up cannot put anything away.
            let left = if last.is_empty() {
                Left::default()
            } else {
                put_away(&actors.beside(&session.lane())).await
            };
            let (last, not_now): (Vec<usize>, Vec<usize>) = last.into_iter().partition(|index| {
                let harms = |requirement| uses_up_whoever_revokes(contract, requirement);
                // What nobody knows of could not be put away later either.
                left.behind.is_empty() || !turns.requirement(*index).is_some_and(harms)
            });
            turns.alone(last).await;
            for index in not_now {
                let why = "what was issued before could not be put away, and this uses up who could";
                turns.leave_out(index, why);
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
        progress.event(Event::Warning(failed.into()));
    }
    let lane = session.lane();
    let (left, ending) = Box::pin(clean_up(&actors.beside(&lane), &mut stop, ending)).await;
    let exchanges = session.exchanges();
    if !exchanges.is_empty() && !anything_answered(&exchanges) {
        return Err(RunError::Unreachable(session.requests()));
    }
    let mut requirements = turns.reports(ending != Ending::Complete);
    for report in &mut requirements {
        let requirement = known.iter().find(|requirement| requirement.id == report.id);
        if let Some(requirement) = requirement.filter(|requirement| requirements::searches_all(requirement)) {
            requirements::add_search(&actors, requirement, report);
        }
    }
    let tainted = session.tainted();
    let mut all = request_runner::judge_exchanges(scene(&session), plan, &exchanges, &tainted);
    all.append(&mut checks);
    Ok(ContractReport {
        contract: contract.name().to_owned(),
        title: format!("{} {}", contract.title(), contract.version()),
        digest: digest(contract),
        documents: documents(contract),
        url: deployment.base.to_string(),
        replicas: deployment.replicas.iter().map(ToString::to_string).collect(),
        requests: session.requests(),
        seconds: watch.elapsed().as_secs_f64(),
        coverage: Coverage::of_requirements(&requirements),
        requirements,
        checks: all,
        operations: coverage(&session),
        revocations: session.ledger().revocations(),
        propagation: propagation(&session),
        exchanges: record::exchanges(&session),
        credentials: record::timelines(&session),
        left_behind: left.behind,
        perhaps_left_behind: left.perhaps,
        acceptances: Vec::new(),
        envelopes: drift::envelopes(plan.envelopes, contract, &exchanges, redactor),
        drift: Vec::new(),
        end: ending.told(&session),
    })
}

/// Says how much there is to do.
fn begin(actors: &Actors<'_, '_>, known: &[Requirement], cases: usize) {
    let session = actors.session();
    let run = known.iter().filter(|requirement| not_run(actors, requirement).is_none()).count();
    let steps = run + cases + reference_machine::steps(session);
    session.progress().event(Event::Began { contract: session.contract().name(), steps });
}

/// Puts away what was issued, unless nobody wants to wait for that.
async fn clean_up(actors: &Actors<'_, '_>, stop: &mut Stop, ending: Ending) -> (Left, Ending) {
    actors.session().progress().event(Event::Step { id: "putting away" });
    if ending == Ending::Abandoned {
        return (not_put_away(actors), ending);
    }
    tokio::select! {
        left = put_away(actors) => (left, ending),
        () = stop.wait() => (not_put_away(actors), Ending::Abandoned),
    }
}

/// How long revoked credentials went on to be accepted.
fn propagation(session: &Session<'_>) -> Vec<PropagationDelay> {
    let (contract, deployment) = (session.contract(), session.deployment());
    session.delays().iter().map(|delay| PropagationDelay::of(contract, deployment, delay)).collect()
}

/// The documents of a contract by name.
fn documents(contract: &Contract) -> Vec<String> {
    let documents = std::iter::once(contract.document()).chain(contract.lifecycle_document());
    documents.map(|document| document.name().to_owned()).collect()
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
