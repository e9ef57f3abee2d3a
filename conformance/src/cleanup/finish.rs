//! Works off what a run left behind that ended before it could.

use std::sync::Arc;

use rescind_specs::Contract;
use rescind_specs::lifecycle::Ids;

use super::leftover::LeftoverRun;
use super::line::{Issued, Thing};
use super::{Left, put_away};
use crate::actors::Actors;
use crate::call::Known;
use crate::credential::Credential;
use crate::deployment::Deployment;
use crate::exchange::OriginKind;
use crate::ledger::Fate;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::redact::Redactor;
use crate::session::{Session, SessionError};

/// What became of the leftovers of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// What was put away, by identifier.
    pub gone: Vec<String>,
    /// What was not.
    pub left: Left,
}

/// Puts away what a run left behind. What is gone is written into the record of the plan.
///
/// # Errors
/// It could not begin.
pub async fn finish(
    contract: &Contract,
    deployment: &Deployment,
    plan: &Plan,
    redactor: &Redactor,
    progress: &dyn Progress,
    leftover: &LeftoverRun,
) -> Result<Finished, SessionError> {
    let session = Session::open(contract, deployment, plan, redactor, progress).await?;
    let actors = Actors::new(&session);
    let ledger = session.ledger();
    for asked in &leftover.asked {
        ledger.asked(asked.clone());
    }
    for issued in &leftover.issued {
        match &issued.what {
            Thing::Credential(_) => ledger.issued(Arc::new(credential(&session, issued)), Ids::Unique),
            Thing::Dependent(name) => {
                ledger.created(name.clone(), Known { text: issued.id.clone(), from: None });
            }
        }
    }
    let left = put_away(&actors).await;
    let credentials = ledger.credentials().into_iter().filter(|(_, fate)| *fate == Fate::Gone);
    let credentials =
        credentials.map(|(credential, _)| format!("{} {}", credential.kind, credential.id.text));
    let dependents = leftover.issued.iter().filter(|issued| matches!(issued.what, Thing::Dependent(_)));
    let dependents = dependents.map(|issued| format!("{} {}", issued.what, issued.id));
    let gone = dependents.filter(|what| !left.behind.contains(what)).chain(credentials).collect();
    Ok(Finished { gone, left })
}

fn credential(session: &Session<'_>, issued: &Issued) -> Credential {
    let secret = issued.secret.as_ref().map(|secret| {
        session.taint(secret);
        Known { text: secret.clone(), from: Some(OriginKind::Supplied("SECRET".to_owned())) }
    });
    let kind = match &issued.what {
        Thing::Credential(kind) => kind.clone(),
        Thing::Dependent(name) => name.0.as_str().into(),
    };
    Credential {
        kind,
        id: Known { text: issued.id.clone(), from: None },
        secret,
        // Whether it has expired is for the deployment to say: nobody knows how its clock went since.
        expires_at: None,
        issued: None,
        caller: issued.by.clone(),
        revocation: None,
    }
}
