//! From a contract to what the emitters write: one rewrite a file.
//!
//! What a pass takes away is either given back by an emitter (typed errors, security, optional bodies) or told as a
//! [`Loss`], so that nothing disappears in silence.

mod compose;
mod directions;
mod draft;
mod handles;
mod inline_schemas;
mod loss;
mod multipart;
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
mod status_words;
mod unions;
mod wire_shape;

use rescind_specs::{Contract, Diagnostic};

pub use draft::{
    Body, BodyKind, Call, Draft, Empty, More, Part, PartKind, Payload, Place, Reply, ReplyForm, SchemaSlot,
    Writing,
};
pub use handles::Handle;
pub use loss::Loss;
pub use response_headers::{HeaderField, HeaderSet, HeaderShape, HeaderType};
pub(crate) use secrets::is_secret;
pub use shape::{
    Choice, Definition, Field, Loops, Presence, Rest, Rules, Shape, Struct, TypeRef, Union, Variant, Word,
};
pub(crate) use status_words::words;

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
    handles::run(&mut draft);
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
