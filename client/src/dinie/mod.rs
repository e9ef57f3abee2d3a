//! Dinie: client credentials that are exchanged for tokens.
//!
//! [`Client`] has one function for each operation. [`Session`] does what everybody has to do around them: it exchanges
//! the credential for a token, keeps it, renews it before it ends, and uses none any more once the credential is known
//! to be revoked.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use rescind_client::dinie::{Client, Session};
//! use rescind_client::{Retry, Settings, SystemClock};
//!
//! # async fn example(secret: String) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://sandbox.api.dinie.com.br/v3")
//!     .with_settings(Settings::new().retry(Retry::default()));
//! let session = Session::new(&client, "dinie_ci_550e8400e29b41d4a716446655440000".try_into()?, secret, SystemClock);
//!
//! // Keep it: each call presents a token that is good then.
//! let client = session.client();
//! for credential in &client.list_credentials().send().await?.data {
//!     println!("{} is {}", credential.client_id, credential.status);
//! }
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # Replace a leaked credential
//! 1. [`Session::replace`] creates a new one, exchanges it, has you keep it, and revokes the old one with the new one's
//!    token. The new one comes first because the last active credential cannot be revoked (`409`,
//!    `last_active_credential`), and is kept first because its secret is told to nobody but the old one.
//! 2. Give it the same `key` when it is run again after a failure or a crash: for 24 hours the deployment answers with
//!    the credential that it made the first time, secret included, so there is never a second one. Where the new one was
//!    kept, what is left is [`Session::revoke`] of the old one, by a session of the new one.
//! 3. From the revocation on no new token can be had with the leaked credential. Tokens that somebody got with it before
//!    live on, for an hour at most: until then they open everything, and nothing can be done about it.
//!
//! `cargo run --example dinie -- URL` does all of this.

mod replace;
mod session;
mod token;

pub use crate::generated::dinie::*;
pub use replace::{ReplaceError, Replaced};
pub use session::{Ended, Session, SessionError};
