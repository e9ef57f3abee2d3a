//! Which contracts are judged, and where each is deployed.

use std::path::Path;

use rescind_specs::{Contract, Document, Vendor};

use super::args::CheckArgs;
use super::error::CliError;
use crate::cleanup::Documents;
use crate::deployment::Deployment;
use crate::manners::{Looks, looks};
use crate::plan::Writes;
use crate::target_file::{DEFAULT, Environment, Sources, TargetError, TargetFile, nearest};

/// A contract with the deployment that is judged against it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) contract: Contract,
    pub(super) deployment: Deployment,
    pub(super) documents: Documents,
}

/// What is judged of deployments that run elsewhere.
pub(super) fn jobs(
    args: &CheckArgs,
    file: Option<(&TargetFile, &Path)>,
    writes: Writes,
    environment: &dyn Environment,
) -> Result<Vec<Job>, CliError> {
    let contracts = contracts(args, file)?;
    if !args.url.is_empty() && contracts.len() > 1 {
        let names: Vec<&str> = contracts.iter().map(|(contract, _)| contract.name()).collect();
        return Err(CliError::Usage(format!(
            "--url is the address of one deployment, and {} contracts are to be judged ({}); choose one with \
             --contract, or write a target file with a url for each",
            names.len(),
            names.join(", ")
        )));
    }
    let sources = Sources { urls: &args.url, controls: &args.control, file, environment, writes };
    let jobs = contracts.into_iter().map(|(contract, documents)| {
        let deployment = sources.deployment(&contract)?;
        if writes == Writes::Allowed && !args.yes {
            is_meant(&deployment)?;
        }
        Ok(Job { contract, deployment, documents })
    });
    jobs.collect()
}

/// Refuses an address where people may depend on what a run changes.
fn is_meant(deployment: &Deployment) -> Result<(), CliError> {
    for replica in deployment.all_replicas() {
        let url = deployment.address(replica);
        if let Looks::Production(why) = looks(url) {
            return Err(CliError::Usage(format!(
                "{url} looks like production: {why}. With --allow-writes this run issues credentials there, uses them \
                 and revokes them; add --yes if that is meant"
            )));
        }
    }
    Ok(())
}

fn contracts(
    args: &CheckArgs,
    file: Option<(&TargetFile, &Path)>,
) -> Result<Vec<(Contract, Documents)>, CliError> {
    if let Some(openapi) = &args.openapi {
        let contract = Contract::load(openapi, args.lifecycle.as_deref())?;
        return Ok(vec![(contract, documents(openapi, args.lifecycle.as_deref()))]);
    }
    if !args.contract.is_empty() {
        let mut names: Vec<&String> = Vec::new();
        for name in &args.contract {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        return names.into_iter().map(|name| contract(name, file)).collect();
    }
    let Some((targets, path)) = file else {
        return Err(CliError::Usage(format!(
            "it is not said what to judge; give --reference, --contract NAME, --openapi FILE, or a target file \
             (--target FILE, or {DEFAULT} in this folder)"
        )));
    };
    if targets.contracts.is_empty() {
        return Err(CliError::Usage(format!("{} has no [contracts.NAME]", path.display())));
    }
    targets.contracts.keys().map(|name| contract(name, file)).collect()
}

/// The contract of this name: of the documents that the target file names, else a bundled one.
fn contract(name: &str, file: Option<(&TargetFile, &Path)>) -> Result<(Contract, Documents), CliError> {
    let target = file.and_then(|(file, path)| Some((file.contracts.get(name)?, path)));
    if let Some((target, path)) = target {
        let folder = path.parent().unwrap_or(Path::new(""));
        let lifecycle = target.lifecycle.as_ref().map(|lifecycle| folder.join(lifecycle));
        match (&target.openapi, &lifecycle) {
            (Some(openapi), _) => {
                let openapi = folder.join(openapi);
                let read = lifecycle.as_deref().map(Document::read).transpose()?;
                let contract = Contract::new(name, Document::read(&openapi)?, read.as_ref())?;
                return Ok((contract, documents(&openapi, lifecycle.as_deref())));
            }
            (None, Some(_)) => {
                let place = format!("{}: contracts.{name}", path.display());
                return Err(TargetError::NoOpenApi { place }.into());
            }
            (None, None) => {}
        }
    }
    let vendor: Vendor = name.parse().map_err(|_| unknown(name, file))?;
    let contract = Contract::of(vendor).map_err(|error| CliError::Internal(error.to_string()))?;
    Ok((contract, Documents::Bundled))
}

/// There is no contract of this name.
fn unknown(name: &str, file: Option<(&TargetFile, &Path)>) -> CliError {
    let own = file.into_iter().flat_map(|(file, _)| file.contracts.iter());
    let own = own.filter(|(_, target)| target.openapi.is_some()).map(|(name, _)| name.as_str());
    let known: Vec<&str> = own.chain(Vendor::ALL.map(Vendor::name)).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => String::new(),
    };
    CliError::Usage(format!(
        "there is no contract {name:?} among {}{hint} For a contract of your own, name its documents: `openapi` and \
         `lifecycle` below [contracts.{name}] of the target file, or --openapi and --lifecycle",
        known.join(", ")
    ))
}

/// Where the documents of a contract are, for whoever has to find them later from another folder.
fn documents(openapi: &Path, lifecycle: Option<&Path>) -> Documents {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Documents::Files { openapi: absolute(openapi), lifecycle: lifecycle.map(absolute) }
}

/// The bundled contracts of these names, each once.
pub(super) fn bundled(vendors: &[Vendor]) -> Result<Vec<Contract>, CliError> {
    let mut seen: Vec<Vendor> = Vec::new();
    for vendor in vendors {
        if !seen.contains(vendor) {
            seen.push(*vendor);
        }
    }
    seen.into_iter()
        .map(|vendor| Contract::of(vendor).map_err(|error| CliError::Internal(error.to_string())))
        .collect()
}
