//! Do random sequences of lifecycle steps show nothing that the requirements rule out?

use std::time::Duration;

use rescind_specs::Pointer;
use rescind_specs::lifecycle::{
    CallerName, CredentialKind, Expression, HookName, JsonTemplate, KindName, Requirement,
};

use super::judge::{Broken, Class, judge};
use super::menu::{Menu, Supply};
use super::rules::Rules;
use super::sequence;
use crate::actors::Actors;
use crate::check::Judgement;
use crate::check::lifecycle::{Setting, Time};
use crate::clock;
use crate::counterexample::shrink::{Shown, shrink};
use crate::counterexample::{Repeat, retell_sequence};
use crate::finding::{Finding, Sequence};
use crate::lifecycle::{Company, Controls, Driver, Event, History, Issuing, Step};
use crate::plan::{Plan, Writes};
use crate::prerequisite;
use crate::progress::Event as Told;
use crate::report::{Breach, CheckReport, Outcome};
use crate::request_runner::scene;
use crate::session::Session;
use crate::verdict::Verdict;

/// The identifier of this check.
pub const ID: &str = "reference_machine";

/// What it asks.
const QUESTION: &str = "Do random sequences of lifecycle steps show nothing that the requirements rule out?";

/// How many sequences are run for each one that a requirement gets.
const SEQUENCES: u32 = 12;
/// No further sequence is begun after so many requests for each of those.
const REQUESTS: u64 = 220;
/// How often a sequence is run again to make it shorter.
const RERUNS: usize = 40;
/// The most kinds of breach that are made shorter and reported.
const BREACHES: usize = 12;
/// Pairs that are left to requirements that are run later.
const SPARE_PAIRS: usize = 4;
/// The most pairs that a sequence takes.
const PAIRS: usize = 3;
/// Reruns that really wait take no longer than the first run did, or than this.
const SHORT: Duration = Duration::from_secs(10);

/// # What it does
/// Draws sequences of up to fourteen steps from a seed: issuing, presenting, exchanging, revoking once, twice, by
/// itself, by another one, by a stranger and by nobody, issuing the same again, replaying an issue, letting it expire,
/// creating and removing dependents, listing, running the hooks that restart or revoke, letting time pass. Only what a
/// sequence issued is revoked in it. Beside each sequence runs a model of what is known for certain: what was
/// acknowledged, and when. Each rule of the model is one of the checks that the requirements name, with its parameters.
/// A sequence that breaks one is run again with fewer steps, as long as what is left breaks it too.
/// # Verdicts
/// Fail, or divergence where the requirement is inferred: a credential is accepted that has to be refused by then, or
/// refused though nothing ended it, or an answer, a list, a dependent or a token is not as the requirement says. A
/// divergence also where a credential is refused and no requirement says that it works. An answer that was lost,
/// throttled or neither acceptance nor refusal leaves the state unknown, and then nothing has to hold; nor does a
/// refusal count while the control credential is refused as well. Not exercised: no step had to hold.
/// # Source
/// The requirements of the lifecycle document; each finding names the one it breaks. Sequences: Claessen and Hughes,
/// "Testing Monadic Code with QuickCheck" (2002).
#[derive(Clone, Copy, Debug)]
pub struct ReferenceMachine;

/// A kind of credential that sequences are about.
struct Subject<'r> {
    name: &'r KindName,
    kind: &'r CredentialKind,
    rules: Rules<'r>,
}

/// What came of all sequences.
#[derive(Default)]
struct Sum {
    exercised: u64,
    breaches: Vec<Kind>,
    /// Why the first sequence that told nothing did so.
    open: Option<String>,
}

/// A kind of breach.
struct Kind {
    /// What it was called before its sequence was made shorter, and after.
    keys: Vec<(Class, Option<String>)>,
    shown: Shown,
    times: u64,
    repeat: Repeat,
}

/// Runs the sequences: those whose seeds the plan names, then fresh ones.
pub(crate) async fn run(actors: &Actors<'_, '_>, controls: &Controls) -> CheckReport {
    let lane = actors.session().lane();
    let actors = &actors.beside(&lane);
    let session = &lane;
    let plan = session.plan();
    let mut report = CheckReport {
        id: ID.to_owned(),
        question: QUESTION.to_owned(),
        outcome: Outcome::NotExercised(String::new()),
        exercised: 0,
        findings: Vec::new(),
    };
    let subjects = match subjects(session) {
        Ok(subjects) => subjects,
        Err(why) => {
            report.outcome = Outcome::NotRun(why);
            return report;
        }
    };
    session.progress().event(Told::Step { id: ID });
    let mut sum = Sum::default();
    let begun = session.requests();
    let budget = REQUESTS.saturating_mul(u64::from(plan.sequences.max(1)));
    let drawn = draw_all(actors, &subjects);
    let mut seen = if plan.jobs.get() == 1 {
        Vec::new()
    } else {
        beside(actors, controls, &drawn, begun + budget).await
    };
    seen.resize_with(drawn.len(), || None);
    for (sequence, seen) in drawn.iter().zip(seen) {
        let number = sequence.number;
        if seen.is_none() {
            session.progress().event(Told::Advanced);
        }
        // What ran beside others is paid for; so is what the plan names.
        if seen.is_none() && number > 0 && session.requests() - begun >= budget {
            continue;
        }
        if let Err(why) = one(actors, controls, sequence, seen, &mut sum).await {
            let note = format!("{ID}: ended after {number} sequences: {why}");
            session.progress().event(Told::Note(note.into()));
            sum.open.get_or_insert(why);
            break;
        }
    }
    conclude(actors, sum, &mut report);
    session.progress().event(Told::Settled { id: ID, outcome: &report.outcome });
    report
}

/// How many steps of progress the sequences are, and what is said of them in the end.
pub(crate) fn steps(session: &Session<'_>) -> usize {
    let plan = session.plan();
    let fresh = usize::try_from(SEQUENCES.saturating_mul(plan.sequences.max(1))).unwrap_or_default();
    subjects(session).map_or(0, |_| fresh + plan.replay.len() + 1)
}

/// The kinds that sequences are about; else why there are no sequences.
fn subjects<'r>(session: &Session<'r>) -> Result<Vec<Subject<'r>>, String> {
    let plan = session.plan();
    let named = |list: &[String]| list.iter().any(|name| name == ID);
    if named(&plan.skip) {
        return Err("it was to be left out".to_owned());
    }
    if !plan.only.is_empty() && !named(&plan.only) {
        return Err("not among what was asked for".to_owned());
    }
    if plan.writes == Writes::Forbidden {
        return Err("it would change something, and --allow-writes was not given".to_owned());
    }
    let contract = session.contract();
    let lifecycle = contract.lifecycle().ok_or("there is no lifecycle document")?;
    let kinds =
        lifecycle.credentials.iter().filter(|(_, kind)| kind.issue.is_some() && kind.revoke.is_some());
    let subjects: Vec<_> =
        kinds.map(|(name, kind)| Subject { name, kind, rules: Rules::of(contract, name, plan) }).collect();
    if subjects.is_empty() {
        Err("there is nothing that can be issued and revoked".to_owned())
    } else {
        Ok(subjects)
    }
}

/// A sequence before it is run.
struct Drawn<'d, 'r> {
    number: u32,
    seed: u64,
    subject: &'d Subject<'r>,
    steps: Vec<Step>,
}

/// A sequence that was run, and how long that took.
struct Ran {
    history: History,
    took: Duration,
}

/// What a sequence is judged by.
fn setting<'r>(session: &Session<'r>, subject: &Subject<'r>) -> Setting<'r> {
    let time = if session.moves_time() { Time::Moved } else { Time::Real };
    Setting { contract: session.contract(), name: subject.name, kind: subject.kind, time }
}

/// The sequence of a seed; `None` where nothing can be drawn.
fn draw(actors: &Actors<'_, '_>, subject: &Subject<'_>, seed: u64) -> Option<Vec<Step>> {
    let session = actors.session();
    let caller = |name: &CallerName| actors.caller(name).is_ok();
    // A service that people use is not restarted in every other sequence.
    let hook = |name: &HookName| session.moves_time() && session.deployment().hooks.contains_key(name);
    let supply = Supply { caller: &caller, hook: &hook, patience: session.plan().patience };
    let menu = Menu::new(setting(session, subject), &subject.rules, supply)?;
    Some(sequence::draw(&menu, seed))
}

/// The sequences of a run: those whose seeds the plan names, then fresh ones.
fn draw_all<'d, 'r>(actors: &Actors<'_, 'r>, subjects: &'d [Subject<'r>]) -> Vec<Drawn<'d, 'r>> {
    let plan = actors.session().plan();
    let fresh = (0..SEQUENCES.saturating_mul(plan.sequences.max(1)))
        .map(|number| (number, sequence::seed(plan.seed, number)));
    let seeds = plan.replay.iter().map(|seed| (0, *seed)).chain(fresh);
    let drawn = seeds.filter_map(|(number, seed)| {
        let place = usize::try_from(seed).unwrap_or_default() % subjects.len();
        let subject = subjects.get(place)?;
        Some(Drawn { number, seed, subject, steps: draw(actors, subject, seed)? })
    });
    drawn.collect()
}

/// The sequences that a run would draw, each with its kind of credential; else why there are none.
pub(crate) fn drawn<'r>(actors: &Actors<'_, 'r>) -> Result<Vec<(&'r CredentialKind, Vec<Step>)>, String> {
    let subjects = subjects(actors.session())?;
    let drawn = draw_all(actors, &subjects);
    Ok(drawn.into_iter().map(|sequence| (sequence.subject.kind, sequence.steps)).collect())
}

/// Runs sequences side by side, as many as pairs and requests allow. What came of each, by its place.
async fn beside(
    actors: &Actors<'_, '_>,
    controls: &Controls,
    drawn: &[Drawn<'_, '_>],
    most: u64,
) -> Vec<Option<Ran>> {
    let session = actors.session();
    let mut pairs = session.pairs_left();
    let affordable = drawn.iter().take_while(|sequence| {
        if takes_pairs(sequence.subject.kind) {
            let needed = pairs_needed(&sequence.steps);
            if needed + SPARE_PAIRS > pairs {
                return false;
            }
            pairs -= needed;
        }
        true
    });
    let contract = session.contract();
    let works = affordable.map(|sequence| {
        let lane = session.lane();
        let shakes = sequence.steps.iter().any(|step| match step {
            Step::Hook(name, _) => prerequisite::shakes(contract, name),
            _ => false,
        });
        async move {
            // What it does would be seen by others as well.
            if shakes {
                return None;
            }
            lane.enter().await;
            if sequence.number > 0 && lane.requests() >= most || !lane.may_begin() {
                return None;
            }
            let actors = actors.beside(&lane);
            let ran = Box::pin(ran(&actors, controls, sequence)).await;
            lane.progress().event(Told::Advanced);
            Some(ran)
        }
    });
    session.together(works).await
}

/// Runs a sequence.
async fn ran(actors: &Actors<'_, '_>, controls: &Controls, sequence: &Drawn<'_, '_>) -> Ran {
    let Subject { name, kind, .. } = *sequence.subject;
    let driver = Driver { actors, controls, name, kind, company: Company::Welcome };
    let watch = clock::stopwatch();
    let history = driver.run(&sequence.steps).await;
    Ran { history, took: watch.elapsed() }
}

/// Judges one sequence and runs whatever makes its breaches shorter; an error says why no further sequence can be run.
/// `seen` is what came of it beside others, of which only a pass counts unless it takes long.
async fn one(
    actors: &Actors<'_, '_>,
    controls: &Controls,
    sequence: &Drawn<'_, '_>,
    seen: Option<Ran>,
    sum: &mut Sum,
) -> Result<(), String> {
    let session = actors.session();
    let Drawn { subject, seed, .. } = *sequence;
    let Subject { name, kind, rules } = subject;
    let setting = setting(session, subject);
    let counts = |ran: &Ran| {
        let long = setting.time == Time::Real && ran.took >= SHORT;
        long || judge(&setting, rules, &ran.history).broken.is_empty()
    };
    let driver = Driver { actors, controls, name, kind, company: Company::Welcome };
    let Ran { history, took } = match seen.filter(counts) {
        Some(ran) => ran,
        None if !session.may_begin() => return Err("the time was up".to_owned()),
        None if takes_pairs(kind) && pairs_needed(&sequence.steps) + SPARE_PAIRS > session.pairs_left() => {
            return Err("the pool of pairs that can be registered is used up".to_owned());
        }
        None => ran(actors, controls, sequence).await,
    };
    let ruling = judge(&setting, rules, &history);
    sum.exercised += ruling.exercised;
    if ruling.exercised == 0 {
        sum.open = sum.open.take().or_else(|| history.why_open());
    }
    let mut fresh: Vec<Broken> = Vec::new();
    for broken in ruling.broken {
        let key = key(&broken);
        if let Some(known) = sum.breaches.iter_mut().find(|kind| kind.keys.contains(&key)) {
            known.times += 1;
        } else if !fresh.iter().any(|other| self::key(other) == key) {
            fresh.push(broken);
        }
    }
    // The sort is stable: of equally bad ones the first that was seen comes first.
    fresh.sort_by_key(|broken| std::cmp::Reverse(broken.finding.verdict));
    for broken in fresh {
        if sum.breaches.len() >= BREACHES || sum.breaches.iter().any(|kind| kind.keys.contains(&key(&broken)))
        {
            continue;
        }
        let before = key(&broken);
        let (mut shown, broken) = shortest(&driver, &setting, rules, (&history, took), &broken).await;
        let after = key(&broken);
        if let Some(known) = sum.breaches.iter_mut().find(|kind| kind.keys.contains(&after)) {
            known.times += 1;
            known.keys.push(before);
            continue;
        }
        let steps = rename(&mut shown.history);
        let sequence = Some(Sequence { seed: format!("{seed:016x}"), steps });
        let finding = Finding { sequence, ..broken.finding };
        let repeat = Repeat::sequence(name, None, &shown.history);
        sum.breaches.push(Kind {
            keys: vec![before, after],
            shown: Shown { finding, ..shown },
            times: 1,
            repeat,
        });
    }
    Ok(())
}

/// Looks for the shortest sequence that shows a breach of the same class.
async fn shortest(
    driver: &Driver<'_, '_, '_>,
    setting: &Setting<'_>,
    rules: &Rules<'_>,
    (history, took): (&History, Duration),
    broken: &Broken,
) -> (Shown, Broken) {
    let session = driver.actors.session();
    let watch = clock::stopwatch();
    let mut reruns = 0;
    let mut may_rerun = || {
        let in_time = setting.time == Time::Moved || watch.elapsed() < took.max(SHORT);
        let in_time = in_time && !session.time_left().is_zero();
        let pairs = !takes_pairs(driver.kind) || session.pairs_left() >= SPARE_PAIRS + PAIRS;
        reruns += 1;
        reruns <= RERUNS && in_time && pairs
    };
    // Whatever is as bad and of this class counts as the same, in the words of the first.
    let same = |history: &History| {
        let all = judge(setting, rules, history).broken;
        let same = all.into_iter().filter(|other| alike(other, broken));
        let findings =
            same.map(|other| Finding { exchanges: other.finding.exchanges, ..broken.finding.clone() });
        Judgement { findings: findings.collect(), ..Judgement::default() }
    };
    let run = async |steps: &[Step]| driver.run(steps).await;
    let mut shown = shrink(&same, &run, &mut may_rerun, history, &broken.finding).await;
    for simpler in sequence::plainer(&steps_of(&mut shown.history)) {
        if !may_rerun() {
            break;
        }
        let history = run(&simpler).await;
        if let Some(finding) = same(&history).findings.pop()
            && finding.exchanges.last() == history.exchanges().last().map(|exchange| &exchange.id)
        {
            shown = Shown { finding, history, ..shown };
            break;
        }
    }
    let all = judge(setting, rules, &shown.history).broken;
    let last = all.into_iter().rfind(|other| alike(other, broken)).unwrap_or_else(|| broken.clone());
    (shown, last)
}

/// Judges a history by all requirements about a kind: what was exercised, and what was broken.
pub(crate) fn judge_all(setting: &Setting<'_>, plan: &Plan, history: &History) -> Judgement {
    let rules = Rules::of(setting.contract, setting.name, plan);
    let ruling = judge(setting, &rules, history);
    let findings = ruling.broken.into_iter().map(|broken| broken.finding).collect();
    Judgement { exercised: ruling.exercised, findings, open: history.why_open(), ..Judgement::default() }
}

/// The events of a history, step by step: one that was done at several replicas has an event for each of them.
fn by_step(events: &mut [Event]) -> impl Iterator<Item = &mut [Event]> {
    let place = |event: &Event| event.part_of.as_ref().map(|(place, _)| *place);
    events.chunk_by_mut(move |one, next| place(one).is_some() && place(one) == place(next))
}

/// The steps of a history.
fn steps_of(history: &mut History) -> Vec<Step> {
    by_step(&mut history.events).filter_map(|events| events.first()).map(|event| event.step.clone()).collect()
}

/// Numbers what a history is about without gaps, and says its steps in words.
fn rename(history: &mut History) -> Vec<String> {
    let steps = sequence::renamed(&steps_of(history));
    for (events, step) in by_step(&mut history.events).zip(&steps) {
        for event in events {
            event.step = step.clone();
        }
    }
    steps.iter().map(ToString::to_string).collect()
}

/// Whether a breach is one of another's class and as bad.
fn alike(new: &Broken, old: &Broken) -> bool {
    // Which requirement a credential is lost for is known only once nothing else happens to it.
    new.class == old.class && (new.class == Class::Lost || new.finding.verdict >= old.finding.verdict)
}

/// What a breach is called, so that it is reported once.
fn key(broken: &Broken) -> (Class, Option<String>) {
    let requirement = broken.finding.requirement.as_ref().map(|id| id.0.clone());
    (broken.class, requirement.filter(|_| broken.class != Class::Lost))
}

/// Whether each issue uses up one of the operator's pairs.
fn takes_pairs(kind: &CredentialKind) -> bool {
    kind.issue.as_ref().is_some_and(|issue| {
        let body = issue.call.body.iter().flat_map(JsonTemplate::expressions);
        let parameters = issue.call.parameters.values().flat_map(JsonTemplate::expressions);
        body.chain(parameters).any(|one| matches!(one, Expression::PoolId | Expression::PoolSecret))
    })
}

/// How many pairs a sequence uses up, if its kind takes them.
fn pairs_needed(steps: &[Step]) -> usize {
    steps.iter().filter(|step| matches!(step, Step::Issue(_, Issuing { like: None, .. }))).count()
}

fn conclude(actors: &Actors<'_, '_>, sum: Sum, report: &mut CheckReport) {
    let session = actors.session();
    report.exercised = sum.exercised;
    report.findings = sum.breaches.into_iter().map(|kind| breach(session, kind)).collect();
    report.findings.sort_by_key(|breach| std::cmp::Reverse(breach.finding.verdict));
    let worst = report.findings.first().map_or(Verdict::Pass, |breach| breach.finding.verdict);
    report.outcome = match (sum.exercised, sum.open) {
        (0, open) if worst < Verdict::Fail => {
            Outcome::NotExercised(open.unwrap_or_else(|| "no step had to hold".to_owned()))
        }
        _ => Outcome::Judged(worst),
    };
}

/// A breach with its place in the contract and its retelling.
fn breach(session: &Session<'_>, Kind { shown, times, repeat, .. }: Kind) -> Breach {
    let mut finding = shown.finding;
    let contract = session.contract();
    let requirements = contract.lifecycle().map(|lifecycle| lifecycle.requirements.iter());
    let named = |known: &Requirement| Some(&known.id) == finding.requirement.as_ref();
    let number = requirements.and_then(|mut all| all.position(named));
    finding.place = contract.lifecycle_document().zip(number).and_then(|(document, number)| {
        let position = document.position(&Pointer::root().join("requirements").index(number))?;
        Some(format!("{}:{}:{}", document.name(), position.line, position.column))
    });
    let retold = retell_sequence(scene(session), &session.exchanges(), &shown.history, &finding);
    let (steps, reproduction, once_in) = (retold.steps, retold.script, shown.once_in);
    Breach { finding, steps, reproduction, times, once_in, repeat: Some(repeat) }
}
