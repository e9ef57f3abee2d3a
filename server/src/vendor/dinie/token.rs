//! Access tokens: got with a pair, accepted until their own end, whatever becomes of the credential.

use std::time::Duration;

use serde_json::Map;

use super::problem::{PAIR_REFUSED, TOKEN_EXPIRED, TOKEN_UNKNOWN, pair_refused};
use super::{Caller, Dinie, records};
use crate::fault::Fault;
use crate::generated::dinie::types::Token;
use crate::runtime::{BasicCredential, Failure, Refused, Secret};
use crate::secret::SecretHash;
use crate::store::{Exchange, State};
use crate::token::TokenRefusal;

/// The longest life of a token. Source: dinie/R4.
const LIFETIME: Duration = Duration::from_hours(1);

impl Dinie {
    /// Whose pair this is, if it may be exchanged. An unknown, a wrong, a revoked and an expired one are refused alike.
    pub(super) async fn holder_of_pair(&self, pair: &BasicCredential) -> Result<Caller, Refused> {
        let refused = || Refused::because(PAIR_REFUSED);
        let BasicCredential { user: client_id, password: secret } = pair;
        self.hold_use(client_id).await;
        let secret = SecretHash::of(secret.expose());
        let known = self.state.store().credential(records::CREDENTIALS, client_id).await?;
        let known = known.ok_or_else(refused)?;
        let now = self.state.clock().now();
        let is_right = known.secret_hash == secret || self.is_on(Fault::HalfCredentialAccepted);
        let is_live = known.state(now) == State::Active || self.accepts_dead(&known, now);
        if !is_right || !is_live || self.is_held_back(&known, now) {
            self.remember_refusal(client_id, now);
            return Err(refused());
        }
        Ok(Caller { partner: known.tenant, client_id: known.id, secret: Some(secret) })
    }

    /// Whose token this is. Of the credential only the owner is asked: a token outlives a revocation.
    /// Source: dinie/R3.
    pub(super) async fn holder_of_token(&self, token: &Secret) -> Result<Caller, Refused> {
        let unknown = || Refused::because(TOKEN_UNKNOWN);
        let now = self.state.clock().now();
        let client_id = match self.tokens.read(token.expose(), now) {
            Ok(claims) => claims.sub,
            Err(TokenRefusal::Expired(claims)) if self.is_on(Fault::ExpiredTokenAccepted) => claims.sub,
            Err(TokenRefusal::Expired(_)) if self.is_on(Fault::ExpiredCodeIsGeneric) => return Err(unknown()),
            Err(TokenRefusal::Expired(_)) => return Err(Refused::because(TOKEN_EXPIRED)),
            Err(TokenRefusal::Unknown) => self.holder_without_token(token).await?.ok_or_else(unknown)?,
        };
        let known = self.state.store().credential(records::CREDENTIALS, &client_id).await?;
        let known = known.ok_or_else(unknown)?;
        if self.is_on(Fault::TokensDieWithCredential) && known.state(now) == State::Revoked {
            return Err(unknown());
        }
        Ok(Caller { partner: known.tenant, client_id, secret: None })
    }

    /// A token for the pair that the caller presented. Whether the pair is still good is decided, and its use noted,
    /// in one step, so that no exchange overtakes a revocation that was answered. Source: dinie/R2.
    pub(super) async fn exchange(&self, caller: &Caller) -> Result<Token, Failure> {
        let secret = caller.secret.ok_or_else(pair_refused)?;
        let now = self.state.clock().now();
        let done = self.state.store().exchange(records::CREDENTIALS, &caller.client_id, &secret, now).await?;
        let is_accepted = match done {
            Exchange::Accepted(_) => true,
            Exchange::Unknown => false,
            Exchange::WrongSecret => self.is_on(Fault::HalfCredentialAccepted),
            Exchange::Refused(_) => self.accepts_dead_id(&caller.client_id, now).await?,
        };
        if !is_accepted {
            return Err(pair_refused());
        }
        let lifetime = if self.is_on(Fault::TokenLifetimeTooLong) { LIFETIME * 2 } else { LIFETIME };
        let issued = self.tokens.issue(&caller.client_id, Map::new(), lifetime, now)?;
        Ok(Token {
            access_token: issued.token,
            token_type: "bearer".parse()?,
            expires_in: i64::try_from(LIFETIME.as_secs())?,
        })
    }
}
