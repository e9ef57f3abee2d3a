//! Steps that do several things at once.
//!
//! How often something is sent depends on no timing, so that two runs with the same seed send the same. What the answers
//! mean is judged by the real-time order of the exchanges.

use std::sync::Arc;

use futures::future::{join, join_all};
use rescind_specs::lifecycle::{CallerName, DependentName};

use super::answer::seen;
use super::present::judge;
use super::revoke::mark_revoked;
use super::{Done, Driver, State, held, text};
use crate::credential::known;
use crate::exchange::{Exchange, Replica, Request, Timing};
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::{By, DependentSlot, Lead, Slot, Step};

/// How often each user uses the credential while it is revoked, one use after the other.
const DURING: usize = 3;
/// How often each user uses it once that revocation was answered.
const AFTERWARDS: usize = 2;
/// How often each user uses it in all.
pub(crate) const USES_IN_A_RACE: usize = DURING + AFTERWARDS;

impl Driver<'_, '_, '_> {
    /// Revokes a credential while it is in use, and goes on using it.
    pub(super) async fn race_use(
        &self,
        slot: Slot,
        uses: u8,
        state: &mut State,
    ) -> Result<Vec<Done>, String> {
        let credential = held(state, slot)?;
        let kind = self.kind_of(&credential);
        let probe = kind.probe.as_ref().ok_or("no call shows at once whether it works")?;
        let bindings = self.refer(Some(credential.clone()), None);
        let request = self.actors.request(&probe.call, &bindings).await.map_err(text)?;
        let revocation = self.revocation(&credential, &By::Documented, None, state).await?;
        let replicas: Vec<Replica> = self.session().deployment().all_replicas().collect();
        let all_at_once = |times: usize| {
            let one = |number: usize| self.use_repeatedly(replicas[number % replicas.len()], &request, times);
            join_all((0..usize::from(uses)).map(one))
        };
        let revoke = self.session().send_to(self.session().home(), revocation, Timing::Racing);
        let (during, revoked) = join(all_at_once(DURING), revoke).await;
        let afterwards = all_at_once(AFTERWARDS).await;

        let success = &self.revocable()?.success;
        let outcome = seen(self.contract(), success, &bindings, &revoked);
        if outcome == Seen::Accepted {
            mark_revoked(state, slot, revoked.received);
        }
        let home = self.session().home();
        let control = self.controls.present(self.actors, &credential.kind, kind, home).await;
        let part = |step: Step, seen: Seen, exchange: Arc<Exchange>| Done {
            step: Some(step),
            times: Some((exchange.sent, exchange.received)),
            replica: exchange.replica,
            control: (seen == Seen::Refused).then(|| control.clone()),
            credential: Some(credential.clone()),
            ..Done::answered(seen, exchange)
        };
        let answers = during.into_iter().chain(afterwards).flatten().map(|exchange| {
            let seen = judge(self.contract(), probe, &bindings, &exchange);
            part(Step::Present(slot), seen, exchange)
        });
        let mut parts: Vec<Done> = answers.collect();
        parts.push(part(Step::revoke(slot.0), outcome, revoked));
        // In the order in which they were sent.
        parts.sort_by_key(|done| done.exchanges.first().map(|exchange| exchange.span.began));
        Ok(parts)
    }

    async fn use_repeatedly(&self, replica: Replica, request: &Request, times: usize) -> Vec<Arc<Exchange>> {
        let mut exchanges = Vec::with_capacity(times);
        for _ in 0..times {
            exchanges.push(self.session().send_to(replica, request.clone(), Timing::Racing).await);
        }
        exchanges
    }

    /// Revokes several credentials at once, as one caller.
    pub(super) async fn revoke_together(
        &self,
        slots: &[Slot],
        caller: &CallerName,
        state: &mut State,
    ) -> Result<Vec<Done>, String> {
        let by = By::Caller(caller.clone());
        let mut requests = Vec::with_capacity(slots.len());
        for slot in slots {
            let credential = held(state, *slot)?;
            let request = self.revocation(&credential, &by, None, state).await?;
            requests.push((*slot, credential, request));
        }
        let home = self.session().home();
        let sent = requests
            .iter()
            .map(|(_, _, request)| self.session().send_to(home, request.clone(), Timing::Racing));
        let exchanges = join_all(sent).await;
        let success = &self.revocable()?.success;
        let mut parts = Vec::with_capacity(slots.len());
        for ((slot, credential, _), exchange) in requests.into_iter().zip(exchanges) {
            let bindings = self.refer(Some(credential.clone()), None);
            let outcome = seen(self.contract(), success, &bindings, &exchange);
            if outcome == Seen::Accepted {
                mark_revoked(state, slot, exchange.received);
            }
            parts.push(Done {
                step: Some(Step::revoke_by(slot.0, by.clone())),
                credential: Some(credential),
                ..Done::answered(outcome, exchange)
            });
        }
        Ok(parts)
    }

    /// Lets as much time pass as a call takes that changes nothing.
    async fn pass_a_moment(&self) {
        let home = self.session().home();
        match (&self.kind.listed, &self.kind.probe) {
            (Some(listing), _) => _ = self.list(listing, None, home).await,
            (None, Some(_)) => {
                _ = self.controls.present(self.actors, self.name, self.kind, home).await;
            }
            (None, None) => {}
        }
    }

    /// Revokes a credential and makes something refer to it, at once.
    pub(super) async fn race_reference(
        &self,
        name: &DependentName,
        (into, slot): (DependentSlot, Slot),
        lead: Lead,
        state: &mut State,
    ) -> Result<Vec<Done>, String> {
        let credential = held(state, slot)?;
        let dependent = self.dependent(name)?;
        let bindings = self.refer(Some(credential.clone()), None);
        let creation = self.actors.request(&dependent.create.call, &bindings).await.map_err(text)?;
        let revocation = self.revocation(&credential, &By::Documented, None, state).await?;
        let home = self.session().home();
        let after_a_moment = async |request: Request, waits: bool| {
            if waits {
                self.pass_a_moment().await;
            }
            self.session().send_to(home, request, Timing::Racing).await
        };
        let (revoked, created) = join(
            after_a_moment(revocation, lead == Lead::Creation),
            after_a_moment(creation, lead == Lead::Revocation),
        )
        .await;
        let of_revocation = seen(self.contract(), &self.revocable()?.success, &bindings, &revoked);
        if of_revocation == Seen::Accepted {
            mark_revoked(state, slot, revoked.received);
        }
        let of_creation = seen(self.contract(), &dependent.create.success, &bindings, &created);
        let id = known(self.contract(), &dependent.id, &created).filter(|_| of_creation == Seen::Accepted);
        if let Some(id) = &id {
            state.dependents.insert(into, (name.clone(), id.clone()));
        }
        let mut parts = vec![
            Done {
                step: Some(Step::revoke(slot.0)),
                credential: Some(credential.clone()),
                ..Done::answered(of_revocation, revoked)
            },
            Done {
                step: Some(Step::Create(name.clone(), into, slot)),
                credential: Some(credential),
                dependent: id.clone(),
                ..Done::answered(of_creation, created)
            },
        ];
        if id.is_some() {
            let read = self.on_dependent(into, None, state, |all| Some(&all.read)).await?;
            parts.push(Done { step: Some(Step::Read(into)), ..read });
        }
        Ok(parts)
    }
}
