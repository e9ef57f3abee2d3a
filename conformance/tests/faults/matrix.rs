//! Every fault of the catalogue against every contract that it concerns, each in a whole run.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{Breach, ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::Fault;
use rescind_specs::Vendor;

use crate::at_once;

/// A fault in one contract.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) fault: Fault,
    pub(crate) vendor: Vendor,
    /// The requirements that it is about.
    pub(crate) own: Vec<String>,
    /// The requirements that fall with them.
    pub(crate) besides: Vec<String>,
}

/// What a whole run made of a pair.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) pair: Pair,
    /// Requirements that are broken or diverge, and the checks that say so.
    pub(crate) requirements: BTreeMap<String, Vec<String>>,
    /// Checks of single answers, of requests and of random sequences that found something.
    pub(crate) checks: Vec<String>,
    /// Requirements and checks that were not settled, and why.
    pub(crate) open: BTreeMap<String, String>,
    pub(crate) verdict: Verdict,
}

/// The rows of all pairs, in the order of the catalogue. They are made once.
pub(crate) static MATRIX: LazyLock<Vec<Row>> = LazyLock::new(|| {
    at_once::all(pairs(), async |pair| {
        let report = judge(pair.vendor, pair.fault).await;
        row(pair, &report)
    })
});

fn pairs() -> Vec<Pair> {
    let of = |fault: &'static Fault| {
        fault.contracts().map(|vendor| {
            let prefix = format!("{vendor}/");
            let here = |name: String| name.strip_prefix(&prefix).map(str::to_owned);
            let own = fault.requirements().filter_map(here).collect();
            Pair { fault: *fault, vendor, own, besides: fault.besides().filter_map(here).collect() }
        })
    };
    Fault::ALL.iter().flat_map(of).collect()
}

async fn judge(vendor: Vendor, fault: Fault) -> ContractReport {
    let builder = Reference::builder().replicas(if fault.needs_replicas() { 2 } else { 1 });
    let server = builder.start(&[vendor], &[fault]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    // Whoever has much else to do may answer late, and there are many runs at a time: each does one thing after the other.
    let (timeout, jobs) = (Duration::from_mins(1), NonZeroU32::MIN);
    let plan = Plan { timeout, jobs, ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

fn row(pair: Pair, report: &ContractReport) -> Row {
    let mut row = Row {
        pair,
        requirements: BTreeMap::new(),
        checks: Vec::new(),
        open: BTreeMap::new(),
        verdict: report.verdict(),
    };
    for requirement in &report.requirements {
        let id = requirement.id.0.clone();
        match &requirement.outcome {
            Outcome::Judged(Verdict::Fail | Verdict::Divergence) => {
                row.requirements.insert(id, found_by(&requirement.findings));
            }
            outcome => row.note(id, outcome, &requirement.findings),
        }
    }
    for check in &report.checks {
        match &check.outcome {
            Outcome::Judged(Verdict::Fail | Verdict::Divergence) => row.checks.push(check.id.clone()),
            // What nothing in the contract concerns.
            Outcome::NotRun(_) => {}
            outcome => row.note(check.id.clone(), outcome, &check.findings),
        }
    }
    row
}

impl Row {
    /// `accepted-after-revocation, dinie`.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.pair.fault, self.pair.vendor)
    }

    /// The requirements that have to be found broken.
    pub(crate) fn meant(&self) -> impl Iterator<Item = &String> {
        self.pair.own.iter().chain(&self.pair.besides)
    }

    fn note(&mut self, id: String, outcome: &Outcome, findings: &[Breach]) {
        let why = match outcome {
            Outcome::NotExercised(why) | Outcome::Pending(why) | Outcome::NotRun(why) => why.clone(),
            Outcome::Judged(Verdict::Inconclusive | Verdict::Error) => {
                findings.iter().map(|breach| breach.finding.message.as_str()).collect::<Vec<_>>().join("; ")
            }
            Outcome::Judged(_) | Outcome::NotObserved(_) => return,
        };
        self.open.insert(id, why);
    }
}

/// The checks whose findings weigh, each once.
fn found_by(findings: &[Breach]) -> Vec<String> {
    let weighs = |breach: &&Breach| matches!(breach.finding.verdict, Verdict::Fail | Verdict::Divergence);
    let mut checks: Vec<String> =
        findings.iter().filter(weighs).map(|breach| breach.finding.check.clone()).collect();
    checks.sort_unstable();
    checks.dedup();
    checks
}
