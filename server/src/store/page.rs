//! Pages of a list, oldest record first.

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// Where it starts.
    pub start: Start<'a>,
    /// The most items it may have.
    pub limit: u32,
}

/// Where a page starts. An id stays usable here after its record was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// At the oldest record.
    Beginning,
    /// Right after this id.
    After(&'a str),
    /// So that it ends right before this id.
    Before(&'a str),
}

/// What came of asking for a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Listing<T> {
    /// The page.
    Page {
        /// At most as many as asked for, oldest first.
        items: Vec<T>,
        /// Whether there is more in the direction of paging.
        has_more: bool,
    },
    /// The id to start from was never in this list.
    UnknownStart,
}
