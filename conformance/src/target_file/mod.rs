//! Who acts in a run and with what: the target file, and the environment that overrides it.

mod error;
mod sources;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use error::TargetError;
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
    /// What the generator reads of the same file; the judge passes over it.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub codegen: serde::de::IgnoredAny,
}

/// One deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
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

/// A secret, or where it is.
#[derive(Clone, JsonSchema)]
#[schemars(untagged)]
pub enum SecretEntry {
    /// The secret itself. The file should be readable by its owner alone.
    Literal(String),
    /// The name of the environment variable that holds it.
    Env(FromEnv),
    /// The file that holds it, white space at its end not counted.
    File(FromFile),
}

/// A secret in an environment variable.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FromEnv {
    env: String,
}

/// A secret in a file.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FromFile {
    /// Relative to the folder of the target file.
    file: PathBuf,
}

impl<'de> Deserialize<'de> for SecretEntry {
    /// By hand, so that no message repeats a secret that is written in a wrong way.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let error = || D::Error::custom("a secret is a text, { env = \"NAME\" } or { file = \"PATH\" }");
        match serde_json::Value::deserialize(deserializer).map_err(|_| error())? {
            serde_json::Value::String(text) => Ok(Self::Literal(text)),
            serde_json::Value::Object(members) => {
                let mut members = members.into_iter();
                match (members.next(), members.next()) {
                    (Some((name, serde_json::Value::String(env))), None) if name == "env" => {
                        Ok(Self::Env(FromEnv { env }))
                    }
                    (Some((name, serde_json::Value::String(file))), None) if name == "file" => {
                        Ok(Self::File(FromFile { file: file.into() }))
                    }
                    _ => Err(error()),
                }
            }
            _ => Err(error()),
        }
    }
}

impl fmt::Debug for SecretEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("***"),
            Self::Env(FromEnv { env }) => write!(f, "{{ env = {env:?} }}"),
            Self::File(FromFile { file }) => write!(f, "{{ file = {:?} }}", file.display()),
        }
    }
}

impl TargetFile {
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
                message: error.message().replace('\n', " "),
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
        let mut secrets = pairs.map(|pair| &pair.secret).chain(token);
        secrets.any(|secret| matches!(secret, SecretEntry::Literal(_)))
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
