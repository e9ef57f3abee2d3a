//! How long a revoked credential went on to be accepted, read off a history.

use std::collections::BTreeMap;
use std::time::Duration;

use rescind_specs::lifecycle::KindName;

use super::history::{Event, History, Seen, revokes};
use super::step::{Slot, Step};
use crate::exchange::Replica;

/// What was seen of one revoked credential at one replica. Its propagation delay lies between the two times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedDelay {
    /// Its kind.
    pub kind: KindName,
    /// The identifier of the credential.
    pub credential: String,
    /// Where it was used.
    pub replica: Replica,
    /// The last use that was accepted, counted from the answer to the revocation; `None`: no use was.
    pub accepted: Option<Duration>,
    /// The first use that was refused, and after which none was accepted; `None`: no use was.
    pub refused: Option<Duration>,
}

/// What a history shows of each credential that was revoked in it and used afterwards.
pub(crate) fn observed(history: &History) -> Vec<ObservedDelay> {
    let mut revoked: BTreeMap<Slot, &Event> = BTreeMap::new();
    let mut seen: BTreeMap<(Slot, Replica), ObservedDelay> = BTreeMap::new();
    for event in &history.events {
        if let Some(slot) = revokes(&event.step).filter(|_| event.accepted()) {
            revoked.entry(slot).or_insert(event);
        }
        let Step::Present(slot) = event.step else { continue };
        let (Some(revocation), Some(credential)) = (revoked.get(&slot), &event.credential) else { continue };
        // A use that raced with the revocation tells nothing.
        if !event.follows(revocation) {
            continue;
        }
        let time = Duration::try_from(event.began.duration_since(revocation.ended)).unwrap_or_default();
        let delay = seen.entry((slot, event.replica)).or_insert_with(|| ObservedDelay {
            kind: credential.kind.clone(),
            credential: credential.id.text.clone(),
            replica: event.replica,
            accepted: None,
            refused: None,
        });
        match event.seen {
            Seen::Accepted => {
                delay.accepted = Some(time);
                delay.refused = None;
            }
            Seen::Refused if event.refused() => _ = delay.refused.get_or_insert(time),
            _ => {}
        }
    }
    let told = |delay: &ObservedDelay| delay.accepted.is_some() || delay.refused.is_some();
    seen.into_values().filter(told).collect()
}
