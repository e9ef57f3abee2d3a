//! Breaches that the operator of a run accepts until a day: shown as ever, and without effect on the exit status.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breach, CheckReport, ContractReport, Outcome, RequirementReport};
use crate::verdict::Verdict;

/// What the operator of a run accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// A requirement (`R3`) or a check, without the name of the contract.
    pub id: String,
    /// From this day on it is accepted no more.
    #[schemars(with = "String", extend("format" = "date"))]
    pub until: Date,
    /// Why it is accepted.
    pub reason: String,
    /// What came of it.
    pub standing: Standing,
}

impl Acceptance {
    /// What the operator should know of it; nothing where the promise that it is about says it all.
    pub(crate) fn note(&self) -> Option<String> {
        let Self { id, until, reason, standing } = self;
        Some(match standing {
            Standing::InForce => return None,
            Standing::Expired => format!("{id} was accepted until {until} ({reason}), and counts again"),
            Standing::Unneeded => {
                format!("{id} is accepted until {until} ({reason}), and is not broken any more")
            }
            Standing::Unseen => {
                format!("{id} is accepted until {until} ({reason}), and nothing judged is about it")
            }
        })
    }
}

/// What came of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Something is broken, and that is accepted.
    InForce,
    /// Something is broken, and the day is over.
    Expired,
    /// What it is about was judged, and is not broken any more.
    Unneeded,
    /// What it is about was not judged.
    Unseen,
}

/// A promise with what came of it, whatever it is a promise of.
#[derive(Clone, Copy)]
struct Judged<'r> {
    id: &'r str,
    checks: &'r [String],
    outcome: &'r Outcome,
    findings: &'r [Breach],
}

impl<'r> From<&'r RequirementReport> for Judged<'r> {
    fn from(report: &'r RequirementReport) -> Self {
        Self {
            id: &report.id.0,
            checks: &report.checks,
            outcome: &report.outcome,
            findings: &report.findings,
        }
    }
}

impl<'r> From<&'r CheckReport> for Judged<'r> {
    fn from(report: &'r CheckReport) -> Self {
        Self { id: &report.id, checks: &[], outcome: &report.outcome, findings: &report.findings }
    }
}

impl Judged<'_> {
    /// Whether an acceptance of this name is about it.
    fn is_meant(&self, id: &str) -> bool {
        self.id == id || self.checks.iter().any(|check| check == id)
    }

    /// Whether an acceptance of this name is about all that is broken.
    fn is_covered(&self, id: &str) -> bool {
        let broken = self.findings.iter().filter(|breach| breach.finding.verdict == Verdict::Fail);
        self.id == id || broken.into_iter().all(|breach| breach.finding.check == id)
    }

    fn is_broken(&self) -> bool {
        *self.outcome == Outcome::Judged(Verdict::Fail)
    }
}

impl ContractReport {
    /// Whether a requirement or check of this name is in it.
    pub fn has(&self, id: &str) -> bool {
        self.judged().any(|judged| judged.is_meant(id))
    }

    /// Takes what the operator accepts, as of a day.
    pub fn accept(&mut self, acceptances: impl IntoIterator<Item = (String, Date, String)>, today: Date) {
        let accepted = acceptances.into_iter().map(|(id, until, reason)| {
            let meant: Vec<Judged<'_>> = self.judged().filter(|judged| judged.is_meant(&id)).collect();
            let standing = if meant.iter().any(Judged::is_broken) {
                if today < until { Standing::InForce } else { Standing::Expired }
            } else if meant.iter().any(|judged| matches!(judged.outcome, Outcome::Judged(_))) {
                Standing::Unneeded
            } else {
                Standing::Unseen
            };
            Acceptance { id, until, reason, standing }
        });
        self.acceptances = accepted.collect();
    }

    /// Why a breach of a requirement is accepted, if it is.
    pub fn accepted_requirement(&self, requirement: &RequirementReport) -> Option<&Acceptance> {
        self.acceptance(requirement.into())
    }

    /// Why a breach that a check of single answers or requests found is accepted, if it is.
    pub fn accepted_check(&self, check: &CheckReport) -> Option<&Acceptance> {
        self.acceptance(check.into())
    }

    fn acceptance(&self, judged: Judged<'_>) -> Option<&Acceptance> {
        let in_force =
            |known: &&Acceptance| known.standing == Standing::InForce && judged.is_covered(&known.id);
        self.acceptances.iter().find(in_force).filter(|_| judged.is_broken())
    }

    /// Every outcome as far as it counts: a breach that is accepted counts as a divergence.
    pub(crate) fn counted(&self) -> impl Iterator<Item = Outcome> {
        self.judged().map(|judged| match self.acceptance(judged) {
            Some(_) => Outcome::Judged(Verdict::Divergence),
            None => judged.outcome.clone(),
        })
    }

    fn judged(&self) -> impl Iterator<Item = Judged<'_>> {
        self.requirements.iter().map(Judged::from).chain(self.checks.iter().map(Judged::from))
    }
}
