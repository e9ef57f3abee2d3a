//! Sends the cases of the request checks, a few at a time, and shows every exchange of a run to the response checks.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rescind_specs::lifecycle::{CredentialKind, JsonTemplate, KindName, Listing, Revoke};
use rescind_specs::{Contract, Operation, OperationId, SchemeKind};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::actors::{Actors, CannotSign, Placed, PlacedValue, Signer};
use crate::call::{Bindings, basic, build_call, plain, set_header};
use crate::check::request::{
    Afterwards, Case, Presented, REQUEST_CHECKS, RequestCheck, Sent, Subject, Target,
};
use crate::check::response::{Answer, RESPONSE_CHECKS, Secrets};
use crate::counterexample::{Order, Repeat, Scene, retell};
use crate::credential::Credential;
use crate::exchange::{Exchange, Request, Response, Timing};
use crate::finding::Finding;
use crate::lifecycle::PAGES;
use crate::plan::{Plan, Writes};
use crate::progress::Event;
use crate::report::{Breach, CheckReport, Outcome};
use crate::session::{Session, mix};
use crate::strategy::request::{Base, Role};
use crate::verdict::Verdict;

/// The most requests that are sent to make one failing case simpler.
const RESENDS: usize = 10;
/// The most credentials that valid cases of one operation may issue; each is revoked at the end.
const ISSUED: usize = 6;
/// The most valid cases of one operation.
const VALID: usize = 12;
/// The most operations that get a body of several megabytes.
const OVERSIZED: usize = 2;
/// The most kinds of finding that a check reports.
const BREACHES: usize = 30;

/// Every case that is to be sent, with its check and the number of that. Nothing is sent for it.
pub(crate) fn planned(session: &Session<'_>, actors: &Actors<'_, '_>) -> Vec<Planned> {
    Run { session, actors, contract: session.contract(), own: &OnceCell::new() }.planned()
}

/// Sends the cases and reports what came of them, for each check in report order.
pub(crate) async fn run(
    session: &Session<'_>,
    actors: &Actors<'_, '_>,
    planned: Vec<Planned>,
) -> Vec<CheckReport> {
    let own = OnceCell::new();
    let mut tallies: Vec<Tally> = REQUEST_CHECKS.iter().map(|_| Tally::default()).collect();
    for (index, _, _) in &planned {
        if let Some(tally) = tallies.get_mut(*index) {
            tally.planned += 1;
        }
    }
    prepare(session, actors, &own, &planned).await;
    let work = planned.into_iter().map(|(index, check, case)| {
        let (lane, own) = (session.lane(), &own);
        async move {
            lane.enter().await;
            let keyword = case.keyword.clone();
            if !lane.may_begin() {
                return (index, keyword, Err("the time was up before it was begun".to_owned()));
            }
            let actors = actors.beside(&lane);
            let run = Run { session: &lane, actors: &actors, contract: lane.contract(), own };
            lane.progress().event(Event::Step { id: check.id() });
            let result = Box::pin(run.case(check, case)).await;
            lane.progress().event(Event::Advanced);
            (index, keyword, result)
        }
    });
    for (index, keyword, result) in session.together(work).await {
        if let Some(tally) = tallies.get_mut(index) {
            tally.add(result, &keyword);
        }
    }
    let scene = scene(session);
    let all = session.exchanges();
    let plan = session.plan();
    REQUEST_CHECKS
        .iter()
        .zip(tallies)
        .map(|(check, tally)| tally.report(check.id(), check.question(), plan, scene, &all))
        .collect()
}

/// Makes what several cases share before any of them needs it, so that none waits for another.
async fn prepare(
    session: &Session<'_>,
    actors: &Actors<'_, '_>,
    own: &OnceCell<Option<Arc<Credential>>>,
    planned: &[Planned],
) {
    let contract = session.contract();
    let lane = session.lane();
    let work = async {
        let actors = actors.beside(&lane);
        let run = Run { session: &lane, actors: &actors, contract, own };
        for operation in planned.iter().filter_map(|(_, _, case)| contract.operation(&case.operation)) {
            if own.initialized() {
                break;
            }
            run.signer(operation).await;
        }
    };
    session.together([Box::pin(work)]).await;
}

/// Shows every exchange to the response checks that the plan has and reports what they say, in report order.
pub fn judge_exchanges(
    scene: Scene<'_>,
    plan: &Plan,
    exchanges: &[Arc<Exchange>],
    tainted: &BTreeSet<String>,
) -> Vec<CheckReport> {
    let secrets = Secrets::new(tainted);
    RESPONSE_CHECKS
        .iter()
        .map(|check| {
            let mut tally = Tally::default();
            if is_selected(plan, check.id()).is_ok() && check.applies(scene.contract) {
                for exchange in exchanges {
                    let Some(answer) = Answer::of(scene.contract, exchange, &secrets) else { continue };
                    tally.planned += 1;
                    if let Some(findings) = check.check(&answer) {
                        // What calls at once come to is a matter of chance: the good ones count for nothing, so that
                        // the same seed gives the same counts.
                        if !findings.is_empty() || exchange.timing == Timing::InTurn {
                            tally.add(Ok(Told { findings, repeat: None }), "");
                        }
                    } else {
                        tally.quiet += 1;
                    }
                }
            }
            tally.report(check.id(), check.question(), plan, scene, exchanges)
        })
        .collect()
}

/// What a retelling needs to know of a session.
pub fn scene<'s>(session: &'s Session<'_>) -> Scene<'s> {
    Scene { contract: session.contract(), deployment: session.deployment(), redactor: session.redactor() }
}

/// Every case that would be sent, with its check.
pub(crate) fn cases(session: &Session<'_>, actors: &Actors<'_, '_>) -> Vec<(&'static str, Case)> {
    planned(session, actors).into_iter().map(|(_, check, case)| (check.id(), case)).collect()
}

/// Why a check that the plan has sends nothing.
pub(crate) fn idle(plan: &Plan) -> String {
    match plan.writes {
        Writes::Forbidden => "it would need requests that are not sent without --allow-writes".to_owned(),
        Writes::Allowed => "nothing in the contract or in the answers concerns it".to_owned(),
    }
}

/// Whether the plan has a check; else why not.
pub(crate) fn is_selected(plan: &Plan, id: &str) -> Result<(), String> {
    if plan.skip.iter().any(|name| name == id) {
        return Err("it was to be left out".to_owned());
    }
    if !plan.only.is_empty() && !plan.only.iter().any(|name| name == id) {
        return Err("not among what was asked for".to_owned());
    }
    Ok(())
}

/// What one case came to, or why it tells nothing.
type CaseResult = Result<Told, String>;

/// What was found.
struct Told {
    findings: Vec<Finding>,
    /// How to look for it again; `None`: as for any answer.
    repeat: Option<Repeat>,
}

impl Told {
    fn of(scene: Scene<'_>, case: &Case, findings: Vec<Finding>) -> Self {
        let repeat = if findings.is_empty() { None } else { Repeat::request(scene, case) };
        Self { findings, repeat }
    }
}

/// A finding, how often it came, and how to look for it again.
struct Found {
    finding: Finding,
    times: u64,
    repeat: Option<Repeat>,
}

/// Findings of one check, one of a kind.
#[derive(Default)]
struct Tally {
    planned: u64,
    quiet: u64,
    exercised: u64,
    open: Option<String>,
    found: Vec<Found>,
    kinds: HashMap<(Option<OperationId>, String, Verdict), usize>,
}

impl Tally {
    /// Adds what a case came to. Findings of one operation and keyword are of one kind; without a keyword, those with
    /// the same text.
    fn add(&mut self, result: CaseResult, keyword: &str) {
        let Told { findings, repeat } = match result {
            Ok(told) => told,
            Err(why) => {
                self.open.get_or_insert(why);
                return;
            }
        };
        self.exercised += 1;
        for finding in findings {
            let kind = if keyword.is_empty() {
                format!("{}\n{}", finding.message, finding.documented)
            } else {
                keyword.to_owned()
            };
            let key = (finding.operation.clone(), kind, finding.verdict);
            if let Some(found) = self.kinds.get(&key).and_then(|index| self.found.get_mut(*index)) {
                found.times += 1;
            } else {
                self.kinds.insert(key, self.found.len());
                self.found.push(Found { finding, times: 1, repeat: repeat.clone() });
            }
        }
    }

    fn report(
        mut self,
        id: &str,
        question: &str,
        plan: &Plan,
        scene: Scene<'_>,
        all: &[Arc<Exchange>],
    ) -> CheckReport {
        // The sort is stable: of equally bad findings, the first that was seen comes first.
        self.found.sort_by_key(|found| std::cmp::Reverse(found.finding.verdict));
        let worst = self.found.first().map_or(Verdict::Pass, |found| found.finding.verdict);
        let outcome = match is_selected(plan, id) {
            Err(why) => Outcome::NotRun(why),
            Ok(()) if self.exercised > 0 => Outcome::Judged(worst),
            Ok(()) if self.planned == 0 || self.quiet > 0 => Outcome::NotRun(idle(plan)),
            Ok(()) => Outcome::NotExercised(
                self.open.unwrap_or_else(|| "no case came to an answer that tells".to_owned()),
            ),
        };
        let findings = self
            .found
            .into_iter()
            .take(BREACHES)
            .map(|Found { finding, times, repeat }| {
                let told = retell(scene, all, &finding.exchanges, Order::InTurn);
                let answer = finding.exchanges.last().filter(|_| is_of_answers(id));
                let repeat = repeat.or_else(|| Repeat::answer(scene, all, *answer?));
                Breach { finding, steps: told.steps, reproduction: told.script, times, once_in: None, repeat }
            })
            .collect();
        CheckReport {
            id: id.to_owned(),
            question: question.to_owned(),
            outcome,
            exercised: self.exercised,
            findings,
        }
    }
}

/// Whether a check looks at single answers.
fn is_of_answers(id: &str) -> bool {
    RESPONSE_CHECKS.iter().any(|check| check.id() == id)
}

/// Sends a case once more, and judges what comes of it; else says why that tells nothing.
pub(crate) async fn repeated(
    session: &Session<'_>,
    actors: &Actors<'_, '_>,
    check: &dyn RequestCheck,
    case: Case,
) -> Result<Vec<Finding>, String> {
    let own = OnceCell::new();
    let run = Run { session, actors, contract: session.contract(), own: &own };
    Box::pin(run.case(check, case)).await.map(|told| told.findings)
}

/// Whether one of the supplied pairs may be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pool {
    /// None.
    None,
    /// One.
    One,
}

struct Run<'a, 's, 'r> {
    session: &'a Session<'r>,
    actors: &'a Actors<'s, 'r>,
    contract: &'r Contract,
    /// A credential of the run's own, for contracts in which nobody else can present one.
    own: &'a OnceCell<Option<Arc<Credential>>>,
}

/// A case that is to be sent, with its check and the number of that.
pub(crate) type Planned = (usize, &'static dyn RequestCheck, Case);

impl Run<'_, '_, '_> {
    /// Every case that is to be sent, with its check and the number of that.
    fn planned(&self) -> Vec<Planned> {
        let plan = self.session.plan();
        let unique = || self.session.unique();
        let mut all = Vec::new();
        for (index, check) in REQUEST_CHECKS.iter().enumerate() {
            if is_selected(plan, check.id()).is_err() {
                continue;
            }
            let mut oversized = 0;
            for (number, operation) in self.contract.operations().iter().enumerate() {
                let base = self.base(operation);
                let most = most(check.id(), &base, plan);
                if most == 0 || (check.id() == "oversized_body_handled" && oversized == OVERSIZED) {
                    continue;
                }
                let subject = Subject { base: &base, most, unique: &unique };
                let mut cases = check.cases(&subject, &mut runner(plan.seed, index, number));
                cases.retain(|case| plan.writes == Writes::Allowed || case.request.method.is_safe());
                if plan.writes == Writes::Forbidden {
                    cases.retain(|case| case.target == Target::Nothing);
                }
                cases.truncate(most);
                oversized += usize::from(!cases.is_empty());
                all.extend(cases.into_iter().map(|case| (index, *check, case)));
            }
        }
        all
    }

    /// Where requests to an operation start from, in this run.
    fn base<'o>(&'o self, operation: &'o Operation) -> Base<'o> {
        let mut base = Base::of(self.contract, operation);
        let caller = base.caller().and_then(|name| self.actors.caller(name).ok());
        let supplied = Arc::new(self.session.deployment().supplied.clone());
        base.bindings = Bindings { caller, supplied, ..Bindings::default() };
        base
    }

    /// Sends one case, judges the answer and makes the case simpler if it shows a fault.
    async fn case(&self, check: &dyn RequestCheck, mut case: Case) -> CaseResult {
        let operation =
            self.contract.operation(&case.operation).ok_or_else(|| "the operation is unknown".to_owned())?;
        if case.target == Target::Fresh {
            return self.fresh(check, case, operation).await;
        }
        let mut others = Vec::new();
        if let Some(twin) = case.twin.clone() {
            let signed =
                self.sign(operation, twin, &Presented::Right).await.map_err(|why| why.to_string())?;
            others.push(self.session.send_patiently(signed).await);
        }
        let mut best = self.judged(check, &case, operation, &others).await?;
        let told = |case: &Case, findings| Told::of(scene(self.session), case, findings);
        let Some(mut tree) = case.tree.clone().filter(|_| !best.is_empty()) else {
            return Ok(told(&case, best));
        };
        let mut shown = case.request.body.clone();
        let mut left = RESENDS;
        let mut more = tree.simplify();
        while more && left > 0 {
            left -= 1;
            case.request.body = Some(tree.current().to_string().into());
            more = match self.judged(check, &case, operation, &others).await {
                Ok(findings) if !findings.is_empty() => {
                    best = findings;
                    shown.clone_from(&case.request.body);
                    tree.simplify()
                }
                _ => tree.complicate(),
            };
        }
        case.request.body = shown;
        Ok(told(&case, best))
    }

    async fn judged(
        &self,
        check: &dyn RequestCheck,
        case: &Case,
        operation: &Operation,
        others: &[Arc<Exchange>],
    ) -> Result<Vec<Finding>, String> {
        let signed = self.sign(operation, case.request.clone(), &case.credentials).await;
        let signed = signed.map_err(|why| why.to_string())?;
        let exchange = self.session.send_patiently(signed).await;
        if exchange.response().is_some_and(|response| response.status.is_success())
            && Base::of(self.contract, operation).role == Role::Leave
        {
            // Whoever called may have lost more than what was presented.
            self.actors.forget_tokens();
        }
        let sent = Sent { exchange: &exchange, others, afterwards: Afterwards::Unknown };
        let findings = check.judge(self.contract, case, &sent);
        findings.ok_or_else(|| match exchange.status() {
            Some(status) => format!("an answer {status} does not tell"),
            None => "there was no answer".to_owned(),
        })
    }

    /// A case about a credential that is issued for it alone and probed afterwards.
    async fn fresh(&self, check: &dyn RequestCheck, mut case: Case, operation: &Operation) -> CaseResult {
        let made_up = case.clone();
        let lifecycle = self.contract.lifecycle().ok_or("there is no lifecycle document")?;
        let found = lifecycle.credentials.iter().find_map(|(name, kind)| {
            let revoke = kind.revoke.as_ref()?;
            (revoke.call.operation == operation.id).then_some((name, kind, revoke))
        });
        let (name, kind, revoke) = found.ok_or("nothing is revoked by this operation")?;
        let credential =
            self.issue(name, kind, Pool::One).await.ok_or("no credential could be issued for it")?;
        let mut others: Vec<Arc<Exchange>> = Vec::new();
        // A probe may be answered from a cache for as long as a revocation may take, so it would tell nothing.
        let delayed = !revoke.propagation_delay.duration().is_zero();
        if !delayed && self.works(kind, &credential, &mut others).await != Afterwards::Works {
            return Err("the fresh credential did not work before".to_owned());
        }
        let bindings = Bindings { credential: Some(Arc::clone(&credential)), ..self.bindings() };
        let signer = self.actors.signer(&revoke.call.actor, &bindings).map_err(|why| why.to_string())?;
        let made = self.actors.made_by(&signer, &revoke.call, &bindings).await;
        let made = made.map_err(|why| why.to_string())?;
        let call = build_call(self.contract, &revoke.call, &made).map_err(|why| why.to_string())?;
        case.request.target = call.target;
        case.request.origins = call.origins;
        let placed = self.actors.present_with(&signer, operation, &made).await;
        let placed = placed.map_err(|why| why.to_string())?;
        for placed in &placed {
            self.actors.put(placed, &mut case.request).map_err(|why| why.to_string())?;
        }
        let exchange = self.session.send_patiently(case.request.clone()).await;
        let afterwards = if delayed {
            self.is_revocable(revoke, &bindings, &mut others).await
        } else {
            self.works(kind, &credential, &mut others).await
        };
        if others.is_empty() {
            return Err("there is no way to tell whether it still works".to_owned());
        }
        let sent = Sent { exchange: &exchange, others: &others, afterwards };
        let mut findings = check
            .judge(self.contract, &case, &sent)
            .ok_or_else(|| "the probe afterwards does not tell".to_owned())?;
        // The probe that was refused belongs to the evidence.
        if let Some(last) = others.last().filter(|_| afterwards == Afterwards::Refused) {
            for finding in &mut findings {
                finding.exchanges = credential.issued.into_iter().chain([exchange.id, last.id]).collect();
            }
        }
        Ok(Told::of(scene(self.session), &made_up, findings))
    }

    /// Whether a credential works, or is listed where it has no probe.
    async fn works(
        &self,
        kind: &CredentialKind,
        credential: &Arc<Credential>,
        others: &mut Vec<Arc<Exchange>>,
    ) -> Afterwards {
        let bindings = Bindings { credential: Some(Arc::clone(credential)), ..self.bindings() };
        match (&kind.probe, &kind.listed) {
            (Some(probe), _) => {
                let Some(exchange) = self.call(&probe.call, &bindings).await else {
                    return Afterwards::Unknown;
                };
                others.push(Arc::clone(&exchange));
                let meets = |condition| bindings.meets(self.contract, condition, &exchange).is_ok();
                if meets(&probe.accepted) {
                    Afterwards::Works
                } else if meets(&probe.refused) {
                    Afterwards::Refused
                } else {
                    Afterwards::Unknown
                }
            }
            (None, Some(listed)) => self.is_listed(listed, credential, &bindings, others).await,
            (None, None) => Afterwards::Unknown,
        }
    }

    /// Whether a credential is listed as live, on whichever page.
    async fn is_listed(
        &self,
        listed: &Listing,
        credential: &Credential,
        bindings: &Bindings,
        others: &mut Vec<Arc<Exchange>>,
    ) -> Afterwards {
        let mut call = listed.call.clone();
        for _ in 0..PAGES {
            let Some(exchange) = self.call(&call, bindings).await else { return Afterwards::Unknown };
            others.push(Arc::clone(&exchange));
            let response = exchange.response().filter(|response| response.status.is_success());
            let Some(body) = response.and_then(Response::json) else { return Afterwards::Unknown };
            let Some(Value::Array(items)) = listed.items.get(&body) else { return Afterwards::Unknown };
            let is_it = |item: &&Value| listed.id.get(item).is_some_and(|id| plain(id) == credential.id.text);
            if let Some(item) = items.iter().find(is_it) {
                return match &listed.state {
                    Some(state) if state.pointer.get(item) == Some(&state.revoked.as_str().into()) => {
                        Afterwards::Refused
                    }
                    _ => Afterwards::Works,
                };
            }
            let Some(next) = &listed.next else { return Afterwards::Refused };
            if next.more.get(&body).is_none_or(|more| *more == Value::Bool(false) || more.is_null()) {
                return Afterwards::Refused;
            }
            let cursor = items.last().and_then(|item| next.last.get(item));
            let Some(Ok(cursor)) = cursor.map(|cursor| JsonTemplate::try_from(cursor.clone())) else {
                return Afterwards::Unknown;
            };
            call.parameters.insert(next.parameter.clone(), cursor);
        }
        Afterwards::Unknown
    }

    /// Whether a credential can still be revoked: the answer that no cache gives.
    async fn is_revocable(
        &self,
        revoke: &Revoke,
        bindings: &Bindings,
        others: &mut Vec<Arc<Exchange>>,
    ) -> Afterwards {
        let Some(exchange) = self.call(&revoke.call, bindings).await else { return Afterwards::Unknown };
        others.push(Arc::clone(&exchange));
        match exchange.status() {
            _ if bindings.meets(self.contract, &revoke.success, &exchange).is_ok() => Afterwards::Works,
            Some(404 | 409 | 410) => Afterwards::Refused,
            _ => Afterwards::Unknown,
        }
    }

    fn bindings(&self) -> Bindings {
        Bindings { ..self.session.bindings() }
    }

    async fn call(
        &self,
        call: &rescind_specs::lifecycle::Call,
        bindings: &Bindings,
    ) -> Option<Arc<Exchange>> {
        let request = self.actors.request(call, bindings).await.ok()?;
        Some(self.session.send_patiently(request).await)
    }

    /// A fresh credential.
    async fn issue(&self, name: &KindName, kind: &CredentialKind, pool: Pool) -> Option<Arc<Credential>> {
        let issue = kind.issue.as_ref()?;
        let operation = self.contract.operation(&issue.call.operation)?;
        let mut bindings = self.bindings();
        if Base::of(self.contract, operation).role == Role::Register {
            bindings.pool = match pool {
                Pool::None => return None,
                Pool::One => Some(self.session.next_pair()?),
            };
        }
        let exchange = self.call(&issue.call, &bindings).await?;
        Credential::issued(self.contract, &exchange).filter(|issued| issued.kind == *name).map(Arc::new)
    }

    /// Who signs calls of an operation: a caller, else a credential of the run's own.
    async fn signer(&self, operation: &Operation) -> Signer {
        // What is over then is needed by nobody else.
        if Base::of(self.contract, operation).role == Role::Leave
            && let Some(credential) = self.revocable_by(operation).await
        {
            return Signer::Credential(credential);
        }
        let able = self.actors.able(operation);
        if !matches!(able, Signer::Nobody)
            || operation.security.allows_anonymous()
            || self.session.plan().writes == Writes::Forbidden
        {
            return able;
        }
        let own = self.own.get_or_init(|| async {
            let lifecycle = self.contract.lifecycle()?;
            for (name, kind) in &lifecycle.credentials {
                if let Some(credential) = self.issue(name, kind, Pool::None).await {
                    return Some(credential);
                }
            }
            None
        });
        match own.await {
            Some(credential) => Signer::Credential(Arc::clone(credential)),
            None => Signer::Nobody,
        }
    }

    /// A fresh credential that this operation revokes.
    async fn revocable_by(&self, operation: &Operation) -> Option<Arc<Credential>> {
        if self.session.plan().writes == Writes::Forbidden {
            return None;
        }
        let mut kinds = self.contract.lifecycle()?.credentials.iter();
        let (name, kind) = kinds.find(|(_, kind)| kind.revokes_by(&operation.id))?;
        let credential = self.issue(name, kind, Pool::None).await?;
        let signer = Signer::Credential(Arc::clone(&credential));
        self.actors.present(&signer, operation).await.is_ok_and(|all| !all.is_empty()).then_some(credential)
    }

    /// The request with the credentials of its case.
    async fn sign(
        &self,
        operation: &Operation,
        mut request: Request,
        presented: &Presented,
    ) -> Result<Request, CannotSign> {
        if *presented == Presented::Missing || operation.security.allows_anonymous() {
            return Ok(request);
        }
        let signer = self.signer(operation).await;
        let all = self.actors.present(&signer, operation).await?;
        if all.is_empty() {
            let holder = "this run, which has no fitting caller,".to_owned();
            return Err(CannotSign::NothingFits { holder, operation: operation.id.to_string() });
        }
        for mut placed in all {
            match presented {
                Presented::Without(scheme) if placed.scheme == *scheme => continue,
                Presented::Wrong(scheme) if placed.scheme == *scheme => {
                    placed.origins.clear();
                    spoil(&mut placed, &self.session.unique());
                }
                Presented::Misplaced(scheme) if placed.scheme == *scheme => {
                    self.misplace(&placed, &mut request)?;
                    continue;
                }
                _ => {}
            }
            self.actors.put(&placed, &mut request)?;
        }
        Ok(request)
    }

    /// Puts the value of one scheme on a request in the manner of another.
    fn misplace(&self, placed: &Placed, request: &mut Request) -> Result<(), CannotSign> {
        let kind = self.contract.scheme(&placed.scheme).map(|scheme| &scheme.kind);
        let value = match &placed.value {
            PlacedValue::Single(text) => text,
            PlacedValue::Pair(_, password) => password,
        };
        let text = match kind {
            Some(SchemeKind::Bearer) => basic("", value),
            _ => format!("Bearer {value}"),
        };
        set_header(&mut request.headers, "authorization", &text)?;
        request.origins.extend(placed.origins.iter().cloned());
        Ok(())
    }
}

/// Replaces a credential by one of the same form that nobody has.
fn spoil(placed: &mut Placed, unique: &str) {
    let other = |text: &str| {
        let prefix = text.char_indices().take(16).filter(|(_, c)| matches!(c, '_' | '-')).last();
        let prefix = prefix.map_or("", |(at, _)| text.get(..=at).unwrap_or_default());
        let length = text.len().saturating_sub(prefix.len()).max(8);
        format!("{prefix}{}", unique.chars().cycle().take(length).collect::<String>())
    };
    match &mut placed.value {
        PlacedValue::Single(text) => *text = other(text),
        PlacedValue::Pair(_, password) => *password = other(password),
    }
}

/// The most cases of a check for one operation.
fn most(check: &str, base: &Base<'_>, plan: &Plan) -> usize {
    let cases = usize::try_from(plan.cases).unwrap_or(usize::MAX);
    match (check, base.role) {
        ("boundary_valid_accepted", Role::Issue) => cases.min(ISSUED),
        ("boundary_valid_accepted", _) => cases.min(VALID),
        _ => cases,
    }
}

/// The randomness of one check for one operation: the same for the same seed.
fn runner(seed: u64, check: usize, operation: usize) -> TestRunner {
    let mut state = seed ^ mix(((check as u64) << 32) | operation as u64);
    let mut bytes = [0_u8; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        state = mix(state);
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    let config = Config { failure_persistence: None, max_local_rejects: 1000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[cfg(test)]
#[cfg(feature = "reference")]
mod tests;
