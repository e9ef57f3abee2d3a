//! The hash of the documents of a contract: what tells two versions of a contract apart.

use std::fmt::Write as _;

use rescind_specs::Contract;
use sha2::{Digest as _, Sha256};

/// The hash of both documents, as text: `sha256:…`.
pub fn digest(contract: &Contract) -> String {
    let mut hash = Sha256::new();
    let openapi = contract.document().normal_form();
    // The length in front keeps the two documents apart.
    hash.update(openapi.len().to_le_bytes());
    hash.update(openapi.as_bytes());
    if let Some(lifecycle) = contract.lifecycle_document() {
        hash.update(lifecycle.source().text().as_bytes());
    }
    hash.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use rescind_specs::{Contract, Vendor};

    use super::digest;

    #[test]
    fn contracts_have_different_digests_and_each_keeps_its_own() {
        let of = |vendor| digest(&Contract::of(vendor).unwrap());
        let mut all = Vendor::ALL.map(of);
        assert_eq!(all, Vendor::ALL.map(of));
        all.sort();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
    }
}
