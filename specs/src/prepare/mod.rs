//! Documents as people write them: what breaks a rule and has a safe reading is read that way, what has none is left
//! out, and both are told. What comes out is a contract as strict as any other.

mod bundle;
mod files;
mod merge;
#[cfg(test)]
mod mutation;
mod operations;
mod owner;
mod repair;
mod tree;
mod v31;

use std::path::Path;

use crate::{Contract, Diagnostic, Document, LoadError};

/// A contract from a document that may have mistakes.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What could be read. Its document is the normal form, which has no mistakes left; its places are still those in
    /// the text of the user.
    pub contract: Contract,
    /// What was read in another way than it is written, as warnings in the order of the text.
    pub notes: Vec<Diagnostic>,
    /// The operations that could not be read, in the order of the document.
    pub left_out: Vec<LeftOut>,
}

/// An operation that is not in the contract.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// `DELETE /keys/{id}`; only the path where the methods could not be read.
    pub signature: String,
    /// Its `operationId`, where it has one.
    pub id: Option<String>,
    /// Why: errors, never empty.
    pub reasons: Vec<Diagnostic>,
}

/// The document with what it refers to in the files beside it.
pub(crate) fn with_files(document: &Document, path: &Path) -> Document {
    bundle::bundle(document, path)
}

/// The document in the words of version 3.0, and what these do not say of one of version 3.1.
pub(crate) fn in_words_of_3_0(document: Document) -> (Document, Vec<Diagnostic>) {
    if v31::is_3_1(&document) { v31::lowered(&document) } else { (document, Vec::new()) }
}

impl Prepared {
    /// Reads a document and the files beside it that it refers to; `name` is that of the contract.
    ///
    /// # Errors
    /// The file cannot be read, its text is neither YAML nor JSON, or nothing in it can be used.
    pub fn read(name: impl Into<String>, path: &Path) -> Result<Self, LoadError> {
        let document = Document::read(path)?;
        Self::new(name, bundle::bundle(&document, path))
    }

    /// Prepares a document that stands for itself; a `$ref` to another file leads nowhere.
    ///
    /// # Errors
    /// Nothing in it can be used.
    pub fn new(name: impl Into<String>, document: Document) -> Result<Self, LoadError> {
        let (document, lost) = in_words_of_3_0(document);
        let repair::Repaired { document, notes, warnings, left_out } = repair::repair(document)?;
        let contract = Contract::sound(name, document, warnings)?;
        Ok(Self { contract, notes: lost.into_iter().chain(notes).collect(), left_out })
    }

    /// The document in the form that loads without a mistake: as it was written if that is so, else JSON.
    pub fn normal_form(&self) -> std::borrow::Cow<'_, str> {
        self.contract.document().normal_form()
    }

    /// Whether the normal form says something else than the text.
    pub fn is_altered(&self) -> bool {
        self.contract.document().is_altered()
    }
}
