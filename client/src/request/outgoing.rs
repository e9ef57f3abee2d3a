//! A request while it is written.

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request};
use serde::Serialize;
use serde_json::Value;

use super::argument::Argument;
use super::base::Base;
use super::multipart::Parts;
use super::style::{Secrecy, Style, Unwritable};
use super::{body, style};
use crate::error::Error;
use crate::support::Core;

/// A request that is written piece by piece. The first thing that is wrong with it is told at its end.
pub struct Outgoing {
    method: Method,
    base: Arc<Base>,
    url: String,
    query: String,
    headers: HeaderMap,
    cookies: String,
    body: Option<Body>,
    problem: Option<String>,
}

/// A value that is sent as it was given.
pub fn as_is<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

impl Outgoing {
    /// A request to the deployment of `core`, whose answer may have one of the media types `accept`.
    pub fn new(core: &Core, method: Method, accept: &str) -> Self {
        let mut request = Self {
            method,
            base: Arc::clone(core.base()),
            url: room(core.base_url()),
            query: String::new(),
            headers: HeaderMap::new(),
            cookies: String::new(),
            body: None,
            problem: None,
        };
        request.put("Accept", ACCEPT, accept, Secrecy::Plain);
        request
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    /// The value of an argument as JSON, which `style` starts from.
    fn value<T: Serialize>(&mut self, name: &str, style: Style, argument: &Argument<T>) -> Option<Value> {
        match argument.get() {
            Ok(None) => None,
            Ok(Some(value)) => {
                // By way of text, which writes a `f32` with no more digits than it has.
                let json = serde_json::to_string(value).and_then(|text| match text.as_bytes() {
                    // A number or a boolean, which these styles write as it stands here.
                    [b'-' | b'0'..=b'9' | b't' | b'f', ..] if !style.is_json() => Ok(Value::String(text)),
                    _ => serde_json::from_str(&text),
                });
                match json {
                    Ok(json) => Some(json),
                    Err(cause) => {
                        self.fail(format!("`{name}` cannot be written: {cause}"));
                        None
                    }
                }
            }
            Err(problem) => {
                let problem = problem.to_owned();
                self.fail(problem);
                None
            }
        }
    }

    /// A part of the path that always stands there.
    pub fn literal(&mut self, text: &str) {
        self.url.push_str(text);
    }

    /// A parameter of the path.
    pub fn path<T: Serialize>(&mut self, name: &str, style: Style, argument: &Argument<T>) {
        let Some(value) = self.value(name, style, argument) else { return };
        match style.path(name, &value) {
            Ok(text) => self.url.push_str(&text),
            Err(Unwritable(why)) => self.fail(format!("`{name}` {why}")),
        }
    }

    /// A parameter of the query.
    pub fn query<T: Serialize>(&mut self, name: &str, style: Style, argument: &Argument<T>) {
        if let Some(value) = self.value(name, style, argument).filter(|value| !value.is_null()) {
            style.query(name, &value, &mut self.query);
        }
    }

    /// A parameter of the query without a value: `allowEmptyValue`.
    pub fn empty_query(&mut self, name: &str) {
        Style::form().query(name, &Value::String(String::new()), &mut self.query);
    }

    /// A header.
    pub fn header<T: Serialize>(&mut self, name: &str, style: Style, argument: &Argument<T>) {
        let Some(value) = self.value(name, style, argument).filter(|value| !value.is_null()) else { return };
        match (style.header(&value), HeaderName::from_bytes(name.as_bytes())) {
            (Ok(Some(text)), Ok(header)) => self.put(name, header, &text, style.secrecy()),
            (Ok(None), _) => {}
            (Ok(_), Err(_)) => self.fail(format!("`{name}` is not the name of a header")),
            (Err(Unwritable(why)), _) => self.fail(format!("`{name}` {why}")),
        }
    }

    fn put(&mut self, name: &str, header: HeaderName, text: &str, secrecy: Secrecy) {
        match HeaderValue::from_bytes(text.as_bytes()) {
            Ok(mut value) => {
                value.set_sensitive(secrecy == Secrecy::Secret);
                self.headers.insert(header, value);
            }
            Err(_) => self.fail(format!("`{name}` holds characters that a header cannot carry")),
        }
    }

    /// A cookie.
    pub fn cookie<T: Serialize>(&mut self, name: &str, style: Style, argument: &Argument<T>) {
        if let Some(value) = self.value(name, style, argument).filter(|value| !value.is_null()) {
            style.cookie(name, &value, &mut self.cookies);
        }
    }

    /// Takes a body out of its argument, with its media type.
    fn take<T>(&mut self, media_type: &str, argument: Argument<T>) -> Option<T> {
        match argument.into_inner() {
            Ok(None) => None,
            Ok(Some(body)) => {
                self.put("Content-Type", CONTENT_TYPE, media_type, Secrecy::Plain);
                Some(body)
            }
            Err(problem) => {
                self.fail(problem);
                None
            }
        }
    }

    fn finished<B, T, C: Display>(
        &mut self,
        name: &str,
        body: B,
        finish: impl FnOnce(B) -> Result<T, C>,
    ) -> Option<T> {
        finish(body).map_err(|cause| self.fail(format!("`{name}` is not complete: {cause}"))).ok()
    }

    /// A JSON body.
    pub fn json<B, T: Serialize, C: Display>(
        &mut self,
        name: &str,
        media_type: &str,
        argument: Argument<B>,
        finish: impl FnOnce(B) -> Result<T, C>,
    ) {
        let Some(body) = self.take(media_type, argument) else { return };
        let Some(body) = self.finished(name, body, finish) else { return };
        match serde_json::to_vec(&body) {
            Ok(text) => self.body = Some(text.into()),
            Err(cause) => self.fail(format!("`{name}` cannot be written: {cause}")),
        }
    }

    /// An urlencoded form; members that `styles` does not name are written as the default says: lists item by item,
    /// objects as JSON.
    pub fn form<B, T: Serialize, C: Display>(
        &mut self,
        name: &str,
        styles: &[(&str, Style)],
        argument: Argument<B>,
        finish: impl FnOnce(B) -> Result<T, C>,
    ) {
        let Some(body) = self.take("application/x-www-form-urlencoded", argument) else { return };
        let Some(body) = self.finished(name, body, finish) else { return };
        match serde_json::to_vec(&body).and_then(|text| serde_json::from_slice(&text)) {
            Ok(Value::Object(members)) => self.body = Some(body::form(&members, styles).into()),
            Ok(_) => self.fail(format!("`{name}` has no members that a form could hold")),
            Err(cause) => self.fail(format!("`{name}` cannot be written: {cause}")),
        }
    }

    /// A text.
    pub fn text(&mut self, media_type: &str, argument: Argument<String>) {
        if let Some(body) = self.take(media_type, argument) {
            self.body = Some(body.into());
        }
    }

    /// Bytes, whole or as a stream.
    pub fn bytes(&mut self, media_type: &str, argument: Argument<Body>) {
        if let Some(body) = self.take(media_type, argument) {
            self.body = Some(body);
        }
    }

    /// Bytes of a media type that the caller chose within `range`.
    pub fn within(&mut self, name: &str, range: &str, argument: Argument<(String, Body)>) {
        let chosen = argument.into_inner();
        let chosen = match chosen {
            Ok(None) => return,
            Ok(Some(chosen)) => chosen,
            Err(problem) => return self.fail(problem),
        };
        let (media_type, body) = chosen;
        if !body::is_within(&media_type, range) {
            return self.fail(format!("`{name}` needs a media type within `{range}`"));
        }
        self.put("Content-Type", CONTENT_TYPE, &media_type, Secrecy::Plain);
        self.body = Some(body);
    }

    /// A form of parts.
    pub fn multipart<P>(&mut self, argument: Argument<P>, write: impl FnOnce(P) -> Parts) {
        let parts = match argument.into_inner() {
            Ok(None) => return,
            Ok(Some(body)) => write(body),
            Err(problem) => return self.fail(problem),
        };
        match parts.finish() {
            Ok((media_type, body)) => {
                self.put("Content-Type", CONTENT_TYPE, &media_type, Secrecy::Plain);
                self.body = Some(body);
            }
            Err(problem) => self.fail(problem),
        }
    }

    /// Tells that a body is missing, unless one was written.
    pub fn require_body(&mut self, name: &str) {
        if self.body.is_none() {
            self.fail(format!("`{name}` is required and was not given"));
        }
    }

    /// The request as it is sent.
    ///
    /// # Errors
    /// The first thing that was wrong with it.
    pub fn finish<E>(mut self) -> Result<Request, Error<E>> {
        if !self.cookies.is_empty() {
            let cookies = std::mem::take(&mut self.cookies);
            self.put("Cookie", COOKIE, &cookies, Secrecy::Secret);
        }
        if let Some(problem) = self.problem {
            return Err(Error::InvalidRequest(problem));
        }
        if !self.query.is_empty() {
            // The template of a path may have a query of its own.
            self.url.push(if self.url.contains('?') { '&' } else { '?' });
            self.url.push_str(&self.query);
        }
        // The URL itself is left out: it may hold a secret.
        let url = self
            .base
            .url(&self.url)
            .map_err(|cause| Error::InvalidRequest(format!("the URL cannot be built: {cause}")))?;
        let mut request = Request::new(self.method, url);
        *request.headers_mut() = self.headers;
        *request.body_mut() = self.body;
        Ok(request)
    }
}

/// `base` with room for the path of most operations and their queries.
fn room(base: &str) -> String {
    let mut url = String::with_capacity(base.len() + 128);
    url.push_str(base);
    url
}

/// The text of a part that has no items of its own.
pub(super) fn plain(value: &Value) -> String {
    style::text(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        Outgoing::new(&Core::new("http://127.0.0.1:1/base/"), Method::GET, "*/*")
    }

    fn given<T>(value: T) -> Argument<T> {
        Argument::starting(value)
    }

    #[test]
    fn the_first_problem_is_told() {
        let mut request = outgoing();
        request.path("id", Style::simple(), &given(".."));
        request.query("q", Style::form(), &Argument::<u8>::required("q"));
        let error = request.finish::<()>().unwrap_err();
        assert_eq!(error.to_string(), "the request cannot be sent: `id` must not be empty, `.` or `..`");
    }

    #[test]
    fn the_query_follows_that_of_the_template() {
        let mut request = outgoing();
        request.literal("/a?kind=1");
        request.query("q", Style::form(), &given(0.1_f32));
        request.empty_query("flag");
        let request = request.finish::<()>().unwrap();
        assert_eq!(request.url().as_str(), "http://127.0.0.1:1/base/a?kind=1&q=0.1&flag=");
    }

    #[test]
    fn cookies_and_secrets_are_not_for_logs() {
        let mut request = outgoing();
        request.cookie("a", Style::form(), &given(1));
        request.cookie("b", Style::form(), &given("x y"));
        request.header("X-Key", Style::simple().secret(), &given(crate::Secret::from("hidden")));
        let request = request.finish::<()>().unwrap();
        assert_eq!(request.headers()["cookie"], "a=1; b=x%20y");
        assert!(!format!("{request:?}").contains("hidden"));
    }

    #[test]
    fn a_chosen_media_type_stays_within_its_range() {
        for (media_type, range, taken) in [
            ("image/png", "image/*", true),
            ("Image/PNG", "image/*", true),
            ("text/plain", "image/*", false),
            ("text/plain; charset=utf-8", "*/*", true),
            ("image", "image/*", false),
            ("", "*/*", false),
        ] {
            let mut request = outgoing();
            request.within("body", range, given((media_type.to_owned(), Body::from("x"))));
            assert_eq!(request.finish::<()>().is_ok(), taken, "{media_type}");
        }
    }
}
