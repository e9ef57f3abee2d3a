//! Sends a single request once more, or those that led to a single answer, and asks the check that found it.

use std::collections::HashMap;

use rescind_specs::Contract;
use secrecy::ExposeSecret as _;

use super::document::{ReplayError, Stored};
use super::run::{Replayed, broken};
use crate::actors::Actors;
use crate::check::request::{Case, REQUEST_CHECKS, RequestCheck, Target};
use crate::check::response::{Answer, RESPONSE_CHECKS, ResponseCheck, Secrets};
use crate::counterexample::Repeat;
use crate::counterexample::kept::{CannotSend, Half, KeptRequest, Source};
use crate::counterexample::repeat::{RepeatedAnswer, RepeatedRequest};
use crate::counterexample::shrink::alike;
use crate::deployment::Pair;
use crate::exchange::{Exchange, Origin, OriginKind, Place, Replica, Reply, Request};
use crate::finding::Finding;
use crate::request_runner;
use crate::session::Session;

/// Checks of answers that may be right again with another status than the one they complained of.
const OF_THE_STATUS: [&str; 3] = ["status_code_conformance", "not_a_server_error", "no_internal_leak"];

/// One request or answer to be looked for, and who judges it.
pub(super) enum Single<'r> {
    Request(&'r RepeatedRequest, &'static dyn RequestCheck),
    Answer(&'r RepeatedAnswer, &'static dyn ResponseCheck),
}

impl<'r> Single<'r> {
    /// Finds in the contract what the counterexample speaks of.
    ///
    /// # Errors
    /// The contract has no such thing.
    pub(super) fn of(contract: &Contract, stored: &'r Stored) -> Result<Self, ReplayError> {
        let unfit = |why: String| ReplayError::Unfit { contract: contract.name().to_owned(), why };
        let id = stored.finding.check.as_str();
        let no_check = || unfit(format!("no check {id} looks at single requests or answers"));
        let single = match &stored.repeat {
            Repeat::Request(request) => {
                let check = REQUEST_CHECKS.iter().find(|check| check.id() == id);
                Self::Request(request, *check.ok_or_else(no_check)?)
            }
            Repeat::Answer(answer) => {
                let check = RESPONSE_CHECKS.iter().find(|check| check.id() == id);
                Self::Answer(answer, *check.ok_or_else(no_check)?)
            }
            Repeat::Sequence(_) => return Err(no_check()),
        };
        if single.requests().next().is_none() {
            return Err(unfit("it has no request".to_owned()));
        }
        let concerned = match single {
            Self::Request(request, _) => Some(&request.operation),
            Self::Answer(..) => None,
        };
        let operations = single.requests().filter_map(|request| request.operation.as_ref()).chain(concerned);
        match operations.into_iter().find(|id| contract.operation(id).is_none()) {
            Some(id) => Err(unfit(format!("there is no operation {id}"))),
            None => Ok(single),
        }
    }

    fn requests(&self) -> impl Iterator<Item = &'r KeptRequest> + use<'r> {
        let (one, more) = match self {
            Self::Request(request, _) => (Some(&request.request), request.twin.as_slice()),
            Self::Answer(answer, _) => (None, answer.requests.as_slice()),
        };
        one.into_iter().chain(more)
    }

    /// Whether nothing is sent that may change state.
    pub(super) fn is_harmless(&self) -> bool {
        let fresh = matches!(self, Self::Request(request, _) if request.target == Target::Fresh);
        let safe =
            |request: &KeptRequest| matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
        !fresh && self.requests().all(safe)
    }

    /// Sends what is to be sent, and judges what comes of it.
    pub(super) async fn run(&self, actors: &Actors<'_, '_>, known: &Finding) -> Replayed {
        let judged = match self {
            Self::Request(request, check) => generated(actors, request, *check).await,
            Self::Answer(answer, check) => answered(actors.session(), answer, *check, known).await,
        };
        match judged {
            Err(why) => Replayed::CouldNotTell(why),
            Ok(findings) => match broken(&findings, known) {
                Some(finding) => Replayed::StillBroken(Box::new(finding.clone())),
                None => Replayed::Fixed,
            },
        }
    }
}

/// Sends a generated request as the run did that made it up.
async fn generated(
    actors: &Actors<'_, '_>,
    kept: &RepeatedRequest,
    check: &dyn RequestCheck,
) -> Result<Vec<Finding>, String> {
    let session = actors.session();
    let mut values = Values::new(session);
    let mut request = |kept: &KeptRequest| values.request(kept).map_err(|why| why.to_string());
    let case = Case {
        operation: kept.operation.clone(),
        what: kept.about.clone(),
        keyword: kept.keyword.clone().into(),
        request: request(&kept.request)?,
        credentials: kept.credentials.clone(),
        tree: None,
        twin: kept.twin.as_ref().map(&mut request).transpose()?,
        target: kept.target,
        place: kept.place.clone(),
    };
    request_runner::repeated(session, actors, check, case).await
}

/// Sends requests in turn, and shows the last answer to a check.
async fn answered(
    session: &Session<'_>,
    kept: &RepeatedAnswer,
    check: &dyn ResponseCheck,
    known: &Finding,
) -> Result<Vec<Finding>, String> {
    let mut values = Values::new(session);
    for (number, kept) in kept.requests.iter().enumerate() {
        let at = |why: String| format!("request {}: {why}", number + 1);
        if let Some(after) = kept.after {
            session.wait(after.duration()).await.map_err(|why| at(why.to_string()))?;
        }
        let request = values.request(kept).map_err(|why| at(why.to_string()))?;
        // There may be fewer replicas by now.
        let replica = Replica(kept.replica.min(session.deployment().replicas.len()));
        let exchange = session.send_patiently_to(replica, request).await;
        values.answers.push(exchange);
    }
    let last = values.answers.last().ok_or("nothing was sent")?;
    let secrets = Secrets::new(&session.tainted());
    let answer = match &last.reply {
        Reply::Lost(why) => return Err(format!("there was no answer: {why}")),
        Reply::Received(_) => Answer::of(session.contract(), last, &secrets).ok_or("there was no answer")?,
    };
    let status = answer.status();
    let findings = check.check(&answer).ok_or_else(|| format!("an answer {status} does not tell"))?;
    let before = alike::status(&known.received);
    let like_before = before.is_none_or(|before| before == status.to_string());
    let tells =
        like_before || OF_THE_STATUS.contains(&check.id()) && !matches!(status, 401 | 429 | 502..=504);
    if findings.is_empty() && !tells {
        let before = before.unwrap_or("something else");
        return Err(format!("it was answered {status}, and {before} when it was found"));
    }
    Ok(findings)
}

/// The values of a replay.
struct Values<'s, 'r> {
    session: &'s Session<'r>,
    answers: Vec<std::sync::Arc<Exchange>>,
    pool: HashMap<usize, Pair>,
    words: HashMap<usize, String>,
}

impl<'s, 'r> Values<'s, 'r> {
    fn new(session: &'s Session<'r>) -> Self {
        Self { session, answers: Vec::new(), pool: HashMap::new(), words: HashMap::new() }
    }

    /// The request with values of this run.
    fn request(&mut self, kept: &KeptRequest) -> Result<Request, CannotSend> {
        let mut origins = Vec::new();
        let mut request = kept.request(&mut |source| {
            let (text, from) = self.value(source)?;
            origins.extend(from.map(|from| Origin::new(text.clone(), from)));
            Ok(text)
        })?;
        request.origins = origins;
        Ok(request)
    }

    fn value(&mut self, source: &Source) -> Result<(String, Option<OriginKind>), String> {
        let deployment = self.session.deployment();
        let half = |pair: &Pair, half: Half| match half {
            Half::Id => (pair.id.clone(), None),
            Half::Secret => {
                let secret = pair.secret.expose_secret().to_owned();
                (secret, Some(OriginKind::Supplied(pair.source.clone())))
            }
        };
        match source {
            Source::Answer(step, place) => {
                let exchange = step.checked_sub(1).and_then(|at| self.answers.get(at));
                let exchange = exchange.ok_or_else(|| format!("request {step} was not sent before"))?;
                let text = taken(exchange, place).ok_or_else(|| match exchange.status() {
                    Some(status) => format!("request {step} was answered {status}, without it"),
                    None => format!("request {step} was not answered"),
                })?;
                Ok((text, Some(OriginKind::Response { exchange: exchange.id, place: place.clone() })))
            }
            Source::Caller(name, which) => {
                let pair = deployment.callers.get(name);
                Ok(half(pair.ok_or_else(|| format!("the caller {name} was not supplied"))?, *which))
            }
            Source::Pool(number, which) => {
                let pair = match self.pool.get(number) {
                    Some(pair) => pair.clone(),
                    None => self
                        .session
                        .next_pair()
                        .ok_or("too few pairs that can be registered were supplied")?,
                };
                let value = half(&pair, *which);
                self.pool.insert(*number, pair);
                Ok(value)
            }
            Source::Supplied(name) => {
                let value = deployment.supplied.get(name);
                Ok((value.cloned().ok_or_else(|| format!("{} was not supplied", name.0))?, None))
            }
            Source::Unique(number) => {
                Ok((self.words.entry(*number).or_insert_with(|| self.session.unique()).clone(), None))
            }
        }
    }
}

/// The text at a place of an answer.
fn taken(exchange: &Exchange, place: &Place) -> Option<String> {
    let response = exchange.response()?;
    match place {
        Place::Body(pointer) => match response.at(pointer)? {
            serde_json::Value::Null => None,
            value => Some(crate::call::plain(&value)),
        },
        Place::Header(name) => Some(response.headers.get(name.as_str())?.to_str().ok()?.to_owned()),
        Place::Cookie(name) => response.cookie(name).map(str::to_owned),
    }
}
