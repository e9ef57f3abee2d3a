//! Envelopes that differ from their snapshots.

use std::io;

use super::layout::{DIM, Page};
use crate::drift::Change;
use crate::report::Report;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for contract in report.contracts.iter().filter(|contract| !contract.drift.is_empty()) {
        let count = |change: Change| contract.drift.iter().filter(|drift| drift.change == change).count();
        page.line(&format!(
            "DRIFT {}: {} envelopes are new, {} differ from their snapshots; `cargo insta review` shows them",
            contract.contract,
            count(Change::New),
            count(Change::Different)
        ))?;
        for drift in contract.drift.iter().filter(|drift| drift.change == Change::Different) {
            page.line(&format!("      {} → {} ({})", drift.signature, drift.status, drift.operation))?;
            for line in &drift.lines {
                page.line(&format!("      {DIM}{line}{DIM:#}"))?;
            }
        }
        page.gap()?;
    }
    Ok(())
}
