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
            seen.responses.0 += operation.documented.iter().filter(|key| operation.was_seen(key)).count();
            seen.responses.1 += operation.documented.len();
            seen
        })
    }
}

/// Whether the operation was answered with a success that is documented.
pub(super) fn succeeded(operation: &OperationCoverage) -> bool {
    let success = |key: &String| key.starts_with('2') && operation.was_seen(key);
    operation.documented.iter().any(success)
}
