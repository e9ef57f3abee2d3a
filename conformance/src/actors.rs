//! Whoever acts in a run, and how each puts a credential on a request.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::SignedDuration;
use rescind_specs::lifecycle::{
    Actor, Call, CallerName, CredentialKind, Expression, ObtainedName, Presentation, Template, TokenKind,
    TokenName,
};
use rescind_specs::{Contract, KeyLocation, Operation, SchemeKind, SchemeName};

use crate::call::{
    Bindings, CannotBuild, Known, Scope, add_cookie, append_query, basic, build_call, set_header,
};
use crate::credential::{Credential, Token, known, lifetime};
use crate::exchange::{Exchange, Origin, Request};
use crate::session::Session;

/// A token is renewed this long before it expires.
const RENEW_BEFORE: Duration = Duration::from_secs(30);

/// Who signs a request.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Nobody: no credential is presented.
    Nobody,
    /// A caller of the lifecycle document.
    Caller(CallerName),
    /// A credential, by itself or by a token that is exchanged for it first.
    Credential(Arc<Credential>),
    /// A token.
    Token(Arc<Token>),
}

/// Why a request could not be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSign {
    /// The operator did not supply the caller.
    #[error("the caller {0} was not supplied")]
    NotSupplied(CallerName),
    /// The contract lacks its kind.
    #[error("the contract does not say what {0} holds")]
    Unknown(String),
    /// The holder has nothing that the operation takes.
    #[error("{holder} can present none of what {operation} requires")]
    NothingFits {
        /// Who would sign.
        holder: String,
        /// What was to be called.
        operation: String,
    },
    /// The token was not given.
    #[error("no {token} token was given: {why}")]
    NoToken {
        /// The kind of token.
        token: TokenName,
        /// What came instead.
        why: String,
    },
    /// What goes with the request was not obtained.
    #[error("{name} was not obtained: {why}")]
    NotObtained {
        /// What it is.
        name: ObtainedName,
        /// What came instead.
        why: String,
    },
    /// The value cannot be put on the request.
    #[error(transparent)]
    Build(#[from] CannotBuild),
}

/// One value on a request, for one security scheme.
#[derive(Clone)]
pub struct Placed {
    /// The scheme.
    pub scheme: SchemeName,
    /// What goes there.
    pub value: PlacedValue,
    /// Where its parts came from.
    pub origins: Vec<Origin>,
}

/// What goes on a request for one security scheme.
#[derive(Clone)]
pub enum PlacedValue {
    /// User name and password.
    Pair(String, String),
    /// One value.
    Single(String),
}

/// Whoever acts in a run. Tokens are cached until shortly before they expire.
pub struct Actors<'s, 'r> {
    session: &'s Session<'r>,
    tokens: Tokens,
}

/// The tokens of a run, by kind and identifier of the credential and by kind of token.
type Tokens = Arc<Mutex<HashMap<(String, String, TokenName), Arc<Token>>>>;

impl<'s, 'r> Actors<'s, 'r> {
    /// The actors of a run.
    pub fn new(session: &'s Session<'r>) -> Self {
        Self { session, tokens: Tokens::default() }
    }

    /// The same actors in another lane of the run. They have their tokens in common.
    pub(crate) fn beside<'l>(&self, lane: &'l Session<'r>) -> Actors<'l, 'r> {
        Actors { session: lane, tokens: Arc::clone(&self.tokens) }
    }

    /// The run.
    pub fn session(&self) -> &'s Session<'r> {
        self.session
    }

    fn contract(&self) -> &'r Contract {
        self.session.contract()
    }

    /// The credential that a caller holds.
    ///
    /// # Errors
    /// The operator did not supply it.
    pub fn caller(&self, name: &CallerName) -> Result<Arc<Credential>, CannotSign> {
        let caller = self
            .contract()
            .lifecycle()
            .and_then(|lifecycle| lifecycle.callers.get(name))
            .ok_or_else(|| CannotSign::Unknown(name.to_string()))?;
        let pair = self.session.deployment().callers.get(name);
        let pair = pair.ok_or_else(|| CannotSign::NotSupplied(name.clone()))?;
        Ok(Arc::new(Credential::supplied(name, &caller.holds, pair)))
    }

    /// Who `actor` is for a call with these bindings.
    ///
    /// # Errors
    /// The bindings have no such credential or token.
    pub fn signer(&self, actor: &Actor, bindings: &Bindings) -> Result<Signer, CannotSign> {
        let unknown = || CannotSign::Unknown(actor.to_string());
        Ok(match actor {
            Actor::Nobody => Signer::Nobody,
            Actor::Caller(name) => Signer::Caller(name.clone()),
            Actor::Credential => Signer::Credential(bindings.credential.clone().ok_or_else(unknown)?),
            Actor::Token => Signer::Token(bindings.token.clone().ok_or_else(unknown)?),
        })
    }

    /// Someone who may call `operation`: nobody where that is allowed, else the first caller that was supplied and
    /// can present what it takes.
    pub fn able(&self, operation: &Operation) -> Signer {
        if operation.security.allows_anonymous() {
            return Signer::Nobody;
        }
        let callers = self.contract().lifecycle().into_iter().flat_map(|lifecycle| lifecycle.callers.keys());
        let able = callers.filter_map(|name| self.caller(name).ok()).find(|credential| {
            let kind = self.kind(credential);
            kind.is_some_and(|kind| alternatives(operation).any(|set| way(kind, set).is_some()))
        });
        able.and_then(|credential| credential.caller.clone()).map_or(Signer::Nobody, Signer::Caller)
    }

    /// A call as a signed request, made by whoever the call says.
    ///
    /// # Errors
    /// An expression stands for nothing, or the signer cannot sign.
    pub async fn request(&self, call: &Call, bindings: &Bindings) -> Result<Request, CannotSign> {
        self.request_as(&self.signer(&call.actor, bindings)?, call, bindings).await
    }

    /// A call as a signed request, made by `signer`.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub async fn request_as(
        &self,
        signer: &Signer,
        call: &Call,
        bindings: &Bindings,
    ) -> Result<Request, CannotSign> {
        let bindings = self.made_by(signer, call, bindings).await?;
        self.build(signer, call, &bindings).await
    }

    /// The same bindings for a call that `signer` makes: who it is, and what has to be obtained first.
    ///
    /// # Errors
    /// The operator did not supply the caller, or something was not obtained.
    pub async fn made_by(
        &self,
        signer: &Signer,
        call: &Call,
        bindings: &Bindings,
    ) -> Result<Bindings, CannotSign> {
        let caller = match signer {
            Signer::Nobody => None,
            Signer::Caller(name) => Some(self.caller(name)?),
            Signer::Credential(credential) => Some(Arc::clone(credential)),
            Signer::Token(token) => Some(Arc::clone(&token.of)),
        };
        let mut wanted = obtained(call.expressions());
        if let (Some(caller), Some(operation)) = (&caller, self.contract().operation(&call.operation)) {
            wanted.extend(self.obtained_to_present(caller, operation));
        }
        let obtained = self.obtain(signer, wanted, bindings).await?;
        Ok(Bindings { caller, obtained: Arc::new(obtained), ..bindings.clone() })
    }

    /// The call as a signed request, once everything is known.
    async fn build(&self, signer: &Signer, call: &Call, bindings: &Bindings) -> Result<Request, CannotSign> {
        let operation = self.contract().operation(&call.operation);
        let operation = operation.ok_or_else(|| CannotBuild::NoOperation(call.operation.to_string()))?;
        let mut request = build_call(self.contract(), call, bindings)?;
        for placed in self.present_with(signer, operation, bindings).await? {
            self.put(&placed, &mut request)?;
        }
        Ok(request)
    }

    /// What a credential needs to have obtained to present itself, or a token of it, to an operation.
    fn obtained_to_present(&self, credential: &Credential, operation: &Operation) -> BTreeSet<ObtainedName> {
        self.kind(credential).map(|kind| obtained_by(kind, operation)).unwrap_or_default()
    }

    /// Obtains values for a request that `signer` makes.
    async fn obtain(
        &self,
        signer: &Signer,
        wanted: BTreeSet<ObtainedName>,
        bindings: &Bindings,
    ) -> Result<IndexMap<(String, String), Known>, CannotSign> {
        let all = self.contract().lifecycle().map(|lifecycle| &lifecycle.obtained);
        let mut values = IndexMap::new();
        for name in wanted {
            let Some(obtained) = all.and_then(|all| all.get(&name)) else { continue };
            let by = match &obtained.call.actor {
                Actor::Credential => signer.clone(),
                other => self.signer(other, bindings)?,
            };
            // What is obtained needs nothing that is obtained.
            let request = Box::pin(self.build(&by, &obtained.call, &self.session.bindings())).await?;
            let exchange = self.session.send_patiently(request).await;
            let why = |why: String| CannotSign::NotObtained { name: name.clone(), why };
            bindings.meets(self.contract(), &obtained.success, &exchange).map_err(why)?;
            for (value, template) in &obtained.values {
                let found = known(self.contract(), template, &exchange);
                let found = found.ok_or_else(|| why(format!("the answer has no {value}")))?;
                // Kept out of reports like a secret, though a deployment may well tell it again.
                self.session.redactor().taint(&found.text);
                values.insert((name.0.clone(), value.clone()), found);
            }
        }
        Ok(values)
    }

    /// Puts the credential of `signer` on a request to `operation`: the first alternative of its security that the
    /// signer can present, by itself or by one of its tokens. `Signer::Nobody` leaves the request as it is.
    ///
    /// # Errors
    /// The signer has nothing that fits, was not supplied, or got no token.
    pub async fn sign(
        &self,
        signer: &Signer,
        operation: &Operation,
        request: &mut Request,
    ) -> Result<(), CannotSign> {
        for placed in self.present(signer, operation).await? {
            self.put(&placed, request)?;
        }
        Ok(())
    }

    /// What `signer` would put on a request to `operation`.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub async fn present(&self, signer: &Signer, operation: &Operation) -> Result<Vec<Placed>, CannotSign> {
        let holder = match signer {
            Signer::Nobody => return Ok(Vec::new()),
            Signer::Caller(name) => self.caller(name)?,
            Signer::Credential(credential) => Arc::clone(credential),
            Signer::Token(token) => Arc::clone(&token.of),
        };
        let bindings = self.session.bindings();
        let obtained = self.obtain(signer, self.obtained_to_present(&holder, operation), &bindings).await?;
        let bindings = Bindings { obtained: Arc::new(obtained), ..bindings };
        self.present_with(signer, operation, &bindings).await
    }

    /// What `signer` would put on a request to `operation`, with what these bindings have obtained.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub async fn present_with(
        &self,
        signer: &Signer,
        operation: &Operation,
        bindings: &Bindings,
    ) -> Result<Vec<Placed>, CannotSign> {
        let nothing =
            |holder: String| CannotSign::NothingFits { holder, operation: operation.id.to_string() };
        let credential = match signer {
            Signer::Nobody => return Ok(Vec::new()),
            Signer::Caller(name) => self.caller(name)?,
            Signer::Credential(credential) => Arc::clone(credential),
            Signer::Token(token) => {
                let kind = self.kind(&token.of).and_then(|kind| kind.tokens.get(&token.name));
                let kind = kind.ok_or_else(|| CannotSign::Unknown(token.name.to_string()))?;
                let fits = |set: &&[SchemeName]| set.iter().all(|name| kind.present.contains_key(name));
                let set = alternatives(operation).find(fits).ok_or_else(|| nothing(format!("{token:?}")))?;
                return render(set, &kind.present, &token_bindings(token, bindings));
            }
        };
        if operation.security.schemes().is_empty() {
            return Ok(Vec::new());
        }
        let kind = self.kind(&credential).ok_or_else(|| CannotSign::Unknown(credential.kind.to_string()))?;
        let found = alternatives(operation).find_map(|set| Some((set, way(kind, set)?)));
        let Some((set, way)) = found else { return Err(nothing(format!("{credential:?}"))) };
        match way {
            Way::Itself => {
                let bindings = Bindings { credential: Some(credential), ..bindings.clone() };
                render(set, &kind.present, &bindings)
            }
            Way::Token(name, token_kind) => {
                let token = self.token(&credential, name, token_kind).await?;
                render(set, &token_kind.present, &token_bindings(&token, bindings))
            }
        }
    }

    /// Puts one value on a request.
    ///
    /// # Errors
    /// The value cannot be a header.
    pub fn put(&self, placed: &Placed, request: &mut Request) -> Result<(), CannotSign> {
        let Some(scheme) = self.contract().scheme(&placed.scheme) else {
            return Err(CannotSign::Unknown(placed.scheme.to_string()));
        };
        let single = match &placed.value {
            PlacedValue::Single(text) => text.clone(),
            PlacedValue::Pair(_, password) => password.clone(),
        };
        match (&scheme.kind, &placed.value) {
            (SchemeKind::Basic, PlacedValue::Pair(username, password)) => {
                set_header(&mut request.headers, "authorization", &basic(username, password))?;
            }
            (SchemeKind::Basic, PlacedValue::Single(_)) => {
                set_header(&mut request.headers, "authorization", &basic("", &single))?;
            }
            (SchemeKind::Bearer, _) => {
                set_header(&mut request.headers, "authorization", &format!("Bearer {single}"))?;
            }
            (SchemeKind::OtherHttp(scheme), _) => {
                set_header(&mut request.headers, "authorization", &format!("{scheme} {single}"))?;
            }
            (SchemeKind::ApiKey { location, name }, _) => match location {
                KeyLocation::Header => set_header(&mut request.headers, name, &single)?,
                KeyLocation::Query => append_query(&mut request.target, &[(name.clone(), single)]),
                KeyLocation::Cookie => add_cookie(&mut request.headers, name, &single)?,
            },
        }
        request.origins.extend(placed.origins.iter().cloned());
        Ok(())
    }

    /// A fresh token, without the cache: the exchange, and the token if one was given.
    ///
    /// # Errors
    /// The call cannot be made.
    pub async fn exchange(
        &self,
        credential: &Arc<Credential>,
        name: &TokenName,
        kind: &TokenKind,
    ) -> Result<(Arc<Exchange>, Option<Arc<Token>>), CannotSign> {
        let contract = self.contract();
        let bindings = Bindings { credential: Some(Arc::clone(credential)), ..self.session.bindings() };
        // A credential that could only exchange with a token of its own would go in circles.
        let request = Box::pin(self.request(&kind.exchange, &bindings)).await?;
        let exchange = self.session.send_patiently(request).await;
        if bindings.meets(contract, &kind.success, &exchange).is_err() {
            return Ok((exchange, None));
        }
        let Some(text) = known(contract, &kind.token, &exchange) else { return Ok((exchange, None)) };
        self.session.taint(&text.text);
        let expires_in = kind.expires_in.as_ref().and_then(|template| known(contract, template, &exchange));
        let seconds = lifetime(expires_in.as_ref())
            .unwrap_or_else(|| i64::try_from(kind.lifetime.duration().as_secs()).unwrap_or(i64::MAX));
        let expires_at =
            exchange.received.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(exchange.received);
        let token = Token {
            name: name.clone(),
            text,
            received: exchange.received,
            expires_at,
            of: Arc::clone(credential),
        };
        Ok((exchange, Some(Arc::new(token))))
    }

    /// A token of the credential: the cached one, as long as it lives.
    pub(crate) async fn token(
        &self,
        credential: &Arc<Credential>,
        name: &TokenName,
        kind: &TokenKind,
    ) -> Result<Arc<Token>, CannotSign> {
        let key = (credential.kind.0.clone(), credential.id.text.clone(), name.clone());
        let cached = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let soon = self.session.now().checked_add(RENEW_BEFORE).unwrap_or_else(|_| self.session.now());
        if let Some(token) = cached.filter(|token| token.expires_at > soon) {
            return Ok(token);
        }
        let (exchange, token) = self.exchange(credential, name, kind).await?;
        let token = token.ok_or_else(|| CannotSign::NoToken {
            token: name.clone(),
            why: match exchange.status() {
                Some(status) => format!("the exchange was answered {status}"),
                None => "the exchange was not answered".to_owned(),
            },
        })?;
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&token));
        Ok(token)
    }

    /// Forgets every token, because they may be over.
    pub(crate) fn forget_tokens(&self) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn kind(&self, credential: &Credential) -> Option<&'r CredentialKind> {
        self.contract().lifecycle()?.credentials.get(&credential.kind)
    }
}

/// The alternatives that require something.
fn alternatives(operation: &Operation) -> impl Iterator<Item = &[SchemeName]> {
    operation.security.0.iter().filter(|set| !set.is_empty()).map(Vec::as_slice)
}

/// How a kind of credential presents a set of schemes.
enum Way<'k> {
    /// By itself.
    Itself,
    /// By a token that is exchanged for it.
    Token(&'k TokenName, &'k TokenKind),
}

/// How a kind of credential can present a set of schemes, if it can.
fn way<'k>(kind: &'k CredentialKind, set: &[SchemeName]) -> Option<Way<'k>> {
    if set.iter().all(|name| kind.present.contains_key(name)) {
        return Some(Way::Itself);
    }
    let fits =
        |(_, token): &(&TokenName, &TokenKind)| set.iter().all(|name| token.present.contains_key(name));
    kind.tokens.iter().find(fits).map(|(name, token)| Way::Token(name, token))
}

/// The exchange for a token that a credential of this kind may need before it can call an operation.
pub(crate) fn exchange_of<'k>(kind: &'k CredentialKind, operation: &Operation) -> Option<&'k Call> {
    match alternatives(operation).find_map(|set| way(kind, set))? {
        Way::Itself => None,
        Way::Token(_, token) => Some(&token.exchange),
    }
}

fn token_bindings(token: &Arc<Token>, bindings: &Bindings) -> Bindings {
    Bindings { credential: Some(Arc::clone(&token.of)), token: Some(Arc::clone(token)), ..bindings.clone() }
}

/// What a credential of this kind needs to have obtained to present itself, or a token of it, to an operation.
pub(crate) fn obtained_by(kind: &CredentialKind, operation: &Operation) -> BTreeSet<ObtainedName> {
    let ways = std::iter::once(&kind.present).chain(kind.tokens.values().map(|token| &token.present));
    let schemes = operation.security.schemes();
    let presented = ways.flatten().filter(|(name, _)| schemes.contains(name));
    obtained(presented.flat_map(|(_, presentation)| presentation.expressions().cloned()))
}

/// What of these has to be obtained.
pub(crate) fn obtained(expressions: impl Iterator<Item = Expression>) -> BTreeSet<ObtainedName> {
    let name = |expression| match expression {
        Expression::Obtained(name, _) => Some(ObtainedName(name)),
        _ => None,
    };
    expressions.filter_map(name).collect()
}

fn render(
    set: &[SchemeName],
    present: &IndexMap<SchemeName, Presentation>,
    bindings: &Bindings,
) -> Result<Vec<Placed>, CannotSign> {
    let mut all = Vec::new();
    for scheme in set {
        let Some(presentation) = present.get(scheme) else { continue };
        let mut origins = Vec::new();
        let mut text = |template: &Template| {
            let value = template.render(&mut |expression| {
                origins.extend(bindings.origin(expression));
                bindings.value(expression, &Scope::before())
            });
            match value {
                Ok(serde_json::Value::String(text)) => Ok(text),
                Ok(other) => Ok(other.to_string()),
                Err(expression) => Err(CannotBuild::Unknown(expression.to_string())),
            }
        };
        let value = match presentation {
            Presentation::Pair { username, password } => PlacedValue::Pair(text(username)?, text(password)?),
            Presentation::Value(value) => PlacedValue::Single(text(value)?),
        };
        all.push(Placed { scheme: scheme.clone(), value, origins });
    }
    Ok(all)
}
