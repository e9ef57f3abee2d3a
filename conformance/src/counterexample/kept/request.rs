//! A request as it is kept, and how it is made again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rescind_specs::lifecycle::Period;
use rescind_specs::{MediaType, OperationId};
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::text::{Encoding, Values, restored};
use super::value::{Half, Source};
use crate::call::basic;
use crate::counterexample::Scene;
use crate::exchange::{Exchange, ExchangeId, OriginKind, Request};

/// A longer body is not kept.
const LONGEST: usize = 64 * 1024;
/// Shorter values occur everywhere by chance.
const SHORTEST: usize = 3;

/// A request. `{$…}` stands for a value that is not written down, such as `{$caller.operator.secret}`,
/// `{$answer.1.body#/client_id}` or `{$unique.1}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptRequest {
    /// The operation that it calls, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub operation: Option<OperationId>,
    /// How much of the deployment's time passes before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub after: Option<Period>,
    /// Which replica it goes to, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub replica: usize,
    /// The method.
    pub method: String,
    /// Path and query, relative to the base URL.
    pub target: String,
    /// The headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<KeptHeader>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<KeptBody>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_first(replica: &usize) -> bool {
    *replica == 0
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum KeptHeader {
    /// With its value.
    Plain {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// With a user name and a password, as HTTP Basic has them in Base64.
    Basic {
        /// Its name.
        name: String,
        /// Both, with a colon between them.
        basic: String,
    },
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeptBody {
    /// As text.
    Text(String),
    /// What is no text, in Base64.
    Base64(String),
}

/// Why a request cannot be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CannotSend {
    /// There is no such value.
    #[error("there is nothing to put in place of {{${0}}}: {1}")]
    NoValue(String, String),
    /// It is not written as a request can be.
    #[error("{0} cannot be sent")]
    Unsendable(&'static str),
}

/// Writes requests down, all of one retelling with the same words for the same values.
pub(crate) struct Keeper<'s> {
    scene: Scene<'s>,
    values: Values<'s>,
}

impl<'s> Keeper<'s> {
    /// One that knows what came from the answers to these exchanges, and what the operator supplied.
    pub(crate) fn new(scene: Scene<'s>, steps: &[&Exchange]) -> Self {
        let number = |id: ExchangeId| steps.iter().position(|step| step.id == id).map(|at| at + 1);
        let origins = || steps.iter().flat_map(|step| &step.request.origins);
        let answers = origins().filter_map(|origin| match &origin.from {
            OriginKind::Response { exchange, place } => {
                Some((origin.expose().to_owned(), Source::Answer(number(*exchange)?, place.clone())))
            }
            OriginKind::Supplied(_) => None,
        });
        let deployment = scene.deployment;
        let callers =
            deployment.callers.iter().map(|(name, pair)| (pair, Source::Caller(name.clone(), Half::Secret)));
        let mut used = Vec::new();
        for origin in origins() {
            let pairs = deployment.pool.iter();
            let is_it = |source: &String| pairs.clone().find(|pair| pair.source == *source);
            if let OriginKind::Supplied(source) = &origin.from
                && let Some(pair) = is_it(source)
                && !used.iter().any(|known: &&crate::deployment::Pair| known.source == pair.source)
            {
                used.push(pair);
            }
        }
        let pool = used.into_iter().enumerate().map(|(at, pair)| (pair, Source::Pool(at + 1, Half::Secret)));
        let pairs = callers.chain(pool).flat_map(|(pair, secret)| {
            let id = match &secret {
                Source::Caller(name, _) => Source::Caller(name.clone(), Half::Id),
                Source::Pool(at, _) => Source::Pool(*at, Half::Id),
                other => other.clone(),
            };
            [(pair.secret.expose_secret().to_owned(), secret), (pair.id.clone(), id)]
        });
        let supplied = deployment.supplied.iter();
        let supplied = supplied.map(|(name, value)| (value.clone(), Source::Supplied(name.clone())));
        let known = answers.chain(pairs).chain(supplied).filter(|(text, _)| text.len() >= SHORTEST);
        Self { scene, values: Values::new(known.collect(), scene.redactor) }
    }

    /// A request as it is kept; `None` where it holds a secret whose source nobody knows, or too much.
    pub(crate) fn keep(&mut self, request: &Request) -> Option<KeptRequest> {
        let own = |name: &HeaderName| {
            // The operator's own headers are on every request.
            !self.scene.deployment.access.headers.iter().any(|header| header.name == *name)
        };
        let headers: Vec<_> = request.headers.iter().filter(|(name, _)| own(name)).collect();
        let headers: Option<Vec<KeptHeader>> =
            headers.into_iter().map(|(name, value)| self.header(name, value)).collect();
        let body = match &request.body {
            Some(body) if body.len() > LONGEST => return None,
            Some(body) => Some(match std::str::from_utf8(body) {
                Ok(text) => KeptBody::Text(self.values.removed(text, encoding(&request.headers))?),
                Err(_) if self.scene.redactor.finds(&String::from_utf8_lossy(body)) => return None,
                Err(_) => KeptBody::Base64(STANDARD.encode(body)),
            }),
            None => None,
        };
        Some(KeptRequest {
            operation: request.operation.clone(),
            after: None,
            replica: 0,
            method: request.method.to_string(),
            target: self.values.removed(&request.target, Encoding::Percent)?,
            headers: headers?,
            body,
        })
    }

    fn header(&mut self, name: &HeaderName, value: &HeaderValue) -> Option<KeptHeader> {
        let text = value.to_str().ok()?;
        let pair = text.strip_prefix("Basic ").filter(|_| *name == AUTHORIZATION);
        let pair = pair.and_then(|pair| String::from_utf8(STANDARD.decode(pair).ok()?).ok());
        // One that is written in another way is kept as it is.
        let pair =
            pair.filter(|pair| pair.split_once(':').is_some_and(|(id, secret)| basic(id, secret) == text));
        let name = name.as_str().to_owned();
        Some(match pair {
            Some(pair) => KeptHeader::Basic { name, basic: self.values.removed(&pair, Encoding::Plain)? },
            None => KeptHeader::Plain { name, value: self.values.removed(text, Encoding::Plain)? },
        })
    }
}

impl KeptRequest {
    /// The request, with each value as `value` gives it.
    ///
    /// # Errors
    /// There is no such value, or a part of it is nothing that can be sent.
    pub(crate) fn request(
        &self,
        value: &mut impl FnMut(&Source) -> Result<String, String>,
    ) -> Result<Request, CannotSend> {
        let mut value = |words: &str| {
            let missing = |why: String| CannotSend::NoValue(words.to_owned(), why);
            let source = words.parse().map_err(|()| missing("nothing is called that".to_owned()))?;
            value(&source).map_err(missing)
        };
        let mut headers = HeaderMap::new();
        for header in &self.headers {
            let (name, text) = match header {
                KeptHeader::Plain { name, value: text } => {
                    (name, restored(text, Encoding::Plain, &mut value)?)
                }
                KeptHeader::Basic { name, basic: text } => {
                    let pair = restored(text, Encoding::Plain, &mut value)?;
                    let (id, secret) = pair.split_once(':').unwrap_or((&pair, ""));
                    (name, basic(id, secret))
                }
            };
            let name: HeaderName =
                name.parse().map_err(|_| CannotSend::Unsendable("the name of a header"))?;
            let text =
                HeaderValue::from_str(&text).map_err(|_| CannotSend::Unsendable("the value of a header"))?;
            headers.append(name, text);
        }
        let target = restored(&self.target, Encoding::Percent, &mut value)?;
        if !target.starts_with('/') {
            return Err(CannotSend::Unsendable("a path that does not begin with a slash"));
        }
        let body = match &self.body {
            Some(KeptBody::Text(text)) => Some(Bytes::from(restored(text, encoding(&headers), &mut value)?)),
            Some(KeptBody::Base64(text)) => {
                let bytes =
                    STANDARD.decode(text).map_err(|_| CannotSend::Unsendable("a body that is no Base64"))?;
                Some(bytes.into())
            }
            None => None,
        };
        let method =
            Method::from_bytes(self.method.as_bytes()).map_err(|_| CannotSend::Unsendable("the method"))?;
        Ok(Request { operation: self.operation.clone(), method, target, headers, body, origins: Vec::new() })
    }
}

/// How values are written into a body.
fn encoding(headers: &HeaderMap) -> Encoding {
    let media_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse::<MediaType>().ok());
    match media_type {
        Some(media_type) if media_type.is_form() => Encoding::Form,
        Some(media_type) if media_type.is_json() => Encoding::Json,
        _ => Encoding::Plain,
    }
}
