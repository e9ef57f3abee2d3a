//! The outline of a run: the same choices as in a run, and nothing sent.

use std::time::Duration;

use http::Method;
use indexmap::IndexMap;
use rescind_specs::lifecycle::{CheckSpec, CredentialKind, KindName, Need, Requirement};

use super::bill::Bill;
use super::cost::{Costs, waits};
use super::{CheckPreview, ClockUse, ContractPreview, Count, LeftOut, RequirementPreview, SequencePreview};
use crate::actors::{Actors, Signer, exchange_of, obtained_by};
use crate::check::lifecycle::{self, Setting, Time};
use crate::check::request::{Case, Presented, REQUEST_CHECKS, Target};
use crate::lifecycle::Step;
use crate::machine::reference_machine;
use crate::prerequisite::{missing, not_run, selected};
use crate::report::Outcome;
use crate::request_runner::{self, is_selected};
use crate::requirement_runner::{self as requirements};
use crate::session::Session;

/// How often a fresh credential is looked at for one case: before it and after it.
const LOOKS: u64 = 2;

pub(super) fn outline(session: &Session<'_>) -> ContractPreview {
    let actors = Actors::new(session);
    let mut outline = Outline { actors: &actors, bill: Bill::default(), longest: Duration::ZERO };
    let mut left_out = Vec::new();
    let requirements = outline.requirements(&mut left_out);
    let random = outline.random(&mut left_out);
    let checks = outline.checks(&mut left_out);
    outline.rest(requirements.iter().map(|requirement| requirement.sequences.len()).sum::<usize>());
    let contract = session.contract();
    let Outline { bill, longest, .. } = outline;
    let mut methods: Vec<(Method, Count)> = bill.methods.clone().into_iter().collect();
    methods.sort_by_key(|(method, count)| (!method.is_safe(), std::cmp::Reverse(count.at_most)));
    ContractPreview {
        contract: contract.name().to_owned(),
        title: format!("{} {}", contract.title(), contract.version()),
        addresses: addresses(session),
        clock: if session.moves_time() { ClockUse::Moved } else { ClockUse::Real },
        requirements,
        checks,
        random,
        left_out,
        requests: bill.requests(),
        writes: bill.writes(),
        methods: methods.into_iter().map(|(method, count)| (method.to_string(), count)).collect(),
        issued: bill.issued,
        hooks: bill.hooks,
        longest_wait: longest.as_secs_f64(),
    }
}

/// Every address that anything would be sent to.
fn addresses(session: &Session<'_>) -> Vec<String> {
    let deployment = session.deployment();
    let places = std::iter::once(&deployment.base).chain(&deployment.replicas);
    let controls = deployment.control.iter().chain(&deployment.further_controls);
    let proxy = deployment.access.proxy.iter().map(|proxy| &proxy.url);
    let mut all: Vec<String> = places.chain(controls).chain(proxy).map(ToString::to_string).collect();
    all.dedup();
    all
}

struct Outline<'a, 's, 'r> {
    actors: &'a Actors<'s, 'r>,
    bill: Bill,
    longest: Duration,
}

impl<'s, 'r> Outline<'_, 's, 'r> {
    fn session(&self) -> &'s Session<'r> {
        self.actors.session()
    }

    fn costs(&self, kind: &'r CredentialKind) -> Option<Costs<'r>> {
        let contract = self.session().contract();
        let lifecycle = contract.lifecycle()?;
        let replicas = self.session().deployment().replicas.len() as u64 + 1;
        Some(Costs { contract, lifecycle, kind, replicas })
    }

    fn requirements(&mut self, left_out: &mut Vec<LeftOut>) -> Vec<RequirementPreview> {
        let lifecycle = self.session().contract().lifecycle();
        let mut all = Vec::new();
        for requirement in lifecycle.into_iter().flat_map(|lifecycle| &lifecycle.requirements) {
            let id = requirement.id.clone();
            if let Some(Outcome::NotRun(why) | Outcome::Pending(why) | Outcome::NotObserved(why)) =
                not_run(self.actors, requirement)
            {
                left_out.push(LeftOut { id: id.0, why });
                continue;
            }
            let mut preview = RequirementPreview {
                id,
                text: requirement.text.clone(),
                basis: requirement.basis,
                sequences: Vec::new(),
                left_out: Vec::new(),
            };
            let plan = self.session().plan();
            let checks = requirement.check.iter().enumerate();
            for (index, spec) in checks.filter(|(_, spec)| selected(plan, requirement, spec)) {
                match missing(self.actors, spec) {
                    Some(why) => preview.left_out.push(format!("{}: {why}", spec.id())),
                    None => preview.sequences.extend(self.sequences(requirement, index, spec)),
                }
            }
            all.push(preview);
        }
        all
    }

    /// The sequences of one check.
    fn sequences(
        &mut self,
        requirement: &Requirement,
        index: usize,
        spec: &CheckSpec,
    ) -> Vec<SequencePreview> {
        let contract = self.session().contract();
        let Some((name, kind)) = contract.lifecycle().and_then(|lifecycle| lifecycle.kind(spec.kind()))
        else {
            return Vec::new();
        };
        let check = lifecycle::of(spec);
        let setting = self.setting(name, kind);
        let plan = self.session().plan();
        let sequences = requirements::sequences(plan, spec);
        let drawn: Vec<Vec<Step>> = (0..sequences)
            .filter_map(|number| {
                let seed = requirements::seed(plan.seed, &requirement.id.0, index, number);
                requirements::steps(check.as_ref(), &setting, seed)
            })
            .collect();
        drawn.iter().map(|steps| self.sequence(spec.id(), kind, steps)).collect()
    }

    fn setting(&self, name: &'r KindName, kind: &'r CredentialKind) -> Setting<'r> {
        let session = self.session();
        let time = if session.moves_time() { Time::Moved } else { Time::Real };
        Setting { contract: session.contract(), name, kind, time }
    }

    /// One sequence, on the bill as far as it goes.
    fn sequence(&mut self, check: &str, kind: &'r CredentialKind, steps: &[Step]) -> SequencePreview {
        let session = self.session();
        let patience = session.plan().patience;
        let (waited, end) = waits(steps, kind, (!session.moves_time()).then_some(patience));
        let waited = if session.moves_time() { Duration::ZERO } else { waited };
        self.longest = self.longest.max(waited);
        if let Some(costs) = self.costs(kind) {
            let (mut bill, mut certain) = (Bill::default(), true);
            for step in steps.iter().take(end) {
                let of_step = costs.step(step);
                bill.add(if certain { of_step } else { of_step.perhaps() });
                certain &= !matches!(step, Step::StopUnlessOnlyActive(_));
            }
            self.bill.add(bill);
        }
        let ends = steps.get(end).map(|step| format!("{step}: longer than --patience allows"));
        SequencePreview {
            check: check.to_owned(),
            steps: steps.iter().take(end).map(ToString::to_string).collect(),
            waits: waited.as_secs_f64(),
            ends,
        }
    }

    /// The random sequences.
    fn random(&mut self, left_out: &mut Vec<LeftOut>) -> Vec<Vec<String>> {
        let drawn = match reference_machine::drawn(self.actors) {
            Ok(drawn) => drawn,
            Err(why) => {
                left_out.push(LeftOut { id: reference_machine::ID.to_owned(), why });
                return Vec::new();
            }
        };
        let mut told = Vec::new();
        for (kind, steps) in drawn {
            if let Some(costs) = self.costs(kind) {
                let mut bill = Bill::default();
                // Pairs and requests may run out before, and what could not be issued is not used.
                for step in &steps {
                    bill.add(costs.step(step).perhaps());
                }
                self.bill.add(bill);
            }
            told.push(steps.iter().map(ToString::to_string).collect());
        }
        told
    }

    /// The generated requests.
    fn checks(&mut self, left_out: &mut Vec<LeftOut>) -> Vec<CheckPreview> {
        let session = self.session();
        let mut checks = Vec::new();
        let cases = request_runner::cases(session, self.actors);
        for check in REQUEST_CHECKS {
            let mut operations: IndexMap<String, u64> = IndexMap::new();
            for (_, case) in cases.iter().filter(|(id, _)| *id == check.id()) {
                *operations.entry(case.operation.to_string()).or_default() += 1;
            }
            if !operations.is_empty() {
                checks.push(CheckPreview { id: check.id().to_owned(), operations });
                continue;
            }
            let why = match is_selected(session.plan(), check.id()) {
                Err(why) => why,
                Ok(()) => request_runner::idle(session.plan()),
            };
            left_out.push(LeftOut { id: check.id().to_owned(), why });
        }
        for (id, case) in &cases {
            let bill = self.case(id, case);
            self.bill.add(bill);
        }
        checks
    }

    fn case(&self, check: &str, case: &Case) -> Bill {
        let mut bill = Bill::default();
        let contract = self.session().contract();
        let Some(operation) = contract.operation(&case.operation) else { return bill };
        let lifecycle = contract.lifecycle();
        let kinds = || lifecycle.into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
        if case.target == Target::Fresh {
            let revoked = |kind: &&CredentialKind| {
                kind.revoke.as_ref().is_some_and(|revoke| revoke.call.operation == operation.id)
            };
            if let Some((kind, costs)) =
                kinds().find(revoked).and_then(|kind| Some((kind, self.costs(kind)?)))
            {
                let mut fresh = costs.step(&Step::issue(0));
                for _ in 0..LOOKS {
                    fresh.add(costs.step(&Step::present(0)));
                }
                fresh.add(costs.step(&Step::revoke(0)));
                bill.add(fresh.perhaps());
                let exchange =
                    exchange_of(kind, operation).and_then(|call| contract.operation(&call.operation));
                if let Some(exchange) = exchange {
                    bill.call(&exchange.method, Count::up_to(1));
                }
            }
            bill.call(&case.request.method, Count::up_to(1));
            return bill;
        }
        let able = self.actors.able(operation);
        let signs = case.credentials != Presented::Missing && !operation.security.allows_anonymous();
        let sure = !signs || !matches!(able, Signer::Nobody);
        let times = Count::exactly(1 + u64::from(case.twin.is_some()));
        bill.call(&case.request.method, if sure { times } else { times.perhaps() });
        if signs {
            for kind in kinds() {
                if let Some(costs) = self.costs(kind) {
                    costs.obtained(&mut bill, &obtained_by(kind, operation), times);
                    // What a call ends is issued for it.
                    if kind.revokes_by(&operation.id) {
                        bill.add(costs.step(&Step::issue(0)).perhaps());
                    }
                }
            }
            for exchange in kinds().filter_map(|kind| exchange_of(kind, operation)) {
                if let Some(exchange) = contract.operation(&exchange.operation) {
                    bill.call(&exchange.method, Count::up_to(times.at_most));
                }
            }
        }
        let issues =
            kinds().any(|kind| kind.issue.as_ref().is_some_and(|issue| issue.call.operation == operation.id));
        if issues && check == "boundary_valid_accepted" {
            bill.issued += Count::up_to(1);
        }
        bill
    }

    /// What is sent beside sequences and cases: control credentials, and putting everything away.
    fn rest(&mut self, sequences: usize) {
        let session = self.session();
        let Some(lifecycle) = session.contract().lifecycle() else { return };
        if self.bill.requests().at_most == 0 {
            return;
        }
        for (name, kind) in &lifecycle.credentials {
            let held = lifecycle.callers.iter().any(|(caller, about)| {
                about.holds == *name && about.need == Need::Required && self.actors.caller(caller).is_ok()
            });
            let Some(costs) = self.costs(kind).filter(|_| !held) else { continue };
            // One that expires is issued again.
            let times = match kind.issue.as_ref().and_then(|issue| issue.expires_at.as_ref()) {
                Some(_) => sequences as u64 + 1,
                None => u64::from(session.plan().jobs.get()),
            };
            costs.controls(&mut self.bill, times);
        }
        let first = lifecycle.credentials.values().next();
        if let Some(costs) = first.and_then(|kind| self.costs(kind)) {
            costs.putting_away(&mut self.bill);
        }
    }
}
