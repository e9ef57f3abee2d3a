//! What the requirements of a lifecycle document say about one kind of credential, check by check.

use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    CheckSpec, Condition, Coverage, CredentialKind, HookName, Ids, KindName, Means, Reissue, Requirement,
    UseAfterRevocation,
};

use crate::plan::Plan;

/// A choice of one check for [`Rules::all`].
macro_rules! rule {
    ($name:ident) => {
        |spec| match spec {
            rescind_specs::lifecycle::CheckSpec::$name(with) => Some(with),
            _ => None,
        }
    };
}
pub(super) use rule;

/// The checks of the requirements about one kind of credential, in document order.
pub(super) struct Rules<'c> {
    all: Vec<(&'c Requirement, &'c CheckSpec)>,
    /// Whether identifiers are given again.
    pub(super) ids: Ids,
}

impl<'c> Rules<'c> {
    /// The rules for a kind. What the plan leaves out is no rule.
    pub(super) fn of(contract: &'c Contract, name: &KindName, plan: &Plan) -> Self {
        let Some(lifecycle) = contract.lifecycle() else {
            return Self { all: Vec::new(), ids: Ids::Unique };
        };
        let left_out = |id: &str| plan.skip.iter().any(|skipped| skipped == id);
        let checked = lifecycle.requirements.iter().filter(|requirement| !left_out(&requirement.id.0));
        let specs = checked.flat_map(|requirement| match requirement.coverage() {
            Coverage::Checked(specs) => specs.iter().map(|spec| (requirement, spec)).collect(),
            Coverage::Pending(_) | Coverage::NotObserved(_) => Vec::new(),
        });
        let about = |spec: &CheckSpec| lifecycle.kind(spec.kind()).is_some_and(|(kind, _)| kind == name);
        let all = specs.filter(|(_, spec)| about(spec) && !left_out(spec.id())).collect();
        Self { all, ids: lifecycle.credentials.get(name).map(CredentialKind::ids).unwrap_or_default() }
    }

    /// The rules that `choose` takes, with the requirement of each.
    pub(super) fn all<W: 'c>(
        &self,
        choose: impl Fn(&'c CheckSpec) -> Option<&'c W>,
    ) -> impl Iterator<Item = (&'c Requirement, &'c W)> {
        self.all.iter().filter_map(move |(requirement, spec)| Some((*requirement, choose(spec)?)))
    }

    /// Whether there is a rule that `choose` takes.
    pub(super) fn any<W: 'c>(&self, choose: impl Fn(&'c CheckSpec) -> Option<&'c W>) -> bool {
        self.all(choose).next().is_some()
    }

    /// When a credential that was revoked by this hook, or with the documented call, has to be refused. Those about a
    /// caller's own credential are none of this.
    pub(super) fn uses(
        &self,
        by: Option<&HookName>,
    ) -> impl Iterator<Item = (&'c Requirement, &'c UseAfterRevocation)> {
        let rules = self.all(rule!(UseAfterRevocation));
        rules.filter(move |(_, with)| is_by(&with.by, by) && with.held_by.is_none())
    }

    /// How a further revocation is answered, after one by this hook or with the documented call.
    pub(super) fn repeats(
        &self,
        by: Option<&HookName>,
    ) -> impl Iterator<Item = (&'c Requirement, &'c [Condition])> {
        let rules = self.all(rule!(RepeatedRevocation)).filter(move |(_, with)| is_by(&with.by, by));
        rules.map(|(requirement, with)| (requirement, with.answer.as_slice()))
    }

    /// What issuing again gives, after a revocation by this hook or with the documented call.
    pub(super) fn reissues(
        &self,
        by: Option<&HookName>,
    ) -> impl Iterator<Item = (&'c Requirement, &'c Reissue)> {
        self.all(rule!(Reissue)).filter(move |(_, with)| is_by(&with.by, by))
    }
}

/// Whether these means are this hook, or the documented call.
fn is_by(means: &Means, by: Option<&HookName>) -> bool {
    match (means, by) {
        (Means::Call, None) => true,
        (Means::Hook(name), Some(by)) => name == by,
        (Means::Call | Means::Hook(_) | Means::Way(_), _) => false,
    }
}
