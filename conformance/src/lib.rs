//! Judges any deployment of a credential API against its contract.
