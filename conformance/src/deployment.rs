//! What is judged: where it is, who acts in the run, what its operator can do to it, and how gently it is treated.

use indexmap::IndexMap;
use rescind_specs::lifecycle::{CallerName, HookName, SuppliedName};
use secrecy::SecretString;
use url::Url;

use crate::access::Access;
use crate::exchange::Replica;
use crate::hook::HookAction;
use crate::target_file::variable;

/// A deployment of one contract.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Where its operations are, without a slash at the end.
    pub base: Url,
    /// Where further replicas of it are.
    pub replicas: Vec<Url>,
    /// The callers of the contract's lifecycle document that the operator supplied.
    pub callers: IndexMap<CallerName, Pair>,
    /// Pairs that can be registered, each of them once.
    pub pool: Vec<Pair>,
    /// Where its clock can be moved, if it can.
    pub control: Option<Url>,
    /// Where the clocks of replicas can be moved that have clocks of their own.
    pub further_controls: Vec<Url>,
    /// What the control interfaces demand to be shown, if anything.
    pub control_token: Option<SecretString>,
    /// The steps outside of the API that the operator supplied.
    pub hooks: IndexMap<HookName, HookAction>,
    /// The values that the operator supplied.
    pub supplied: IndexMap<SuppliedName, String>,
    /// How it is reached.
    pub access: Access,
}

impl Deployment {
    /// A deployment at this address, with nobody to act and nothing else supplied.
    pub fn at(base: Url) -> Self {
        Self {
            base,
            replicas: Vec::new(),
            callers: IndexMap::new(),
            pool: Vec::new(),
            control: None,
            further_controls: Vec::new(),
            control_token: None,
            hooks: IndexMap::new(),
            supplied: IndexMap::new(),
            access: Access::default(),
        }
    }

    /// The same deployment with a caller of the lifecycle document: the identifier, empty for a credential that is one
    /// value only, and the secret. Reproductions take it from the environment: `RESCIND_CALLER_OPERATOR_SECRET`.
    #[must_use]
    pub fn caller(
        mut self,
        name: impl Into<CallerName>,
        id: impl Into<String>,
        secret: impl Into<SecretString>,
    ) -> Self {
        let name = name.into();
        let source = format!("{}_SECRET", variable("caller", &name.0));
        let pair = Pair { id: id.into(), secret: secret.into(), source, kept: Kept::Always };
        self.callers.insert(name, pair);
        self
    }

    /// Its replicas; a deployment has at least one.
    pub fn all_replicas(&self) -> impl Iterator<Item = Replica> + use<> {
        (0..=self.replicas.len()).map(Replica)
    }

    /// Every secret that the operator supplied.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let pairs = self.callers.values().chain(&self.pool).map(|pair| &pair.secret);
        pairs.chain(&self.control_token).chain(self.access.secrets())
    }

    /// The token for this address, if it is one of a control interface: nobody else gets to see it.
    pub(crate) fn token_for(&self, address: &Url) -> Option<&SecretString> {
        let mut controls = self.control.iter().chain(&self.further_controls);
        let is_control = controls.any(|control| control.origin() == address.origin());
        self.control_token.as_ref().filter(|_| is_control)
    }

    /// Where a replica is.
    pub fn address(&self, replica: Replica) -> &Url {
        match replica.0.checked_sub(1) {
            None => &self.base,
            Some(further) => self.replicas.get(further).unwrap_or(&self.base),
        }
    }
}

/// An identifier with its secret.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The identifier; empty for a credential that is one value only.
    pub id: String,
    /// The secret.
    pub secret: SecretString,
    /// The environment variable or the key of the target file that it came from, for reproductions.
    pub source: String,
    /// Whether a run may revoke it.
    pub kept: Kept,
}

/// Whether a run may revoke a credential that the operator supplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// It may not.
    #[default]
    Always,
    /// It may: the operator has no other use for it.
    Expendable,
}
