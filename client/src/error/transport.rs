//! Why no whole answer came back.

use std::error::Error as StdError;
use std::fmt;

/// A failure on the way to the deployment or back.
///
/// It holds no URL: that may hold a key.
#[derive(Debug)]
pub struct TransportError {
    source: Source,
    fate: Fate,
}

#[derive(Debug)]
enum Source {
    Http(reqwest::Error),
    Other(Box<dyn StdError + Send + Sync>),
}

/// What became of a request that was not answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was certainly not carried out.
    NotDone,
    /// Nobody knows whether it was carried out.
    Unknown,
}

impl TransportError {
    /// The error of a [`Transport`](crate::Transport) of your own, where the request may have arrived.
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Source::Other(error.into()), fate: Fate::Unknown }
    }

    /// The error of a [`Transport`](crate::Transport) of your own, where the request certainly did not arrive.
    pub fn not_sent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Source::Other(error.into()), fate: Fate::NotDone }
    }

    /// Whether the request certainly did not arrive, such as where no connection was made.
    pub fn is_not_sent(&self) -> bool {
        self.fate == Fate::NotDone
    }

    /// Whether it took too long.
    pub fn is_timeout(&self) -> bool {
        match &self.source {
            Source::Http(error) => error.is_timeout(),
            Source::Other(_) => false,
        }
    }

    pub(crate) fn fate(&self) -> Fate {
        self.fate
    }

    /// Whether nothing was sent because the request is not one.
    pub(crate) fn is_invalid_request(&self) -> bool {
        matches!(&self.source, Source::Http(error) if error.is_builder())
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        match &self.source {
            Source::Http(error) => !error.is_builder() && !error.is_redirect(),
            Source::Other(_) => true,
        }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let never_left = error.is_connect();
        // Browsers do not tell.
        #[cfg(target_arch = "wasm32")]
        let never_left = false;
        let fate = if never_left { Fate::NotDone } else { Fate::Unknown };
        Self { source: Source::Http(error.without_url()), fate }
    }
}

impl fmt::Display for TransportError {
    /// The error and its causes in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next: Option<&(dyn StdError + 'static)> = Some(match &self.source {
            Source::Http(error) => error,
            Source::Other(error) => error.as_ref(),
        });
        let mut separator = "";
        while let Some(error) = next {
            write!(f, "{separator}{error}")?;
            separator = ": ";
            next = error.source();
        }
        Ok(())
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // `Display` tells the error itself; what lies below it is the source.
        match &self.source {
            Source::Http(error) => error.source(),
            Source::Other(error) => error.source(),
        }
    }
}
