//! What was asked for and never answered: did it come to be?

use std::sync::Arc;

use indexmap::IndexMap;
use rescind_specs::lifecycle::{CallerName, CheckSpec, KindName, Listing};
use serde_json::Value;

use super::line::{Asked, Thing};
use super::{Attempts, Left, NotPutAway, deleted, is_unanswered, sent};
use crate::actors::Actors;
use crate::call::{Bindings, Known, plain};
use crate::credential::Credential;
use crate::exchange::{Exchange, Response};
use crate::lifecycle::Seen;
use crate::lifecycle::driver::list;

/// Finds out what came of each request for a credential that was not answered. What was issued goes to the ledger, to be
/// put away with the rest.
pub(super) async fn clear(actors: &Actors<'_, '_>, attempts: &mut Attempts, left: &mut Left) {
    let session = actors.session();
    for asked in session.ledger().unclear() {
        let Thing::Credential(kind) = &asked.what else { continue };
        if let Some(id) = &asked.id {
            // Whoever asked for it chose its identifier: it can be revoked without being looked up.
            let by = asked.by.clone();
            session.found(asked.request, credential(kind, id, by)).await;
            continue;
        }
        let kinds = session.contract().lifecycle().map(|lifecycle| &lifecycle.credentials);
        let listing = kinds.and_then(|kinds| kinds.get(kind)).and_then(|kind| kind.listed.as_ref());
        let Some(listing) = listing.filter(|_| !asked.words.is_empty()) else { continue };
        let found = std::sync::Mutex::new(Vec::new());
        let looked_up = attempts
            .run(async || {
                let ids = looked_up(actors, listing, &asked).await?;
                *found.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = ids;
                Ok(())
            })
            .await;
        match looked_up {
            Ok(()) => {
                let ids = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
                for id in ids {
                    let by = asked.by.clone();
                    session.found(asked.request, credential(kind, &id, by)).await;
                }
                session.clear(asked.request).await;
            }
            Err(why) => {
                left.why.get_or_insert(why);
            }
        }
    }
}

/// Tells what could not be found out.
pub(super) fn tell(actors: &Actors<'_, '_>, left: &mut Left) {
    let unclear = actors.session().ledger().unclear();
    if !unclear.is_empty() {
        left.perhaps = counted(&unclear);
        let why = "nobody answered whether it was issued, and no list of the contract shows it";
        left.why.get_or_insert_with(|| why.to_owned());
    }
}

/// What was asked for, each once, with how often where nothing tells them apart.
pub(super) fn counted(unclear: &[Asked]) -> Vec<String> {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for asked in unclear {
        *counts.entry(asked.words()).or_default() += 1;
    }
    let told = counts.into_iter();
    told.map(|(what, count)| if count == 1 { what } else { format!("{what} ({count} times)") }).collect()
}

/// Whether a revocation is worth another attempt: what stood in its way, as its answer says, was a dependent of a request
/// that was not answered, and was deleted, or nobody answered whether it was.
pub(super) async fn is_lifted(actors: &Actors<'_, '_>, refusal: &Exchange) -> bool {
    let session = actors.session();
    let (Some(lifecycle), Some(response)) = (session.contract().lifecycle(), refusal.response()) else {
        return false;
    };
    let checks = lifecycle.requirements.iter().flat_map(|requirement| &requirement.check);
    let guards = checks.filter_map(|check| match check {
        CheckSpec::Guard(guard) => Some((&guard.by, guard.names_dependent.as_ref()?)),
        _ => None,
    });
    for (name, pointer) in guards {
        let (Some(dependent), Some(Value::String(id))) =
            (lifecycle.dependents.get(name), response.at(pointer))
        else {
            continue;
        };
        let id = Known { text: id, from: None };
        let bindings = Bindings { dependent: Some(id.clone()), ..session.bindings() };
        let shown = match sent(actors, &dependent.read.call, &bindings).await {
            Ok(read) if is_unanswered(&read) => return true,
            Ok(read) => read.response().and_then(Response::json),
            Err(NotPutAway::Unanswered(_) | NotPutAway::Undecided(_)) => return true,
            Err(NotPutAway::Refused(_)) => continue,
        };
        let Some(shown) = shown else { continue };
        let is_it = |asked: &Asked| {
            asked.what == Thing::Dependent(name.clone()) && asked.words.iter().any(|word| holds(&shown, word))
        };
        // Nothing is deleted that the run did not ask for.
        let Some(asked) = session.ledger().unclear().into_iter().find(is_it) else { continue };
        match deleted(actors, dependent, &id).await {
            Ok(()) => session.clear(asked.request).await,
            Err(NotPutAway::Unanswered(_) | NotPutAway::Undecided(_)) => {}
            Err(NotPutAway::Refused(_)) => continue,
        }
        return true;
    }
    false
}

/// The identifiers of the items of a list that hold a word of the request.
async fn looked_up(
    actors: &Actors<'_, '_>,
    listing: &Listing,
    asked: &Asked,
) -> Result<Vec<String>, NotPutAway> {
    let home = actors.session().home();
    let read = list(actors, listing, asked.by.as_ref(), home).await;
    let (_, items, seen) = read.map_err(NotPutAway::Unanswered)?;
    if let Seen::Unclear(why) | Seen::NotRun(why) = seen {
        return Err(NotPutAway::Unanswered(why));
    }
    let ids = items.iter().filter(|item| asked.words.iter().any(|word| holds(item, word)));
    Ok(ids.filter_map(|item| listing.id.get(item)).map(plain).collect())
}

/// Whether a text within the value holds the word.
fn holds(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.contains(word),
        Value::Array(items) => items.iter().any(|item| holds(item, word)),
        Value::Object(members) => members.values().any(|member| holds(member, word)),
        _ => false,
    }
}

/// A credential of which no more is known than its identifier.
fn credential(kind: &KindName, id: &str, by: Option<CallerName>) -> Arc<Credential> {
    Arc::new(Credential {
        kind: kind.clone(),
        id: Known { text: id.to_owned(), from: None },
        secret: None,
        expires_at: None,
        issued: None,
        caller: by,
        revocation: None,
    })
}
