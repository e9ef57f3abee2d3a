//! Letting time pass, by the deployment's clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Done, Driver, Later, State, held, text};
use crate::clock::StillOpen;
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::{Step, TokenSlot, Until};

impl Driver<'_, '_, '_> {
    pub(super) async fn wait(&self, until: Until, state: &mut State) -> Result<Done, String> {
        let session = self.session();
        let seconds = SignedDuration::from_secs;
        let add = |at: Timestamp, time: SignedDuration| at.checked_add(time).map_err(text);
        let token = |slot: &TokenSlot| state.tokens.get(slot).ok_or("there is no such token");
        let at = match until {
            Until::For(time) => add(session.now(), SignedDuration::try_from(time).map_err(text)?)?,
            Until::AfterRevocation(slot, time) => {
                let revoked = state.slots.get(&slot).and_then(|held| held.revoked);
                let revoked =
                    revoked.ok_or_else(|| format!("the revocation of {slot} was not acknowledged"))?;
                add(revoked, SignedDuration::try_from(time).map_err(text)?)?
            }
            Until::Expiry(slot, offset) => {
                let expiry = held(state, slot)?.expires_at;
                add(expiry.ok_or_else(|| format!("it is not known when {slot} expires"))?, seconds(offset))?
            }
            Until::TokenExpiry(slot, offset) => add(token(&slot)?.expires_at, seconds(offset))?,
            Until::TokenAge(slot, age) => {
                add(token(&slot)?.received, SignedDuration::try_from(age).map_err(text)?)?
            }
        };
        let time = Duration::try_from(at.duration_since(session.now())).unwrap_or_default();
        let patience = session.plan().patience;
        // Patience is for a sequence, not for each of its waits.
        let left = patience.saturating_sub(state.waited);
        let in_time = if time <= left { session.has_time_for(time) } else { Ok(()) };
        let waited = match in_time {
            Ok(()) => session.wait_for(time, &Step::Wait(until).to_string(), left).await,
            Err(error) => Err(error),
        };
        match waited {
            Ok(()) => {
                state.waited += time;
                Ok(Done::new(Seen::Accepted))
            }
            Err(StillOpen::Patience { .. }) => {
                let needed = (state.waited + time).max(state.later.since) + state.later.further;
                Ok(Done::new(Seen::StillOpen(StillOpen::Patience { needed, patience }.to_string())))
            }
            Err(error) => Ok(Done::new(Seen::StillOpen(error.to_string()))),
        }
    }
}

/// The least that `steps` wait. A wait for an expiry is not counted: it is not known beforehand when that is.
pub(super) fn longest(steps: &[Step]) -> Later {
    steps.iter().fold(Later::default(), |mut later, step| {
        match step {
            Step::Wait(Until::For(time)) => later.further += *time,
            Step::Wait(Until::AfterRevocation(_, time) | Until::TokenAge(_, time)) => {
                later.since = later.since.max(*time);
            }
            Step::PresentEvery { until, .. } => later.since = later.since.max(*until),
            _ => {}
        }
        later
    })
}
