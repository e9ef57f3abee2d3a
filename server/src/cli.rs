//! Arguments of `rescind-server`, each also an environment variable, and what they mean for the builder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use crate::journal;
use crate::limiter::RateLimit;
use crate::runtime::{Limits, Mode};
use crate::store::PostgresUrl;
use crate::{AdminToken, Builder, Clock, Connections, Database, Fault, Rule, Server, TokenError, Vendor};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "rescind-server",
    version,
    about = "A reference server and mock of credential APIs, with a clock to move and promises to break",
    after_long_help = EXAMPLES,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: Serve,
}

const EXAMPLES: &str = "\
Examples:
  Serve all contracts in memory, each under its prefix:
    rescind-server

  Serve one at the root, with its facts in a file, for a judge that may move the clock:
    rescind-server --contract NAME --at-root --database sqlite:rescind.db \\
        --clock virtual --admin 127.0.0.1:8081 --write-target target.toml

  Serve one deployment with several processes:
    rescind-server --database postgres://rescind@db.example/rescind --key-file rescind.key

  Break a promise, to see a judge find it:
    rescind-server --fault accepted-after-revocation

  Let three in ten revocations be late, and lose the answer to the next one that is done:
    rescind-server --disturb 'latency=200ms..2s,operation=revokeCredential,probability=0.3' \\
        --disturb 'drop,operation=revokeCredential,on=answer,times=1'

Admin listener (JSON; a refusal is {\"error\": \"the reason\"}):
  GET  /health, /ready           whether the process runs, whether its store answers
  GET  /clock                    the time
  POST /clock/advance            {\"seconds\": 300} moves a virtual clock
  GET  /faults                   every promise that can be broken, and whether it is
  PUT  /faults/NAME              breaks one; DELETE keeps it again, DELETE /faults all of them
  POST /hooks/CONTRACT/HOOK      a step beside the API, such as a restart or a row changed by hand;
                                 {\"credential\": {\"id\": \"…\"}} says which one it is about
  POST /mint?count=N             genuine pairs that were never registered
  POST /reset                    forgets everything but the time
The target file names the hooks of each contract.

Exit codes:
  0  stopped when it was told to
  1  could not start; the message says why
  2  the command line is wrong

Logs go to the standard error; RUST_LOG chooses what (such as `rescind_server=debug`). They hold
neither secrets nor headers. A database file has a key file beside it, with `.key` appended to its
name; keep the two apart in backups. A database refuses another key than the one that it was first
started with. TLS to PostgreSQL is chosen by the URL (`?sslmode=verify-full&sslrootcert=FILE`).";

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the faults: name, what the server does then, which requirements it breaks
    Faults,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

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
    #[arg(
        long,
        env = "RESCIND_DATABASE",
        value_name = "PLACE",
        default_value = "memory",
        hide_env_values = true
    )]
    database: DatabaseArgument,
    /// The root key of the deployment; made if it is missing. Beside a SQLite file by default; PostgreSQL needs it named,
    /// and each server on one database a copy of it
    #[arg(long, env = "RESCIND_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The clock: `system`, or one to move: `virtual` stands still, `running` goes on; both start now, or at a time as
    /// in `virtual:2026-01-01T00:00:00Z`
    #[arg(long, env = "RESCIND_CLOCK", value_name = "CLOCK", default_value = "system")]
    clock: ClockArgument,
    /// A promise to break; may be repeated; `rescind-server faults` lists them
    #[arg(long = "fault", env = "RESCIND_FAULT", value_name = "NAME", value_delimiter = ',')]
    faults: Vec<Fault>,
    /// A rule by which requests are disturbed; may be repeated, or several with `;` between them. What happens is one of
    /// `latency=TIME` (or `FROM..TO`, `normal:MEAN:DEVIATION`, `lognormal:MEDIAN:SIGMA`), `drop`, `reset`,
    /// `truncate=BYTES` (or `50%`), `status=CODE` (with `retry-after=TIME`), `slow-body=BYTES/TIME` and `fault=NAME`;
    /// the conditions are `contract`, `operation`, `method`, `path`, `caller`, `header=NAME:VALUE`, `probability`,
    /// `times` and `on` (`request`, or `answer`: after the operation has taken effect)
    #[arg(long = "disturb", env = "RESCIND_DISTURB", value_name = "RULE", value_delimiter = ';')]
    disturbances: Vec<Rule>,
    /// Open the admin listener there: clock, faults, hooks, reset, pairs. Whoever reaches it rules the server
    #[arg(long, env = "RESCIND_ADMIN", value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// A file with the token that requests to the admin listener have to carry; needed to bind it beyond the loopback
    /// interface. The token itself may be in RESCIND_ADMIN_TOKEN instead
    #[arg(long, env = "RESCIND_ADMIN_TOKEN_FILE", value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Write URLs and starting credentials there, for a judge; readable by the owner alone
    #[arg(long, env = "RESCIND_WRITE_TARGET", value_name = "FILE")]
    write_target: Option<PathBuf>,
    /// Answer operations without an implementation with the documented example
    #[arg(long, env = "RESCIND_EXAMPLES")]
    examples: bool,
    /// Longest body of a request, in bytes
    #[arg(long, env = "RESCIND_BODY_LIMIT", value_name = "BYTES", default_value_t = 1 << 20)]
    body_limit: usize,
    /// Longest time a request may take, such as `30s`
    #[arg(long, env = "RESCIND_REQUEST_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration)]
    request_timeout: Duration,
    /// Longest request line and headers, in bytes, at least 8192
    #[arg(long, env = "RESCIND_HEADER_LIMIT", value_name = "BYTES", default_value_t = 32 * 1024)]
    header_limit: usize,
    /// Most connections at once
    #[arg(long, env = "RESCIND_MAX_CONNECTIONS", value_name = "COUNT", default_value_t = 1024)]
    max_connections: usize,
    /// How long requests under way may take when the server is told to stop
    #[arg(long, env = "RESCIND_SHUTDOWN_DEADLINE", value_name = "TIME", default_value = "10s", value_parser = duration)]
    shutdown_deadline: Duration,
    /// Calls that one caller may make in a minute, where the contract has rate limits
    #[arg(long, env = "RESCIND_RATE_LIMIT", value_name = "CALLS", default_value_t = 10_000)]
    rate_limit: u32,
    /// How many requests the journal keeps; 0 switches it off
    #[arg(long, env = "RESCIND_JOURNAL", value_name = "ENTRIES", default_value_t = journal::Bounds::default().entries)]
    journal: usize,
    /// How many bytes all entries of the journal may take together
    #[arg(long, env = "RESCIND_JOURNAL_BYTES", value_name = "BYTES", default_value_t = journal::Bounds::default().bytes)]
    journal_bytes: usize,
    /// How many bytes of a body the journal keeps
    #[arg(long, env = "RESCIND_JOURNAL_BODY", value_name = "BYTES", default_value_t = journal::Bounds::default().body)]
    journal_body: usize,
    /// How long an authentication is remembered, where the contract allows it; at most `5m`, which is the default
    #[arg(long, env = "RESCIND_CACHE_LIFETIME", value_name = "TIME", value_parser = duration)]
    cache_lifetime: Option<Duration>,
    /// Make the same ids and secrets in each run; for tests, because they can then be guessed
    #[arg(long, env = "RESCIND_SEED", value_name = "NUMBER")]
    seed: Option<u64>,
    /// How logs are written
    #[arg(long, env = "RESCIND_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
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

    /// The server that was asked for, but for the token of its admin listener.
    pub fn builder(&self) -> Builder {
        let connections = Connections {
            most: self.max_connections,
            headers: self.header_limit,
            deadline: self.shutdown_deadline,
            ..Connections::default()
        };
        let mut builder = Server::builder()
            .bind(self.listen)
            .database(self.database.0.clone())
            .clock(self.clock.clock())
            .limits(Limits { body: self.body_limit, time: Some(self.request_timeout), ..Limits::default() })
            .rate_limit(RateLimit { calls: self.rate_limit, window: Duration::from_mins(1) })
            .mode(if self.examples { Mode::Examples } else { Mode::Strict })
            .journal(journal::Bounds {
                entries: self.journal,
                bytes: self.journal_bytes,
                body: self.journal_body,
            })
            .connections(connections);
        for contract in &self.contracts {
            builder = builder.contract(*contract);
        }
        for fault in &self.faults {
            builder = builder.fault(*fault);
        }
        for rule in &self.disturbances {
            builder = builder.disturb(rule.clone());
        }
        if self.at_root {
            builder = builder.at_root();
        }
        if let Some(address) = self.admin {
            builder = builder.admin(address);
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

#[derive(Clone, Debug)]
struct DatabaseArgument(Database);

impl FromStr for DatabaseArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("sqlite:") {
            None if text == "memory" => Ok(Self(Database::Memory)),
            // Read when it is used, because a complaint about the command line would repeat its password.
            None if PostgresUrl::is_meant_by(text) => Ok(Self(Database::Postgres(PostgresUrl::new(text)))),
            Some(path) if !path.is_empty() => Ok(Self(Database::File(path.into()))),
            _ => Err("write `memory`, `sqlite:PATH` or `postgres://USER@HOST/DATABASE`"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum ClockArgument {
    System,
    Virtual(Option<Timestamp>),
    Running(Option<Timestamp>),
}

impl ClockArgument {
    fn clock(self) -> Clock {
        match self {
            Self::System => Clock::system(),
            Self::Virtual(None) => Clock::virtual_from_now(),
            Self::Virtual(Some(start)) => Clock::virtual_at(start),
            Self::Running(None) => Clock::running_from_now(),
            Self::Running(Some(start)) => Clock::running_from(start),
        }
    }
}

impl FromStr for ClockArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const USAGE: &str = "write `system`, `virtual`, `running`, or one of the last two with a start: `virtual:2026-01-01T00:00:00Z`";
        let (kind, start) = match text.split_once(':') {
            None => (text, None),
            Some((kind, start)) => (kind, Some(start.parse().map_err(|_| USAGE)?)),
        };
        match (kind, start) {
            ("system", None) => Ok(Self::System),
            ("virtual", start) => Ok(Self::Virtual(start)),
            ("running", start) => Ok(Self::Running(start)),
            _ => Err(USAGE),
        }
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let usage = "write a time with its unit, such as `500ms`, `30s` or `5m`";
    let parsed: SignedDuration = text.parse().map_err(|_| usage)?;
    parsed.try_into().map_err(|_| usage)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn values_are_parsed_at_the_edge() {
        let parse = |arguments: &[&str]| Cli::try_parse_from([&["rescind-server"], arguments].concat());
        for good in [
            vec![],
            vec!["--database", "postgres://user@host/db", "--key-file", "x.key"],
            vec!["--database", "sqlite:x.db", "--clock", "virtual:2026-01-01T00:00:00Z"],
            vec!["--clock", "virtual"],
            vec!["--clock", "running:2026-01-01T00:00:00Z"],
            vec!["--clock", "running"],
            vec!["--request-timeout", "500ms", "--cache-lifetime", "0s"],
            vec!["--fault", "sliding-cache,slow-revocation", "--fault", "guard-ignored"],
            vec!["--journal", "0", "--journal-bytes", "1048576"],
            vec!["--disturb", "latency=200ms..2s,times=3;reset", "--disturb", "drop,on=answer"],
            vec!["faults"],
            vec!["completions", "bash"],
        ] {
            assert!(parse(&good).is_ok(), "{good:?}");
        }
        for bad in [
            vec!["--database", "postgres"],
            vec!["--database", "sqlite:"],
            vec!["--clock", "yesterday"],
            vec!["--clock", "running:yesterday"],
            vec!["--clock", "system:2026-01-01T00:00:00Z"],
            vec!["--request-timeout", "30"],
            vec!["--request-timeout", "-1s"],
            vec!["--contract", "acme"],
            vec!["--fault", "acme"],
            vec!["--disturb", "acme"],
            vec!["--disturb", "drop,reset"],
            vec!["--listen", "localhost"],
        ] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }
}
