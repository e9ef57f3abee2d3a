//! Runs a sequence against a deployment, step by step, and writes its history.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    Action, Actor, BodyCase, CallerName, Condition, CredentialKind, Dependent, DependentName, Expression,
    Issue, JsonTemplate, KindName, Listing, Probe, Revoke, TokenName,
};
use serde_json::Value;

use super::control::Controls;
use super::history::{Event, History, Seen};
use super::impostor::{forge, spoil};
use super::step::{By, DependentSlot, Issuing, Key, Patch, Slot, Step, Target, TokenSlot, Until};
use crate::actors::{Actors, Placed, Signer};
use crate::call::{Bindings, Known, Scope, accept, build_call, path_parameter, set_header};
use crate::clock::StillOpen;
use crate::credential::{Credential, Token, known};
use crate::deployment::Pair;
use crate::exchange::{Exchange, Origin, Request};
use crate::session::Session;

/// More pages than this are not read.
pub(crate) const PAGES: usize = 200;

/// Runs sequences about one kind of credential.
pub struct Driver<'a, 's, 'r> {
    /// Whoever acts.
    pub actors: &'a Actors<'s, 'r>,
    /// The control credentials of the run.
    pub controls: &'a Controls,
    /// The name of the kind.
    pub name: &'a KindName,
    /// The kind.
    pub kind: &'a CredentialKind,
}

/// What a sequence holds at a moment.
#[derive(Default)]
struct State {
    slots: BTreeMap<Slot, Held>,
    tokens: BTreeMap<TokenSlot, Arc<Token>>,
    dependents: BTreeMap<DependentSlot, (DependentName, Known)>,
    waited: Duration,
    /// The least that the steps to come will wait, so that a wait that is too long tells how long all of them take.
    later: Later,
}

/// The least that some steps wait.
#[derive(Clone, Copy, Default)]
struct Later {
    /// On top of what was waited before.
    further: Duration,
    /// From a moment that may have passed in part.
    since: Duration,
}

/// The least that `steps` wait. A wait for an expiry is not counted: it is not known beforehand when that is.
fn longest(steps: &[Step]) -> Later {
    steps.iter().fold(Later::default(), |mut later, step| {
        match step {
            Step::Wait(Until::For(time)) => later.further += *time,
            Step::Wait(Until::AfterRevocation(_, time) | Until::TokenAge(_, time)) => {
                later.since = later.since.max(*time);
            }
            _ => {}
        }
        later
    })
}

/// What a slot holds.
#[derive(Clone, Default)]
struct Held {
    draft: Option<Draft>,
    credential: Option<Arc<Credential>>,
    request: Option<Request>,
    revoked: Option<Timestamp>,
}

/// What a credential is going to be.
#[derive(Clone)]
struct Draft {
    unique: String,
    pool: Option<Pair>,
}

/// What came of a step, before its times are noted.
struct Done {
    seen: Seen,
    exchanges: Vec<Arc<Exchange>>,
    credential: Option<Arc<Credential>>,
    token: Option<Arc<Token>>,
    dependent: Option<Known>,
    items: Option<Vec<Value>>,
    control: Option<Seen>,
}

impl Done {
    fn new(seen: Seen) -> Self {
        Self {
            seen,
            exchanges: Vec::new(),
            credential: None,
            token: None,
            dependent: None,
            items: None,
            control: None,
        }
    }

    fn answered(seen: Seen, exchange: Arc<Exchange>) -> Self {
        Self { exchanges: vec![exchange], ..Self::new(seen) }
    }
}

impl<'r> Driver<'_, '_, 'r> {
    fn session(&self) -> &Session<'r> {
        self.actors.session()
    }

    fn contract(&self) -> &'r Contract {
        self.session().contract()
    }

    /// Runs the steps in order. The first that cannot be run ends the sequence; its event says why.
    pub async fn run(&self, steps: &[Step]) -> History {
        let mut state = State::default();
        let mut history = History::default();
        for (index, step) in steps.iter().enumerate() {
            let began = self.session().now();
            state.later = longest(&steps[index + 1..]);
            let done = match self.step(step, &mut state).await {
                Ok(done) => done,
                Err(why) => Done::new(Seen::NotRun(why)),
            };
            let over = matches!(done.seen, Seen::NotRun(_) | Seen::StillOpen(_));
            history.events.push(Event {
                step: step.clone(),
                began,
                ended: self.session().now(),
                seen: done.seen,
                exchanges: done.exchanges,
                credential: done.credential,
                token: done.token,
                dependent: done.dependent,
                items: done.items,
                control: done.control,
            });
            if over {
                break;
            }
        }
        history
    }

    async fn step(&self, step: &Step, state: &mut State) -> Result<Done, String> {
        match step {
            Step::Reserve(slot) => self.reserve(*slot, state),
            Step::Adopt(slot, caller) => {
                let credential = self.actors.caller(caller).map_err(text)?;
                state.slots.entry(*slot).or_default().credential = Some(Arc::clone(&credential));
                Ok(Done { credential: Some(credential), ..Done::new(Seen::Accepted) })
            }
            Step::Issue(slot, issuing) => self.issue(*slot, issuing, state).await,
            Step::Present(slot) => self.present(&held(state, *slot)?).await,
            Step::Exchange(slot, token, into) => {
                self.exchange(&held(state, *slot)?, token, *into, state).await
            }
            Step::PresentToken(token) => self.present_token(*token, state).await,
            Step::Revoke { target, by, body } => self.revoke(*target, by, body.as_ref(), state).await,
            Step::RevokeAsDescribed(slot) => self.revoke_as_described(*slot, state).await,
            Step::RevokeMany(slot, parallel) => self.revoke_many(*slot, *parallel, state).await,
            Step::List(caller) => {
                let listing = self.kind.listed.as_ref().ok_or("it is listed nowhere")?;
                let (exchanges, items, seen) = self.list(listing, caller.as_ref()).await?;
                Ok(Done { exchanges, items: Some(items), ..Done::new(seen) })
            }
            Step::StopUnlessOnlyActive(slot) => self.stop_unless_only(&held(state, *slot)?).await,
            Step::Wait(until) => self.wait(*until, state).await,
            Step::Create(name, into, slot) => {
                let dependent = self.dependent(name)?;
                let bindings = self.refer(Some(held(state, *slot)?), None);
                let done = self.act(&dependent.create, &bindings).await?;
                let exchange = done.exchanges.last();
                let id = exchange.and_then(|exchange| known(self.contract(), &dependent.id, exchange));
                if done.seen == Seen::Accepted {
                    let id = id.clone().ok_or("the answer has no identifier of the dependent")?;
                    state.dependents.insert(*into, (name.clone(), id));
                }
                Ok(Done { dependent: id.filter(|_| done.seen == Seen::Accepted), ..done })
            }
            Step::Read(dependent) => self.on_dependent(*dependent, None, state, |all| Some(&all.read)).await,
            Step::Repoint(dependent, slot) => {
                let credential = Some(held(state, *slot)?);
                self.on_dependent(*dependent, credential, state, |all| all.repoint.as_ref()).await
            }
            Step::Clear(dependent) => {
                self.on_dependent(*dependent, None, state, |all| all.clear.as_ref()).await
            }
            Step::Delete(dependent) => {
                self.on_dependent(*dependent, None, state, |all| Some(&all.delete)).await
            }
        }
    }

    fn draft(&self) -> Result<Draft, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let pool = if uses_pool(issue) {
            let pair = self.session().next_pair();
            Some(pair.ok_or("the pool of pairs that can be registered is used up; supply more of them")?)
        } else {
            None
        };
        Ok(Draft { unique: self.session().unique(), pool })
    }

    fn reserve(&self, slot: Slot, state: &mut State) -> Result<Done, String> {
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

    async fn issue(&self, slot: Slot, issuing: &Issuing, state: &mut State) -> Result<Done, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let model = issuing.like.unwrap_or(slot);
        let known_draft = state.slots.get(&model).and_then(|held| held.draft.clone());
        let draft = match (known_draft, issuing.like) {
            (Some(draft), _) => draft,
            (None, Some(like)) => return Err(format!("{like} was never issued")),
            (None, None) => self.draft()?,
        };
        let mut bindings =
            Bindings { unique: draft.unique.clone(), pool: draft.pool.clone(), ..Bindings::default() };
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
                let mut request = held.request.clone().ok_or("there is no request to send again")?;
                // A token of the first time may have expired.
                request.headers.remove(http::header::AUTHORIZATION);
                self.sign_issue(issue, &bindings, &mut request).await?;
                request
            }
            _ => issue_call(self.actors, issue, &mut bindings).await?,
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
            held.credential.clone_from(&issued);
            held.request = Some(request);
            return Ok(Done { credential: issued, ..Done::answered(outcome, exchange) });
        }
        let other = issuing.like.and_then(|like| state.slots.get(&like)?.credential.clone());
        Ok(Done { credential: other, ..Done::answered(outcome, exchange) })
    }

    async fn sign_issue(
        &self,
        issue: &Issue,
        bindings: &Bindings,
        request: &mut Request,
    ) -> Result<(), String> {
        sign(self.actors, &issue.call, bindings, request).await
    }

    async fn present(&self, credential: &Arc<Credential>) -> Result<Done, String> {
        let kind = self.kind_of(credential);
        let Some(documented) = &kind.probe else { return self.present_by_list(credential, kind).await };
        let bindings = Bindings {
            credential: Some(Arc::clone(credential)),
            unique: self.session().unique(),
            ..Bindings::default()
        };
        let signer = self.actors.signer(&documented.call.actor, &bindings).map_err(text)?;
        let (exchange, seen) = probe(self.actors, documented, &signer, &bindings).await;
        let control = match seen {
            Seen::Refused => Some(self.controls.present(self.actors, self.name, self.kind).await),
            _ => None,
        };
        let exchanges = exchange.into_iter().collect();
        Ok(Done { exchanges, control, credential: Some(Arc::clone(credential)), ..Done::new(seen) })
    }

    /// A kind without a probe is alive as long as it is listed.
    async fn present_by_list(
        &self,
        credential: &Arc<Credential>,
        kind: &CredentialKind,
    ) -> Result<Done, String> {
        let listing = kind.listed.as_ref().ok_or("it has neither a probe nor a list")?;
        let control = self.controls.get(self.actors, self.name, self.kind).await;
        let (exchanges, items, seen) = self.list(listing, None).await?;
        if seen != Seen::Accepted {
            return Ok(Done { exchanges, credential: Some(Arc::clone(credential)), ..Done::new(seen) });
        }
        let live = |id: &str| items.iter().any(|item| is_live(listing, item, id));
        let seen = if live(&credential.id.text) { Seen::Accepted } else { Seen::Refused };
        let control = match (&seen, control) {
            (Seen::Refused, Ok(control)) if live(&control.id.text) => Some(Seen::Accepted),
            (Seen::Refused, Ok(_)) => {
                self.controls.forget(self.name);
                Some(Seen::Refused)
            }
            (Seen::Refused, Err(why)) => Some(Seen::NotRun(why)),
            _ => None,
        };
        Ok(Done {
            exchanges,
            control,
            items: Some(items),
            credential: Some(Arc::clone(credential)),
            ..Done::new(seen)
        })
    }

    async fn exchange(
        &self,
        credential: &Arc<Credential>,
        name: &TokenName,
        into: TokenSlot,
        state: &mut State,
    ) -> Result<Done, String> {
        let kind = self.kind_of(credential).tokens.get(name).ok_or("there is no such kind of token")?;
        let (exchange, token) = self.actors.exchange(credential, name, kind).await.map_err(text)?;
        let seen = match &token {
            Some(_) => Seen::Accepted,
            None => match seen(self.contract(), &kind.success, &Bindings::default(), &exchange) {
                Seen::Accepted => Seen::Unclear("the answer has no token".to_owned()),
                other => other,
            },
        };
        if let Some(token) = &token {
            state.tokens.insert(into, Arc::clone(token));
        }
        Ok(Done { token, credential: Some(Arc::clone(credential)), ..Done::answered(seen, exchange) })
    }

    async fn present_token(&self, slot: TokenSlot, state: &State) -> Result<Done, String> {
        let token = state.tokens.get(&slot).ok_or("there is no such token")?;
        let kind = self.kind_of(&token.of).tokens.get(&token.name).ok_or("there is no such kind of token")?;
        let bindings = Bindings {
            credential: Some(Arc::clone(&token.of)),
            token: Some(Arc::clone(token)),
            unique: self.session().unique(),
            ..Bindings::default()
        };
        let signer = self.actors.signer(&kind.probe.call.actor, &bindings).map_err(text)?;
        let (exchange, seen) = probe(self.actors, &kind.probe, &signer, &bindings).await;
        let control = if seen == Seen::Refused {
            let control = self.controls.get(self.actors, self.name, self.kind).await;
            Some(match control {
                Ok(control) => {
                    let signer = Signer::Credential(Arc::clone(&control));
                    let bindings = Bindings { credential: Some(control), ..bindings.clone() };
                    probe(self.actors, &kind.probe, &signer, &bindings).await.1
                }
                Err(why) => Seen::NotRun(why),
            })
        } else {
            None
        };
        Ok(Done {
            exchanges: exchange.into_iter().collect(),
            control,
            credential: Some(Arc::clone(&token.of)),
            token: Some(Arc::clone(token)),
            ..Done::new(seen)
        })
    }

    /// The request for a revocation, signed.
    async fn revocation(
        &self,
        target: &Arc<Credential>,
        by: &By,
        body: Option<&BodyCase>,
        state: &State,
    ) -> Result<Request, String> {
        let revoke = self.revocable()?;
        let contract = self.contract();
        let bindings = Bindings {
            credential: Some(Arc::clone(target)),
            unique: self.session().unique(),
            ..Bindings::default()
        };
        let mut call = revoke.call.clone();
        match body {
            None => {}
            Some(BodyCase::Absent(_)) => call.body = None,
            Some(BodyCase::Json(template)) => call.body = Some(template.clone()),
            Some(BodyCase::LongText { member, length }) => {
                let value = serde_json::json!({ member.as_str(): "a".repeat(*length) });
                call.body = JsonTemplate::try_from(value).ok();
            }
        }
        let mut request = build_call(contract, &call, &bindings).map_err(text)?;
        let operation = contract.operation(&call.operation).ok_or("the operation is not in the contract")?;
        let documented = || self.actors.signer(&call.actor, &bindings).map_err(text);
        let word = self.session().unique();
        let placed = match by {
            By::Documented => self.actors.present(&documented()?, operation).await.map_err(text)?,
            By::Slot(slot) => {
                let signer = Signer::Credential(held(state, *slot)?);
                self.actors.present(&signer, operation).await.map_err(text)?
            }
            By::Token(slot) => {
                let token = state.tokens.get(slot).ok_or("there is no such token")?;
                self.actors.present(&Signer::Token(Arc::clone(token)), operation).await.map_err(text)?
            }
            By::Caller(name) => {
                self.actors.present(&Signer::Caller(name.clone()), operation).await.map_err(text)?
            }
            By::Nobody => Vec::new(),
            By::Unknown => forge(self.actors.present(&documented()?, operation).await.map_err(text)?, &word),
            By::WrongSecret => {
                let signer = Signer::Credential(Arc::clone(target));
                let placed = self.actors.present(&signer, operation).await.map_err(text)?;
                let secret = target.secret.as_ref().ok_or("it has no secret")?;
                spoil(placed, &secret.text, &word)
            }
            By::Without(index) => {
                let mut placed = self.actors.present(&documented()?, operation).await.map_err(text)?;
                if *index >= placed.len() {
                    return Err(format!("there is no required value {}", index + 1));
                }
                placed.remove(*index);
                placed
            }
            By::BasicPair | By::BareSecret => {
                raw(target, by, &mut request)?;
                Vec::new()
            }
        };
        self.put(&placed, &mut request)?;
        Ok(request)
    }

    fn put(&self, placed: &[Placed], request: &mut Request) -> Result<(), String> {
        placed.iter().try_for_each(|placed| self.actors.put(placed, request).map_err(text))
    }

    fn revocable(&self) -> Result<&Revoke, String> {
        self.kind.revoke.as_ref().ok_or_else(|| "it cannot be revoked".to_owned())
    }

    async fn revoke(
        &self,
        target: Target,
        by: &By,
        body: Option<&BodyCase>,
        state: &mut State,
    ) -> Result<Done, String> {
        let credential = match target {
            Target::Slot(slot) => held(state, slot)?,
            Target::Unknown => self.nobodys()?,
        };
        let request = self.revocation(&credential, by, body, state).await?;
        let exchange = self.session().send_patiently(request).await;
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let outcome = seen(self.contract(), &self.revocable()?.success, &bindings, &exchange);
        if let (Target::Slot(slot), Seen::Accepted) = (target, &outcome) {
            mark_revoked(state, slot, exchange.received);
        }
        let control = match exchange.status() {
            Some(401) => self.asker(target, by, state).await,
            _ => None,
        };
        Ok(Done { control, credential: Some(credential), ..Done::answered(outcome, exchange) })
    }

    /// Whether whoever asked for a revocation still works, where it should: a 401 to a dead caller tells nothing.
    async fn asker(&self, target: Target, by: &By, state: &State) -> Option<Seen> {
        let documented = self.kind.revoke.as_ref().map(|revoke| &revoke.call.actor);
        let credential = match (by, documented) {
            (By::Caller(name), _) | (By::Documented, Some(Actor::Caller(name))) => {
                self.actors.caller(name).ok()?
            }
            // One that was revoked in this sequence is refused with good reason.
            (By::Slot(slot), _) if target != Target::Slot(*slot) => {
                let held = state.slots.get(slot).filter(|held| held.revoked.is_none())?;
                held.credential.clone()?
            }
            _ => return None,
        };
        let probed = self.kind_of(&credential).probe.as_ref()?;
        let signer = Signer::Credential(Arc::clone(&credential));
        let bindings = self.refer(Some(credential), None);
        Some(probe(self.actors, probed, &signer, &bindings).await.1)
    }

    /// A credential with an identifier that none has.
    fn nobodys(&self) -> Result<Arc<Credential>, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let bindings = Bindings { unique: self.session().unique(), ..Bindings::default() };
        let id = issue
            .unknown_id
            .render(&mut |expression| bindings.value(expression, &Scope::before()))
            .map_err(|expression| format!("nothing is known for {expression}"))?;
        let Value::String(id) = id else { return Err("the unknown identifier is no text".to_owned()) };
        Ok(Arc::new(Credential {
            kind: self.name.clone(),
            id: Known { text: id, from: None },
            secret: None,
            expires_at: None,
            issued: None,
            caller: None,
            revocation: None,
        }))
    }

    async fn revoke_as_described(&self, slot: Slot, state: &mut State) -> Result<Done, String> {
        let credential = held(state, slot)?;
        let revoke = self.revocable()?;
        let (method, path) =
            credential.revocation.clone().ok_or("its issuing answer does not say how to revoke it")?;
        let method =
            http::Method::from_bytes(method.as_bytes()).map_err(|_| format!("{method:?} is no method"))?;
        let contract = self.contract();
        let operation =
            contract.operation(&revoke.call.operation).ok_or("the operation is not in the contract")?;
        let parameter = operation.path.parameters().next().unwrap_or_default();
        let same = operation.method == method && path_parameter(operation, &path, parameter).is_some();
        let target = if path.starts_with('/') { path } else { format!("/{path}") };
        let origin = match (&credential.issued, &self.kind.issue) {
            (Some(_), Some(_)) => {
                credential.id.from.clone().map(|from| Origin::new(credential.id.text.clone(), from))
            }
            _ => None,
        };
        let mut request = Request {
            operation: same.then(|| operation.id.clone()),
            method,
            target,
            headers: accept(operation),
            body: None,
            origins: origin.into_iter().collect(),
        };
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let signer = self.actors.signer(&revoke.call.actor, &bindings).map_err(text)?;
        self.actors.sign(&signer, operation, &mut request).await.map_err(text)?;
        let exchange = self.session().send_patiently(request).await;
        let outcome = seen(contract, &revoke.success, &bindings, &exchange);
        if outcome == Seen::Accepted {
            mark_revoked(state, slot, exchange.received);
        }
        Ok(Done { credential: Some(credential), ..Done::answered(outcome, exchange) })
    }

    async fn revoke_many(&self, slot: Slot, parallel: u8, state: &mut State) -> Result<Done, String> {
        let credential = held(state, slot)?;
        let request = self.revocation(&credential, &By::Documented, None, state).await?;
        let sends = (0..parallel).map(|_| self.session().send(request.clone()));
        let exchanges = futures::future::join_all(sends).await;
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let success = &self.revocable()?.success;
        let done = exchanges
            .iter()
            .filter(|exchange| bindings.meets(self.contract(), success, exchange).is_ok())
            .map(|exchange| exchange.received)
            .max();
        if let Some(at) = done {
            mark_revoked(state, slot, at);
        }
        let outcome = if done.is_some() { Seen::Accepted } else { Seen::Refused };
        Ok(Done { exchanges, credential: Some(credential), ..Done::new(outcome) })
    }

    /// Reads a list to its end.
    async fn list(
        &self,
        listing: &Listing,
        caller: Option<&CallerName>,
    ) -> Result<(Vec<Arc<Exchange>>, Vec<Value>, Seen), String> {
        let contract = self.contract();
        let bindings = Bindings { unique: self.session().unique(), ..Bindings::default() };
        let mut call = listing.call.clone();
        let (mut exchanges, mut items) = (Vec::new(), Vec::<Value>::new());
        for _ in 0..PAGES {
            let mut request = build_call(contract, &call, &bindings).map_err(text)?;
            match caller {
                None => sign(self.actors, &call, &bindings, &mut request).await?,
                Some(name) => {
                    let operation = contract.operation(&call.operation).ok_or("no such operation")?;
                    let signer = Signer::Caller(name.clone());
                    self.actors.sign(&signer, operation, &mut request).await.map_err(text)?;
                }
            }
            let exchange = self.session().send_patiently(request).await;
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

    async fn stop_unless_only(&self, credential: &Arc<Credential>) -> Result<Done, String> {
        let kind = self.kind_of(credential);
        let listing = kind.listed.as_ref().ok_or("nothing lists the credentials of a caller")?;
        let caller = credential.caller.as_ref().ok_or("it is no caller's own")?;
        let (exchanges, items, seen) = self.list(listing, Some(caller)).await?;
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

    async fn wait(&self, until: Until, state: &mut State) -> Result<Done, String> {
        let session = self.session();
        let seconds = SignedDuration::from_secs;
        let add = |at: Timestamp, time: SignedDuration| at.checked_add(time).map_err(text);
        let token = |slot: &TokenSlot| state.tokens.get(slot).ok_or("there is no such token");
        let at = match until {
            Until::For(time) => add(session.now(), SignedDuration::try_from(time).map_err(text)?)?,
            Until::AfterRevocation(slot, time) => {
                let revoked = state.slots.get(&slot).and_then(|held| held.revoked);
                let revoked =
                    revoked.ok_or_else(|| format!("the revocation of {slot} was not acknowledged"))?;
                add(revoked, SignedDuration::try_from(time).map_err(text)?)?
            }
            Until::Expiry(slot, offset) => {
                let expiry = held(state, slot)?.expires_at;
                add(expiry.ok_or_else(|| format!("it is not known when {slot} expires"))?, seconds(offset))?
            }
            Until::TokenExpiry(slot, offset) => add(token(&slot)?.expires_at, seconds(offset))?,
            Until::TokenAge(slot, age) => {
                add(token(&slot)?.received, SignedDuration::try_from(age).map_err(text)?)?
            }
        };
        let time = Duration::try_from(at.duration_since(session.now())).unwrap_or_default();
        let patience = session.plan().patience;
        // Patience is for a sequence, not for each of its waits.
        let left = patience.saturating_sub(state.waited);
        match session.wait_for(time, &Step::Wait(until).to_string(), left).await {
            Ok(()) => {
                state.waited += time;
                Ok(Done::new(Seen::Accepted))
            }
            Err(StillOpen::Patience { .. }) => {
                let needed = (state.waited + time).max(state.later.since) + state.later.further;
                Ok(Done::new(Seen::StillOpen(StillOpen::Patience { needed, patience }.to_string())))
            }
            Err(error) => Ok(Done::new(Seen::StillOpen(error.to_string()))),
        }
    }

    fn dependent(&self, name: &DependentName) -> Result<&'r Dependent, String> {
        let lifecycle = self.contract().lifecycle().ok_or("the contract has no lifecycle document")?;
        lifecycle.dependents.get(name).ok_or_else(|| format!("there is no dependent {name}"))
    }

    async fn on_dependent(
        &self,
        slot: DependentSlot,
        credential: Option<Arc<Credential>>,
        state: &State,
        choose: impl Fn(&'r Dependent) -> Option<&'r Action>,
    ) -> Result<Done, String> {
        let (name, id) = state.dependents.get(&slot).ok_or("there is no such dependent")?;
        let action = choose(self.dependent(name)?).ok_or("the contract does not say how")?;
        let bindings = self.refer(credential, Some(id.clone()));
        Ok(Done { dependent: Some(id.clone()), ..self.act(action, &bindings).await? })
    }

    async fn act(&self, action: &Action, bindings: &Bindings) -> Result<Done, String> {
        let mut request = build_call(self.contract(), &action.call, bindings).map_err(text)?;
        sign(self.actors, &action.call, bindings, &mut request).await?;
        let exchange = self.session().send_patiently(request).await;
        let seen = seen(self.contract(), &action.success, bindings, &exchange);
        Ok(Done { credential: bindings.credential.clone(), ..Done::answered(seen, exchange) })
    }

    fn refer(&self, credential: Option<Arc<Credential>>, dependent: Option<Known>) -> Bindings {
        Bindings { credential, dependent, unique: self.session().unique(), ..Bindings::default() }
    }

    /// The kind of a credential: a caller's own may be of another one.
    fn kind_of(&self, credential: &Credential) -> &CredentialKind {
        let lifecycle = self.contract().lifecycle();
        lifecycle.and_then(|lifecycle| lifecycle.credentials.get(&credential.kind)).unwrap_or(self.kind)
    }
}

/// The request that issues a credential, signed, with an idempotency key where there is one.
pub(super) async fn issue_call(
    actors: &Actors<'_, '_>,
    issue: &Issue,
    bindings: &mut Bindings,
) -> Result<Request, String> {
    let session = actors.session();
    if bindings.pool.is_none() && uses_pool(issue) {
        let pair = session.next_pair();
        bindings.pool =
            Some(pair.ok_or("the pool of pairs that can be registered is used up; supply more of them")?);
    }
    let mut request = build_call(session.contract(), &issue.call, bindings).map_err(text)?;
    if let Some(header) = &issue.idempotency_key {
        set_header(&mut request.headers, header, &session.unique()).map_err(text)?;
    }
    sign(actors, &issue.call, bindings, &mut request).await?;
    Ok(request)
}

async fn sign(
    actors: &Actors<'_, '_>,
    call: &rescind_specs::lifecycle::Call,
    bindings: &Bindings,
    request: &mut Request,
) -> Result<(), String> {
    let signer = actors.signer(&call.actor, bindings).map_err(text)?;
    let operation = actors.session().contract().operation(&call.operation);
    let operation = operation.ok_or("the operation is not in the contract")?;
    actors.sign(&signer, operation, request).await.map_err(text)
}

/// Makes the call of a probe as `signer`, and reads its answer.
pub(crate) async fn probe(
    actors: &Actors<'_, '_>,
    probe: &Probe,
    signer: &Signer,
    bindings: &Bindings,
) -> (Option<Arc<Exchange>>, Seen) {
    let session = actors.session();
    let contract = session.contract();
    let request = async {
        let mut request = build_call(contract, &probe.call, bindings).map_err(text)?;
        let operation = contract.operation(&probe.call.operation).ok_or("no such operation")?;
        actors.sign(signer, operation, &mut request).await.map_err(text)?;
        Ok::<_, String>(request)
    };
    let request = match request.await {
        Ok(request) => request,
        Err(why) => return (None, Seen::NotRun(why)),
    };
    let exchange = session.send_patiently(request).await;
    let seen = if bindings.meets(contract, &probe.accepted, &exchange).is_ok() {
        Seen::Accepted
    } else if exchange.status() != Some(429) && bindings.meets(contract, &probe.refused, &exchange).is_ok() {
        Seen::Refused
    } else {
        Seen::Unclear(format!("answered {}, which is neither acceptance nor refusal", status(&exchange)))
    };
    (Some(exchange), seen)
}

/// What an answer says about a call that has a success condition.
pub(super) fn seen(
    contract: &Contract,
    success: &Condition,
    bindings: &Bindings,
    exchange: &Exchange,
) -> Seen {
    if bindings.meets(contract, success, exchange).is_ok() {
        return Seen::Accepted;
    }
    match exchange.status() {
        None => Seen::Unclear(status(exchange)),
        Some(code) if code == 429 || code >= 500 => Seen::Unclear(format!("answered {code}")),
        Some(_) => Seen::Refused,
    }
}

/// The status of an exchange in words.
pub(crate) fn status(exchange: &Exchange) -> String {
    match (&exchange.reply, exchange.status()) {
        (_, Some(status)) => status.to_string(),
        (crate::exchange::Reply::Lost(why), _) => why.clone(),
        (crate::exchange::Reply::Received(_), None) => "nothing".to_owned(),
    }
}

fn uses_pool(issue: &Issue) -> bool {
    let pool = |expression: &Expression| matches!(expression, Expression::PoolId | Expression::PoolSecret);
    let body = issue.call.body.iter().flat_map(JsonTemplate::expressions);
    let parameters = issue.call.parameters.values().flat_map(JsonTemplate::expressions);
    body.chain(parameters).any(|expression| pool(&expression))
}

fn held(state: &State, slot: Slot) -> Result<Arc<Credential>, String> {
    let credential = state.slots.get(&slot).and_then(|held| held.credential.clone());
    credential.ok_or_else(|| format!("credential {slot} was not issued"))
}

fn mark_revoked(state: &mut State, slot: Slot, at: Timestamp) {
    let revoked = &mut state.slots.entry(slot).or_default().revoked;
    *revoked = Some(revoked.unwrap_or(at));
}

/// Presents the credential in a way that no security requirement asks for.
fn raw(target: &Credential, by: &By, request: &mut Request) -> Result<(), String> {
    let secret = target.secret.as_ref().ok_or("it has no secret")?;
    let value = match by {
        By::BasicPair => crate::call::basic(&target.id.text, &secret.text),
        _ => format!("Bearer {}", secret.text),
    };
    set_header(&mut request.headers, "authorization", &value).map_err(text)?;
    let origin = |known: &Known| Some(Origin::new(known.text.clone(), known.from.clone()?));
    request.origins.extend(origin(secret));
    Ok(())
}

/// Whether an item of a list is the credential with this identifier.
pub(crate) fn names(listing: &Listing, item: &Value, id: &str) -> bool {
    listing.id.get(item).and_then(Value::as_str) == Some(id)
}

/// Whether an item of a list is the live credential with this identifier.
pub(crate) fn is_live(listing: &Listing, item: &Value, id: &str) -> bool {
    let live = |state: &rescind_specs::lifecycle::ListedState| {
        state.pointer.get(item).and_then(Value::as_str) == Some(state.active.as_str())
    };
    names(listing, item, id) && listing.state.as_ref().is_none_or(live)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
