//! Envelopes that differ from their snapshots.

use std::io;

use super::layout::{DIM, Page};
use crate::drift::Change;
use crate::report::Report;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for contract in report.contracts.iter().filter(|contract| !contract.drift.is_empty()) {
        let count = |change: Change| contract.drift.iter().filter(|drift| drift.change == change).count();
        let (new, different) = (count(Change::New), count(Change::Different));
        page.line(&format!(
            "DRIFT {}: envelopes that are new: {new}, that differ from their snapshots: {different}",
            contract.contract,
        ))?;
        page.line("      Look at them with `cargo insta review`; --accept-drift accepts all.")?;
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
