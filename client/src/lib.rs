//! Typed clients of credential APIs, generated from their contracts.
//!
//! One module a contract, each behind a feature of its name. A module has a `Client` with a function for each
//! operation, the `types` of its bodies, and for each operation an enum of its documented failures.
//!
//! ```no_run
//! use rescind_client::dinie::{Client, RevokeCredentialError};
//! use rescind_client::{Credentials, Error};
//!
//! # async fn revoke(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://sandbox.api.dinie.com.br/v3")
//!     .with_credentials(Credentials::new().bearer(token));
//! match client.revoke_credential().client_id("dinie_ci_550e8400e29b41d4a716446655440000").send().await {
//!     Ok(_) => println!("revoked"),
//!     Err(error) => match error.documented() {
//!         Some(RevokeCredentialError::Conflict { body, .. }) => println!("still needed: {}", body.detail),
//!         Some(RevokeCredentialError::NotFound { .. }) => println!("there is no such credential"),
//!         Some(other) => println!("documented, and no success: {other:?}"), // tells the variant
//!         None if error.is_retryable() => println!("again after {:?}", error.retry_after()),
//!         None => return Err(error.into()),
//!     },
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What an answer can be
//! * a documented success: `Ok`, with status, headers and the typed body;
//! * a documented failure: [`Error::Documented`], with the variant of its status;
//! * a documented status with a body that is not as documented: [`Error::Malformed`], with the bytes;
//! * a status that the contract does not document: [`Error::Unexpected`];
//! * none: [`Error::Transport`], or [`Error::InvalidRequest`] where nothing was sent.
//!
//! # What a documented answer holds
//! * One success is `ResponseValue<Body>`, several are `ResponseValue<OperationSuccess>` with a variant each. Where no
//!   2xx is documented, documented redirects are successes; beside one they are variants of the failures. The client
//!   follows none, and one that you bring should follow none (`reqwest::redirect::Policy::none()`): keys would go along.
//! * Documented headers are parsed: [`ResponseValue::typed_headers`] of one success, `headers` of a variant. Each is a
//!   `Result` of its own, so that a malformed header costs nothing but itself.
//! * A response of several media types has an enum of bodies, chosen by `Content-Type`: the closest type wins, then
//!   `image/*`, then `*/*`. An answer of a type that is not documented is tried as JSON where JSON is documented; a
//!   file or a text of an undocumented type is [`Error::Malformed`], with status, headers and body.
//! * JSON has the type of its schema. `text/*` is a `String`. Files, `text/event-stream` and lines of JSON are a
//!   [`ByteStream`], of which nothing is read before it is asked for. XML, YAML and forms are bytes.
//! * Failures are read whole, up to 1 MiB; [`Extent`] tells where one was cut. With a [`Retry`] or a [`CredentialSource`]
//!   every 2xx that does not stream is read whole, however long, before it is known whether it is documented.
//!
//! Enums of answers are exhaustive on purpose: what a later version of the contract documents should be noticed where
//! it is matched. [`Error`] is not, since it is no part of the contract.
//!
//! Whatever came, [`Error`] tells its status, headers and body, what its [problem](Error::problem) is, which
//! [request](Error::request_id) it was, and [when to call again](Error::retry_after).
//!
//! # How it is sent
//! [`Settings`] of a client say: time limits (30 seconds unless told otherwise), [`Retry`], a [`Hook`] for headers and
//! metrics, a [`Transport`] in place of reqwest, a [`CredentialSource`] for credentials that change. With the feature
//! `tracing` each call has a span that is named by its operation.
//!
//! # What callers have to do around the calls
//! Each contract's module has it, in thin functions over the generated ones, with a guide for leaked credentials.
//!
//! # Secrets
//! A [`Secret`] has to be asked for with [`Secret::expose`]; neither it nor [`Credentials`] nor any error prints one. What a
//! deployment says in words may quote what it was sent, so errors print statuses, variants, and codes that look like words
//! of a contract: ask for `Error::problem` or the typed body to read the rest.
//! What the contract's lifecycle document says is an identifier or a secret has a type of its own.

mod chance;
mod clock;
mod credential;
mod dispatch;
mod error;
mod future;
#[rustfmt::skip]
mod generated;
mod header;
mod hook;
mod media_type;
mod nullable;
mod received;
mod request;
mod response;
mod retry;
mod revocation;
mod secret;
mod settings;
mod source;
mod stream;
mod trace;
mod transport;

pub mod support;
pub mod typing;

#[cfg(feature = "dinie")]
pub mod dinie;
#[cfg(feature = "entrytarget")]
pub mod entrytarget;
#[cfg(feature = "shiftagent")]
pub mod shiftagent;
#[cfg(feature = "wattshift")]
pub mod wattshift;

pub use clock::Clock;
#[cfg(all(feature = "tokio", not(target_arch = "wasm32")))]
pub use clock::SystemClock;
pub use credential::{Credential, Credentials};
pub use error::{
    Attempts, Error, Extent, Failure, Malformed, MalformedCause, NoCredentials, Problem, RetryAfter,
    TransportError, Unexpected,
};
pub use future::{BoxFuture, MaybeSend, MaybeSync};
pub use generated::CONTRACTS;
pub use header::HeaderError;
pub use hook::{Hook, Outcome, Sending, Sent};
pub use nullable::Nullable;
pub use request::File;
pub use response::ResponseValue;
pub use retry::{Repeat, Retry};
pub use revocation::Acknowledged;
pub use secret::Secret;
pub use settings::Settings;
pub use source::{CredentialSource, Granted, SourceError};
pub use stream::{ByteStream, StreamError};
pub use transport::Transport;
