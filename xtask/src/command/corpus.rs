//! `cargo xtask corpus`.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use xtask::corpus::table::{self, Style};
use xtask::corpus::{self, Compile, Plan, documents, one};

use super::exit::{BAD_USAGE, NOT_AS_IT_SHOULD_BE};
use super::terminal::say;

pub(super) const EXAMPLES: &str = "\
Examples:
  cargo xtask corpus xtask/tests/sample        the documents of this repository
  cargo xtask corpus FOLDER --only billing     those whose name holds `billing`
  cargo xtask corpus FOLDER --no-compile       without the compiler, which takes most of the time";

#[derive(Args)]
pub(super) struct Arguments {
    /// Folder with OpenAPI documents. Its `index.csv`, if there is one, lists them in the first column.
    #[arg(value_name = "FOLDER", env = "RESCIND_CORPUS")]
    folder: Option<PathBuf>,
    /// Only the documents whose name holds this text.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Generate, and do not compile.
    #[arg(long)]
    no_compile: bool,
    /// Jobs of cargo at a time. Default: as many as there are processors.
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<usize>,
    /// Leave the generated crates in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Write the table to this file as well, as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Share of the operations that have to be in a client and in stubs that compile.
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0)]
    at_least: f64,
    /// Longest time for generating from one document, and again for compiling it.
    #[arg(long, value_name = "SECONDS", default_value_t = corpus::LIMIT.as_secs())]
    limit: u64,
}

#[derive(Args)]
pub(super) struct Document {
    /// The document.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// The process that a corpus starts for each document.
pub(super) fn document(arguments: &Document) -> ExitCode {
    let answer = one::answer(&super::root(), &arguments.file).json();
    let written = writeln!(std::io::stdout(), "{answer}");
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(NOT_AS_IT_SHOULD_BE) }
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    let Some(folder) = arguments.folder else {
        say("error: there is no corpus; name its folder, or set RESCIND_CORPUS");
        return ExitCode::from(BAD_USAGE);
    };
    let bad_usage = |error: &dyn std::error::Error| {
        say(&format!("error: {error}"));
        ExitCode::from(BAD_USAGE)
    };
    let sources = match documents::documents(&folder, arguments.only.as_deref()) {
        Ok(sources) => sources,
        Err(error) => return bad_usage(&error),
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return bad_usage(&error),
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let plan = Plan {
        name: xtask::output::facts::package(&name),
        root: super::root(),
        program,
        compile: if arguments.no_compile { Compile::No } else { Compile::Yes },
        jobs: arguments.jobs,
        keep: arguments.keep,
        limit: Duration::from_secs(arguments.limit),
    };
    let person = std::io::stderr().is_terminal();
    let mut told = |words: &str| {
        if person {
            let _ = write!(std::io::stderr(), "\r\x1b[K{words}");
        }
    };
    let rows = match corpus::run(&plan, &sources, &mut told) {
        Ok(rows) => rows,
        Err(error) => return bad_usage(&error),
    };
    told("");
    for row in &rows {
        for failure in &row.failures {
            say(&format!("{}: {failure}", row.name));
        }
    }
    let _ = write!(std::io::stdout(), "{}", table::text(&rows, Style::Plain));
    if let Some(file) = &arguments.markdown
        && let Err(error) =
            std::fs::write(file, page(&table::text(&rows, Style::Markdown), arguments.no_compile))
    {
        say(&format!("error: cannot write {}: {error}", file.display()));
        return ExitCode::from(BAD_USAGE);
    }
    let share = table::share(&rows);
    let crashed = rows.iter().filter(|row| row.crashed).count();
    if crashed > 0 {
        say(&format!("error: the generator crashed on {crashed} documents"));
    }
    if share < arguments.at_least {
        say(&format!(
            "error: {share:.1} % of the operations came out; at least {} % should",
            arguments.at_least
        ));
    }
    if crashed > 0 || share < arguments.at_least {
        return ExitCode::from(NOT_AS_IT_SHOULD_BE);
    }
    ExitCode::SUCCESS
}

/// The page around a table.
fn page(table: &str, generated_only: bool) -> String {
    let counted = if generated_only { "that was generated" } else { "that was generated and compiles" };
    format!(
        "# What real documents come to\n\nWritten by `cargo xtask corpus FOLDER --markdown FILE` from documents that \
         others published. *client* and *server* count\nthe operations in code {counted}; *losses* are warnings, \
         *diagnostics* what was refused. A document of which\none side does not compile counts as nothing on that \
         side.\n\n{table}"
    )
}
