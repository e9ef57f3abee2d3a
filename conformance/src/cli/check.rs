//! `rescind check`: judge, write the reports, and say how it went.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::args::CheckArgs;
use super::contracts::{self, Job};
use super::error::CliError;
use super::output::{Output, Reports};
use super::seeds::SeedFile;
use super::selection;
use crate::exit_code::ExitCode;
use crate::plan::{Plan, Writes};
use crate::progress::{self, Console, Event, Progress as _};
use crate::redact::Redactor;
use crate::report::{End, Report};
use crate::runner::{self, RunError};
use crate::session::SessionError;
use crate::target_file::ProcessEnvironment;

pub(super) async fn run(
    args: CheckArgs,
    output: Output,
    detail: progress::Detail,
) -> Result<ExitCode, CliError> {
    let redactor = Redactor::new();
    let progress = Console::new(detail, redactor.clone());
    if args.reference {
        return reference(&args, output, &progress, &redactor).await;
    }
    let writes = if args.allow_writes { Writes::Allowed } else { Writes::Forbidden };
    if args.timeout.duration().is_zero() {
        return Err(CliError::Usage(
            "--timeout 0s leaves no time for an answer; give it some, such as 10s".to_owned(),
        ));
    }
    let (jobs, warnings) = contracts::jobs(&args, writes, &ProcessEnvironment)?;
    for warning in warnings {
        progress.event(Event::Note(warning.into()));
    }
    if writes == Writes::Forbidden {
        progress.event(Event::Note("without --allow-writes, whatever changes state is not run".into()));
    }
    judge(&args, writes, &jobs, output, &progress, &redactor).await
}

#[cfg(feature = "reference")]
async fn reference(
    args: &CheckArgs,
    output: Output,
    progress: &Console,
    redactor: &Redactor,
) -> Result<ExitCode, CliError> {
    use rescind_specs::Vendor;

    use crate::reference::{self, Reference};

    let vendors = if args.contract.is_empty() { &Vendor::ALL[..] } else { &args.contract };
    let faults = reference::faults(&args.fault).map_err(|error| CliError::Usage(error.to_string()))?;
    for fault in &faults {
        let mut concerned: Vec<&str> = fault.contracts().map(Vendor::name).collect();
        concerned.dedup();
        if !vendors.iter().any(|vendor| concerned.contains(&vendor.name())) {
            let note = format!("{fault} breaks nothing that is judged here, only {}", concerned.join(", "));
            progress.event(Event::Note(note.into()));
        }
    }
    let internal = |error: reference::ReferenceError| CliError::Internal(error.to_string());
    let seed = args.seed.unwrap_or_default();
    let server = Reference::builder()
        .seed(seed)
        .replicas(args.replicas)
        .start(vendors, &faults)
        .await
        .map_err(internal)?;
    let jobs = contracts::bundled(vendors)?.into_iter().map(|contract| {
        let vendor = contract.name().parse().map_err(|_| CliError::Internal(contract.name().to_owned()))?;
        Ok(Job { deployment: server.deployment(vendor).map_err(internal)?, contract })
    });
    let jobs = jobs.collect::<Result<Vec<_>, CliError>>()?;
    let judged = judge(args, Writes::Allowed, &jobs, output, progress, redactor).await;
    server.stop().await;
    judged
}

#[cfg(not(feature = "reference"))]
async fn reference(_: &CheckArgs, _: Output, _: &Console, _: &Redactor) -> Result<ExitCode, CliError> {
    let text = "this program was built without the reference server; judge a deployment with --url instead";
    std::future::ready(Err(CliError::Usage(text.to_owned()))).await
}

async fn judge(
    args: &CheckArgs,
    writes: Writes,
    jobs: &[Job],
    output: Output,
    progress: &Console,
    redactor: &Redactor,
) -> Result<ExitCode, CliError> {
    let known: Vec<_> = jobs.iter().map(|job| &job.contract).collect();
    selection::validate("--only", &args.only, &known)?;
    selection::validate("--skip", &args.skip, &known)?;
    let reports = Reports::open(&args.report)?;
    let seeds = SeedFile::open(args)?;
    let seed = args.seed.unwrap_or_else(|| if args.reference { 0 } else { random_seed() });
    for job in jobs {
        let pairs = job.deployment.callers.values().chain(&job.deployment.pool);
        pairs.for_each(|pair| redactor.taint(pair.secret.expose_secret()));
    }
    for job in jobs {
        reach(job, args.timeout.duration()).await?;
    }
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        contracts: Vec::with_capacity(jobs.len()),
    };
    for (index, job) in jobs.iter().enumerate() {
        let Job { contract, deployment } = job;
        let plan = Plan {
            seed,
            cases: args.cases,
            sequences: args.sequences,
            only: selection::of_contract(&args.only, contract.name()),
            skip: selection::of_contract(&args.skip, contract.name()),
            patience: args.patience.duration(),
            timeout: args.timeout.duration(),
            rate: args.rate,
            writes,
            replay: seeds.of(contract.name()),
        };
        let judged = runner::run(contract, deployment, &plan, redactor, progress).await;
        progress.event(Event::Ended);
        let judged = judged.map_err(|error| failure(&error, job, redactor))?;
        let end = judged.end;
        report.contracts.push(judged);
        if end == End::Interrupted {
            note_not_begun(&jobs[index + 1..], progress);
            break;
        }
    }
    let internal = |error: serde_json::Error| CliError::Internal(error.to_string());
    let report = redactor.redact_report(&report).map_err(internal)?;
    seeds.keep(&report, progress);
    output.write(&report, reports)?;
    Ok(ExitCode::of(&report))
}

/// Says which contracts an interrupted run never came to.
fn note_not_begun(jobs: &[Job], progress: &Console) {
    if !jobs.is_empty() {
        let names: Vec<&str> = jobs.iter().map(|job| job.contract.name()).collect();
        progress.event(Event::Note(format!("not begun: {}", names.join(", ")).into()));
    }
}

fn failure(error: &RunError, job: &Job, redactor: &Redactor) -> CliError {
    let why = redactor.redact(&error.to_string()).into_owned();
    match error {
        RunError::Unreachable(_) => CliError::Unreachable {
            contract: job.contract.name().to_owned(),
            url: job.deployment.base.to_string(),
            why,
        },
        RunError::Session(SessionError::Control { .. }) => CliError::Control(why),
        RunError::Session(SessionError::Client(_)) => CliError::Internal(why),
    }
}

/// Whether anything listens at the deployment's address.
async fn reach(job: &Job, timeout: Duration) -> Result<(), CliError> {
    let base = &job.deployment.base;
    let error = |why: String| CliError::Unreachable {
        contract: job.contract.name().to_owned(),
        url: base.to_string(),
        why,
    };
    let host = base.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = base.port_or_known_default().unwrap_or(80);
    match tokio::time::timeout(timeout, tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(refused)) => Err(error(refused.to_string())),
        Err(_) => Err(error(format!("no connection within {} s", timeout.as_secs()))),
    }
}

/// A seed that differs from run to run, short enough to be typed.
fn random_seed() -> u64 {
    RandomState::new().hash_one(0) % 1_000_000_000
}
