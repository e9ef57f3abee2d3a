//! Shrinking against deployments of a few lines: no network, no contract.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::lifecycle::{Event, Seen, Slot, Until};
use crate::verdict::Verdict;

/// A history of steps, of which `refuses` says which are refused.
fn run(steps: &[Step], refuses: impl Fn(&[Event], &Step, Timestamp) -> bool) -> History {
    let mut history = History::default();
    let mut now = Timestamp::UNIX_EPOCH;
    for step in steps {
        if let Step::Wait(Until::For(time)) = step {
            now = now.checked_add(SignedDuration::try_from(*time).unwrap()).unwrap();
        }
        let seen = if refuses(&history.events, step, now) { Seen::Refused } else { Seen::Accepted };
        history.events.push(Event::new(step.clone(), now, seen));
    }
    history
}

/// Any use of A that is accepted after its revocation.
fn judge(history: &History) -> Judgement {
    let Some((revoked, _)) = history.revoked(0) else { return Judgement::default() };
    let used = history.presents(0).filter(|(at, event)| *at > revoked && event.accepted());
    let finding = |at: usize| Finding {
        check: "use_after_revocation".to_owned(),
        verdict: Verdict::Fail,
        operation: None,
        message: format!("accepted at {at}"),
        documented: "refused".to_owned(),
        received: "200".to_owned(),
        place: None,
        exchanges: Vec::new(),
        requirement: None,
        sequence: None,
    };
    Judgement { findings: used.map(|(at, _)| finding(at)).collect(), ..Judgement::default() }
}

fn taken(history: &History) -> Vec<Step> {
    history.events.iter().map(|event| event.step.clone()).collect()
}

fn wait(seconds: u64) -> Step {
    Step::Wait(Until::For(Duration::from_secs(seconds)))
}

/// Bystanders, lists and pauses around a use after a revocation.
fn noisy() -> Vec<Step> {
    vec![
        Step::issue(20),
        Step::issue(0),
        wait(7),
        Step::present(20),
        Step::present(0),
        Step::List(None),
        Step::revoke(0),
        wait(5),
        Step::present(0),
        Step::issue(21),
        wait(300),
        Step::present(0),
    ]
}

/// What a run makes depends on nothing else: the operator's own credential did not survive the first run.
#[tokio::test]
async fn a_rerun_that_cannot_make_what_the_first_one_made_tells_nothing() {
    let history = run(&noisy(), |_, _, _| false);
    let finding = judge(&history).findings.first().unwrap().clone();
    let again = async |steps: &[Step]| run(steps, |_, step, _| *step == Step::issue(0));
    let judge = |history: &History| match history.issue(0) {
        Some(_) => judge(history),
        None => Judgement::default(),
    };
    let shown = shrink(judge, again, || true, &history, &finding).await;
    assert_eq!((shown.history.events.len(), shown.once_in), (9, None));
}

/// The steps that are left, the number of reruns, and in how many runs it was seen once.
async fn shortest(
    steps: &[Step],
    most: u32,
    refuses: impl Fn(&[Event], &Step, Timestamp) -> bool,
) -> (Vec<Step>, u32, Option<u32>) {
    let history = run(steps, &refuses);
    let finding = judge(&history).findings.first().unwrap().clone();
    let reruns = Cell::new(0);
    let again = async |steps: &[Step]| {
        reruns.set(reruns.get() + 1);
        run(steps, &refuses)
    };
    let shown = shrink(judge, again, || reruns.get() < most, &history, &finding).await;
    (taken(&shown.history), reruns.get(), shown.once_in)
}

#[tokio::test]
async fn one_rerun_is_enough_where_only_the_judgement_needs_steps() {
    let (left, reruns, once_in) = shortest(&noisy(), 24, |_, _, _| false).await;
    assert_eq!(left, [Step::issue(0), Step::revoke(0), Step::present(0)]);
    // One without what the judgement does not need, and one for each wait that is left.
    assert_eq!((reruns, once_in), (3, None));
}

/// The credential is refused unless it was used before its revocation, and a list was read.
#[tokio::test]
async fn what_the_deployment_needs_is_found_by_reruns() {
    let refuses = |before: &[Event], step: &Step, _: Timestamp| {
        let seen = |like: &Step| before.iter().any(|event| event.step == *like);
        *step == Step::present(0)
            && !(seen(&Step::issue(20)) && seen(&Step::List(None)) || !seen(&Step::revoke(0)))
    };
    let (left, reruns, _) = shortest(&noisy(), 24, refuses).await;
    let expected = [Step::issue(20), Step::issue(0), Step::List(None), Step::revoke(0), Step::present(0)];
    assert_eq!(left, expected);
    assert!(reruns <= 24, "{reruns}");
}

#[tokio::test]
async fn a_wait_that_matters_stays() {
    let refuses = |before: &[Event], step: &Step, now: Timestamp| {
        let revoked = before.iter().find(|event| event.step == Step::revoke(0));
        *step == Step::present(0)
            && revoked.is_some_and(|event| now.duration_since(event.ended).as_secs() < 300)
    };
    let (left, ..) = shortest(&noisy(), 24, refuses).await;
    assert_eq!(left, [Step::issue(0), Step::revoke(0), wait(305), Step::present(0)]);
}

#[tokio::test]
async fn what_is_never_seen_again_keeps_its_history_and_says_so() {
    let first = RefCell::new(true);
    let refuses = |_: &[Event], step: &Step, _: Timestamp| *step == Step::present(0) && !*first.borrow();
    let history = run(&noisy(), refuses);
    first.replace(false);
    let finding = judge(&history).findings.first().unwrap().clone();
    let shown = shrink(judge, async |steps: &[Step]| run(steps, refuses), || true, &history, &finding).await;
    assert_eq!(taken(&shown.history), noisy()[..9]);
    assert_eq!(shown.once_in, Some(4));
}

#[tokio::test]
async fn many_at_once_become_two() {
    let steps = [Step::issue(0), Step::RevokeMany(Slot(0), 8), Step::present(0)];
    let (left, ..) = shortest(&steps, 24, |_, _, _| false).await;
    assert_eq!(left, [Step::issue(0), Step::RevokeMany(Slot(0), 2), Step::present(0)]);
}

#[tokio::test]
async fn without_a_budget_nothing_is_sent() {
    let (left, reruns, once_in) = shortest(&noisy(), 0, |_, _, _| false).await;
    assert_eq!((left.len(), reruns, once_in), (9, 0, None));
}

/// What the operator supplied is risked once and never again.
#[tokio::test]
async fn what_was_supplied_is_not_spent_again() {
    let steps = [
        Step::Adopt(Slot(0), "operator".into()),
        Step::StopUnlessOnlyActive(Slot(0)),
        Step::revoke(0),
        Step::List(None),
        Step::present(0),
    ];
    let (left, reruns, _) = shortest(&steps, 24, |_, _, _| false).await;
    assert_eq!((left.len(), reruns), (5, 0));
}
