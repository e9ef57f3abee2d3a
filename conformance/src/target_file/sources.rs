//! Where the parts of a deployment come from: the command line, the environment, the target file.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    CallerName, CredentialKind, Expression, HookName, Need, Presentation, SuppliedName, Template,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::reach::Reach;
use super::{HookCommand, HookEntry, HookPost, PairEntry, SecretEntry, Target, TargetError, TargetFile};
use crate::deployment::{Deployment, Kept, Pair};
use crate::hook::HookAction;
use crate::plan::Writes;

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

/// Where the parts of a deployment come from.
pub struct Sources<'s> {
    /// The base URLs of the command line, which come first: those of the replicas of one deployment.
    pub urls: &'s [String],
    /// The control URLs of the command line, which come first: one for each clock.
    pub controls: &'s [String],
    /// The target file, with its path.
    pub file: Option<(&'s TargetFile, &'s Path)>,
    /// The environment, which comes before the target file.
    pub environment: &'s dyn Environment,
    /// Whether the run may change something: without that, no pool is needed.
    pub writes: Writes,
}

/// Where the clocks of a deployment can be moved.
struct Controls {
    first: Option<Url>,
    /// Those of further replicas.
    further: Vec<Url>,
    /// What is demanded there.
    token: Option<SecretString>,
}

impl Sources<'_> {
    /// The deployment of `contract`.
    ///
    /// # Errors
    /// Something that the contract needs was not supplied, or cannot be used.
    pub fn deployment(&self, contract: &Contract) -> Result<Deployment, TargetError> {
        let name = contract.name();
        let target = self.file.and_then(|(file, _)| file.contracts.get(name));
        let (base, replicas) = self.addresses(name, target)?;
        let Controls { first, further, token } = self.controls()?;
        let empty = Target::default();
        let target = target.unwrap_or(&empty);
        Ok(Deployment {
            base,
            replicas,
            callers: self.callers(contract, target)?,
            pool: self.pool(contract, target)?,
            control: first,
            further_controls: further,
            control_token: token,
            // A URL of the command line may lead to another deployment than the file describes.
            hooks: if self.urls.is_empty() { hooks(contract, target)? } else { IndexMap::new() },
            supplied: self.supplied(contract, target)?,
            access: Reach { sources: self, contract, target }.access()?,
        })
    }

    /// Where its clocks can be moved.
    fn controls(&self) -> Result<Controls, TargetError> {
        let control = self.file.and_then(|(file, _)| file.control.as_ref());
        let (urls, token, place): (Vec<&String>, _, _) = match (self.controls, control) {
            // A URL of the command line may lead to another deployment than the file describes.
            ([], Some(control)) if self.urls.is_empty() => {
                let urls = std::iter::once(&control.url).chain(&control.replicas);
                (urls.collect(), control.token.as_ref(), "control.url")
            }
            (urls, _) => (urls.iter().collect(), None, "--control"),
        };
        let token = match self.environment.variable(CONTROL_TOKEN) {
            Some(token) => Some(token.into()),
            None => token.map(|token| self.secret(token, "control.token")).transpose()?,
        };
        let mut urls = urls.into_iter().map(|url| base_url(url, place));
        Ok(Controls { first: urls.next().transpose()?, further: urls.collect::<Result<_, _>>()?, token })
    }

    /// Where the deployment is, and where its further replicas are.
    fn addresses(&self, name: &str, target: Option<&Target>) -> Result<(Url, Vec<Url>), TargetError> {
        let all = |urls: &[String], place: &dyn Fn(usize) -> String| -> Result<Vec<Url>, TargetError> {
            urls.iter().enumerate().map(|(number, url)| base_url(url, &place(number))).collect()
        };
        if let Some((first, further)) = self.urls.split_first() {
            return Ok((base_url(first, "--url")?, all(further, &|_| "--url".to_owned())?));
        }
        let target = target.and_then(|target| Some((target, target.url.as_deref()?)));
        let (target, url) = target.ok_or_else(|| TargetError::NoUrl { contract: name.to_owned() })?;
        let further = all(&target.replicas, &|number| format!("contracts.{name}.replicas[{number}]"))?;
        Ok((base_url(url, &format!("contracts.{name}.url"))?, further))
    }

    fn supplied(
        &self,
        contract: &Contract,
        target: &Target,
    ) -> Result<IndexMap<SuppliedName, String>, TargetError> {
        let known = contract.lifecycle().map(|lifecycle| &lifecycle.supplied).into_iter().flatten();
        let known: Vec<&SuppliedName> = known.map(|(name, _)| name).collect();
        known_names(contract, "value to be supplied", target.supplied.keys(), &known)?;
        let value = |name: &SuppliedName| {
            let variable = variable(contract.name(), &name.0);
            let value =
                self.environment.variable(&variable).or_else(|| target.supplied.get(&name.0).cloned());
            Some((name.clone(), value?))
        };
        Ok(known.into_iter().filter_map(value).collect())
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
        let entry = target.callers.get(&name.0);
        // What the file says of its own credential says nothing of another one.
        let kept = if secret.is_none() && self.urls.is_empty() { kept(entry) } else { Kept::Always };
        let (id, secret) = match (id, secret, entry) {
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
        Ok(Some(Pair { id, secret, source: secret_name, kept }))
    }

    pub(super) fn secret(&self, entry: &SecretEntry, place: &str) -> Result<SecretString, TargetError> {
        entry.resolve(place, self.folder(), self.environment)
    }

    /// The folder that the paths of the target file are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.file.and_then(|(_, path)| path.parent()).unwrap_or(Path::new(""))
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
        let pair = |(number, (id, secret))| Pair {
            id,
            secret,
            source: format!("{source}_{}_SECRET", number + 1),
            kept: Kept::Expendable,
        };
        Ok(numbered.map(pair).collect())
    }
}

fn hooks(contract: &Contract, target: &Target) -> Result<IndexMap<HookName, HookAction>, TargetError> {
    let known = contract.lifecycle().map(|lifecycle| &lifecycle.hooks).into_iter().flatten();
    let known: Vec<&HookName> = known.map(|(name, _)| name).collect();
    known_names(contract, "hook", target.hooks.keys(), &known)?;
    let action = |(name, entry): (&String, &HookEntry)| {
        let place = format!("contracts.{}.hooks.{name}", contract.name());
        let action = match entry {
            HookEntry::Post(HookPost { post }) => {
                let why = || "write it in full, such as http://127.0.0.1:9000/restart".to_owned();
                let url = |text: &String| {
                    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                    url.ok_or_else(|| TargetError::Url { place: place.clone(), why: why() })
                };
                HookAction::Post(post.texts().iter().map(url).collect::<Result<_, _>>()?)
            }
            HookEntry::Command(HookCommand { command }) => match command.split_first() {
                Some((program, arguments)) => {
                    HookAction::Command { program: program.clone(), arguments: arguments.to_vec() }
                }
                None => return Err(TargetError::NoProgram { place }),
            },
        };
        Ok((HookName(name.clone()), action))
    };
    target.hooks.iter().map(action).collect()
}

/// Every name of the target file has to be one of the lifecycle document's.
fn known_names<'n, N: ToString>(
    contract: &Contract,
    what: &'static str,
    named: impl Iterator<Item = &'n String>,
    known: &[&N],
) -> Result<(), TargetError> {
    let known: Vec<String> = known.iter().map(|name| name.to_string()).collect();
    let mut unknown = named.filter(|name| !known.contains(name));
    match unknown.next() {
        None => Ok(()),
        Some(name) => Err(TargetError::Unknown {
            contract: contract.name().to_owned(),
            what,
            name: name.clone(),
            known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
        }),
    }
}

/// The environment variable with the token of the control interfaces.
pub(crate) const CONTROL_TOKEN: &str = "RESCIND_CONTROL_TOKEN";

/// The first part of the names of the environment variables of a caller: `RESCIND_<CONTRACT>_<CALLER>`.
pub fn variable(contract: &str, caller: &str) -> String {
    let word = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
    };
    format!("RESCIND_{}_{}", word(contract), word(caller))
}

fn kept(entry: Option<&PairEntry>) -> Kept {
    match entry {
        Some(PairEntry { expendable: true, .. }) => Kept::Expendable,
        _ => Kept::Always,
    }
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
pub(super) fn base_url(text: &str, place: &str) -> Result<Url, TargetError> {
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
