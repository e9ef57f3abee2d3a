//! Stands in for the runner until there is one.
use rescind_specs::Contract;

use crate::deployment::Deployment;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::report::ContractReport;

#[expect(clippy::unused_async, reason = "the runner is")]
pub(super) async fn run(
    _: &Contract,
    _: &Deployment,
    _: &Plan,
    _: &dyn Progress,
) -> Result<ContractReport, String> {
    Err("there is no runner as yet".to_owned())
}
