//! Tokens of end users: short-lived, for conversations and messages. No operation of this contract takes one.

use std::time::Duration;

use serde_json::{Map, Value};

use super::problem::Trouble;
use super::{Caller, ShiftAgent, records};
use crate::generated::shiftagent::request::TokenExchangeRequest;
use crate::generated::shiftagent::response::TokenExchangeResponse;
use crate::generated::shiftagent::types::{Token, TokenObject, TokenTokenType};
use crate::runtime::Failure;
use crate::store::Resource;

/// Lifetime of a token whose caller names none, in seconds.
const DEFAULT: i64 = 900;

/// The claim that names the root tenant.
pub(super) const ROOT: &str = "root_tenant_id";

impl ShiftAgent {
    /// A token for a user of a tenant below the caller's root. Source: shiftagent/R25.
    pub(super) async fn exchange(
        &self,
        caller: &Caller,
        request: &TokenExchangeRequest,
    ) -> Result<TokenExchangeResponse, Failure> {
        let store = self.state.store();
        let not_found = || TokenExchangeResponse::NotFound(self.problem(Trouble::NotFound, &request.context));
        let forbidden =
            |trouble| Ok(TokenExchangeResponse::Forbidden(self.problem(trouble, &request.context)));
        let tenants = records::TENANTS.of(&caller.root);
        let tenant = store.resource_named(tenants, &request.body.tenant_external_id).await?;
        let Some(tenant) = tenant else { return Ok(not_found()) };
        let users = records::USERS.of(&tenant.id);
        let user = store.resource_named(users, &request.body.user_external_id).await?;
        let Some(user) = user else { return Ok(not_found()) };
        if !is_active(&tenant) {
            return forbidden(Trouble::TenantSuspended);
        }
        if !is_active(&user) {
            return forbidden(Trouble::UserDeactivated);
        }
        let seconds = u64::try_from(request.body.ttl_seconds.unwrap_or(DEFAULT))?;
        let claims = Map::from_iter([
            ("tenant_id".to_owned(), tenant.id.as_str().into()),
            (ROOT.to_owned(), caller.root.as_str().into()),
        ]);
        let now = self.state.clock().now();
        let issued = self.tokens.issue(&user.id, claims, Duration::from_secs(seconds), now)?;
        Ok(TokenExchangeResponse::Ok(Token {
            object: TokenObject::Token,
            token: issued.token,
            token_type: TokenTokenType::Bearer,
            expires_at: issued.expires_at,
            tenant_id: tenant.id.parse()?,
            user_id: user.id,
        }))
    }
}

fn is_active(resource: &Resource) -> bool {
    resource.attributes.get("status").and_then(Value::as_str) == Some("active")
}
