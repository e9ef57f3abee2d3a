//! Why nothing was judged, and the exit status for that.

use anstyle::{AnsiColor, Style};
use rescind_specs::LoadError;

use crate::cleanup::CleanupError;
use crate::exit_code::ExitCode;
use crate::target_file::TargetError;

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A document of the contract has mistakes.
    #[error(transparent)]
    Contract(#[from] LoadError),
    /// It is not known where the deployment is, or who acts.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What is issued cannot be written down, or what was written down cannot be worked off.
    #[error(transparent)]
    Cleanup(#[from] CleanupError),
    /// The deployment cannot be reached.
    #[error(
        "the deployment of {contract} at {url} cannot be reached: {why}; check the URL (http or https?), and that it runs"
    )]
    Unreachable {
        /// The contract.
        contract: String,
        /// The base URL.
        url: String,
        /// What the operating system said.
        why: String,
    },
    /// The deployment's clock cannot be reached.
    #[error("{0}")]
    Control(String),
    /// A report cannot be written.
    #[error("cannot write the report {file}: {source}")]
    Report {
        /// The file.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The judge failed.
    #[error("the judge itself failed: {0}")]
    Internal(String),
}

impl CliError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Contract(_) | Self::Target(_) | Self::Cleanup(_) | Self::Report { .. } => {
                ExitCode::Usage
            }
            Self::Unreachable { .. } | Self::Control(_) => ExitCode::Unreachable,
            Self::Internal(_) => ExitCode::Internal,
        }
    }

    /// The message for a person at a terminal.
    pub(super) fn render(&self, color: bool) -> String {
        if let Self::Contract(error) = self {
            return error.render(color);
        }
        let red = if color { AnsiColor::Red.on_default().bold() } else { Style::new() };
        format!("{red}error{red:#}: {self}")
    }
}
