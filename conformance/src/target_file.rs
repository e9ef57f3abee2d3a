//! Who acts in a run and with what: the target file, and the environment that overrides it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rescind_specs::lifecycle::{CallerName, CredentialKind, Expression, Need, Presentation, Template};
use rescind_specs::{Contract, Vendor};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::deployment::{Deployment, Pair};
use crate::plan::Writes;

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
}

/// One deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its base URL; `--url` overrides it.
    #[serde(default)]
    pub url: Option<String>,
    /// The callers of the contract's lifecycle document, by name.
    #[serde(default)]
    pub callers: IndexMap<String, PairEntry>,
    /// Pairs that can be registered, each of them once.
    #[serde(default)]
    pub pool: Vec<PairEntry>,
}

/// Where the clock of a deployment can be moved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The URL of the admin listener; `--control` overrides it.
    pub url: String,
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

/// For contracts that the reference server has.
const SERVER_WRITES: &str =
    "\n  3. start a server that writes the target file: rescind-server --write-target rescind.toml";

/// Why it is not known who acts.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no target file. The line itself is not shown: it may hold a secret.
    #[error("{}:{line}:{column}: {message}; `rescind schema target` prints what is allowed", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Nobody says where the deployment is.
    #[error(
        "it is not known where {contract} is deployed; give --url, or `url` below [contracts.{contract}] of the target file"
    )]
    NoUrl {
        /// The contract.
        contract: String,
    },
    /// A URL cannot be used.
    #[error("{place} is no base URL: {why}")]
    Url {
        /// Which URL.
        place: String,
        /// Why.
        why: String,
    },
    /// A caller is needed and was not supplied.
    #[error(
        "{contract} needs the caller {caller}, and nobody supplied it. {about}\nSupply it in one of these ways:\n  \
         1. environment: {wanted}\n  2. target file: {}secret = … below [contracts.{contract}.callers.{caller}],\n     \
         where secret is a text, {{ env = \"NAME\" }} or {{ file = \"PATH\" }}{}",
        if *.with_id { "id = …, " } else { "" },
        if contract.parse::<Vendor>().is_ok() { SERVER_WRITES } else { "" }
    )]
    NoCaller {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// Who that is.
        about: String,
        /// The environment variables.
        wanted: String,
        /// Whether it has an identifier beside its secret.
        with_id: bool,
    },
    /// The contract knows no such caller.
    #[error("{contract} has no caller {caller:?}; its lifecycle document knows {known}")]
    UnknownCaller {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// Those that there are.
        known: String,
    },
    /// Half of a pair is missing.
    #[error("{missing} is not set, yet it is needed for the caller {caller} of {contract}")]
    Half {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// What is missing.
        missing: String,
    },
    /// An environment variable that the file names is not set.
    #[error("{place} names the environment variable {variable}, which is not set")]
    Unset {
        /// Where in the target file.
        place: String,
        /// The variable.
        variable: String,
    },
    /// Credentials are issued from a pool, and there is none.
    #[error(
        "credentials of {contract} are registered from pairs that the operator supplies, and there are none; supply \
         some as [[contracts.{contract}.pool]] of the target file, or as the file that {variable} names, each line \
         an id and a secret"
    )]
    NoPool {
        /// The contract.
        contract: String,
        /// The environment variable.
        variable: String,
    },
    /// A line of a pool file is no pair.
    #[error("{}:{line}: a line of a pool is an id and a secret, with a blank between them", path.display())]
    PoolLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// Where values come from that are not in the target file.
pub trait Environment {
    /// The value of a variable, if it is set and not empty.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The environment of the process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
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
        pairs.into_iter().any(|pair| matches!(pair.secret, SecretEntry::Literal(_)))
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

/// Where the parts of a deployment come from.
pub struct Sources<'s> {
    /// The base URL of the command line, which comes first.
    pub url: Option<&'s str>,
    /// The control URL of the command line, which comes first.
    pub control: Option<&'s str>,
    /// The target file, with its path.
    pub file: Option<(&'s TargetFile, &'s Path)>,
    /// The environment, which comes before the target file.
    pub environment: &'s dyn Environment,
    /// Whether the run may change something: without that, no pool is needed.
    pub writes: Writes,
}

impl Sources<'_> {
    /// The deployment of `contract`.
    ///
    /// # Errors
    /// Something that the contract needs was not supplied, or cannot be used.
    pub fn deployment(&self, contract: &Contract) -> Result<Deployment, TargetError> {
        let name = contract.name();
        let target = self.file.and_then(|(file, _)| file.contracts.get(name));
        let base = match (self.url, target.and_then(|target| target.url.as_deref())) {
            (Some(url), _) => base_url(url, "--url")?,
            (None, Some(url)) => base_url(url, &format!("contracts.{name}.url"))?,
            (None, None) => return Err(TargetError::NoUrl { contract: name.to_owned() }),
        };
        let control = match (self.control, self.file.and_then(|(file, _)| file.control.as_ref())) {
            (Some(url), _) => Some(base_url(url, "--control")?),
            // A URL of the command line may lead to another deployment than the file describes.
            (None, Some(control)) if self.url.is_none() => Some(base_url(&control.url, "control.url")?),
            (None, _) => None,
        };
        let empty = Target::default();
        let target = target.unwrap_or(&empty);
        Ok(Deployment {
            base,
            callers: self.callers(contract, target)?,
            pool: self.pool(contract, target)?,
            control,
        })
    }

    fn callers(
        &self,
        contract: &Contract,
        target: &Target,
    ) -> Result<IndexMap<CallerName, Pair>, TargetError> {
        let known = contract.lifecycle().map(|lifecycle| &lifecycle.callers);
        let known = known.into_iter().flatten().collect::<IndexMap<_, _>>();
        if let Some(caller) =
            target.callers.keys().find(|caller| known.keys().all(|known| known.0 != **caller))
        {
            let known: Vec<&str> = known.keys().map(|name| name.0.as_str()).collect();
            return Err(TargetError::UnknownCaller {
                contract: contract.name().to_owned(),
                caller: caller.clone(),
                known: if known.is_empty() { "no caller".to_owned() } else { known.join(", ") },
            });
        }
        let mut callers = IndexMap::new();
        for (name, caller) in known {
            let kind = contract.lifecycle().and_then(|lifecycle| lifecycle.credentials.get(&caller.holds));
            let with_id = kind.is_none_or(presents_id);
            match self.caller(contract, target, name, with_id)? {
                Some(pair) => {
                    callers.insert(name.clone(), pair);
                }
                None if caller.need == Need::Required => {
                    let variable = variable(contract.name(), &name.0);
                    let id = if with_id { format!("{variable}_ID and ") } else { String::new() };
                    return Err(TargetError::NoCaller {
                        contract: contract.name().to_owned(),
                        caller: name.0.clone(),
                        about: caller.about.clone(),
                        wanted: format!("{id}{variable}_SECRET"),
                        with_id,
                    });
                }
                None => {}
            }
        }
        Ok(callers)
    }

    fn caller(
        &self,
        contract: &Contract,
        target: &Target,
        name: &CallerName,
        with_id: bool,
    ) -> Result<Option<Pair>, TargetError> {
        let source = variable(contract.name(), &name.0);
        let half = |missing: String| TargetError::Half {
            contract: contract.name().to_owned(),
            caller: name.0.clone(),
            missing,
        };
        let (id_name, secret_name) = (format!("{source}_ID"), format!("{source}_SECRET"));
        let id = self.environment.variable(&id_name);
        let secret = self.environment.variable(&secret_name);
        let place = format!("contracts.{}.callers.{name}", contract.name());
        let (id, secret) = match (id, secret, target.callers.get(&name.0)) {
            (None, None, None) => return Ok(None),
            (None, None, Some(entry)) => (entry.id.clone(), self.secret(&entry.secret, &place)?),
            (Some(_), None, _) => return Err(half(secret_name)),
            (id, Some(secret), _) => (id.unwrap_or_default(), secret.into()),
        };
        if with_id && id.is_empty() {
            return Err(half(format!("{id_name} (or `id` of {place})")));
        }
        if secret.expose_secret().is_empty() {
            return Err(half(format!("{secret_name} (or `secret` of {place})")));
        }
        Ok(Some(Pair { id, secret, source: secret_name }))
    }

    fn secret(&self, entry: &SecretEntry, place: &str) -> Result<SecretString, TargetError> {
        match entry {
            SecretEntry::Literal(text) => Ok(text.clone().into()),
            SecretEntry::Env(FromEnv { env }) => match self.environment.variable(env) {
                Some(value) => Ok(value.into()),
                None => Err(TargetError::Unset { place: place.to_owned(), variable: env.clone() }),
            },
            SecretEntry::File(FromFile { file }) => {
                let folder = self.file.and_then(|(_, path)| path.parent()).unwrap_or(Path::new(""));
                let path = folder.join(file);
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|source| TargetError::Read { path, source })?;
                Ok(text.trim_end().to_owned().into())
            }
        }
    }

    fn pool(&self, contract: &Contract, target: &Target) -> Result<Vec<Pair>, TargetError> {
        let source = variable(contract.name(), "POOL");
        let mut pool = Vec::new();
        if let Some(path) = self.environment.variable(&source).map(PathBuf::from) {
            let text = std::fs::read_to_string(&path);
            let text = text.map_err(|source| TargetError::Read { path: path.clone(), source })?;
            for (number, line) in text.lines().enumerate() {
                let mut words = line.split_whitespace();
                match (words.next(), words.next(), words.next()) {
                    (None, ..) => {}
                    (Some(comment), ..) if comment.starts_with('#') => {}
                    (Some(id), Some(secret), None) => pool.push((id.to_owned(), secret.to_owned().into())),
                    _ => return Err(TargetError::PoolLine { path, line: number + 1 }),
                }
            }
        } else {
            for (number, entry) in target.pool.iter().enumerate() {
                let place = format!("contracts.{}.pool[{number}]", contract.name());
                pool.push((entry.id.clone(), self.secret(&entry.secret, &place)?));
            }
        }
        if pool.is_empty() && self.writes == Writes::Allowed && takes_from_pool(contract) {
            return Err(TargetError::NoPool { contract: contract.name().to_owned(), variable: source });
        }
        let numbered = pool.into_iter().enumerate();
        let pair =
            |(number, (id, secret))| Pair { id, secret, source: format!("{source}_{}_SECRET", number + 1) };
        Ok(numbered.map(pair).collect())
    }
}

/// The first part of the names of the environment variables of a caller: `RESCIND_<CONTRACT>_<CALLER>`.
pub fn variable(contract: &str, caller: &str) -> String {
    let word = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
    };
    format!("RESCIND_{}_{}", word(contract), word(caller))
}

fn presents_id(kind: &CredentialKind) -> bool {
    let uses = |template: &Template| template.expressions().any(|part| *part == Expression::CredentialId);
    kind.present.values().any(|presentation| match presentation {
        Presentation::Pair { username, password } => uses(username) || uses(password),
        Presentation::Value(value) => uses(value),
    })
}

fn takes_from_pool(contract: &Contract) -> bool {
    let Some(lifecycle) = contract.lifecycle() else { return false };
    let issues = lifecycle.credentials.values().filter_map(|kind| kind.issue.as_ref());
    let of_pool = |part: &Expression| matches!(part, Expression::PoolId | Expression::PoolSecret);
    issues.into_iter().any(|issue| {
        let templates = issue.call.parameters.values().chain(issue.call.body.as_ref());
        templates.into_iter().any(|template| template.expressions().iter().any(of_pool))
    })
}

/// A base URL: http or https, a host, no secret within, nothing after the path.
fn base_url(text: &str, place: &str) -> Result<Url, TargetError> {
    let error = |why: &str| TargetError::Url { place: place.to_owned(), why: why.to_owned() };
    let mut url: Url =
        text.parse().map_err(|_| error("write it in full, such as https://api.example.com/v3"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(error("it begins with http:// or https:// and names a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error(
            "it holds a user name or a password; callers come from the target file or the environment",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(error("it ends with the path, without ? and #"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}
