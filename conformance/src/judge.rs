//! Judging from another program: what is judged and how, in a few words.

use std::any::Any;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rescind_specs::Contract;
use secrecy::ExposeSecret as _;

use crate::clock;
use crate::deployment::Deployment;
use crate::plan::{Plan, Writes};
use crate::progress::{Progress, Silent};
use crate::redact::Redactor;
use crate::report::Report;
use crate::runner::{self, RunError};

/// A contract, a deployment of it, and how the one is judged by the other.
///
/// Nothing that changes state is sent unless [`allow_writes`](Self::allow_writes) says so, and without that little can be
/// seen of a revocation.
///
/// ```
/// # #[cfg(feature = "reference")]
/// # async fn start() -> Result<(rescind_conformance::reference::Reference, rescind_conformance::deployment::Deployment), Box<dyn std::error::Error>> {
/// #     use rescind_conformance::{Vendor, reference::Reference};
/// #     let server = Reference::start(&[Vendor::Dinie], &[]).await?;
/// #     let deployment = server.deployment(Vendor::Dinie)?;
/// #     Ok((server, deployment))
/// # }
/// # #[cfg(feature = "reference")]
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use rescind_conformance::{Contract, Judge};
/// # let (_server, deployment) = start().await?;
/// # let (openapi, lifecycle) = ("../specs/dinie/openapi.yaml", "../specs/dinie/lifecycle.yaml");
///
/// let contract = Contract::load(openapi.as_ref(), Some(lifecycle.as_ref()))?;
/// // let deployment = Deployment::at("http://127.0.0.1:8080/v3".parse()?).caller("operator", id, secret);
/// let report = Judge::new(contract, deployment).allow_writes().only(["R2", "R3"]).seed(7).run().await?;
/// assert!(report.conforms(), "{report}");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "reference"))]
/// # fn main() {}
/// ```
///
/// What a run issues is revoked at its end, also where the run is interrupted, unless its future is dropped before.
#[derive(Clone)]
#[must_use = "a judge does nothing until it is run"]
pub struct Judge {
    contract: Arc<Contract>,
    deployment: Deployment,
    plan: Plan,
    kept: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Judge {
    /// Whoever judges this deployment by this contract.
    pub fn new(contract: impl Into<Arc<Contract>>, deployment: Deployment) -> Self {
        let plan = Plan { writes: Writes::Forbidden, ..Plan::default() };
        Self { contract: contract.into(), deployment, plan, kept: Vec::new() }
    }

    /// Allows requests that change state.
    pub fn allow_writes(self) -> Self {
        self.planned(|plan| plan.writes = Writes::Allowed)
    }

    /// Judges these requirements (`R3`) and checks (`use_after_revocation`) only.
    pub fn only<S: Into<String>>(self, ids: impl IntoIterator<Item = S>) -> Self {
        self.planned(|plan| plan.only = ids.into_iter().map(Into::into).collect())
    }

    /// Leaves these requirements and checks out.
    pub fn skip<S: Into<String>>(self, ids: impl IntoIterator<Item = S>) -> Self {
        self.planned(|plan| plan.skip = ids.into_iter().map(Into::into).collect())
    }

    /// Takes other randomness than that of seed 0.
    pub fn seed(self, seed: u64) -> Self {
        self.planned(|plan| plan.seed = seed)
    }

    /// Waits so long for bounds of the contract in one sequence, where the deployment's clock cannot be moved.
    pub fn patience(self, patience: Duration) -> Self {
        self.planned(|plan| plan.patience = patience)
    }

    /// Lets at most so many requests be under way at once.
    pub fn jobs(self, jobs: NonZeroU32) -> Self {
        self.planned(|plan| plan.jobs = jobs)
    }

    /// Begins nothing after this time.
    pub fn max_time(self, time: Duration) -> Self {
        self.planned(|plan| plan.max_time = Some(time))
    }

    /// Changes anything else of what is run.
    pub fn planned(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// Keeps something alive as long as the judge, such as the server that it judges.
    pub fn keep(mut self, something: impl Any + Send + Sync) -> Self {
        self.kept.push(Arc::new(something));
        self
    }

    /// Judges, and tells nobody meanwhile how far it is.
    ///
    /// # Errors
    /// The run could not begin, or the deployment answers nothing. A broken promise is no error: the report tells it.
    pub async fn run(&self) -> Result<Report, RunError> {
        self.run_with(&Redactor::new(), &Silent).await
    }

    /// Judges, and tells `progress` meanwhile how far it is. Every secret of the run comes to be known to `redactor`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_with(&self, redactor: &Redactor, progress: &dyn Progress) -> Result<Report, RunError> {
        self.deployment.secrets().for_each(|secret| redactor.taint(secret.expose_secret()));
        let began = clock::machine();
        let judged = runner::run(&self.contract, &self.deployment, &self.plan, redactor, progress).await?;
        let report = Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.plan.seed,
            began: Some(began),
            contracts: vec![judged],
        };
        redactor.redact_report(&report).map_err(|error| RunError::Report(error.to_string()))
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contract, deployment, plan, kept } = self;
        f.debug_struct("Judge")
            .field("contract", &contract.name())
            .field("deployment", deployment)
            .field("plan", plan)
            .field("kept", &kept.len())
            .finish()
    }
}
