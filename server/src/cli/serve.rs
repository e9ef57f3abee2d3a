//! How to serve: each argument is a flag, an environment variable and a key of the configuration file, and means
//! something to the builder.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};

use super::value::{ClockArgument, CorsArgument, DatabaseArgument, LogFormat, duration, log_level};
use crate::journal;
use crate::limiter::RateLimit;
use crate::runtime::{Limits, Mode};
use crate::{
    AdminToken, Builder, Connections, Fault, Rule, Seed, SeedFileError, Server, TokenError, Vendor, read_seed,
};

/// What concerns callers of a mock.
const MOCK: &str = "Time, faults and callers";
/// How much is taken from callers.
const LIMITS: &str = "Limits";
/// How the process behaves.
const RUN: &str = "Start, stop and logs";

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, env = "RESCIND_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A contract to serve; may be repeated; all by default
    #[arg(long = "contract", env = "RESCIND_CONTRACT", value_name = "NAME", value_delimiter = ',')]
    contracts: Vec<Vendor>,
    /// Serve the only contract at the root instead of under its prefix
    #[arg(long, env = "RESCIND_AT_ROOT")]
    at_root: bool,
    /// Where the facts are kept: `memory`, `sqlite:PATH` or `postgres://USER@HOST/DATABASE`. A password belongs into
    /// PGPASSWORD or ~/.pgpass, or into this variable; others see the command line
    #[arg(long, env = "RESCIND_DATABASE", value_name = "PLACE", default_value = "memory")]
    database: DatabaseArgument,
    /// The root key of the deployment; made if it is missing. Beside a SQLite file by default; PostgreSQL needs it named,
    /// and each server on one database a copy of it
    #[arg(long, env = "RESCIND_KEY_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    key_file: Option<PathBuf>,
    /// Open the admin listener there: clock, faults, hooks, reset, pairs. Whoever reaches it rules the server
    #[arg(long, env = "RESCIND_ADMIN", value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// A file with the token that requests to the admin listener have to carry; needed to bind it beyond the loopback
    /// interface. The token itself may be in RESCIND_ADMIN_TOKEN instead
    #[arg(long, env = "RESCIND_ADMIN_TOKEN_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    admin_token_file: Option<PathBuf>,
    /// Open a listener there that changes nothing: `/metrics` for Prometheus, `/health` and `/ready`; the admin listener
    /// has them as well
    #[arg(long, env = "RESCIND_METRICS", value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// A JSON file with credentials and resources to add at the start, beside those that are there: a `Seed` of the admin
    /// listener's document, as `POST /seed` takes it
    #[arg(long, env = "RESCIND_SEED_FILE", value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// An origin whose pages may call from a browser, with cookies, such as `http://localhost:3000`; may be repeated.
    /// `any` is every origin, without cookies. `none` is none, whatever else is named: answers have no header for browsers.
    /// Preflights are then answered before the contract, and are in no journal
    #[arg(long, env = "RESCIND_CORS", value_name = "ORIGIN", value_delimiter = ',', default_value = "none")]
    cors: Vec<CorsArgument>,
    /// Write URLs and starting credentials there, for a judge; readable by the owner alone
    #[arg(long, env = "RESCIND_WRITE_TARGET", value_name = "FILE", value_hint = ValueHint::FilePath)]
    write_target: Option<PathBuf>,
    /// Read settings from this file; without it from `rescind-server.toml`, if there is one
    #[arg(long, env = "RESCIND_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// The clock: `system`, or one to move: `virtual` stands still, `running` goes on; both start now, or at a time as
    /// in `virtual:2026-01-01T00:00:00Z`
    #[arg(
        long,
        env = "RESCIND_CLOCK",
        value_name = "CLOCK",
        default_value = "system",
        help_heading = MOCK
    )]
    clock: ClockArgument,
    /// A promise to break; may be repeated; `rescind-server faults` lists them
    #[arg(
        long = "fault",
        env = "RESCIND_FAULT",
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = MOCK
    )]
    faults: Vec<Fault>,
    /// A rule by which requests are disturbed; may be repeated, or several with `;` between them. What happens is one of
    /// `latency=TIME` (or `FROM..TO`, `normal:MEAN:DEVIATION`, `lognormal:MEDIAN:SIGMA`), `drop`, `reset`,
    /// `truncate=BYTES` (or `50%`), `status=CODE` (with `retry-after=TIME`), `slow-body=BYTES/TIME` and `fault=NAME`;
    /// the conditions are `contract`, `operation`, `method`, `path`, `caller`, `header=NAME:VALUE`, `probability`,
    /// `times` and `on` (`request`, or `answer`: after the operation has taken effect)
    #[arg(
        long = "disturb",
        env = "RESCIND_DISTURB",
        value_name = "RULE",
        value_delimiter = ';',
        help_heading = MOCK
    )]
    disturbances: Vec<Rule>,
    /// Answer operations without an implementation with the documented example
    #[arg(long, env = "RESCIND_EXAMPLES", help_heading = MOCK)]
    examples: bool,
    /// Calls that one caller may make in a minute, where the contract has rate limits
    #[arg(
        long,
        env = "RESCIND_RATE_LIMIT",
        value_name = "CALLS",
        default_value_t = 10_000,
        help_heading = MOCK
    )]
    rate_limit: u32,
    /// How many requests the journal keeps; 0 switches it off
    #[arg(
        long,
        env = "RESCIND_JOURNAL",
        value_name = "ENTRIES",
        default_value_t = journal::Bounds::default().entries,
        help_heading = MOCK
    )]
    journal: usize,
    /// How many bytes all entries of the journal may take together
    #[arg(
        long,
        env = "RESCIND_JOURNAL_BYTES",
        value_name = "BYTES",
        default_value_t = journal::Bounds::default().bytes,
        help_heading = MOCK
    )]
    journal_bytes: usize,
    /// How many bytes of a body the journal keeps
    #[arg(
        long,
        env = "RESCIND_JOURNAL_BODY",
        value_name = "BYTES",
        default_value_t = journal::Bounds::default().body,
        help_heading = MOCK
    )]
    journal_body: usize,
    /// How long an authentication is remembered, where the contract allows it; at most `5m`, which is the default
    #[arg(
        long,
        env = "RESCIND_CACHE_LIFETIME",
        value_name = "TIME",
        value_parser = duration,
        help_heading = MOCK
    )]
    cache_lifetime: Option<Duration>,
    /// Make the same ids and secrets in each run; for tests, because they can then be guessed
    #[arg(long, env = "RESCIND_SEED", value_name = "NUMBER", help_heading = MOCK)]
    seed: Option<u64>,
    /// Most connections at once. Beyond, the one that has kept the server waiting longest gives way
    #[arg(long, env = "RESCIND_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 1024, help_heading = LIMITS)]
    max_connections: usize,
    /// Most connections of one address at once; no bound of its own by default, for a proxy has but one
    #[arg(long, env = "RESCIND_MAX_CONNECTIONS_PER_PEER", value_name = "COUNT", help_heading = LIMITS)]
    max_connections_per_peer: Option<NonZeroUsize>,
    /// Most requests that are worked on at once; beyond, 503 with Retry-After. By default as many as connections
    #[arg(long, env = "RESCIND_MAX_REQUESTS", value_name = "COUNT", help_heading = LIMITS)]
    max_requests: Option<NonZeroUsize>,
    /// Longest request line and headers, in bytes, at least 8192
    #[arg(long, env = "RESCIND_HEADER_LIMIT", value_name = "BYTES", default_value_t = 32 * 1024, help_heading = LIMITS)]
    header_limit: usize,
    /// Most headers of a request
    #[arg(long, env = "RESCIND_MAX_HEADERS", value_name = "COUNT", default_value_t = 100, help_heading = LIMITS)]
    max_headers: usize,
    /// Longest time the headers of a request may take
    #[arg(long, env = "RESCIND_HEADER_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = LIMITS)]
    header_timeout: Duration,
    /// Longest time a connection may stay open without a request
    #[arg(long, env = "RESCIND_IDLE_TIMEOUT", value_name = "TIME", default_value = "1m", value_parser = duration, help_heading = LIMITS)]
    idle_timeout: Duration,
    /// Longest body of a request, in bytes
    #[arg(long, env = "RESCIND_BODY_LIMIT", value_name = "BYTES", default_value_t = 1 << 20, help_heading = LIMITS)]
    body_limit: usize,
    /// Longest time the body of a request may take, and again the answer, such as `30s`
    #[arg(long, env = "RESCIND_REQUEST_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = LIMITS)]
    request_timeout: Duration,
    /// Longest time a caller may read nothing of its answer
    #[arg(long, env = "RESCIND_WRITE_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = LIMITS)]
    write_timeout: Duration,
    /// How long to go on serving when told to stop, while `/ready` already says no, so that a balancer takes notice
    #[arg(long, env = "RESCIND_SHUTDOWN_DELAY", value_name = "TIME", default_value = "0s", value_parser = duration, help_heading = RUN)]
    shutdown_delay: Duration,
    /// How long requests under way may take after that
    #[arg(long, env = "RESCIND_SHUTDOWN_DEADLINE", value_name = "TIME", default_value = "10s", value_parser = duration, help_heading = RUN)]
    shutdown_deadline: Duration,
    /// How logs are written
    #[arg(long, env = "RESCIND_LOG_FORMAT", value_name = "FORMAT", default_value = "text", help_heading = RUN)]
    log_format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `rescind_server=debug`
    #[arg(
        long,
        env = "RUST_LOG",
        value_name = "LEVEL",
        default_value = "info",
        value_parser = log_level,
        help_heading = RUN
    )]
    log_level: String,
}

impl Serve {
    /// Where the target file is wanted.
    pub fn write_target(&self) -> Option<&Path> {
        self.write_target.as_deref()
    }

    /// How logs are wanted.
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// What is to be logged, as a filter of `tracing`.
    pub fn log_level(&self) -> &str {
        &self.log_level
    }

    /// The token of the admin listener, if there is one. It is never an argument: other users of the machine see those.
    ///
    /// # Errors
    /// Its file cannot be read, or it is no token.
    pub fn admin_token(&self) -> Result<Option<AdminToken>, TokenError> {
        match (&self.admin_token_file, std::env::var("RESCIND_ADMIN_TOKEN")) {
            (Some(path), _) => AdminToken::read(path).map(Some),
            (None, Ok(token)) if !token.is_empty() => AdminToken::new(&token).map(Some),
            (None, _) => Ok(None),
        }
    }

    /// How long to go on serving when told to stop.
    pub fn shutdown_delay(&self) -> Duration {
        self.shutdown_delay
    }

    /// How many connections are wanted at once.
    pub fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// What to add at the start, if anything.
    ///
    /// # Errors
    /// The file cannot be read, or is no seed.
    pub fn seed(&self) -> Result<Option<Seed>, SeedFileError> {
        self.seed_file.as_deref().map(read_seed).transpose()
    }

    /// The server that was asked for, but for its seed and the token of its admin listener.
    pub fn builder(&self) -> Builder {
        let mut builder =
            self.builder_of_a_mock().mode(if self.examples { Mode::Examples } else { Mode::Strict });
        for contract in &self.contracts {
            builder = builder.contract(*contract);
        }
        for fault in &self.faults {
            builder = builder.fault(*fault);
        }
        if self.at_root {
            builder = builder.at_root();
        }
        builder
    }

    /// The same for a mock, which is about none of the bundled contracts, whatever a file or the environment says of them.
    pub fn builder_of_a_mock(&self) -> Builder {
        let connections = Connections {
            most: self.max_connections,
            most_per_peer: self.max_connections_per_peer,
            requests: self.max_requests,
            headers: self.header_limit,
            header_count: self.max_headers,
            header_time: self.header_timeout,
            idle_time: self.idle_timeout,
            write_time: self.write_timeout,
            deadline: self.shutdown_deadline,
        };
        let mut builder = Server::builder()
            .bind(self.listen)
            .database(self.database.0.clone())
            .clock(self.clock.clock())
            .limits(Limits { body: self.body_limit, time: Some(self.request_timeout), ..Limits::default() })
            .rate_limit(RateLimit { calls: self.rate_limit, window: Duration::from_mins(1) })
            .journal(journal::Bounds {
                entries: self.journal,
                bytes: self.journal_bytes,
                body: self.journal_body,
            })
            .connections(connections)
            .cors(CorsArgument::together(&self.cors));
        for rule in &self.disturbances {
            builder = builder.disturb(rule.clone());
        }
        if let Some(address) = self.admin {
            builder = builder.admin(address);
        }
        if let Some(address) = self.metrics {
            builder = builder.metrics(address);
        }
        if let Some(lifetime) = self.cache_lifetime {
            builder = builder.cache_lifetime(lifetime);
        }
        if let Some(path) = &self.key_file {
            builder = builder.key_file(path);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        builder
    }
}
