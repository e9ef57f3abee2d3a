//! What a run has issued and has to put away again.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rescind_specs::lifecycle::{
    Actor, Call, CallerName, Condition, CredentialKind, DependentName, Expression, Ids, JsonTemplate,
    KindName, Template,
};
use rescind_specs::{Contract, OperationId};
use serde_json::Value;

use crate::call::{Bindings, Known, Scope, request_body};
use crate::cleanup::line::{Asked, Thing};
use crate::credential::{Credential, known};
use crate::exchange::{Exchange, ExchangeId, Request, Response};

/// A value of this length is no part of another one by chance.
const TELLING: usize = 8;

/// Everything that was issued in a run, and what became of it. It fills itself from the exchanges.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    credentials: Vec<(Arc<Credential>, Fate)>,
    dependents: Vec<(DependentName, Known, Fate)>,
    /// What was asked for, without an answer that tells what came of it.
    asked: Vec<Asked>,
    revocations: u64,
}

/// What an exchange came to, as far as something has to be put away.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    /// The credential that it issued.
    pub(crate) issued: Option<Arc<Credential>>,
    /// The dependents that it created.
    pub(crate) created: Vec<(DependentName, Known)>,
    /// What it put away.
    pub(crate) gone: Vec<(Thing, String)>,
}

/// What came of something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// It came to be.
    Issued,
    /// It did not come to be.
    Refused,
    /// No answer tells.
    Unclearly,
}

/// What became of something that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there, as far as is known.
    Live,
    /// Its removal was acknowledged.
    Gone,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({:?})", self.from)
    }
}

impl Ledger {
    /// Records a credential that was issued. A second record of the same credential means that it may have come to life
    /// again.
    pub fn issued(&self, credential: Arc<Credential>, ids: Ids) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |entry: &Credential| entry.kind == credential.kind && entry.is(&credential, ids);
        match entries.credentials.iter_mut().find(|(entry, _)| same(entry)) {
            Some((_, fate)) => *fate = Fate::Live,
            None => entries.credentials.push((credential, Fate::Live)),
        }
    }

    /// Records a dependent that was created.
    pub(crate) fn created(&self, name: DependentName, id: Known) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.dependents.push((name, id, Fate::Live));
    }

    /// Records something that may have come to be.
    pub(crate) fn asked(&self, asked: Asked) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked.push(asked);
    }

    /// What may have come to be, without an answer that tells.
    pub(crate) fn unclear(&self) -> Vec<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }

    /// Records that it is known now what came of it.
    pub(crate) fn cleared(&self, request: u64) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.asked.retain(|asked| asked.request != request);
    }

    /// What a request asks for that has to be put away, should it come to be. `by` tells whoever signed it.
    pub(crate) fn intent(
        contract: &Contract,
        request: &Request,
        number: ExchangeId,
        by: impl FnOnce() -> Option<CallerName>,
    ) -> Option<Asked> {
        let operation = request.operation.as_ref()?;
        let lifecycle = contract.lifecycle()?;
        if request.method.is_safe() {
            return None;
        }
        let kinds = lifecycle.credentials.iter().filter_map(|(name, kind)| {
            let issue = kind.issue.as_ref()?;
            Some((Thing::Credential(name.clone()), &issue.call, &issue.id))
        });
        let dependents = lifecycle
            .dependents
            .iter()
            .map(|(name, dependent)| (Thing::Dependent(name.clone()), &dependent.create.call, &dependent.id));
        let (what, call, id) = kinds.chain(dependents).find(|(_, call, _)| call.operation == *operation)?;
        Some(Asked {
            contract: contract.name().to_owned(),
            request: number.0,
            what,
            id: chosen(contract, id, request),
            words: words(request),
            by: by().filter(|by| call.actor != Actor::Caller(by.clone())),
        })
    }

    /// Records that a caller issued a credential in place of whoever the contract says, so that the same caller puts
    /// it away.
    pub(crate) fn issued_by(&self, credential: &Credential, caller: &CallerName) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (entry, _) in &mut entries.credentials {
            if entry.kind == credential.kind && entry.id.text == credential.id.text {
                *entry = Arc::new(Credential { caller: Some(caller.clone()), ..(**entry).clone() });
            }
        }
    }

    /// Records that a credential is gone.
    pub fn gone(&self, kind: &KindName, id: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (credential, fate) in &mut entries.credentials {
            if credential.kind == *kind && credential.id.text == id {
                *fate = Fate::Gone;
            }
        }
    }

    /// The live credentials of whoever holds this one.
    pub(crate) fn of_same_holder(&self, of: &Credential) -> Vec<Arc<Credential>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = entries.credentials.iter().filter(|(_, fate)| *fate == Fate::Live);
        let same = live.filter(|(entry, _)| entry.kind == of.kind && entry.caller == of.caller);
        same.map(|(entry, _)| Arc::clone(entry)).collect()
    }

    /// How many revocations were acknowledged.
    pub fn revocations(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).revocations
    }

    /// Everything that was issued, in order.
    pub fn credentials(&self) -> Vec<(Arc<Credential>, Fate)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).credentials.clone()
    }

    /// The dependents that were not deleted, the latest first.
    pub(crate) fn live_dependents(&self) -> Vec<(DependentName, Known)> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = entries.dependents.iter().rev().filter(|(_, _, fate)| *fate == Fate::Live);
        live.map(|(name, id, _)| (name.clone(), id.clone())).collect()
    }

    /// Takes notice of an exchange: what it issued, created, revoked or deleted. A credential that was issued is put
    /// away by `by`, if it is not whom the contract names.
    pub(crate) fn observe(
        &self,
        contract: &Contract,
        exchange: &Exchange,
        by: Option<&CallerName>,
    ) -> Noticed {
        let operation = exchange.request.operation.as_ref();
        let mut noticed = Noticed::default();
        let Some(lifecycle) = contract.lifecycle().filter(|_| exchange.response().is_some()) else {
            return noticed;
        };
        noticed.issued = Credential::issued(contract, exchange)
            .map(|credential| Arc::new(Credential { caller: by.cloned(), ..credential }));
        if let Some(credential) = &noticed.issued {
            let kind = lifecycle.credentials.get(&credential.kind);
            self.issued(Arc::clone(credential), kind.map(CredentialKind::ids).unwrap_or_default());
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = &mut *entries;
        let revocations =
            lifecycle.credentials.iter().filter_map(|(name, kind)| Some((name, kind.revoke.as_ref()?)));
        let calls = revocations.flat_map(|(name, revoke)| {
            let ways = revoke.ways.values().map(move |way| (name, &way.call, &way.success));
            std::iter::once((name, &revoke.call, &revoke.success)).chain(ways)
        });
        for (name, call, success) in calls {
            for (credential, fate) in entries.credentials.iter_mut().filter(|(entry, _)| entry.kind == *name)
            {
                let concerned = match operation {
                    Some(operation) => *operation == call.operation,
                    None => credential.revocation.is_some(),
                };
                if *fate == Fate::Gone || !concerned || !is_about(call, credential, exchange) {
                    continue;
                }
                let bindings = Bindings { credential: Some(Arc::clone(credential)), ..Bindings::default() };
                if bindings.meets(contract, success, exchange).is_ok() {
                    *fate = Fate::Gone;
                    entries.revocations += 1;
                    noticed.gone.push((Thing::Credential(name.clone()), credential.id.text.clone()));
                }
            }
        }
        for (name, dependent) in &lifecycle.dependents {
            let done = |id: &OperationId, condition| {
                operation == Some(id) && Bindings::default().meets(contract, condition, exchange).is_ok()
            };
            if done(&dependent.create.call.operation, &dependent.create.success)
                && let Some(id) = known(contract, &dependent.id, exchange)
            {
                entries.dependents.push((name.clone(), id.clone(), Fate::Live));
                noticed.created.push((name.clone(), id));
            }
            if done(&dependent.delete.call.operation, &dependent.delete.success) {
                for (_, id, fate) in entries
                    .dependents
                    .iter_mut()
                    .filter(|(entry, id, _)| entry == name && mentions(exchange, &id.text))
                {
                    *fate = Fate::Gone;
                    noticed.gone.push((Thing::Dependent(name.clone()), id.text.clone()));
                }
            }
        }
        noticed
    }

    /// Records that something is gone.
    pub(crate) fn put_away(&self, what: &Thing, id: &str) {
        match what {
            Thing::Credential(kind) => self.gone(kind, id),
            Thing::Dependent(name) => {
                let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let same =
                    |(entry, known, _): &&mut (DependentName, Known, Fate)| entry == name && known.text == id;
                entries.dependents.iter_mut().filter(same).for_each(|(_, _, fate)| *fate = Fate::Gone);
            }
        }
    }
}

/// What the answer says of something that was asked for.
pub(crate) fn answered(
    contract: &Contract,
    asked: &Asked,
    exchange: &Exchange,
    noticed: &Noticed,
) -> Answered {
    let came = match &asked.what {
        Thing::Credential(_) => noticed.issued.is_some(),
        Thing::Dependent(_) => !noticed.created.is_empty(),
    };
    match exchange.status() {
        Some(_) if came => Answered::Issued,
        // Whoever is sent on to see what came of it, or asked too slowly, may have been heard.
        Some(status) if (300..500).contains(&status) && !matches!(status, 303 | 408) => Answered::Refused,
        // A contract may refuse within a success: an outcome of the body says so.
        Some(status) if status < 300 && refuses(contract, asked, exchange) => Answered::Refused,
        _ => Answered::Unclearly,
    }
}

/// Whether an answer that is well formed, and of the status of success, says that nothing came to be.
fn refuses(contract: &Contract, asked: &Asked, exchange: &Exchange) -> bool {
    let Some(lifecycle) = contract.lifecycle() else { return false };
    let success = match &asked.what {
        Thing::Credential(name) => {
            lifecycle.credentials.get(name).and_then(|kind| Some(&kind.issue.as_ref()?.success))
        }
        Thing::Dependent(name) => lifecycle.dependents.get(name).map(|dependent| &dependent.create.success),
    };
    let tells = |condition: &Condition| {
        let body = exchange.response().and_then(Response::json);
        body.is_some_and(|body| {
            condition.body.keys().any(|pointer| pointer.get(&body).is_some_and(Value::is_string))
        })
    };
    success.is_some_and(|condition| {
        tells(condition) && Bindings::default().meets(contract, condition, exchange).is_err()
    })
}

/// The identifier of what a request asks for, if whoever asks chooses it.
fn chosen(contract: &Contract, id: &Template, request: &Request) -> Option<String> {
    let bindings = Bindings::default();
    let scope = Scope::asking(contract, request);
    match id.render(&mut |expression| bindings.value(expression, &scope)).ok()? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// How long a word is that a run makes up, or one with such letters before it.
const WORD: std::ops::Range<usize> = 32..40;

/// The words of a request that no other one has: hexadecimal digits, as many as the run makes up, or more if the text
/// before them ends with such a letter.
fn words(request: &Request) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in [request.target.as_bytes(), request.body.as_deref().unwrap_or_default()] {
        for word in runs_of_digits(text).filter(|run| WORD.contains(&run.len())) {
            let word = String::from_utf8_lossy(word);
            if !words.iter().any(|known| *known == word) {
                words.push(word.into_owned());
            }
        }
    }
    words
}

/// The runs of hexadecimal digits that are as long as a word, or longer. Of what lies between them only every so
/// manieth byte is looked at: a body may have megabytes.
fn runs_of_digits(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            // A long run that begins further on reaches over this byte, or lies behind it.
            let (before, after) = rest.split_at_checked(WORD.start - 1)?;
            if !is_digit(after.first()?) {
                rest = &after[1..];
                continue;
            }
            let start = before.iter().rposition(|byte| !is_digit(byte)).map_or(0, |at| at + 1);
            let length = rest[start..].iter().position(|byte| !is_digit(byte));
            let (run, behind) = rest[start..].split_at(length.unwrap_or(rest.len() - start));
            rest = behind;
            if run.len() >= WORD.start {
                return Some(run);
            }
        }
    })
}

/// Whether a request that revokes is about this credential: it names it, or where the call names none, it is signed by
/// it.
fn is_about(call: &Call, credential: &Credential, exchange: &Exchange) -> bool {
    let values = call.body.iter().chain(call.parameters.values()).flat_map(JsonTemplate::expressions);
    let named: Vec<Expression> = values.filter(|value| own(credential, value).is_some()).collect();
    if named.is_empty() && exchange.request.operation.is_some() {
        return credential.secret.as_ref().is_some_and(|secret| is_signed_by(exchange, &secret.text));
    }
    if named.is_empty() {
        return mentions(exchange, &credential.id.text);
    }
    named.iter().filter_map(|value| own(credential, value)).all(|text| mentions(exchange, text))
}

/// What an expression about a credential stands for.
fn own<'c>(credential: &'c Credential, expression: &Expression) -> Option<&'c str> {
    match expression {
        Expression::CredentialId => Some(&credential.id.text),
        Expression::CredentialSecret => credential.secret.as_ref().map(|secret| secret.text.as_str()),
        _ => None,
    }
}

/// Whether a request presents this secret.
fn is_signed_by(exchange: &Exchange, secret: &str) -> bool {
    let request = &exchange.request;
    let in_header = |value: &http::HeaderValue| {
        let Ok(text) = value.to_str() else { return false };
        let basic = text.strip_prefix("Basic ").and_then(|pair| STANDARD.decode(pair).ok());
        text.contains(secret)
            || basic.is_some_and(|pair| String::from_utf8_lossy(&pair).ends_with(&format!(":{secret}")))
    };
    !secret.is_empty() && (request.headers.values().any(in_header) || mentions(exchange, secret))
}

/// Whether the request has this value in its path, query or body.
fn mentions(exchange: &Exchange, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let request = &exchange.request;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let encoded = rescind_specs::PathTemplate::new("{value}").fill(|_| Some(value));
    let in_path = path.split('/').any(|part| part == encoded || part == value);
    let mut query = url::form_urlencoded::parse(query.as_bytes());
    in_path
        || query.any(|(_, known)| known == value)
        || request_body(request).is_some_and(|body| says(&body, value))
}

/// Whether a text of a body is this value, or has it in it if that is long enough not to be chance.
fn says(body: &Value, value: &str) -> bool {
    match body {
        Value::Object(members) => members.values().any(|member| says(member, value)),
        Value::Array(items) => items.iter().any(|item| says(item, value)),
        Value::String(text) => text == value || (value.len() >= TELLING && text.contains(value)),
        Value::Number(number) => number.to_string() == value,
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WORD, runs_of_digits};

    proptest! {
        /// What is skipped holds no run that is as long as a word.
        #[test]
        fn every_long_run_of_digits_is_found(
            pieces in prop::collection::vec(("[0-9a-f]{0,70}", "[g-z -]{0,3}"), 0..8),
        ) {
            let text: String = pieces.iter().flat_map(|(digits, other)| [digits.as_str(), other]).collect();
            let slowly = text.split(|letter| !matches!(letter, '0'..='9' | 'a'..='f'));
            let slowly: Vec<&[u8]> = slowly.map(str::as_bytes).filter(|run| run.len() >= WORD.start).collect();
            prop_assert_eq!(runs_of_digits(text.as_bytes()).collect::<Vec<_>>(), slowly);
        }
    }
}
