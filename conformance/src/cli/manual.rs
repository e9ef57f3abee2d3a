//! `rescind man`: manual pages, made from the definition of the command line.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::Cli;

/// The page of the program.
pub(super) fn page() -> io::Result<Vec<u8>> {
    rendered(Cli::command())
}

/// Writes one page for the program and one for each subcommand into `folder`, and tells which.
pub(super) fn write(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let mut command = Cli::command();
    command.build();
    let mut written = Vec::new();
    write_all(&command, folder, &mut written)?;
    Ok(written)
}

fn write_all(command: &Command, folder: &Path, written: &mut Vec<PathBuf>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, rendered(command.clone())?)?;
    written.push(path);
    command.get_subcommands().try_for_each(|below| write_all(below, folder, written))
}

fn rendered(command: Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // Without a date, so that the same program has the same pages.
    Man::new(command).manual("Rescind").render(&mut page)?;
    Ok(page)
}
