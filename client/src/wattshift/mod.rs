//! WattShift: sandbox keys for agents, which revoke themselves.
//!
//! [`Client`] has one function for each operation. Whether a key was issued stands in the body of a `200`, beside many
//! members that may be missing; [`Client::issue`] makes an [`Outcome`] of it, which says what there is.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use rescind_client::wattshift::types::CreateAgentCredentialRequestDto;
//! use rescind_client::wattshift::{Client, Outcome};
//! use rescind_client::{Retry, Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client =
//!     Client::new("https://api.wattshift.com").with_settings(Settings::new().retry(Retry::default()));
//! let request = CreateAgentCredentialRequestDto::builder()
//!     .organization_name("Example Ltd")
//!     .user_name("Ada Example")
//!     .assignment("Try out a sandbox key.")
//!     .requested_scopes(vec!["homes".try_into()?]);
//! match client.issue(request).await? {
//!     Outcome::Issued(issued) => {
//!         let homes = issued.client(&client).list_homes().send().await?;
//!         println!("{} homes", homes.len());
//!         issued.revoke(&client).await?;
//!     }
//!     Outcome::NeedsMoreInfo(notice) => println!("asked for more: {}", notice.next_steps),
//!     Outcome::RateLimited { delay, .. } => println!("again after {delay:?}"),
//!     Outcome::ProductionDenied(notice) => println!("not for production: {}", notice.next_steps),
//! }
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # Replace a leaked credential
//! 1. Ask for another key with [`Client::issue`]. Nothing makes this call harmless to repeat: if its answer is lost there
//!    may be a key that nobody knows, and it expires by itself. So it is sent once, whatever the settings say.
//! 2. Revoke the leaked one with [`Issued::revoke`], or with [`Client::revoke_itself`] where only its id and secret are
//!    at hand: it revokes itself, so both are needed. It is refused from the answer on.
//! 3. A key that was lost, and not leaked, cannot be revoked. It ends at its `expires_at`.
//!
//! `cargo run --example wattshift -- URL` does all of this.

mod outcome;
mod revoke;

pub use crate::generated::wattshift::*;
pub use outcome::{IssueError, Issued, Notice, Outcome};
