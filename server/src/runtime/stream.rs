//! A body that is written while it is sent: a download, a feed of events, JSON values line by line.

use std::fmt;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use serde::Serialize;

use super::BoxError;

/// A body of bytes that need not be known when the answer begins.
pub struct StreamBody(Body);

/// One event of a `text/event-stream`.
///
/// Source: HTML Living Standard, Server-sent events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its kind; `None` for the kind `message`.
    pub event: Option<String>,
    /// What a caller that comes back sends as `Last-Event-ID`.
    pub id: Option<String>,
    /// What it says.
    pub data: String,
}

impl Event {
    /// An event of no particular kind.
    pub fn new(data: impl Into<String>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// An event whose data is a JSON text.
    pub fn json(data: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_string(data).map(Self::new)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        };
        // A line break would begin a field of its own.
        let plain = |value: &str| value.replace(['\r', '\n', '\0'], " ");
        if let Some(event) = &self.event {
            line("event", &plain(event));
        }
        if let Some(id) = &self.id {
            line("id", &plain(id));
        }
        for part in self.data.replace("\r\n", "\n").split(['\r', '\n']) {
            line("data", part);
        }
        text.push('\n');
        text
    }
}

impl StreamBody {
    /// The bytes of a stream as they come. An error ends the connection, so that the caller notices.
    pub fn new<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes> + 'static,
        E: Into<BoxError> + 'static,
    {
        Self(Body::from_stream(stream))
    }

    /// Each value as one line of JSON, for `application/x-ndjson` and its like.
    pub fn json_lines<S, T>(stream: S) -> Self
    where
        S: Stream<Item = T> + Send + 'static,
        T: Serialize + 'static,
    {
        Self::new(stream.map(|value| {
            serde_json::to_vec(&value).map(|mut line| {
                line.push(b'\n');
                line
            })
        }))
    }

    /// Each event, for `text/event-stream`.
    pub fn events<S>(stream: S) -> Self
    where
        S: Stream<Item = Event> + Send + 'static,
    {
        Self::new(stream.map(|event| Ok::<_, BoxError>(event.text())))
    }

    /// The body as the web framework has it.
    pub fn into_inner(self) -> Body {
        self.0
    }
}

impl fmt::Debug for StreamBody {
    /// Never the bytes, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.size_hint().exact() {
            Some(length) => write!(f, "StreamBody({length} bytes)"),
            None => f.write_str("StreamBody"),
        }
    }
}

impl From<Body> for StreamBody {
    fn from(body: Body) -> Self {
        Self(body)
    }
}

impl From<Bytes> for StreamBody {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for StreamBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for StreamBody {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for StreamBody {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

/// A body of a media type that the document leaves open.
#[derive(Debug)]
pub struct OpenBody {
    /// The value of `Content-Type`, within the documented range.
    pub media_type: String,
    /// The bytes.
    pub body: StreamBody,
}

impl OpenBody {
    /// A body of that media type.
    pub fn new(media_type: impl Into<String>, body: impl Into<StreamBody>) -> Self {
        Self { media_type: media_type.into(), body: body.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_to_its_lines() {
        let event = Event { event: Some("a\nb".into()), id: None, data: "x\r\ny\nz".into() };
        assert_eq!(event.text(), "event: a b\ndata: x\ndata: y\ndata: z\n\n");
    }
}
