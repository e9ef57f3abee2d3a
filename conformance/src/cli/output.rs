//! What is printed and written, and how.

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice, StripStream};

use super::args::Color;
use super::error::CliError;
use super::report_arg::Format;
use super::reports::{Place, Reports};
use crate::exit_code::ExitCode;
use crate::progress;
use crate::report::human::{self, Detail, Options};
use crate::report::{Report, har, html, json, junit, markdown, sarif};

/// Standard output, and what is known of whoever reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    color: Color,
    detail: Detail,
}

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
        delivered(out.write_all(text).and_then(|()| out.flush()))
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
        for wanted in reports.0 {
            let text = self.render(report, wanted.format);
            let text = text.map_err(|error| CliError::Internal(error.to_string()))?;
            match wanted.place {
                Place::Stdout if wanted.format == Format::Human => self.print(&text)?,
                Place::Stdout => _ = bytes(&text)?,
                Place::File(file) if wanted.format == Format::Human => file.write(&plain(&text)?)?,
                Place::File(file) => file.write(&text)?,
            }
        }
        Ok(())
    }

    fn render(self, report: &Report, format: Format) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match format {
            Format::Human => human::write(report, &mut text, self.options())?,
            Format::Json => json::write(report, &mut text)?,
            Format::Junit => junit::write(report, &mut text)?,
            Format::Sarif => sarif::write(report, &mut text)?,
            Format::Har => har::write(report, &mut text)?,
            Format::Markdown => markdown::write(report, &mut text)?,
            Format::Html => html::write(report, &mut text)?,
        }
        Ok(text)
    }
}

/// Prints bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> Result<ExitCode, CliError> {
    let mut out = io::stdout().lock();
    delivered(out.write_all(bytes).and_then(|()| out.flush()))?;
    Ok(ExitCode::Conforms)
}

/// A reader that went away has seen what it wanted.
fn delivered(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Report { file: "on standard output".to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Says something on standard error. Nobody is left to tell when that is gone.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
}

/// The text without styles.
fn plain(text: &[u8]) -> Result<Vec<u8>, CliError> {
    let mut plain = StripStream::new(Vec::new());
    plain.write_all(text).map_err(|error| CliError::Internal(error.to_string()))?;
    Ok(plain.into_inner())
}

/// How much of the progress is shown.
pub(super) fn progress(quiet: bool, verbose: bool) -> progress::Detail {
    match (quiet, verbose) {
        (true, _) => progress::Detail::Quiet,
        (false, true) => progress::Detail::Lines,
        (false, false) => progress::Detail::Bar,
    }
}
