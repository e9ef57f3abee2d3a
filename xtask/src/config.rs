//! `rescind.toml`: the documents of a project with the folders that their code goes to. The judge reads other tables
//! of the same file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::entry::Entry;
use crate::manifest::Runtime;
use crate::own::Shape;

/// The file that is read without being named, if there is one.
pub const DEFAULT: &str = "rescind.toml";

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    codegen: Vec<Table>,
    /// Who acts in a run of the judge, and where.
    #[serde(default, rename = "contracts")]
    _contracts: IgnoredAny,
    /// How a run of the judge goes.
    #[serde(default, rename = "check")]
    _check: IgnoredAny,
    /// What it leaves out.
    #[serde(default, rename = "skip")]
    _skip: IgnoredAny,
    /// Breaches that are no failure for a while.
    #[serde(default, rename = "accept")]
    _accept: IgnoredAny,
    /// Where the judge moves the clock.
    #[serde(default, rename = "control")]
    _control: IgnoredAny,
}

/// One `[[codegen]]`. Paths are relative to the folder of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    openapi: PathBuf,
    client: Option<PathBuf>,
    server: Option<PathBuf>,
    name: Option<String>,
    #[serde(default)]
    module: bool,
    runtime: Option<String>,
}

/// All keys, for what a misspelt one was meant to be.
const KEYS: [&str; 12] = [
    "codegen",
    "contracts",
    "check",
    "skip",
    "accept",
    "control",
    "openapi",
    "client",
    "server",
    "name",
    "module",
    "runtime",
];

/// Why a file cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It does not say what it should. The line itself is not shown: the judge's tables may hold secrets.
    #[error("{}:{line}:{column}: {message}{}", path.display(), meant.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The key that an unknown one may have been.
        meant: Option<&'static str>,
    },
    /// An entry cannot be followed.
    #[error("{}: [[codegen]] {number}: {message}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry, from 1.
        number: usize,
        /// What is wrong.
        message: String,
    },
}

/// The entries of the file at `path`, in order. Crates stand on the folder `root` unless an entry says otherwise.
pub fn read(path: &Path, root: &Path) -> Result<Vec<Entry>, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Io { path: path.to_owned(), source })?;
    let file: File = toml::from_str(&text).map_err(|error| syntax(path, &text, &error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let entries = file.codegen.into_iter().enumerate().map(|(index, table)| {
        entry(table, folder, root).map_err(|message| ConfigError::Entry {
            path: path.to_owned(),
            number: index + 1,
            message,
        })
    });
    entries.collect()
}

fn entry(table: Table, folder: &Path, root: &Path) -> Result<Entry, String> {
    let entry = Entry {
        openapi: folder.join(table.openapi),
        name: table.name,
        client: table.client.map(|path| folder.join(path)),
        server: table.server.map(|path| folder.join(path)),
        shape: if table.module { Shape::Module } else { Shape::Crate },
        runtime: runtime(table.runtime.as_deref(), folder, root)?,
    };
    if entry.client.is_none() && entry.server.is_none() {
        return Err("it needs `client`, `server` or both: the folders that code goes to".to_owned());
    }
    if entry.clashes() {
        return Err(
            "client and server are two crates; give each a folder of its own, or `module = true`".to_owned()
        );
    }
    Ok(entry)
}

/// What `text` means as the place of the crates that generated ones stand on: a version, or a folder that is relative
/// to `folder`. Without it they stand on the folder `root`.
pub fn runtime(text: Option<&str>, folder: &Path, root: &Path) -> Result<Runtime, String> {
    let Some(text) = text else { return Ok(Runtime::Folder(root.to_owned())) };
    let place = folder.join(text);
    if place.join("client/Cargo.toml").is_file() && place.join("server/Cargo.toml").is_file() {
        return Ok(Runtime::Folder(place));
    }
    if text.starts_with(|sign: char| sign.is_ascii_digit() || matches!(sign, '^' | '=' | '~'))
        && !place.exists()
    {
        return Ok(Runtime::Version(text.to_owned()));
    }
    Err(format!("`{text}` is neither a version nor a folder that holds the crates `client` and `server`"))
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let message = error.message().lines().next().unwrap_or_default().to_owned();
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let meant = unknown.and_then(|unknown| {
        let distance = |key: &str| strsim::damerau_levenshtein(key, unknown);
        KEYS.into_iter().min_by_key(|key| distance(key)).filter(|key| distance(key) <= 2)
    });
    ConfigError::Syntax {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: match unknown {
            Some(unknown) => format!("unknown key `{unknown}`"),
            None => message,
        },
        meant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DEFAULT);
        std::fs::write(&path, text).unwrap();
        let told = match read(&path, Path::new("/rescind")) {
            Ok(entries) => format!("{entries:?}"),
            Err(error) => error.to_string(),
        };
        told.replace(&folder.path().display().to_string(), "DIR")
    }

    #[test]
    fn entries_are_read_and_mistakes_have_a_place() {
        let good = "[contracts.x]\nurl = 'http://x'\n[[codegen]]\nopenapi = 'a.yaml'\nclient = 'out'\nruntime = '1.2'\n";
        let entry = told(good);
        assert!(entry.contains("openapi: \"DIR/a.yaml\"") && entry.contains("Version(\"1.2\")"), "{entry}");
        let judge = "[check]\nrate = 20\n[[skip]]\nid = 'x/R1'\n[[accept]]\nid = 'x/R2'\n[control]\nurl = 'http://x'\n";
        for (text, expected) in [
            ("", "[]"),
            (judge, "[]"),
            (
                "[[codegen]]\nopnapi = 'a'\n",
                "DIR/rescind.toml:2:1: unknown key `opnapi`; did you mean `openapi`?",
            ),
            ("[codgen]\n", "DIR/rescind.toml:1:2: unknown key `codgen`; did you mean `codegen`?"),
            ("[[codegen]]\nopenapi = 'a'\nzebra = 1\n", "DIR/rescind.toml:3:1: unknown key `zebra`"),
            (
                "\n[[codegen]]\nopenapi = 1\n",
                "DIR/rescind.toml:3:11: invalid type: integer `1`, expected path string",
            ),
            (
                "[[codegen]]\nopenapi = 'a'\n",
                "DIR/rescind.toml: [[codegen]] 1: it needs `client`, `server` or both: the folders that code goes to",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }
}
