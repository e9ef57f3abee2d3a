//! What answers the requests to a mocked contract: the gate has let them pass, or it has not.

use http::StatusCode;
use serde_json::json;

use super::documents::Mock;
use super::lifecycle::{Engine, Principal};
use super::prefer::Preference;
use super::shelf::Shelf;
use crate::id::Ids;
use crate::runtime::{
    Admitted, Answer, Context, CredentialSet, Handler, Presented, Refused, Rejection, refuse_by_example,
};

/// Answers every operation from the state, where a lifecycle document gives it a role, or else by its documented example.
#[derive(Debug)]
pub(super) struct Answerer {
    mock: Mock,
    shelf: Shelf,
    engine: Option<Engine>,
}

impl Answerer {
    pub(super) fn new(mock: &Mock, engine: Option<Engine>, ids: Ids) -> Self {
        Self { mock: mock.clone(), shelf: Shelf::new(mock.contract(), ids), engine }
    }
}

impl Handler for Answerer {
    type Caller = Principal;

    async fn authenticate(
        &self,
        operation: usize,
        presented: Presented<CredentialSet>,
        context: &Context,
    ) -> Result<Principal, Refused> {
        match &self.engine {
            Some(engine) => {
                // Boxed, so that a mock without state does not make room for it.
                let principal = Box::pin(engine.authenticate(operation, presented)).await?;
                if let Some(id) = principal.id() {
                    context.identify(id);
                }
                Ok(principal)
            }
            // Nothing says which credentials there are: whoever presents something well formed is let in.
            None => Ok(Principal::Anybody),
        }
    }

    fn reject(&self, operation: Option<usize>, context: &Context, rejection: Rejection) -> Answer {
        let contract = self.mock.contract();
        let Some((place, operation)) =
            operation.and_then(|place| Some((place, contract.operations().get(place)?)))
        else {
            return self.unrouted(context, &rejection);
        };
        let told = self.engine.as_ref().and_then(|engine| engine.rejected(place, context, &rejection));
        told.unwrap_or_else(|| refuse_by_example(contract, operation, &rejection))
    }

    async fn call(
        &self,
        operation: usize,
        caller: Option<Principal>,
        mut admitted: Admitted,
    ) -> Result<Answer, Rejection> {
        let preference = Preference::of(admitted.context.parts());
        let context = admitted.context.clone();
        match (&self.engine, &preference) {
            (Some(engine), None) => {
                if let Some(answer) = Box::pin(engine.call(operation, caller.as_ref(), admitted)).await? {
                    return Ok(answer);
                }
            }
            // A preferred answer is the documented one, and changes nothing.
            _ => admitted.check_body().await?,
        }
        let answer = self.shelf.answer(operation, preference.as_ref(), context.headers());
        answer.ok_or(Rejection::NotImplemented)
    }
}

impl Answerer {
    /// The answer to a request for what is not documented, with a hint where that may come from.
    fn unrouted(&self, context: &Context, rejection: &Rejection) -> Answer {
        let status = rejection.status();
        let hint = match self.mock.documented_base() {
            Some(base) if status == StatusCode::NOT_FOUND => {
                let served = match self.mock.base_path().as_str() {
                    "" => "the root",
                    path => path,
                };
                let asked = context.path();
                let below = asked.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
                if below {
                    format!(
                        "; the document's server has the path {base}, this mock serves the paths of the document \
                         below {served}: leave {base} out, or start it with --base-path {base}"
                    )
                } else {
                    String::new()
                }
            }
            _ => String::new(),
        };
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank",
            "title": title,
            "status": status.as_u16(),
            "detail": format!("{rejection}{hint}"),
        });
        Answer::json(status, "application/problem+json", &body)
    }
}
