//! Issuing a credential, or making up what it will be.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::SignedDuration;
use rescind_specs::lifecycle::{Actor, CallerName, Expression, Issue, JsonTemplate};

use super::answer::seen;
use super::{Done, Draft, Driver, State, text};
use crate::actors::Actors;
use crate::call::{Bindings, set_header};
use crate::credential::{Credential, known};
use crate::exchange::Request;
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::{Issuing, Key, Patch, Slot};

impl Driver<'_, '_, '_> {
    pub(super) fn draft(&self) -> Result<Draft, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let pool = if uses_pool(issue) {
            let pair = self.session().next_pair();
            Some(pair.ok_or("the pool of pairs that can be registered is used up; supply more of them")?)
        } else {
            None
        };
        Ok(Draft { unique: self.session().unique(), pool })
    }

    pub(super) fn reserve(&self, slot: Slot, state: &mut State) -> Result<Done, String> {
        let draft = self.draft()?;
        let held = state.slots.entry(slot).or_default();
        if let Some(pair) = &draft.pool {
            // Known before it is issued: whoever supplied the pair knows its secret.
            let caller = CallerName(String::new());
            let credential = Credential::supplied(&caller, self.name, pair);
            held.credential = Some(Arc::new(Credential { caller: None, ..credential }));
        }
        held.draft = Some(draft);
        Ok(Done { credential: held.credential.clone(), ..Done::new(Seen::Accepted) })
    }

    pub(super) async fn issue(
        &self,
        slot: Slot,
        issuing: &Issuing,
        state: &mut State,
    ) -> Result<Done, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let model = issuing.like.unwrap_or(slot);
        let known_draft = state.slots.get(&model).and_then(|held| held.draft.clone());
        let draft = match (known_draft, issuing.like) {
            (Some(draft), _) => draft,
            (None, Some(like)) => return Err(format!("{like} was never issued")),
            (None, None) => self.draft()?,
        };
        let mut bindings =
            Bindings { unique: draft.unique.clone(), pool: draft.pool.clone(), ..self.session().bindings() };
        match &issuing.patch {
            Patch::Nothing => {}
            Patch::Body(body) => bindings.patch = Some(body.clone()),
            Patch::Expiring => {
                let expiring = issue.expiring.as_ref().ok_or("a short life cannot be asked for")?;
                let life = SignedDuration::try_from(expiring.lifetime.duration()).map_err(text)?;
                bindings.expiry = self.session().now().checked_add(life).ok();
                bindings.patch = Some(expiring.body.clone());
            }
        }
        let request = match (issuing.key, issuing.like.and_then(|like| state.slots.get(&like))) {
            (Key::Same, Some(held)) => {
                let first = held.request.clone().ok_or("there is no request to send again")?;
                // Signed anew: a token of the first time may have expired.
                let mut request = issue_call(self.actors, issue, issuing.by.as_ref(), &mut bindings).await?;
                if let Some(header) = &issue.idempotency_key
                    && let Some(key) = first.headers.get(header.as_str())
                    && let Ok(name) = http::HeaderName::from_bytes(header.as_bytes())
                {
                    request.headers.insert(name, key.clone());
                }
                request.body = first.body;
                request
            }
            _ => issue_call(self.actors, issue, issuing.by.as_ref(), &mut bindings).await?,
        };
        state.slots.entry(slot).or_default().draft = Some(draft);
        let exchange = self.session().send_patiently(request.clone()).await;
        let outcome = seen(self.contract(), &issue.success, &bindings, &exchange);
        let issued = Credential::issued(self.contract(), &exchange).map(Arc::new);
        if let Some(template) = &issue.secret
            && let Some(secret) = known(self.contract(), template, &exchange)
        {
            self.session().taint(&secret.text);
        }
        let outcome = match (outcome, &issued) {
            (Seen::Accepted, None) => Seen::Unclear("the answer has no identifier".to_owned()),
            (outcome, _) => outcome,
        };
        if outcome == Seen::Accepted {
            let held = state.slots.entry(slot).or_default();
            // Expiry that was asked for and is not in the answer still holds.
            let issued = issued.map(|credential| match (credential.expires_at, bindings.expiry) {
                (None, Some(expiry)) => {
                    Arc::new(Credential { expires_at: Some(expiry), ..(*credential).clone() })
                }
                _ => credential,
            });
            let issued = match &issuing.by {
                Some(caller) => issued.map(|credential| {
                    Arc::new(Credential { caller: Some(caller.clone()), ..(*credential).clone() })
                }),
                None => issued,
            };
            if let (Some(caller), Some(credential)) = (&issuing.by, &issued) {
                self.session().ledger().issued_by(credential, caller);
            }
            held.credential.clone_from(&issued);
            held.request = Some(request);
            return Ok(Done { credential: issued, ..Done::answered(outcome, exchange) });
        }
        let other = issuing.like.and_then(|like| state.slots.get(&like)?.credential.clone());
        Ok(Done { credential: other, ..Done::answered(outcome, exchange) })
    }
}

/// The request that issues a credential, signed, with an idempotency key where there is one.
pub(in crate::lifecycle) async fn issue_call(
    actors: &Actors<'_, '_>,
    issue: &Issue,
    by: Option<&CallerName>,
    bindings: &mut Bindings,
) -> Result<Request, String> {
    let session = actors.session();
    if bindings.pool.is_none() && uses_pool(issue) {
        let pair = session.next_pair();
        bindings.pool =
            Some(pair.ok_or("the pool of pairs that can be registered is used up; supply more of them")?);
    }
    let mut call = Cow::Borrowed(&issue.call);
    if let Some(caller) = by {
        call.to_mut().actor = Actor::Caller(caller.clone());
    }
    let mut request = actors.request(&call, bindings).await.map_err(text)?;
    if let Some(header) = &issue.idempotency_key {
        set_header(&mut request.headers, header, &session.unique()).map_err(text)?;
    }
    Ok(request)
}

pub(super) fn uses_pool(issue: &Issue) -> bool {
    let pool = |expression: &Expression| matches!(expression, Expression::PoolId | Expression::PoolSecret);
    let body = issue.call.body.iter().flat_map(JsonTemplate::expressions);
    let parameters = issue.call.parameters.values().flat_map(JsonTemplate::expressions);
    body.chain(parameters).any(|expression| pool(&expression))
}
