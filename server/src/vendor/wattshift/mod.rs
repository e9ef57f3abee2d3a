//! WattShift: sandbox keys for agents, each of which revokes itself.

mod authentication;
mod breach;
mod catalogue;
mod hooks;
mod issue;
mod refusal;
mod revocation;

use std::sync::Arc;

use self::breach::Memory;
use super::Service;
use super::records::wattshift as records;
use crate::generated::wattshift::request::{
    GetUtilityRequest, ListHomesRequest, OnboardingControllerGenerateSessionTokenV1Request,
    RequestAgentSandboxCredentialRequest, RevokeAgentSandboxCredentialRequest,
};
use crate::generated::wattshift::response::{
    GetUtilityResponse, ListHomesResponse, OnboardingControllerGenerateSessionTokenV1Response,
    RequestAgentSandboxCredentialResponse, RevokeAgentSandboxCredentialResponse,
};
use crate::generated::wattshift::types::SessionToken;
use crate::generated::wattshift::{Api, Credentials, Operation, router as stubs};
use crate::id::{Alphabet, Format};
use crate::runtime::{Answer, Context, Failure, GateError, Presented, Refused, Rejection, Secret};
use crate::state::State;
use crate::store::Realm;

/// A token that stands for a key. No operation of the contract takes one.
const SESSION_TOKEN: Format = Format::new("ws_session_", Alphabet::Alphanumeric, 40);

/// One deployment.
#[derive(Debug)]
struct WattShift {
    state: State,
    memory: Memory,
}

/// Who calls: a live key.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    id: String,
    key: Secret,
}

/// The contract over a state.
pub(super) fn deploy(state: &State) -> Result<Service, GateError> {
    let deployment = Arc::new(WattShift { state: state.clone(), memory: Memory::default() });
    let routes = stubs(deployment.clone(), state.limits(), state.mode())?;
    let hooks = hooks::of(&deployment);
    Ok(Service { routes: breach::wrap(routes, deployment), hooks })
}

fn realm() -> Realm<'static> {
    records::CREDENTIALS.of(records::TENANT)
}

impl Api for WattShift {
    type Caller = Caller;

    async fn authenticate(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
        context: &Context,
    ) -> Result<Caller, Refused> {
        let caller = self.accept(operation, presented, context).await?;
        context.identify(&caller.id);
        Ok(caller)
    }

    fn reject(&self, _operation: Option<Operation>, _context: &Context, rejection: Rejection) -> Answer {
        refusal::answer(self.state.ids(), &rejection)
    }

    async fn request_agent_sandbox_credential(
        &self,
        request: RequestAgentSandboxCredentialRequest,
    ) -> Result<RequestAgentSandboxCredentialResponse, Failure> {
        self.decide(request.body).await.map(RequestAgentSandboxCredentialResponse::Ok)
    }

    async fn revoke_agent_sandbox_credential(
        &self,
        caller: Caller,
        request: RevokeAgentSandboxCredentialRequest,
    ) -> Result<RevokeAgentSandboxCredentialResponse, Failure> {
        self.demand_body(request.body.is_some())?;
        self.revoke(&caller, &request.credential_id).await.map(RevokeAgentSandboxCredentialResponse::Ok)
    }

    async fn get_utility(
        &self,
        _caller: Caller,
        request: GetUtilityRequest,
    ) -> Result<GetUtilityResponse, Failure> {
        Ok(GetUtilityResponse::Ok(catalogue::utilities(&request.body)))
    }

    async fn list_homes(
        &self,
        _caller: Caller,
        _request: ListHomesRequest,
    ) -> Result<ListHomesResponse, Failure> {
        Ok(ListHomesResponse::Ok(catalogue::homes()?))
    }

    async fn onboarding_controller_generate_session_token_v1(
        &self,
        _caller: Caller,
        _request: OnboardingControllerGenerateSessionTokenV1Request,
    ) -> Result<OnboardingControllerGenerateSessionTokenV1Response, Failure> {
        let session_token = self.state.ids().make(&SESSION_TOKEN).into();
        Ok(OnboardingControllerGenerateSessionTokenV1Response::Ok(SessionToken { session_token }))
    }
}
