//! Whom a presented credential or token belongs to, and whether it is accepted.

use indexmap::IndexMap;
use rescind_specs::lifecycle::{Call, Expression, Presentation};
use rescind_specs::{Operation, SchemeKind, SchemeName};

use super::Engine;
use super::asked::{Asked, unrender};
use super::kind::{Cause, Kind};
use super::principal::{Holder, Principal};
use crate::auth_cache::AuthCache;
use crate::runtime::{CredentialSet, Presented, Refused, Rejection};
use crate::secret::SecretHash;
use crate::state::State;
use crate::store::{Exchange, State as CredentialState};

/// Who was accepted, for each kind that may be accepted a while after its revocation.
#[derive(Debug)]
pub(super) struct Memory(Vec<AuthCache<Vec<u8>, Holder>>);

impl Memory {
    /// As long as each kind allows, unless the settings of the server say less.
    pub(super) fn new(kinds: &[Kind], state: &State) -> Self {
        let bound = |kind: &Kind| {
            let allowed = kind.spec.revoke.as_ref().map(|revoke| revoke.propagation_delay.duration());
            allowed.unwrap_or_default().min(state.cache().bound())
        };
        Self(kinds.iter().map(|kind| AuthCache::new(bound(kind))).collect())
    }

    pub(super) fn clear(&self) {
        self.0.iter().for_each(AuthCache::clear);
    }
}

/// What stands under one security scheme of a request.
enum Shown {
    Pair(String, String),
    Value(String),
}

/// What a set of schemes says of a credential.
#[derive(Default)]
struct Claim {
    id: Option<String>,
    secret: Option<String>,
    token: Option<String>,
}

impl Engine {
    /// Whom the credentials of a request belong to; the first that is accepted counts, or the best reason why none is.
    pub(super) async fn identify(
        &self,
        operation: Option<&Operation>,
        presented: Presented<CredentialSet>,
    ) -> Result<Principal, Refused> {
        let mut worst: Option<(usize, Cause)> = None;
        for set in presented.iter() {
            let shown = self.shown(set.clone());
            let mut is_known = false;
            for (place, kind) in self.0.kinds.iter().enumerate() {
                for claim in claims(kind, &shown) {
                    is_known = true;
                    match self.check(operation, place, kind, &claim).await? {
                        Ok(holder) => return Ok(Principal::Holder(holder)),
                        Err(cause) => {
                            // What is known of a credential says more than that it is not known.
                            if worst.is_none_or(|(_, known)| known == Cause::Unknown) {
                                worst = Some((place, cause));
                            }
                        }
                    }
                }
            }
            if !is_known {
                return Ok(Principal::Anybody);
            }
        }
        let (place, cause) = worst.unwrap_or((0, Cause::Unknown));
        Err(Refused::because(cause.word(place)))
    }

    fn shown(&self, mut set: CredentialSet) -> Vec<(SchemeName, Shown)> {
        let names = set.schemes().to_vec();
        let read = names.into_iter().filter_map(|name| {
            let is_basic =
                self.0.contract.scheme(&name).is_some_and(|scheme| scheme.kind == SchemeKind::Basic);
            let shown = if is_basic {
                let pair = set.basic()?;
                Shown::Pair(pair.user, pair.password.expose().to_owned())
            } else {
                Shown::Value(set.secret()?.expose().to_owned())
            };
            Some((name, shown))
        });
        read.collect()
    }

    async fn check(
        &self,
        operation: Option<&Operation>,
        place: usize,
        kind: &Kind,
        claim: &Claim,
    ) -> Result<Result<Holder, Cause>, Refused> {
        if let Some(token) = &claim.token {
            return self.check_token(operation, place, kind, token).await;
        }
        let now = self.0.state.clock().now();
        let hash = claim.secret.as_deref().map(SecretHash::of);
        let key = [
            claim.id.as_deref().unwrap_or_default().as_bytes(),
            hash.as_ref().map(SecretHash::as_bytes).unwrap_or_default(),
        ]
        .concat();
        let kept = self.0.memory.0.get(place);
        if let Some(holder) = kept.and_then(|kept| kept.get(&*key, kept.bound(), now)) {
            return Ok(if holder.expires_at.is_some_and(|end| end <= now) {
                Err(Cause::Expired)
            } else {
                Ok(holder)
            });
        }
        let asked = kept.map(|kept| (kept, kept.asking(now)));
        let store = self.store()?;
        let found = match (&claim.id, &hash) {
            (Some(id), _) => store.credential(kind.collection, id).await?,
            (None, Some(hash)) => store.credential_by_secret(kind.collection, hash).await?,
            (None, None) => None,
        };
        let Some(credential) = found else { return Ok(Err(Cause::Unknown)) };
        if hash.is_some_and(|hash| hash != credential.secret_hash) {
            return Ok(Err(Cause::WrongSecret));
        }
        match credential.state(now) {
            CredentialState::Revoked => return Ok(Err(Cause::Dead)),
            CredentialState::Expired => return Ok(Err(Cause::Expired)),
            CredentialState::Active => {}
        }
        let holder = Holder {
            kind: place,
            id: credential.id,
            tenant: credential.tenant,
            expires_at: credential.expires_at,
        };
        if let (false, Some(hash)) = (kind.moves.is_empty(), &hash) {
            // Moves the time of the last use, unless it was revoked in this moment.
            match store.exchange(kind.collection, &holder.id, hash, now).await? {
                Exchange::Accepted(_) => {}
                Exchange::Unknown => return Ok(Err(Cause::Unknown)),
                Exchange::WrongSecret => return Ok(Err(Cause::WrongSecret)),
                Exchange::Refused(CredentialState::Expired) => return Ok(Err(Cause::Expired)),
                Exchange::Refused(_) => return Ok(Err(Cause::Dead)),
            }
        }
        if let Some((kept, asked)) = asked {
            kept.remember(key, holder.clone(), asked);
        }
        Ok(Ok(holder))
    }

    /// Who calls: whom the credential belongs to that the body of the call says, where the call has it there, else whoever
    /// the request comes from. `None`: what the body says is nobody's.
    pub(super) async fn speaker(
        &self,
        call: &Call,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Option<Principal>, Rejection> {
        let Some(secret) = asked.find(call, &Expression::CallerSecret) else {
            let is_wanted = call.expressions().any(|known| known == Expression::CallerSecret);
            return Ok((!is_wanted).then(|| caller.clone()));
        };
        let id = asked.find(call, &Expression::CallerId);
        let claim = Claim { id, secret: Some(secret), token: None };
        for (place, kind) in self.0.kinds.iter().enumerate() {
            match self.check(None, place, kind, &claim).await {
                Ok(Ok(holder)) => return Ok(Some(Principal::Holder(holder))),
                Ok(Err(_)) => {}
                Err(_) => return Err(Rejection::internal("credentials cannot be looked up")),
            }
        }
        Ok(None)
    }

    /// The kind that callers of an operation present; `None` if the lifecycle document says nothing of its schemes.
    pub(super) fn kind_for(&self, operation: &Operation) -> Option<usize> {
        let schemes = operation.security.schemes();
        self.0.kinds.iter().position(|kind| {
            let tokens = kind.spec.tokens.values().flat_map(|token| token.present.keys());
            kind.spec.present.keys().chain(tokens).any(|known| schemes.contains(&known))
        })
    }
}

/// What the shown values claim, if they are those of this kind or of one of its tokens.
fn claims(kind: &Kind, shown: &[(SchemeName, Shown)]) -> Vec<Claim> {
    let ways = kind.spec.tokens.values().map(|token| &token.present);
    let ways = ways.chain(std::iter::once(&kind.spec.present));
    ways.filter_map(|way| claim(way, shown)).collect()
}

/// What the shown values claim if they are presented in this way; `None` if they are not.
fn claim(way: &IndexMap<SchemeName, Presentation>, shown: &[(SchemeName, Shown)]) -> Option<Claim> {
    let presented = || shown.iter().filter_map(|(name, value)| Some((way.get(name)?, value)));
    let holds = |wanted: &[Expression]| {
        presented().any(|(presentation, _)| presentation.expressions().any(|known| wanted.contains(known)))
    };
    // What goes with a credential and is none, such as a token against forged requests, claims nothing; and where the
    // contract wants more than the way presents, a public identifier is no claim.
    let secrets = [Expression::CredentialSecret, Expression::Token];
    let is_whole = presented().count() == shown.len();
    if !(holds(&secrets) || is_whole && holds(&[Expression::CredentialId])) {
        return None;
    }
    // What is written in another way than the document has it is nobody's; it may not count as if it were not there.
    let read = presented().map(|(presentation, value)| match (presentation, value) {
        (Presentation::Value(template), Shown::Value(text)) => unrender(template, text),
        (Presentation::Pair { username, password }, Shown::Pair(user, secret)) => {
            let (user, secret) = (unrender(username, user)?, unrender(password, secret)?);
            Some(user.into_iter().chain(secret).collect())
        }
        _ => None,
    });
    let Some(read) = read.collect::<Option<Vec<_>>>() else { return Some(Claim::default()) };
    let mut claim = Claim::default();
    for (expression, text) in read.into_iter().flatten() {
        match expression {
            Expression::CredentialId => claim.id = Some(text),
            Expression::CredentialSecret => claim.secret = Some(text),
            Expression::Token => claim.token = Some(text),
            _ => {}
        }
    }
    Some(claim)
}
