//! `rescind cleanup`: put away what runs left behind.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use rescind_specs::{Contract, Document, Vendor};
use secrecy::ExposeSecret as _;

use super::args::CleanupArgs;
use super::check::{failure_of, reach, target_file, things};
use super::contracts::Job;
use super::error::CliError;
use super::output::Output;
use crate::cleanup::{self, CleanupFile, Documents, Finished, LeftoverRun, Record};
use crate::exit_code::ExitCode;
use crate::plan::{Plan, Writes};
use crate::progress::{self, Console};
use crate::redact::Redactor;
use crate::target_file::{Environment, ProcessEnvironment, Sources, TargetFile};

/// What a run of the command came to.
struct Outcome {
    text: String,
    code: ExitCode,
}

pub(super) async fn run(
    args: &CleanupArgs,
    output: Output,
    detail: progress::Detail,
) -> Result<ExitCode, CliError> {
    let redactor = Redactor::new();
    let progress = Console::new(detail, redactor.clone());
    let files = if args.files.is_empty() {
        CleanupFile::all(Path::new(cleanup::DEFAULT))
    } else {
        args.files.clone()
    };
    if files.is_empty() {
        output.text(&format!("There is no {}: nothing was left behind.\n", cleanup::DEFAULT))?;
        return Ok(ExitCode::Conforms);
    }
    let target = target_file(args.target.as_deref(), &progress)?;
    let target = target.as_ref().map(|(file, path)| (file, path.as_path()));
    let mut outcome = Outcome { text: String::new(), code: ExitCode::Conforms };
    for file in &files {
        work_off(args, file, target, &progress, &redactor, &mut outcome).await?;
    }
    output.text(&redactor.redact(&outcome.text))?;
    Ok(outcome.code)
}

/// Works off one file. What cannot be done for one run keeps nobody from doing it for the next.
async fn work_off(
    args: &CleanupArgs,
    path: &Path,
    target: Option<(&TargetFile, &Path)>,
    progress: &Console,
    redactor: &Redactor,
    outcome: &mut Outcome,
) -> Result<(), CliError> {
    let (file, leftover) = CleanupFile::open(path)?;
    let file = Arc::new(file);
    let (mut gone, mut left) = (0, 0);
    // Whether another attempt would come to nothing.
    let mut hopeless = true;
    for run in &leftover.runs {
        // Writing to a String cannot fail.
        let _ =
            writeln!(outcome.text, "{} at {}, a run of {}:", run.run.contract, run.run.url, run.run.began);
        match one(args, run, file.resume(), target, progress, redactor).await {
            Ok(finished) => {
                gone += finished.gone.len();
                left += finished.left.behind.len() + finished.left.perhaps.len();
                hopeless &= finished.left.behind.is_empty();
                tell(&finished, &mut outcome.text);
            }
            Err(error) => {
                left += run.issued.len() + run.asked.len();
                hopeless = false;
                outcome.code = outcome.code.max(error.exit_code());
                let _ = writeln!(outcome.text, "  nothing was put away: {error}");
            }
        }
    }
    drop(file);
    if hopeless && path.exists() {
        let _ = writeln!(
            outcome.text,
            "Nobody can find out from here whether these are there: look for them by hand, then delete {}.",
            path.display()
        );
    }
    let rest = if path.exists() {
        if outcome.code == ExitCode::Conforms {
            outcome.code = ExitCode::Open;
        }
        format!("{} left, which stay in {}", things(left), path.display())
    } else {
        format!("nothing left, and {} removed", path.display())
    };
    let _ = writeln!(outcome.text, "{} put away, {rest}.", things(gone));
    Ok(())
}

fn tell(finished: &Finished, text: &mut String) {
    for what in &finished.gone {
        let _ = writeln!(text, "  put away      {what}");
    }
    for what in &finished.left.behind {
        let _ = writeln!(text, "  still there   {what}");
    }
    for what in &finished.left.perhaps {
        let _ = writeln!(text, "  perhaps there {what}");
    }
    if let Some(why) = &finished.left.why {
        let _ = writeln!(text, "  because {why}");
    }
}

/// Puts away what one run left behind.
async fn one(
    args: &CleanupArgs,
    leftover: &LeftoverRun,
    record: Record,
    target: Option<(&TargetFile, &Path)>,
    progress: &Console,
    redactor: &Redactor,
) -> Result<Finished, CliError> {
    let run = &leftover.run;
    let contract = match &run.documents {
        Documents::Bundled => {
            let vendor: Vendor = run.contract.parse().map_err(|_| unknown(&run.contract))?;
            Contract::of(vendor).map_err(|error| CliError::Internal(error.to_string()))?
        }
        Documents::Files { openapi, lifecycle } => load(&run.contract, openapi, lifecycle.as_deref())?,
    };
    let environment: &dyn Environment = &ProcessEnvironment;
    let urls: Vec<String> = std::iter::once(&run.url).chain(&run.replicas).map(ToString::to_string).collect();
    // The file may describe another deployment by now. What is there of this one is at the address of the run.
    let same = target.is_some_and(|(file, _)| file.is_at(&run.contract, &run.url));
    let sources = Sources {
        urls: if same { &[] } else { &urls },
        controls: &[],
        file: target,
        environment,
        writes: Writes::Forbidden,
    };
    let mut deployment = sources.deployment(&contract)?;
    // Nothing is waited for, so no clock has to be there.
    (deployment.control, deployment.further_controls) = (None, Vec::new());
    deployment.secrets().for_each(|secret| redactor.taint(secret.expose_secret()));
    let job = Job { contract, deployment, documents: run.documents.clone() };
    reach(&job, args.timeout.duration()).await?;
    let plan =
        Plan { timeout: args.timeout.duration(), rate: args.rate, record: Some(record), ..Plan::default() };
    let finished = cleanup::finish(&job.contract, &job.deployment, &plan, redactor, progress, leftover).await;
    finished.map_err(|error| failure_of(&error, redactor))
}

/// The contract of these documents, by the name that it had in the run.
fn load(name: &str, openapi: &Path, lifecycle: Option<&Path>) -> Result<Contract, CliError> {
    let lifecycle = lifecycle.map(Document::read).transpose()?;
    Ok(Contract::new(name, Document::read(openapi)?, lifecycle.as_ref())?)
}

fn unknown(contract: &str) -> CliError {
    CliError::Usage(format!(
        "this program has no contract {contract:?}; use the version of it that made the file"
    ))
}
