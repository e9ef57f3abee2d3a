//! The command line of `rescind-server`.

mod health;
mod mock;
mod serve;
mod value;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

pub(crate) use value::DatabaseArgument;

pub use health::{Health, Url};
pub use mock::MockArguments;
pub use serve::Serve;
pub use value::LogFormat;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "rescind-server",
    version,
    about = "A reference server and mock of credential APIs, with a clock to move and promises to break",
    after_long_help = include_str!("help.txt"),
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

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mock any contract by its documents, without generated code
    ///
    /// Input that breaks the OpenAPI document is refused in its own envelope; the rest is answered by its examples, or
    /// by values made from its schemas. `Prefer: code=404, example=NAME, dynamic=true` chooses. With a lifecycle
    /// document the mock issues, lists, accepts, revokes and refuses credentials as that document says.
    Mock(Box<MockArguments>),
    /// List the faults: name, what the server does then, which requirements it breaks
    Faults,
    /// Print what would be served and how, with the place that each setting comes from
    ///
    /// Takes the flags of serving, reads the environment and the configuration file, and starts nothing. The output is
    /// a configuration file itself; passwords are left out of it.
    Config(Box<Serve>),
    /// Ask a running server how it is; exit code 0 if well, 1 if not
    ///
    /// For container images, which have no curl. The address is that of --admin, else of --metrics, from the flag, the
    /// environment or the configuration file of the server.
    Health(Health),
    /// Print a JSON Schema
    Schema(Schema),
    /// Print the manual page, or write those of all subcommands
    Man {
        /// The folder to write them to, one a subcommand
        #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which JSON Schema.
#[derive(Clone, Copy, Debug, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_name = "OF")]
    pub of: SchemaOf,
}

/// What there is a JSON Schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaOf {
    /// The configuration file.
    Config,
}

/// The definition of the command line, as it is parsed, shown and completed.
pub fn command() -> clap::Command {
    // A mock serves its own contract and no other.
    let own = ["contracts", "at_root", "faults", "examples"];
    let of_a_mock = |mock: clap::Command| {
        let mock = own.iter().fold(mock, |mock, name| mock.mut_arg(name, |argument| argument.hide(true)));
        // It is there to be called from wherever somebody develops, and nobody judges its headers.
        mock.mut_arg("cors", |argument| argument.default_value("any"))
    };
    crate::config::adapt(Cli::command().mut_subcommand("mock", of_a_mock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn values_are_parsed_at_the_edge() {
        let parse =
            |arguments: &[&str]| command().try_get_matches_from([&["rescind-server"], arguments].concat());
        for good in [
            vec![],
            vec!["--database", "postgres://user@host/db", "--key-file", "x.key"],
            vec!["--database", "sqlite:x.db", "--clock", "virtual:2026-01-01T00:00:00Z"],
            vec!["--request-timeout", "500ms", "--cache-lifetime", "0s"],
            vec!["--fault", "sliding-cache,slow-revocation", "--fault", "guard-ignored"],
            vec!["--clock", "virtual"],
            vec!["--clock", "running:2026-01-01T00:00:00Z"],
            vec!["--clock", "running"],
            vec!["--disturb", "latency=200ms..2s,times=3;reset", "--disturb", "drop,on=answer"],
            vec!["--journal", "0", "--journal-bytes", "1048576"],
            vec!["--cors", "http://localhost:3000,https://app.example", "--cors", "any"],
            vec!["mock", "--openapi", "x.yaml", "--cors", "none"],
            vec!["faults"],
            vec!["completions", "bash"],
            vec!["--at-root", "--examples=false"],
            vec!["--log-level", "rescind_server=debug,info"],
            vec!["config", "--max-connections", "2"],
            vec![
                "mock",
                "--openapi",
                "x.yaml",
                "--lifecycle",
                "y.yaml",
                "--base-path",
                "/v3",
                "--clock",
                "virtual",
            ],
        ] {
            assert!(parse(&good).is_ok(), "{good:?}");
        }
        for bad in [
            vec!["--database", "postgres"],
            vec!["--database", "sqlite:"],
            vec!["--clock", "yesterday"],
            vec!["--clock", "running:yesterday"],
            vec!["--clock", "system:2026-01-01T00:00:00Z"],
            vec!["--disturb", "acme"],
            vec!["--disturb", "drop,reset"],
            vec!["--request-timeout", "30"],
            vec!["--request-timeout", "-1s"],
            vec!["--contract", "acme"],
            vec!["--fault", "acme"],
            vec!["--listen", "localhost"],
            vec!["--at-root=perhaps"],
            vec!["--log-level", "=="],
            vec!["--cors", "http://localhost:3000/"],
            vec!["--cors", "localhost"],
            vec!["mock", "--openapi", "x.yaml", "--base-path", "v3"],
        ] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }
}
