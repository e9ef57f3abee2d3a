//! The arguments of `rescind`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use rescind_specs::Vendor;
use rescind_specs::lifecycle::Period;

use super::init::InitArgs;
use super::lint::LintArgs;
use super::replay::ReplayArgs;
use super::report_arg::ReportArg;
use crate::exit_code::ExitCode;
use crate::report::human::wrap;

/// Judges deployments of credential APIs against their contracts: what an answer looks like, and what revocation does.
#[derive(Debug, Parser)]
#[command(name = "rescind", version, max_term_width = 100, after_help = exit_codes(), after_long_help = long_help())]
#[command(propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, env = "RESCIND_COLOR", hide_env_values = true)]
    pub color: Color,
    /// Say nothing on standard error but errors, and what has to be put right by hand.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show every promise and every finding; on standard error, a line for each as it is settled.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge deployments.
    Check(Box<CheckArgs>),
    /// Put away what runs left behind that were killed, or that the deployment did not let clean up.
    Cleanup(CleanupArgs),
    /// Look once more for a breach that was found: is it fixed?
    Replay(Box<ReplayArgs>),
    /// Write the reports of a run that is over, from its result as JSON.
    Report(RenderArgs),
    /// List the checks, or the requirements with their checks.
    List(ListArgs),
    /// Write a first lifecycle document, guessed from an OpenAPI document, to be completed.
    Init(InitArgs),
    /// Say what is missing or contradictory in the documents of a contract.
    Lint(LintArgs),
    /// Explain a check, a requirement, a rule of the lint or an exit code.
    Explain(ExplainArgs),
    /// Print a JSON Schema.
    Schema(SchemaArgs),
    /// Print a completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all subcommands.
    Man {
        /// The folder to write them to, one a subcommand.
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

/// What is judged and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help())]
pub struct CheckArgs {
    /// A contract of the target file or a bundled one; may be repeated. Without it: every contract of the target file.
    #[arg(long, value_name = "NAME", env = "RESCIND_CONTRACT", value_delimiter = ',')]
    #[arg(help_heading = "What is judged", conflicts_with = "openapi")]
    pub contract: Vec<String>,
    /// The OpenAPI document of a contract of your own.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_OPENAPI")]
    #[arg(help_heading = "What is judged")]
    pub openapi: Option<PathBuf>,
    /// Its lifecycle document; without it only single answers and requests are checked.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_LIFECYCLE", requires = "openapi")]
    #[arg(help_heading = "What is judged")]
    pub lifecycle: Option<PathBuf>,
    /// The base URL of the deployment. Several are replicas of one deployment: revoke at one, present at each.
    #[arg(long, value_hint = ValueHint::Url, env = "RESCIND_URL", help_heading = "What is judged")]
    #[arg(value_delimiter = ',')]
    pub url: Vec<String>,
    /// The target file: URLs, callers, pools. Without it: rescind.toml, if there is one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_TARGET")]
    #[arg(help_heading = "What is judged")]
    pub target: Option<PathBuf>,
    /// Where the clock of the deployment can be moved, so that long bounds need no waiting; several are moved together.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, env = "RESCIND_CONTROL")]
    #[arg(value_delimiter = ',')]
    #[arg(help_heading = "What is judged")]
    pub control: Vec<String>,
    /// Start the reference server in this process and judge it; implies --allow-writes.
    #[arg(long, conflicts_with_all = ["url", "target", "control", "openapi"], help_heading = "What is judged")]
    pub reference: bool,
    /// How many replicas of the reference server are started.
    #[arg(long, value_name = "NUMBER", requires = "reference", default_value_t = 1)]
    #[arg(help_heading = "What is judged", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub replicas: u8,
    /// A promise that the reference server is to break; may be repeated.
    #[arg(long, value_name = "NAME", requires = "reference", help_heading = "What is judged")]
    pub fault: Vec<String>,

    /// Allow requests that change state. Without it, whatever needs one is not run.
    #[arg(long, env = "RESCIND_ALLOW_WRITES", help_heading = "How it is judged")]
    pub allow_writes: bool,
    /// Mean it where the address looks like production and --allow-writes is given.
    #[arg(long, env = "RESCIND_YES", help_heading = "How it is judged")]
    pub yes: bool,
    /// A requirement (R3, or R3 of one contract: dinie/R3) or check to run; may be repeated. Without it: all.
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "How it is judged")]
    pub only: Vec<String>,
    /// A requirement or check to leave out; may be repeated.
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "How it is judged")]
    pub skip: Vec<String>,
    /// The seed that repeats a run. Without it: 0 for the reference server, else another one each time.
    #[arg(long, value_name = "NUMBER", env = "RESCIND_SEED", help_heading = "How it is judged")]
    pub seed: Option<u64>,
    /// How many generated requests are sent for each operation at most. Without it: 20.
    #[arg(long, value_name = "NUMBER", env = "RESCIND_CASES", help_heading = "How it is judged")]
    pub cases: Option<u32>,
    /// How many sequences are run for each requirement; of random ones, twelve times as many. Without it: 1.
    #[arg(long, value_name = "NUMBER", env = "RESCIND_SEQUENCES")]
    #[arg(help_heading = "How it is judged", value_parser = clap::value_parser!(u32).range(1..))]
    pub sequences: Option<u32>,
    /// Longest time that one sequence may wait for bounds of the contract where the clock cannot be moved, such as 10m.
    /// Without it: no time.
    #[arg(long, value_name = "TIME", env = "RESCIND_PATIENCE", help_heading = "How it is judged")]
    pub patience: Option<Period>,
    /// Longest time for one answer. Without it: 10s.
    #[arg(long, value_name = "TIME", env = "RESCIND_TIMEOUT", help_heading = "How it is judged")]
    pub timeout: Option<Period>,
    /// Most requests in a second. Without it: as fast as the deployment answers.
    #[arg(long, value_name = "NUMBER", env = "RESCIND_RATE", help_heading = "How it is judged")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Most requests under way at once. Sequences that wait go on beside each other; with 1, one is run after the other.
    /// Without it: 4.
    #[arg(long, short, value_name = "NUMBER", env = "RESCIND_JOBS", help_heading = "How it is judged")]
    pub jobs: Option<NonZeroU32>,
    /// Longest time for a contract, such as 2m. What is not begun by then is not run, which leaves the run open; the
    /// most binding requirements come first.
    #[arg(long, value_name = "TIME", env = "RESCIND_MAX_TIME", help_heading = "How it is judged")]
    pub max_time: Option<Period>,

    /// The file with the seeds of random sequences that broke a promise. They are run first, and new ones are added.
    /// With --seed or --reference it is neither read nor written. Without it: rescind.seeds.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "RESCIND_SEEDS", help_heading = "How it is judged")]
    pub seeds: Option<PathBuf>,
    /// Keep no seeds.
    #[arg(long, help_heading = "How it is judged")]
    pub no_seeds: bool,

    /// The file in which everything that is issued is written down before it is used. It is removed when all of that is
    /// revoked; else `rescind cleanup` works it off. If another run's is there, this run takes FILE.2. Without it:
    /// rescind.cleanup.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(env = "RESCIND_CLEANUP", help_heading = "How it is judged")]
    pub cleanup: Option<PathBuf>,

    /// Say what would be sent, in words and in numbers, and send nothing: to the deployment, or to its clock.
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "human", help_heading = "What is told", conflicts_with = "report")]
    pub plan: Option<PlanFormat>,
    /// A folder for counterexamples: each breach as a file, which `rescind replay` looks for again.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "RESCIND_COUNTEREXAMPLES")]
    #[arg(help_heading = "What is told")]
    pub counterexamples: Option<PathBuf>,
    /// A folder of snapshots: what answers look like when identifiers, secrets, times and numbers are taken out. New and
    /// different ones are written beside them as .snap.new, which `cargo insta review` shows. Without --seed, the seed is
    /// 0 then.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "RESCIND_SNAPSHOTS")]
    #[arg(help_heading = "What is told")]
    pub snapshots: Option<PathBuf>,
    /// End with exit code 1 if an envelope is new or differs from its snapshot.
    #[arg(long, requires = "snapshots", help_heading = "What is told")]
    pub deny_drift: bool,
    /// Take what is new or different for the snapshot from now on.
    #[arg(long, requires = "snapshots", conflicts_with = "deny_drift", help_heading = "What is told")]
    pub accept_drift: bool,
    /// A report to write, where - is standard output; may be repeated. Formats: human, json, junit, sarif, har,
    /// markdown, html; github appends Markdown to the summary of a job.
    #[arg(long, value_name = "FORMAT=FILE", env = "RESCIND_REPORT", value_delimiter = ',')]
    #[arg(help_heading = "What is told")]
    pub report: Vec<ReportArg>,
}

/// What is rendered.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// What --report json=FILE of rescind check wrote; - is standard input.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub result: PathBuf,
    /// A report to write, as for rescind check. Without one for standard output, the human report goes there.
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = ',')]
    pub report: Vec<ReportArg>,
}

/// What is put away.
#[derive(Debug, Args)]
pub struct CleanupArgs {
    /// The cleanup files of runs that are over. Without it: rescind.cleanup, and rescind.cleanup.2 and so on beside it.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// The target file, for the callers and how the deployment is reached. Without it: rescind.toml, if there is one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_TARGET")]
    pub target: Option<PathBuf>,
    /// Longest time for one answer.
    #[arg(long, value_name = "TIME", default_value = "10s", env = "RESCIND_TIMEOUT")]
    pub timeout: Period,
    /// Most requests in a second. Without it: as fast as the deployment answers.
    #[arg(long, value_name = "NUMBER", env = "RESCIND_RATE")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
}

/// What is listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// List the requirements of the contracts instead, each with the checks that cover it.
    #[arg(long)]
    pub requirements: bool,
    /// List the rules of the lint instead.
    #[arg(long, conflicts_with = "requirements")]
    pub rules: bool,
    /// Only those of this contract; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = vendors(), requires = "requirements")]
    pub contract: Vec<Vendor>,
}

/// What is explained.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A check (use_after_revocation), a requirement (dinie/R3), a rule of the lint (open_question) or an exit code (3).
    pub id: String,
}

/// How a plan is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For a person.
    Human,
    /// For programs; `rescind schema plan` prints its schema.
    Json,
}

/// Which schema is printed.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    pub of: SchemaOf,
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What --report json=FILE writes.
    Report,
    /// What --plan=json prints.
    Plan,
    /// What --counterexamples DIR writes.
    Counterexample,
    /// The target file.
    Target,
    /// The lifecycle document of a contract.
    Lifecycle,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

pub(super) fn vendors() -> impl TypedValueParser<Value = Vendor> {
    PossibleValuesParser::new(Vendor::ALL.map(Vendor::name)).try_map(|name| name.parse::<Vendor>())
}

fn exit_codes() -> String {
    let codes = ExitCode::ALL.map(|code| {
        // Broken here, because clap begins a further line at the margin.
        let lines = wrap(code.meaning(), 74).join("\n     ");
        format!("  {code}  {lines}\n")
    });
    format!("Exit codes:\n{}", codes.concat())
}

fn long_help() -> String {
    format!("{}\n{}", include_str!("examples.txt"), exit_codes())
}
