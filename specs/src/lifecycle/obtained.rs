//! Values that a call gives right before another one needs them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Condition, Template};

/// Values that a call gives and other calls need, such as a token against forged requests. They are obtained anew for
/// each request that says `$obtained.NAME.VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Obtained {
    /// What it is, in a sentence.
    pub about: String,
    /// The call. As `$credential` it is made by whoever makes the request that needs the values.
    pub call: Call,
    /// Answers that give them.
    pub success: Condition,
    /// Where each is found.
    pub values: IndexMap<String, Template>,
}
