//! Where a rule can strike: a contract that is served, and what a request to it is about.

use std::cell::OnceCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use rescind_specs::{Contract, KeyLocation, Operation, SchemeKind};
use serde_json::Value;

use super::rule::Rule;
use crate::fault::{Fault, FaultSet};
use crate::runtime::{Matched, Routes, presented_values};
use crate::secret::SecretHash;

/// A contract that is served.
pub(crate) struct Place {
    name: Arc<str>,
    contract: Contract,
    breakable: FaultSet,
    /// Made when the first rule needs it.
    routes: OnceLock<Routes>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.name)
    }
}

impl Place {
    pub(super) fn new(contract: Contract, breakable: FaultSet) -> Self {
        Self { name: contract.name().into(), contract, breakable, routes: OnceLock::new() }
    }

    /// Whether there is such a promise to break.
    pub(super) fn can_break(&self, fault: Fault) -> bool {
        self.breakable.contains(fault)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn contract(&self) -> &Contract {
        &self.contract
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &str> {
        self.contract.operations().iter().map(|operation| operation.id.0.as_str())
    }

    /// Whether the contract carries a credential in this header, beside the usual ones.
    pub(super) fn is_secret(&self, header: &str) -> bool {
        self.contract.schemes().iter().any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { location: KeyLocation::Header, name } => name.eq_ignore_ascii_case(header),
            _ => false,
        })
    }

    pub(super) fn visit<'p>(&'p self, parts: &'p Parts) -> Visit<'p> {
        let routes = self.routes.get_or_init(|| Routes::new(&self.contract));
        let found = routes.find(&parts.method, parts.uri.path()).ok();
        let operation = found.and_then(|found| self.contract.operations().get(found.operation));
        Visit { place: self, operation, parts, presented: OnceCell::new() }
    }
}

/// A request that came to a place.
pub(super) struct Visit<'p> {
    place: &'p Place,
    pub(super) operation: Option<&'p Operation>,
    parts: &'p Parts,
    /// What it presents; looked for when a rule asks for a caller.
    presented: OnceCell<Vec<SecretHash>>,
}

impl Visit<'_> {
    /// Whether a rule is about this request.
    pub(super) fn is_meant(&self, rule: &Rule) -> bool {
        let operation = self.operation.map(|operation| operation.id.0.as_str());
        rule.contract.as_deref().is_none_or(|name| name == self.place.name())
            && rule.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
            && rule.method.as_ref().is_none_or(|method| method.0 == self.parts.method)
            && rule.path.as_deref().is_none_or(|path| self.is_path(path))
            && rule.header.as_ref().is_none_or(|mark| {
                let mut values = self.parts.headers.get_all(&mark.name.0).iter();
                values.any(|value| value.as_bytes() == mark.value.as_bytes())
            })
            && rule.caller.as_ref().is_none_or(|caller| self.presented().contains(&caller.0))
    }

    fn is_path(&self, path: &str) -> bool {
        self.parts.uri.path() == path
            || self.operation.is_some_and(|operation| operation.path.as_str() == path)
    }

    fn presented(&self) -> &[SecretHash] {
        self.presented.get_or_init(|| {
            let mut hashes = Vec::new();
            for value in presented_values(self.place.contract.schemes(), self.parts) {
                hashes.push(SecretHash::of(value.expose()));
                hashes.extend(subject(value.expose()).map(|subject| SecretHash::of(&subject)));
            }
            hashes
        })
    }

    /// What an answer to this request says of its operation.
    pub(super) fn matched(&self) -> Option<Matched> {
        let operation = self.operation?;
        Some(Matched::new(self.place.name.clone(), operation.id.clone(), operation.path.as_str()))
    }
}

/// Whom a token names, if it is a JWT, perhaps behind a prefix. Whether it is genuine is for the API to find out.
fn subject(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("sub")?.as_str().map(ToOwned::to_owned)
}
