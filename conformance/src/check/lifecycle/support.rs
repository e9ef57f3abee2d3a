//! What lifecycle checks share: building a judgement, and the two questions that most of them end with.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{Actor, Condition, CredentialKind, KindName, Means};

use crate::check::Judgement;
pub(super) use crate::check::words::{MARGIN, documented, late, received, unanswered, what_came};
use crate::exchange::{Exchange, ExchangeId, Replica};
use crate::finding::Finding;
use crate::lifecycle::{By, Event, History, Issuing, Seen, Slot, Step};
use crate::report::measurement::Sample;
use crate::verdict::Verdict;

/// How long after a revocation its effect is looked at where the time of it is not the question.
const LATER: Duration = Duration::from_mins(10);

/// What a check is about.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// The name of the kind of credential.
    pub name: &'c KindName,
    /// The kind of credential.
    pub kind: &'c CredentialKind,
    /// Whether waiting costs nothing.
    pub time: Time,
}

/// How time passes in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The deployment's clock is moved; a wait costs nothing.
    Moved,
    /// A wait is a wait.
    Real,
}

impl Setting<'_> {
    /// The documented propagation delay of a revocation.
    pub fn delay(&self) -> Duration {
        self.kind.revoke.as_ref().map(|revoke| revoke.propagation_delay.duration()).unwrap_or_default()
    }

    /// The first moment after a revocation at which its effect must show.
    pub fn settled(&self) -> Duration {
        late(self.delay())
    }

    /// Shows that a credential still works, and does so after the propagation delay, when no cache can hide that it
    /// was revoked.
    pub fn still_works(&self, slot: u8) -> Vec<Step> {
        let mut steps = vec![Step::present(slot)];
        if !self.delay().is_zero() {
            steps.push(Step::Wait(crate::lifecycle::Until::For(self.settled())));
            steps.push(Step::present(slot));
        }
        steps
    }

    /// Shows that a revocation had its effect in the end. That it had it in time is another requirement.
    pub fn ends_revoked(&self, slot: u8) -> [Step; 2] {
        let later = match self.time {
            Time::Moved => self.settled() + LATER,
            Time::Real => self.settled(),
        };
        [Step::after_revocation(slot, later), Step::present(slot)]
    }

    /// Who asks for the revocation of what does not exist: where a credential revokes itself, the one in this slot.
    pub fn asker(&self, slot: u8) -> By {
        match self.kind.revoke.as_ref().map(|revoke| &revoke.call.actor) {
            Some(Actor::Credential) => By::Slot(Slot(slot)),
            _ => By::Documented,
        }
    }
}

/// Whether the calls of two events were under way at the same time.
pub(super) fn overlap(one: &Event, other: &Event) -> bool {
    match (one.decisive(), other.decisive()) {
        (Some(one), Some(other)) => !one.span.precedes(other.span) && !other.span.precedes(one.span),
        _ => false,
    }
}

/// Revokes the credential of a slot by these means.
pub(super) fn revocation(means: &Means, slot: u8) -> Step {
    match means {
        Means::Call => Step::revoke(slot),
        Means::Hook(name) => Step::Hook(name.clone(), Some(Slot(slot))),
        Means::Way(name) => Step::RevokeBy(name.clone(), Slot(slot)),
    }
}

/// A judgement in the making.
pub(super) struct Judge {
    check: &'static str,
    result: Judgement,
}

impl Judge {
    pub(super) fn new(check: &'static str) -> Self {
        Self { check, result: Judgement::default() }
    }

    /// The promise was exercised once more.
    pub(super) fn exercised(&mut self) {
        self.result.exercised += 1;
    }

    /// Something could not be judged; the first reason is kept.
    pub(super) fn open(&mut self, why: impl Into<String>) {
        self.result.open.get_or_insert_with(|| why.into());
    }

    /// Records how long an answer took, for the reader alone.
    pub(super) fn took(&mut self, of: &str, exchange: &Exchange) {
        self.result.measurements.push(Sample::time("time to the answer", of, exchange.took));
    }

    /// Records a finding about the decisive answer of an event.
    pub(super) fn find(
        &mut self,
        verdict: Verdict,
        history: &History,
        event: &Event,
        message: impl Into<String>,
        documented: impl Into<String>,
        received: impl Into<String>,
    ) {
        self.result.findings.push(Finding {
            check: self.check.to_owned(),
            verdict,
            operation: event.operation(),
            message: message.into(),
            documented: documented.into(),
            received: received.into(),
            place: None,
            exchanges: evidence(history, event),
            requirement: None,
            sequence: None,
        });
    }

    /// Records a broken promise.
    pub(super) fn breach(
        &mut self,
        history: &History,
        event: &Event,
        message: impl Into<String>,
        documented: impl Into<String>,
        received: impl Into<String>,
    ) {
        self.find(Verdict::Fail, history, event, message, documented, received);
    }

    /// The judgement. What was never exercised has a reason.
    pub(super) fn done(mut self, history: &History) -> Judgement {
        // A broken promise is not made doubtful by what could not be seen after it.
        if self.result.findings.iter().any(|finding| finding.verdict >= Verdict::Fail) {
            self.result.open = None;
            return self.result;
        }
        if self.result.open.is_none() {
            self.result.open = history.events.iter().find_map(|event| match &event.seen {
                Seen::StillOpen(why) | Seen::NotRun(why) => Some(format!("{}: {why}", event.step)),
                _ => None,
            });
            // What could not be issued could not be used either; the first cause says most.
            let plain =
                |step: &Step| matches!(step, Step::Issue(_, issuing) if *issuing == Issuing::default());
            let refused = history.events.iter().find(|event| plain(&event.step) && !event.accepted());
            if let (Some(_), Some(event)) = (&self.result.open, refused) {
                self.result.open = Some(format!("{}: answered {}", event.step, what_came(event)));
            }
        }
        if self.result.exercised == 0 && self.result.open.is_none() {
            let why = history.why_open().unwrap_or_else(|| "the sequence did not get that far".to_owned());
            self.result.open = Some(why);
        }
        self.result
    }

    /// Judges the answer of an event: it has to be like one of `answers`, and should be like `preferred`.
    pub(super) fn answer(
        &mut self,
        setting: &Setting<'_>,
        history: &History,
        event: &Event,
        answers: &[Condition],
        preferred: Option<&Condition>,
        what: &str,
    ) {
        let Some(exchange) = event.decisive() else {
            self.open(event.why_open().unwrap_or_else(|| format!("{what} was not answered")));
            return;
        };
        if let Some(why) = unanswered(exchange) {
            self.open(format!("{what}: {why}"));
            return;
        }
        let differences: Vec<String> =
            answers.iter().filter_map(|answer| event.meets(setting.contract, answer).err()).collect();
        if differences.len() == answers.len() && !matches!(event.control, None | Some(Seen::Accepted)) {
            self.open(format!("{what}: whoever asked was not accepted any more"));
            return;
        }
        self.exercised();
        if differences.len() == answers.len() {
            let nearest = differences.into_iter().min_by_key(String::len).unwrap_or_default();
            let message = format!("{what} is not answered as documented");
            let received = received(exchange, &nearest);
            self.breach(history, event, message, documented(answers), received);
        } else if let Some(preferred) = preferred
            && let Err(difference) = event.meets(setting.contract, preferred)
        {
            let message = format!("{what} is answered in a way that is allowed but not the recommended one");
            let received = received(exchange, &difference);
            let documented = documented(std::slice::from_ref(preferred));
            self.find(Verdict::Divergence, history, event, message, documented, received);
        }
    }

    /// The decisive answer of an event has to be like one of `answers`, whoever else is accepted or not.
    pub(super) fn like_one_of(
        &mut self,
        setting: &Setting<'_>,
        history: &History,
        event: &Event,
        answers: &[Condition],
        message: &str,
    ) {
        let differences: Vec<String> =
            answers.iter().filter_map(|answer| event.meets(setting.contract, answer).err()).collect();
        if differences.len() == answers.len()
            && let Some(exchange) = event.decisive()
        {
            let nearest = differences.into_iter().min_by_key(String::len).unwrap_or_default();
            self.breach(history, event, message, documented(answers), received(exchange, &nearest));
        }
    }

    /// A credential that worked before `since` and that nothing revoked has to be accepted at each use after it.
    pub(super) fn still_works(&mut self, history: &History, slot: u8, since: usize, message: &str) {
        if history.presents(slot).any(|(at, event)| at < since && event.accepted()) {
            self.works(history, slot, since, message);
        } else if history.presents(slot).next().is_some() {
            self.open("the credential did not work before");
        }
    }

    /// A credential that nothing revoked has to be accepted at each use from `since` on.
    pub(super) fn works(&mut self, history: &History, slot: u8, since: usize, message: &str) {
        for (_, event) in history.presents(slot).filter(|(at, _)| *at >= since) {
            match &event.seen {
                Seen::Accepted => self.exercised(),
                Seen::Refused if event.refused() => {
                    self.exercised();
                    self.breach(history, event, message, "accepted", what_came(event));
                }
                _ => self.open(event.why_open().unwrap_or_default()),
            }
        }
    }

    /// A credential whose revocation was acknowledged has to be refused at its last use.
    pub(super) fn ended(&mut self, setting: &Setting<'_>, history: &History, slot: u8, message: &str) {
        let Some((revoked, acknowledged)) = history.revoked(slot) else {
            self.open(history.why_open().unwrap_or_else(|| "the revocation was not acknowledged".to_owned()));
            return;
        };
        let due = |event: &Event| since(acknowledged, event) >= setting.settled();
        let uses = history.presents(slot).filter(|(at, event)| *at > revoked && due(event));
        // Of each replica, the last one counts.
        let last: BTreeMap<Replica, &Event> = uses.map(|(_, event)| (event.replica, event)).collect();
        for event in last.into_values() {
            match &event.seen {
                Seen::Accepted => {
                    self.exercised();
                    self.breach(history, event, message, "refused", what_came(event));
                }
                Seen::Refused if event.refused() => self.exercised(),
                _ => self.open(event.why_open().unwrap_or_default()),
            }
        }
    }
}

/// The exchanges that led to an event: those that made or changed something, and its own.
fn evidence(history: &History, decisive: &Event) -> Vec<ExchangeId> {
    let last = decisive.decisive().map(|exchange| exchange.id);
    let mut ids: Vec<ExchangeId> = history
        .events
        .iter()
        .filter(|event| !matches!(event.step, Step::Wait(_) | Step::Present(_) | Step::PresentToken(_)))
        .flat_map(Event::ids)
        .filter(|id| last.is_none_or(|last| *id < last))
        .collect();
    ids.extend(decisive.ids());
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How long after the acknowledgement of a revocation an event began.
pub(super) fn since(revoked: &Event, event: &Event) -> Duration {
    let time: SignedDuration = event.began.duration_since(revoked.ended);
    Duration::try_from(time).unwrap_or_default()
}

/// A length of time in a sentence.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}
