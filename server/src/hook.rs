//! Steps beside an API that whoever runs a deployment can take: change a row by hand, restart, stop the database.
//!
//! The contracts declare theirs; here is only how one is found by its name and run.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::store::{Pending, StoreError};

/// What a hook that is about a credential did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What it is for.
    Done,
    /// Nothing, because no credential has this id.
    Unknown,
}

#[derive(Clone)]
enum Hook {
    Plain(Arc<dyn Fn() + Send + Sync>),
    OnCredential(Arc<dyn Fn(String) -> Pending<'static, Effect> + Send + Sync>),
}

/// The hooks of one contract of a running server.
#[derive(Clone)]
pub struct Hooks {
    contract: String,
    by_name: IndexMap<String, Hook>,
    undo: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_name.keys()).finish()
    }
}

/// A hook was not run, or did not work.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The server does not serve the contract.
    #[error("contract {0} is not served here; name one of those that this server was started with")]
    NotServed(String),
    /// The contract has no hook of this name.
    #[error("contract {contract} has no hook {hook:?}; its hooks are {known}")]
    UnknownHook {
        /// The contract.
        contract: String,
        /// What was asked for.
        hook: String,
        /// The names that it has, with commas between them.
        known: String,
    },
    /// The hook is about a credential, and none was named.
    #[error("hook {0} is about a credential; send {{\"credential\": {{\"id\": \"…\"}}}}")]
    CredentialMissing(String),
    /// No credential has this id.
    #[error("there is no credential {id:?} that hook {hook} could be about")]
    UnknownCredential {
        /// The hook.
        hook: String,
        /// The id that was sent.
        id: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hooks {
    /// No hooks yet.
    pub(crate) fn new(contract: impl Into<String>) -> Self {
        Self { contract: contract.into(), by_name: IndexMap::new(), undo: None }
    }

    /// With one that is about nothing in particular.
    pub(crate) fn plain(mut self, name: impl Into<String>, run: impl Fn() + Send + Sync + 'static) -> Self {
        self.by_name.insert(name.into(), Hook::Plain(Arc::new(run)));
        self
    }

    /// With one that is about a credential, by its id.
    pub(crate) fn on_credential<F>(mut self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(String) -> Pending<'static, Effect> + Send + Sync + 'static,
    {
        self.by_name.insert(name.into(), Hook::OnCredential(Arc::new(run)));
        self
    }

    /// With what undoes all of them, and all that a new process would not know, save the facts in the store.
    pub(crate) fn undone_by(mut self, undo: impl Fn() + Send + Sync + 'static) -> Self {
        self.undo = Some(Arc::new(undo));
        self
    }

    /// Makes everything as it was at the start, except for the facts in the store.
    pub(crate) fn undo(&self) {
        if let Some(undo) = &self.undo {
            undo();
        }
    }

    /// The names, in the order of their declaration.
    pub fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }

    /// Runs a hook; what it did is durable when this returns. One that is about nothing leaves a credential that is named unread.
    pub async fn run(&self, name: &str, credential: Option<&str>) -> Result<(), HookError> {
        let Some((name, hook)) = self.by_name.get_key_value(name) else {
            return Err(HookError::UnknownHook {
                contract: self.contract.clone(),
                hook: name.to_owned(),
                known: self.names().join(", "),
            });
        };
        match hook {
            Hook::Plain(run) => run(),
            Hook::OnCredential(run) => {
                let id = credential.ok_or(HookError::CredentialMissing(name.clone()))?.to_owned();
                if run(id.clone()).await? == Effect::Unknown {
                    return Err(HookError::UnknownCredential { hook: name.clone(), id });
                }
            }
        }
        tracing::info!(contract = self.contract, hook = name, "a hook was run");
        Ok(())
    }
}
