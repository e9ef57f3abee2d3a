//! Which exchanges a finding rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::exchange::{Exchange, ExchangeId, OriginKind};

/// Those shown and those that their requests took something from, in the order sent.
pub(super) fn needed<'e>(all: &'e [Arc<Exchange>], shown: &[ExchangeId]) -> Vec<&'e Exchange> {
    let known: BTreeMap<ExchangeId, &Exchange> =
        all.iter().map(|exchange| (exchange.id, &**exchange)).collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<ExchangeId> = shown.to_vec();
    while let Some(id) = open.pop() {
        let Some(exchange) = known.get(&id) else { continue };
        if found.insert(id) {
            open.extend(exchange.request.origins.iter().filter_map(|origin| match &origin.from {
                OriginKind::Response { exchange, .. } => Some(*exchange),
                OriginKind::Supplied(_) => None,
            }));
        }
    }
    found.iter().filter_map(|id| known.get(id).copied()).collect()
}
