//! A credential is replaced by another one: issued, tried, and the old one revoked.

use std::error::Error as StdError;

use super::session::{Session, SessionError};
use super::types::{CreateCredentialRequest, CredentialWithSecret};
use super::{CreateCredentialError, RevokeCredentialError};
use crate::{Acknowledged, Error};

/// The credential that took the place of another one.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The new credential, with its secret: keep it, it is shown this once.
    pub credential: CredentialWithSecret,
    /// A session of it.
    pub session: Session,
}

/// How far a replacement came. Run it again with the same key within 24 hours, the life of a key at the deployment; the new
/// credential is not made twice, and the old one is not revoked before the new one is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// There is no new credential, or it is not known.
    #[error("no new credential was made")]
    Issue(#[source] Error<CreateCredentialError>),
    /// There is a new one, of which no token was had. The old one is as it was.
    #[error("{} was made and gives no token; the old credential is as it was", replaced.credential.client_id)]
    Try {
        /// The new credential.
        replaced: Box<Replaced>,
        /// Why.
        source: SessionError,
    },
    /// There is a new one that works and could not be kept. The old one is as it was.
    #[error("{} was made and was not kept; the old credential is as it was", replaced.credential.client_id)]
    Keep {
        /// The new credential.
        replaced: Box<Replaced>,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// There is a new one that works and is kept; the old one is not known to be revoked.
    #[error("{} was made and works; the old credential is not known to be revoked", replaced.credential.client_id)]
    Revoke {
        /// The new credential.
        replaced: Box<Replaced>,
        /// Why.
        source: Error<RevokeCredentialError>,
    },
}

impl Session {
    /// Makes a credential called `name`, tries it, hands it to `keep`, and revokes that of this session, which then ends.
    ///
    /// `key` is the `Idempotency-Key`: any text that is used for this replacement alone. `keep` puts the new credential,
    /// secret included, where the next process finds it: once the old one is revoked, nobody can ask for it again. It is
    /// called once more if the replacement is run again.
    ///
    /// After a crash, run it again with the same key; where the new credential was kept, [`revoke`](Session::revoke) the old
    /// one with a session of it instead.
    ///
    /// # Errors
    /// It did not come to its end; what there is of it is in the error.
    pub async fn replace<E>(
        &self,
        name: &str,
        key: &str,
        keep: impl FnOnce(&CredentialWithSecret) -> Result<(), E>,
    ) -> Result<(Replaced, Acknowledged), ReplaceError>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        if key.is_empty() {
            return Err(ReplaceError::Issue(Error::InvalidRequest("the idempotency key is empty".into())));
        }
        let request = CreateCredentialRequest::builder().name(name);
        let issued = self.client().create_credential().idempotency_key(key).body(request).send().await;
        let credential = issued.map_err(ReplaceError::Issue)?.into_inner();
        let session = self.of_another(credential.client_id.clone(), &credential.client_secret);
        let replaced = Replaced { credential, session };
        if let Err(source) = replaced.session.ready().await {
            return Err(ReplaceError::Try { replaced: Box::new(replaced), source });
        }
        if let Err(source) = keep(&replaced.credential) {
            return Err(ReplaceError::Keep { replaced: Box::new(replaced), source: source.into() });
        }
        match replaced.session.revoke(self.id()).await {
            Ok(acknowledged) => {
                self.forget();
                Ok((replaced, acknowledged))
            }
            Err(source) => Err(ReplaceError::Revoke { replaced: Box::new(replaced), source }),
        }
    }
}
