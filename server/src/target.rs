//! The target file: everything a judge needs to know of a server before its first call.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Serialize;

use crate::bootstrap::{Bootstrap, Pair};
use crate::keys::create_private;
use crate::runtime::Secret;

/// A running deployment, as the target file describes it.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// By name of the contract.
    pub contracts: IndexMap<String, ContractTarget>,
    /// Where the deployment's clock can be moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
}

/// One contract of a deployment.
#[derive(Clone, Debug, Serialize)]
pub struct ContractTarget {
    /// The base URL.
    pub url: String,
    /// Who can act from the start, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub callers: IndexMap<String, PairText>,
    /// Pairs that are genuine and not registered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pool: Vec<PairText>,
}

/// An id and its secret.
#[derive(Clone, Debug, Serialize)]
pub struct PairText {
    /// The part that identifies.
    pub id: String,
    /// The part that proves.
    pub secret: Secret,
}

/// The admin listener.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// Its URL.
    pub url: String,
}

impl From<&Pair> for PairText {
    fn from(pair: &Pair) -> Self {
        Self { id: pair.id.clone(), secret: pair.secret.clone() }
    }
}

impl ContractTarget {
    /// A contract at a URL, with what is there from the start.
    pub fn new(url: String, start: &Bootstrap) -> Self {
        let callers = start.callers.iter().map(|(name, pair)| (name.clone(), pair.into())).collect();
        Self { url, callers, pool: start.pool.iter().map(PairText::from).collect() }
    }
}

/// The target file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Its folder is missing, full or closed.
    #[error("the target file {path} cannot be written; check its folder and its permissions")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It cannot be written as TOML.
    #[error("the target cannot be written as TOML")]
    Toml(#[from] toml::ser::Error),
}

impl Target {
    /// Writes the file, readable by its owner alone, in one step: readers see the old file or the new one, whole.
    pub fn write(&self, path: &Path) -> Result<(), TargetError> {
        let text = toml::to_string(self)?;
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}.new", std::process::id()));
        let draft = PathBuf::from(draft);
        let written = create_private(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&draft, path));
        written.map_err(|source| {
            // Nothing to do if there is no draft.
            let _ = std::fs::remove_file(&draft);
            TargetError::File { path: path.to_owned(), source }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_private_and_replaced_whole() {
        let start = Bootstrap {
            callers: IndexMap::from([("operator".to_owned(), Pair::new("id-1", "secret-1"))]),
            pool: vec![Pair::new("id-2", "secret-2")],
        };
        let contract = ContractTarget::new("http://127.0.0.1:1/x".to_owned(), &start);
        let target = Target {
            contracts: IndexMap::from([("x".to_owned(), contract)]),
            control: Some(Control { url: "http://127.0.0.1:2".to_owned() }),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.toml");
        std::fs::write(&path, "before").unwrap();
        target.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        insta::assert_snapshot!(text, @r#"
        [contracts.x]
        url = "http://127.0.0.1:1/x"

        [contracts.x.callers.operator]
        id = "id-1"
        secret = "secret-1"

        [[contracts.x.pool]]
        id = "id-2"
        secret = "secret-2"

        [control]
        url = "http://127.0.0.1:2"
        "#);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!format!("{target:?}").contains("secret-1"));
    }
}
