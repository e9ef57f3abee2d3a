//! Credentials of all contracts over the admin listener, without their secrets.

use jiff::Timestamp;

use super::Admin;
use super::answer::query;
use crate::generated::admin::request::ListCredentialsRequest;
use crate::generated::admin::types::{CredentialPage, CredentialState, StoredCredential};
use crate::runtime::Rejection;
use crate::store::{Pair, PairState, Placed, State, StoreError, Wanted};
use crate::vendor::PAIRS;

/// Where a page ended: the place of its last credential, and its last pair. The two are kept apart and shown together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    place: Option<i64>,
    pair: Option<(Timestamp, String)>,
}

impl Cursor {
    /// A cursor as [`Cursor::text`] wrote it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let place = match parts.next()? {
            "" => None,
            place => Some(place.parse().ok()?),
        };
        let pair = match (parts.next()?, parts.next()?) {
            ("", "") => None,
            (time, key) => Some((Timestamp::from_microsecond(time.parse().ok()?).ok()?, key.to_owned())),
        };
        Some(Self { place, pair })
    }

    fn text(&self) -> String {
        let place = self.place.map(|place| place.to_string()).unwrap_or_default();
        let pair = match &self.pair {
            Some((time, key)) => format!("{}.{key}", time.as_microsecond()),
            None => ".".to_owned(),
        };
        format!("{place}.{pair}")
    }
}

/// Where a request wants its page to start.
pub(super) fn start(request: &ListCredentialsRequest) -> Result<Cursor, Rejection> {
    let Some(after) = &request.after else { return Ok(Cursor::default()) };
    Cursor::parse(after).ok_or_else(|| query("after", "pattern", "be the `next` of a page"))
}

/// A page of credentials.
pub(super) async fn page(
    admin: &Admin,
    request: &ListCredentialsRequest,
    start: Cursor,
) -> Result<CredentialPage, StoreError> {
    let now = admin.state.clock().now();
    let limit = u32::try_from(request.limit).unwrap_or(u32::MAX - 1);
    let wanted = Wanted {
        contract: request.contract.as_deref(),
        kind: request.kind.as_deref(),
        state: request.state.map(|state| match state {
            CredentialState::Active => State::Active,
            CredentialState::Expired => State::Expired,
            CredentialState::Revoked => State::Revoked,
        }),
        text: request.search.as_ref().map(|search| search.as_str()),
        now,
    };
    // One too many tells whether there is more.
    let credentials = admin.state.store().all_credentials(wanted, start.place, limit + 1).await?;
    let before = start.pair.as_ref().map(|(time, key)| (*time, key.as_str()));
    let pairs = if pairs_are_wanted(&wanted) {
        admin.state.store().all_pairs(wanted, before, limit + 1).await?
    } else {
        Vec::new()
    };
    Ok(merged(credentials, pairs, start, usize::try_from(limit).unwrap_or(usize::MAX), now))
}

fn pairs_are_wanted(wanted: &Wanted<'_>) -> bool {
    let is = |asked: Option<&str>, name: &str| asked.is_none_or(|asked| asked == name);
    is(wanted.contract, PAIRS.contract()) && is(wanted.kind, PAIRS.kind())
}

/// The latest of both, and where they end.
fn merged(
    credentials: Vec<Placed>,
    pairs: Vec<Pair>,
    start: Cursor,
    limit: usize,
    now: Timestamp,
) -> CredentialPage {
    let mut end = start;
    let mut items = Vec::new();
    let (mut credentials, mut pairs) = (credentials.into_iter().peekable(), pairs.into_iter().peekable());
    while items.len() < limit {
        let is_pair = match (credentials.peek(), pairs.peek()) {
            (None, None) => break,
            (Some(placed), Some(pair)) => pair.created_at > placed.credential.created_at,
            (credential, _) => credential.is_none(),
        };
        if is_pair {
            items.extend(pairs.next().map(|pair| {
                end.pair = Some((pair.created_at, pair.api_key.clone()));
                shown_pair(pair)
            }));
        } else {
            items.extend(credentials.next().map(|placed| {
                end.place = Some(placed.place);
                shown(placed, now)
            }));
        }
    }
    let is_more = credentials.peek().is_some() || pairs.peek().is_some();
    CredentialPage { items, next: is_more.then(|| end.text()) }
}

fn shown(placed: Placed, now: Timestamp) -> StoredCredential {
    let Placed { contract, kind, credential, .. } = placed;
    StoredCredential {
        contract,
        kind,
        state: match credential.state(now) {
            State::Active => CredentialState::Active,
            State::Expired => CredentialState::Expired,
            State::Revoked => CredentialState::Revoked,
        },
        id: credential.id,
        tenant: Some(credential.tenant),
        name: Some(credential.name),
        created_at: credential.created_at,
        updated_at: Some(credential.updated_at),
        last_used_at: credential.last_used_at,
        expires_at: credential.expires_at,
        revoked_at: credential.revoked_at,
    }
}

fn shown_pair(pair: Pair) -> StoredCredential {
    let (state, revoked_at) = match pair.state {
        PairState::Active => (CredentialState::Active, None),
        PairState::Revoked { at } => (CredentialState::Revoked, at),
    };
    StoredCredential {
        contract: PAIRS.contract().to_owned(),
        kind: PAIRS.kind().to_owned(),
        id: pair.api_key,
        tenant: None,
        name: None,
        state,
        created_at: pair.created_at,
        updated_at: None,
        last_used_at: None,
        expires_at: None,
        revoked_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let time = Timestamp::from_microsecond(1_700_000_000_000_001).unwrap();
        for cursor in [
            Cursor::default(),
            Cursor { place: Some(7), pair: None },
            Cursor { place: None, pair: Some((time, "ak_1.2".to_owned())) },
            Cursor { place: Some(i64::MAX), pair: Some((time, "ak".to_owned())) },
        ] {
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor.clone()), "{cursor:?}");
        }
        for wrong in ["", "x", "1", "1.2", "x..", "1.x.y", "..y"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
