//! One document in a process of its own: what is asked for is in its arguments, the answer is JSON on its output.

use std::path::Path;

use serde_json::{Value, json};

use crate::artifact::Artifact;
use crate::codegen::CodegenError;
use crate::manifest::Runtime;
use crate::output::package::{self, Side};
use crate::own::{self, Shape, Sides};

/// What came of one document.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Number of operations in the document.
    pub documented: usize,
    /// Number of operations in the code.
    pub operations: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// Why nothing was generated.
    pub errors: Vec<String>,
    /// The operations that are not in the code, each with why.
    pub left_out: Vec<String>,
    /// The client.
    pub client: Option<SideAnswer>,
    /// The stubs.
    pub server: Option<SideAnswer>,
}

/// What came of one side.
#[derive(Clone, Debug)]
pub enum SideAnswer {
    /// A crate.
    Files {
        /// Name of the package.
        package: String,
        /// All files.
        files: Vec<Artifact>,
    },
    /// Nothing, for this reason.
    Failed(String),
}

/// Generates both crates from `document`, which stand on the work tree at `root`.
pub fn answer(root: &Path, document: &Path) -> Answer {
    let attempt = match own::attempt(document, None, Sides::Both, Shape::Crate) {
        Ok(attempt) => attempt,
        Err(error) => {
            let errors = match error.diagnostics() {
                Some(found) => found.iter().map(ToString::to_string).collect(),
                None => vec![error.to_string()],
            };
            return Answer { errors, ..Answer::default() };
        }
    };
    let runtime = Runtime::Folder(root.to_owned());
    let facts = attempt.facts;
    let side = |side: Side, part: Option<Result<Vec<Artifact>, CodegenError>>| {
        part.map(|part| match part {
            Ok(sources) => SideAnswer::Files {
                package: package::name(&facts, side),
                files: package::files(&facts, side, sources, root, &runtime),
            },
            Err(error) => SideAnswer::Failed(error.to_string()),
        })
    };
    Answer {
        documented: attempt.documented,
        operations: facts.operations.len(),
        warnings: attempt.warnings.len(),
        errors: Vec::new(),
        left_out: facts.left_out.iter().map(|(name, reason)| format!("{name}: {reason}")).collect(),
        client: side(Side::Client, attempt.client),
        server: side(Side::Server, attempt.server),
    }
}

impl Answer {
    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "documented": self.documented,
            "operations": self.operations,
            "warnings": self.warnings,
            "errors": self.errors,
            "left_out": self.left_out,
            "client": self.client.as_ref().map(SideAnswer::json),
            "server": self.server.as_ref().map(SideAnswer::json),
        })
    }

    /// From JSON.
    pub fn read(json: &Value) -> Option<Self> {
        let number = |key: &str| usize::try_from(json[key].as_u64()?).ok();
        let texts = |key: &str| {
            json[key]
                .as_array()?
                .iter()
                .map(|text| text.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
        };
        Some(Self {
            documented: number("documented")?,
            operations: number("operations")?,
            warnings: number("warnings")?,
            errors: texts("errors")?,
            left_out: texts("left_out")?,
            client: SideAnswer::read(&json["client"]),
            server: SideAnswer::read(&json["server"]),
        })
    }
}

impl SideAnswer {
    fn json(&self) -> Value {
        match self {
            Self::Failed(words) => json!({ "failed": words }),
            Self::Files { package, files } => {
                let files: Vec<Value> =
                    files.iter().map(|file| json!([file.path.to_string_lossy(), file.contents])).collect();
                json!({ "package": package, "files": files })
            }
        }
    }

    fn read(json: &Value) -> Option<Self> {
        if let Some(words) = json["failed"].as_str() {
            return Some(Self::Failed(words.to_owned()));
        }
        let files = json["files"].as_array()?.iter().map(|file| {
            Some(Artifact { path: file[0].as_str()?.into(), contents: file[1].as_str()?.to_owned() })
        });
        Some(Self::Files {
            package: json["package"].as_str()?.to_owned(),
            files: files.collect::<Option<Vec<_>>>()?,
        })
    }
}
