//! A contract as a server serves it: its name, its place, its routes, its hooks, and who can call it from the start.

use std::sync::Arc;

use axum::Router;
use rescind_specs::{Contract, Vendor};

use crate::bootstrap::{Bootstrap, BootstrapError};
use crate::disturbance::{self, Disturbances};
use crate::fault::Fault;
use crate::hook::Hooks;
use crate::mock::{self, Mock};
use crate::server::StartError;
use crate::state::State;
use crate::store::Collection;
use crate::vendor::{self, Service};

/// Where a contract's behaviour comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The code of a bundled contract.
    Bundled(Vendor),
    /// The documents of any contract.
    Mocked(Mock),
}

impl Source {
    /// The name of the contract.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Bundled(vendor) => vendor.name(),
            Self::Mocked(mock) => mock.name(),
        }
    }

    /// The path under which it is served, unless it is the only one and served at the root. A mock that is the only one
    /// is at the root unless it has a path of its own.
    pub(crate) fn prefix(&self) -> &str {
        match self {
            Self::Bundled(vendor) => vendor::prefix(*vendor),
            Self::Mocked(mock) => mock.base_path().as_str(),
        }
    }

    /// Puts the contract over a state.
    pub(crate) async fn serve(&self, state: &State) -> Result<Served, StartError> {
        let (contract, Service { routes, hooks }) = match self {
            Self::Bundled(vendor) => (Contract::of(*vendor)?, vendor::deploy(*vendor, state)?),
            Self::Mocked(mock) => (mock.contract().clone(), mock::deploy(mock, state)?),
        };
        let mut start = self.bootstrap(state, &Bootstrap::default()).await?;
        start.hooks = hooks.names();
        Ok(Served { source: self.clone(), name: self.name().into(), contract, routes, hooks, start })
    }

    /// Makes the callers of the contract, or finds them again; those that there were `before` are the same.
    async fn bootstrap(&self, state: &State, before: &Bootstrap) -> Result<Bootstrap, BootstrapError> {
        match self {
            Self::Bundled(vendor) => vendor::bootstrap(*vendor, state, before).await,
            Self::Mocked(mock) => mock::bootstrap(mock, state, before).await,
        }
    }
}

/// A contract that is served.
#[derive(Clone, Debug)]
pub struct Served {
    source: Source,
    name: Arc<str>,
    contract: Contract,
    routes: Router,
    hooks: Hooks,
    start: Bootstrap,
}

impl Served {
    /// Its name, which is also the one in the target file and in the paths of the admin listener.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its documents.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The steps that can be taken beside its API.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Who can call it from the start.
    pub fn start(&self) -> &Bootstrap {
        &self.start
    }

    /// The promises that it can break. A mock keeps all of its own.
    pub fn breakable(&self) -> impl Iterator<Item = Fault> {
        let bundled = match &self.source {
            Source::Bundled(vendor) => Some(*vendor),
            Source::Mocked(_) => None,
        };
        let breaks = move |fault: &Fault| fault.contracts().any(|vendor| Some(vendor) == bundled);
        Fault::ALL.iter().copied().filter(breaks)
    }

    /// What it keeps, save pairs.
    pub(crate) fn collections(&self) -> Vec<Collection> {
        match &self.source {
            Source::Bundled(vendor) => vendor::collections(*vendor).to_vec(),
            Source::Mocked(mock) => mock::collections(mock),
        }
    }

    /// The path under which it is served beside others.
    pub(crate) fn prefix(&self) -> &str {
        self.source.prefix()
    }

    /// Its routes, relative to its prefix, where rules can strike.
    pub(crate) fn routes(&self, disturbances: &Disturbances) -> Router {
        disturbance::wrap(self.routes.clone(), &self.contract, self.breakable(), disturbances)
    }

    /// Makes its callers again in a store that was emptied, and undoes all else.
    pub(crate) async fn begin_again(&self, state: &State) -> Result<(), BootstrapError> {
        self.undo();
        self.source.bootstrap(state, &self.start).await?;
        Ok(())
    }

    /// Makes everything as it was at the start, except for the facts in the store.
    pub(crate) fn undo(&self) {
        self.hooks.undo();
    }
}

/// The contracts of a server, in the order in which they were asked for. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct Contracts(Arc<[Served]>);

impl Contracts {
    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Served> {
        self.iter().find(|served| served.name() == name)
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Served> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Contracts {
    type Item = &'a Served;
    type IntoIter = std::slice::Iter<'a, Served>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Served> for Contracts {
    fn from_iter<T: IntoIterator<Item = Served>>(served: T) -> Self {
        Self(served.into_iter().collect())
    }
}
