//! Forms of parts (RFC 7578), written without holding back what streams.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use reqwest::Body;
use serde::Serialize;
use serde_json::Value;

use super::argument::Argument;
use super::chain::chained;
use super::outgoing::plain;
use crate::chance;

/// A file of a form: its content, whole or as a stream, and what is said of it.
///
/// ```
/// use rescind_client::File;
///
/// let file = File::new("a,b\n1,2\n").name("table.csv").media_type("text/csv");
/// ```
pub struct File {
    content: Body,
    name: Option<String>,
    media_type: Option<String>,
    headers: Vec<(String, String)>,
}

impl File {
    /// A file with this content: text, bytes, or a stream as a [`reqwest::Body`].
    pub fn new(content: impl Into<Body>) -> Self {
        Self { content: content.into(), name: None, media_type: None, headers: Vec::new() }
    }

    /// The same file under a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same file as `media_type`, in the place of the documented one.
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// The same file with one more header on its part.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

/// A file without a name of its own from anything that is a content.
macro_rules! from_content {
    ($($content:ty),*) => {
        $(impl From<$content> for File {
            fn from(content: $content) -> Self {
                Self::new(content)
            }
        })*
    };
}

from_content!(Body, Bytes, String, Vec<u8>, &'static str, &'static [u8]);

/// The parts of a form while they are written.
#[derive(Default)]
pub struct Parts {
    parts: Vec<(String, File)>,
    problem: Option<String>,
}

impl Parts {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    fn fail(&mut self, problem: impl Into<String>) {
        self.problem.get_or_insert(problem.into());
    }

    /// A file; `media_type` is the documented one, which the file may overrule.
    pub fn file(&mut self, name: &str, media_type: &str, argument: Argument<File>) {
        match argument.into_inner() {
            Ok(Some(mut file)) => {
                // A range says what may be sent, not what this file is.
                if file.media_type.is_none() && media_type.contains('*') {
                    self.fail(format!("`{name}` needs a media type within `{media_type}`"));
                }
                file.media_type.get_or_insert_with(|| media_type.to_owned());
                self.parts.push((name.to_owned(), file));
            }
            Ok(None) => {}
            Err(problem) => self.fail(problem),
        }
    }

    /// Several files under one name.
    pub fn files(&mut self, name: &str, media_type: &str, argument: Argument<Vec<File>>) {
        match argument.into_inner() {
            Ok(files) => {
                for file in files.into_iter().flatten() {
                    self.file(name, media_type, Argument::starting(file));
                }
            }
            Err(problem) => self.fail(problem),
        }
    }

    /// A file that the contract does not name.
    pub fn other(&mut self, name: String, file: File) {
        self.parts.push((name, file));
    }

    /// A value of the contract: text as it is, or JSON where `media_type` says so.
    pub fn value<T: Serialize>(&mut self, name: &str, media_type: Option<&str>, argument: &Argument<T>) {
        if let Some(value) = self.json(name, argument) {
            self.push(name, media_type, &value);
        }
    }

    /// A list, each of whose items is a part of its own.
    pub fn values<T: Serialize>(&mut self, name: &str, media_type: Option<&str>, argument: &Argument<T>) {
        match self.json(name, argument) {
            Some(Value::Array(items)) => items.iter().for_each(|item| self.push(name, media_type, item)),
            Some(value) => self.push(name, media_type, &value),
            None => {}
        }
    }

    fn json<T: Serialize>(&mut self, name: &str, argument: &Argument<T>) -> Option<Value> {
        let value = match argument.get() {
            Ok(value) => value?,
            Err(problem) => {
                self.fail(problem);
                return None;
            }
        };
        match serde_json::to_vec(value).and_then(|text| serde_json::from_slice(&text)) {
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(cause) => {
                self.fail(format!("`{name}` cannot be written: {cause}"));
                None
            }
        }
    }

    fn push(&mut self, name: &str, media_type: Option<&str>, value: &Value) {
        let is_json = media_type.is_some_and(|media_type| media_type.contains("json"));
        let text = if is_json { value.to_string() } else { plain(value) };
        let mut file = File::new(text);
        file.media_type = media_type.map(str::to_owned);
        self.parts.push((name.to_owned(), file));
    }

    /// The media type with its boundary, and the body.
    pub(super) fn finish(self) -> Result<(String, Body), String> {
        self.bounded(&boundary())
    }

    fn bounded(self, boundary: &str) -> Result<(String, Body), String> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let mut pieces = VecDeque::new();
        for (name, file) in self.parts {
            pieces.push_back(Body::from(head(boundary, &name, &file)?));
            pieces.push_back(file.content);
            pieces.push_back(Body::from("\r\n"));
        }
        pieces.push_back(Body::from(format!("--{boundary}--\r\n")));
        Ok((format!("multipart/form-data; boundary={boundary}"), chained(pieces)?))
    }
}

/// The lines before the content of a part.
fn head(boundary: &str, name: &str, file: &File) -> Result<String, String> {
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
    if let Some(name) = &file.name {
        head.push_str("; filename=\"");
        head.push_str(&quoted(name));
        head.push('"');
    }
    head.push_str("\r\n");
    let media_type = file.media_type.as_ref().map(|media_type| ("Content-Type", media_type));
    let headers = file.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (header, value) in media_type.into_iter().chain(headers) {
        let plain = |text: &str| !text.chars().any(char::is_control);
        if !plain(value)
            || header.is_empty()
            || !header.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        {
            return Err(format!("a header of part `{name}` holds characters that it cannot carry"));
        }
        head.push_str(header);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    Ok(head)
}

/// A name between quotes, as browsers write it: RFC 7578 §5.1 leaves no backslash to rely on.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A line that no content holds by chance.
fn boundary() -> String {
    format!("{:016x}{:016x}", chance::number(), chance::number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_cannot_break_out_of_its_headers() {
        let file = || File::new("x");
        assert_eq!(
            head("b", "a\"\r\nc", &file().name("ü\".png")).unwrap(),
            "--b\r\nContent-Disposition: form-data; name=\"a%22%0D%0Ac\"; filename=\"ü%22.png\"\r\n\r\n"
        );
        for file in [file().media_type("a/b\r\nX: y"), file().header("X\r\n", "y"), file().header("X", "y\n")]
        {
            assert!(head("b", "a", &file).is_err());
        }
    }

    #[test]
    fn no_two_boundaries_are_alike() {
        assert_ne!(boundary(), boundary());
        assert_eq!(boundary().len(), 32);
    }

    #[test]
    fn the_length_is_known_where_all_parts_have_one() {
        let mut parts = Parts::new();
        parts.file("a", "text/plain", Argument::starting(File::new("12345")));
        parts.values("b", None, &Argument::starting(vec![1, 2]));
        parts.value("c", Some("application/json"), &Argument::starting("x"));
        let (_, body) = parts.bounded("b").unwrap();
        let head = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n".len();
        assert!(http_body::Body::size_hint(&body).exact().unwrap() > head as u64);
    }
}
