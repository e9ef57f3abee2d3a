//! Why no whole answer came back.

use std::error::Error as StdError;
use std::fmt;

use reqwest::Url;

use super::Attempts;

/// A failure on the way to the deployment or back.
///
/// It holds no URL: that may hold a key.
#[derive(Debug)]
pub struct TransportError {
    source: Source,
    /// What became of the last time that the request was sent.
    fate: Fate,
    attempts: Attempts,
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
        Self::first(Source::Other(without_url(error.into())), Fate::Unknown)
    }

    /// The error of a [`Transport`](crate::Transport) of your own, where the request certainly did not arrive.
    pub fn not_sent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::first(Source::Other(without_url(error.into())), Fate::NotDone)
    }

    fn first(source: Source, fate: Fate) -> Self {
        Self { source, fate, attempts: Attempts::FIRST }
    }

    /// The same failure without the URL of its request, which the error of a transport of one's own may repeat.
    pub(crate) fn without(self, url: &Url) -> Self {
        let Source::Other(error) = &self.source else { return self };
        let text = self.to_string();
        let repeats = |text: &str| text.contains(url.as_str());
        if !repeats(&text) && !repeats(&format!("{error:?}")) {
            return self;
        }
        let text = text.replace(url.as_str(), "its URL");
        Self { source: Source::Other(Box::new(Within(text))), ..self }
    }

    /// The same failure, as the last one of `attempts`.
    pub(crate) fn last_of(self, attempts: Attempts) -> Self {
        Self { attempts, ..self }
    }

    /// Whether the request certainly did not arrive, such as where no connection was made. If it was sent several times,
    /// then none of them was carried out.
    pub fn is_not_sent(&self) -> bool {
        self.fate == Fate::NotDone && !self.attempts.may_have_happened()
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> Attempts {
        self.attempts
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

/// What is said of an error whose words may repeat the URL.
#[derive(Debug)]
struct Within(String);

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Within {}

/// The error, unless reqwest's is among its causes: then what lies below that.
fn without_url(error: Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error.as_ref());
    while let Some(cause) = next {
        if let Some(known) = cause.downcast_ref::<reqwest::Error>() {
            let mut text =
                if known.is_timeout() { "the HTTP client timed out" } else { "the HTTP client failed" }
                    .to_owned();
            let mut below = known.source();
            while let Some(cause) = below {
                text.push_str(": ");
                text.push_str(&cause.to_string());
                below = cause.source();
            }
            return Box::new(Within(text));
        }
        next = cause.source();
    }
    error
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let never_left = error.is_connect();
        // Browsers do not tell.
        #[cfg(target_arch = "wasm32")]
        let never_left = false;
        let fate = if never_left { Fate::NotDone } else { Fate::Unknown };
        Self::first(Source::Http(error.without_url()), fate)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a service failed: {0}")]
    struct Wrapped(#[source] reqwest::Error);

    #[tokio::test]
    async fn an_error_within_another_one_shows_no_url_either() {
        let error = reqwest::Client::new().get("http://127.0.0.1:1/keys/planted").send().await.unwrap_err();
        assert!(error.to_string().contains("planted"));
        let error = TransportError::new(Wrapped(error));
        let text = format!("{error} {error:?}");
        assert!(!text.contains("planted") && text.contains("the HTTP client failed: "), "{text}");
    }

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Transparent(#[from] reqwest::Error);

    #[tokio::test]
    async fn nor_does_one_that_speaks_with_the_words_of_another() {
        let url: Url = "http://127.0.0.1:1/keys/planted?key=planted".parse().unwrap();
        let error = reqwest::Client::new().get(url.clone()).send().await.unwrap_err();
        let error = TransportError::new(Transparent(error));
        assert!(error.to_string().contains("planted"));
        let error = error.without(&url);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("planted") && text.contains("its URL"), "{text}");
        let other = TransportError::new("the network is down").without(&url);
        assert_eq!(other.to_string(), "the network is down");
    }
}
