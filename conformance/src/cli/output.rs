//! Where texts and reports go.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice, StripStream};

use super::args::{Color, Format, ReportArg};
use super::error::CliError;
use crate::exit_code::ExitCode;
use crate::progress;
use crate::report::human::{self, Detail, Options};
use crate::report::{Report, json};

/// Standard output, and what is known of whoever reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    color: Color,
    detail: Detail,
}

/// The reports of a run, opened before it so that a mistake in a path costs no run.
#[derive(Debug)]
pub(super) struct Reports(Vec<(Format, Option<(PathBuf, File)>)>);

impl Output {
    pub(super) fn new(color: Color, verbose: bool) -> Self {
        Self { color, detail: if verbose { Detail::Everything } else { Detail::Normal } }
    }

    /// Prints a text. A reader that went away is no failure.
    pub(super) fn text(self, text: &str) -> Result<ExitCode, CliError> {
        self.print(text.as_bytes())?;
        Ok(ExitCode::Conforms)
    }

    pub(super) fn color_on_stderr(self) -> bool {
        AutoStream::new(io::stderr(), self.color.into()).current_choice() != ColorChoice::Never
    }

    fn print(self, text: &[u8]) -> Result<(), CliError> {
        let mut out = AutoStream::new(io::stdout(), self.color.into());
        match out.write_all(text).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::Report { file: "on standard output".to_owned(), source: error })
            }
            _ => Ok(()),
        }
    }

    /// How wide prose may be, in columns.
    pub(super) fn width(self) -> usize {
        self.options().width
    }

    fn options(self) -> Options {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse::<usize>().ok());
        Options { width: columns.map_or(80, |columns| columns.clamp(60, 120)), detail: self.detail }
    }

    /// Writes every report. `report` has passed the redactor.
    pub(super) fn write(self, report: &Report, reports: Reports) -> Result<(), CliError> {
        for (format, file) in reports.0 {
            let Some((path, mut file)) = file else {
                self.print(
                    &self.render(report, format).map_err(|error| CliError::Internal(error.to_string()))?,
                )?;
                continue;
            };
            let written = self
                .render(report, format)
                .and_then(|text| plain(&text))
                .and_then(|text| file.set_len(0).and_then(|()| file.write_all(&text)));
            written.map_err(|source| CliError::Report { file: path.display().to_string(), source })?;
        }
        Ok(())
    }

    fn render(self, report: &Report, format: Format) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match format {
            Format::Human => human::write(report, &mut text, self.options())?,
            Format::Json => json::write(report, &mut text)?,
        }
        Ok(text)
    }
}

/// The text without styles.
fn plain(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = StripStream::new(Vec::new());
    plain.write_all(text)?;
    Ok(plain.into_inner())
}

impl Reports {
    /// Opens the files. Standard output gets the human report unless another one is to go there.
    pub(super) fn open(wanted: &[ReportArg]) -> Result<Self, CliError> {
        let mut reports = Vec::new();
        if wanted.iter().filter(|report| report.file.is_none()).count() > 1 {
            return Err(CliError::Usage(
                "two reports are to go to standard output; give one a file".to_owned(),
            ));
        }
        for report in wanted {
            let file = report.file.as_ref().map(|path| {
                let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
                open.map(|file| (path.clone(), file))
                    .map_err(|source| CliError::Report { file: path.display().to_string(), source })
            });
            reports.push((report.format, file.transpose()?));
        }
        if reports.iter().all(|(_, file)| file.is_some()) {
            reports.push((Format::Human, None));
        }
        Ok(Self(reports))
    }
}

/// Says something on standard error. Nobody is left to tell when that is gone.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
}

/// How much of the progress is shown.
pub(super) fn progress(quiet: bool, verbose: bool) -> progress::Detail {
    match (quiet, verbose) {
        (true, _) => progress::Detail::Quiet,
        (false, true) => progress::Detail::Lines,
        (false, false) => progress::Detail::Bar,
    }
}
