//! `rescind list` and `rescind explain`.

use rescind_specs::Vendor;

use super::args::ListArgs;
use super::contracts;
use super::error::CliError;
use crate::explain;

pub(super) fn list(args: &ListArgs) -> Result<String, CliError> {
    if args.rules {
        return Ok(explain::list_rules());
    }
    if !args.requirements {
        return Ok(explain::list_checks());
    }
    let vendors = if args.contract.is_empty() { &Vendor::ALL[..] } else { &args.contract };
    Ok(explain::list_requirements(&contracts::bundled(vendors)?))
}

pub(super) fn explain(id: &str) -> Result<String, CliError> {
    explain::explain(id).ok_or_else(|| {
        let similar = explain::similar(id);
        let hint = if similar.is_empty() { ";".to_owned() } else { format!("; did you mean {}?", similar.join(", ")) };
        CliError::Usage(format!(
            "nothing is called {id:?}{hint} `rescind list` shows the checks, `rescind list --requirements` the \
             requirements, `rescind list --rules` the rules of the lint, and an exit code is a number"
        ))
    })
}
