//! A server from its parts: builder, listener, and the handle on a running one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any_service;
use rescind_specs::{LoadError, Vendor};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;

use crate::access_log::AccessLog;
use crate::admin::{Admin, AdminToken, HOW_TO_MAKE_ONE, Seed, SeedError};
use crate::bootstrap::{Bootstrap, BootstrapError};
use crate::clock::Clock;
use crate::connection::{self, Connections};
use crate::cors::Cors;
use crate::disturbance::{Disturbances, Rule, RuleError, RuleId};
use crate::fault::{Fault, Faults};
use crate::hook::HookError;
use crate::id::{Ids, NoRandomness};
use crate::journal::{self, Journal};
use crate::keys::{KeyError, Keys, create_private, turn};
use crate::limiter::RateLimit;
use crate::mock::Mock;
use crate::runtime::{GateError, Limits, Mode};
use crate::served::{Contracts, Served, Source};
use crate::state::{Settings, State};
use crate::store::{PostgresStore, PostgresUrl, SqliteStore, Store, StoreError};
use crate::target::{ContractTarget, Control, Target};
use crate::{admin, health};

/// The server; see [`Server::builder`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// A server with all bundled contracts under their prefixes, in memory, on a free port of the loopback interface,
    /// with the clock of the machine and no fault.
    pub fn builder() -> Builder {
        Builder {
            contracts: Vec::new(),
            placement: Placement::Prefixed,
            database: Database::Memory,
            key_file: None,
            clock: Clock::system(),
            seed: None,
            faults: Vec::new(),
            disturbances: Vec::new(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin: None,
            admin_token: None,
            metrics: None,
            facts: Vec::new(),
            settings: Settings::default(),
            connections: Connections::default(),
            cors: Cors::Nobody,
        }
    }
}

/// Where the facts are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In memory, gone when the server stops.
    Memory,
    /// In a SQLite file, with a key file beside it (the same name with `.key` appended) unless another is named.
    File(PathBuf),
    /// In PostgreSQL, for any number of servers at once. They share a key file, which has to be named.
    Postgres(PostgresUrl),
}

/// Where contracts are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Each under its prefix.
    Prefixed,
    /// The only one at the root.
    Root,
}

/// A server to start.
#[derive(Clone, Debug)]
#[must_use = "a builder starts nothing until it is told to spawn"]
pub struct Builder {
    contracts: Vec<Source>,
    placement: Placement,
    database: Database,
    key_file: Option<PathBuf>,
    clock: Clock,
    seed: Option<u64>,
    faults: Vec<Fault>,
    disturbances: Vec<Rule>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    admin_token: Option<AdminToken>,
    metrics: Option<SocketAddr>,
    facts: Vec<Seed>,
    settings: Settings,
    connections: Connections,
    cors: Cors,
}

impl Builder {
    /// Serves this contract; without a call, all are served.
    pub fn contract(mut self, contract: Vendor) -> Self {
        let source = Source::Bundled(contract);
        if !self.contracts.contains(&source) {
            self.contracts.push(source);
        }
        self
    }

    /// Serves this mock; at the root if it is the only contract, else under its base path or its name.
    pub fn mock(mut self, mock: Mock) -> Self {
        self.contracts.push(Source::Mocked(mock));
        self
    }

    /// Serves the only contract at the root instead of under its prefix.
    pub fn at_root(mut self) -> Self {
        self.placement = Placement::Root;
        self
    }

    /// Keeps the facts there.
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Takes the root key of the deployment from this file, which is made if it is missing. Servers on one database
    /// need the same key; a database refuses another than the one that it was first started with.
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_file = Some(path.into());
        self
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the same ids and secrets in each run. For tests: whoever knows the seed knows the secrets.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Breaks this promise from the start.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Disturbs requests by this rule from the start.
    pub fn disturb(mut self, rule: Rule) -> Self {
        self.disturbances.push(rule);
        self
    }

    /// Listens there; port 0 is any free port.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Opens the admin listener there. Whoever reaches it rules the server: beyond the loopback interface it needs an
    /// [`admin_token`](Self::admin_token).
    pub fn admin(mut self, address: SocketAddr) -> Self {
        self.admin = Some(address);
        self
    }

    /// Demands this token of every request to the admin listener, except for those that ask for its health.
    pub fn admin_token(mut self, token: AdminToken) -> Self {
        self.admin_token = Some(token);
        self
    }

    /// Opens a listener there that tells how the server is and changes nothing: `/metrics`, `/health` and `/ready`.
    pub fn metrics(mut self, address: SocketAddr) -> Self {
        self.metrics = Some(address);
        self
    }

    /// Adds these credentials and resources at the start, beside those that are there.
    pub fn facts(mut self, seed: Seed) -> Self {
        self.facts.push(seed);
        self
    }

    /// Remembers authentications this long instead of as long as allowed (which is also the most).
    pub fn cache_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.cache = Some(lifetime);
        self
    }

    /// Allows so many calls.
    pub fn rate_limit(mut self, rate: RateLimit) -> Self {
        self.settings.rate = rate;
        self
    }

    /// Bounds on requests.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// What an operation without an implementation answers.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.settings.mode = mode;
        self
    }

    /// How much the journal keeps.
    pub fn journal(mut self, bounds: journal::Bounds) -> Self {
        self.settings.journal = bounds;
        self
    }

    /// Bounds on connections.
    pub fn connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// Lets these pages call the contracts from a browser. Their preflights are answered, and are in no journal.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Prepares everything and starts to listen, on the present tokio runtime.
    pub async fn spawn(mut self) -> Result<Running, StartError> {
        if self.contracts.is_empty() {
            self.contracts = Vendor::ALL.map(Source::Bundled).to_vec();
        }
        if self.placement == Placement::Root && self.contracts.len() != 1 {
            return Err(StartError::RootTaken { contracts: self.contracts.len() });
        }
        if let Some(address) = self.admin.filter(|address| !address.ip().is_loopback())
            && self.admin_token.is_none()
        {
            return Err(StartError::AdminOpen { address });
        }
        if self.contracts.len() > 1 {
            for source in &mut self.contracts {
                if let Source::Mocked(mock) = source {
                    *mock = mock.clone().beside_others();
                }
            }
        }
        tell_apart(&self.contracts, self.placement)?;
        let listener = listen(self.address).await?;
        let admin_listener = listen_if_wanted(self.admin).await?;
        let metrics_listener = listen_if_wanted(self.metrics).await?;
        let state = self.shared().await?;
        let mut served = Vec::new();
        for source in &self.contracts {
            served.push(source.serve(&state).await?);
        }
        let contracts: Contracts = served.into_iter().collect();
        let mut routes = Router::new();
        for served in &contracts {
            let own = served.routes(state.disturbances());
            routes = match self.placement {
                Placement::Prefixed if served.prefix().is_empty() => own,
                Placement::Prefixed => {
                    let prefix = served.prefix();
                    // Nesting leaves the prefix with a slash behind it to nobody.
                    routes.nest(prefix, own.clone()).route(&format!("{prefix}/"), any_service(own))
                }
                Placement::Root => own,
            };
        }
        let service = ServiceBuilder::new()
            .option_layer(self.cors.layer())
            .layer(AccessLog(state.metrics().meter(&contracts)))
            .option_layer(state.journal().recorder(self.placement, &contracts))
            .service(routes);
        for rule in self.disturbances {
            let line = rule.to_string();
            state.disturbances().add(rule).map_err(|source| StartError::Disturbance { line, source })?;
        }
        admin::add_seeds(self.facts, contracts.clone(), state.clone()).await?;
        let stop = CancellationToken::new();
        let address =
            listener.local_addr().map_err(|source| StartError::Listen { address: self.address, source })?;
        let mut tasks = vec![tokio::spawn(connection::serve(
            listener,
            service,
            self.connections,
            state.metrics().traffic("public"),
            stop.clone(),
        ))];
        // Whoever looks after the server, or follows its journal, takes no turn away from its callers, nor they from him.
        let beside = Connections { requests: None, ..self.connections };
        let mut admin_address = None;
        if let Some(listener) = admin_listener {
            admin_address = listener.local_addr().ok();
            let base = |served: &Served| base_url(address, self.placement, Some(served));
            let routes = admin::router(Admin {
                state: state.clone(),
                contracts: contracts.clone(),
                urls: contracts.iter().map(base).collect(),
                token: self.admin_token.clone(),
                stop: stop.clone(),
            })?;
            let traffic = state.metrics().traffic("admin");
            let serving = connection::serve(listener, routes, beside, traffic, stop.clone());
            tasks.push(tokio::spawn(serving));
        }
        let mut metrics_address = None;
        if let Some(listener) = metrics_listener {
            metrics_address = listener.local_addr().ok();
            let (routes, traffic) = (health::router(&state), state.metrics().traffic("metrics"));
            let serving = connection::serve(listener, routes, beside, traffic, stop.clone());
            tasks.push(tokio::spawn(serving));
        }
        let placement = self.placement;
        let admin_token = self.admin_token;
        Ok(Running {
            address,
            admin_address,
            admin_token,
            metrics_address,
            placement,
            state,
            contracts,
            stop,
            tasks,
        })
    }

    async fn shared(&self) -> Result<State, StartError> {
        let ids = self.seed.map_or_else(Ids::from_os, |seed| Ok(Ids::seeded(seed)))?;
        let (keys, store): (Keys, Arc<dyn Store>) = match &self.database {
            Database::Memory => {
                let keys = match &self.key_file {
                    Some(path) => Keys::open(path, &ids)?,
                    None => Keys::generate(&ids),
                };
                let store = SqliteStore::in_memory(keys.sealer(), ids.clone()).await?;
                (keys, Arc::new(store))
            }
            Database::File(path) => {
                let key_path = self.key_file.clone().unwrap_or_else(|| key_file_beside(path));
                let keys = Keys::open(&key_path, &ids)?;
                let _turn = turn(key_path).await?;
                // Readable by its owner alone. If it cannot be made, the engine says why.
                let _ = create_private(path);
                let store = SqliteStore::open(path, keys.sealer(), ids.clone()).await?;
                (keys, Arc::new(store))
            }
            Database::Postgres(url) => {
                let key_path = self.key_file.as_ref().ok_or(StartError::KeyFileUnnamed)?;
                let keys = Keys::open(key_path, &ids)?;
                let store = PostgresStore::connect(url, keys.sealer(), ids.clone()).await?;
                (keys, Arc::new(store))
            }
        };
        let faults: Faults = self.faults.iter().copied().collect();
        Ok(State::new(store, self.clock.clone(), ids, keys, faults, self.settings))
    }
}

/// An error if two contracts have the same name, or are to be served under one path.
fn tell_apart(contracts: &[Source], placement: Placement) -> Result<(), StartError> {
    if let Some(name) = twice(contracts.iter().map(Source::name)) {
        return Err(StartError::SameName(name.to_owned()));
    }
    match twice(contracts.iter().map(Source::prefix)) {
        Some(prefix) if placement == Placement::Prefixed => Err(StartError::SamePath(prefix.to_owned())),
        _ => Ok(()),
    }
}

/// A text that is there more than once.
fn twice<'t>(texts: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.windows(2).find(|pair| pair[0] == pair[1]).map(|same| same[0])
}

fn key_file_beside(path: &Path) -> PathBuf {
    let mut key_path = path.as_os_str().to_owned();
    key_path.push(".key");
    key_path.into()
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

async fn listen_if_wanted(address: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    match address {
        Some(address) => listen(address).await.map(Some),
        None => Ok(None),
    }
}

/// The base URL of a contract, or of the listener alone.
fn base_url(address: SocketAddr, placement: Placement, served: Option<&Served>) -> String {
    let prefix = match placement {
        Placement::Prefixed => served.map_or("", Served::prefix),
        Placement::Root => "",
    };
    format!("http://{address}{prefix}")
}

/// A running server. Dropping it stops it at once, and ends requests under way; [`Running::shutdown`] waits for them.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    admin_token: Option<AdminToken>,
    metrics_address: Option<SocketAddr>,
    placement: Placement,
    state: State,
    contracts: Contracts,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of a contract, by its name or as a [`Vendor`], without a slash at its end; that of the listener if it
    /// is not served.
    pub fn base_url(&self, contract: impl AsRef<str>) -> String {
        base_url(self.address, self.placement, self.contracts.get(contract.as_ref()))
    }

    /// The URL of the admin listener, if it is open.
    pub fn admin_url(&self) -> Option<String> {
        self.admin_address.map(|address| format!("http://{address}"))
    }

    /// The URL of the listener for metrics, if it is open.
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics_address.map(|address| format!("http://{address}"))
    }

    /// The contracts that are served.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        self.state.clock()
    }

    /// The promises it breaks; may be changed at any time.
    pub fn faults(&self) -> &Faults {
        self.state.faults()
    }

    /// The requests and what became of them.
    pub fn journal(&self) -> &Journal {
        self.state.journal()
    }

    /// The rules by which it disturbs requests; may be changed at any time.
    pub fn disturbances(&self) -> &Disturbances {
        self.state.disturbances()
    }

    /// Disturbs requests by this rule from now on.
    ///
    /// # Errors
    /// The rule names a contract or an operation that is not served.
    pub fn disturb(&self, rule: Rule) -> Result<RuleId, RuleError> {
        self.disturbances().add(rule)
    }

    /// What everything shares.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who can call a contract from the start; nobody if it is not served.
    pub fn target(&self, contract: impl AsRef<str>) -> Bootstrap {
        self.contracts.get(contract.as_ref()).map(|served| served.start().clone()).unwrap_or_default()
    }

    /// Takes a step beside the API of a contract, about the credential with this id if it is about one. The names are
    /// in [`Bootstrap::hooks`].
    ///
    /// # Errors
    /// The contract is not served or has no such hook, the credential is missing or unknown, the store does not answer.
    pub async fn hook(
        &self,
        contract: impl AsRef<str>,
        name: &str,
        credential: Option<&str>,
    ) -> Result<(), HookError> {
        let contract = contract.as_ref();
        let served = self.contracts.get(contract);
        let served = served.ok_or_else(|| HookError::NotServed(contract.to_owned()))?;
        served.hooks().run(name, credential).await
    }

    /// Forgets everything but the time, as if the server had just started: facts, counts, faults, disturbances. The
    /// callers of the start are there again, as they were.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn reset(&self) -> Result<(), BootstrapError> {
        crate::reset::reset(&self.state, &self.contracts).await
    }

    /// Everything a judge needs to know of this server: URLs, callers, pool, hooks, control.
    pub fn describe(&self) -> Target {
        let contracts = self.contracts.iter().map(|served| {
            let name = served.name();
            let hooks = self.admin_url().map(|url| format!("{url}/hooks/{name}"));
            (name.to_owned(), ContractTarget::new(self.base_url(name), served.start(), hooks.as_deref()))
        });
        let control = self.admin_url().map(|url| Control {
            url,
            token: self.admin_token.as_ref().map(|token| token.secret().clone().into()),
        });
        Target { contracts: contracts.collect(), control }
    }

    /// Stops listening, waits for requests under way for as long as the deadline of the connections allows, and closes
    /// the store.
    pub async fn shutdown(mut self) {
        self.state.leave();
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A listener that panicked has stopped, too.
            let _ = task.await;
        }
        if let Err(error) = self.state.store().close().await {
            tracing::warn!(%error, "the store did not close");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        // Of a shutdown there is nothing left to end.
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; is it in use, or not one of this machine?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// Everybody who reaches the machine would rule the server.
    #[error(
        "the admin listener at {address} would be open to everybody who reaches it; make a token, \
         {HOW_TO_MAKE_ONE}, and name its file with --admin-token-file admin.token, or bind the listener to 127.0.0.1"
    )]
    AdminOpen {
        /// The address.
        address: SocketAddr,
    },
    /// Several contracts at one root.
    #[error(
        "{contracts} contracts cannot share the root; choose one with --contract, or leave --at-root out"
    )]
    RootTaken {
        /// How many.
        contracts: usize,
    },
    /// Nobody said where the key of the deployment is.
    #[error(
        "with PostgreSQL the key of the deployment needs a file: name one with --key-file; if it is missing it \
         is made, and every other server on the database then needs a copy of it"
    )]
    KeyFileUnnamed,
    /// Two contracts of one name.
    #[error("two contracts are called {0}; a contract goes by the name of its document's folder")]
    SameName(String),
    /// Two contracts under one path.
    #[error("two contracts are to be served under {0}; give one of them another path")]
    SamePath(String),
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The credentials and resources of a seed could not be added.
    #[error("the seed cannot be added: {0}")]
    Seed(#[from] SeedError),
    /// The key file could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The callers could not be made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// A rule does not fit what is served.
    #[error("the disturbance {line:?} cannot be: {source}")]
    Disturbance {
        /// The rule.
        line: String,
        /// What is wrong with it.
        source: RuleError,
    },
    /// A mistake in the documents of a contract.
    #[error("the document of a contract has a mistake: {0}")]
    Contract(Box<GateError>),
}

impl From<&'static LoadError> for StartError {
    fn from(mistake: &'static LoadError) -> Self {
        Self::from(GateError::from(mistake))
    }
}

impl From<GateError> for StartError {
    fn from(mistake: GateError) -> Self {
        Self::Contract(Box::new(mistake))
    }
}
