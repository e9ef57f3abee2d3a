//! The reference server, in this process: started for a run, judged over a real socket, its clock movable.

use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use rescind_server::store::PostgresUrl;
use rescind_server::{Clock, Database, Fault, Running, Server, StartError, Vendor};
use rescind_specs::lifecycle::{HookName, SuppliedName};
use tempfile::TempDir;
use url::Url;

use crate::access::Access;
use crate::deployment::{Deployment, Kept, Pair};
use crate::hook::HookAction;
use crate::session::mix;
use crate::target_file::variable;

/// A reference server that was started for a run, in one or more replicas. It stops when it is dropped.
#[derive(Debug)]
pub struct Reference {
    first: Running,
    further: Vec<Running>,
    /// What replicas share; removed when they stop.
    _folder: Option<TempDir>,
}

/// Why there is no reference server to judge.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// It did not start.
    #[error("the reference server did not start: {0}")]
    Start(#[from] StartError),
    /// It names itself by no URL.
    #[error("the reference server is at no URL: {0}")]
    Url(#[from] url::ParseError),
    /// There is no place for what replicas share.
    #[error("no folder for the files of the reference server: {0}; is TMPDIR writable?")]
    Folder(#[from] std::io::Error),
}

/// How a reference server is started.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder starts nothing until it is told to"]
pub struct Builder {
    seed: u64,
    further: u8,
    place: Place,
}

/// Where a reference server keeps its facts.
#[derive(Clone, Debug, Default)]
pub enum Place {
    /// In memory, or in a file of its own if there are replicas.
    #[default]
    Unnamed,
    /// In a file of its own, even if there is one server only.
    File,
    /// In an empty PostgreSQL database.
    Postgres(PostgresUrl),
}

impl Builder {
    /// Makes the ids and secrets of another run: the same seed gives the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Starts so many replicas on one database. Each has a memory of its own, and all have one clock.
    pub fn replicas(mut self, count: u8) -> Self {
        self.further = count.saturating_sub(1);
        self
    }

    /// Keeps the facts there. Files go with the server.
    pub fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Starts a server for these contracts on free ports of the loopback interface that breaks these promises.
    ///
    /// # Errors
    /// It did not start.
    pub async fn start(self, contracts: &[Vendor], faults: &[Fault]) -> Result<Reference, ReferenceError> {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let builder = Server::builder().clock(Clock::virtual_at(beginning())).seed(self.seed);
        let builder = builder.bind(loopback).admin(loopback);
        let builder = contracts.iter().fold(builder, |builder, contract| builder.contract(*contract));
        let mut builder = faults.iter().fold(builder, |builder, fault| builder.fault(*fault));
        let mut folder = None;
        if self.further > 0 || !matches!(self.place, Place::Unnamed) {
            let made = tempfile::tempdir()?;
            let database = match self.place {
                Place::Postgres(url) => Database::Postgres(url),
                Place::Unnamed | Place::File => Database::File(made.path().join("reference.db")),
            };
            builder = builder.key_file(made.path().join("reference.key")).database(database);
            folder = Some(made);
        }
        let first = builder.clone().spawn().await?;
        let mut further = Vec::new();
        for number in 1..=u64::from(self.further) {
            // Replicas that drew the same ids would collide.
            further.push(builder.clone().seed(mix(self.seed ^ number)).spawn().await?);
        }
        Ok(Reference { first, further, _folder: folder })
    }
}

/// When the clock of a reference server begins: always then, so that one seed gives one run.
fn beginning() -> Timestamp {
    let midnight = date(2026, 1, 1).to_zoned(TimeZone::UTC);
    midnight.map(|midnight| midnight.timestamp()).unwrap_or_default()
}

impl Reference {
    /// A server to start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a server as [`Builder::start`] does, with the ids and secrets of seed 0.
    ///
    /// # Errors
    /// It did not start.
    pub async fn start(contracts: &[Vendor], faults: &[Fault]) -> Result<Self, ReferenceError> {
        Self::builder().start(contracts, faults).await
    }

    /// The deployment of one of its contracts.
    ///
    /// # Errors
    /// It names itself by no URL.
    pub fn deployment(&self, contract: Vendor) -> Result<Deployment, ReferenceError> {
        let start = self.first.target(contract);
        // Nobody else uses what was made for this run.
        let pair = |pair: &rescind_server::bootstrap::Pair, source: String| Pair {
            id: pair.id.clone(),
            secret: pair.secret.expose().to_owned().into(),
            source,
            kept: Kept::Expendable,
        };
        let callers = start.callers.iter().map(|(name, caller)| {
            (name.as_str().into(), pair(caller, format!("{}_SECRET", variable(contract.name(), name))))
        });
        let pool = start.pool.iter().enumerate().map(|(number, registrable)| {
            pair(registrable, format!("{}_{}_SECRET", variable(contract.name(), "POOL"), number + 1))
        });
        let control = self.first.admin_url().map(|url| Url::parse(&url)).transpose()?;
        // A step outside of the API is taken at every replica.
        let all = || std::iter::once(&self.first).chain(&self.further);
        let hooks = start.hooks.iter().map(|name| {
            let path = format!("hooks/{}/{name}", contract.name());
            let admins = all().filter_map(Running::admin_url);
            let urls = admins.filter_map(|admin| Url::parse(&admin).ok()?.join(&path).ok());
            (HookName(name.clone()), HookAction::Post(urls.collect()))
        });
        let replicas = self.further.iter().map(|replica| Url::parse(&replica.base_url(contract)));
        Ok(Deployment {
            base: Url::parse(&self.first.base_url(contract))?,
            replicas: replicas.collect::<Result<_, _>>()?,
            callers: callers.collect(),
            pool: pool.collect(),
            hooks: hooks.collect(),
            supplied: start.supplied.into_iter().map(|(name, value)| (SuppliedName(name), value)).collect(),
            control,
            further_controls: Vec::new(),
            control_token: None,
            access: Access::default(),
        })
    }

    /// Stops it, after the requests under way.
    pub async fn stop(self) {
        self.first.shutdown().await;
        for replica in self.further {
            replica.shutdown().await;
        }
    }
}

/// The faults of these names.
///
/// # Errors
/// There is no such fault; says which there are.
pub fn faults(names: &[String]) -> Result<Vec<Fault>, rescind_server::fault::UnknownFault> {
    names.iter().map(|name| name.parse()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reference_server_tells_who_acts_and_moves_its_clock() {
        let vendor = Vendor::ALL[1];
        let server = Reference::start(&[vendor], &[]).await.unwrap();
        let deployment = server.deployment(vendor).unwrap();
        assert!(!deployment.callers.is_empty());
        let control = deployment.control.unwrap();
        let clock = reqwest::get(format!("{control}clock")).await.unwrap().text().await.unwrap();
        assert!(clock.contains("\"virtual\":true"), "{clock}");
        server.stop().await;
    }

    #[test]
    fn an_unknown_fault_is_refused() {
        assert!(faults(&["no-such-fault".to_owned()]).is_err());
        assert_eq!(faults(&[Fault::ALL[0].name().to_owned()]).unwrap(), [Fault::ALL[0]]);
    }
}
