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
    /// Values that the API does not tell, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub supplied: IndexMap<String, String>,
    /// The steps beside the API, by name; none without an admin listener.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub hooks: IndexMap<String, HookText>,
}

/// How a hook is run.
#[derive(Clone, Debug, Serialize)]
pub struct HookText {
    /// The URL to send a `POST` to, with the JSON body `{}` or `{"credential": {"id": "…"}}`.
    pub post: String,
}

/// An id and its secret.
#[derive(Clone, Debug, Serialize)]
pub struct PairText {
    /// The part that identifies.
    pub id: String,
    /// Whether a run may revoke it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expendable: bool,
    /// The part that proves.
    pub secret: Literal,
}

/// A secret that stands in the file, and is said to.
#[derive(Clone, Debug, Serialize)]
pub struct Literal {
    /// The secret.
    pub literal: Secret,
}

impl From<Secret> for Literal {
    fn from(literal: Secret) -> Self {
        Self { literal }
    }
}

/// The admin listener.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// Its URL.
    pub url: String,
    /// The token that it demands, if it demands one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Literal>,
}

impl From<&Pair> for PairText {
    fn from(pair: &Pair) -> Self {
        Self { id: pair.id.clone(), expendable: pair.expendable, secret: pair.secret.clone().into() }
    }
}

impl ContractTarget {
    /// A contract at a URL, with what is there from the start, and with its hooks below another URL if one is given.
    pub fn new(url: String, start: &Bootstrap, hooks: Option<&str>) -> Self {
        let callers = start.callers.iter().map(|(name, pair)| (name.clone(), pair.into())).collect();
        let hook = |base: &str, name: &str| (name.to_owned(), HookText { post: format!("{base}/{name}") });
        let hooks = hooks.map(|base| start.hooks.iter().map(|name| hook(base, name)).collect());
        Self {
            url,
            callers,
            pool: start.pool.iter().map(PairText::from).collect(),
            supplied: start.supplied.clone(),
            hooks: hooks.unwrap_or_default(),
        }
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
            callers: IndexMap::from([
                ("operator".to_owned(), Pair::new("id-1", "secret-1")),
                ("leaver".to_owned(), Pair { expendable: true, ..Pair::new("id-3", "secret-3") }),
            ]),
            pool: vec![Pair::new("id-2", "secret-2")],
            supplied: IndexMap::from([("tenant".to_owned(), "tenant-1".to_owned())]),
            hooks: vec!["restart".to_owned()],
        };
        let contract = ContractTarget::new(
            "http://127.0.0.1:1/x".to_owned(),
            &start,
            Some("http://127.0.0.1:2/hooks/x"),
        );
        let target = Target {
            contracts: IndexMap::from([("x".to_owned(), contract)]),
            control: Some(Control {
                url: "http://127.0.0.1:2".to_owned(),
                token: Some(Secret::new("0123456789abcdef").into()),
            }),
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

        [contracts.x.callers.operator.secret]
        literal = "secret-1"

        [contracts.x.callers.leaver]
        id = "id-3"
        expendable = true

        [contracts.x.callers.leaver.secret]
        literal = "secret-3"

        [[contracts.x.pool]]
        id = "id-2"

        [contracts.x.pool.secret]
        literal = "secret-2"

        [contracts.x.supplied]
        tenant = "tenant-1"

        [contracts.x.hooks.restart]
        post = "http://127.0.0.1:2/hooks/x/restart"

        [control]
        url = "http://127.0.0.1:2"

        [control.token]
        literal = "0123456789abcdef"
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
