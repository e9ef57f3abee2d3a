//! ShiftAgent: vaulted credentials behind a guard, the repositories that refer to them, and the keys of adapters.

mod breach;
mod caller;
mod credential;
mod exchange;
mod hooks;
mod kept;
mod layer;
mod page;
mod problem;
mod repository;
mod sync;

use std::sync::Arc;

use self::breach::Memory;
use self::caller::Caller;
use super::Service;
use super::records::shiftagent as records;
use crate::generated::shiftagent::request::{
    CreateCredentialRequest, DeleteCredentialRequest, DeleteRepositoryRequest, GetHealthRequest,
    GetIntegrationSelfRequest, GetRepositoryRequest, ListCredentialsRequest, ListRepositoriesRequest,
    RegisterRepositoryRequest, SyncRepositoryRequest, TokenExchangeRequest, UpdateRepositoryRequest,
};
use crate::generated::shiftagent::response::{
    CreateCredentialResponse, DeleteCredentialResponse, DeleteRepositoryResponse, GetHealthResponse,
    GetIntegrationSelfResponse, GetRepositoryResponse, ListCredentialsResponse, ListRepositoriesResponse,
    RegisterRepositoryResponse, SyncRepositoryResponse, TokenExchangeResponse, UpdateRepositoryResponse,
};
use crate::generated::shiftagent::{Api, Credentials, Operation, router as stubs};
use crate::runtime::{Answer, Context, Failure, GateError, Presented, Refused, Rejection};
use crate::state::State;
use crate::token::Tokens;

/// One deployment of the contract.
#[derive(Debug)]
struct ShiftAgent {
    state: State,
    tokens: Tokens,
    memory: Memory,
}

/// The contract over a state.
pub(super) fn deploy(state: &State) -> Result<Service, GateError> {
    let agent = Arc::new(ShiftAgent {
        state: state.clone(),
        tokens: Tokens::new(state.keys(), "shiftagent platform token", ""),
        memory: Memory::default(),
    });
    let routes = stubs(agent.clone(), state.limits(), state.mode())?;
    let hooks = hooks::of(&agent);
    Ok(Service { routes: layer::wrap(routes, agent), hooks })
}

impl Api for ShiftAgent {
    type Caller = Caller;

    async fn authenticate(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
        context: &Context,
    ) -> Result<Caller, Refused> {
        let caller = self.holder(operation, presented).await?;
        context.identify(&caller.key_id);
        Ok(caller)
    }

    fn reject(&self, _operation: Option<Operation>, context: &Context, rejection: Rejection) -> Answer {
        self.refuse(context, &rejection)
    }

    async fn create_credential(
        &self,
        caller: Caller,
        request: CreateCredentialRequest,
    ) -> Result<CreateCredentialResponse, Failure> {
        self.vault(&caller, request).await
    }

    async fn list_credentials(
        &self,
        caller: Caller,
        request: ListCredentialsRequest,
    ) -> Result<ListCredentialsResponse, Failure> {
        self.credentials(&caller, &request).await.map(ListCredentialsResponse::Ok)
    }

    async fn delete_credential(
        &self,
        caller: Caller,
        request: DeleteCredentialRequest,
    ) -> Result<DeleteCredentialResponse, Failure> {
        self.destroy(&caller, &request.credential_id, &request.context).await
    }

    async fn register_repository(
        &self,
        caller: Caller,
        request: RegisterRepositoryRequest,
    ) -> Result<RegisterRepositoryResponse, Failure> {
        self.register(&caller, request).await
    }

    async fn list_repositories(
        &self,
        caller: Caller,
        request: ListRepositoriesRequest,
    ) -> Result<ListRepositoriesResponse, Failure> {
        self.repositories(&caller, &request).await.map(ListRepositoriesResponse::Ok)
    }

    async fn get_repository(
        &self,
        caller: Caller,
        request: GetRepositoryRequest,
    ) -> Result<GetRepositoryResponse, Failure> {
        let resource = self.repository(&caller, &request.repository_id).await?;
        self.shown(&resource).map(GetRepositoryResponse::Ok)
    }

    async fn update_repository(
        &self,
        caller: Caller,
        request: UpdateRepositoryRequest,
    ) -> Result<UpdateRepositoryResponse, Failure> {
        self.change(&caller, request).await
    }

    async fn delete_repository(
        &self,
        caller: Caller,
        request: DeleteRepositoryRequest,
    ) -> Result<DeleteRepositoryResponse, Failure> {
        self.unregister(&caller, &request.repository_id).await
    }

    async fn sync_repository(
        &self,
        caller: Caller,
        request: SyncRepositoryRequest,
    ) -> Result<SyncRepositoryResponse, Failure> {
        self.sync(&caller, request).await
    }

    async fn token_exchange(
        &self,
        caller: Caller,
        request: TokenExchangeRequest,
    ) -> Result<TokenExchangeResponse, Failure> {
        self.exchange(&caller, &request).await
    }

    async fn get_integration_self(
        &self,
        caller: Caller,
        _request: GetIntegrationSelfRequest,
    ) -> Result<GetIntegrationSelfResponse, Failure> {
        caller.described().map(GetIntegrationSelfResponse::Ok)
    }

    async fn get_health(&self, request: GetHealthRequest) -> Result<GetHealthResponse, Failure> {
        Ok(self.health(&request.context))
    }
}
