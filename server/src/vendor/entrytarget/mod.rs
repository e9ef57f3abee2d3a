//! EntryTarget: derived key pairs of a ledger, and the accounts that show who is accepted.

mod account;
mod authentication;
mod breach;
mod credential;
mod hooks;
mod metrics;
mod refusal;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use self::breach::Memory;
use self::metrics::Metrics;
use super::Service;
use super::records::entrytarget as records;
use crate::generated::entrytarget::request::{
    CreateAccountRequest, GetAccountByAssetRequest, GetAccountRequest, GetHealthRequest, GetIntegrityRequest,
    GetMetricsRequest, RegisterCredentialRequest, RevokeCredentialRequest,
};
use crate::generated::entrytarget::response::{
    CreateAccountResponse, GetAccountByAssetResponse, GetAccountResponse, GetHealthResponse,
    GetIntegrityResponse, GetMetricsResponse, RegisterCredentialResponse, RevokeCredentialResponse,
};
use crate::generated::entrytarget::types::{Health, HealthStatus};
use crate::generated::entrytarget::{Api, Credentials, Operation, router as stubs};
use crate::keys::PairDerivation;
use crate::runtime::{Answer, Context, Failure, GateError, Presented, Refused, Rejection};
use crate::state::State;

/// One deployment of the ledger.
#[derive(Debug)]
struct EntryTarget {
    state: State,
    derivation: PairDerivation,
    metrics: Metrics,
    memory: Memory,
    /// Set by hand, to see what an outage does.
    store_is_down: AtomicBool,
}

/// Who calls: a registered pair.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    api_key: String,
}

/// The contract over a state.
pub(super) fn deploy(state: &State) -> Result<Service, GateError> {
    let ledger = Arc::new(EntryTarget {
        state: state.clone(),
        derivation: records::derivation(state),
        metrics: Metrics::default(),
        memory: Memory::default(),
        store_is_down: AtomicBool::new(false),
    });
    let routes = stubs(ledger.clone(), state.limits(), state.mode())?;
    let hooks = hooks::of(&ledger);
    Ok(Service { routes: breach::wrap(routes, ledger), hooks })
}

impl Api for EntryTarget {
    type Caller = Caller;

    async fn authenticate(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
        context: &Context,
    ) -> Result<Caller, Refused> {
        let caller = self.accept(operation, presented).await?;
        context.identify(&caller.api_key);
        Ok(caller)
    }

    fn reject(&self, operation: Option<Operation>, _context: &Context, rejection: Rejection) -> Answer {
        refusal::answer(operation, &rejection)
    }

    async fn register_credential(
        &self,
        request: RegisterCredentialRequest,
    ) -> Result<RegisterCredentialResponse, Failure> {
        self.register(&request.body.api_key, &request.body.api_secret).await
    }

    async fn revoke_credential(
        &self,
        caller: Caller,
        request: RevokeCredentialRequest,
    ) -> Result<RevokeCredentialResponse, Failure> {
        self.revoke(&caller, &request.api_key).await
    }

    async fn create_account(
        &self,
        _caller: Caller,
        request: CreateAccountRequest,
    ) -> Result<CreateAccountResponse, Failure> {
        self.open(&request.body.category, &request.body.asset).await
    }

    async fn get_account(
        &self,
        _caller: Caller,
        request: GetAccountRequest,
    ) -> Result<GetAccountResponse, Failure> {
        self.show(request.id).await
    }

    async fn get_account_by_asset(
        &self,
        _caller: Caller,
        request: GetAccountByAssetRequest,
    ) -> Result<GetAccountByAssetResponse, Failure> {
        self.sum(&request.asset).await
    }

    async fn get_integrity(
        &self,
        _caller: Caller,
        _request: GetIntegrityRequest,
    ) -> Result<GetIntegrityResponse, Failure> {
        Ok(GetIntegrityResponse::Ok(account::intact()))
    }

    async fn get_health(&self, _request: GetHealthRequest) -> Result<GetHealthResponse, Failure> {
        Ok(GetHealthResponse::Ok(Health { status: HealthStatus::Ok }))
    }

    async fn get_metrics(&self, _request: GetMetricsRequest) -> Result<GetMetricsResponse, Failure> {
        Ok(GetMetricsResponse::Ok(self.metrics.to_string()))
    }
}
