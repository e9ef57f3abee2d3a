//! Calls progenitor, and turns everything that can go wrong there into an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use progenitor::{GenerationSettings, Generator, InterfaceStyle, TypeImpl};
use schemars08::schema::{InstanceType, SchemaObject};
use serde_json::Value;

/// Progenitor did not accept the lowered document.
#[derive(Debug, thiserror::Error)]
pub enum ProgenitorError {
    /// The lowered document is no OpenAPI 3.0.
    #[error("the lowered document is not valid OpenAPI 3.0: {0}")]
    Document(serde_json::Error),
    /// Progenitor refused it.
    #[error("progenitor refuses the document: {0}")]
    Refused(String),
    /// Progenitor gave up in a way that it does not report.
    #[error("progenitor stopped on the document: {0}")]
    Stopped(String),
    /// The output does not have the shape this version of the generator knows.
    #[error("progenitor's output is not as known: {0}")]
    Output(String),
}

/// The code that progenitor writes for `document`, as a syntax tree.
pub fn generate(document: &Value) -> Result<syn::File, ProgenitorError> {
    let document: openapiv3::OpenAPI =
        serde_json::from_value(document.clone()).map_err(ProgenitorError::Document)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let text = [TypeImpl::FromStr, TypeImpl::Display];
    settings.with_conversion(string("date-time"), "::jiff::Timestamp", text.into_iter());
    settings.with_conversion(string("date"), "::jiff::civil::Date", text.into_iter());
    // A map with an order gives the same request twice.
    settings.with_map_type("::std::collections::BTreeMap");
    let tokens = quietly(|| Generator::new(&settings).generate_tokens(&document))?
        .map_err(|error| ProgenitorError::Refused(error.to_string()))?;
    syn::parse2(tokens).map_err(|error| ProgenitorError::Output(error.to_string()))
}

fn string(format: &str) -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some(format.to_owned()),
        ..SchemaObject::default()
    }
}

/// Runs `work`; a panic in it becomes an error, without a message of its own.
///
/// The passes take away what is known to stop progenitor. This is the net below them.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, ProgenitorError> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    outcome.map_err(|cause| {
        let text = cause
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "no reason given".to_owned());
        ProgenitorError::Stopped(text)
    })
}
