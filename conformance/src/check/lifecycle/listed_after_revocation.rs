//! What does the list show of a credential before and after its revocation?

use rescind_specs::lifecycle::{ListedAfterRevocation as With, ListedAs, Listing};
use serde_json::Value;

use super::support::{Judge, Setting};
use super::{LifecycleCheck, Noise, Scenario};
use crate::call::short;
use crate::check::Judgement;
use crate::lifecycle::driver::{is_live, names};
use crate::lifecycle::{Event, History, Step};

/// # What it does
/// Lists all pages before and after a revocation, and looks for the credential and for one that was not revoked.
/// # Verdicts
/// Fail: it is there though it should be gone, or gone though it should stay, or its state or identity is wrong.
/// Inconclusive: a list could not be read to its end, or lacks the other credential too.
/// # Source
/// The listing operation; `listed` in the vendor's `lifecycle.yaml`.
pub struct ListedAfterRevocation<'w>(pub &'w With);

impl LifecycleCheck for ListedAfterRevocation<'_> {
    fn scenario(&self, _: &Setting<'_>) -> Scenario {
        let steps = vec![Step::issue(0), Step::issue(1), Step::List(None), Step::revoke(0), Step::List(None)];
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("listed_after_revocation");
        let (Some(listing), Some(credential), Some(other)) =
            (&setting.kind.listed, history.credential(0), history.credential(1))
        else {
            return judge.done(history);
        };
        let Some((revoked, _)) = history.revoked(0) else { return judge.done(history) };
        let id = credential.id.text.as_str();
        let complete = |event: &&Event| event.accepted() && event.items.is_some();
        let lists = |after: bool| {
            history
                .all(|step| *step == Step::List(None))
                .filter(move |(at, _)| (*at > revoked) == after)
                .map(|(_, event)| event)
        };
        let Some(before) = lists(false).filter(complete).last() else {
            judge.open("the list before the revocation could not be read to its end");
            return judge.done(history);
        };
        let Some(earlier) = find(listing, before, id).filter(|item| is_live(listing, item, id)) else {
            judge.open("the credential was not listed as active before its revocation");
            return judge.done(history);
        };
        for event in lists(true) {
            if !complete(&event)
                || !find(listing, event, &other.id.text)
                    .is_some_and(|item| is_live(listing, item, &other.id.text))
            {
                judge.open("a list after the revocation lacks another credential that should be on it");
                continue;
            }
            judge.exercised();
            let item = find(listing, event, id);
            match (self.0.listed, item) {
                (ListedAs::Gone, None) => {}
                (ListedAs::Gone, Some(_)) => {
                    judge.breach(
                        history,
                        event,
                        "a revoked credential is still listed",
                        "not listed",
                        "listed",
                    );
                }
                (ListedAs::Revoked, None) => {
                    judge.breach(
                        history,
                        event,
                        "a revoked credential is no longer listed",
                        "listed",
                        "not listed",
                    );
                }
                (ListedAs::Revoked, Some(item)) => {
                    self.identity(&mut judge, listing, history, event, earlier, item);
                }
            }
        }
        judge.done(history)
    }
}

impl ListedAfterRevocation<'_> {
    fn identity(
        &self,
        judge: &mut Judge,
        listing: &Listing,
        history: &History,
        event: &Event,
        earlier: &Value,
        item: &Value,
    ) {
        if let Some(state) = &listing.state {
            let shown = state.pointer.get(item);
            if shown.and_then(Value::as_str) != Some(state.revoked.as_str()) {
                let received = shown.map_or_else(|| "nothing".to_owned(), short);
                let message = "a revoked credential is not listed as revoked";
                judge.breach(
                    history,
                    event,
                    message,
                    format!("{} is {}", state.pointer, state.revoked),
                    received,
                );
            }
        }
        for pointer in &self.0.keeps {
            let (was, is) = (pointer.get(earlier), pointer.get(item));
            if was != is {
                let message = format!("{pointer} of a credential changes with its revocation");
                let value = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
                judge.breach(history, event, message, value(was), value(is));
            }
        }
    }
}

fn find<'e>(listing: &Listing, event: &'e Event, id: &str) -> Option<&'e Value> {
    event.items.as_ref()?.iter().find(|item| names(listing, item, id))
}
