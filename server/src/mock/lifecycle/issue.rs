//! Issuing credentials, and registering those that come from elsewhere.

use jiff::{SignedDuration, Timestamp};
use rescind_specs::lifecycle::{Expression, Issue, Template};
use rescind_specs::{ParameterLocation, Pointer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::asked::{Asked, contains, places, plain};
use super::fill::{echo, rename, stamp};
use super::form::{Form, set};
use super::kind::{Cause, Kind, Origin};
use super::principal::Principal;
use super::token::body_pointer;
use super::{Engine, filled};
use crate::id::{Alphabet, Format};
use crate::keys::hmac;
use crate::mock::likeness;
use crate::runtime::{Answer, AnswerBody, Rejection, Secret};
use crate::secret::SecretHash;
use crate::store::{
    Fingerprint, Issue as Issued, NewAnswer, NewCredential, Recalled, State as CredentialState, StoredAnswer,
};

/// A credential that is about to be stored.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) secret: Option<Secret>,
    pub(super) name: String,
    pub(super) expires_at: Option<Timestamp>,
    /// The answer that shows it; `None` where an answer has no body.
    pub(super) body: Option<Value>,
    /// The answer without the secret, for lists.
    pub(super) attributes: Map<String, Value>,
}

/// An answer as it is kept for a repeat.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    media_type: Option<String>,
    headers: Vec<(String, String)>,
    text: String,
}

impl Engine {
    /// Issues a credential as a request asks for it.
    pub(super) async fn issue(
        &self,
        place: usize,
        index: usize,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(index)?;
        let issue = kind.spec.issue.as_ref().ok_or(Rejection::NotImplemented)?;
        if let Some(answer) = self.refused_body(kind, asked)? {
            return Ok(answer);
        }
        let Some(caller) = self.speaker(&issue.call, caller, asked).await? else {
            return self.refused(place, index, Cause::Unknown, None, &asked.context);
        };
        let now = self.0.state.clock().now();
        let key = idempotency_key(issue, asked);
        let principal = caller.tenant();
        let operation = &asked.operation.id.0;
        let fingerprint =
            Fingerprint::of(asked.body.as_ref().map(Value::to_string).unwrap_or_default().as_bytes());
        let store = self.store().map_err(failed)?;
        if let Some(key) = &key {
            let recalled = store
                .recall(kind.collection, principal, operation, key, fingerprint, now)
                .await
                .map_err(failed)?;
            match recalled {
                Recalled::Unused => {}
                Recalled::Replay(answer) => return replayed(&answer),
                Recalled::OtherRequest => {
                    return self.refused(place, index, Cause::KeyReused, None, &asked.context);
                }
            }
        }
        let form = self.form(place, index, Cause::Issued)?;
        if kind.origin == Origin::Pool {
            let registered = (
                asked.find(&issue.call, &Expression::PoolId),
                asked.find(&issue.call, &Expression::PoolSecret),
            );
            let is_genuine = matches!(&registered, (Some(id), Some(secret))
                if self.pool_secret(kind, id) == Secret::new(secret.as_str()));
            if !is_genuine {
                return self.refused(place, index, Cause::NotGenuine, None, &asked.context);
            }
        }
        let draft = self.draft(kind, issue, &form, asked, now)?;
        if let Some(secret) = &draft.secret {
            self.0.state.journal().taint(secret.expose());
        }
        let answer = form.fill(draft.body.clone(), &|expression| draft.value(expression));
        let answer = draft.shown_beside_the_body(issue, answer);
        let kept = key.as_ref().map(|_| kept(&answer));
        let new_answer = key.as_deref().zip(kept).map(|(key, answer)| NewAnswer {
            principal,
            operation,
            key,
            fingerprint,
            answer,
            keep: kind.keep,
        });
        let secret = draft.secret.as_ref().map_or_else(String::new, |secret| secret.expose().to_owned());
        let credential = NewCredential {
            id: &draft.id,
            name: &draft.name,
            names: kind.names(),
            secret_hash: SecretHash::of(&secret),
            material: None,
            attributes: draft.attributes.clone(),
            created_at: now,
            expires_at: draft.expires_at,
        };
        match store.issue(kind.collection.of(principal), credential, new_answer).await.map_err(failed)? {
            Issued::Issued => Ok(answer),
            Issued::IdTaken(state) => {
                let cause = kind.cause_of_taken(state == CredentialState::Revoked);
                self.refused(place, index, cause, Some(&draft.id), &asked.context)
            }
            Issued::NameTaken(id) => {
                let holder = store.credential(kind.collection, &id).await.map_err(failed)?;
                let is_spent = holder.is_some_and(|holder| holder.revoked_at.is_some());
                let cause = kind.cause_of_taken(is_spent);
                self.refused(place, index, cause, Some(&id), &asked.context)
            }
            Issued::Replayed(answer) => replayed(&answer),
            Issued::KeyReused => self.refused(place, index, Cause::KeyReused, None, &asked.context),
        }
    }

    /// The documented refusal of a body that says what is always refused.
    fn refused_body(&self, kind: &Kind, asked: &Asked<'_>) -> Result<Option<Answer>, Rejection> {
        let Some(body) = &asked.body else { return Ok(None) };
        let Some((_, answers)) = kind.refused.iter().find(|(patch, _)| contains(body, patch)) else {
            return Ok(None);
        };
        let demands = vec![answers.iter().collect()];
        let form = Form::documented(&self.0.contract, asked.operation, &demands);
        let form = form.ok_or(Rejection::NotImplemented)?;
        Ok(Some(filled(&form, None, &asked.context)))
    }

    /// The credential that a request asks for, with its answer.
    pub(super) fn draft(
        &self,
        kind: &Kind,
        issue: &Issue,
        form: &Form,
        asked: &Asked<'_>,
        now: Timestamp,
    ) -> Result<Draft, Rejection> {
        let mut body = form.body().cloned();
        let id_place = body_pointer(&issue.id);
        let secret_place = issue.secret.as_ref().and_then(body_pointer);
        let stale = id_place.zip(form.body()).and_then(|(pointer, body)| pointer.get(body)?.as_str());
        let fits = |pointer: Option<&Pointer>, text: &str| match (pointer, form.body()) {
            (Some(pointer), Some(body)) => {
                let mut changed = body.clone();
                set(&mut changed, pointer, text.into());
                form.fits(&changed) || !form.fits(body)
            }
            _ => true,
        };
        let id = match requested(&issue.id, asked) {
            Some(id) if id.len() > LONGEST_ID => {
                let reason = format!("an identifier of more than {LONGEST_ID} bytes is not taken here");
                return Err(Rejection::MalformedBody { reason });
            }
            Some(id) => id,
            None => self.fresh_id(issue, stale, &|text| fits(id_place, text)).ok_or_else(unmakeable)?,
        };
        let secret = match &issue.secret {
            None => None,
            // A secret that is its own name.
            Some(template) if *template == issue.id => Some(Secret::new(id.clone())),
            Some(template) => Some(Secret::new(if let Some(secret) = requested(template, asked) {
                secret
            } else {
                let sample = secret_place.zip(form.body()).and_then(|(at, body)| at.get(body)?.as_str());
                likeness::secret(sample, self.ids(), &|text| fits(secret_place, text))
                    .ok_or_else(unmakeable)?
            })),
        };
        let asked_expiry = asked_expiry(issue, asked, now).or_else(|| told_life(issue, form, now));
        let expiry_place = issue.expires_at.as_ref().and_then(body_pointer);
        if let Some(body) = &mut body {
            if let Some(stale) = stale {
                let stale = stale.to_owned();
                rename(body, &stale, &id);
            }
            let except: Vec<&Pointer> =
                [id_place, secret_place, expiry_place].into_iter().flatten().collect();
            echo(form, asked, body, &except);
            stamp(form, body, now, asked_expiry);
            if let Some(pointer) = id_place {
                set(body, pointer, id.as_str().into());
            }
            if let Some(pointer) = expiry_place {
                show_expiry(form, body, pointer, asked_expiry);
            }
        }
        let mut attributes = body.clone();
        if let (Some(pointer), Some(attributes)) = (secret_place, &mut attributes) {
            super::form::remove(attributes, pointer);
        }
        // A caller may have chosen the secret, and the answer may tell it again.
        if let (Some(secret), Some(attributes)) = (&secret, &mut attributes)
            && secret.expose() != id
        {
            super::form::remove_text(attributes, secret.expose());
        }
        if let (Some(pointer), Some(secret), Some(body)) = (secret_place, &secret, &mut body) {
            set(body, pointer, secret.expose().into());
        }
        let unique: Vec<Option<&Value>> = kind.unique.iter().map(|at| asked.at(at)).collect();
        let name = match &*unique {
            [Some(only)] => plain(only),
            // No two of several texts look alike.
            [_, _, ..] if unique.iter().any(Option::is_some) => json!(unique).to_string(),
            _ => asked.at(&Pointer::root().join("name")).map_or_else(|| id.clone(), plain),
        };
        let attributes = match attributes {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        Ok(Draft { id, secret, name, expires_at: asked_expiry, body, attributes })
    }

    /// An identifier that was never given out, like the one that nobody has or like the example.
    pub(super) fn fresh_id(
        &self,
        issue: &Issue,
        sample: Option<&str>,
        fits: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let unique = self.ids().make(&Format::new("", Alphabet::LowerHex, 32));
        let made = issue.unknown_id.render(&mut |expression| match expression {
            Expression::Unique => Some(unique.as_str().into()),
            _ => None,
        });
        let made = made.ok().map(|value| plain(&value)).filter(|id| id.contains(&unique) && fits(id));
        made.or_else(|| likeness::id(sample, self.ids(), fits))
    }

    /// The secret of a pair that is made elsewhere: only who has the keys of this deployment can make it.
    pub(super) fn pool_secret(&self, kind: &Kind, id: &str) -> Secret {
        let key = self.0.state.keys().key(&format!("{} pool", kind.collection));
        let digits = Alphabet::LowerHex.characters();
        let derived = hmac(&key, id.as_bytes());
        let hex =
            derived.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        Secret::new(format!("{}{}", self.pool_prefix(kind), hex.map(char::from).collect::<String>()))
    }

    /// What the documented secrets of registered pairs start with.
    fn pool_prefix(&self, kind: &Kind) -> String {
        let prefix = || {
            let issue = kind.spec.issue.as_ref()?;
            let (pointer, _) = places(&issue.call, &Expression::PoolSecret).into_iter().next()?;
            let operation = self.0.contract.operation(&issue.call.operation)?;
            let content = operation.request_body.as_ref()?.content.first()?;
            let name = pointer.last()?;
            let property = content.schema.as_ref()?.property(&name);
            let pattern = property.as_ref().and_then(|schema| schema.keyword("pattern")?.as_str());
            if let Some(prefix) = pattern.and_then(literal_prefix) {
                return Some(prefix);
            }
            let (_, example) = content.examples.first()?;
            let sample = pointer.get(example)?.as_str()?;
            sample.find(['_', '-']).map(|end| sample[..=end].to_owned())
        };
        prefix().unwrap_or_default()
    }
}

impl Draft {
    fn value(&self, expression: &Expression) -> Option<Value> {
        match expression {
            Expression::CredentialId => Some(self.id.as_str().into()),
            _ => None,
        }
    }
}

/// The literal text that every match of an anchored pattern starts with.
fn literal_prefix(pattern: &str) -> Option<String> {
    let rest = pattern.strip_prefix('^')?;
    let end = rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_' || sign == '-'));
    let literal = &rest[..end.unwrap_or(rest.len())];
    // What comes before a quantifier need not be there.
    let is_quantified = end.is_some_and(|end| rest[end..].starts_with(['*', '?', '{']));
    let literal = if is_quantified { &literal[..literal.len().saturating_sub(1)] } else { literal };
    (!literal.is_empty()).then(|| literal.to_owned())
}

/// The time of the expiry, or that there is none, at its place.
pub(super) fn show_expiry(form: &Form, body: &mut Value, pointer: &Pointer, expires: Option<Timestamp>) {
    let before = body.clone();
    let was_number = pointer.get(body).is_some_and(Value::is_number);
    let ways = match expires {
        Some(end) if was_number => [Some(Value::from(end.as_second())), None],
        Some(end) => [Some(Value::from(end.to_string())), None],
        None => [Some(Value::Null), None],
    };
    for way in ways {
        match way {
            Some(value) => set(body, pointer, value),
            None => super::form::remove(body, pointer),
        }
        if form.fits(body) {
            return;
        }
        body.clone_from(&before);
    }
}

/// The idempotency key that a request carries.
fn idempotency_key(issue: &Issue, asked: &Asked<'_>) -> Option<String> {
    asked.text(issue.idempotency_key.as_ref()?).filter(|key| !key.is_empty())
}

/// Longest identifier that a caller may choose, in bytes. An index of PostgreSQL has no room for much more.
const LONGEST_ID: usize = 1024;

/// The part of the request that a template means, if it means one.
fn requested(template: &Template, asked: &Asked<'_>) -> Option<String> {
    let rendered = template.render(&mut |expression| match expression {
        Expression::RequestBody(pointer) => asked.at(pointer).cloned(),
        Expression::RequestParameter(
            ParameterLocation::Path | ParameterLocation::Query | ParameterLocation::Header,
            name,
        ) => asked.parameter(name).cloned(),
        _ => None,
    });
    rendered.ok().map(|value| plain(&value))
}

/// When the credential that a request asks for is to end.
fn asked_expiry(issue: &Issue, asked: &Asked<'_>, now: Timestamp) -> Option<Timestamp> {
    let expiring = issue.expiring.as_ref()?;
    let mut found = None;
    visit(expiring.body.as_value(), &Pointer::root(), &mut |pointer, value| {
        if found.is_some() {
            return;
        }
        let given = asked.at(pointer);
        found = match (value, given) {
            (Value::String(text), Some(Value::String(given))) if text.contains("$expiry") => {
                given.parse().ok()
            }
            (Value::Number(example), Some(Value::Number(given))) => {
                // The unit is what the example of the document makes it.
                let unit = expiring.lifetime.duration().as_secs_f64() / example.as_f64().unwrap_or(1.0);
                let life = SignedDuration::try_from_secs_f64(unit * given.as_f64().unwrap_or_default());
                life.ok().and_then(|life| now.checked_add(life).ok())
            }
            _ => None,
        };
    });
    // As the store keeps it.
    found.and_then(|time| Timestamp::from_microsecond(time.as_microsecond()).ok())
}

/// When a credential ends whose documented answer says how many seconds it lives.
fn told_life(issue: &Issue, form: &Form, now: Timestamp) -> Option<Timestamp> {
    let pointer = issue.expires_in.as_ref().and_then(body_pointer)?;
    let seconds = pointer.get(form.body()?)?.as_i64()?;
    let end = now.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    // As the store keeps it.
    Timestamp::from_microsecond(end.as_microsecond()).ok()
}

fn visit(value: &Value, at: &Pointer, visitor: &mut dyn FnMut(&Pointer, &Value)) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| visit(member, &at.join(name), visitor));
        }
        leaf => visitor(at, leaf),
    }
}

/// Writes an answer down for a repeat.
fn kept(answer: &Answer) -> Vec<u8> {
    let (media_type, text) = match &answer.body {
        AnswerBody::Of { media_type, bytes } => {
            (media_type.to_str().ok().map(ToOwned::to_owned), String::from_utf8_lossy(bytes).into_owned())
        }
        AnswerBody::None | AnswerBody::Stream { .. } => (None, String::new()),
    };
    let headers = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let kept = Kept { status: answer.status.as_u16(), media_type, headers: headers.collect(), text };
    serde_json::to_vec(&kept).unwrap_or_default()
}

/// The answer of the first time, which says that it is a repeat if it has a header for that.
fn replayed(answer: &StoredAnswer) -> Result<Answer, Rejection> {
    let failed = || Rejection::internal("a stored answer cannot be read");
    let kept: Kept = serde_json::from_slice(answer.as_bytes()).map_err(|_| failed())?;
    let status = http::StatusCode::from_u16(kept.status).map_err(|_| failed())?;
    let answer = match kept.media_type {
        Some(media_type) => Answer::text(status, &media_type, kept.text),
        None => Answer::empty(status),
    };
    Ok(kept.headers.iter().fold(answer, |answer, (name, value)| {
        answer.with_header(name, if name.contains("replay") { "true" } else { value })
    }))
}

pub(super) fn failed(error: crate::store::StoreError) -> Rejection {
    Rejection::Internal(Box::new(error))
}

fn unmakeable() -> Rejection {
    Rejection::internal("no identifier or secret can be made that the document allows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_out_of_patterns() {
        for (pattern, prefix) in [
            ("^sk_", Some("sk_")),
            ("^ak_[0-9a-f]{32}$", Some("ak_")),
            ("^ab?", Some("a")),
            ("^[ab]", None),
            ("sk_", None),
        ] {
            assert_eq!(literal_prefix(pattern).as_deref(), prefix, "{pattern}");
        }
    }
}
