//! From a contract to a document that progenitor accepts: one rewrite a file.
//!
//! What a pass takes away is either given back by an emitter (typed errors, security, optional bodies) or told as a
//! [`Loss`], so that nothing disappears in silence.

mod compose;
mod directions;
mod document;
mod draft;
mod inline_schemas;
mod loss;
mod nullable_roots;
mod operation_names;
mod parameters;
mod request_bodies;
mod response_headers;
mod responses;
mod schema_keywords;
mod schema_names;
mod secrets;
mod shape;
mod shapes;
mod unions;

use rescind_specs::{Contract, Diagnostic};

pub use document::document;
pub(crate) use document::{stand_ins, words};
pub use draft::{Body, BodyKind, Call, Draft, Payload, Place, Reply, ReplyForm, SchemaSlot};
pub use loss::Loss;
pub use response_headers::{HeaderField, HeaderSet, HeaderShape, HeaderType};
pub use shape::{
    Choice, Definition, Field, Loops, Presence, Rest, Rules, Shape, Struct, TypeRef, Union, Variant, Word,
};

/// Runs all passes over `contract`.
///
/// # Errors
/// Diagnostics for what no pass can carry and no client can do without.
pub fn lower(contract: &Contract) -> Result<Draft<'_>, Vec<Diagnostic>> {
    let mut draft = Draft::new(contract);
    operation_names::run(&mut draft);
    // Names first: every later pass refers to a schema by the name that it has in the output.
    schema_names::run(&mut draft)?;
    parameters::run(&mut draft);
    request_bodies::run(&mut draft);
    responses::run(&mut draft);
    schema_keywords::run(&mut draft);
    secrets::run(&mut draft);
    inline_schemas::run(&mut draft);
    compose::run(&mut draft);
    // Now that each object has all of its members.
    directions::run(&mut draft);
    nullable_roots::run(&mut draft);
    shapes::run(&mut draft);
    draft.losses.sort();
    draft.losses.dedup();
    Ok(draft)
}
