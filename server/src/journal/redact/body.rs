//! What is kept of a body: its text with each secret masked, or nothing where that cannot be had for certain.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use rescind_specs::MediaType;
use rescind_specs::disguise::MASK;
use zeroize::Zeroizing;

use super::json::{self, Form};
use super::{Masking, Work, pairs, place};
use crate::journal::entry::{Body, Content, Passage, Withheld};
use crate::journal::raw::Captured;

/// Who sent a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A caller.
    Request,
    /// The server.
    Response,
}

/// A body that is masked by its places, and not yet by the secrets that were seen.
pub(super) struct Draft {
    length: u64,
    passage: Passage,
    is_cut: bool,
    text: Result<Zeroizing<String>, Content>,
}

impl Masking<'_> {
    /// Masks the secrets that were seen, those of the other bodies of the exchange among them.
    pub(super) fn finish(&self, draft: Draft) -> Body {
        let content = match draft.text {
            Err(content) => content,
            Ok(text) => {
                let text = self.clean(&text).into_owned();
                if draft.is_cut { Content::Beginning { text } } else { Content::Text { text } }
            }
        };
        Body { length: draft.length, passage: draft.passage, content }
    }
}

impl Work<'_> {
    /// Masks what stands at the places of secrets, and remembers it.
    pub(super) fn body(
        &self,
        side: Side,
        operation: Option<&str>,
        headers: &HeaderMap,
        captured: &Captured,
    ) -> Draft {
        let text = if captured.length == 0 {
            Err(Content::Nothing)
        } else if captured.bytes.is_empty() {
            Err(Content::Withheld { reason: Withheld::NotKept })
        } else {
            self.masked(side, operation, headers, captured).map_err(|reason| Content::Withheld { reason })
        };
        Draft { length: captured.length, passage: captured.passage, is_cut: captured.is_cut(), text }
    }

    fn masked(
        &self,
        side: Side,
        operation: Option<&str>,
        headers: &HeaderMap,
        captured: &Captured,
    ) -> Result<Zeroizing<String>, Withheld> {
        if operation.is_some_and(|operation| match side {
            Side::Request => self.places.is_sent(operation),
            Side::Response => self.places.is_received(operation),
        }) {
            self.taints.add(&String::from_utf8_lossy(&captured.bytes));
            return Err(Withheld::Secret);
        }
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(Withheld::Binary);
        }
        let is_cut = captured.is_cut();
        let text = match std::str::from_utf8(&captured.bytes) {
            Ok(text) => text,
            // A character may have been cut through.
            Err(error) if is_cut && error.error_len().is_none() => {
                std::str::from_utf8(captured.bytes.get(..error.valid_up_to()).unwrap_or_default())
                    .unwrap_or_default()
            }
            Err(_) => return Err(Withheld::Binary),
        };
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Nearly all; the rest is read with more care.
        if matches!(content_type, "application/json" | "application/problem+json") {
            return self.json(text).map(Zeroizing::new);
        }
        let media_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse::<MediaType>().ok());
        let is_json = media_type.as_ref().map_or_else(|| looks_like_json(text), MediaType::is_json);
        if is_json {
            return self.json(text).map(Zeroizing::new);
        }
        let Some(media_type) = media_type else { return Err(Withheld::Undocumented) };
        if media_type.is_form() {
            return Ok(self.form(text, is_cut));
        }
        if media_type.is_multipart_form() {
            return Err(Withheld::Multipart);
        }
        let is_lines = matches!(media_type.subtype(), "x-ndjson" | "ndjson" | "jsonl" | "event-stream");
        if is_lines {
            return Ok(self.lines(text, is_cut));
        }
        // A caller may call JSON a plain text; then it is judged as what it is.
        if looks_like_json(text) {
            return self.json(text).map(Zeroizing::new);
        }
        let is_expected =
            side == Side::Response || operation.is_some_and(|operation| self.places.takes_text(operation));
        if !media_type.is_text() || !is_expected {
            return Err(Withheld::Undocumented);
        }
        Ok(Zeroizing::new(if is_cut { whole_words(text).to_owned() } else { text.to_owned() }))
    }

    fn json(&self, text: &str) -> Result<String, Withheld> {
        match json::form(text) {
            Form::Sound => Ok(json::redact(text, self.places, &mut |secret| self.taints.add(secret))),
            Form::Broken => Err(Withheld::Malformed),
        }
    }

    fn form(&self, text: &str, is_cut: bool) -> Zeroizing<String> {
        for (name, value) in pairs(text) {
            if self.places.is_secret_field(&super::decoded(name)) {
                self.taints.add(&super::decoded(value));
            }
        }
        let text = match text.rsplit_once(['=', '&']) {
            // The last value may be the beginning of a secret.
            Some((_, last)) if is_cut => {
                Cow::Owned(format!("{}{MASK}", text.get(..place(text, last).start).unwrap_or_default()))
            }
            None if is_cut => Cow::Borrowed(MASK),
            _ => Cow::Borrowed(text),
        };
        Zeroizing::new(self.pairs(&text).into_owned())
    }

    /// JSON values line by line, or events whose data is JSON or text.
    fn lines(&self, text: &str, is_cut: bool) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(text.len()));
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\r', '\n']);
            let is_last_cut = is_cut && content.len() == line.len();
            let (field, value) = match content.split_once(": ") {
                Some((field @ ("data" | "event" | "id" | "retry"), value)) => (field, value),
                _ => ("", content),
            };
            if !field.is_empty() {
                out.push_str(field);
                out.push_str(": ");
            }
            match json::form(value) {
                _ if value.is_empty() => {}
                Form::Sound => {
                    out.push_str(&json::redact(value, self.places, &mut |secret| self.taints.add(secret)));
                }
                Form::Broken if !field.is_empty() && !is_last_cut => out.push_str(value),
                Form::Broken => out.push_str(MASK),
            }
            out.push_str(line.get(content.len()..).unwrap_or_default());
        }
        out
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
}

/// The text without its last word, which may be the beginning of a secret.
fn whole_words(text: &str) -> &str {
    text.rfind(char::is_whitespace).and_then(|end| text.get(..end)).unwrap_or_default()
}
