//! The journal over the admin listener.

use std::sync::Arc;

use futures::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use rescind_specs::StatusPattern;
use serde_json::{from_value, to_value};
use tokio_util::sync::CancellationToken;

use super::Admin;
use super::answer::query;
use crate::generated::admin::types;
use crate::journal::{Disturbed, Entry, Filter, Live, Update};
use crate::runtime::{Event, Failure, Rejection, StreamBody};

/// Which entries a request asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) contract: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) status: Option<String>,
    pub(super) caller: Option<String>,
    pub(super) after: Option<i64>,
    pub(super) since: Option<Timestamp>,
    pub(super) disturbed: Option<bool>,
}

impl Asked {
    /// As the journal understands it.
    pub(super) fn filter(self) -> Result<Filter, Rejection> {
        let path = self.path.map(|path| path.parse()).transpose();
        let status = self.status.map(|status| status.parse::<StatusPattern>()).transpose();
        Ok(Filter {
            contract: self.contract,
            operation: self.operation,
            method: self.method.map(|method| method.to_ascii_uppercase()),
            path: path.map_err(|why| query("path", "pattern", &format!("be a path: {why}")))?,
            status: status.map_err(|_| query("status", "pattern", "be such as 404 or 4XX"))?,
            caller: self.caller,
            after: self.after.map(i64::unsigned_abs),
            since: self.since,
            disturbed: match self.disturbed {
                None => Disturbed::Any,
                Some(true) => Disturbed::Only,
                Some(false) => Disturbed::Never,
            },
        })
    }
}

/// The latest of the entries that are wanted.
pub(super) fn list(admin: &Admin, filter: &Filter, limit: i64) -> Result<types::Journal, Failure> {
    let journal = admin.state.journal();
    let entries = journal.entries(filter);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let latest = entries.iter().skip(entries.len().saturating_sub(most));
    let shown = |entry: &Arc<Entry>| from_value(to_value(&**entry)?);
    Ok(types::Journal {
        entries: latest.map(shown).collect::<Result<_, serde_json::Error>>()?,
        summary: from_value(to_value(journal.summary())?)?,
    })
}

/// The journal as it grows, until the reader goes or the server stops.
pub(super) fn follow(live: Live, stop: CancellationToken) -> StreamBody {
    // A first event tells the reader that the stream is there.
    let hello = Event { event: Some("open".to_owned()), id: None, data: String::new() };
    StreamBody::events(stream::once(async { hello }).chain(updates(live)).take_until(stop.cancelled_owned()))
}

fn updates(live: Live) -> impl Stream<Item = Event> + Send {
    stream::unfold(live, |mut live| async { Some((event(&live.next().await?), live)) })
}

fn event(update: &Update) -> Event {
    let (kind, data) = match update {
        Update::Entry(entry) => ("entry", serde_json::to_string(&**entry).unwrap_or_default()),
        Update::Cleared => ("cleared", String::new()),
        Update::Missed(count) => ("missed", count.to_string()),
    };
    Event { event: Some(kind.to_owned()), id: None, data }
}
