//! EntryTarget: pairs of a key and a secret that are registered at a ledger and revoked by each other.
//!
//! [`Client`] has one function for each operation. [`Client::register`] and [`Client::revoke`] know what a repeated call
//! means, and that a revoked pair may be accepted for five minutes.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use rescind_client::entrytarget::{Client, Pair};
//! use rescind_client::{Clock, Retry, Settings, SystemClock};
//!
//! # async fn example(fresh: Pair, leaked: Pair) -> Result<(), Box<dyn std::error::Error>> {
//! let ledger =
//!     Client::new("http://ledger.example:8080").with_settings(Settings::new().retry(Retry::default()));
//! ledger.register(&fresh).await?;
//! let revocation = ledger.acting_as(&fresh).revoke(&leaked.api_key, &SystemClock).await?;
//! // Until then whoever has the pair may get in.
//! println!("for sure from {}", revocation.accepted_until);
//! SystemClock.sleep(revocation.remaining(SystemClock.now())).await;
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # Replace a leaked credential
//! 1. Have the vendor's console make another pair and [register](Client::register) it; that takes no credential. A lost
//!    answer does no harm: if a repeat finds the key taken, the pair is tried.
//! 2. Let your services use the new pair.
//! 3. [Revoke](Client::revoke) the leaked one with the new one. Every pair can revoke every other, so do it before the
//!    leaked pair revokes yours.
//! 4. Until [`Revocation::accepted_until`] the leaked pair may be accepted, and may revoke others: an instance remembers
//!    for up to five minutes whom it has accepted. Only after that look through what was done with it.
//! 5. Where the API is out of reach, `active = false` in the row of table `api_credential` does the same, within the same
//!    five minutes.
//!
//! `cargo run --example entrytarget -- URL` does all of this.

mod pair;
mod revoke;

pub use crate::generated::entrytarget::*;
pub use pair::{Pair, Registered};
pub use revoke::{Revocation, WINDOW};
