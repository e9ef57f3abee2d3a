//! Collects the manual pages of the checks: the sources of `src/check` and `src/machine`, which `rescind explain` reads as text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let mut table = String::from("&[\n");
    let groups =
        ["lifecycle", "response", "request"].map(|group| (group, Path::new("src/check").join(group)));
    for (group, folder) in groups.into_iter().chain([("machine", PathBuf::from("src/machine"))]) {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        for path in sources(&folder)? {
            println!("cargo::rerun-if-changed={}", path.display());
            let id = path.file_stem().unwrap_or_default().to_string_lossy();
            // Writing to a String cannot fail.
            let _ =
                writeln!(table, "    ({group:?}, {id:?}, include_str!({:?})),", path.display().to_string());
        }
    }
    table.push_str("]\n");
    fs::write(out.join("pages.rs"), table)
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    Ok(paths)
}
