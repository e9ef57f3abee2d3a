//! The tokens of one credential: exchanged, kept, renewed once for everybody, given up at its end.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::lock::Mutex;
use reqwest::StatusCode;

use super::token::{Held, Look, State};
use super::types::{ClientId, TokenRequest, TokenRequestGrantType};
use super::{Client, CreateTokenError, RevokeCredentialError};
use crate::clock::Clock;
use crate::future::BoxFuture;
use crate::source::{CredentialSource, Granted, SourceError};
use crate::{Acknowledged, Credentials, Error, Repeat, Secret, Settings};

pub use super::token::Ended;

/// A client credential in use. Copies share what it knows.
///
/// However many calls wait for a token, one exchange is under way. While a token still works nobody waits for its
/// successor; where that cannot be had, it is used to its end. A token that is refused before is given up, and the call
/// is made once more with another one. Once the credential is known to be revoked, no token of it is presented any
/// more, although the deployment would accept it for up to an hour.
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
    /// Held by whoever exchanges.
    turn: Mutex<Turn>,
    /// Number of exchanges that have ended.
    turns: AtomicU64,
}

/// What came of the last exchange, for those that waited for it.
#[derive(Default)]
struct Turn {
    failure: Option<SessionError>,
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
    /// The exchange failed, and may succeed later.
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
            turn: Mutex::default(),
            turns: AtomicU64::new(0),
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
            Look::Fresh(_) | Look::Aging(_) | Look::Missing => None,
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
    /// A `404` to a repeated request is taken for success: the first one has done it.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke(&self, id: &ClientId) -> Result<Acknowledged, Error<RevokeCredentialError>> {
        let acknowledged = match self.client().revoke_credential().client_id(id).send().await {
            Ok(_) => Acknowledged::Now,
            Err(error) if was_done_before(&error) => Acknowledged::Earlier,
            Err(error) => return Err(error),
        };
        if *id == self.inner.id {
            self.forget();
        }
        Ok(acknowledged)
    }

    /// A session of another credential at the same deployment, by the same clock.
    pub(super) fn of_another(&self, id: ClientId, secret: impl Into<Secret>) -> Self {
        Self::new(&self.inner.bare, id, secret, Arc::clone(&self.inner.clock))
    }
}

fn was_done_before(error: &Error<RevokeCredentialError>) -> bool {
    matches!(error.documented(), Some(RevokeCredentialError::NotFound { .. }))
        && error.attempts().is_some_and(crate::Attempts::may_have_happened)
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
    async fn held(&self) -> Result<Held, SessionError> {
        let seen = self.turns.load(Ordering::Acquire);
        match self.look() {
            Look::Fresh(held) => Ok(held),
            Look::Ended(ended) => Err(self.is_at_end(ended)),
            Look::Aging(held) => {
                // Whoever comes first renews it; the others go on with what there is.
                if let Some(mut turn) = self.turn.try_lock() {
                    let renewed = self.take_turn(&mut turn, seen).await;
                    if let Ok(_) | Err(SessionError::Ended { .. }) = renewed {
                        return renewed;
                    }
                }
                Ok(held)
            }
            Look::Missing => {
                let mut turn = self.turn.lock().await;
                self.take_turn(&mut turn, seen).await
            }
        }
    }

    /// Exchanges, unless that happened while this call waited for its turn.
    async fn take_turn(&self, turn: &mut Turn, seen: u64) -> Result<Held, SessionError> {
        match self.look() {
            Look::Fresh(held) => return Ok(held),
            Look::Ended(ended) => return Err(self.is_at_end(ended)),
            Look::Aging(_) | Look::Missing => {}
        }
        let turns = self.turns.load(Ordering::Acquire);
        if let Some(failure) = turn.failure.as_ref().filter(|_| turns != seen) {
            return Err(failure.clone());
        }
        let outcome = self.exchange(turns + 1).await;
        turn.failure = outcome.as_ref().err().cloned();
        self.turns.store(turns + 1, Ordering::Release);
        outcome
    }

    async fn exchange(&self, ticket: u64) -> Result<Held, SessionError> {
        // Counted from before the request, so that the token never ends sooner than it is thought to.
        let asked = self.clock.now();
        let grant = TokenRequest::builder().grant_type(TokenRequestGrantType::ClientCredentials);
        match self.exchange.create_token().body(grant).send().await {
            Ok(token) => {
                let token = token.into_inner();
                let life = Duration::from_secs(u64::try_from(token.expires_in).unwrap_or_default());
                let credentials = Credentials::new().bearer(token.access_token);
                let held = Held::new(credentials, ticket, asked, life);
                self.change(|state| state.renew(held.clone()));
                // Somebody may have ended the session meanwhile.
                match self.look() {
                    Look::Ended(ended) => Err(self.is_at_end(ended)),
                    Look::Fresh(_) | Look::Aging(_) | Look::Missing => Ok(held),
                }
            }
            Err(error) if is_refused(&error) => {
                self.end(Ended::Refused);
                Err(self.is_at_end(Ended::Refused))
            }
            Err(error) => Err(SessionError::Exchange(Arc::new(error))),
        }
    }
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

impl CredentialSource for Session {
    fn credentials(&self) -> BoxFuture<'_, Result<Granted, SourceError>> {
        Box::pin(async {
            let held = self.inner.held().await.map_err(|error| Arc::new(error) as SourceError)?;
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
