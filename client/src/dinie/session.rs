//! The tokens of one credential: exchanged, kept, renewed once for everybody, given up at its end.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use reqwest::StatusCode;

use super::token::{Held, Look, State};
use super::types::{ClientId, CredentialStatus, TokenRequest, TokenRequestGrantType};
use super::{Client, CreateTokenError, RevokeCredentialError};
use crate::clock::Clock;
use crate::future::BoxFuture;
use crate::source::{CredentialSource, Granted, SourceError};
use crate::{Acknowledged, Attempts, Credentials, Error, Repeat, Secret, Settings, TransportError};

pub use super::token::Ended;

/// A client credential in use. Copies share what it knows.
///
/// However many calls wait for a token, one exchange is under way, and each of them drives it. While a token still works
/// only the call that comes first waits for its successor; where that cannot be had, the token is used to its end. A token
/// that is refused before is given up, and the call is made once more with another one. Once the credential is known to be
/// revoked, no token of it is presented any more, although the deployment would accept it for up to an hour.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    id: ClientId,
    /// Exchanges; a token more does no harm.
    exchange: Client,
    /// Has no credentials yet.
    bare: Client,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    /// The exchange that is under way, as long as somebody waits for it.
    exchanging: Mutex<Option<(WeakShared<Exchange>, Patience)>>,
    /// Number of exchanges that were begun.
    tickets: AtomicU64,
}

/// An exchange of the credential for a token.
type Exchange = BoxFuture<'static, Result<Held, SessionError>>;

/// How long an exchange may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// As long as the client lets it.
    Full,
    /// Not long: there is a token that works.
    Short,
}

/// Why a session has no token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The credential has come to its end.
    #[error("{id} {ended}; create a session with another credential")]
    Ended {
        /// The credential.
        id: ClientId,
        /// How.
        ended: Ended,
    },
    /// The exchange failed. Whether it may succeed later, the error within tells.
    #[error("no token could be had: {0}")]
    Exchange(Arc<Error<CreateTokenError>>),
}

impl Session {
    /// A session of the credential `id` at the deployment of `client`, whose settings it keeps.
    ///
    /// Nothing is sent before the first call.
    pub fn new(
        client: &Client,
        id: ClientId,
        secret: impl Into<Secret>,
        clock: impl Clock + 'static,
    ) -> Self {
        let basic = Credentials::new().basic(&id, secret);
        let exchange =
            client.clone().with_credentials(basic).with_settings(Settings::new().repeat(Repeat::Everything));
        let inner = Inner {
            id,
            exchange,
            bare: client.clone().with_credentials(Credentials::new()),
            clock: Arc::new(clock),
            state: RwLock::new(State::Empty),
            exchanging: Mutex::default(),
            tickets: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The credential.
    pub fn id(&self) -> &ClientId {
        &self.inner.id
    }

    /// A client that presents a token of this session with each call. It can be kept.
    pub fn client(&self) -> Client {
        self.inner.bare.clone().with_settings(Settings::new().source(self.clone()))
    }

    /// Why no token can be had any more, if that is so.
    pub fn ended(&self) -> Option<Ended> {
        match self.inner.look() {
            Look::Ended(ended) => Some(ended),
            Look::Fresh(_) | Look::Aging(_) | Look::Missing | Look::Paused(_) => None,
        }
    }

    /// Makes sure that there is a token, which shows that the credential works.
    ///
    /// # Errors
    /// There is none.
    pub async fn ready(&self) -> Result<(), SessionError> {
        self.inner.held().await.map(|_| ())
    }

    /// Says that the credential was revoked elsewhere: from now on no token of it is used.
    pub fn forget(&self) {
        self.inner.end(Ended::Revoked);
    }

    /// Revokes `id`, which may be the credential of this session; then the session ends with it.
    ///
    /// A `404` or `409` is success where the list shows the credential as revoked: an earlier request has done it. So it is
    /// where the answer was lost, and the deployment gives no other token for the credential of this session: it is
    /// refused already.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke(&self, id: &ClientId) -> Result<Acknowledged, Error<RevokeCredentialError>> {
        let acknowledged = match self.client().revoke_credential().client_id(id).send().await {
            Ok(_) => Acknowledged::Now,
            Err(error) if may_be_done(&error) && self.is_listed_as_revoked(id).await => Acknowledged::Earlier,
            Err(error) if *id == self.inner.id && self.is_refused_since(&error) => Acknowledged::Earlier,
            Err(error) => return Err(error),
        };
        if *id == self.inner.id {
            self.forget();
        }
        Ok(acknowledged)
    }

    /// Whether the credential of this session, which had a token, has come to its end since the first attempt of the call.
    fn is_refused_since(&self, error: &Error<RevokeCredentialError>) -> bool {
        matches!(error, Error::Credentials(_))
            && error.attempts().is_some_and(Attempts::may_have_happened)
            && self.ended().is_some()
    }

    /// Whether the list was read as far as the credential, and shows it as revoked.
    async fn is_listed_as_revoked(&self, id: &ClientId) -> bool {
        let client = self.client();
        let mut after: Option<String> = None;
        loop {
            let mut call = client.list_credentials().limit(PAGE);
            if let Some(after) = &after {
                call = call.starting_after(after.as_str());
            }
            let Ok(page) = call.send().await else { return false };
            let page = page.into_inner();
            if let Some(listed) = page.data.iter().find(|listed| listed.client_id == *id) {
                return listed.status == CredentialStatus::Revoked;
            }
            match page.data.into_iter().next_back() {
                // A deployment that begins again would do so for ever.
                Some(last) if page.has_more && after.as_ref() != Some(&last.id) => after = Some(last.id),
                _ => return false,
            }
        }
    }

    /// A session of another credential at the same deployment, by the same clock.
    pub(super) fn of_another(&self, id: ClientId, secret: impl Into<Secret>) -> Self {
        Self::new(&self.inner.bare, id, secret, Arc::clone(&self.inner.clock))
    }
}

/// Items of a page.
const PAGE: i64 = 100;

/// Whether the refusal may be one of a repetition. Deployments differ in how they refuse one.
fn may_be_done(error: &Error<RevokeCredentialError>) -> bool {
    use RevokeCredentialError::{Conflict, NotFound};
    matches!(error.documented(), Some(NotFound { .. } | Conflict { .. }))
}

impl Inner {
    fn look(&self) -> Look {
        let now = self.clock.now();
        self.state.read().unwrap_or_else(PoisonError::into_inner).look(now)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn end(&self, ended: Ended) {
        self.change(|state| state.end(ended));
    }

    fn is_at_end(&self, ended: Ended) -> SessionError {
        SessionError::Ended { id: self.id.clone(), ended }
    }

    /// What can be presented now.
    async fn held(self: &Arc<Self>) -> Result<Held, SessionError> {
        loop {
            let (exchange, patience) = match self.look() {
                Look::Fresh(held) => return Ok(held),
                Look::Ended(ended) => return Err(self.is_at_end(ended)),
                Look::Paused(error) => return Err(error),
                Look::Aging(_) | Look::Missing => match self.join() {
                    Join::Waits(exchange, patience) => (exchange, patience),
                    Join::Done(outcome) => return outcome,
                },
            };
            let outcome = exchange.await;
            // What there was may still work where there is no other; and whatever there is, the session may be over.
            match self.look() {
                Look::Fresh(held) | Look::Aging(held) => return Ok(held),
                Look::Ended(ended) => return Err(self.is_at_end(ended)),
                // It has come to its end meanwhile. Now there is more time for another one.
                Look::Missing if patience == Patience::Short && outcome.is_err() => {}
                Look::Missing | Look::Paused(_) => return outcome,
            }
        }
    }

    /// Joins the exchange that is under way, or begins one.
    fn join(self: &Arc<Self>) -> Join {
        let begin = |exchange: Exchange, patience, under_way: &mut Option<_>| {
            // Whoever shares in a future that panics would wait for ever.
            let exchange = AssertUnwindSafe(exchange).catch_unwind().map(|end| end.unwrap_or_else(broke_off));
            let exchange = Exchange::shared(Box::pin(exchange));
            *under_way = exchange.downgrade().map(|exchange| (exchange, patience));
            Join::Waits(exchange, patience)
        };
        let mut exchanging = self.exchanging.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way =
            exchanging.as_ref().and_then(|(exchange, patience)| Some((exchange.upgrade()?, *patience)));
        let under_way = under_way.filter(|(exchange, _)| exchange.peek().is_none());
        // Once more: one may have ended since.
        match (self.look(), under_way) {
            (Look::Fresh(held), _) | (Look::Aging(held), Some(_)) => Join::Done(Ok(held)),
            (Look::Ended(ended), _) => Join::Done(Err(self.is_at_end(ended))),
            (Look::Paused(error), None) => Join::Done(Err(error)),
            (Look::Missing | Look::Paused(_), Some((exchange, patience))) => Join::Waits(exchange, patience),
            (Look::Aging(held), None) => {
                let renewal = Box::pin(Arc::clone(self).renewal(held.margin()));
                begin(renewal, Patience::Short, &mut exchanging)
            }
            (Look::Missing, None) => {
                let exchange = Box::pin(Arc::clone(self).exchange(self.exchange.clone()));
                begin(exchange, Patience::Full, &mut exchanging)
            }
        }
    }

    /// An exchange for which what there is still works: with little time and once, lest the call that waits for it waits
    /// until nothing works any more. Whoever gives up on it has tried as well.
    async fn renewal(self: Arc<Self>, margin: Duration) -> Result<Held, SessionError> {
        self.change(|state| state.put_off(self.clock.now(), Duration::ZERO));
        let settings = Settings::new().no_retry().timeout_at_most(margin / 6);
        let client = self.exchange.clone().with_settings(settings);
        self.exchange(client).await
    }

    async fn exchange(self: Arc<Self>, client: Client) -> Result<Held, SessionError> {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed) + 1;
        // Counted from before the request, so that the token never ends sooner than it is thought to.
        let asked = self.clock.now();
        let grant = TokenRequest::builder().grant_type(TokenRequestGrantType::ClientCredentials);
        match client.create_token().body(grant).send().await {
            Ok(token) => {
                let token = token.into_inner();
                let life = Duration::from_secs(u64::try_from(token.expires_in).unwrap_or_default());
                let credentials = Credentials::new().bearer(token.access_token);
                let held = Held::new(credentials, ticket, asked, life);
                self.change(|state| state.renew(held.clone()));
                Ok(held)
            }
            Err(error) if is_refused(&error) => {
                self.end(Ended::Refused);
                Err(self.is_at_end(Ended::Refused))
            }
            Err(error) => {
                let now = self.clock.now();
                let asked = error.retry_after().map(|asked| asked.delay(now)).unwrap_or_default();
                let error = SessionError::Exchange(Arc::new(error));
                self.change(|state| {
                    state.put_off(now, asked);
                    state.pause(now, asked, &error);
                });
                Err(error)
            }
        }
    }
}

/// What those who wait are told of an exchange in which code of the caller panicked: a hook, a transport, a clock.
fn broke_off(_: Box<dyn std::any::Any + Send>) -> Result<Held, SessionError> {
    let error = TransportError::new("a hook, the transport or the clock of the client panicked");
    Err(SessionError::Exchange(Arc::new(error.into())))
}

/// How a call gets its token.
enum Join {
    /// From an exchange that all who wait share.
    Waits(Shared<Exchange>, Patience),
    /// It is known already.
    Done(Result<Held, SessionError>),
}

/// Whether the deployment does not take the credential (the status is not documented; RFC 6749 §5.2 has two).
fn is_refused(error: &Error<CreateTokenError>) -> bool {
    match error.status() {
        Some(StatusCode::UNAUTHORIZED) => true,
        Some(StatusCode::BAD_REQUEST) => {
            error.problem().and_then(|problem| problem.code).is_some_and(|code| code == "invalid_client")
        }
        _ => false,
    }
}

impl From<SessionError> for SourceError {
    fn from(error: SessionError) -> Self {
        let retry_after = match &error {
            SessionError::Exchange(cause) if cause.is_retryable() => cause.retry_after(),
            SessionError::Exchange(_) | SessionError::Ended { .. } => return Self::lasting(error),
        };
        Self::passing(error, retry_after)
    }
}

impl CredentialSource for Session {
    fn credentials(&self) -> BoxFuture<'_, Result<Granted, SourceError>> {
        Box::pin(async {
            let held = self.inner.held().await.map_err(SourceError::from)?;
            Ok(Granted { credentials: held.credentials, ticket: held.ticket })
        })
    }

    fn refused(&self, ticket: u64) {
        self.inner.change(|state| state.refused(ticket));
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.inner.id).finish_non_exhaustive()
    }
}
