//! The files that a document refers to, each read once.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
};

use crate::{
    document::{Document, Unreachable},
    error::LoadError,
    source::Source,
};

/// The number of the document itself.
pub(super) const MAIN: u32 = 0;
/// Most files that one document may consist of.
const MAX_FILES: usize = 2_000;
/// Most bytes of one of them.
const MAX_BYTES: u64 = 64 << 20;

/// The files of a document by number.
pub(super) struct Files {
    open: Vec<(PathBuf, Document)>,
    /// What came of each path.
    known: HashMap<PathBuf, Result<u32, Unreachable>>,
}

impl Files {
    pub(super) fn new(main: &Document, path: &Path) -> Self {
        let known = HashMap::from([(identity(path), Ok(MAIN))]);
        Self { open: vec![(path.to_owned(), main.clone())], known }
    }

    pub(super) fn main(&self) -> &Document {
        // There is always one.
        &self.open[0].1
    }

    pub(super) fn get(&self, file: u32) -> Option<&Document> {
        Some(&self.open.get(file as usize)?.1)
    }

    /// Name of a file without its folder.
    pub(super) fn short_name(&self, file: u32) -> String {
        self.part(file, Path::file_name)
    }

    /// Name of a file without its folder and its extension.
    pub(super) fn stem(&self, file: u32) -> String {
        self.part(file, Path::file_stem)
    }

    fn part(&self, file: u32, part: impl Fn(&Path) -> Option<&std::ffi::OsStr>) -> String {
        let path = self.open.get(file as usize).and_then(|(path, _)| part(path));
        path.map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    pub(super) fn sources(&self) -> Vec<Source> {
        self.open.iter().map(|(_, document)| document.source().clone()).collect()
    }

    /// Opens the file that `name` means in the file `from`.
    pub(super) fn open(&mut self, from: u32, name: &str) -> Result<u32, Unreachable> {
        if name.contains("://") || name.starts_with("//") {
            return Err(Unreachable {
                message: format!("`$ref` to the address `{name}` is not followed"),
                help: "store what is there in a file, and refer to that".to_owned(),
            });
        }
        let folder =
            self.open.get(from as usize).and_then(|(path, _)| path.parent()).unwrap_or(Path::new(""));
        let decoded = crate::pointer::percent_decode(name).unwrap_or_else(|| name.to_owned());
        let path = tidy(&folder.join(decoded));
        let identity = identity(&path);
        if let Some(known) = self.known.get(&identity) {
            return known.clone();
        }
        let opened = self.read(&path, name);
        self.known.insert(identity, opened.clone());
        opened
    }

    fn read(&mut self, path: &Path, name: &str) -> Result<u32, Unreachable> {
        let failed = |reason: &str, help: &str| Unreachable {
            message: format!("`{name}` cannot be read: {reason}"),
            help: help.to_owned(),
        };
        let beside = "put the file where the reference says, or correct the reference";
        let number = u32::try_from(self.open.len()).ok().filter(|_| self.open.len() < MAX_FILES);
        let Some(number) = number else {
            return Err(failed("the document has too many files", "describe the API in fewer files"));
        };
        match std::fs::metadata(path) {
            Ok(found) if !found.is_file() => return Err(failed("it is no file", beside)),
            Ok(found) if found.len() > MAX_BYTES => {
                return Err(failed("it is too large", "refer to a smaller file"));
            }
            Ok(_) => {}
            Err(error) => return Err(failed(&reason(&error), beside)),
        }
        let text = std::fs::read_to_string(path).map_err(|error| failed(&reason(&error), beside))?;
        let document = Document::part(path.display().to_string(), text, number).map_err(|error| {
            let first = match &error {
                LoadError::Invalid(diagnostics) => diagnostics.first().map(ToString::to_string),
                LoadError::Io { .. } => None,
            };
            failed(&first.unwrap_or_else(|| error.to_string()), "correct that file")
        })?;
        self.open.push((path.to_owned(), document));
        Ok(number)
    }
}

/// What the operating system says, without its number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        std::io::ErrorKind::InvalidData => "it is no text".to_owned(),
        _ => error.to_string(),
    }
}

/// What tells files apart.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| tidy(path))
}

/// The path without `.`, and without `..` behind a name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            other => tidy.push(other),
        }
    }
    tidy
}
