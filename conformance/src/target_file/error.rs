//! Why it is not known who acts in a run, and what to do about it.

use std::io;
use std::path::PathBuf;

use rescind_specs::Vendor;

/// For contracts that the reference server has.
const SERVER_WRITES: &str =
    "\n  3. start a server that writes the target file: rescind-server --write-target rescind.toml";

/// Why it is not known who acts.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no target file. The line itself is not shown: it may hold a secret.
    #[error("{}:{line}:{column}: {message}; `rescind schema target` prints what is allowed", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Nobody says where the deployment is.
    #[error(
        "it is not known where {contract} is deployed; give --url, or `url` below [contracts.{contract}] of the target file"
    )]
    NoUrl {
        /// The contract.
        contract: String,
    },
    /// A URL cannot be used.
    #[error("{place} is no base URL: {why}")]
    Url {
        /// Which URL.
        place: String,
        /// Why.
        why: String,
    },
    /// A caller is needed and was not supplied.
    #[error(
        "{contract} needs the caller {caller}, and nobody supplied it. {about}\nSupply it in one of these ways:\n  \
         1. environment: {wanted}\n  2. target file: {}secret = … below [contracts.{contract}.callers.{caller}],\n     \
         where secret is {{ env = \"NAME\" }}, {{ file = \"PATH\" }} or {{ command = [\"PROGRAM\", …] }}{}",
        if *.with_id { "id = …, " } else { "" },
        if contract.parse::<Vendor>().is_ok() { SERVER_WRITES } else { "" }
    )]
    NoCaller {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// Who that is.
        about: String,
        /// The environment variables.
        wanted: String,
        /// Whether it has an identifier beside its secret.
        with_id: bool,
    },
    /// The contract knows no such caller.
    #[error("{contract} has no caller {caller:?}; its lifecycle document knows {known}")]
    UnknownCaller {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// Those that there are.
        known: String,
    },
    /// The contract knows no such hook or value.
    #[error("{contract} has no {what} {name:?}; its lifecycle document knows {known}")]
    Unknown {
        /// The contract.
        contract: String,
        /// Of what kind.
        what: &'static str,
        /// What the target file names.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A hook without a program.
    #[error("{place} has an empty command; write the program and its arguments, such as [\"./restart.sh\"]")]
    NoProgram {
        /// Where in the target file.
        place: String,
    },
    /// Half of a pair is missing.
    #[error("{missing} is not set, yet it is needed for the caller {caller} of {contract}")]
    Half {
        /// The contract.
        contract: String,
        /// The caller.
        caller: String,
        /// What is missing.
        missing: String,
    },
    /// An environment variable that the file names is not set.
    #[error("{place} names the environment variable {variable}, which is not set")]
    Unset {
        /// Where in the target file.
        place: String,
        /// The variable.
        variable: String,
    },
    /// A program that is to print a secret did not.
    #[error("{place} has no secret: {why}")]
    NotPrinted {
        /// Where in the target file.
        place: String,
        /// What it did instead, without what it printed.
        why: String,
    },
    /// A header cannot be sent with every request.
    #[error("{place} cannot be sent with every request: {why}")]
    Header {
        /// Where in the target file.
        place: String,
        /// Why.
        why: String,
    },
    /// A certificate or a key cannot be used.
    #[error("{} has no certificates or keys that can be used: {why}; it is to be a PEM file", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A lifecycle document without its OpenAPI document.
    #[error("{place} has a lifecycle and no openapi; name the OpenAPI document beside it")]
    NoOpenApi {
        /// Where in the target file.
        place: String,
    },
    /// Credentials are issued from a pool, and there is none.
    #[error(
        "credentials of {contract} are registered from pairs that the operator supplies, and there are none; supply \
         some as [[contracts.{contract}.pool]] of the target file, or as the file that {variable} names, each line \
         an id and a secret"
    )]
    NoPool {
        /// The contract.
        contract: String,
        /// The environment variable.
        variable: String,
    },
    /// A line of a pool file is no pair.
    #[error("{}:{line}: a line of a pool is an id and a secret, with a blank between them", path.display())]
    PoolLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}
