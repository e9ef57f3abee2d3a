//! The whole result as JSON, and the JSON Schema of it.

use std::io::{self, Write};

use serde_json::Value;

use super::Report;

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// The JSON Schema of what [`write()`] writes.
pub fn schema() -> Value {
    schemars::schema_for!(Report).to_value()
}

/// A schema as it is committed and printed.
pub fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}
