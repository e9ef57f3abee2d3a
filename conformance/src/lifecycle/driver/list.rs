//! Reading a list to its end.

use std::collections::HashSet;
use std::sync::Arc;

use rescind_specs::lifecycle::{Call, CallerName, JsonTemplate, Listing};
use serde_json::Value;

use super::answer::status;
use super::{Done, Driver, PAGES, text};
use crate::actors::{Actors, Signer};
use crate::call::plain;
use crate::credential::Credential;
use crate::exchange::{Exchange, Replica};
use crate::lifecycle::history::Seen;

/// About so many pages a list is read in where its pages are short.
const SHORT_PAGES: usize = 20;

impl Driver<'_, '_, '_> {
    /// Reads a list to its end.
    pub(super) async fn list(
        &self,
        listing: &Listing,
        caller: Option<&CallerName>,
        replica: Replica,
    ) -> Result<(Vec<Arc<Exchange>>, Vec<Value>, Seen), String> {
        list(self.actors, listing, caller, replica).await
    }

    /// Reads a list in pages so short that there are several, and not too many of them.
    pub(super) async fn list_in_short_pages(&self) -> Result<Done, String> {
        let listing = self.kind.listed.as_ref().ok_or("it is listed nowhere")?;
        let size = listing.next.as_ref().and_then(|next| next.size.as_ref());
        let size = size.ok_or("the length of its pages cannot be chosen")?;
        let home = self.session().home();
        let (mut exchanges, items, seen) = self.list(listing, None, home).await?;
        if seen != Seen::Accepted {
            return Ok(Done { exchanges, items: Some(items), ..Done::new(seen) });
        }
        let length = items.len().div_ceil(SHORT_PAGES).max(2);
        let mut call = listing.call.clone();
        let length = JsonTemplate::try_from(Value::from(length)).map_err(text)?;
        call.parameters.insert(size.clone(), length);
        let (more, items, seen) = pages(self.actors, listing, call, None, home).await?;
        exchanges.extend(more);
        Ok(Done { exchanges, items: Some(items), ..Done::new(seen) })
    }

    pub(super) async fn stop_unless_only(&self, credential: &Arc<Credential>) -> Result<Done, String> {
        let kind = self.kind_of(credential);
        let listing = kind.listed.as_ref().ok_or("nothing lists the credentials of a caller")?;
        let caller = credential.caller.as_ref().ok_or("it is no caller's own")?;
        let home = self.session().home();
        let (exchanges, items, seen) = self.list(listing, Some(caller), home).await?;
        if seen != Seen::Accepted {
            return Ok(Done { exchanges, items: Some(items), ..Done::new(seen) });
        }
        let is_active = |item: &&Value| match &listing.state {
            None => true,
            Some(state) => state.pointer.get(item).and_then(Value::as_str) == Some(state.active.as_str()),
        };
        let active: Vec<&Value> = items.iter().filter(is_active).collect();
        let seen = match active.as_slice() {
            [only] if names(listing, only, &credential.id.text) => Seen::Accepted,
            others => Seen::NotRun(format!(
                "{caller} has {} active credentials; exactly one is needed",
                others.len()
            )),
        };
        Ok(Done { exchanges, items: Some(items), ..Done::new(seen) })
    }
}

/// Reads a list to its end.
pub(crate) async fn list(
    actors: &Actors<'_, '_>,
    listing: &Listing,
    caller: Option<&CallerName>,
    replica: Replica,
) -> Result<(Vec<Arc<Exchange>>, Vec<Value>, Seen), String> {
    pages(actors, listing, listing.call.clone(), caller, replica).await
}

async fn pages(
    actors: &Actors<'_, '_>,
    listing: &Listing,
    mut call: Call,
    caller: Option<&CallerName>,
    replica: Replica,
) -> Result<(Vec<Arc<Exchange>>, Vec<Value>, Seen), String> {
    let bindings = actors.session().bindings();
    let (mut exchanges, mut items) = (Vec::new(), Vec::<Value>::new());
    for _ in 0..PAGES {
        let request = match caller {
            None => actors.request(&call, &bindings).await,
            Some(name) => actors.request_as(&Signer::Caller(name.clone()), &call, &bindings).await,
        };
        let request = request.map_err(text)?;
        let exchange = actors.session().send_patiently_to(replica, request).await;
        exchanges.push(Arc::clone(&exchange));
        let body = match exchange.response() {
            Some(response) if response.status.is_success() => response.json(),
            _ => {
                let why = Seen::Unclear(format!("the list was answered {}", status(&exchange)));
                return Ok((exchanges, items, why));
            }
        };
        let page = body.as_ref().and_then(|body| listing.items.get(body)).and_then(Value::as_array);
        let Some(page) = page else {
            return Ok((exchanges, items, Seen::Unclear("the list has no items".to_owned())));
        };
        items.extend(page.iter().cloned());
        let Some(next) = &listing.next else {
            return Ok((exchanges, items, Seen::Accepted));
        };
        let more = body.as_ref().and_then(|body| next.more.get(body));
        let more = more.is_some_and(|more| more != &Value::Bool(false) && !more.is_null());
        let Some(cursor) = page.last().and_then(|item| next.last.get(item)).filter(|_| more) else {
            return Ok((exchanges, items, Seen::Accepted));
        };
        let cursor = JsonTemplate::try_from(cursor.clone()).map_err(text)?;
        call.parameters.insert(next.parameter.clone(), cursor);
    }
    Ok((exchanges, items, Seen::Unclear(format!("the list has more than {PAGES} pages"))))
}

/// Whether an item of a list is the credential with this identifier.
pub(crate) fn names(listing: &Listing, item: &Value, id: &str) -> bool {
    listing.id.get(item).is_some_and(|found| plain(found) == id)
}

/// Whether an item of a list is the live credential with this identifier.
pub(crate) fn is_live(listing: &Listing, item: &Value, id: &str) -> bool {
    names(listing, item, id) && shows_life(listing, item)
}

/// The identifiers of the live credentials among these items.
pub(crate) fn live_ids<'v>(listing: &Listing, items: impl IntoIterator<Item = &'v Value>) -> HashSet<String> {
    let live = items.into_iter().filter(|item| shows_life(listing, item));
    live.filter_map(|item| listing.id.get(item)).map(plain).collect()
}

fn shows_life(listing: &Listing, item: &Value) -> bool {
    listing
        .state
        .as_ref()
        .is_none_or(|state| state.pointer.get(item).and_then(Value::as_str) == Some(state.active.as_str()))
}
