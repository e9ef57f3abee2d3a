//! A control credential beside each sequence: while it is accepted, a refusal is a verdict and no outage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rescind_specs::lifecycle::{CredentialKind, KindName};

use super::driver::{issue_call, probe, seen};
use super::history::Seen;
use crate::actors::Actors;
use crate::call::Bindings;
use crate::credential::Credential;
use crate::exchange::Replica;

/// A control is replaced this long before it expires.
const RENEW_BEFORE: Duration = Duration::from_mins(1);

/// The control credentials of a run, one a kind.
#[derive(Debug, Default)]
pub struct Controls(Mutex<HashMap<KindName, Arc<Credential>>>);

impl Controls {
    /// A live control credential: that of a caller who holds this kind, else one issued for the purpose.
    ///
    /// # Errors
    /// None can be had, and why.
    pub async fn get(
        &self,
        actors: &Actors<'_, '_>,
        name: &KindName,
        kind: &CredentialKind,
    ) -> Result<Arc<Credential>, String> {
        let session = actors.session();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let soon = session.now().checked_add(RENEW_BEFORE).unwrap_or_else(|_| session.now());
        if let Some(control) = known.filter(|control| !control.expired(soon)) {
            return Ok(control);
        }
        let callers = session.contract().lifecycle().map(|lifecycle| &lifecycle.callers);
        let holder = callers.into_iter().flatten().find(|(caller, about)| {
            about.holds == *name
                && about.need == rescind_specs::lifecycle::Need::Required
                && actors.caller(caller).is_ok()
        });
        let control = match holder {
            Some((caller, _)) => actors.caller(caller).map_err(|error| error.to_string())?,
            None => issue(actors, kind).await?,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.clone(), Arc::clone(&control));
        Ok(control)
    }

    /// Forgets a control that was refused, so that the next sequence gets another.
    pub fn forget(&self, name: &KindName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Presents the control credential now.
    pub async fn present(
        &self,
        actors: &Actors<'_, '_>,
        name: &KindName,
        kind: &CredentialKind,
        replica: Replica,
    ) -> Seen {
        let control = match self.get(actors, name, kind).await {
            Ok(control) => control,
            Err(why) => return Seen::NotRun(why),
        };
        let Some(documented) = &kind.probe else { return Seen::NotRun("it has no probe".to_owned()) };
        let bindings = Bindings { credential: Some(control), ..actors.session().bindings() };
        let (_, seen) = probe(actors, documented, &bindings, replica).await;
        if seen == Seen::Refused {
            self.forget(name);
        }
        seen
    }
}

async fn issue(actors: &Actors<'_, '_>, kind: &CredentialKind) -> Result<Arc<Credential>, String> {
    let issue = kind.issue.as_ref().ok_or("none can be issued")?;
    let session = actors.session();
    let contract = session.contract();
    let mut bindings = session.bindings();
    let request = issue_call(actors, issue, None, &mut bindings).await?;
    let exchange = session.send_patiently(request).await;
    if let Seen::Unclear(why) = seen(contract, &issue.success, &bindings, &exchange) {
        return Err(format!("no control credential was issued: {why}"));
    }
    Credential::issued(contract, &exchange)
        .map(Arc::new)
        .ok_or_else(|| "no control credential was issued".to_owned())
}
