//! `cargo xtask diff`: prints what changed, and says by its exit code whether callers break.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use xtask::diff::{Change, Class, Edition, compare, json, markdown, text};

use super::exit::BAD_USAGE;
use super::terminal::{color, say};

#[derive(Args)]
pub(super) struct Arguments {
    /// The edition of before: an OpenAPI document, a folder with `openapi.yaml` and perhaps `lifecycle.yaml`, or one of
    /// these at a commit (`git:v1.2:specs/keys`).
    #[arg(value_name = "OLD")]
    old: String,
    /// The edition of now.
    #[arg(value_name = "NEW")]
    new: String,
    /// The lifecycle documents of both, where they are not in the folders.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    lifecycle: Vec<String>,
    /// Do not fail because of differences of which nothing is known.
    #[arg(long)]
    allow_unclassified: bool,
    /// The mildest change that fails.
    #[arg(long, value_name = "CLASS", default_value = "breaking")]
    fail_on: FailOn,
    /// How the changes are written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What callers break on, and what is not known not to be that.
    Breaking,
    /// That, and what some callers should look at.
    Warning,
    /// Any change at all.
    Compatible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person at a terminal.
    Text,
    /// For a changelog.
    Markdown,
    /// For a program.
    Json,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  cargo xtask diff specs/keys/v1 specs/keys/v2         two folders, lifecycle included
  cargo xtask diff old.yaml new.yaml                   two OpenAPI documents
  cargo xtask diff git:main:specs/keys specs/keys      what the work tree changes
  cargo xtask diff old.yaml new.yaml --lifecycle old-lifecycle.yaml new-lifecycle.yaml
  cargo xtask diff old.yaml new.yaml --format markdown a section for the changelog

For documents at another place: git show REVISION:PATH > old.yaml";

/// Some change is of a class that fails.
const FAILED: u8 = 1;

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let (old_lifecycle, new_lifecycle) = match arguments.lifecycle.as_slice() {
        [old, new] => (Some(old.as_str()), Some(new.as_str())),
        _ => (None, None),
    };
    let color = color();
    let read = |place: &str, lifecycle: Option<&str>| {
        Edition::read(place, lifecycle).map_err(|error| say(&error.render(color))).ok()
    };
    let (old, new) = (read(&arguments.old, old_lifecycle), read(&arguments.new, new_lifecycle));
    let (Some(old), Some(new)) = (old, new) else { return ExitCode::from(BAD_USAGE) };
    let changes = compare(&old, &new);
    let format = if arguments.json { Format::Json } else { arguments.format };
    let written = match format {
        Format::Text => text(&changes),
        Format::Markdown => markdown(&changes),
        Format::Json => format!("{:#}\n", json(&changes)),
    };
    // The exit code tells the rest, even if nobody reads this.
    let _ = std::io::stdout().write_all(written.as_bytes());
    if changes.iter().any(|change| fails(change, arguments)) {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    }
}

fn fails(change: &Change, arguments: &Arguments) -> bool {
    match change.class {
        Class::Breaking => true,
        Class::Unclassified => !arguments.allow_unclassified,
        Class::Warning => arguments.fail_on != FailOn::Breaking,
        Class::Compatible => arguments.fail_on == FailOn::Compatible,
    }
}
