//! Credentials and tokens that a run holds: what they are, and where each of their parts came from.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    CallerName, CredentialKind, Expression, Ids, KindName, Piece, Template, TokenName,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::call::{Bindings, Known, Scope};
use crate::deployment::Pair;
use crate::exchange::{Exchange, ExchangeId, OriginKind, Place};

/// A credential: issued in the run, or supplied by the operator.
#[derive(Clone)]
pub struct Credential {
    /// Its kind.
    pub kind: KindName,
    /// Its identifier; empty for one that is one value only.
    pub id: Known,
    /// Its secret; `None` for a kind that has none.
    pub secret: Option<Known>,
    /// When it expires, by the deployment's clock.
    pub expires_at: Option<Timestamp>,
    /// The exchange that issued it; `None` for one that was supplied.
    pub issued: Option<ExchangeId>,
    /// The caller whose own it is, if the operator supplied it.
    pub caller: Option<CallerName>,
    /// The method and path that its issuing answer gave for the revocation.
    pub revocation: Option<(String, String)>,
}

impl Credential {
    /// The credential that `exchange` issued, if it is the issuing call of a kind and its success condition holds.
    pub fn issued(contract: &Contract, exchange: &Exchange) -> Option<Self> {
        let lifecycle = contract.lifecycle()?;
        lifecycle.credentials.iter().find_map(|(name, kind)| Self::of_kind(contract, name, kind, exchange))
    }

    fn of_kind(
        contract: &Contract,
        name: &KindName,
        kind: &CredentialKind,
        exchange: &Exchange,
    ) -> Option<Self> {
        let issue = kind.issue.as_ref()?;
        if exchange.request.operation.as_ref() != Some(&issue.call.operation) {
            return None;
        }
        let bindings = Bindings::default();
        bindings.meets(contract, &issue.success, exchange).ok()?;
        let id = known(contract, &issue.id, exchange)?;
        let told = |template: &Option<Template>| known(contract, template.as_ref()?, exchange);
        let expiry = told(&issue.expires_at).and_then(|known| known.text.parse().ok());
        let life = lifetime(told(&issue.expires_in).as_ref()).map(SignedDuration::from_secs);
        let expiry = expiry.or_else(|| exchange.received.checked_add(life?).ok());
        let described = issue.self_description.as_ref().and_then(|described| {
            Some((
                known(contract, &described.method, exchange)?.text,
                known(contract, &described.path, exchange)?.text,
            ))
        });
        Some(Self {
            kind: name.clone(),
            id,
            secret: issue.secret.as_ref().and_then(|template| known(contract, template, exchange)),
            expires_at: expiry,
            issued: Some(exchange.id),
            caller: None,
            revocation: described,
        })
    }

    /// The credential that the operator supplied for a caller.
    pub fn supplied(caller: &CallerName, kind: &KindName, pair: &Pair) -> Self {
        Self {
            kind: kind.clone(),
            id: Known { text: pair.id.clone(), from: None },
            secret: Some(Known {
                text: pair.secret.expose_secret().to_owned(),
                from: Some(OriginKind::Supplied(pair.source.clone())),
            }),
            expires_at: None,
            issued: None,
            caller: Some(caller.clone()),
            revocation: None,
        }
    }

    /// Whether it is the same as another one of its kind: identifiers that are given again tell nothing without secrets.
    pub(crate) fn is(&self, other: &Self, ids: Ids) -> bool {
        let secret = |one: &Self| one.secret.as_ref().map(|secret| secret.text.clone());
        self.id.text == other.id.text && (ids == Ids::Unique || secret(self) == secret(other))
    }

    /// Whether it has expired at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} credential {}", self.kind, self.id.text)
    }
}

/// A token that was exchanged for a credential.
#[derive(Clone)]
pub struct Token {
    /// Its kind.
    pub name: TokenName,
    /// The token itself.
    pub text: Known,
    /// When it was received, by the deployment's clock.
    pub received: Timestamp,
    /// When it expires, as its answer says, else as documented.
    pub expires_at: Timestamp,
    /// The credential that it was exchanged for.
    pub of: Arc<Credential>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} token of {:?}", self.name, self.of)
    }
}

/// The value of `template` for an exchange, with where it came from.
pub(crate) fn known(contract: &Contract, template: &Template, exchange: &Exchange) -> Option<Known> {
    let bindings = Bindings::default();
    let scope = Scope::after(contract, exchange);
    let value = template.render(&mut |expression| bindings.value(expression, &scope)).ok()?;
    let text = match value {
        Value::String(text) => text,
        Value::Null => return None,
        other => other.to_string(),
    };
    let from = match template.pieces() {
        // What was sent came from wherever the request had it from.
        [Piece::Expression(Expression::RequestBody(_) | Expression::RequestParameter(..))] => {
            let origins = exchange.request.origins.iter();
            origins.filter(|origin| origin.expose() == text).map(|origin| origin.from.clone()).next()
        }
        [Piece::Expression(expression)] => {
            place(expression).map(|place| OriginKind::Response { exchange: exchange.id, place })
        }
        _ => None,
    };
    Some(Known { text, from })
}

/// Where in an answer an expression looks.
pub(crate) fn place(expression: &Expression) -> Option<Place> {
    match expression {
        Expression::ResponseBody(pointer) => Some(Place::Body(pointer.clone())),
        Expression::ResponseHeader(name) => Some(Place::Header(name.clone())),
        Expression::ResponseCookie(name) => Some(Place::Cookie(name.clone())),
        _ => None,
    }
}

/// The instant at which a token expires whose answer tells its remaining seconds at `pointer` or nowhere.
pub(crate) fn lifetime(value: Option<&Known>) -> Option<i64> {
    let text = &value?.text;
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).map(|seconds| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "lifetimes are far below the limit; the cast saturates"
        )]
        let whole = seconds as i64;
        whole
    })
}
