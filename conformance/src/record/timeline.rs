//! The life of each credential of a sequence, read off its history.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use rescind_specs::Contract;

use crate::credential::Credential;
use crate::lifecycle::{Event, History, Seen, Slot, Step, Target, revokes};
use crate::report::timeline::{CredentialTimeline, Happening, What};

/// So many events of one credential are kept: the first and the last of them.
const EVENTS: usize = 60;

/// What a history shows of each credential in it.
pub(crate) fn observed(contract: &Contract, history: &History) -> Vec<CredentialTimeline> {
    let mut slots: BTreeMap<Slot, &Credential> = BTreeMap::new();
    let mut revoked: BTreeMap<String, &Event> = BTreeMap::new();
    let mut lives: IndexMap<String, Life<'_>> = IndexMap::new();
    for event in &history.events {
        if let (Step::Issue(slot, _) | Step::Adopt(slot, _), Some(credential)) =
            (&event.step, &event.credential)
        {
            slots.insert(*slot, credential);
        }
        let Some(what) = what(event) else { continue };
        let of_slot = revokes(&event.step).and_then(|slot| slots.get(&slot).copied());
        let Some(credential) = event.credential.as_deref().or(of_slot) else { continue };
        let key = format!("{} {}", credential.kind, credential.id.text);
        let revocation = revoked.get(&key).copied().filter(|revocation| event.follows(revocation));
        if what == What::Revoked {
            revoked.entry(key.clone()).or_insert(event);
        }
        let life = lives.entry(key).or_insert_with(|| Life { credential, events: Vec::new() });
        life.events.push((event, what, revocation));
    }
    lives.into_values().map(|life| life.told(contract)).collect()
}

/// A credential with its events, and the revocation that each of them follows.
struct Life<'h> {
    credential: &'h Credential,
    events: Vec<(&'h Event, What, Option<&'h Event>)>,
}

impl Life<'_> {
    fn told(self, contract: &Contract) -> CredentialTimeline {
        let kind = contract.lifecycle().and_then(|known| known.credentials.get(&self.credential.kind));
        let revoke = kind.and_then(|kind| kind.revoke.as_ref());
        let start = self.events.first().map(|(event, ..)| event.began);
        let seconds = |time: jiff::SignedDuration| Duration::try_from(time).unwrap_or_default().as_secs_f64();
        let events = self.events.iter().map(|(event, what, revocation)| Happening {
            at: start.map(|start| seconds(event.ended.duration_since(start))).unwrap_or_default(),
            after_revocation: revocation
                .map(|revocation| seconds(event.began.duration_since(revocation.ended))),
            what: *what,
            words: words(event),
            replica: event.replica.0,
            exchanges: event.ids(),
        });
        let mut events: Vec<Happening> = events.collect();
        let left_out = events.len().saturating_sub(EVENTS);
        if left_out > 0 {
            events.drain(EVENTS / 2..EVENTS / 2 + left_out);
        }
        CredentialTimeline {
            kind: self.credential.kind.to_string(),
            id: self.credential.id.text.clone(),
            bound: revoke.map(|revoke| revoke.propagation_delay.duration().as_secs_f64()),
            events,
            left_out: left_out as u64,
        }
    }
}

/// What an event means for its credential, if anything.
fn what(event: &Event) -> Option<What> {
    let by_outcome = |accepted: What, refused: What| match &event.seen {
        Seen::Accepted => Some(accepted),
        Seen::Refused if event.refused() => Some(refused),
        Seen::Refused | Seen::Unclear(_) => Some(What::Unclear),
        // It did not happen.
        Seen::NotRun(_) | Seen::StillOpen(_) => None,
    };
    match &event.step {
        Step::Issue(..) => by_outcome(What::Issued, What::Unclear),
        Step::Present(_) => by_outcome(What::Accepted, What::Refused),
        Step::Exchange(..) => by_outcome(What::TokenGiven, What::TokenRefused),
        Step::PresentToken(_) => by_outcome(What::TokenAccepted, What::TokenNotAccepted),
        Step::Revoke { target: Target::Unknown, .. } => None,
        step if revokes(step).is_some() => by_outcome(What::Revoked, What::NotRevoked),
        Step::Create(..) | Step::Repoint(..) | Step::Call(..) => by_outcome(What::Other, What::Other),
        _ => None,
    }
}

fn words(event: &Event) -> String {
    match event.why_open() {
        // Says the step itself.
        Some(why) => why,
        None => event.step.to_string(),
    }
}
