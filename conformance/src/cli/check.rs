//! `rescind check`: judge, write the reports, and say how it went.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rescind_specs::Contract;
use secrecy::ExposeSecret as _;

use super::args::CheckArgs;
use super::contracts::{self, Job};
use super::error::CliError;
use super::exceptions::Exceptions;
use super::output::Output;
use super::plan;
use super::reports::Reports;
use super::seeds::SeedFile;
use super::selection;
use super::settings::Settings;
use crate::cleanup::{self, CleanupFile};
use crate::clock;
use crate::drift::{self, Keep};
use crate::exit_code::ExitCode;
use crate::plan::{Envelopes, Plan, Writes};
use crate::progress::{self, Console, Event, Progress as _};
use crate::redact::Redactor;
use crate::replay::Stored;
use crate::report::{End, Report};
use crate::runner::{self, RunError};
use crate::session::SessionError;
use crate::target_file::{self, ProcessEnvironment, TargetFile};

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
    let file = target_file(args.target.as_deref(), &progress)?;
    let file = file.as_ref().map(|(file, path)| (file, path.as_path()));
    let settings = Settings::of(&args, file)?;
    let jobs = contracts::jobs(&args, file, settings.writes, &ProcessEnvironment)?;
    if settings.writes == Writes::Forbidden {
        progress.event(Event::Note("without --allow-writes, whatever changes state is not run".into()));
    }
    let exceptions = Exceptions::of(&args, file.map(|(file, _)| file));
    judge(&args, &settings, &exceptions, &jobs, output, &progress, &redactor).await
}

/// The target file that is meant, if there is one. What should be said about it is told.
pub(super) fn target_file(
    named: Option<&Path>,
    progress: &Console,
) -> Result<Option<(TargetFile, PathBuf)>, CliError> {
    let Some(path) = target_file::path(named) else { return Ok(None) };
    let (file, warnings) = TargetFile::read(path)?;
    for warning in warnings {
        progress.event(Event::Note(warning.into()));
    }
    Ok(Some((file, path.to_owned())))
}

#[cfg(feature = "reference")]
async fn reference(
    args: &CheckArgs,
    output: Output,
    progress: &Console,
    redactor: &Redactor,
) -> Result<ExitCode, CliError> {
    let (server, jobs, settings) = start_reference(args, progress).await?;
    let exceptions = Exceptions::of(args, None);
    let judged = judge(args, &settings, &exceptions, &jobs, output, progress, redactor).await;
    server.stop().await;
    judged
}

/// Starts the reference server that the arguments describe.
#[cfg(feature = "reference")]
pub(super) async fn start_reference(
    args: &CheckArgs,
    progress: &Console,
) -> Result<(crate::reference::Reference, Vec<Job>, Settings), CliError> {
    use rescind_specs::Vendor;

    use crate::reference::{self, Reference};

    let named: Result<Vec<Vendor>, _> = args.contract.iter().map(|name| name.parse::<Vendor>()).collect();
    let named = named.map_err(|error| CliError::Usage(format!("--reference: {error}")))?;
    let vendors = if named.is_empty() { &Vendor::ALL[..] } else { &named };
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
    let settings = Settings { writes: Writes::Allowed, ..Settings::of(args, None)? };
    let seed = settings.seed.unwrap_or_default();
    let server = Reference::builder()
        .seed(seed)
        .replicas(args.replicas)
        .start(vendors, &faults)
        .await
        .map_err(internal)?;
    let jobs = contracts::bundled(vendors)?.into_iter().map(|contract| {
        let vendor = contract.name().parse().map_err(|_| CliError::Internal(contract.name().to_owned()))?;
        Ok(Job {
            deployment: server.deployment(vendor).map_err(internal)?,
            documents: cleanup::Documents::Bundled,
            contract,
        })
    });
    let jobs = jobs.collect::<Result<Vec<_>, CliError>>()?;
    Ok((server, jobs, settings))
}

#[cfg(not(feature = "reference"))]
async fn reference(_: &CheckArgs, _: Output, _: &Console, _: &Redactor) -> Result<ExitCode, CliError> {
    let text = "this program was built without the reference server; judge a deployment with --url instead";
    std::future::ready(Err(CliError::Usage(text.to_owned()))).await
}

async fn judge(
    args: &CheckArgs,
    settings: &Settings,
    exceptions: &Exceptions,
    jobs: &[Job],
    output: Output,
    progress: &Console,
    redactor: &Redactor,
) -> Result<ExitCode, CliError> {
    let known: Vec<_> = jobs.iter().map(|job| &job.contract).collect();
    selection::validate("--only", &settings.only, &known)?;
    exceptions.validate(&known)?;
    let seeds = SeedFile::open(args, settings)?;
    // Not after minutes of work.
    let folders = [("--snapshots", &args.snapshots), ("--counterexamples", &args.counterexamples)];
    for (flag, folder) in folders.into_iter().filter_map(|(flag, folder)| Some((flag, folder.as_ref()?))) {
        std::fs::create_dir_all(folder)
            .map_err(|why| CliError::Usage(format!("{flag} {} is no folder: {why}", folder.display())))?;
    }
    let seed = settings
        .seed
        .unwrap_or_else(|| if args.reference || args.snapshots.is_some() { 0 } else { random_seed() });
    for job in jobs {
        job.deployment.secrets().for_each(|secret| redactor.taint(secret.expose_secret()));
    }
    let planned = |contract: &Contract, record| Plan {
        seed,
        cases: settings.cases,
        sequences: settings.sequences,
        only: selection::of_contract(&settings.only, contract.name()),
        skip: exceptions.skipped(contract.name()),
        patience: settings.patience,
        timeout: settings.timeout,
        rate: settings.rate,
        jobs: settings.jobs,
        max_time: settings.max_time,
        writes: settings.writes,
        envelopes: if args.snapshots.is_some() { Envelopes::Kept } else { Envelopes::Dropped },
        replay: seeds.of(contract.name()),
        record,
    };
    if let Some(format) = args.plan {
        let plans: Vec<Plan> = known.iter().map(|contract| planned(contract, None)).collect();
        return plan::tell(format, seed, jobs.iter().zip(&plans), output, redactor);
    }
    let reports = Reports::open(&settings.reports)?;
    for job in jobs {
        reach(job, settings.timeout).await?;
    }
    // What the reference server of a run issued goes with it.
    let recorded = settings.writes == Writes::Allowed && !args.reference;
    let cleanup = if recorded { Some(open_cleanup(&settings.cleanup, progress)?) } else { None };
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        began: Some(clock::machine()),
        contracts: Vec::with_capacity(jobs.len()),
    };
    for (index, job) in jobs.iter().enumerate() {
        let Job { contract, deployment, documents } = job;
        let run = || cleanup::Run::of(contract, deployment, documents.clone(), clock::machine());
        let record = cleanup.as_ref().map(|file| file.begin(run())).transpose()?;
        let plan = planned(contract, record);
        let judged = runner::run(contract, deployment, &plan, redactor, progress).await;
        progress.event(Event::Ended);
        let mut judged = judged.map_err(|error| failure(&error, job, redactor))?;
        exceptions.apply(&mut judged, today());
        let end = judged.end;
        report.contracts.push(judged);
        if end == End::Interrupted {
            note_not_begun(&jobs[index + 1..], progress);
            break;
        }
    }
    if let Some(file) = cleanup {
        close_cleanup(file, progress);
    }
    let internal = |error: serde_json::Error| CliError::Internal(error.to_string());
    let mut report = redactor.redact_report(&report).map_err(internal)?;
    // Whatever goes wrong beside it: the report is written.
    let compared = args.snapshots.as_deref().map_or(Ok(()), |folder| compare(&mut report, folder, args));
    seeds.keep(&report, progress);
    let kept = args.counterexamples.as_deref();
    let kept = kept.map_or(Ok(()), |folder| keep_counterexamples(&report, folder, progress));
    output.write(&report, reports)?;
    compared.and(kept)?;
    let drifted = report.contracts.iter().any(|contract| !contract.drift.is_empty());
    Ok(match ExitCode::of(&report) {
        ExitCode::Conforms | ExitCode::Open if drifted && args.deny_drift => ExitCode::Broken,
        code => code,
    })
}

/// Compares the envelopes of a report with the snapshots in a folder.
fn compare(report: &mut Report, folder: &Path, args: &CheckArgs) -> Result<(), CliError> {
    let keep = if args.accept_drift { Keep::AsSnapshot } else { Keep::ForReview };
    for contract in &mut report.contracts {
        let envelopes = std::mem::take(&mut contract.envelopes);
        let drift = drift::compare(folder, &contract.contract, &envelopes, keep);
        contract.drift = drift.map_err(|error| CliError::Usage(error.to_string()))?;
    }
    Ok(())
}

/// Writes down each breach of a report that can be looked for again.
fn keep_counterexamples(report: &Report, folder: &Path, progress: &Console) -> Result<(), CliError> {
    let (kept, _) = Stored::of_report(report);
    let written = Stored::write_all(&kept, folder)
        .map_err(|source| CliError::Report { file: folder.display().to_string(), source })?;
    for path in written {
        let note = format!("kept {}; `rescind replay` looks for it again", path.display());
        progress.event(Event::Note(note.into()));
    }
    Ok(())
}

/// Makes the file for what is going to be issued, and tells of those that earlier runs left.
pub(super) fn open_cleanup(path: &Path, progress: &Console) -> Result<Arc<CleanupFile>, CliError> {
    let (file, earlier) = CleanupFile::create(path)?;
    for (path, leftover) in earlier {
        let urls: Vec<&str> = leftover.runs.iter().map(|left| left.run.url.as_str()).collect();
        let note = format!(
            "an earlier run may have left {} at {} behind, which stands in {}; `rescind cleanup` puts it away",
            things(leftover.count()),
            urls.join(", "),
            path.display()
        );
        progress.event(Event::Note(note.into()));
    }
    Ok(Arc::new(file))
}

/// Closes the file, and says that it stays if it does.
pub(super) fn close_cleanup(file: Arc<CleanupFile>, progress: &Console) {
    let path = file.path().to_owned();
    drop(file);
    if path.exists() {
        let note =
            format!("what could not be put away stands in {}; `rescind cleanup` tries again", path.display());
        progress.event(Event::Note(note.into()));
    }
}

/// A number of things that were issued.
pub(super) fn things(count: usize) -> String {
    if count == 1 { "1 thing".to_owned() } else { format!("{count} things") }
}

/// Says which contracts an interrupted run never came to.
fn note_not_begun(jobs: &[Job], progress: &Console) {
    if !jobs.is_empty() {
        let names: Vec<&str> = jobs.iter().map(|job| job.contract.name()).collect();
        progress.event(Event::Note(format!("not begun: {}", names.join(", ")).into()));
    }
}

pub(super) fn failure(error: &RunError, job: &Job, redactor: &Redactor) -> CliError {
    let why = redactor.redact(&error.to_string()).into_owned();
    match error {
        RunError::Unreachable(_) => CliError::Unreachable {
            contract: job.contract.name().to_owned(),
            url: job.deployment.base.to_string(),
            why,
        },
        RunError::Session(error) => failure_of(error, redactor),
        RunError::Report(_) => CliError::Internal(why),
    }
}

/// Why a session could not begin.
pub(super) fn failure_of(error: &SessionError, redactor: &Redactor) -> CliError {
    let why = redactor.redact(&error.to_string()).into_owned();
    match error {
        SessionError::Control { .. } => CliError::Control(why),
        SessionError::Client(_) => CliError::Internal(why),
    }
}

/// Whether anything listens at the deployment's address.
pub(super) async fn reach(job: &Job, timeout: Duration) -> Result<(), CliError> {
    let base = &job.deployment.base;
    let error = |why: String| CliError::Unreachable {
        contract: job.contract.name().to_owned(),
        url: base.to_string(),
        why,
    };
    // Nobody but a proxy may be able to get there.
    let base = job.deployment.access.proxy.as_ref().map_or(base, |proxy| &proxy.url);
    let host = base.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = base.port_or_known_default().unwrap_or(80);
    match tokio::time::timeout(timeout, tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(refused)) => Err(error(refused.to_string())),
        Err(_) => Err(error(format!("no connection within {} s", timeout.as_secs()))),
    }
}

/// The day by which acceptances are judged.
fn today() -> Date {
    TimeZone::UTC.to_datetime(clock::machine()).date()
}

/// A seed that differs from run to run, short enough to be typed.
fn random_seed() -> u64 {
    RandomState::new().hash_one(0) % 1_000_000_000
}
