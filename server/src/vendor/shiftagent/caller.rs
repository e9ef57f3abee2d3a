//! Who calls: an adapter by its service key, which is bound to one root tenant and blind outside of it.

use serde_json::Value;

use super::problem::{RATE_LIMITED, Trouble, UNKNOWN};
use super::{ShiftAgent, records};
use crate::fault::Fault;
use crate::generated::shiftagent::response::{GetHealthResponse, GetHealthTooManyRequestsHeaders};
use crate::generated::shiftagent::types::{
    Health, HealthObject, HealthStatus, IntegrationPrincipal, IntegrationPrincipalObject,
};
use crate::generated::shiftagent::{Credentials, Operation};
use crate::runtime::{Context, Failure, Presented, Refused};
use crate::secret::SecretHash;
use crate::store::{Credential, State};

/// Whom the calls are counted for that nobody signs.
const NOBODY: &str = "shiftagent nobody";

/// A service key that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(super) key_id: String,
    pub(super) root: String,
    name: String,
    scopes: Vec<String>,
}

impl Caller {
    pub(super) fn of(key: Credential) -> Self {
        let scopes = key.attributes.get("scopes").and_then(Value::as_array).into_iter().flatten();
        Self {
            scopes: scopes.filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            key_id: key.id,
            root: key.tenant,
            name: key.name,
        }
    }

    pub(super) fn described(self) -> Result<IntegrationPrincipal, Failure> {
        Ok(IntegrationPrincipal {
            object: IntegrationPrincipalObject::IntegrationPrincipal,
            key_id: self.key_id,
            name: self.name,
            root_tenant_id: self.root.parse()?,
            scopes: self.scopes,
            approver_keys: Vec::new(),
        })
    }
}

impl ShiftAgent {
    /// Whose key this is. The token of an end user is no key, and opens nothing here. Sources: shiftagent/R14, R15, R23.
    pub(super) async fn holder(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
    ) -> Result<Caller, Refused> {
        let unknown = || Refused::because(UNKNOWN);
        let Credentials::IntegrationKey(key) = presented.first();
        let hash = SecretHash::of(key.expose());
        let now = self.state.clock().now();
        let known = self.state.store().credential_by_secret(records::SERVICE_KEYS, &hash).await?;
        let outlives = self.is_on(Fault::ServiceKeyOutlivesRevocation);
        let caller = match known.filter(|known| outlives || known.state(now) == State::Active) {
            Some(known) => Caller::of(known),
            None => self.holder_without_key(operation, key).await?.ok_or_else(unknown)?,
        };
        let quota = self.state.limiter().count(&format!("shiftagent {}", caller.key_id), now);
        if quota.is_exceeded {
            return Err(Refused::because(format!("{RATE_LIMITED}{}", quota.retry_after(now))));
        }
        Ok(caller)
    }

    pub(super) fn health(&self, context: &Context) -> GetHealthResponse {
        let now = self.state.clock().now();
        let quota = self.state.limiter().count(NOBODY, now);
        if quota.is_exceeded {
            let retry_after = i64::try_from(quota.retry_after(now)).ok();
            return GetHealthResponse::TooManyRequests {
                body: self.problem(Trouble::RateLimited, context),
                headers: GetHealthTooManyRequestsHeaders { retry_after },
            };
        }
        GetHealthResponse::Ok(Health {
            object: HealthObject::Health,
            status: HealthStatus::Ok,
            version: "0.1.0".to_owned(),
            time: now,
        })
    }

    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.state.faults().is_on(fault)
    }
}
