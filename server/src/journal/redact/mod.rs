//! The door of the journal: what comes in raw leaves as an [`Entry`] without a secret.
//!
//! A secret is known by its place (the contract says where they stand, RFC 9110 and RFC 6265 which headers carry them)
//! or because it was seen before at such a place, or issued. All of an exchange is searched for secrets before any of
//! it is written down. Where a secret could not be told from the rest, nothing is kept.

mod body;
mod json;
mod places;
mod taint;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use rescind_specs::Contract;
use rescind_specs::disguise::{MASK, mask};
use smol_str::{SmolStr, format_smolstr};
use zeroize::Zeroizing;

use self::body::Side;
use self::places::{Identity, Places};
use self::taint::Seen;
pub(super) use self::taint::Taints;
use super::entry::{Caller, Entry, Header, Outcome, Request, Response, Standing};
use super::raw::{End, Raw, RawAnswer};
use crate::runtime::Matched;

/// The schemes of `Authorization` whose names are shown (IANA, HTTP Authentication Scheme Registry, and two in use).
const SCHEMES: [&str; 8] = ["basic", "bearer", "digest", "dpop", "hoba", "negotiate", "token", "apikey"];

/// Knows the contracts that are served, and the secrets that were seen.
#[derive(Debug)]
pub(super) struct Redactor {
    contracts: Vec<Known>,
    all: Places,
    taints: Arc<Taints>,
}

/// A contract as it is served.
#[derive(Debug)]
struct Known {
    name: SmolStr,
    prefix: String,
    places: Places,
}

impl Redactor {
    /// For contracts served under prefixes; the empty prefix is the root.
    pub(super) fn new<'c>(
        contracts: impl IntoIterator<Item = (String, &'c Contract)>,
        taints: Arc<Taints>,
    ) -> Self {
        let mut contracts: Vec<_> = contracts
            .into_iter()
            .map(|(prefix, contract)| Known {
                name: contract.name().into(),
                prefix,
                places: Places::of(contract),
            })
            .collect();
        // The longest prefix is the nearest.
        contracts.sort_by_key(|known| std::cmp::Reverse(known.prefix.len()));
        let all = Places::of_all(contracts.iter().map(|known| &known.places));
        for known in &mut contracts {
            known.places.complete(&all);
        }
        Self { contracts, all, taints }
    }

    fn contract(&self, path: &str) -> Option<&Known> {
        self.contracts.iter().find(|known| {
            path.strip_prefix(known.prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The entry of an exchange; its number is given later.
    pub(super) fn entry(&self, raw: &Raw) -> Entry {
        let known = self.contract(raw.uri.path());
        let work = Work {
            places: known.map_or(&self.all, |known| &known.places),
            taints: &self.taints,
            matched: raw.answer.as_ref().and_then(|answer| answer.matched.as_ref()),
        };
        work.learn(raw);
        let operation = work.operation();
        let sent = work.body(Side::Request, operation, &raw.headers, &raw.sent);
        let answer = raw
            .answer
            .as_ref()
            .map(|answer| (answer, work.body(Side::Response, operation, &answer.headers, &answer.body)));
        let masking = Masking { work: &work, seen: self.taints.seen() };
        let sent = masking.finish(sent);
        let outcome = match answer {
            Some((answer, body)) if raw.end != End::Cut => Outcome::Answered(Response {
                status: answer.status.as_u16(),
                headers: masking.headers(&answer.headers),
                body: masking.finish(body),
            }),
            _ => raw.without_answer(),
        };
        Entry {
            number: 0,
            at: raw.at,
            microseconds: raw.microseconds,
            request_id: masking.clean(&raw.request_id).into(),
            contract: known.map(|known| known.name.clone()),
            operation: operation.map(SmolStr::new),
            caller: masking.caller(raw),
            request: Request {
                method: masking.clean(raw.method.as_str()).into(),
                path: masking.path(&raw.uri),
                query: raw.uri.query().map(|query| masking.clean(&work.pairs(query)).into()),
                version: format_smolstr!("{:?}", raw.version),
                headers: masking.headers(&raw.headers),
                body: sent,
            },
            outcome,
            disturbance: raw.answer.as_ref().and_then(|answer| answer.disturbance.clone()),
        }
    }
}

/// What is known of one exchange while it is searched for secrets.
struct Work<'r> {
    places: &'r Places,
    taints: &'r Taints,
    matched: Option<&'r Matched>,
}

impl Work<'_> {
    fn operation(&self) -> Option<&str> {
        self.matched.map(|matched| matched.operation().0.as_str())
    }

    /// Remembers the secrets at the places of credentials, and those that headers carry.
    fn learn(&self, raw: &Raw) {
        for (name, value) in
            raw.headers.iter().chain(raw.answer.iter().flat_map(|answer: &RawAnswer| &answer.headers))
        {
            if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
                self.learn_authorization(&String::from_utf8_lossy(value.as_bytes()));
            } else if *name == COOKIE || *name == SET_COOKIE {
                let text = String::from_utf8_lossy(value.as_bytes());
                for span in cookie_values(&text, *name == SET_COOKIE) {
                    self.taints.add(text.get(span).unwrap_or_default());
                }
            } else if self.places.is_secret_header(name.as_str()) {
                self.taints.add(&String::from_utf8_lossy(value.as_bytes()));
            }
        }
        for (name, value) in raw.uri.query().map(pairs).into_iter().flatten() {
            if self.places.is_secret_query(&decoded(name)) {
                self.taints.add(&decoded(value));
            }
        }
        for segment in self.secret_segments(raw.uri.path()) {
            self.taints.add(&decoded(segment));
        }
    }

    fn learn_authorization(&self, value: &str) {
        let Some((scheme, credential)) = value.trim().split_once(' ') else {
            return self.taints.add(value);
        };
        if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            self.taints.add(value);
        }
        if let Some((user, password)) =
            basic(scheme, credential).as_deref().and_then(|pair| pair.split_once(':'))
        {
            if !self.places.identities.contains(&Identity::BasicUser) {
                self.taints.add(user);
            }
            self.taints.add(password);
            return;
        }
        self.taints.add(credential);
    }

    fn secret_segments<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let segments = self.matched.map_or(&[][..], |matched| self.places.segments(matched.path()));
        segments.iter().filter_map(move |index| path.rsplit('/').nth(*index))
    }

    /// A query or a form with the values of secret names masked.
    fn pairs<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let secret = pairs(text).filter(|(name, _)| self.places.is_secret_query(&decoded(name)));
        mask(text, secret.map(|(_, value)| place(text, value)).filter(|span| !span.is_empty()).collect())
    }
}

/// One exchange that was searched for secrets, while it is written down.
struct Masking<'r> {
    work: &'r Work<'r>,
    seen: Seen<'r>,
}

impl Masking<'_> {
    /// Who the request says it comes from, or is known to come from.
    fn caller(&self, raw: &Raw) -> Option<Caller> {
        if let Some(proven) = raw.caller.as_deref() {
            return Some(Caller { id: self.clean(proven).into(), standing: Standing::Proven });
        }
        let claimed = self.work.places.identities.iter().find_map(|identity| match identity {
            Identity::BasicUser => {
                let value = raw.headers.get(AUTHORIZATION)?.to_str().ok()?;
                let (scheme, credential) = value.split_once(' ')?;
                let pair = basic(scheme, credential)?;
                Some(pair.split_once(':')?.0.to_owned())
            }
            Identity::Header(name) => Some(raw.headers.get(name)?.to_str().ok()?.to_owned()),
            Identity::Query(name) => {
                let (_, value) = pairs(raw.uri.query()?).find(|(key, _)| decoded(key) == *name)?;
                Some(decoded(value).into_owned())
            }
        })?;
        (!claimed.is_empty()).then(|| Caller { id: self.clean(&claimed).into(), standing: Standing::Claimed })
    }

    /// The text without the secrets that were seen.
    fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut spans = Vec::new();
        self.seen.find(text, &mut spans);
        mask(text, spans)
    }

    fn path(&self, uri: &Uri) -> SmolStr {
        let path = uri.path();
        let mut spans: Vec<Range<usize>> =
            self.work.secret_segments(path).map(|part| place(path, part)).collect();
        self.seen.find(path, &mut spans);
        mask(path, spans).into()
    }

    fn headers(&self, headers: &HeaderMap) -> Vec<Header> {
        let header = |(name, value): (&HeaderName, &HeaderValue)| Header {
            name: self.clean(name.as_str()).into(),
            value: self.header(name, value),
        };
        headers.iter().map(header).collect()
    }

    fn header(&self, name: &HeaderName, value: &HeaderValue) -> SmolStr {
        let text = String::from_utf8_lossy(value.as_bytes());
        if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
            let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
            let known =
                scheme.filter(|scheme| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)));
            return known.map_or(SmolStr::new_static(MASK), |scheme| format_smolstr!("{scheme} {MASK}"));
        }
        if self.work.places.is_secret_header(name.as_str()) {
            return SmolStr::new_static(MASK);
        }
        let text = if *name == COOKIE || *name == SET_COOKIE {
            mask(&text, cookie_values(&text, *name == SET_COOKIE))
        } else if let Some((before, query)) = text.split_once('?') {
            // The address of a page, with its query.
            Cow::Owned(format!("{before}?{}", self.work.pairs(query)))
        } else {
            Cow::Borrowed(&*text)
        };
        self.clean(&text).into()
    }
}

/// User and password of a Basic credential, if it is one.
fn basic(scheme: &str, credential: &str) -> Option<Zeroizing<String>> {
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credential.trim()).or_else(|_| {
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(credential.trim().trim_end_matches('='))
    });
    String::from_utf8(decoded.ok()?).ok().map(Zeroizing::new)
}

/// Where the values of `a=1; b=2` stand, or the first of them only.
fn cookie_values(value: &str, is_first_only: bool) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for pair in value.split(';').take(if is_first_only { 1 } else { usize::MAX }) {
        // Without a name all of it is the value (RFC 6265bis §5.6).
        let secret = pair.split_once('=').map_or(pair, |(_, value)| value);
        if !secret.trim().is_empty() {
            spans.push(place(value, secret));
        }
    }
    spans
}

/// The pairs of a query or a form, still encoded, in order.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// A name or a value of a query or a form; what cannot be decoded stays as it is.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains(['%', '+']) {
        crate::runtime::decode_form(text).map_or(Cow::Borrowed(text), Cow::Owned)
    } else {
        Cow::Borrowed(text)
    }
}

/// Where a part of a text stands in it.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len());
    start..(start + part.len()).min(text.len())
}
