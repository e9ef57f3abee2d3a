//! The documents of a contract to mock, as people have them: what breaks a rule is read in another way or left out, and
//! told.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::not_kept::not_kept;
use rescind_specs::{Contract, Diagnostic, Document, LeftOut, Lifecycle, LoadError, Pointer, Prepared};

/// A contract to mock: an OpenAPI document and, for one that keeps state, its lifecycle document. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mock(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    contract: Contract,
    warnings: Vec<Diagnostic>,
    left_out: Vec<LeftOut>,
    base: BasePath,
}

/// Where a mocked contract is served: the root, or a path such as `/v3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

/// The text is no path to serve below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a path such as /v3: a slash first, none at its end, and neither braces nor a query")]
pub struct NoBasePath;

impl BasePath {
    /// The path, empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BasePath {
    type Err = NoBasePath;

    fn from_str(text: &str) -> Result<Self, NoBasePath> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()+,;=@".contains(&byte);
        match text {
            "" | "/" => Ok(Self::default()),
            path if path.starts_with('/')
                && !path.ends_with('/')
                && !path.contains("//")
                && path.bytes().all(is_plain) =>
            {
                Ok(Self(path.to_owned()))
            }
            _ => Err(NoBasePath),
        }
    }
}

impl PartialEq for Mock {
    /// Whether they are clones of one another.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Mock {}

impl Mock {
    /// Reads the documents, and the files beside the first that it refers to. The contract goes by the name of its
    /// folder.
    ///
    /// # Errors
    /// A file that cannot be read, a text that is neither YAML nor JSON, a document of which nothing can be used, or a
    /// lifecycle document with a mistake; each mistake with file, line, column and pointer.
    pub fn read(openapi: &Path, lifecycle: Option<&Path>) -> Result<Self, LoadError> {
        let prepared = Prepared::read(Contract::name_at(openapi), openapi)?;
        let lifecycle = lifecycle.map(Document::read).transpose()?;
        Self::prepared(prepared, lifecycle.as_ref())
    }

    /// A contract whose documents are already parsed.
    ///
    /// # Errors
    /// As [`Mock::read`].
    pub fn new(
        name: impl Into<String>,
        openapi: Document,
        lifecycle: Option<&Document>,
    ) -> Result<Self, LoadError> {
        Self::prepared(Prepared::new(name, openapi)?, lifecycle)
    }

    fn prepared(prepared: Prepared, lifecycle: Option<&Document>) -> Result<Self, LoadError> {
        let Prepared { contract, notes, left_out } = prepared;
        if contract.operations().is_empty() {
            let reasons: Vec<_> = left_out.into_iter().flat_map(|left_out| left_out.reasons).collect();
            return Err(if reasons.is_empty() {
                let nothing =
                    contract.document().diagnostic(&Pointer::root().join("paths"), "there are no operations");
                nothing
                    .with_help("a mock answers what `paths` documents; add one, such as `get` of `/status`")
                    .into()
            } else {
                LoadError::Invalid(reasons)
            });
        }
        let contract = match lifecycle {
            Some(document) => contract.with_lifecycle(document)?,
            None => contract,
        };
        let warnings = notes.into_iter().chain(contract.warnings().iter().cloned()).collect();
        let base = BasePath::default();
        Ok(Self(Arc::new(Inner { contract, warnings, left_out, base })))
    }

    /// Serves it below this path instead of at the root. The servers of the document are not looked at: they say where
    /// others serve it.
    #[must_use]
    pub fn below(self, base: BasePath) -> Self {
        Self(Arc::new(Inner { base, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The same for a server that serves others as well: below its own name, unless it has a path already.
    pub(crate) fn beside_others(self) -> Self {
        if !self.0.base.as_str().is_empty() {
            return self;
        }
        let plain =
            |sign: char| if sign.is_ascii_alphanumeric() || "-._~".contains(sign) { sign } else { '-' };
        let name: String = self.name().chars().map(plain).collect();
        self.below(BasePath(format!("/{name}")))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.contract.name()
    }

    /// What its documents say, without what had to be left out.
    pub fn contract(&self) -> &Contract {
        &self.0.contract
    }

    /// What its lifecycle document says; `None` for a mock that keeps no state.
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        self.0.contract.lifecycle()
    }

    /// What was read in another way than it is written, and what is doubtful.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }

    /// What the lifecycle document says that the mock does not keep, a sentence each.
    pub fn not_kept(&self) -> Vec<String> {
        self.lifecycle().map(|lifecycle| not_kept(self.contract(), lifecycle)).unwrap_or_default()
    }

    /// The operations that are not served, with the reasons.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.0.left_out
    }

    /// Where it is served.
    pub fn base_path(&self) -> &BasePath {
        &self.0.base
    }

    /// The path that its first documented server has, if it has one of its own: where clients may look for it.
    pub(super) fn documented_base(&self) -> Option<&str> {
        let server = self.0.contract.servers().first()?;
        let rest = server.split_once("://").map_or(server.as_str(), |(_, rest)| rest);
        let path = rest.find('/').map(|start| rest[start..].trim_end_matches('/'))?;
        Some(path).filter(|path| !path.is_empty() && *path != self.0.base.as_str() && !path.contains('{'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths_are_checked_at_the_edge() {
        for (text, path) in [("", ""), ("/", ""), ("/v3", "/v3"), ("/api/2026-01.1", "/api/2026-01.1")] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), path);
        }
        for text in ["v3", "/v3/", "//v3", "/{v}", "/v 3", "/v?a", "http://example.org"] {
            assert_eq!(text.parse::<BasePath>(), Err(NoBasePath), "{text}");
        }
    }
}
