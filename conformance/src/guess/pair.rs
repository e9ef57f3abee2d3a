//! Which operation issues credentials and which revokes them: scored each for itself, and as a pair.

use rescind_specs::{Contract, Operation};
use serde_json::Value;

use super::Guess;
use super::members::{self, Shown};
use super::words::{Words, bare};

/// What an operation needs at least to be taken without a counterpart.
const ALONE: i32 = 9;
/// What two need together.
const TOGETHER: i32 = 16;
/// The most operations of each role that are looked at together.
const MOST: usize = 60;
/// The most further ways to revoke.
const WAYS: usize = 3;
/// The most others that are named.
const OTHERS: usize = 3;

/// The operations that issue and revoke.
#[derive(Default)]
pub(super) struct Pair<'c> {
    pub(super) issue: Option<Guess<&'c Operation>>,
    pub(super) revoke: Option<Guess<&'c Operation>>,
    /// What else may end what the one issues, the likeliest first.
    pub(super) further: Vec<Guess<&'c Operation>>,
}

impl<'c> Pair<'c> {
    /// What a credential is called here.
    pub(super) fn noun(&self) -> Option<&'static str> {
        let of = |found: &Option<Guess<&Operation>>| {
            found.as_ref().and_then(|found| Words::of(found.value).noun()).filter(|(_, score)| *score > 2)
        };
        of(&self.issue)
            .or_else(|| of(&self.revoke))
            .map(|(noun, _)| if noun == "apikey" { "api_key" } else { noun })
    }

    /// Whether an operation is one of the two.
    pub(super) fn has(&self, operation: &Operation) -> bool {
        let is = |found: &Option<Guess<&'c Operation>>| {
            found.as_ref().is_some_and(|found| found.value.id == operation.id)
        };
        is(&self.issue) || is(&self.revoke)
    }
}

/// An operation with what speaks for a role.
struct Candidate<'c> {
    operation: &'c Operation,
    score: i32,
    reasons: Vec<String>,
}

/// The most likely operations.
pub(super) fn find(contract: &Contract) -> Pair<'_> {
    let mut issues = candidates(contract, issuing);
    let mut revokes = candidates(contract, revoking);
    issues.truncate(MOST);
    revokes.truncate(MOST);
    let mut best: Option<(i32, usize, usize, Option<String>)> = None;
    for (first, issue) in issues.iter().enumerate() {
        for (second, revoke) in revokes.iter().enumerate() {
            let (bond, why) = bond(contract, issue.operation, revoke.operation);
            let score = issue.score + revoke.score + bond;
            if score >= TOGETHER && best.as_ref().is_none_or(|(known, ..)| score > *known) {
                best = Some((score, first, second, why));
            }
        }
    }
    let (issue, revoke, why) = if let Some((_, issue, revoke, why)) = best {
        (Some(issue), Some(revoke), why)
    } else {
        let alone = |all: &[Candidate<'_>]| all.first().filter(|one| one.score >= ALONE).map(|_| 0);
        (alone(&issues), alone(&revokes), None)
    };
    let further = further(&revokes, revoke);
    let others_of_issue = others(&issues, issue);
    let others_of_revoke = others(&revokes, revoke);
    let guess = |all: Vec<Candidate<'_>>, at: Option<usize>, others: Vec<String>, bond: Option<String>| {
        let mut chosen = all.into_iter().nth(at?)?;
        chosen.reasons.extend(bond);
        let why = format!("{}: {}", chosen.operation.signature(), chosen.reasons.join(", "));
        Some((chosen.operation.id.clone(), why, others))
    };
    let back = |found: Option<(rescind_specs::OperationId, String, Vec<String>)>| {
        let (id, why, others) = found?;
        Some(Guess { value: contract.operation(&id)?, why, others })
    };
    Pair {
        issue: back(guess(issues, issue, others_of_issue, None)),
        revoke: back(guess(revokes, revoke, others_of_revoke, why)),
        further,
    }
}

fn candidates<'c>(
    contract: &'c Contract,
    score: impl Fn(&'c Operation) -> Option<(i32, Vec<String>)>,
) -> Vec<Candidate<'c>> {
    let operations = contract.operations().iter();
    let scored = operations.filter_map(|operation| {
        let (score, reasons) = score(operation)?;
        (score > 0).then_some(Candidate { operation, score, reasons })
    });
    let mut all: Vec<Candidate<'c>> = scored.collect();
    // The sort is stable: of equally likely ones the first of the document comes first.
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    all
}

/// Those beside the chosen one that speak of the same as it does.
fn further<'c>(all: &[Candidate<'c>], chosen: Option<usize>) -> Vec<Guess<&'c Operation>> {
    let noun = |operation: &Operation| Words::of(operation).noun().map(|(noun, _)| noun);
    let Some(known) = chosen.and_then(|at| all.get(at)) else { return Vec::new() };
    let wanted = noun(known.operation);
    let rest = all.iter().enumerate().filter(|(at, one)| Some(*at) != chosen && one.score >= ALONE);
    let same = rest.filter(|(_, one)| noun(one.operation) == wanted).take(WAYS);
    same.map(|(_, one)| {
        let why = format!("{}: {}", one.operation.signature(), one.reasons.join(", "));
        Guess::new(one.operation, why)
    })
    .collect()
}

/// The likeliest ones beside the chosen one.
fn others(all: &[Candidate<'_>], chosen: Option<usize>) -> Vec<String> {
    let rest = all.iter().enumerate().filter(|(at, one)| Some(*at) != chosen && one.score > 6);
    rest.take(OTHERS)
        .map(|(_, one)| format!("{} ({})", one.operation.id, one.operation.signature()))
        .collect()
}

/// What speaks for an operation that issues.
fn issuing(operation: &Operation) -> Option<(i32, Vec<String>)> {
    let mut reasons = Vec::new();
    let mut score = match operation.method.as_str() {
        "POST" => 3,
        "PUT" => 1,
        _ => return None,
    };
    let words = Words::of(operation);
    let (noun, weight) = words.noun()?;
    score += weight;
    reasons.push(format!("speaks of `{noun}`"));
    let (verb, word) = words.issues();
    score += verb;
    if let Some(word) = word {
        reasons.push(format!("says `{word}`"));
    }
    if words.revokes().0 > 2 {
        score -= 8;
    }
    if let Some(other) = words.does_something_else() {
        score -= 5;
        reasons.push(format!("says `{other}` as well"));
    }
    let answers = members::of_answers(operation);
    let sent = members::of_request(operation);
    if let Some(secret) = members::best_secret(&answers, true) {
        score += 5;
        reasons.push(format!("its answer has the secret `{}`", secret.pointer));
    } else if let Some(secret) = members::best_secret(&sent, false) {
        score += 3;
        reasons.push(format!("its body has the secret `{}`", secret.pointer));
    }
    if answers.iter().any(|shown| members::is_id(&shown.name)) {
        score += 2;
    }
    if sent.iter().any(|shown: &Shown| bare(&shown.name) == "granttype") {
        // What is exchanged for a credential is a token of it; only without any other it is the credential itself.
        score -= 7;
    }
    if operation.method == http::Method::POST && operation.path.as_str().ends_with('}') {
        score -= 2;
    }
    Some((score, reasons))
}

/// What speaks for an operation that revokes.
fn revoking(operation: &Operation) -> Option<(i32, Vec<String>)> {
    let words = Words::of(operation);
    let (verb, word) = words.revokes();
    let mut reasons = Vec::new();
    let mut score = match operation.method.as_str() {
        "DELETE" => 3,
        "POST" | "PUT" | "PATCH" if verb > 2 => 1,
        // A browser may be logged out by a link.
        "GET" if word == Some("logout") => 0,
        _ => return None,
    };
    score += verb;
    if let Some(word) = word {
        reasons.push(format!("says `{word}`"));
    } else {
        reasons.push("is a DELETE".to_owned());
    }
    match words.noun() {
        Some((noun, weight)) => {
            score += weight;
            reasons.push(format!("speaks of `{noun}`"));
        }
        None if verb < 5 => return None,
        None => {}
    }
    if words.has(&["all", "bulk", "batch"]).is_some() {
        score -= 3;
    }
    if let Some(other) = words.does_something_else() {
        score -= 4;
        reasons.push(format!("says `{other}` as well"));
    }
    Some((score, reasons))
}

/// What speaks for two operations being about the same credential.
fn bond(contract: &Contract, issue: &Operation, revoke: &Operation) -> (i32, Option<String>) {
    if issue.id == revoke.id {
        return (-100, None);
    }
    if is_linked(contract, issue, revoke) {
        return (10, Some(format!("a link leads there from {}", issue.id)));
    }
    let (from, to) = (issue.path.as_str().trim_end_matches('/'), revoke.path.as_str().trim_end_matches('/'));
    // What is made with an identifier of the caller's choice is ended under the same path.
    let home = if issue.method == http::Method::PUT { parent(from) } else { from };
    let mut score = 0;
    let mut why = None;
    if let Some(rest) = to.strip_prefix(home).filter(|rest| rest.starts_with("/{")) {
        let deeper = rest.trim_start_matches('/').split('/').count();
        score += match deeper {
            1 => 9,
            2 => 7,
            _ => 2,
        };
        why = Some(format!("lies below {home}, where {} issues", issue.id));
    } else if from == to {
        score += 4;
        why = Some(format!("has the path of {}", issue.id));
    } else if parent(home) == parent(to) || parent(home) == parent(parent(to)) {
        score += 2;
    }
    let noun = |operation: &Operation| Words::of(operation).noun().map(|(noun, _)| noun);
    match (noun(issue), noun(revoke)) {
        (Some(one), Some(other)) if one == other => score += 3,
        (Some(_), Some(_)) => score -= 3,
        _ => {}
    }
    let ids = members::of_answers(issue);
    if let Some(parameter) = revoke.path.parameters().last()
        && ids.iter().any(|shown| bare(&shown.name) == bare(parameter))
    {
        score += 2;
    }
    (score, why)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(before, _)| before)
}

/// Whether an answer of one operation documents a link to the other.
fn is_linked(contract: &Contract, from: &Operation, to: &Operation) -> bool {
    let document = contract.document();
    from.responses.iter().any(|response| {
        let links = document.get(&response.pointer.join("links")).and_then(Value::as_object);
        links.into_iter().flat_map(|links| links.keys()).any(|name| {
            let at = response.pointer.join("links").join(name);
            let link = document.resolve(&at).map(|(_, link)| link.clone()).unwrap_or_default();
            link.get("operationId").and_then(Value::as_str) == Some(to.id.0.as_str())
        })
    })
}
