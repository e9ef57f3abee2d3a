//! Runs the lifecycle checks of one requirement: sequences, shrinking, and what is made of them.

use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rescind_specs::Pointer;
use rescind_specs::lifecycle::{CheckSpec, Requirement};

use crate::actors::Actors;
use crate::check::Judgement;
use crate::check::lifecycle::{self, LifecycleCheck, Setting, Time};
use crate::clock;
use crate::counterexample::shrink::{Shown, shrink};
use crate::counterexample::{Order, Repeat, retell, retell_sequence};
use crate::finding::Finding;
use crate::lifecycle::{Controls, Driver, History, Seen, Step};
use crate::plan::Plan;
use crate::prerequisite::{missing, not_run, selected};
use crate::report::measurement::{Measurement, Sample};
use crate::report::{Breach, Outcome, RequirementReport};
use crate::request_runner::scene;
use crate::session::mix;
use crate::verdict::Verdict;

/// How often a sequence is run again for one finding, to make it shorter.
const RERUNS: u32 = 24;
/// Reruns that really wait take no longer than the first run did, or than this.
const SHORT: Duration = Duration::from_secs(10);

/// What the checks of a requirement came to.
#[derive(Default)]
struct Sum {
    exercised: u64,
    findings: Vec<Found>,
    /// Why a check was not exercised at all.
    idle: Option<String>,
    /// Why a check was not exercised wholly.
    partial: Option<String>,
    measurements: Vec<Sample>,
    confirmation: Confirmation,
}

/// Whether other requirements are run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// None is. Whatever it shows counts.
    Alone,
    /// Some are. A pass counts; whatever else it shows has to be seen alone as well, so that nobody is blamed for
    /// what the company did.
    Beside,
}

/// Whether what came of a requirement beside others has to be seen alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// It counts as it is.
    #[default]
    Needless,
    /// It is run once more.
    Needed,
}

/// A finding, how often it came, and the shortest sequence that shows it.
struct Found {
    finding: Finding,
    times: u64,
    shown: Option<Shown>,
    repeat: Option<Repeat>,
}

/// Runs the checks of a requirement.
pub(crate) async fn run(
    actors: &Actors<'_, '_>,
    controls: &Controls,
    requirement: &Requirement,
    manner: Manner,
) -> (RequirementReport, Confirmation) {
    let mut report = RequirementReport {
        id: requirement.id.clone(),
        text: requirement.text.clone(),
        basis: requirement.basis,
        source: requirement.source.clone(),
        checks: requirement.check.iter().map(|check| check.id().to_owned()).collect(),
        outcome: Outcome::NotExercised(String::new()),
        exercised: 0,
        findings: Vec::new(),
        measurements: Vec::new(),
        left_out: Vec::new(),
    };
    report.checks.dedup();
    if let Some(outcome) = not_run(actors, requirement) {
        report.outcome = outcome;
        return (report, Confirmation::Needless);
    }
    let mut sum = Sum::default();
    let plan = actors.session().plan();
    let checks = requirement.check.iter().enumerate();
    for (index, spec) in checks.filter(|(_, spec)| selected(plan, requirement, spec)) {
        if let Some(why) = missing(actors, spec) {
            report.left_out.push(format!("{}: {why}", spec.id()));
            continue;
        }
        check(actors, controls, requirement, (index, spec), manner, &mut sum).await;
        if sum.confirmation == Confirmation::Needed {
            break;
        }
    }
    let confirmation = sum.confirmation;
    (conclude(actors, requirement, sum, report), confirmation)
}

/// Runs the sequences of one check.
async fn check(
    actors: &Actors<'_, '_>,
    controls: &Controls,
    requirement: &Requirement,
    (index, spec): (usize, &CheckSpec),
    manner: Manner,
    sum: &mut Sum,
) {
    let session = actors.session();
    let contract = session.contract();
    let Some((name, kind)) = contract.lifecycle().and_then(|lifecycle| lifecycle.kind(spec.kind())) else {
        sum.idle.get_or_insert_with(|| "there is no kind of credential to check".to_owned());
        return;
    };
    let time = if session.moves_time() { Time::Moved } else { Time::Real };
    let setting = Setting { contract, name, kind, time };
    let check = lifecycle::of(spec);
    let driver = Driver { actors, controls, name, kind, company: check.company() };
    let mut exercised = 0;
    let mut open = None;
    for number in 0..sequences(session.plan(), spec) {
        let seed = seed(session.plan().seed, &requirement.id.0, index, number);
        let watch = clock::stopwatch();
        let (judgement, history) = sequence(&driver, check.as_ref(), &setting, seed).await;
        let took = watch.elapsed();
        exercised += judgement.exercised;
        // A wait that is too long is too long alone as well, and a long one is not made a second time.
        let again = manner == Manner::Beside && (time == Time::Moved || took < SHORT);
        if again && (!judgement.findings.is_empty() || judgement.open.is_some() && !waits_too_long(&history))
        {
            sum.confirmation = Confirmation::Needed;
        }
        open = open.or(judgement.open);
        sum.measurements.extend(judgement.measurements);
        for finding in judgement.findings {
            if sum.again(&finding) {
                continue;
            }
            let first = First { history: &history, took };
            let shown = if again {
                Shown { finding, history: history.clone(), once_in: None }
            } else {
                Box::pin(shortest(&driver, check.as_ref(), &setting, first, &finding)).await
            };
            let repeat = Some(Repeat::sequence(name, Some(spec), &shown.history));
            sum.findings.push(Found { finding: shown.finding.clone(), times: 1, shown: Some(shown), repeat });
        }
        if sum.confirmation == Confirmation::Needed {
            break;
        }
    }
    sum.exercised += exercised;
    let Some(why) = open else { return };
    let place = if exercised == 0 { &mut sum.idle } else { &mut sum.partial };
    place.get_or_insert_with(|| format!("{}: {why}", spec.id()));
}

/// How many sequences a check gets.
pub(crate) fn sequences(plan: &Plan, spec: &CheckSpec) -> u32 {
    // What uses a caller up can be shown once.
    if spec.uses_up().is_some() { 1 } else { plan.sequences.max(1) }
}

/// Whether a sequence ended at a wait that the run does not make.
fn waits_too_long(history: &History) -> bool {
    history.events.iter().any(|event| matches!(event.seen, Seen::StillOpen(_)))
}

/// Runs one sequence and judges what came of it.
async fn sequence(
    driver: &Driver<'_, '_, '_>,
    check: &dyn LifecycleCheck,
    setting: &Setting<'_>,
    seed: [u8; 32],
) -> (Judgement, History) {
    let Some(steps) = steps(check, setting, seed) else {
        let open = Some("no sequence could be made".to_owned());
        return (Judgement { open, ..Judgement::default() }, History::default());
    };
    let history = Box::pin(driver.run(&steps)).await;
    (check.judge(setting, &history), history)
}

/// The sequence of a seed.
pub(crate) fn steps(check: &dyn LifecycleCheck, setting: &Setting<'_>, seed: [u8; 32]) -> Option<Vec<Step>> {
    let strategy = crate::strategy::sequence::sequence(setting, check.scenario(setting));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    Some(strategy.new_tree(&mut runner).ok()?.current())
}

/// The first run of a sequence.
#[derive(Clone, Copy)]
struct First<'h> {
    history: &'h History,
    took: Duration,
}

/// Looks for the shortest sequence that shows a finding of a first run.
async fn shortest(
    driver: &Driver<'_, '_, '_>,
    check: &dyn LifecycleCheck,
    setting: &Setting<'_>,
    first: First<'_>,
    finding: &Finding,
) -> Shown {
    let session = driver.actors.session();
    let watch = clock::stopwatch();
    let mut reruns = 0;
    // A service that people use is not restarted again and again to make a sequence shorter.
    let outside = first.history.all(|step| matches!(step, Step::Hook(..))).next().is_some();
    let may_rerun = || {
        if outside && setting.time == Time::Real {
            return false;
        }
        let in_time = setting.time == Time::Moved || watch.elapsed() < first.took.max(SHORT);
        let in_time = in_time && !session.time_left().is_zero();
        // The other half of the pool is for what was not run at all as yet.
        let pairs = session.deployment().pool.len();
        let spare = session.pairs_left() * 2 >= pairs;
        reruns += 1;
        reruns <= RERUNS && in_time && spare
    };
    let judge = |history: &History| check.judge(setting, history);
    let run = async |steps: &[Step]| driver.run(steps).await;
    shrink(judge, run, may_rerun, first.history, finding).await
}

impl Sum {
    /// Whether a finding of this kind is there already; if so, counts it.
    fn again(&mut self, finding: &Finding) -> bool {
        let like = |known: &Finding| {
            known.check == finding.check
                && known.verdict == finding.verdict
                && known.operation == finding.operation
                && known.documented == finding.documented
        };
        let known = self.findings.iter_mut().find(|found| like(&found.finding));
        known.map(|found| found.times += 1).is_some()
    }
}

/// Adds to the report of a requirement what was seen beside others only: no breach, and no pass either.
pub(crate) fn unconfirmed(beside: RequirementReport, report: &mut RequirementReport, why: &str) {
    let seen: Vec<_> = report.findings.iter().map(|breach| breach.finding.message.clone()).collect();
    let only_beside =
        |breach: &Breach| breach.finding.verdict == Verdict::Fail && !seen.contains(&breach.finding.message);
    let mut added = beside.findings.into_iter().filter(only_beside).peekable();
    if added.peek().is_none() {
        return;
    }
    report.findings.extend(added.map(|mut breach| {
        breach.finding.verdict = Verdict::Inconclusive;
        breach.finding.message = format!("{}; {why}", breach.finding.message);
        breach
    }));
    report.exercised = report.exercised.max(beside.exercised);
    settle(report, None);
}

/// The report of a requirement from what its checks came to.
fn conclude(
    actors: &Actors<'_, '_>,
    requirement: &Requirement,
    mut sum: Sum,
    mut report: RequirementReport,
) -> RequirementReport {
    report.exercised = sum.exercised;
    report.measurements = Measurement::of(&sum.measurements);
    if let Some(why) = &sum.partial {
        sum.findings.push(Found { finding: unseen(requirement, why), times: 1, shown: None, repeat: None });
    }
    for found in sum.findings {
        report.findings.push(breach(actors, requirement, found));
    }
    settle(&mut report, sum.idle);
    report
}

/// A finding that says what could not be seen.
fn unseen(requirement: &Requirement, why: &str) -> Finding {
    let check = requirement.check.first().map(CheckSpec::id).unwrap_or_default();
    Finding {
        check: why.split_once(": ").map_or(check, |(check, _)| check).to_owned(),
        verdict: Verdict::Inconclusive,
        operation: None,
        message: format!("not everything could be judged: {why}"),
        documented: requirement.text.clone(),
        received: "nothing that tells".to_owned(),
        place: None,
        exchanges: Vec::new(),
        requirement: None,
        sequence: None,
    }
}

/// The outcome of a report from its findings, and from why some check was never exercised.
pub(crate) fn settle(report: &mut RequirementReport, idle: Option<String>) {
    report.findings.sort_by_key(|breach| std::cmp::Reverse(breach.finding.verdict));
    let worst = report.findings.first().map_or(Verdict::Pass, |breach| breach.finding.verdict);
    report.outcome = match idle {
        Some(why) if worst < Verdict::Fail => Outcome::NotExercised(why),
        None if report.exercised == 0 && worst < Verdict::Fail => {
            Outcome::NotExercised("nothing of it was seen".to_owned())
        }
        _ => Outcome::Judged(worst),
    };
}

/// A finding with its place in the contract and its retelling.
fn breach(actors: &Actors<'_, '_>, requirement: &Requirement, found: Found) -> Breach {
    let Found { mut finding, times, shown, repeat } = found;
    let session = actors.session();
    finding.verdict = finding.verdict.capped(requirement.basis);
    let document = session.contract().lifecycle_document();
    let number = session
        .contract()
        .lifecycle()
        .and_then(|lifecycle| lifecycle.requirements.iter().position(|known| known.id == requirement.id));
    finding.place = document.zip(number).and_then(|(document, number)| {
        let position = document.position(&Pointer::root().join("requirements").index(number))?;
        Some(format!("{}:{}:{}", document.name(), position.line, position.column))
    });
    let (scene, all) = (scene(session), session.exchanges());
    let retold = match &shown {
        Some(shown) => retell_sequence(scene, &all, &shown.history, &finding),
        None => retell(scene, &all, &finding.exchanges, Order::InTurn),
    };
    let once_in = shown.and_then(|shown| shown.once_in);
    Breach { finding, steps: retold.steps, reproduction: retold.script, times, once_in, repeat }
}

/// The seed of one sequence.
pub(crate) fn seed(seed: u64, requirement: &str, check: usize, sequence: u32) -> [u8; 32] {
    let mut state = requirement.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
    state = mix(state ^ u64::try_from(check).unwrap_or_default());
    state = mix(state ^ u64::from(sequence));
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        state = mix(state);
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// Whether a requirement has a check that searches every answer of the run.
pub(crate) fn searches_all(requirement: &Requirement) -> bool {
    requirement.check.iter().any(|check| matches!(check, CheckSpec::SecretShownOnce(_)))
}

/// Adds to a report what a search of all answers of the run found.
pub(crate) fn add_search(actors: &Actors<'_, '_>, requirement: &Requirement, report: &mut RequirementReport) {
    if !matches!(report.outcome, Outcome::Judged(_) | Outcome::NotExercised(_)) {
        return;
    }
    let session = actors.session();
    let credentials: Vec<_> =
        session.ledger().credentials().into_iter().map(|(credential, _)| credential).collect();
    let exchanges = session.exchanges();
    let (searched, findings) =
        lifecycle::secret_shown_once::search(session.contract(), &credentials, &exchanges);
    report.exercised = report.exercised.max(searched);
    let before: Vec<_> = report
        .findings
        .iter()
        .map(|breach| (breach.finding.operation.clone(), breach.finding.received.clone()))
        .collect();
    for finding in findings {
        if !before.contains(&(finding.operation.clone(), finding.received.clone())) {
            let found = Found { finding, times: 1, shown: None, repeat: None };
            report.findings.push(breach(actors, requirement, found));
        }
    }
    let idle = match &report.outcome {
        Outcome::NotExercised(why) if searched == 0 => Some(why.clone()),
        _ => None,
    };
    settle(report, idle);
}

#[cfg(test)]
mod tests {
    use rescind_specs::lifecycle::{Basis, RequirementId};

    use super::*;

    fn report(outcome: Outcome, findings: &[Verdict]) -> RequirementReport {
        let finding = |verdict: &Verdict| Finding {
            check: "expiry".to_owned(),
            verdict: *verdict,
            operation: None,
            message: format!("a {verdict}"),
            documented: String::new(),
            received: String::new(),
            place: None,
            exchanges: Vec::new(),
            requirement: None,
            sequence: None,
        };
        let breach = |verdict| Breach {
            finding: finding(verdict),
            steps: Vec::new(),
            reproduction: Vec::new(),
            times: 1,
            once_in: None,
            repeat: None,
        };
        RequirementReport {
            id: RequirementId("R1".to_owned()),
            text: String::new(),
            basis: Basis::Contract,
            source: String::new(),
            checks: Vec::new(),
            outcome,
            exercised: 1,
            findings: findings.iter().map(breach).collect(),
            measurements: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// A breach that only company shows is neither a breach nor a pass.
    #[test]
    fn what_is_not_seen_alone_is_open() {
        let beside = || report(Outcome::Judged(Verdict::Fail), &[Verdict::Fail, Verdict::Divergence]);
        let mut alone = report(Outcome::Judged(Verdict::Pass), &[]);
        unconfirmed(beside(), &mut alone, "seen beside others only");
        assert_eq!(alone.outcome, Outcome::Judged(Verdict::Inconclusive));
        let told: Vec<_> = alone.findings.iter().map(|breach| breach.finding.message.as_str()).collect();
        assert_eq!(told, ["a fail; seen beside others only"]);

        let mut alone = RequirementReport { exercised: 0, ..report(Outcome::NotRun(String::new()), &[]) };
        unconfirmed(beside(), &mut alone, "the time was up");
        assert_eq!(alone.outcome, Outcome::Judged(Verdict::Inconclusive));

        let mut alone = report(Outcome::Judged(Verdict::Fail), &[Verdict::Fail]);
        unconfirmed(beside(), &mut alone, "seen beside others only");
        assert_eq!(alone.outcome, Outcome::Judged(Verdict::Fail));
        assert_eq!(alone.findings.len(), 1, "what was seen alone as well is told once");
    }
}
