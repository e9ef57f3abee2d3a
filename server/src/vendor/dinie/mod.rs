//! Dinie: client credentials of partners, exchanged for tokens that outlive them.

mod breach;
mod credential;
mod hooks;
mod layer;
mod problem;
mod quota;
mod token;

use std::sync::Arc;

use self::breach::Memory;
use super::Service;
use super::records::dinie as records;
use crate::generated::dinie::request::{
    CreateCredentialRequest, CreateTokenRequest, ListCredentialsRequest, RevokeCredentialRequest,
};
use crate::generated::dinie::response::{
    CreateCredentialResponse, CreateTokenResponse, Headers, ListCredentialsResponse, RevokeCredentialResponse,
};
use crate::generated::dinie::{Api, Credentials, Operation, router as stubs};
use crate::runtime::{Answer, Context, Failure, GateError, Presented, Refused, Rejection};
use crate::secret::SecretHash;
use crate::state::State;
use crate::token::Tokens;

/// One deployment of the contract.
#[derive(Debug)]
struct Dinie {
    state: State,
    tokens: Tokens,
    memory: Memory,
}

/// Who calls: a partner, by one of its credentials.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    partner: String,
    client_id: String,
    /// What it proved itself with, where that was the credential itself.
    secret: Option<SecretHash>,
}

/// The contract over a state.
pub(super) fn deploy(state: &State) -> Result<Service, GateError> {
    let dinie = Arc::new(Dinie {
        state: state.clone(),
        tokens: Tokens::new(state.keys(), "dinie access token", records::TOKEN_PREFIX),
        memory: Memory::default(),
    });
    let routes = stubs(dinie.clone(), state.limits(), state.mode())?;
    let hooks = hooks::of(&dinie);
    Ok(Service { routes: quota::wrap(layer::wrap(routes, dinie), state), hooks })
}

impl Dinie {
    /// What the answer to this request says about the rate limit.
    fn headers(&self, context: &Context) -> Headers {
        quota::headers(quota::of(&self.state, context, quota::NOBODY))
    }
}

impl Api for Dinie {
    type Caller = Caller;

    async fn authenticate(
        &self,
        _operation: Operation,
        presented: &Presented<Credentials>,
        context: &Context,
    ) -> Result<Caller, Refused> {
        let (caller, counted) = match presented.first() {
            Credentials::BasicAuth(pair) => {
                let caller = self.holder_of_pair(pair).await?;
                let counted = format!("dinie pair {}", caller.client_id);
                (caller, counted)
            }
            Credentials::BearerAuth(token) => {
                let caller = self.holder_of_token(token).await?;
                let counted = format!("dinie partner {}", caller.partner);
                (caller, counted)
            }
        };
        if quota::of(&self.state, context, &counted).is_exceeded {
            return Err(Refused::because(problem::RATE_LIMITED));
        }
        context.identify(&caller.client_id);
        Ok(caller)
    }

    fn reject(&self, operation: Option<Operation>, context: &Context, rejection: Rejection) -> Answer {
        self.refuse(operation, context, &rejection)
    }

    async fn create_token(
        &self,
        caller: Caller,
        request: CreateTokenRequest,
    ) -> Result<CreateTokenResponse, Failure> {
        let body = self.exchange(&caller).await?;
        Ok(CreateTokenResponse::Ok { body, headers: self.headers(&request.context) })
    }

    async fn create_credential(
        &self,
        caller: Caller,
        request: CreateCredentialRequest,
    ) -> Result<CreateCredentialResponse, Failure> {
        let body = self.issue(&caller, request.idempotency_key.as_deref(), &request.body).await?;
        Ok(CreateCredentialResponse::Created { body, headers: self.headers(&request.context) })
    }

    async fn list_credentials(
        &self,
        caller: Caller,
        request: ListCredentialsRequest,
    ) -> Result<ListCredentialsResponse, Failure> {
        let body = self.list(&caller, request.limit, request.starting_after.as_deref()).await?;
        Ok(ListCredentialsResponse::Ok { body, headers: self.headers(&request.context) })
    }

    async fn revoke_credential(
        &self,
        caller: Caller,
        request: RevokeCredentialRequest,
    ) -> Result<RevokeCredentialResponse, Failure> {
        self.revoke(&caller, &request.client_id, &request.context).await
    }
}
