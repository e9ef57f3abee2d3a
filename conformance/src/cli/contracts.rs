//! Which contracts are judged, and where each is deployed.

use std::path::Path;

use rescind_specs::{Contract, Vendor};

use super::args::CheckArgs;
use super::error::CliError;
use crate::deployment::Deployment;
use crate::plan::Writes;
use crate::target_file::{DEFAULT, Environment, Sources, TargetFile};

/// A contract with the deployment that is judged against it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) contract: Contract,
    pub(super) deployment: Deployment,
}

/// What is judged of deployments that run elsewhere, and what should be said about the target file.
pub(super) fn jobs(
    args: &CheckArgs,
    writes: Writes,
    environment: &dyn Environment,
) -> Result<(Vec<Job>, Vec<String>), CliError> {
    let path = args.target.as_deref().or_else(|| Some(Path::new(DEFAULT)).filter(|path| path.exists()));
    let (file, warnings) = match path {
        Some(path) => {
            let (file, warnings) = TargetFile::read(path)?;
            (Some((file, path)), warnings)
        }
        None => (None, Vec::new()),
    };
    let file = file.as_ref().map(|(file, path)| (file, *path));
    let contracts = contracts(args, file)?;
    if !args.url.is_empty() && contracts.len() > 1 {
        let names: Vec<&str> = contracts.iter().map(Contract::name).collect();
        return Err(CliError::Usage(format!(
            "--url is the address of one deployment, and {} contracts are to be judged ({}); choose one with \
             --contract, or write a target file with a url for each",
            names.len(),
            names.join(", ")
        )));
    }
    let sources = Sources { urls: &args.url, controls: &args.control, file, environment, writes };
    let job = |contract: Contract| -> Result<Job, CliError> {
        Ok(Job { deployment: sources.deployment(&contract)?, contract })
    };
    Ok((contracts.into_iter().map(job).collect::<Result<_, _>>()?, warnings))
}

fn contracts(args: &CheckArgs, file: Option<(&TargetFile, &Path)>) -> Result<Vec<Contract>, CliError> {
    if let Some(openapi) = &args.openapi {
        return Ok(vec![Contract::load(openapi, args.lifecycle.as_deref())?]);
    }
    if !args.contract.is_empty() {
        return bundled(&args.contract);
    }
    let Some((file, path)) = file else {
        return Err(CliError::Usage(format!(
            "it is not said what to judge; give --reference, --contract NAME, --openapi FILE, or a target file \
             (--target FILE, or {DEFAULT} in this folder)"
        )));
    };
    let vendors = file.contracts.keys().map(|name| {
        name.parse::<Vendor>().map_err(|error| {
            CliError::Usage(format!(
                "{}: {error}, or judge a contract of your own with --openapi",
                path.display()
            ))
        })
    });
    let vendors = vendors.collect::<Result<Vec<_>, _>>()?;
    if vendors.is_empty() {
        return Err(CliError::Usage(format!("{} has no [contracts.NAME]", path.display())));
    }
    bundled(&vendors)
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
