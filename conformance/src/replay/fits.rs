//! Whether the steps of a counterexample mean something in a contract as it is now.

use rescind_specs::lifecycle::{
    Actor, CallerName, CredentialKind, DependentName, HookName, Lifecycle, TokenName,
};
use rescind_specs::{Contract, OperationId};

use crate::counterexample::repeat::RepeatedStep;
use crate::lifecycle::{By, Step};

/// Says which step of a sequence about a kind names what the contract does not have.
pub(super) fn fit(contract: &Contract, kind: &CredentialKind, steps: &[RepeatedStep]) -> Result<(), String> {
    let lifecycle = contract.lifecycle().ok_or("it has no lifecycle document")?;
    let names = Names { contract, lifecycle, kind };
    for (number, step) in steps.iter().enumerate() {
        names.step(&step.step).map_err(|why| format!("step {} ({}): {why}", number + 1, step.step))?;
    }
    if steps.is_empty() { Err("it has no step".to_owned()) } else { Ok(()) }
}

struct Names<'c> {
    contract: &'c Contract,
    lifecycle: &'c Lifecycle,
    kind: &'c CredentialKind,
}

impl Names<'_> {
    fn step(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::Adopt(_, caller) | Step::RevokeTogether(_, caller) | Step::List(Some(caller)) => {
                self.caller(caller)
            }
            Step::Issue(_, issuing) => {
                issuing.by.iter().try_for_each(|caller| self.caller(caller))?;
                self.kind.issue.as_ref().map(drop).ok_or_else(|| "nothing of this kind is issued".to_owned())
            }
            Step::Exchange(_, token, _) => has_token(self.kind, token),
            Step::Revoke { by, .. } => {
                self.revocable()?;
                match by {
                    By::Caller(caller) => self.caller(caller),
                    By::TokenOf(caller, token) => {
                        self.caller(caller)?;
                        let holds = self.lifecycle.callers.get(caller).map(|caller| &caller.holds);
                        let kind = holds.and_then(|kind| self.lifecycle.credentials.get(kind));
                        kind.map_or(Ok(()), |kind| has_token(kind, token))
                    }
                    _ => Ok(()),
                }
            }
            Step::RevokeMany(..) | Step::RaceUse(..) => self.revocable(),
            Step::RaceReference(dependent, ..) | Step::Create(dependent, ..) => self.dependent(dependent),
            Step::Hook(hook, _) => self.hook(hook),
            Step::Call(call, _) => {
                self.operation(&call.operation)?;
                match &call.actor {
                    Actor::Caller(caller) => self.caller(caller),
                    Actor::Nobody | Actor::Credential | Actor::Token => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn revocable(&self) -> Result<(), String> {
        self.kind.revoke.as_ref().map(drop).ok_or_else(|| "nothing of this kind is revoked".to_owned())
    }

    fn caller(&self, name: &CallerName) -> Result<(), String> {
        known("caller", &name.0, self.lifecycle.callers.keys().map(|name| name.0.as_str()))
    }

    fn dependent(&self, name: &DependentName) -> Result<(), String> {
        known("dependent", &name.0, self.lifecycle.dependents.keys().map(|name| name.0.as_str()))
    }

    fn hook(&self, name: &HookName) -> Result<(), String> {
        known("hook", &name.0, self.lifecycle.hooks.keys().map(|name| name.0.as_str()))
    }

    fn operation(&self, id: &OperationId) -> Result<(), String> {
        let known = self.contract.operation(id).is_some();
        if known { Ok(()) } else { Err(format!("there is no operation {id}")) }
    }
}

fn has_token(kind: &CredentialKind, name: &TokenName) -> Result<(), String> {
    known("kind of token", &name.0, kind.tokens.keys().map(|name| name.0.as_str()))
}

fn known<'n>(what: &str, name: &str, mut names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    if names.any(|known| known == name) { Ok(()) } else { Err(format!("there is no {what} {name}")) }
}
