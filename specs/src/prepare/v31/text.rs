//! Numbers and strings: exclusive bounds, and what a string holds.

use serde_json::{Value, json};

use super::{Lowering, schema::Subject};
use crate::MediaType;

impl Lowering<'_> {
    pub(super) fn bounds(&mut self, subject: &mut Subject<'_>) {
        for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            match subject.members.get(exclusive) {
                Some(Value::Number(bound)) => {
                    let stricter = match (bound.as_f64(), subject.out.get(inclusive).and_then(Value::as_f64))
                    {
                        (Some(bound), Some(other)) if inclusive == "minimum" => bound >= other,
                        (Some(bound), Some(other)) => bound <= other,
                        _ => true,
                    };
                    if stricter {
                        subject.set(inclusive, bound.clone());
                        subject.set(exclusive, true);
                    }
                }
                Some(Value::Bool(flag)) => {
                    self.warn_once(
                        &subject.at.join(exclusive),
                        &format!(
                            "`{exclusive}` as a flag is of OpenAPI 3.0; it is carried as it was meant there"
                        ),
                        "write the bound itself in OpenAPI 3.1",
                    );
                    subject.set(exclusive, *flag);
                }
                Some(other) => subject.set(exclusive, other.clone()),
                None => {}
            }
        }
    }

    pub(super) fn content_keywords(&mut self, subject: &mut Subject<'_>) {
        let encoding = subject.text("contentEncoding").map(str::to_ascii_lowercase);
        let media_type: Option<MediaType> =
            subject.text("contentMediaType").and_then(|text| text.parse().ok());
        let format = match encoding.as_deref() {
            Some("base64") => Some("byte"),
            Some("base64url") => Some("base64url"),
            Some("binary") => Some("binary"),
            Some("7bit" | "8bit") => None,
            Some(other) => {
                self.warn_once(
                    &subject.at.join("contentEncoding"),
                    &format!("a string in the encoding `{other}` is carried as it is sent"),
                    "OpenAPI 3.0 knows strings in base64 (`format: byte`) and binary data (`format: binary`)",
                );
                None
            }
            None => media_type.as_ref().is_some_and(is_binary).then_some("binary"),
        };
        if let Some(format) = format
            && !subject.has("format")
        {
            subject.set("format", format);
        }
        if (encoding.is_some() || media_type.is_some()) && !subject.has("type") && !subject.has("$ref") {
            subject.set("type", "string");
        }
        if subject.has("contentSchema") {
            self.warn_once(
                &subject.at.join("contentSchema"),
                "what a string holds is not described in OpenAPI 3.0, so `contentSchema` is left out",
                "describe it in words, or send it as a part of the value",
            );
        }
    }

    /// The body of a media type that is described without a schema; `None` where any JSON value or nothing is meant.
    pub(super) fn body_without_schema(name: &str) -> Option<Value> {
        let media_type: MediaType = name.parse().ok()?;
        if media_type.is_text() {
            return Some(json!({ "type": "string" }));
        }
        is_binary(&media_type).then(|| json!({ "type": "string", "format": "binary" }))
    }
}

/// Whether what is of this type are bytes rather than text or a structure.
pub(super) fn is_binary(media_type: &MediaType) -> bool {
    let text = media_type.to_string();
    !(media_type.is_json()
        || media_type.is_text()
        || media_type.is_form()
        || text.starts_with("multipart/")
        || text.ends_with("/xml")
        || text.ends_with("+xml")
        || text.contains("yaml")
        || text.contains("json"))
        && !media_type.is_range()
}
