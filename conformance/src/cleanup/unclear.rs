//! What was asked for and never answered: was it issued?

use std::sync::Arc;

use rescind_specs::lifecycle::{CallerName, KindName, Listing};
use serde_json::Value;

use super::line::{Asked, Thing};
use super::{Attempts, Left, NotPutAway};
use crate::actors::Actors;
use crate::call::Known;
use crate::credential::Credential;
use crate::lifecycle::Seen;
use crate::lifecycle::driver::list;

/// Finds out what came of each request that was not answered. What was issued goes to the ledger, to be put away with
/// the rest; what cannot be found out is told.
pub(super) async fn clear(actors: &Actors<'_, '_>, attempts: &mut Attempts, left: &mut Left) {
    let session = actors.session();
    for asked in session.ledger().unclear() {
        let Thing::Credential(kind) = &asked.what else {
            left.perhaps(&asked, "no list of the contract shows it");
            continue;
        };
        if let Some(id) = &asked.id {
            // Whoever asked for it chose its identifier: it can be revoked without being looked up.
            let by = asked.by.clone();
            session.found(asked.request, credential(kind, id, by)).await;
            continue;
        }
        let kinds = session.contract().lifecycle().map(|lifecycle| &lifecycle.credentials);
        let listing = kinds.and_then(|kinds| kinds.get(kind)).and_then(|kind| kind.listed.as_ref());
        let Some(listing) = listing.filter(|_| !asked.words.is_empty()) else {
            left.perhaps(&asked, "no list of the contract shows it");
            continue;
        };
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
            Err(why) => left.perhaps(&asked, &why),
        }
    }
}

impl Left {
    fn perhaps(&mut self, asked: &Asked, why: &str) {
        self.perhaps.push(asked.words());
        self.why.get_or_insert_with(|| format!("its request was not answered, and {why}"));
    }
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
    Ok(ids.filter_map(|item| listing.id.get(item).and_then(Value::as_str)).map(str::to_owned).collect())
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
