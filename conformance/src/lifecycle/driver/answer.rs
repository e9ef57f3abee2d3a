//! What the answer to a call says.

use rescind_specs::Contract;
use rescind_specs::lifecycle::Condition;

use crate::call::Bindings;
use crate::exchange::Exchange;
use crate::lifecycle::history::Seen;

/// What an answer says about a call that has a success condition.
pub(in crate::lifecycle) fn seen(
    contract: &Contract,
    success: &Condition,
    bindings: &Bindings,
    exchange: &Exchange,
) -> Seen {
    if bindings.meets(contract, success, exchange).is_ok() {
        return Seen::Accepted;
    }
    match exchange.status() {
        None => Seen::Unclear(status(exchange)),
        Some(code) if code == 429 || code >= 500 => Seen::Unclear(format!("answered {code}")),
        Some(_) => Seen::Refused,
    }
}

/// The status of an exchange in words.
pub(crate) fn status(exchange: &Exchange) -> String {
    match (&exchange.reply, exchange.status()) {
        (_, Some(status)) => status.to_string(),
        (crate::exchange::Reply::Lost(why), _) => why.clone(),
        (crate::exchange::Reply::Received(_), None) => "nothing".to_owned(),
    }
}
