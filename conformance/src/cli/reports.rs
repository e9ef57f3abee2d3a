//! The reports that are wanted, opened before a run so that a mistake in a path costs no run.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::report_arg::{Destination, Format, ReportArg};

/// The file to which a job of GitHub Actions writes what its summary shows.
const JOB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The reports that are wanted.
#[derive(Debug)]
pub(super) struct Reports(pub(super) Vec<Wanted>);

/// A report, and where it goes.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) format: Format,
    pub(super) place: Place,
}

/// Where a report goes.
#[derive(Debug)]
pub(super) enum Place {
    Stdout,
    File(OpenFile),
}

/// A file that is open for writing.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
    mode: Mode,
}

/// What becomes of what is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Replace,
    Append,
}

impl Reports {
    /// Opens the files. Standard output gets the human report unless another one is to go there.
    pub(super) fn open(wanted: &[ReportArg]) -> Result<Self, CliError> {
        let mut reports: Vec<Wanted> = Vec::new();
        for report in wanted {
            let place = match &report.to {
                Destination::Stdout => Place::Stdout,
                Destination::File(path) => Place::File(OpenFile::open(path, Mode::Replace)?),
                Destination::JobSummary => Place::File(OpenFile::open(&job_summary()?, Mode::Append)?),
            };
            if let Some(first) = reports.iter().find(|known| known.place.is(&place)) {
                let (one, other, place) = (first.format.name(), report.format.name(), place.name());
                return Err(CliError::Usage(format!(
                    "the reports {one} and {other} are both to go to {place}; give one of them another file"
                )));
            }
            reports.push(Wanted { format: report.format, place });
        }
        if !reports.iter().any(|report| matches!(report.place, Place::Stdout)) {
            reports.push(Wanted { format: Format::Human, place: Place::Stdout });
        }
        Ok(Self(reports))
    }
}

/// Where the summary of a job is to go.
fn job_summary() -> Result<PathBuf, CliError> {
    let path = std::env::var_os(JOB_SUMMARY).filter(|path| !path.is_empty());
    path.map(PathBuf::from).ok_or_else(|| {
        CliError::Usage(format!(
            "--report github writes to the file that {JOB_SUMMARY} names, and it names none here; outside of GitHub \
             Actions write markdown=FILE"
        ))
    })
}

impl Place {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) => true,
            (Self::File(one), Self::File(other)) => one.path == other.path,
            _ => false,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::File(file) => file.path.display().to_string(),
        }
    }
}

impl OpenFile {
    fn open(path: &Path, mode: Mode) -> Result<Self, CliError> {
        let mut options = OpenOptions::new();
        options.create(true);
        match mode {
            // What is in it is kept until there is something to put in its place.
            Mode::Replace => options.write(true).truncate(false),
            Mode::Append => options.append(true),
        };
        let file = options.open(path).map_err(|source| error(path, source))?;
        Ok(Self { path: path.to_owned(), file, mode })
    }

    /// Writes a report.
    pub(super) fn write(mut self, text: &[u8]) -> Result<(), CliError> {
        let written =
            self.emptied().and_then(|()| self.file.write_all(text)).and_then(|()| self.file.flush());
        written.map_err(|source| error(&self.path, source))
    }

    fn emptied(&self) -> io::Result<()> {
        // A pipe or a device has nothing to be replaced.
        if self.mode == Mode::Replace && self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        Ok(())
    }
}

fn error(path: &Path, source: io::Error) -> CliError {
    CliError::Report { file: path.display().to_string(), source }
}
