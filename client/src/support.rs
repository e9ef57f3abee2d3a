//! What generated clients stand on. Generated code calls it; other code has no need to.
//!
//! Generated code outside of this crate names these further crates: `jiff`, `regress`, `serde`, `serde_json`, and
//! `uuid` where the document has strings of `format: uuid`.

pub use bytes::Bytes;
pub use reqwest;
pub use reqwest::Method;
pub use reqwest::header::HeaderMap;

pub use crate::request::{Argument, File, Outgoing, Parts, Style, as_is};

pub use crate::__rescind_client_spanned as spanned;
pub use crate::dispatch::Core;
pub use crate::header::{Members, Shape, optional as optional_header, required as required_header};
pub use crate::media_type::Form;
pub use crate::received::{Decoded, Failed, Received};
pub use crate::secret::Secret;
pub use crate::settings::Settings;
pub use crate::stream::ByteStream;

#[cfg(feature = "tracing")]
#[doc(hidden)]
pub use tracing;

use crate::credential::Credential;

/// A security scheme that an operation asks for.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// `Authorization: Basic`.
    Basic {
        /// Name of the scheme.
        name: &'static str,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// Name of the scheme.
        name: &'static str,
    },
    /// An API key in a header.
    Header {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the header.
        key: &'static str,
    },
    /// An API key in the query.
    Query {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the query parameter.
        key: &'static str,
    },
    /// An API key in a cookie.
    Cookie {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the cookie.
        key: &'static str,
    },
    /// A scheme that this crate cannot fill.
    Other {
        /// Name of the scheme.
        name: &'static str,
    },
}

impl Scheme {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Basic { name }
            | Self::Bearer { name }
            | Self::Header { name, .. }
            | Self::Query { name, .. }
            | Self::Cookie { name, .. }
            | Self::Other { name } => name,
        }
    }

    /// Whether `credential` is of the kind that the scheme takes.
    pub(crate) fn takes(&self, credential: &Credential) -> bool {
        matches!(
            (self, credential),
            (Self::Basic { .. }, Credential::Basic { .. })
                | (Self::Bearer { .. }, Credential::Bearer(_))
                | (Self::Header { .. } | Self::Query { .. } | Self::Cookie { .. }, Credential::ApiKey(_))
        )
    }
}
