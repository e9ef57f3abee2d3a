//! `--only` and `--skip`: which requirements and checks are meant.

use rescind_specs::Contract;

use super::error::CliError;
use crate::explain;

/// Refuses what is neither a requirement of one of the contracts nor a check.
pub(super) fn validate(flag: &str, wanted: &[String], contracts: &[&Contract]) -> Result<(), CliError> {
    for id in wanted {
        let (contract, bare) = split(id);
        let meant = contracts.iter().filter(|known| contract.is_none_or(|name| name == known.name()));
        let is_requirement = meant
            .clone()
            .any(|known| known.lifecycle().is_some_and(|lifecycle| lifecycle.requirement(bare).is_some()));
        let is_check = explain::checks().any(|check| check.id == bare) && meant.count() > 0;
        if !is_requirement && !is_check {
            return Err(CliError::Usage(format!(
                "{flag} {id}: no requirement of the contracts judged and no check has this name; `rescind list` and \
                 `rescind list --requirements` show them"
            )));
        }
    }
    Ok(())
}

/// What of it concerns one contract, without the contract's name. What belongs to another contract stays as it is,
/// and so selects nothing of this one.
pub(super) fn of_contract(wanted: &[String], contract: &str) -> Vec<String> {
    wanted
        .iter()
        .map(|id| match split(id) {
            (Some(name), bare) if name == contract => bare.to_owned(),
            _ => id.clone(),
        })
        .collect()
}

/// A name without that of its contract, if it is of this one or of each.
pub(super) fn is_of<'i>(id: &'i str, contract: &str) -> Option<&'i str> {
    match split(id) {
        (Some(name), _) if name != contract => None,
        (_, bare) => Some(bare),
    }
}

fn split(id: &str) -> (Option<&str>, &str) {
    id.split_once('/').map_or((None, id), |(contract, bare)| (Some(contract), bare))
}
