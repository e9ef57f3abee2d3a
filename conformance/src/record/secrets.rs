//! Secrets that the run itself never held: tokens and other values that an answer is documented to show as secrets.

use std::collections::BTreeSet;
use std::sync::Arc;

use rescind_specs::Contract;
use serde_json::Value;

use crate::check::response::no_secret_leak::remove_documented;
use crate::check::response::{Answer, Secrets};
use crate::exchange::Exchange;
use crate::redact::Redactor;

/// Shorter values are words that stand elsewhere by chance, as in documented examples.
const SHORTEST: usize = 8;

/// Lets the redactor know of everything that an answer is documented to show as a secret.
pub(super) fn learn(contract: &Contract, exchanges: &[Arc<Exchange>], redactor: &Redactor) {
    let none = Secrets::new(&BTreeSet::new());
    for exchange in exchanges {
        let Some(answer) = Answer::of(contract, exchange, &none) else { continue };
        let Some(before) = answer.response.json() else { continue };
        let mut after = before.clone();
        remove_documented(&answer, &mut after);
        taint_removed(&before, &after, redactor);
    }
}

/// Taints the texts of one value that the other lacks.
fn taint_removed(before: &Value, after: &Value, redactor: &Redactor) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                taint_removed(value, after.get(name).unwrap_or(&Value::Null), redactor);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (before, after) in before.iter().zip(after) {
                taint_removed(before, after, redactor);
            }
        }
        (before, Value::Null) => taint(before, redactor),
        _ => {}
    }
}

fn taint(value: &Value, redactor: &Redactor) {
    match value {
        Value::String(text) if text.len() >= SHORTEST => redactor.taint(text),
        Value::Array(items) => items.iter().for_each(|item| taint(item, redactor)),
        Value::Object(members) => members.values().for_each(|member| taint(member, redactor)),
        _ => {}
    }
}
