//! What does the list show of a credential before and after its revocation?

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::Duration;

use rescind_specs::lifecycle::{ListedAfterRevocation as With, ListedAs, Listing};
use serde_json::Value;

use super::support::{Judge, Setting, revocation};
use super::{LifecycleCheck, Noise, Scenario};
use crate::call::short;
use crate::check::Judgement;
use crate::lifecycle::driver::{is_live, live_ids, names};
use crate::lifecycle::{Event, History, Seen, Step, Until};

/// How many credentials are issued that are not revoked.
const OTHERS: u8 = 3;
/// Long enough that an instant told in seconds moves.
const TICK: Duration = Duration::from_secs(5);

/// # What it does
/// Lists all pages before and after a revocation, and looks for the credential and for some that were not revoked. Where
/// the length of pages can be chosen, reads them in short ones as well. Where members are documented to move with a use,
/// uses the credential before and after its revocation and looks at them again.
/// # Verdicts
/// Fail: it is there though it should be gone, or gone though it should stay, or its state or identity is wrong; a live
/// credential is missing where pages are short; a member moves or stands still against its documentation.
/// Inconclusive: a list could not be read to its end, or lacks the other credentials too.
/// # Source
/// The listing operation; `listed` in the vendor's `lifecycle.yaml`.
pub struct ListedAfterRevocation<'w>(pub &'w With);

impl LifecycleCheck for ListedAfterRevocation<'_> {
    fn scenario(&self, setting: &Setting<'_>) -> Scenario {
        if !self.0.moves.is_empty() {
            let pause = || Step::Wait(Until::For(TICK));
            let steps = vec![
                Step::issue(0),
                Step::issue(1),
                Step::List(None),
                pause(),
                Step::present(0),
                Step::List(None),
                revocation(&self.0.by, 0),
                Step::List(None),
                pause(),
                Step::present(0),
                Step::List(None),
            ];
            return Scenario { steps, noise: Noise::Nothing };
        }
        let mut steps: Vec<Step> = (0..=OTHERS).map(Step::issue).collect();
        steps.extend([Step::List(None), revocation(&self.0.by, 0), Step::List(None)]);
        let next = setting.kind.listed.as_ref().and_then(|listing| listing.next.as_ref());
        if next.is_some_and(|next| next.size.is_some()) {
            steps.extend([Step::ListInShortPages, Step::List(None)]);
        }
        Scenario { steps, noise: Noise::Uses }
    }

    fn judge(&self, setting: &Setting<'_>, history: &History) -> Judgement {
        let mut judge = Judge::new("listed_after_revocation");
        let (Some(listing), Some(credential), Some(other)) =
            (&setting.kind.listed, history.credential(0), history.credential(1))
        else {
            return judge.done(history);
        };
        let others: Vec<&str> =
            (1..=OTHERS).filter_map(|slot| Some(history.credential(slot)?.id.text.as_str())).collect();
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
        let live =
            |event: &Event, id: &str| find(listing, event, id).is_some_and(|item| is_live(listing, item, id));
        for (at, event) in history.all(|step| *step == Step::ListInShortPages) {
            let whole = |(list, event): &(usize, &Event)| *list > revoked && complete(event);
            let lists = history.all(|step| *step == Step::List(None)).filter(whole);
            let (mut first, mut last) = (None, None);
            for (list, event) in lists {
                let items = event.items.iter().flatten();
                match list.cmp(&at) {
                    Ordering::Less => first = Some(items),
                    Ordering::Greater if last.is_none() => last = Some(items),
                    _ => {}
                }
            }
            // What both show was there in between, also if this sequence has nothing to do with it: which ones a page
            // loses is a matter of the order.
            let live = |items: Option<_>| live_ids(listing, items.into_iter().flatten());
            let steady: HashSet<_> = live(first).intersection(&live(last)).cloned().collect();
            if !complete(&event) || !others.iter().all(|id| steady.contains(*id)) {
                judge.open("the list could not be read to its end in short pages");
                continue;
            }
            judge.exercised();
            if !steady.is_subset(&live_ids(listing, event.items.iter().flatten())) {
                let message = "a live credential is missing from a list that is read in short pages";
                judge.breach(history, event, message, "listed on one of the pages", "listed on none");
            }
        }
        for event in lists(true) {
            if !complete(&event) || !live(event, &other.id.text) {
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
        self.movements(&mut judge, listing, history, id, revoked);
        judge.done(history)
    }
}

impl ListedAfterRevocation<'_> {
    /// Members that move with a use, between each two lists with a use between them.
    fn movements(&self, judge: &mut Judge, listing: &Listing, history: &History, id: &str, revoked: usize) {
        let lists: Vec<(usize, &Event)> = history.all(|step| *step == Step::List(None)).collect();
        for pair in lists.windows(2) {
            let [(first, before), (last, after)] = pair else { continue };
            let (Some(was), Some(is)) = (find(listing, before, id), find(listing, after, id)) else {
                continue;
            };
            let Some((used, event)) = history.presents(0).find(|(at, _)| first < at && at < last) else {
                continue;
            };
            for pointer in &self.0.moves {
                let (was, is) = (pointer.get(was), pointer.get(is));
                let moved = was != is;
                let value = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
                match &event.seen {
                    Seen::Accepted if used < revoked => {
                        judge.exercised();
                        if !moved {
                            let message = format!("{pointer} does not move with a use that is accepted");
                            judge.breach(history, after, message, "another value", value(is));
                        }
                    }
                    Seen::Refused if event.refused() => {
                        judge.exercised();
                        if moved {
                            let message = format!("{pointer} moves with a use that is refused");
                            judge.breach(history, after, message, value(was), value(is));
                        }
                    }
                    _ => judge.open(event.why_open().unwrap_or_default()),
                }
            }
        }
    }

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
