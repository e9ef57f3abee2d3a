//! Is the revocation of somebody else's credential refused, and does that credential keep working?

use rescind_specs::lifecycle::{ForeignCredential as With, Stranger};

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::check::Judgement;
use crate::lifecycle::driver::names;
use crate::lifecycle::{By, DependentSlot, History, Slot, Step};

/// # What it does
/// Issues a credential, lets a stranger revoke it, holds the answer against the documented ones, and uses the
/// credential again, past the propagation delay as well. Where asked, a dependent refers to it meanwhile; where not,
/// and there is a list, the stranger's has to be without it.
/// # Verdicts
/// Fail: answered like none of them, or the credential (or the stranger's own) works no more. Not exercised: the
/// stranger was not supplied.
/// # Source
/// The revoking operation; the vendor's `lifecycle.yaml`.
pub struct ForeignCredential<'w>(pub &'w With);

/// How the stranger acts, and the steps that bring it into being.
pub(super) fn stranger(stranger: &Stranger) -> (Vec<Step>, By) {
    match stranger {
        Stranger::Sibling => (vec![Step::issue(1), Step::present(1)], By::Slot(Slot(1))),
        Stranger::Caller(name) => (Vec::new(), By::Caller(name.clone())),
    }
}

impl LifecycleCheck for ForeignCredential<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        let (born, by) = stranger(&self.0.by);
        let mut steps = vec![Step::issue(0), Step::present(0)];
        steps.extend(born);
        if let Some(dependent) = &self.0.guarded_by {
            steps.push(Step::Create(dependent.clone(), DependentSlot(0), Slot(0)));
        }
        steps.push(Step::revoke_by(0, by));
        if self.0.by == Stranger::Sibling {
            steps.push(Step::present(1));
        }
        if let (Stranger::Caller(name), Some(_), None) =
            (&self.0.by, &setting.kind.listed, &self.0.guarded_by)
        {
            steps.push(Step::List(Some(name.clone())));
        }
        steps.extend(setting.still_works(0));
        if self.0.guarded_by.is_some() {
            steps.push(Step::Delete(DependentSlot(0)));
        }
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("foreign_credential");
        let created = history.all(|step| matches!(step, Step::Create(..))).next();
        if let Some((_, event)) = created.filter(|(_, event)| !event.accepted()) {
            judge.open(event.why_open().unwrap_or_else(|| "the dependent was not created".to_owned()));
            return judge.done(history);
        }
        let Some((at, event)) = history.attempts(0).next() else { return judge.done(history) };
        judge.answer(setting, history, event, &self.0.answer, None, "revoking somebody else's credential");
        if let (Some(listing), Some(credential)) = (&setting.kind.listed, history.credential(0)) {
            for (_, event) in history.all(|step| matches!(step, Step::List(Some(_)))) {
                let shown =
                    |items: &Vec<_>| items.iter().any(|item| names(listing, item, &credential.id.text));
                if event.accepted() && event.items.as_ref().is_some_and(shown) {
                    let message = "a stranger's list shows somebody else's credential";
                    judge.breach(history, event, message, "not listed", "listed");
                }
            }
        }
        judge.still_works(history, 0, at, "a credential works no more after a stranger revoked it");
        judge.still_works(history, 1, at, "the stranger's own credential works no more");
        judge.done(history)
    }
}
