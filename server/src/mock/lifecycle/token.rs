//! Tokens that credentials are exchanged for: self-contained, so that they can outlive them where they shall.

use rescind_specs::lifecycle::{AfterRevocation, Expression, Template, TokenKind, TokenName};
use rescind_specs::{Contract, Operation, OperationId, Pointer};
use serde_json::{Map, Value};

use super::Engine;
use super::asked::Asked;
use super::fill::{echo, stamp};
use super::form::{Form, set};
use super::kind::{Cause, Kind};
use super::principal::{Holder, Principal};
use crate::runtime::{Answer, Refused, Rejection};
use crate::state::State;
use crate::store::State as CredentialState;
use crate::token::{TokenRefusal, Tokens};

/// One kind of token of one kind of credential.
#[derive(Debug)]
pub(super) struct Exchange {
    kind: usize,
    name: TokenName,
    spec: TokenKind,
    tokens: Tokens,
    /// What its tokens start with, as the documented example does.
    prefix: String,
    form: Option<Form>,
}

impl Exchange {
    /// All of a contract.
    pub(super) fn all(contract: &Contract, kinds: &[Kind], state: &State) -> Vec<Self> {
        let mut all = Vec::new();
        for (place, kind) in kinds.iter().enumerate() {
            for (name, spec) in &kind.spec.tokens {
                let operation = contract.operation(&spec.exchange.operation);
                let form = operation
                    .and_then(|operation| Form::documented(contract, operation, &vec![vec![&spec.success]]));
                let sample =
                    form.as_ref().and_then(|form| body_pointer(&spec.token)?.get(form.body()?)?.as_str());
                // A JWT has three parts; what is before the last underscore of the first is a prefix.
                let first = sample.map(|sample| sample.split('.').next().unwrap_or_default());
                let prefix = first.and_then(|first| first.rfind(['_', '-']).map(|end| &first[..=end]));
                let purpose = format!("{} {} {name}", contract.name(), kind.name);
                all.push(Self {
                    kind: place,
                    name: name.clone(),
                    spec: spec.clone(),
                    tokens: Tokens::new(state.keys(), &purpose, ""),
                    prefix: prefix.unwrap_or_default().to_owned(),
                    form,
                });
            }
        }
        all
    }
}

/// The place in the body of an answer that a template means, if it means one.
pub(super) fn body_pointer(template: &Template) -> Option<&Pointer> {
    match template.pieces() {
        [rescind_specs::lifecycle::Piece::Expression(Expression::ResponseBody(pointer))] => Some(pointer),
        _ => None,
    }
}

impl Engine {
    /// The exchange that an operation is for this caller.
    pub(super) fn exchange_of(&self, operation: &OperationId, caller: &Principal) -> Option<usize> {
        let Principal::Holder(holder) = caller else { return None };
        self.0.exchanges.iter().position(|exchange| {
            exchange.spec.exchange.operation == *operation && exchange.kind == holder.kind
        })
    }

    /// Gives a token to the holder of a credential.
    pub(super) fn exchange(
        &self,
        exchange: usize,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let missing = || Rejection::internal("there is no such kind of token");
        let exchange = self.0.exchanges.get(exchange).ok_or_else(missing)?;
        let Principal::Holder(holder) = caller else { return Err(Rejection::nobody()) };
        let form = exchange.form.as_ref().ok_or(Rejection::NotImplemented)?;
        let now = self.0.state.clock().now();
        let lifetime = exchange.spec.lifetime.duration();
        let rest: Map<String, Value> = [
            ("tenant".to_owned(), Value::from(holder.tenant.as_str())),
            // So that two tokens of one second differ.
            ("jti".to_owned(), self.ids().uuid().to_string().into()),
        ]
        .into_iter()
        .collect();
        let issued = exchange.tokens.issue(&holder.id, rest, lifetime, now);
        let issued = issued.map_err(|error| Rejection::Internal(Box::new(error)))?;
        self.0.state.journal().taint(issued.token.expose());
        let mut body = form.body().cloned();
        if let Some(body) = &mut body {
            echo(form, asked, body, &[]);
            if let Some(pointer) = body_pointer(&exchange.spec.token) {
                set(body, pointer, format!("{}{}", exchange.prefix, issued.token.expose()).into());
            }
            if let Some(pointer) = exchange.spec.expires_in.as_ref().and_then(body_pointer) {
                set(body, pointer, lifetime.as_secs().into());
            }
            stamp(form, body, now, Some(issued.expires_at));
        }
        Ok(form.fill(body, &|_| None))
    }

    /// Whose a token is, and whether it is accepted.
    pub(super) async fn check_token(
        &self,
        operation: Option<&Operation>,
        place: usize,
        kind: &Kind,
        token: &str,
    ) -> Result<Result<Holder, Cause>, Refused> {
        let now = self.0.state.clock().now();
        let mut cause = Cause::Unknown;
        for exchange in self.0.exchanges.iter().filter(|exchange| exchange.kind == place) {
            let Some(jwt) = token.strip_prefix(exchange.prefix.as_str()) else { continue };
            let claims = match exchange.tokens.read(jwt, now) {
                Ok(claims) => claims,
                Err(TokenRefusal::Expired(_)) => {
                    cause = Cause::ExpiredToken;
                    continue;
                }
                Err(TokenRefusal::Unknown) => continue,
            };
            let is_revocation = operation.is_some_and(|operation| kind_revokes(&self.0.kinds, operation));
            let is_refused = is_revocation && kind_refuses(&self.0.kinds, &exchange.name);
            if exchange.spec.probe.is_none() || is_refused {
                // No operation takes it, or not this one.
                return Ok(Err(Cause::NotMeant));
            }
            let tenant = claims.rest.get("tenant").and_then(Value::as_str).unwrap_or_default().to_owned();
            if exchange.spec.after_revocation != AfterRevocation::Survives {
                let credential = self.store()?.credential(kind.collection, &claims.sub).await?;
                match credential.map(|credential| credential.state(now)) {
                    Some(CredentialState::Active) => {}
                    Some(CredentialState::Expired) => return Ok(Err(Cause::Expired)),
                    Some(CredentialState::Revoked) => return Ok(Err(Cause::Dead)),
                    None => return Ok(Err(Cause::Unknown)),
                }
            }
            return Ok(Ok(Holder { kind: place, id: claims.sub, tenant, expires_at: None }));
        }
        Ok(Err(cause))
    }
}

fn kind_revokes(kinds: &[Kind], operation: &Operation) -> bool {
    kinds.iter().any(|kind| kind.revokes_by(&operation.id))
}

fn kind_refuses(kinds: &[Kind], token: &TokenName) -> bool {
    kinds.iter().any(|kind| kind.not_for_revoking.contains(&token.0))
}
