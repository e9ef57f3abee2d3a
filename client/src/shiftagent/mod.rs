//! ShiftAgent: vaulted credentials that repositories refer to, and that cannot be deleted as long as one does.
//!
//! [`Client`] has one function for each operation. A [`Rotation`] puts one credential in the place of another without a
//! moment in which a repository has none: it registers the new one, lets every repository refer to it, and deletes the
//! old one. It can be kept as JSON and taken up again after a crash.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use rescind_client::shiftagent::{Client, Rotation};
//! use rescind_client::{Credentials, Retry, Settings};
//!
//! # async fn example(service_key: String, fresh: String) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://shiftagent.example.com")
//!     .with_credentials(Credentials::new().bearer(service_key))
//!     .with_settings(Settings::new().retry(Retry::default()));
//! let old = "crd_01hzx8gitmain".try_into()?;
//! let mut rotation = Rotation::new(old, "git-main-token-2026-12", "git_pat", "rotation-of-2026-12");
//! let save = |rotation: &Rotation| std::fs::write("rotation.json", serde_json::to_vec(rotation)?);
//! let new = rotation.run(&client, &fresh.into(), save).await?;
//! println!("repositories use {new} now");
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # Replace a leaked credential
//! 1. Make another secret at the system that the credential is for, such as the git server.
//! 2. Run a [`Rotation`] with it. If it stops, run it again with what was kept: the new credential is not made twice, and
//!    what has been done is not done again.
//! 3. Take the leaked secret back at the system that it is for. Deleting the credential destroys what lies in the vault,
//!    and nothing that somebody copied from elsewhere; a sync that has begun may still use it.
//!
//! A leaked *service key* (`sk_int_…`) cannot be replaced over this API: whoever runs the deployment revokes it, and then
//! every operation answers `401`. Tokens that were exchanged for it live for up to an hour.
//!
//! `cargo run --example shiftagent -- URL` does all of this.

mod rotation;
mod step;

pub use crate::generated::shiftagent::*;
pub use rotation::{Rotation, RotationError};
pub use step::Step;
