//! What stands in a cleanup file: one JSON object a line.

use jiff::Timestamp;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    Actor, CallerName, CredentialKind, DependentName, Expression, JsonTemplate, KindName,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::credential::Credential;
use crate::deployment::Deployment;

/// A line of a cleanup file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Line {
    /// A run against a deployment begins. The lines that name its contract belong to it.
    Run(Box<Run>),
    /// Something is about to be asked for that has to be put away, should it come to be.
    Asked(Asked),
    /// It did not come to be.
    Refused {
        /// The contract.
        contract: String,
        /// The number of the request that asked for it.
        request: u64,
    },
    /// It came to be.
    Issued(Box<Issued>),
    /// It is not there any more.
    Gone {
        /// The contract.
        contract: String,
        /// What it was.
        what: Thing,
        /// Its identifier.
        id: String,
    },
}

/// What a run can leave behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thing {
    /// A credential of this kind.
    Credential(KindName),
    /// A dependent of this name.
    Dependent(DependentName),
}

/// The beginning of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The name of the contract.
    pub contract: String,
    /// Where its documents are.
    pub documents: Documents,
    /// The base URL of the deployment.
    pub url: Url,
    /// The base URLs of its further replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<Url>,
    /// When the run began, by the clock of the machine.
    pub began: Timestamp,
    /// The version of the judge.
    pub version: String,
}

/// Where the documents of a contract are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Documents {
    /// In the program.
    Bundled,
    /// In these files.
    Files {
        /// The OpenAPI document.
        openapi: std::path::PathBuf,
        /// The lifecycle document, without which nothing is issued.
        lifecycle: Option<std::path::PathBuf>,
    },
}

/// Something that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The contract.
    pub contract: String,
    /// The number of the request.
    pub request: u64,
    /// What it is to be.
    pub what: Thing,
    /// Its identifier, where whoever asks chooses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Words of the request that no other one has, by which a list shows what came of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Who asks, where that is not whom the contract names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallerName>,
}

/// Something that came to be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The contract.
    pub contract: String,
    /// The number of the request that asked for it.
    pub request: u64,
    /// What it is.
    pub what: Thing,
    /// Its identifier.
    pub id: String,
    /// Its secret, only where it takes the secret to revoke it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// When it expires, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who puts it away, where that is not whom the contract names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallerName>,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} of {}", self.what, self.id, self.contract)
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Credential(name) => name.fmt(f),
            Self::Dependent(name) => name.fmt(f),
        }
    }
}

impl Run {
    /// A run that begins now.
    pub fn of(contract: &Contract, deployment: &Deployment, documents: Documents, began: Timestamp) -> Self {
        Self {
            contract: contract.name().to_owned(),
            documents,
            url: deployment.base.clone(),
            replicas: deployment.replicas.clone(),
            began,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl Asked {
    /// What a list may show of it, or how it is called.
    pub(crate) fn words(&self) -> String {
        match &self.id {
            Some(id) => format!("{} {id}", self.what),
            None if self.words.is_empty() => self.what.to_string(),
            None => format!("{} named with {}", self.what, self.words.join(" and ")),
        }
    }
}

impl Issued {
    /// The line of a credential that a request issued.
    pub(crate) fn of(contract: &Contract, request: u64, credential: &Credential) -> Self {
        let kinds = contract.lifecycle().map(|lifecycle| &lifecycle.credentials);
        let kind = kinds.and_then(|kinds| kinds.get(&credential.kind));
        let secret = credential.secret.as_ref().filter(|_| kind.is_some_and(takes_secret));
        Self {
            contract: contract.name().to_owned(),
            request,
            what: Thing::Credential(credential.kind.clone()),
            id: credential.id.text.clone(),
            secret: secret.map(|secret| secret.text.clone()),
            expires_at: credential.expires_at,
            by: credential.caller.clone(),
        }
    }
}

/// Whether a credential of this kind is revoked by itself, so that it takes its secret.
fn takes_secret(kind: &CredentialKind) -> bool {
    let Some(revoke) = &kind.revoke else { return false };
    let values = revoke.call.parameters.values().chain(&revoke.call.body);
    matches!(revoke.call.actor, Actor::Credential | Actor::Token)
        || values.flat_map(JsonTemplate::expressions).any(|part| part == Expression::CredentialSecret)
}
