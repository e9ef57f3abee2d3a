//! The operations of the admin listener: each one from its request to its answer.

use serde_json::Value;

use super::answer::{error, query, rejected};
use super::journal::Asked;
use super::{Admin, clock, contracts, credentials, disturbances, facts, faults, hooks, journal, snapshot};
use crate::fault::Fault;
use crate::generated::admin::request::{
    AddDisturbanceRequest, AdvanceClockRequest, ClearDisturbancesRequest, ClearFaultRequest,
    ClearFaultsRequest, ClearJournalRequest, ExportJournalRequest, FollowJournalRequest, FreezeClockRequest,
    GetClockRequest, GetContractLifecycleRequest, GetContractOpenapiRequest, GetDisturbanceRequest,
    GetDocumentAsJsonRequest, GetDocumentRequest, GetHealthRequest, GetReadyRequest, GetSnapshotRequest,
    ListContractsRequest, ListCredentialsRequest, ListDisturbancesRequest, ListFaultsRequest,
    ListRequestsRequest, MintRequest, RemoveDisturbanceRequest, ResetRequest, RestoreSnapshotRequest,
    RunClockRequest, RunHookRequest, SeedRequest, SetClockRequest, SetFaultRequest,
};
use crate::generated::admin::response::{
    AddDisturbanceResponse, AdvanceClockResponse, ClearDisturbancesResponse, ClearFaultResponse,
    ClearFaultsResponse, ClearJournalResponse, ExportJournalResponse, FollowJournalResponse,
    FreezeClockResponse, GetClockResponse, GetContractLifecycleResponse, GetContractOpenapiResponse,
    GetDisturbanceResponse, GetDocumentAsJsonResponse, GetDocumentResponse, GetHealthResponse,
    GetReadyResponse, GetSnapshotResponse, ListContractsResponse, ListCredentialsResponse,
    ListDisturbancesResponse, ListFaultsResponse, ListRequestsResponse, MintResponse,
    RemoveDisturbanceResponse, ResetResponse, RestoreSnapshotResponse, RunClockResponse, RunHookResponse,
    SeedResponse, SetClockResponse, SetFaultResponse,
};
use crate::generated::admin::{Api, Credentials, DOCUMENT, Operation, contract};
use crate::runtime::{Answer, Context, Failure, Presented, Refused, Rejection};

/// Whoever the guard let in.
type Caller = Option<()>;

impl Api for Admin {
    type Caller = ();

    async fn authenticate(
        &self,
        _operation: Operation,
        _presented: &Presented<Credentials>,
        _context: &Context,
    ) -> Result<(), Refused> {
        // The guard has looked at the token already; without one to demand, any is as good as none.
        Ok(())
    }

    fn reject(&self, operation: Option<Operation>, _context: &Context, rejection: Rejection) -> Answer {
        rejected(operation, &rejection)
    }

    async fn get_health(&self, _request: GetHealthRequest) -> Result<GetHealthResponse, Failure> {
        Ok(GetHealthResponse::Ok("ok\n".to_owned()))
    }

    async fn get_ready(&self, _request: GetReadyRequest) -> Result<GetReadyResponse, Failure> {
        Ok(match self.state.readiness().await {
            Ok(()) => GetReadyResponse::Ok("ready\n".to_owned()),
            Err(why) => GetReadyResponse::ServiceUnavailable(error(why)),
        })
    }

    async fn get_document(
        &self,
        _: Caller,
        _request: GetDocumentRequest,
    ) -> Result<GetDocumentResponse, Failure> {
        Ok(GetDocumentResponse::Ok(DOCUMENT.into()))
    }

    async fn get_document_as_json(
        &self,
        _: Caller,
        _request: GetDocumentAsJsonRequest,
    ) -> Result<GetDocumentAsJsonResponse, Failure> {
        match contract()?.document().root() {
            Value::Object(members) => Ok(GetDocumentAsJsonResponse::Ok(members.clone().into())),
            _ => Err(Rejection::internal("the document is no object").into()),
        }
    }

    async fn list_contracts(
        &self,
        _: Caller,
        _request: ListContractsRequest,
    ) -> Result<ListContractsResponse, Failure> {
        Ok(ListContractsResponse::Ok(contracts::all(self).into()))
    }

    async fn get_contract_openapi(
        &self,
        _: Caller,
        request: GetContractOpenapiRequest,
    ) -> Result<GetContractOpenapiResponse, Failure> {
        Ok(match contracts::openapi(self, &request.contract) {
            Ok(text) => GetContractOpenapiResponse::Ok(text.into()),
            Err(why) => GetContractOpenapiResponse::NotFound(error(why)),
        })
    }

    async fn get_contract_lifecycle(
        &self,
        _: Caller,
        request: GetContractLifecycleRequest,
    ) -> Result<GetContractLifecycleResponse, Failure> {
        Ok(match contracts::lifecycle(self, &request.contract) {
            Ok(text) => GetContractLifecycleResponse::Ok(text.into()),
            Err(why) => GetContractLifecycleResponse::NotFound(error(why)),
        })
    }

    async fn get_clock(&self, _: Caller, _request: GetClockRequest) -> Result<GetClockResponse, Failure> {
        Ok(GetClockResponse::Ok(clock::shown(self.state.clock())))
    }

    async fn set_clock(&self, _: Caller, request: SetClockRequest) -> Result<SetClockResponse, Failure> {
        Ok(clock::set(self, &request.body))
    }

    async fn advance_clock(
        &self,
        _: Caller,
        request: AdvanceClockRequest,
    ) -> Result<AdvanceClockResponse, Failure> {
        Ok(clock::advance(self, &request.body))
    }

    async fn list_faults(
        &self,
        _: Caller,
        _request: ListFaultsRequest,
    ) -> Result<ListFaultsResponse, Failure> {
        Ok(ListFaultsResponse::Ok(faults::all(self).into()))
    }

    async fn clear_faults(
        &self,
        _: Caller,
        _request: ClearFaultsRequest,
    ) -> Result<ClearFaultsResponse, Failure> {
        self.state.faults().clear_all();
        Ok(ClearFaultsResponse::Ok(faults::on(self).into()))
    }

    async fn set_fault(&self, _: Caller, request: SetFaultRequest) -> Result<SetFaultResponse, Failure> {
        Ok(match request.fault.parse::<Fault>() {
            Ok(fault) if !faults::is_known(self, fault) => SetFaultResponse::NotFound(error(format_args!(
                "no contract that is served promises what {fault} breaks"
            ))),
            Ok(fault) => {
                self.state.faults().set(fault);
                SetFaultResponse::Ok(faults::on(self).into())
            }
            Err(why) => SetFaultResponse::NotFound(error(why)),
        })
    }

    async fn clear_fault(
        &self,
        _: Caller,
        request: ClearFaultRequest,
    ) -> Result<ClearFaultResponse, Failure> {
        Ok(match request.fault.parse::<Fault>() {
            Ok(fault) => {
                self.state.faults().clear(fault);
                ClearFaultResponse::Ok(faults::on(self).into())
            }
            Err(why) => ClearFaultResponse::NotFound(error(why)),
        })
    }

    async fn run_hook(&self, _: Caller, request: RunHookRequest) -> Result<RunHookResponse, Failure> {
        Ok(hooks::run(self, request).await)
    }

    async fn reset(&self, _: Caller, _request: ResetRequest) -> Result<ResetResponse, Failure> {
        Ok(facts::reset(self).await)
    }

    async fn mint(&self, _: Caller, request: MintRequest) -> Result<MintResponse, Failure> {
        known_query(&request.context, Operation::Mint)?;
        let count = usize::try_from(request.count).unwrap_or_default();
        Ok(MintResponse::Ok(facts::mint(self, count).into()))
    }

    async fn freeze_clock(
        &self,
        _: Caller,
        _request: FreezeClockRequest,
    ) -> Result<FreezeClockResponse, Failure> {
        Ok(clock::freeze(self))
    }

    async fn run_clock(&self, _: Caller, _request: RunClockRequest) -> Result<RunClockResponse, Failure> {
        Ok(clock::run(self))
    }

    async fn list_disturbances(
        &self,
        _: Caller,
        _request: ListDisturbancesRequest,
    ) -> Result<ListDisturbancesResponse, Failure> {
        Ok(ListDisturbancesResponse::Ok(disturbances::all(self)?.into()))
    }

    async fn add_disturbance(
        &self,
        _: Caller,
        request: AddDisturbanceRequest,
    ) -> Result<AddDisturbanceResponse, Failure> {
        disturbances::add(self, &request.body)
    }

    async fn clear_disturbances(
        &self,
        _: Caller,
        _request: ClearDisturbancesRequest,
    ) -> Result<ClearDisturbancesResponse, Failure> {
        self.state.disturbances().clear();
        Ok(ClearDisturbancesResponse::NoContent)
    }

    async fn get_disturbance(
        &self,
        _: Caller,
        request: GetDisturbanceRequest,
    ) -> Result<GetDisturbanceResponse, Failure> {
        disturbances::get(self, request.id)
    }

    async fn remove_disturbance(
        &self,
        _: Caller,
        request: RemoveDisturbanceRequest,
    ) -> Result<RemoveDisturbanceResponse, Failure> {
        disturbances::remove(self, request.id)
    }

    async fn list_requests(
        &self,
        _: Caller,
        request: ListRequestsRequest,
    ) -> Result<ListRequestsResponse, Failure> {
        known_query(&request.context, Operation::ListRequests)?;
        let asked = Asked {
            contract: request.contract,
            operation: request.operation,
            method: request.method,
            path: request.path,
            status: request.status.map(|status| status.to_string()),
            caller: request.caller,
            after: request.after,
            since: request.since,
            disturbed: request.disturbed,
        };
        Ok(ListRequestsResponse::Ok(journal::list(self, &asked.filter()?, request.limit)?))
    }

    async fn export_journal(
        &self,
        _: Caller,
        request: ExportJournalRequest,
    ) -> Result<ExportJournalResponse, Failure> {
        known_query(&request.context, Operation::ExportJournal)?;
        let asked = Asked {
            contract: request.contract,
            operation: request.operation,
            method: request.method,
            path: request.path,
            status: request.status.map(|status| status.to_string()),
            caller: request.caller,
            after: request.after,
            since: request.since,
            disturbed: request.disturbed,
        };
        match serde_json::to_value(self.state.journal().har(&asked.filter()?))? {
            Value::Object(archive) => Ok(ExportJournalResponse::Ok(archive.into())),
            _ => Err(Rejection::internal("the archive is no object").into()),
        }
    }

    async fn get_snapshot(
        &self,
        _: Caller,
        _request: GetSnapshotRequest,
    ) -> Result<GetSnapshotResponse, Failure> {
        snapshot::get(self).await
    }

    async fn restore_snapshot(
        &self,
        _: Caller,
        request: RestoreSnapshotRequest,
    ) -> Result<RestoreSnapshotResponse, Failure> {
        Ok(snapshot::restore(self, &request.body).await)
    }

    async fn clear_journal(
        &self,
        _: Caller,
        _request: ClearJournalRequest,
    ) -> Result<ClearJournalResponse, Failure> {
        self.state.journal().clear();
        Ok(ClearJournalResponse::NoContent)
    }

    async fn follow_journal(
        &self,
        _: Caller,
        _request: FollowJournalRequest,
    ) -> Result<FollowJournalResponse, Failure> {
        Ok(FollowJournalResponse::Ok(journal::follow(self.state.journal().subscribe(), self.stop.clone())))
    }

    async fn list_credentials(
        &self,
        _: Caller,
        request: ListCredentialsRequest,
    ) -> Result<ListCredentialsResponse, Failure> {
        known_query(&request.context, Operation::ListCredentials)?;
        let start = credentials::start(&request)?;
        Ok(match credentials::page(self, &request, start).await {
            Ok(page) => ListCredentialsResponse::Ok(page),
            Err(why) => ListCredentialsResponse::ServiceUnavailable(error(why)),
        })
    }

    async fn seed(&self, _: Caller, request: SeedRequest) -> Result<SeedResponse, Failure> {
        Ok(facts::seed(self, &request.body).await)
    }
}

/// Refuses a query parameter that the operation does not document: a filter with a slip in its name must not answer as
/// if nothing had been asked.
fn known_query(context: &Context, operation: Operation) -> Result<(), Failure> {
    let Some(asked) = context.parts().uri.query() else { return Ok(()) };
    let documented = contract()?.operation(&operation.id().into());
    let names: Vec<&str> = documented
        .map(|documented| documented.parameters.iter().map(|p| p.name.as_str()).collect())
        .unwrap_or_default();
    let names_asked = asked.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    match names_asked.into_iter().find(|name| !name.is_empty() && !names.contains(name)) {
        None => Ok(()),
        Some(name) => {
            Err(query(name, "unknown", &format!("is not known; there are {}", names.join(", "))).into())
        }
    }
}
