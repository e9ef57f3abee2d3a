//! Self-contained tokens: JWTs signed with HS256 that say whom they are for and until when. What becomes of the
//! credential they were exchanged for does not change them.

use std::fmt;
use std::sync::Once;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::keys::{Keys, hmac};
use crate::runtime::Secret;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Whom it is for.
    pub sub: String,
    /// The first second, in Unix time, in which it is not accepted any more.
    pub exp: i64,
    /// Whatever else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Issues the tokens of one kind, and reads them back.
#[derive(Clone)]
pub struct Tokens {
    prefix: &'static str,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A token, and when it ends.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The prefix and the JWT.
    pub token: Secret,
    /// Its `exp`.
    pub expires_at: Timestamp,
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TokenRefusal {
    /// It was not issued here.
    #[error("the token was not issued here")]
    Unknown,
    /// It was, but its time is over.
    #[error("the token has expired")]
    Expired(Claims),
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("a token could not be signed")]
pub struct Unsignable(#[source] jsonwebtoken::errors::Error);

impl Tokens {
    /// Tokens that start with `prefix`, signed with the key for `purpose`.
    pub fn new(keys: &Keys, purpose: &str, prefix: &'static str) -> Self {
        install_provider();
        let key = keys.key(purpose);
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are compared here, with the server's own clock and no leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            prefix,
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            validation,
        }
    }

    /// A token for `sub` that lives this long, in whole seconds, and not a fraction longer.
    pub fn issue(
        &self,
        sub: &str,
        rest: Map<String, Value>,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<IssuedToken, Unsignable> {
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let end = Timestamp::from_second(now.as_second().saturating_add(lifetime)).unwrap_or(Timestamp::MAX);
        let claims = Claims { sub: sub.to_owned(), exp: end.as_second(), rest };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding);
        let token = Secret::new(format!("{}{}", self.prefix, jwt.map_err(Unsignable)?));
        Ok(IssuedToken { token, expires_at: Timestamp::from_second(claims.exp).unwrap_or(end) })
    }

    /// What a token says, if it was issued here and its time is not over.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRefusal> {
        let jwt = token.strip_prefix(self.prefix).ok_or(TokenRefusal::Unknown)?;
        let data = jsonwebtoken::decode::<Claims>(jwt, &self.decoding, &self.validation);
        let claims = data.map_err(|_| TokenRefusal::Unknown)?.claims;
        if claims.exp <= now.as_second() { Err(TokenRefusal::Expired(claims)) } else { Ok(claims) }
    }
}

/// HS256 alone, on the HMAC that the rest of the server uses. The providers that come with the JWT library bring
/// elliptic curves and RSA along, about sixty packages that nothing here needs.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let key = key.as_bytes().try_into();
        Ok(Box::new(Hs256::new(*algorithm, key.map_err(|_| ErrorKind::InvalidKeyFormat)?)?)
            as Box<dyn JwtSigner>)
    },
    verifier_factory: |algorithm, key| {
        let key = key.try_get_as_bytes()?.try_into();
        Ok(Box::new(Hs256::new(*algorithm, key.map_err(|_| ErrorKind::InvalidKeyFormat)?)?)
            as Box<dyn JwtVerifier>)
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// The library has one provider a process. If the process has one already, it knows HS256 too and is as good.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

struct Hs256([u8; 32]);

impl Hs256 {
    fn new(algorithm: Algorithm, key: [u8; 32]) -> JwtResult<Self> {
        if algorithm == Algorithm::HS256 {
            Ok(Self(key))
        } else {
            Err(ErrorKind::UnsupportedAlgorithm.into())
        }
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(hmac(&self.0, message).to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let equal: bool = hmac(&self.0, message).ct_eq(signature.as_slice()).into();
        if equal { Ok(()) } else { Err(SignatureError::new()) }
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::id::Ids;

    fn tokens(seed: u64) -> Tokens {
        Tokens::new(&Keys::generate(&Ids::seeded(seed)), "access", "at_")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_lives_its_seconds_and_not_one_more() {
        let tokens = tokens(1);
        let issued = at(1_000_000) + jiff::SignedDuration::from_millis(999);
        let token = tokens.issue("crd_1", Map::new(), Duration::from_hours(1), issued).unwrap();
        assert_eq!(token.expires_at, at(1_003_600));
        let read = |now| tokens.read(token.token.expose(), now);
        assert_eq!(read(issued).unwrap().sub, "crd_1");
        assert!(read(at(1_003_599)).is_ok());
        let claims = Claims { sub: "crd_1".into(), exp: 1_003_600, rest: Map::new() };
        assert_eq!(read(at(1_003_600)), Err(TokenRefusal::Expired(claims)));
    }

    #[test]
    fn a_token_says_what_was_put_into_it() {
        let rest = Map::from_iter([("tenant".to_owned(), Value::from("tnt_1"))]);
        let token = tokens(1).issue("usr_1", rest.clone(), Duration::from_mins(1), at(0)).unwrap();
        let jwt = token.token.expose().strip_prefix("at_").unwrap();
        let parts: Vec<_> = jwt.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        assert_eq!(parts.len(), 3);
        let header: Value = serde_json::from_slice(&parts[0]).unwrap();
        assert_eq!(header["alg"], "HS256");
        let claims: Value = serde_json::from_slice(&parts[1]).unwrap();
        assert_eq!(claims, serde_json::json!({"sub": "usr_1", "exp": 60, "tenant": "tnt_1"}));
        assert_eq!(tokens(1).read(token.token.expose(), at(0)).unwrap().rest, rest);
    }

    #[test]
    fn a_forged_token_is_unknown() {
        let token = tokens(1).issue("crd_1", Map::new(), Duration::from_mins(1), at(0)).unwrap();
        let token = token.token.expose();
        assert_eq!(tokens(2).read(token, at(0)), Err(TokenRefusal::Unknown));
        let unsigned = format!(
            "at_{}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
            token.split('.').nth(1).unwrap()
        );
        for forged in
            ["", "at_", "at_a.b.c", &token[3..], &token[..token.len() - 1], &format!("{token}A"), &unsigned]
        {
            assert_eq!(tokens(1).read(forged, at(0)), Err(TokenRefusal::Unknown), "{forged}");
        }
    }
}
