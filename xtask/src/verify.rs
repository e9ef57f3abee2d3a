//! `cargo xtask verify`: the main job from end to end. Generated code is fresh, and the reference server keeps what
//! the contracts promise, judged over real sockets.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// Judges the reference server by running the judge's own program; `arguments` go to its `check` command.
///
/// # Errors
/// Cargo could not be started.
pub fn judge(root: &Path, arguments: &[String]) -> io::Result<ExitStatus> {
    cargo(root)
        .args(["run", "--quiet", "--package", "rescind-conformance", "--bin", "rescind", "--"])
        .args(["check", "--reference"])
        .args(arguments)
        .status()
}

/// Cargo as it started this program, so that both use one toolchain.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
