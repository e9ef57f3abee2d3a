//! Who acts in a run and with what: the target file, and the environment that overrides it.

mod check;
mod error;
mod nearest;
mod reach;
mod secret;
mod sources;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

pub use check::{AcceptEntry, CheckTable, SkipEntry};
pub use error::TargetError;
pub(crate) use nearest::nearest;
pub use secret::{HeaderEntry, SecretEntry};
pub(crate) use sources::CONTROL_TOKEN;
pub use sources::{Environment, ProcessEnvironment, Sources, variable};

/// The name of the target file that is read without being named, if there is one.
pub const DEFAULT: &str = "rescind.toml";

/// A target file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Target file", description = "Where deployments are, and who acts in a run.")]
pub struct TargetFile {
    /// The deployments, by name of their contract.
    #[serde(default)]
    pub contracts: IndexMap<String, Target>,
    /// Where the clock of the deployments can be moved.
    #[serde(default)]
    pub control: Option<Control>,
    /// How runs are made.
    #[serde(default)]
    pub check: CheckTable,
    /// What is left out of every run.
    #[serde(default)]
    pub skip: Vec<SkipEntry>,
    /// The breaches that are accepted.
    #[serde(default)]
    pub accept: Vec<AcceptEntry>,
    /// What the generator reads of the same file; the judge passes over it.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub codegen: serde::de::IgnoredAny,
}

/// One deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The OpenAPI document, relative to the folder of this file; left out for a contract that is bundled.
    #[serde(default)]
    pub openapi: Option<PathBuf>,
    /// The lifecycle document beside it; without it only single answers and requests are checked.
    #[serde(default)]
    pub lifecycle: Option<PathBuf>,
    /// Its base URL; `--url` overrides it.
    #[serde(default)]
    pub url: Option<String>,
    /// The base URLs of further replicas of the same deployment; `--url` given several times overrides them.
    #[serde(default)]
    pub replicas: Vec<String>,
    /// The callers of the contract's lifecycle document, by name.
    #[serde(default)]
    pub callers: IndexMap<String, PairEntry>,
    /// Pairs that can be registered, each of them once.
    #[serde(default)]
    pub pool: Vec<PairEntry>,
    /// How the hooks of the contract's lifecycle document are done, by name.
    #[serde(default)]
    pub hooks: IndexMap<String, HookEntry>,
    /// The values that the contract's lifecycle document asks the operator for, by name.
    #[serde(default)]
    pub supplied: IndexMap<String, String>,
    /// What is sent with every request that has no such header of its own, by name.
    #[serde(default)]
    pub headers: IndexMap<String, HeaderEntry>,
    /// The certificates that count, and the one that is shown.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// The proxy that every request goes through. Without it none is used, whatever the environment says.
    #[serde(default)]
    pub proxy: Option<ProxyEntry>,
}

/// Certificates. The files are relative to the folder of the target file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with the certificates of authorities that are trusted beside those of the system.
    #[serde(default)]
    pub roots: Option<PathBuf>,
    /// A PEM file with the certificate that is shown, and those that lead from it to its authority.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// A PEM file with the key of that certificate; left out where it stands beside it.
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// A proxy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a proxy is \"http://HOST:PORT\", or { url = …, user = …, password = … } where password is a secret"
)]
pub enum ProxyEntry {
    /// Its URL.
    Url(String),
    /// Its URL, and whom it lets through.
    Login(ProxyLogin),
}

/// A proxy that does not let everybody through.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyLogin {
    /// Its URL.
    pub url: String,
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretEntry,
}

/// How a step outside of the API is done.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a hook is { command = [\"PROGRAM\", …] }, { post = \"URL\" } or { post = [\"URL\", …] }"
)]
pub enum HookEntry {
    /// A program with its arguments, run in the folder of the judge. It finds the name of the hook in `RESCIND_HOOK`
    /// and the identifier of the credential in `RESCIND_CREDENTIAL_ID`.
    Command(HookCommand),
    /// A URL that `{"credential": {"id": …}}` is posted to, or one for each replica.
    Post(HookPost),
}

/// A hook that is a program.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookCommand {
    /// The program, then its arguments.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
}

/// A hook that is a URL.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookPost {
    /// The URL, or several.
    pub post: OneOrMany,
}

/// A text or a list of texts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl OneOrMany {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Where the clock of a deployment can be moved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The URL of the admin listener; `--control` overrides it.
    pub url: String,
    /// Those of replicas that have clocks of their own: all are moved together.
    #[serde(default)]
    pub replicas: Vec<String>,
    /// The token that they demand, if they demand one; `RESCIND_CONTROL_TOKEN` overrides it.
    #[serde(default)]
    pub token: Option<SecretEntry>,
}

/// An identifier with its secret.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairEntry {
    /// The identifier; left out where the credential is one value only.
    #[serde(default)]
    pub id: String,
    /// The secret.
    pub secret: SecretEntry,
    /// Whether a run may revoke it. A few requirements cannot be seen in another way.
    #[serde(default)]
    pub expendable: bool,
}

/// The target file that is meant: the one that was named, else the one in this folder, if there is one.
pub fn path(named: Option<&Path>) -> Option<&Path> {
    named.or_else(|| Some(Path::new(DEFAULT)).filter(|path| path.exists()))
}

impl TargetFile {
    /// Whether it says that a contract is deployed there.
    pub(crate) fn is_at(&self, contract: &str, url: &Url) -> bool {
        let target = self.contracts.get(contract).and_then(|target| target.url.as_deref());
        target.is_some_and(|known| known.trim_end_matches('/') == url.as_str().trim_end_matches('/'))
    }

    /// Reads a target file. Second: what should be said about it although it can be used.
    ///
    /// # Errors
    /// It cannot be read, or is no target file.
    pub fn read(path: &Path) -> Result<(Self, Vec<String>), TargetError> {
        let read = |source| TargetError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let file: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let before = text.get(..at).unwrap_or_default();
            TargetError::Syntax {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: nearest::suggested(&error.message().replace('\n', " ")),
            }
        })?;
        let mut warnings = Vec::new();
        if file.holds_secrets() && readable_by_others(path) {
            warnings.push(format!(
                "{} holds secrets and others may read it; run chmod 600 {}",
                path.display(),
                path.display()
            ));
        }
        Ok((file, warnings))
    }

    fn holds_secrets(&self) -> bool {
        let pairs = self.contracts.values().flat_map(|target| target.callers.values().chain(&target.pool));
        let token = self.control.iter().filter_map(|control| control.token.as_ref());
        let headers = self.contracts.values().flat_map(|target| target.headers.values());
        let headers = headers.filter_map(|header| match header {
            HeaderEntry::Secret(secret) => Some(secret),
            HeaderEntry::Plain(_) => None,
        });
        let proxies = self.contracts.values().filter_map(|target| match &target.proxy {
            Some(ProxyEntry::Login(login)) => Some(&login.password),
            _ => None,
        });
        let mut secrets = pairs.map(|pair| &pair.secret).chain(token).chain(headers).chain(proxies);
        secrets.any(SecretEntry::is_literal)
    }

    /// The JSON Schema of target files, for editors.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}
