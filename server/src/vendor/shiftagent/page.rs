//! Pages of a list, by a cursor in one direction or the other.

use super::problem::unusable;
use crate::runtime::Failure;
use crate::store::{Listing, Page, Start};

/// The page that a request asks for.
pub(super) fn wanted<'a>(
    limit: i64,
    starting_after: Option<&'a str>,
    ending_before: Option<&'a str>,
) -> Result<Page<'a>, Failure> {
    let start = match (starting_after, ending_before) {
        (None, None) => Start::Beginning,
        (Some(id), None) => Start::After(id),
        (None, Some(id)) => Start::Before(id),
        (Some(_), Some(_)) => {
            return Err(unusable("ending_before", "cannot be combined with starting_after"));
        }
    };
    Ok(Page { start, limit: u32::try_from(limit)? })
}

/// The items of a page, and whether there are more.
pub(super) fn found<T>(listing: Listing<T>, page: Page<'_>) -> Result<(Vec<T>, bool), Failure> {
    match listing {
        Listing::Page { items, has_more } => Ok((items, has_more)),
        Listing::UnknownStart => {
            let parameter =
                if let Start::Before(_) = page.start { "ending_before" } else { "starting_after" };
            Err(unusable(parameter, "must be the id of an item of the list"))
        }
    }
}

/// Where the next page starts. One that was asked for backwards has at least the id it ends before behind it.
pub(super) fn next(page: Page<'_>, has_more: bool, last: Option<&str>) -> Option<String> {
    let follows = has_more || matches!(page.start, Start::Before(_));
    last.filter(|_| follows).map(ToOwned::to_owned)
}
