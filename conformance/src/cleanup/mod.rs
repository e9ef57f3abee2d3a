//! Puts away what a run issued: dependents first, then credentials; at its end, or later from the file that it wrote.

pub mod error;
pub mod file;
mod finish;
pub mod leftover;
pub mod line;
#[cfg(test)]
mod tests;
mod unclear;

use std::sync::Arc;
use std::time::Duration;

use rescind_specs::lifecycle::{Actor, Call, CallerName, CredentialKind, Dependent};

use crate::actors::{Actors, CannotSign};
use crate::call::{Bindings, Known};
use crate::clock;
use crate::credential::Credential;
use crate::deployment::Kept;
use crate::exchange::Exchange;
use crate::ledger::Fate;
use crate::lifecycle::Seen;
use crate::lifecycle::driver::{is_live, list, probe, status};
use crate::progress::Event;

pub use error::CleanupError;
pub use file::{CleanupFile, DEFAULT, Record};
pub use finish::{Finished, finish};
pub use leftover::{Leftover, LeftoverRun};
use line::Thing;
pub use line::{Documents, Run};

/// How often something is asked for that a broken connection or a failing server kept from being put away.
const ATTEMPTS: u32 = 5;
/// The wait before the second attempt; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// What could not be put away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// What is there, by identifier.
    pub behind: Vec<String>,
    /// What may be there: nobody answered whether it was issued, and it could not be looked up.
    pub perhaps: Vec<String>,
    /// Why the first of them is left.
    pub why: Option<String>,
}

impl Left {
    fn behind(&mut self, what: String, why: String) {
        self.behind.push(what);
        self.why.get_or_insert(why);
    }
}

/// Why something was not put away.
enum NotPutAway {
    /// There was no answer, or the server failed: another attempt may do.
    Unanswered(String),
    /// It was refused, and nobody said whether there is anything left to put away: another attempt may tell.
    Undecided(String),
    /// The deployment does not do it.
    Refused(String),
}

/// Deletes and revokes everything of the run that may still be there.
pub async fn put_away(actors: &Actors<'_, '_>) -> Left {
    let session = actors.session();
    let Some(lifecycle) = session.contract().lifecycle() else { return Left::default() };
    // A token of the run may be dead: whoever interrupts it may do so while the deployment's clock is moved.
    let actors = &Actors::new(session);
    // Nothing can be put away while credentials cannot be looked up.
    let mut left = Left { behind: session.recover().await, ..Left::default() };
    let mut attempts = Attempts(ATTEMPTS);
    for (name, id) in session.ledger().live_dependents() {
        let Some(dependent) = lifecycle.dependents.get(&name) else { continue };
        match attempts.run(async || deleted(actors, dependent, &id).await).await {
            Ok(()) => session.put_away(Thing::Dependent(name), &id.text).await,
            Err(why) => left.behind(format!("{name} {}", id.text), why),
        }
    }
    unclear::clear(actors, &mut attempts, &mut left).await;
    for (credential, fate) in session.ledger().credentials() {
        let gone = || session.put_away(Thing::Credential(credential.kind.clone()), &credential.id.text);
        if fate == Fate::Gone {
            continue;
        }
        if credential.expired(session.now()) {
            gone().await;
            continue;
        }
        let Some(kind) = lifecycle.credentials.get(&credential.kind) else { continue };
        let Err(why) = attempts.run(async || revoked(actors, &credential, kind).await).await else {
            gone().await;
            continue;
        };
        if let Some(caller) = credential.caller.as_ref().filter(|caller| is_expendable(actors, caller)) {
            let note =
                format!("{} {} stays with {caller}: it is the last one", credential.kind, credential.id.text);
            session.progress().event(Event::Note(note.into()));
            gone().await;
        } else {
            left.behind(format!("{} {}", credential.kind, credential.id.text), why);
        }
    }
    unclear::tell(actors, &mut left);
    left
}

/// How often something is tried: less and less, as long as nothing is answered, and in the end not at all.
struct Attempts(u32);

impl Attempts {
    async fn run(&mut self, work: impl AsyncFn() -> Result<(), NotPutAway>) -> Result<(), String> {
        let mut wait = FIRST_WAIT;
        let mut why = "the deployment did not answer before".to_owned();
        let mut least = 0;
        for _ in 0..self.0 {
            match work().await {
                Ok(()) => {
                    self.0 = ATTEMPTS;
                    return Ok(());
                }
                Err(NotPutAway::Refused(why)) => {
                    self.0 = ATTEMPTS;
                    return Err(why);
                }
                Err(NotPutAway::Unanswered(reason)) => (why, least) = (reason, 0),
                // The deployment answers, so the next one is worth a try.
                Err(NotPutAway::Undecided(reason)) => (why, least) = (reason, 1),
            }
            clock::sleep(wait).await;
            wait *= 2;
        }
        self.0 = self.0.saturating_sub(2).max(least);
        Err(why)
    }
}

/// Whether a caller's own credential may be used up, so that another one may take its place.
fn is_expendable(actors: &Actors<'_, '_>, caller: &CallerName) -> bool {
    let pair = actors.session().deployment().callers.get(caller);
    pair.is_some_and(|pair| pair.kept == Kept::Expendable)
}

/// Everything of the run that may still be there, as far as is known without asking.
pub(crate) fn not_put_away(actors: &Actors<'_, '_>) -> Left {
    let session = actors.session();
    let dependents = session.ledger().live_dependents();
    let dependents = dependents.into_iter().map(|(name, id)| format!("{name} {}", id.text));
    let credentials = session.ledger().credentials();
    let credentials = credentials
        .into_iter()
        .filter(|(credential, fate)| *fate == Fate::Live && !credential.expired(session.now()))
        .map(|(credential, _)| format!("{} {}", credential.kind, credential.id.text));
    let unclear = session.ledger().unclear();
    Left { behind: dependents.chain(credentials).collect(), perhaps: unclear::counted(&unclear), why: None }
}

/// Deletes a dependent; one that is not there is as good as deleted.
async fn deleted(actors: &Actors<'_, '_>, dependent: &Dependent, id: &Known) -> Result<(), NotPutAway> {
    let session = actors.session();
    let bindings = Bindings { dependent: Some(id.clone()), ..session.bindings() };
    let exchange = sent(actors, &dependent.delete.call, &bindings).await?;
    let met = bindings.meets(session.contract(), &dependent.delete.success, &exchange);
    if met.is_ok() || exchange.status() == Some(404) { Ok(()) } else { Err(not_done(&exchange)) }
}

/// Revokes a credential; one that turns out to be dead is as good as revoked.
async fn revoked(
    actors: &Actors<'_, '_>,
    credential: &Arc<Credential>,
    kind: &CredentialKind,
) -> Result<(), NotPutAway> {
    let session = actors.session();
    let Some(revoke) = &kind.revoke else {
        return Err(NotPutAway::Refused("the contract has no call that revokes it".to_owned()));
    };
    let bindings = Bindings { credential: Some(Arc::clone(credential)), ..session.bindings() };
    let mut call = revoke.call.clone();
    if let (Some(caller), Actor::Caller(_)) = (&credential.caller, &call.actor) {
        call.actor = Actor::Caller(caller.clone());
    }
    let exchange = sent(actors, &call, &bindings).await?;
    if bindings.meets(session.contract(), &revoke.success, &exchange).is_ok() {
        return Ok(());
    }
    // Whoever revokes it is known to be alive, so a 404 is about the credential.
    if exchange.status() == Some(404) && (kind.probe.is_none() || call.actor != Actor::Credential) {
        return Ok(());
    }
    if exchange.status().is_none() {
        return Err(not_done(&exchange));
    }
    if unclear::is_lifted(actors, &exchange).await {
        return Err(NotPutAway::Unanswered("a dependent stood in its way".to_owned()));
    }
    // An earlier attempt may have revoked it although its answer was lost: that this one is refused decides nothing.
    let mut undecided = None;
    if let Some(documented) = &kind.probe {
        match probe(actors, documented, &bindings, session.home()).await {
            (_, Seen::Refused) => return Ok(()),
            (Some(shown), Seen::Unclear(_)) if is_unanswered(&shown) => undecided = Some(status(&shown)),
            _ => {}
        }
    }
    if let Some(listing) = &kind.listed {
        match list(actors, listing, credential.caller.as_ref(), session.home()).await {
            // It has to be read to its end to show that the credential is not among the live ones.
            Ok((_, items, Seen::Accepted)) => {
                let lives = items.iter().any(|item| is_live(listing, item, &credential.id.text));
                return if lives { Err(not_done(&exchange)) } else { Ok(()) };
            }
            Ok((exchanges, ..)) => {
                let last = exchanges.last().filter(|last| is_unanswered(last));
                undecided = undecided.or(last.map(|last| status(last)));
            }
            // The next exchange may give a token.
            Err(why) => undecided = undecided.or(Some(why)),
        }
    }
    Err(match (undecided, not_done(&exchange)) {
        (Some(shown), NotPutAway::Refused(why)) => {
            NotPutAway::Undecided(format!("{why}; whether it lives: {shown}"))
        }
        (_, why) => why,
    })
}

/// Makes a call, whatever comes of it.
async fn sent(
    actors: &Actors<'_, '_>,
    call: &Call,
    bindings: &Bindings,
) -> Result<Arc<Exchange>, NotPutAway> {
    let request = actors.request(call, bindings).await.map_err(|error| match error {
        // The next exchange may give one.
        CannotSign::NoToken { .. } | CannotSign::NotObtained { .. } => {
            NotPutAway::Unanswered(error.to_string())
        }
        _ => NotPutAway::Refused(error.to_string()),
    })?;
    Ok(actors.session().send_patiently(request).await)
}

/// What an answer says that does not acknowledge.
fn not_done(exchange: &Exchange) -> NotPutAway {
    match exchange.status() {
        None => NotPutAway::Unanswered(status(exchange)),
        Some(code @ (408 | 429 | 500..)) => NotPutAway::Unanswered(format!("answered {code}")),
        Some(code) => NotPutAway::Refused(format!("answered {code}")),
    }
}

/// Whether there was no answer, or one that says nothing of what was asked.
fn is_unanswered(exchange: &Exchange) -> bool {
    matches!(not_done(exchange), NotPutAway::Unanswered(_))
}

/// Whether any exchange of a run got an answer.
pub(crate) fn anything_answered(exchanges: &[Arc<Exchange>]) -> bool {
    exchanges.iter().any(|exchange| exchange.response().is_some())
}
