//! Puts away at the end of a run what it issued: dependents first, then credentials.

use std::sync::Arc;

use rescind_specs::lifecycle::{Actor, CallerName, CredentialKind};

use crate::actors::{Actors, Signer};
use crate::call::{Bindings, build_call};
use crate::credential::Credential;
use crate::deployment::Kept;
use crate::exchange::{Exchange, Request};
use crate::ledger::Fate;
use crate::lifecycle::Seen;
use crate::lifecycle::driver::probe;
use crate::progress::Event;

/// Deletes and revokes everything of the run that may still be there. Returns what could not be put away.
pub async fn put_away(actors: &Actors<'_, '_>) -> Vec<String> {
    let session = actors.session();
    let Some(lifecycle) = session.contract().lifecycle() else { return Vec::new() };
    // Nothing can be put away while credentials cannot be looked up.
    let mut left = session.recover().await;
    for (name, id) in session.ledger().live_dependents() {
        let Some(dependent) = lifecycle.dependents.get(&name) else { continue };
        let bindings = Bindings { dependent: Some(id.clone()), ..session.bindings() };
        let done = match request(actors, &dependent.delete.call, &bindings).await {
            Ok(request) => {
                let exchange = session.send_patiently(request).await;
                let gone = bindings.meets(session.contract(), &dependent.delete.success, &exchange).is_ok();
                gone || exchange.status() == Some(404)
            }
            Err(_) => false,
        };
        if !done {
            left.push(format!("{name} {}", id.text));
        }
    }
    for (credential, fate) in session.ledger().credentials() {
        if fate == Fate::Gone || credential.expired(session.now()) {
            continue;
        }
        let Some(kind) = lifecycle.credentials.get(&credential.kind) else { continue };
        if revoked(actors, &credential, kind).await {
            continue;
        }
        if let Some(caller) = credential.caller.as_ref().filter(|caller| is_expendable(actors, caller)) {
            let note =
                format!("{} {} stays with {caller}: it is the last one", credential.kind, credential.id.text);
            session.progress().event(Event::Note(note.into()));
        } else {
            left.push(format!("{} {}", credential.kind, credential.id.text));
        }
    }
    left
}

/// Whether a caller's own credential may be used up, so that another one may take its place.
fn is_expendable(actors: &Actors<'_, '_>, caller: &CallerName) -> bool {
    let pair = actors.session().deployment().callers.get(caller);
    pair.is_some_and(|pair| pair.kept == Kept::Expendable)
}

/// Everything of the run that may still be there, as far as is known without asking.
pub(crate) fn not_put_away(actors: &Actors<'_, '_>) -> Vec<String> {
    let session = actors.session();
    let dependents = session.ledger().live_dependents();
    let dependents = dependents.into_iter().map(|(name, id)| format!("{name} {}", id.text));
    let credentials = session.ledger().credentials();
    let credentials = credentials
        .into_iter()
        .filter(|(credential, fate)| *fate == Fate::Live && !credential.expired(session.now()))
        .map(|(credential, _)| format!("{} {}", credential.kind, credential.id.text));
    dependents.chain(credentials).collect()
}

/// Revokes a credential; one that turns out to be dead is as good as revoked.
async fn revoked(actors: &Actors<'_, '_>, credential: &Arc<Credential>, kind: &CredentialKind) -> bool {
    let session = actors.session();
    let Some(revoke) = &kind.revoke else { return false };
    let bindings = Bindings { credential: Some(Arc::clone(credential)), ..session.bindings() };
    let mut call = revoke.call.clone();
    if let Some(caller) = &credential.caller {
        call.actor = Actor::Caller(caller.clone());
    }
    let exchange = match request(actors, &call, &bindings).await {
        Ok(request) => session.send_patiently(request).await,
        Err(_) => return false,
    };
    if bindings.meets(session.contract(), &revoke.success, &exchange).is_ok() {
        return true;
    }
    match &kind.probe {
        // Whoever revokes it is known to be alive, so a 404 is about the credential.
        None => exchange.status() == Some(404),
        Some(_) if exchange.status() == Some(404) && revoke.call.actor != Actor::Credential => true,
        Some(documented) => {
            let signer = Signer::Credential(Arc::clone(credential));
            probe(actors, documented, &signer, &bindings, session.home()).await.1 == Seen::Refused
        }
    }
}

async fn request(
    actors: &Actors<'_, '_>,
    call: &rescind_specs::lifecycle::Call,
    bindings: &Bindings,
) -> Result<Request, String> {
    let contract = actors.session().contract();
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut request = build_call(contract, call, bindings).map_err(|error| text(&error))?;
    let signer = actors.signer(&call.actor, bindings).map_err(|error| text(&error))?;
    if let Some(operation) = contract.operation(&call.operation) {
        actors.sign(&signer, operation, &mut request).await.map_err(|error| text(&error))?;
    }
    Ok(request)
}

/// Whether any exchange of a run got an answer.
pub(crate) fn anything_answered(exchanges: &[Arc<Exchange>]) -> bool {
    exchanges.iter().any(|exchange| exchange.response().is_some())
}
