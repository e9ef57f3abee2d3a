//! Is a secret shown once and never again?

use std::collections::BTreeSet;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use http::header::SET_COOKIE;
use rescind_specs::lifecycle::SecretShownOnce as With;
use rescind_specs::{Contract, PathTemplate};

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::credential::{Credential, place};
use crate::exchange::Exchange;
use crate::finding::Finding;
use crate::lifecycle::{By, History, Issuing, Seen, Slot, Step, Target};
use crate::verdict::Verdict;

/// Shorter secrets are found anywhere by chance.
const SHORTEST: usize = 8;

/// # What it does
/// Issues a credential, then calls everything that could show its secret again: uses, lists, revocations that succeed
/// and that are refused. Every later answer of the whole run is searched as well, headers and bodies, refusals included.
/// # Verdicts
/// Fail: the secret is in an answer other than the one that is documented to show it. A cookie that an answer sets once
/// more, as the request had it, is none: so its life is prolonged.
/// # Source
/// The response schemas; the vendor's `lifecycle.yaml`.
pub struct SecretShownOnce<'w>(pub &'w With);

impl LifecycleCheck for SecretShownOnce<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let mut steps = vec![Step::issue(0), Step::present(0)];
        let listed = setting.kind.listed.is_some();
        steps.extend(listed.then_some(Step::List(None)));
        steps.push(Step::Revoke { target: Target::Unknown, by: setting.asker(0), body: None });
        steps.extend([Step::revoke_by(0, By::Nobody), Step::revoke_by(0, By::Unknown)]);
        // Refused or not, the same request once more is answered.
        let again = Issuing { like: Some(Slot(0)), ..Issuing::default() };
        steps.extend([Step::Issue(Slot(1), again), Step::revoke(0)]);
        steps.extend(listed.then_some(Step::List(None)));
        steps.extend([Step::revoke(0), Step::present(0)]);
        steps.extend(self.0.also.iter().map(|call| Step::Call(Box::new(call.clone()), Slot(0))));
        Scenario { steps, noise: Noise::Others }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("secret_shown_once");
        let credentials: Vec<Arc<Credential>> = history
            .events
            .iter()
            .filter(|event| event.seen == Seen::Accepted && matches!(event.step, Step::Issue(..)))
            .filter_map(|event| event.credential.clone())
            .collect();
        let exchanges: Vec<Arc<Exchange>> = history.exchanges().cloned().collect();
        let (searched, findings) = search(setting.contract, &credentials, &exchanges);
        (0..searched).for_each(|_| judge.exercised());
        let mut result = judge.done(history);
        result.findings = findings;
        result
    }
}

/// Searches answers for the secrets of credentials. Returns how many answers were searched, and what was found.
pub(crate) fn search(
    contract: &Contract,
    credentials: &[Arc<Credential>],
    exchanges: &[Arc<Exchange>],
) -> (u64, Vec<Finding>) {
    let wanted: Vec<(usize, Vec<u8>)> = credentials
        .iter()
        .enumerate()
        .filter_map(|(number, credential)| Some((number, &credential.secret.as_ref()?.text)))
        .filter(|(_, secret)| secret.len() >= SHORTEST)
        .flat_map(|(number, secret)| forms(secret).into_iter().map(move |form| (number, form)))
        .collect();
    let mut findings: Vec<Finding> = Vec::new();
    let Some(finder) =
        AhoCorasick::new(wanted.iter().map(|(_, form)| form)).ok().filter(|_| !wanted.is_empty())
    else {
        return (0, findings);
    };
    // The credentials whose secrets are within some bytes.
    let within = |bytes: &[u8]| -> BTreeSet<usize> {
        let found = finder.find_overlapping_iter(bytes);
        found.filter_map(|found| wanted.get(found.pattern().as_usize())).map(|(number, _)| *number).collect()
    };
    let mut searched = 0;
    let mut seen = BTreeSet::new();
    for exchange in exchanges {
        let Some(response) = exchange.response() else { continue };
        searched += 1;
        let shown = response.headers.iter().filter(|(name, value)| {
            **name != SET_COOKIE || !value.to_str().is_ok_and(|value| exchange.prolongs(value))
        });
        let headers: Vec<_> = shown.map(|(name, value)| (name, within(value.as_bytes()))).collect();
        let body = within(&response.body);
        for (number, credential) in credentials.iter().enumerate() {
            let header = headers.iter().find(|(_, found)| found.contains(&number));
            let place = match header {
                Some((name, _)) => format!("the header {name}"),
                None if body.contains(&number) => "the body".to_owned(),
                None => continue,
            };
            if shows_it(contract, credential, exchange, exchanges) {
                continue;
            }
            let operation = exchange.request.operation.clone();
            if !seen.insert((operation.clone(), response.status.as_u16(), place.clone())) {
                continue;
            }
            let mut evidence = vec![exchange.id];
            evidence.extend(credential.issued.filter(|issued| *issued < exchange.id));
            evidence.sort_unstable();
            findings.push(Finding {
                check: "secret_shown_once".to_owned(),
                verdict: Verdict::Fail,
                operation,
                message: format!("the secret of a {} credential is in {place}", credential.kind),
                documented: "shown once at most, in the answer that issues it".to_owned(),
                received: format!("{}, the secret in {place}", response.status.as_u16()),
                place: None,
                exchanges: evidence,
                requirement: None,
                sequence: None,
            });
        }
    }
    (searched, findings)
}

/// Whether the answer is the one that is documented to show the secret: the issuing one, or a replay of it.
fn shows_it(
    contract: &Contract,
    credential: &Credential,
    exchange: &Exchange,
    all: &[Arc<Exchange>],
) -> bool {
    let kind = contract.lifecycle().and_then(|lifecycle| lifecycle.credentials.get(&credential.kind));
    let Some(issue) = kind.and_then(|kind| kind.issue.as_ref()) else { return false };
    if !issue.secret.as_ref().is_some_and(|template| template.expressions().any(|part| place(part).is_some()))
    {
        return false;
    }
    if credential.issued == Some(exchange.id) {
        return true;
    }
    let issuing = all.iter().find(|other| Some(other.id) == credential.issued);
    let (Some(header), Some(issuing)) = (&issue.idempotency_key, issuing) else { return false };
    let key = |exchange: &Exchange| exchange.request.headers.get(header.as_str()).cloned();
    exchange.request.operation == issuing.request.operation
        && key(exchange).is_some()
        && key(exchange) == key(issuing)
}

/// A secret as it is, percent-encoded, with JSON escapes, and in Base64.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::Value::from(secret).to_string();
    let all = [
        secret.to_owned(),
        PathTemplate::new("{secret}").fill(|_| Some(secret)),
        json.trim_matches('"').to_owned(),
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret),
    ];
    let unique: BTreeSet<Vec<u8>> = all.into_iter().map(String::into_bytes).collect();
    unique.into_iter().collect()
}
