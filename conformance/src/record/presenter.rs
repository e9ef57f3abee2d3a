//! Whose credential a request presented, read off where its secret parts came from.

use std::collections::HashMap;

use http::header::{AUTHORIZATION, COOKIE};
use rescind_specs::{Contract, KeyLocation, OperationId, SchemeKind};

use crate::exchange::{Exchange, ExchangeId, OriginKind, Place, Request};
use crate::redact::Redactor;
use crate::report::exchange::Presenter;
use crate::session::Session;

/// What is known of secrets and tokens. It learns of tokens from the exchanges that it is asked about, in their order.
pub(super) struct Presenters<'c> {
    contract: &'c Contract,
    /// Of secrets that were supplied, by the variable they came from.
    supplied: HashMap<String, Presenter>,
    /// Of secrets that were received.
    issued: HashMap<(ExchangeId, Place), Presenter>,
    /// Of everything else in the answer of an exchange for a token.
    tokens: HashMap<ExchangeId, Presenter>,
    exchanges: Vec<&'c OperationId>,
}

impl<'c> Presenters<'c> {
    pub(super) fn new(session: &Session<'c>) -> Self {
        let contract = session.contract();
        let callers = session.deployment().callers.iter();
        let mut supplied: HashMap<_, _> =
            callers.map(|(name, pair)| (pair.source.clone(), Presenter::Caller(name.to_string()))).collect();
        let mut issued = HashMap::new();
        for (credential, _) in session.ledger().credentials() {
            // One that is a single value is its own secret.
            let secret = credential.secret.as_ref().unwrap_or(&credential.id);
            let presenter = Presenter::Credential(credential.id.text.clone());
            match &secret.from {
                Some(OriginKind::Supplied(source)) => _ = supplied.entry(source.clone()).or_insert(presenter),
                Some(OriginKind::Response { exchange, place }) => {
                    issued.insert((*exchange, place.clone()), presenter);
                }
                None => {}
            }
        }
        let kinds = contract.lifecycle().into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
        let tokens = kinds.flat_map(|kind| kind.tokens.values());
        let exchanges = tokens.map(|token| &token.exchange.operation).collect();
        Self { contract, supplied, issued, tokens: HashMap::new(), exchanges }
    }

    /// Whose credential a request presented. Several may be on it, as where one registers another: then that of a
    /// caller counts.
    pub(super) fn of(&mut self, exchange: &Exchange) -> Presenter {
        let request = &exchange.request;
        let known: Vec<&Presenter> = request
            .origins
            .iter()
            .filter_map(|origin| match &origin.from {
                OriginKind::Supplied(source) => self.supplied.get(source),
                OriginKind::Response { exchange, place } => {
                    self.issued.get(&(*exchange, place.clone())).or_else(|| self.tokens.get(exchange))
                }
            })
            .collect();
        let caller = known.iter().find(|presenter| matches!(presenter, Presenter::Caller(_)));
        let presenter = match caller.or(known.first()) {
            Some(presenter) => (*presenter).clone(),
            None if self.presents_something(request) => Presenter::Unknown,
            None => Presenter::Nobody,
        };
        if request.operation.as_ref().is_some_and(|operation| self.exchanges.contains(&operation)) {
            let token = match presenter.clone() {
                Presenter::Credential(id) => Presenter::Token(id),
                other => other,
            };
            self.tokens.insert(exchange.id, token);
        }
        presenter
    }

    /// Whether there is anything on the request where a credential goes.
    fn presents_something(&self, request: &Request) -> bool {
        let headers = &request.headers;
        let by_key = self.contract.schemes().iter().any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { location: KeyLocation::Header, name } => headers.contains_key(name.as_str()),
            SchemeKind::ApiKey { location: KeyLocation::Query, name } => {
                let query = request.target.split_once('?').map_or("", |(_, query)| query);
                url::form_urlencoded::parse(query.as_bytes()).any(|(known, _)| known == name.as_str())
            }
            _ => false,
        });
        by_key || headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE)
    }
}

impl Presenter {
    /// An identifier may be a secret at once.
    pub(super) fn redacted(self, redactor: &Redactor) -> Self {
        let clean = |id: String| redactor.redact(&id).into_owned();
        match self {
            Self::Credential(id) => Self::Credential(clean(id)),
            Self::Token(id) => Self::Token(clean(id)),
            Self::Caller(_) | Self::Nobody | Self::Unknown => self,
        }
    }
}
