//! What was documented of a contract's operations, and what was seen of it.

use crate::report::{ContractReport, OperationCoverage};

/// How many operations were called, and how many documented responses were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) operations: (usize, usize),
    pub(super) responses: (usize, usize),
}

impl Seen {
    pub(super) fn of(contract: &ContractReport) -> Self {
        contract.operations.iter().fold(Self::default(), |mut seen, operation| {
            seen.operations.0 += usize::from(!operation.received.is_empty());
            seen.operations.1 += 1;
            seen.responses.0 += operation.documented.iter().filter(|key| was_seen(operation, key)).count();
            seen.responses.1 += operation.documented.len();
            seen
        })
    }
}

/// Whether the operation was answered with a success that is documented.
pub(super) fn succeeded(operation: &OperationCoverage) -> bool {
    let success = |key: &String| key.starts_with('2') && was_seen(operation, key);
    operation.documented.iter().any(success)
}

/// Whether an answer fell under that response key: its own status first, then its range, then `default`.
fn was_seen(operation: &OperationCoverage, key: &str) -> bool {
    let documented = |text: &str| operation.documented.iter().any(|key| key.eq_ignore_ascii_case(text));
    operation.received.iter().any(|(status, _)| {
        let exact = status.to_string();
        let range = format!("{}XX", status / 100);
        let falls_under = if documented(&exact) {
            exact
        } else if documented(&range) {
            range
        } else {
            "default".to_owned()
        };
        falls_under.eq_ignore_ascii_case(key)
    })
}
