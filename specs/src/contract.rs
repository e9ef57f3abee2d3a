//! A contract: the operations, schemas, security and lifecycle of one API, as everybody else reads it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crate::validator::Validators;
use crate::{
    Diagnostic, Direction, Document, Lifecycle, LoadError, Operation, OperationId, Schema, SchemeName,
    SecurityScheme, Severity, Validator, Vendor, lint, prepare, read,
};

/// One contract: an OpenAPI document and, where there is one, its lifecycle document. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Contract(Arc<Inner>, Option<Arc<OverTime>>);

/// What calls mean over time.
#[derive(Debug)]
struct OverTime {
    lifecycle: Lifecycle,
    document: Document,
}

#[derive(Debug)]
struct Inner {
    name: String,
    document: Document,
    title: String,
    version: String,
    servers: Vec<String>,
    operations: Vec<Operation>,
    schemes: Vec<SecurityScheme>,
    validators: Validators,
    warnings: Vec<Diagnostic>,
}

impl Contract {
    /// The bundled contract of `vendor`.
    ///
    /// # Errors
    /// A mistake in an embedded document; the tests of this crate exclude it.
    pub fn of(vendor: Vendor) -> Result<Self, &'static LoadError> {
        vendor.contract().cloned()
    }

    /// Reads the documents of a contract from files, and the files beside the OpenAPI document that it refers to. The
    /// contract goes by the name of the document's folder.
    ///
    /// # Errors
    /// Every mistake of the first document that has one, each with file, line, column and pointer.
    pub fn load(openapi: &Path, lifecycle: Option<&Path>) -> Result<Self, LoadError> {
        let lifecycle = lifecycle.map(Document::read).transpose()?;
        let document = prepare::with_files(&Document::read(openapi)?, openapi);
        Self::new(Self::name_at(openapi), document, lifecycle.as_ref())
    }

    /// The name of a contract whose OpenAPI document is at `openapi`: that of its folder.
    pub fn name_at(openapi: &Path) -> String {
        // In full, so that the name does not depend on the folder one stands in.
        let full = std::path::absolute(openapi).unwrap_or_else(|_| openapi.to_path_buf());
        let folder = full.parent().and_then(Path::file_name).or_else(|| full.file_stem());
        folder.map_or_else(|| "contract".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// A contract from documents that are already parsed. One of version 3.1 is read in the words of 3.0; what these do
    /// not say is among the warnings.
    ///
    /// # Errors
    /// Every mistake of the first document that has one.
    pub fn new(
        name: impl Into<String>,
        document: Document,
        lifecycle: Option<&Document>,
    ) -> Result<Self, LoadError> {
        let (document, lost) = prepare::in_words_of_3_0(document);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            lint(&document).into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
        if !errors.is_empty() {
            return Err(LoadError::Invalid(errors));
        }
        let warnings = lost.into_iter().chain(warnings).collect();
        let contract = Self::sound(name, document, warnings)?;
        match lifecycle {
            Some(lifecycle) => contract.with_lifecycle(lifecycle),
            None => Ok(contract),
        }
    }

    /// The same contract with this lifecycle document, in the place of any other.
    ///
    /// # Errors
    /// Every mistake of the document, such as an operation that the contract does not have.
    pub fn with_lifecycle(self, document: &Document) -> Result<Self, LoadError> {
        let lifecycle = Lifecycle::read(document, self.operations(), self.schemes())?;
        let over_time = OverTime { lifecycle, document: document.clone() };
        Ok(Self(self.0, Some(Arc::new(over_time))))
    }

    /// A contract from a document that the lint finds no mistake in.
    pub(crate) fn sound(
        name: impl Into<String>,
        document: Document,
        warnings: Vec<Diagnostic>,
    ) -> Result<Self, LoadError> {
        let read = read::read(&document).map_err(LoadError::Invalid)?;
        Ok(Self(
            Arc::new(Inner {
                name: name.into(),
                title: read.title,
                version: read.version,
                servers: read.servers,
                operations: read.operations,
                schemes: read.schemes,
                validators: Validators::new(&document),
                warnings,
                document,
            }),
            None,
        ))
    }

    /// The name of the contract, as in reports.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The title of the OpenAPI document.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The version of the OpenAPI document.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The URLs of the documented servers.
    pub fn servers(&self) -> &[String] {
        &self.0.servers
    }

    /// The OpenAPI document itself.
    pub fn document(&self) -> &Document {
        &self.0.document
    }

    /// The lifecycle document itself, where there is one.
    pub fn lifecycle_document(&self) -> Option<&Document> {
        self.1.as_ref().map(|over_time| &over_time.document)
    }

    /// All operations, in document order.
    pub fn operations(&self) -> &[Operation] {
        &self.0.operations
    }

    /// The operation of that identifier.
    pub fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.0.operations.iter().find(|operation| operation.id == *id)
    }

    /// All security schemes, in document order.
    pub fn schemes(&self) -> &[SecurityScheme] {
        &self.0.schemes
    }

    /// The security scheme of that name.
    pub fn scheme(&self, name: &SchemeName) -> Option<&SecurityScheme> {
        self.0.schemes.iter().find(|scheme| scheme.name == *name)
    }

    /// The sets of schemes that some operation accepts, each once, in order of first mention. The order within a set is
    /// that of its first mention; the empty set is left out.
    pub fn credential_sets(&self) -> Vec<&[SchemeName]> {
        let mut sets: Vec<&[SchemeName]> = Vec::new();
        let mut seen: HashSet<Vec<&SchemeName>> = HashSet::new();
        for set in self.operations().iter().flat_map(|operation| &operation.security.0) {
            let mut key: Vec<&SchemeName> = set.iter().collect();
            key.sort();
            if !set.is_empty() && seen.insert(key) {
                sets.push(set);
            }
        }
        sets
    }

    /// What calls mean over time; `None` for a contract without a lifecycle document.
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        self.1.as_ref().map(|over_time| &over_time.lifecycle)
    }

    /// What the documents leave doubtful without being wrong.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }

    /// The compiled form of `schema`.
    ///
    /// # Errors
    /// The schema cannot be compiled; what the lint finds no mistake in can.
    pub fn validator(&self, schema: &Schema, direction: Direction) -> Result<Validator, Diagnostic> {
        self.0.validator(schema, direction)
    }
}

impl Inner {
    fn validator(&self, schema: &Schema, direction: Direction) -> Result<Validator, Diagnostic> {
        self.validators.get(schema, direction).map_err(|text| {
            self.document.diagnostic(schema.pointer(), format!("this schema cannot be checked: {text}"))
        })
    }
}
