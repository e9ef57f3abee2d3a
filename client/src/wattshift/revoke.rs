//! A key revokes itself.

use super::types::{CredentialId, ErrorCode};
use super::{Client, Issued, RevokeAgentSandboxCredentialError};
use crate::{Acknowledged, Attempts, Error, Repeat, Settings};

impl Client {
    /// Revokes `id`, which has to be the key that this client presents. It is refused from the answer on.
    ///
    /// Where there is a [`Retry`](crate::Retry) it is repeated. A repeat that is refused because the key is revoked is
    /// taken for success: the first time has done it.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke_itself(
        &self,
        id: &CredentialId,
    ) -> Result<Acknowledged, Error<RevokeAgentSandboxCredentialError>> {
        let client = self.clone().with_settings(Settings::new().repeat(Repeat::Everything));
        match client.revoke_agent_sandbox_credential().credential_id(id).send().await {
            Ok(_) => Ok(Acknowledged::Now),
            Err(error) if was_done_before(&error) => Ok(Acknowledged::Earlier),
            Err(error) => Err(error),
        }
    }
}

impl Issued {
    /// Revokes this key with itself, at the deployment of `client`.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke(
        &self,
        client: &Client,
    ) -> Result<Acknowledged, Error<RevokeAgentSandboxCredentialError>> {
        self.client(client).revoke_itself(&self.id).await
    }
}

fn was_done_before(error: &Error<RevokeAgentSandboxCredentialError>) -> bool {
    let revoked = match error.documented() {
        Some(RevokeAgentSandboxCredentialError::Unauthorized(envelope)) => {
            envelope.error_code == ErrorCode::AuthRevokedCredential
        }
        _ => false,
    };
    revoked && error.attempts().is_some_and(Attempts::may_have_happened)
}
