//! `rescind replay`: is a breach that was found before fixed?

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, Args, ValueHint};
use secrecy::ExposeSecret as _;

use super::args::CheckArgs;
use super::check::{close_cleanup, failure, open_cleanup, reach, target_file};
use super::contracts::{self, Job};
use super::error::CliError;
use super::output::Output;
use super::settings::Settings;
use crate::cleanup::{self, CleanupFile};
use crate::clock;
use crate::digest::digest;
use crate::exit_code::ExitCode;
use crate::plan::{Plan, Writes};
use crate::progress::{self, Console, Event, Progress as _};
use crate::redact::Redactor;
use crate::replay::{self, Replayed, Stored};
use crate::target_file::ProcessEnvironment;

/// Which breach is looked for, and where.
#[derive(Debug, Args)]
#[command(
    mut_args(hide_what_means_nothing),
    after_help = "\
Exit codes:
  0  fixed: nothing of what was looked for is broken any more
  1  still broken
  2  the command line is wrong, or the counterexample fits no contract that is judged
  3  could not tell
  4  the deployment could not be reached
",
    after_long_help = "\
Examples:
  rescind replay counterexamples/billing-R3-outstanding_tokens.json --url https://sandbox.example/v3 --allow-writes
      Look for one breach once more.
  rescind replay result.json --only billing/R3 --target rescind.toml --allow-writes
      Look for those of a report (--report json=result.json) that are about one requirement.

Exit codes:
  0  fixed: nothing of what was looked for is broken any more
  1  still broken
  2  the command line is wrong, or the counterexample fits no contract that is judged
  3  could not tell
  4  the deployment could not be reached
"
)]
pub struct ReplayArgs {
    /// A counterexample (--counterexamples DIR), or a report (--report json=FILE).
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// What is judged, and how.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// Options of `check` that mean nothing for a single sequence.
const MEANINGLESS: [&str; 10] = [
    "skip",
    "cases",
    "sequences",
    "seeds",
    "no_seeds",
    "report",
    "counterexamples",
    "snapshots",
    "deny_drift",
    "accept_drift",
];

fn hide_what_means_nothing(arg: Arg) -> Arg {
    let hidden = MEANINGLESS.contains(&arg.get_id().as_str());
    if hidden { arg.hide(true) } else { arg }
}

pub(super) async fn run(
    args: ReplayArgs,
    output: Output,
    detail: progress::Detail,
) -> Result<ExitCode, CliError> {
    let redactor = Redactor::new();
    let progress = Console::new(detail, redactor.clone());
    let ReplayArgs { file, check: mut args } = args;
    let (all, others) = replay::read(&file).map_err(|error| CliError::Usage(error.to_string()))?;
    let wanted = std::mem::take(&mut args.only);
    let meant = meant(&all, &wanted, &file)?;
    if others > 0 {
        let note = format!(
            "{others} further breaches of {} came by chance or hold what is not kept; their curl lines repeat them",
            file.display()
        );
        progress.event(Event::Note(note.into()));
    }
    if args.openapi.is_none() && args.contract.is_empty() {
        args.contract = meant.iter().map(|stored| stored.contract.clone()).collect();
        args.contract.dedup();
    }
    let look = Look { meant: &meant, output, progress: &progress, redactor: &redactor };
    if args.reference {
        return reference(&args, &look).await;
    }
    let target = target_file(args.target.as_deref(), &progress)?;
    let target = target.as_ref().map(|(file, path)| (file, path.as_path()));
    let settings = Settings::of(&args, target)?;
    let jobs = contracts::jobs(&args, target, settings.writes, &ProcessEnvironment)?;
    let recorded = settings.writes == Writes::Allowed;
    let cleanup = if recorded { Some(open_cleanup(&settings.cleanup, &progress)?) } else { None };
    let done = look.all(&jobs, &settings, cleanup.as_ref()).await;
    if let Some(file) = cleanup {
        close_cleanup(file, &progress);
    }
    done
}

#[cfg(feature = "reference")]
async fn reference(args: &CheckArgs, look: &Look<'_>) -> Result<ExitCode, CliError> {
    let (server, jobs, settings) = super::check::start_reference(args, look.progress).await?;
    let done = look.all(&jobs, &settings, None).await;
    server.stop().await;
    done
}

#[cfg(not(feature = "reference"))]
async fn reference(_: &CheckArgs, _: &Look<'_>) -> Result<ExitCode, CliError> {
    let text = "this program was built without the reference server; name a deployment with --url instead";
    std::future::ready(Err(CliError::Usage(text.to_owned()))).await
}

/// Those that `--only` means; all without it.
fn meant<'s>(all: &'s [Stored], wanted: &[String], file: &Path) -> Result<Vec<&'s Stored>, CliError> {
    for id in wanted {
        if !all.iter().any(|stored| stored.is_meant(id)) {
            let known: Vec<String> = all.iter().map(Stored::id).collect();
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            return Err(CliError::Usage(format!("--only {id}: {} holds {known}", file.display())));
        }
    }
    let is_meant = |stored: &&Stored| wanted.is_empty() || wanted.iter().any(|id| stored.is_meant(id));
    let meant: Vec<&Stored> = all.iter().filter(is_meant).collect();
    if meant.is_empty() {
        let text = format!("{} holds no breach that can be looked for again", file.display());
        return Err(CliError::Usage(text));
    }
    Ok(meant)
}

/// What is looked for, and who is told.
struct Look<'l> {
    meant: &'l [&'l Stored],
    output: Output,
    progress: &'l Console,
    redactor: &'l Redactor,
}

impl Look<'_> {
    /// Looks for each, and says what became of it.
    async fn all(
        &self,
        jobs: &[Job],
        settings: &Settings,
        cleanup: Option<&Arc<CleanupFile>>,
    ) -> Result<ExitCode, CliError> {
        for job in jobs {
            job.deployment.secrets().for_each(|secret| self.redactor.taint(secret.expose_secret()));
        }
        let mut fates: Vec<Replayed> = Vec::new();
        for stored in self.meant {
            let fate = self.one(job(jobs, stored)?, settings, cleanup, stored).await?;
            self.output.text(&self.redactor.redact(&told(stored, &fate)))?;
            fates.push(fate);
        }
        Ok(if fates.iter().any(|fate| matches!(fate, Replayed::StillBroken(_))) {
            ExitCode::Broken
        } else if fates.iter().any(|fate| matches!(fate, Replayed::CouldNotTell(_))) {
            ExitCode::Open
        } else {
            ExitCode::Conforms
        })
    }

    async fn one(
        &self,
        job: &Job,
        settings: &Settings,
        cleanup: Option<&Arc<CleanupFile>>,
        stored: &Stored,
    ) -> Result<Replayed, CliError> {
        reach(job, settings.timeout).await?;
        let Job { contract, deployment, documents } = job;
        if !stored.digest.is_empty() && stored.digest != digest(contract) {
            let note =
                format!("the documents of {} have changed since {} was found", contract.name(), stored.id());
            self.progress.event(Event::Note(note.into()));
        }
        let run = || cleanup::Run::of(contract, deployment, documents.clone(), clock::machine());
        let plan = Plan {
            seed: settings.seed.unwrap_or_default(),
            patience: settings.patience,
            timeout: settings.timeout,
            rate: settings.rate,
            writes: settings.writes,
            record: cleanup.map(|file| file.begin(run())).transpose()?,
            ..Plan::default()
        };
        let done = replay::replay(contract, deployment, &plan, self.redactor, self.progress, stored).await;
        let done = done.map_err(|error| CliError::Usage(error.to_string()))?;
        done.map_err(|error| failure(&error, job, self.redactor))
    }
}

/// The deployment of the contract that a counterexample is about.
fn job<'j>(jobs: &'j [Job], stored: &Stored) -> Result<&'j Job, CliError> {
    jobs.iter().find(|job| job.contract.name() == stored.contract).ok_or_else(|| {
        let known: Vec<&str> = jobs.iter().map(|job| job.contract.name()).collect();
        let error = replay::ReplayError::Contract { found: stored.contract.clone(), known: known.join(", ") };
        CliError::Usage(error.to_string())
    })
}

fn told(stored: &Stored, fate: &Replayed) -> String {
    let head = format!("{fate:<14}  {}  {}\n", stored.id(), stored.finding.check);
    let line = |name: &str, text: &str| format!("                {name:<12} {text}\n");
    match fate {
        Replayed::Fixed => head,
        Replayed::CouldNotTell(why) => format!("{head}{}", line("Why:", why)),
        Replayed::StillBroken(finding) => format!(
            "{head}                {}\n{}{}",
            finding.message,
            line("Documented:", &finding.documented),
            line("Received:", &finding.received)
        ),
    }
}
