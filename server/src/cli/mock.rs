//! `rescind-server mock`: which documents, and how they are served.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use rescind_specs::LoadError;

use super::Serve;
use crate::mock::{BasePath, Mock};

const EXAMPLES: &str = "\
Examples:
  Answer by the examples of a document, at http://127.0.0.1:8080:
    rescind-server mock --openapi openapi.yaml
    curl http://127.0.0.1:8080/pets -H 'Prefer: code=404'
    curl http://127.0.0.1:8080/pets -H 'Prefer: code=200, example=empty'
    curl 'http://127.0.0.1:8080/pets?__code=404'      (the same where no header can be set)
    curl http://127.0.0.1:8080/pets -H 'Prefer: dynamic=true'      (other values each time)

  Keep state as a lifecycle document says, with a clock that a judge may move:
    rescind-server mock --openapi openapi.yaml --lifecycle lifecycle.yaml \\
        --clock virtual --admin 127.0.0.1:8081 --write-target target.toml
    rescind check --openapi openapi.yaml --lifecycle lifecycle.yaml \\
        --target target.toml --allow-writes

Without a lifecycle document every well-formed credential is accepted; a missing one is refused as documented.
Pages of every origin may call a mock from a browser, without cookies; `--cors` names those that may, or `none`.
What breaks the document is refused in its own envelope. Mistakes of the document are told, with file, line and
pointer, and what they concern is read another way or left out.

Exit codes: 2 if a document cannot be used; otherwise as those of `rescind-server`.";

/// Which documents are mocked, and how they are served.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct MockArguments {
    /// The OpenAPI document, 3.0 or 3.1; files that it refers to are read as well
    #[arg(long, env = "RESCIND_OPENAPI", value_name = "FILE", value_hint = ValueHint::FilePath)]
    openapi: PathBuf,
    /// The lifecycle document, which makes the mock keep state
    #[arg(long, env = "RESCIND_LIFECYCLE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    lifecycle: Option<PathBuf>,
    /// Where the paths of the document are served; its servers are not looked at
    #[arg(long, env = "RESCIND_BASE_PATH", value_name = "PATH", default_value = "/")]
    base_path: BasePath,
    /// How to serve.
    #[command(flatten)]
    pub serve: Serve,
}

impl MockArguments {
    /// The mock that was asked for.
    ///
    /// # Errors
    /// A document that cannot be used.
    pub fn read(&self) -> Result<Mock, LoadError> {
        Ok(Mock::read(&self.openapi, self.lifecycle.as_deref())?.below(self.base_path.clone()))
    }
}
