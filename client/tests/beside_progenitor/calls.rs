//! The calls, each sent by both clients with the same values.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::exchange::{Read, read_by_ours, read_by_theirs};
use crate::values::{book, instant, loan, state, text, uuid};
use crate::{Place, ours, theirs};

/// One call with all its arguments.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    GetBook { shelf: String, book: Uuid, depth: i64, label: Option<String>, state: Option<&'static str> },
    ReplaceBook { shelf: String, book: Uuid, body: Value },
    RemoveBook { shelf: String, book: Uuid },
    ListBooks(Box<Listing>),
    LendBook { body: Value },
    SendCover { cover: i64, body: Vec<u8> },
}

/// The arguments of `listBooks`.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    text: String,
    author: Option<String>,
    limit: Option<i64>,
    lent: Option<bool>,
    state: Option<&'static str>,
    since: Option<String>,
    owner: Option<Uuid>,
    tag: Option<Vec<String>>,
    page: Vec<i64>,
}

/// Why a call is not sent by both.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known {
    /// progenitor's client sends another path than the caller means.
    TheyLoseIt,
    /// Ours refuses what would be another path, and progenitor's sends that.
    WeRefuse,
}

pub(crate) fn call() -> BoxedStrategy<Call> {
    use prop::option::of;

    let first = (text(), of(text()), of(any::<i64>()), of(any::<bool>()), of(state()));
    let second = (
        of(instant()),
        of(uuid()),
        of(prop::collection::vec(text(), 0..4)),
        prop::collection::vec(any::<i64>(), 0..4),
    );
    let listing =
        (first, second).prop_map(|((text, author, limit, lent, state), (since, owner, tag, page))| {
            Box::new(Listing { text, author, limit, lent, state, since, owner, tag, page })
        });
    prop_oneof![
        3 => (text(), uuid(), any::<i64>(), of(text()), of(state())).prop_map(
            |(shelf, book, depth, label, state)| Call::GetBook { shelf, book, depth, label, state }
        ),
        2 => (text(), uuid(), book()).prop_map(|(shelf, book, body)| Call::ReplaceBook { shelf, book, body }),
        1 => (text(), uuid()).prop_map(|(shelf, book)| Call::RemoveBook { shelf, book }),
        3 => listing.prop_map(Call::ListBooks),
        2 => loan().prop_map(|body| Call::LendBook { body }),
        1 => (any::<i64>(), any::<Vec<u8>>()).prop_map(|(cover, body)| Call::SendCover { cover, body }),
    ]
    .boxed()
}

fn typed<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Sets the arguments that there are.
macro_rules! given {
    ($call:ident, $($name:ident: $value:expr),*) => {
        $(if let Some(value) = $value {
            $call = $call.$name(value);
        })*
    };
}

impl Call {
    /// The `operationId`.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::GetBook { .. } => "getBook",
            Self::ReplaceBook { .. } => "replaceBook",
            Self::RemoveBook { .. } => "removeBook",
            Self::ListBooks(_) => "listBooks",
            Self::LendBook { .. } => "lendBook",
            Self::SendCover { .. } => "sendCover",
        }
    }

    /// The statuses that the operation documents for a success and for a failure.
    pub(crate) fn statuses(&self) -> (u16, u16) {
        match self {
            Self::GetBook { .. } => (200, 404),
            Self::ReplaceBook { .. } => (201, 422),
            Self::RemoveBook { .. } => (204, 404),
            Self::ListBooks(_) => (200, 400),
            Self::LendBook { .. } => (204, 409),
            Self::SendCover { .. } => (204, 413),
        }
    }

    /// Whether a success is a list.
    pub(crate) fn lists(&self) -> bool {
        matches!(self, Self::ListBooks(_))
    }

    /// The segments that the path has to have.
    pub(crate) fn path(&self) -> Vec<String> {
        let path: [&str; 4] = match self {
            Self::GetBook { shelf, book, .. }
            | Self::ReplaceBook { shelf, book, .. }
            | Self::RemoveBook { shelf, book } => ["shelves", shelf, "books", &book.to_string()],
            Self::ListBooks(_) => return vec!["books".to_owned()],
            Self::LendBook { .. } => return vec!["loans".to_owned()],
            Self::SendCover { cover, .. } => return vec!["covers".to_owned(), cover.to_string()],
        };
        path.map(str::to_owned).to_vec()
    }

    /// Where the two clients are known to differ.
    ///
    /// - An empty segment, `.` and `..` lead to another resource (RFC 3986 §5.2.4, and most servers merge slashes).
    /// - A `\` in a path is not encoded by progenitor, and then is a `/` to URL libraries (URL Standard, path state).
    pub(crate) fn known_difference(&self) -> Option<Known> {
        let (Self::GetBook { shelf, .. } | Self::ReplaceBook { shelf, .. } | Self::RemoveBook { shelf, .. }) =
            self
        else {
            return None;
        };
        match &**shelf {
            "" | "." | ".." => Some(Known::WeRefuse),
            text if text.contains('\\') => Some(Known::TheyLoseIt),
            _ => None,
        }
    }

    pub(crate) async fn by_ours(&self, place: &Place) -> Read {
        use ours::types::State;
        use ours::{
            GetBookError, LendBookError, ListBooksError, RemoveBookError, ReplaceBookError, SendCoverError,
        };

        let client = ours::Client::new_with_client(&place.uri, place.http.clone());
        match self.clone() {
            Self::GetBook { shelf, book, depth, label, state } => {
                let mut call = client.get_book().shelf(shelf).book(book).x_depth(depth);
                given!(call, x_label: label, x_state: state.map(|state| State::try_from(state).unwrap()));
                read_by_ours(call.send().await, |error| match error {
                    GetBookError::NotFound(failure) | GetBookError::Conflict(failure) => failure,
                })
            }
            Self::ReplaceBook { shelf, book, body } => {
                let call =
                    client.replace_book().shelf(shelf).book(book).body(typed::<ours::types::Book>(&body));
                let failure = |ReplaceBookError::UnprocessableContent(failure)| failure;
                read_by_ours(call.send().await, failure)
            }
            Self::RemoveBook { shelf, book } => {
                let call = client.remove_book().shelf(shelf).book(book);
                read_by_ours(call.send().await, |RemoveBookError::NotFound(failure)| failure)
            }
            Self::ListBooks(listing) => {
                let mut call = client.list_books().text(listing.text).page(listing.page);
                given!(
                    call,
                    author: listing.author, limit: listing.limit, lent: listing.lent,
                    state: listing.state.map(|state| State::try_from(state).unwrap()),
                    since: listing.since.map(|since| since.parse::<jiff::Timestamp>().unwrap()),
                    owner: listing.owner, tag: listing.tag
                );
                read_by_ours(call.send().await, |ListBooksError::BadRequest(failure)| failure)
            }
            Self::LendBook { body } => {
                let call = client.lend_book().body(typed::<ours::types::Loan>(&body));
                read_by_ours(call.send().await, |LendBookError::Conflict(failure)| failure)
            }
            Self::SendCover { cover, body } => {
                let call = client.send_cover().cover(cover).body(body);
                read_by_ours(call.send().await, |SendCoverError::ContentTooLarge(failure)| failure)
            }
        }
    }

    pub(crate) async fn by_theirs(&self, place: &Place) -> Read {
        use theirs::types::State;

        let client = theirs::Client::new_with_client(&place.uri, place.http.clone());
        match self.clone() {
            Self::GetBook { shelf, book, depth, label, state } => {
                let mut call = client.get_book().shelf(shelf).book(book).x_depth(depth);
                given!(call, x_label: label, x_state: state.map(|state| State::try_from(state).unwrap()));
                read_by_theirs(call.send().await)
            }
            Self::ReplaceBook { shelf, book, body } => {
                let call =
                    client.replace_book().shelf(shelf).book(book).body(typed::<theirs::types::Book>(&body));
                read_by_theirs(call.send().await)
            }
            Self::RemoveBook { shelf, book } => {
                read_by_theirs(client.remove_book().shelf(shelf).book(book).send().await)
            }
            Self::ListBooks(listing) => {
                let mut call = client.list_books().text(listing.text).page(listing.page);
                given!(
                    call,
                    author: listing.author, limit: listing.limit, lent: listing.lent,
                    state: listing.state.map(|state| State::try_from(state).unwrap()),
                    since: listing.since.map(|since| since.parse::<chrono::DateTime<chrono::Utc>>().unwrap()),
                    owner: listing.owner, tag: listing.tag
                );
                read_by_theirs(call.send().await)
            }
            Self::LendBook { body } => {
                read_by_theirs(client.lend_book().body(typed::<theirs::types::Loan>(&body)).send().await)
            }
            Self::SendCover { cover, body } => {
                read_by_theirs(client.send_cover().cover(cover).body(body).send().await)
            }
        }
    }
}
