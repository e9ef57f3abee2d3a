//! How a run is made: a flag comes before its environment variable, that before the target file, that before what is usual.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rescind_specs::lifecycle::Period;

use super::args::CheckArgs;
use super::error::CliError;
use super::report_arg::{Destination, ReportArg};
use crate::cleanup;
use crate::plan::{Plan, Writes};
use crate::target_file::{CheckTable, TargetFile};

/// How a run is made.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) writes: Writes,
    pub(super) only: Vec<String>,
    pub(super) seed: Option<u64>,
    pub(super) cases: u32,
    pub(super) sequences: u32,
    pub(super) patience: Duration,
    pub(super) timeout: Duration,
    pub(super) rate: Option<u32>,
    pub(super) jobs: NonZeroU32,
    pub(super) max_time: Option<Duration>,
    pub(super) seeds: PathBuf,
    pub(super) cleanup: PathBuf,
    pub(super) reports: Vec<ReportArg>,
}

impl Settings {
    /// What the arguments and the target file say together.
    pub(super) fn of(args: &CheckArgs, file: Option<(&TargetFile, &Path)>) -> Result<Self, CliError> {
        let usual = CheckTable::default();
        let table = file.map_or(&usual, |(file, _)| &file.check);
        let folder = file.and_then(|(_, path)| path.parent()).unwrap_or(Path::new(""));
        let usual = Plan::default();
        let timeout = args.timeout.or(table.timeout).map_or(usual.timeout, Period::duration);
        if timeout.is_zero() {
            return Err(CliError::Usage(
                "--timeout 0s leaves no time for an answer; give it some, such as 10s".to_owned(),
            ));
        }
        // The file may describe another deployment than the one that --url leads to.
        let writes = args.allow_writes || (table.allow_writes && args.url.is_empty());
        let reports =
            if args.report.is_empty() { reports(table, file, folder)? } else { args.report.clone() };
        let path = |flag: &Option<PathBuf>, key: &Option<PathBuf>, usual: &str| {
            let of_file = || key.as_ref().map(|key| folder.join(key));
            flag.clone().or_else(of_file).unwrap_or_else(|| usual.into())
        };
        Ok(Self {
            writes: if writes { Writes::Allowed } else { Writes::Forbidden },
            only: if args.only.is_empty() { table.only.clone() } else { args.only.clone() },
            seed: args.seed.or(table.seed),
            cases: args.cases.or(table.cases).unwrap_or(usual.cases),
            sequences: args.sequences.or(table.sequences.map(Into::into)).unwrap_or(usual.sequences),
            patience: args.patience.or(table.patience).map_or(usual.patience, Period::duration),
            timeout,
            rate: args.rate.or(table.rate.map(Into::into)),
            jobs: args.jobs.or(table.jobs).unwrap_or(usual.jobs),
            max_time: args.max_time.or(table.max_time).map(Period::duration),
            seeds: path(&args.seeds, &table.seeds, "rescind.seeds"),
            cleanup: path(&args.cleanup, &table.cleanup, cleanup::DEFAULT),
            reports,
        })
    }
}

/// The reports that the target file asks for.
fn reports(
    table: &CheckTable,
    file: Option<(&TargetFile, &Path)>,
    folder: &Path,
) -> Result<Vec<ReportArg>, CliError> {
    let place = file.map_or_else(String::new, |(_, path)| path.display().to_string());
    let report = |text: &String| {
        let report: ReportArg =
            text.parse().map_err(|why| CliError::Usage(format!("{place}: check.report {text:?}: {why}")))?;
        let to = match report.to {
            Destination::File(file) => Destination::File(folder.join(file)),
            elsewhere => elsewhere,
        };
        Ok(ReportArg { to, ..report })
    };
    table.report.iter().map(report).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Cli, Command};
    use super::*;

    const FILE: &str = "
        [check]
        allow-writes = true
        seed = 7
        cases = 5
        patience = '6m'
        rate = 50
        jobs = 8
        max-time = '15m'
        seeds = 'kept.seeds'
        report = ['json=out/result.json']
    ";

    fn settings(arguments: &[&str]) -> Result<Settings, CliError> {
        let cli = Cli::try_parse_from([&["rescind", "check"], arguments].concat()).unwrap();
        let Command::Check(args) = cli.command else { panic!("it is a check") };
        let file: TargetFile = toml::from_str(FILE).unwrap();
        Settings::of(&args, Some((&file, Path::new("ci/rescind.toml"))))
    }

    #[test]
    fn the_file_says_how_a_run_is_made() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.writes, Writes::Allowed);
        assert_eq!((settings.seed, settings.cases, settings.rate), (Some(7), 5, Some(50)));
        assert_eq!((settings.patience, settings.timeout), (Duration::from_mins(6), Duration::from_secs(10)));
        assert_eq!((settings.jobs.get(), settings.max_time), (8, Some(Duration::from_mins(15))));
        assert_eq!(settings.seeds, Path::new("ci/kept.seeds"));
        assert_eq!(settings.cleanup, Path::new("rescind.cleanup"));
        assert_eq!(settings.reports[0].to, Destination::File("ci/out/result.json".into()));
    }

    #[test]
    fn a_flag_comes_before_the_file() {
        let arguments = ["--seed", "8", "--cases", "9", "--patience", "0s", "--rate", "1", "--seeds", "s"];
        let settings = settings(&arguments).unwrap();
        assert_eq!((settings.seed, settings.cases, settings.rate), (Some(8), 9, Some(1)));
        assert_eq!(settings.patience, Duration::ZERO);
        assert_eq!(settings.seeds, Path::new("s"));
    }

    /// Whoever turns to another deployment says himself that it may be changed.
    #[test]
    fn writes_that_the_file_allows_are_for_its_own_deployment() {
        let elsewhere = ["--url", "https://other.invalid"];
        assert_eq!(settings(&elsewhere).unwrap().writes, Writes::Forbidden);
        let meant = [&elsewhere[..], &["--allow-writes"]].concat();
        assert_eq!(settings(&meant).unwrap().writes, Writes::Allowed);
    }
}
