//! Which files of a folder are documents of their own.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::{CorpusError, has_ending};

/// One document of a corpus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Its name within the folder, without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Number of operations in it, as far as that can be told without reading it as OpenAPI.
    pub operations: usize,
}

/// The list of documents that a folder may have: a header line, then a line for each, the file first.
const INDEX: &str = "index.csv";

/// The documents in `folder`, in order; those whose name holds `only`, if that is given.
///
/// An `index.csv` says which there are, in folders below it too. Without one every JSON or YAML file in the folder
/// itself is a document that says `openapi`, unless another file refers to it.
pub fn documents(folder: &Path, only: Option<&str>) -> Result<Vec<Source>, CorpusError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CorpusError::Io { path, source }
    };
    let index = folder.join(INDEX);
    let files: BTreeSet<PathBuf> = match std::fs::read_to_string(&index) {
        Ok(text) => text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .map(|name| PathBuf::from(name.trim().trim_matches('"')))
            .filter(|name| has_ending(name))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => on_their_own(folder)?,
        Err(error) => return Err(at(&index)(error)),
    };
    let mut found = Vec::new();
    for file in files {
        let name = file.with_extension("").to_string_lossy().replace('\\', "/");
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let path = folder.join(file);
        let text = std::fs::read(&path).map_err(at(&path))?;
        let operations = operations(&String::from_utf8_lossy(&text));
        found.push(Source { name, path, operations });
    }
    if found.is_empty() {
        return Err(CorpusError::Empty { folder: folder.to_owned(), only: only.map(str::to_owned) });
    }
    Ok(found)
}

/// The documents in the folder itself that no other file refers to, relative to it.
fn on_their_own(folder: &Path) -> Result<BTreeSet<PathBuf>, CorpusError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CorpusError::Io { path, source }
    };
    let mut documents = BTreeSet::new();
    let mut referred = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if !has_ending(&path) || !path.is_file() {
            continue;
        }
        let Some(name) = path.file_name().map(PathBuf::from) else { continue };
        let bytes = std::fs::read(&path).map_err(at(&path))?;
        let text = String::from_utf8_lossy(&bytes);
        referred.extend(references(&text).filter(|other| *other != name));
        if says_openapi(&text) {
            documents.insert(name);
        }
    }
    Ok(documents.difference(&referred).cloned().collect())
}

/// The files that the `$ref`s of a text name.
fn references(text: &str) -> impl Iterator<Item = PathBuf> {
    text.match_indices("$ref").filter_map(|(at, key)| {
        let value = text[at + key.len()..].lines().next()?;
        let value = value.trim_start_matches(['"', '\'', ':', ' ']);
        let file = value.split(['#', '"', '\'', ' ', ',', '}']).next()?;
        let file = file.strip_prefix("./").unwrap_or(file);
        (!file.is_empty()).then(|| PathBuf::from(file))
    })
}

/// The lines that look like a method of a path item. Only a document that cannot be read is counted so.
fn operations(text: &str) -> usize {
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let key = |line: &str| -> Option<String> {
        let (key, rest) = line.trim_start().split_once(':')?;
        let rest = rest.trim();
        (line.starts_with([' ', '\t']) && (rest.is_empty() || rest == "{"))
            .then(|| key.trim_matches('"').to_owned())
    };
    text.lines().filter_map(key).filter(|key| methods.contains(&&**key)).count()
}

/// Whether the text has a key `openapi` that looks as if it were the document's own.
fn says_openapi(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("openapi:")) || text.contains("\"openapi\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, only: Option<&str>) -> Vec<String> {
        documents(folder, only).unwrap().into_iter().map(|source| source.name).collect()
    }

    #[test]
    fn parts_and_other_files_are_no_documents() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", "openapi: 3.0.3\nx: { $ref: './part.yaml#/b' }\n");
        write("part.yaml", "openapi: 3.0.3\n");
        write("b.json", "{\"openapi\": \"3.0.3\", \"x\": {\"$ref\": \"#/b\"}}");
        write("other.json", "{}");
        write("README.md", "openapi: 3.0.3\n");
        assert_eq!(operations("paths:\n  /a:\n    get:\n    post: {}\n    \"put\": {\nget:\n"), 2);
        assert_eq!(names(folder.path(), None), ["a", "b"]);
        assert_eq!(names(folder.path(), Some("b")), ["b"]);
        assert!(documents(folder.path(), Some("c")).unwrap_err().to_string().contains("`c`"));

        std::fs::create_dir(folder.path().join("deep")).unwrap();
        write("deep/c.yaml", "openapi: 3.0.3\n");
        write("index.csv", "file,operations\ndeep/c.yaml,3\nnotes.txt,0\n");
        assert_eq!(names(folder.path(), None), ["deep/c"]);
    }
}
