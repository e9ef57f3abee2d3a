//! The list that shows credentials.

use indexmap::IndexMap;
use rescind_specs::{Contract, Operation, ParameterLocation, Pointer, Schema};
use serde_json::Value;

use super::members::{self, Found};
use super::pair::Pair;
use super::words::bare;
use super::{CallDraft, Guess, body};

/// Where a list has its items.
const ITEMS: [&str; 8] = ["data", "items", "results", "values", "records", "entries", "list", "content"];
/// Query parameters that carry the last item of the page before.
const AFTER: [&str; 6] = ["startingafter", "after", "sinceid", "afterid", "lastid", "startafter"];
/// Query parameters that bound the length of a page.
const SIZE: [&str; 6] = ["limit", "pagesize", "perpage", "first", "maxresults", "count"];
/// How states are called in which a credential does not work any more.
const ENDED: [&str; 8] =
    ["revoked", "inactive", "disabled", "deleted", "deactivated", "invalid", "expired", "terminated"];
/// How states are called in which it works.
const ALIVE: [&str; 5] = ["active", "enabled", "valid", "live", "ok"];

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListDraft {
    /// The call.
    pub call: CallDraft,
    /// Where the items are.
    pub items: Pointer,
    /// Where an item has its identifier.
    pub id: Pointer,
    /// How the next page is asked for.
    pub paging: Paging,
    /// Where an item tells its state, with the words for active and revoked.
    pub state: Option<(Pointer, String, String)>,
}

/// How a list is read beyond its first page.
#[derive(Clone, Debug, PartialEq)]
pub enum Paging {
    /// There seems to be only one page.
    One,
    /// By the last item of a page.
    ByItem {
        /// Where the answer says whether there is more.
        more: Pointer,
        /// The query parameter with the cursor.
        parameter: String,
        /// Where an item has the cursor.
        last: Pointer,
        /// The query parameter that bounds the length of a page.
        size: Option<String>,
    },
    /// In a way that the lifecycle language has no words for; these are the parameters.
    Otherwise(Vec<String>),
}

/// The list of credentials.
pub(super) fn find(
    contract: &Contract,
    pair: &Pair<'_>,
    found: &Found,
    actor: &str,
    supplied: &mut IndexMap<String, String>,
) -> Option<Guess<ListDraft>> {
    let issue = pair.issue.as_ref().map(|issue| issue.value.path.as_str());
    let above = pair.revoke.as_ref().and_then(|revoke| {
        let path = revoke.value.path.as_str();
        path.rsplit_once("/{").map(|(above, _)| above)
    });
    let places = [issue, above];
    let here = |operation: &&Operation| {
        operation.method == http::Method::GET
            && places.iter().flatten().any(|path| *path == operation.path.as_str())
    };
    let (operation, items, item) = contract.operations().iter().filter(here).find_map(|operation| {
        let (items, item) = list(operation)?;
        Some((operation, items, item))
    })?;
    let id = id_of(&item, found)?;
    let paging = paging(operation, &id);
    let mut parameters = body::parameters(operation, None, supplied);
    if let Paging::ByItem { size: Some(size), .. } = &paging {
        let most =
            operation.parameter(ParameterLocation::Query, size).and_then(|known| known.schema.as_ref());
        let most = most.and_then(|schema| schema.number("maximum")).unwrap_or(100.0).clamp(1.0, 100.0);
        #[expect(clippy::cast_possible_truncation, reason = "it is between 1 and 100")]
        let most = most as i64;
        parameters.insert(size.clone(), Value::from(most));
    }
    let actor = if operation.security.allows_anonymous() { "nobody" } else { actor };
    let actor =
        if actor == "nobody" && !operation.security.allows_anonymous() { "$credential" } else { actor };
    let draft = ListDraft {
        call: CallDraft { operation: operation.id.clone(), actor: actor.to_owned(), parameters, body: None },
        items,
        id,
        paging,
        state: state(&item),
    };
    Some(Guess::new(draft, format!("{} gives a list at the path of the credentials", operation.signature())))
}

/// Where an answer has its list, and the schema of its items.
fn list(operation: &Operation) -> Option<(Pointer, Schema)> {
    let success = operation.responses.iter().find(|response| response.status.is_success())?;
    let schema = success.content.iter().find(|content| content.media_type.is_json())?.schema.as_ref()?;
    within(schema, 6)
}

fn within(schema: &Schema, depth: usize) -> Option<(Pointer, Schema)> {
    let depth = depth.checked_sub(1)?;
    if let Some(items) = schema.items() {
        return Some((Pointer::root(), items));
    }
    let lists: Vec<(&str, Schema)> =
        schema.properties().filter_map(|(name, property)| Some((name, property.items()?))).collect();
    let known = lists.iter().find(|(name, _)| ITEMS.contains(&&*bare(name))).or_else(|| lists.first());
    if let Some((name, items)) = known {
        return Some((Pointer::root().join(name), items.clone()));
    }
    let branches = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|keyword| schema.branches(keyword));
    branches.into_iter().find_map(|branch| within(&branch, depth))
}

/// The names of the members of an item, those of branches included.
fn names(item: &Schema) -> Vec<(String, Schema)> {
    let mut found: Vec<(String, Schema)> =
        item.properties().map(|(name, schema)| (name.to_owned(), schema)).collect();
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for branch in item.branches(keyword) {
            found.extend(branch.properties().map(|(name, schema)| (name.to_owned(), schema)));
        }
    }
    found
}

fn id_of(item: &Schema, found: &Found) -> Option<Pointer> {
    let names = names(item);
    let same = names.iter().find(|(name, _)| found.id_name().is_some_and(|id| bare(id) == bare(name)));
    let any = same.or_else(|| names.iter().find(|(name, _)| bare(name) == "id"));
    let any = any.or_else(|| names.iter().find(|(name, _)| members::is_id(name)));
    any.map(|(name, _)| Pointer::root().join(name))
}

fn paging(operation: &Operation, id: &Pointer) -> Paging {
    let queries: Vec<&str> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.location == ParameterLocation::Query)
        .map(|parameter| parameter.name.as_str())
        .collect();
    let named = |words: &[&str]| {
        queries.iter().find(|name| words.contains(&&*bare(name))).map(|name| (*name).to_owned())
    };
    let answers = members::of_answers(operation);
    let more = answers
        .iter()
        .find(|shown| matches!(&*bare(&shown.name), "hasmore" | "hasnext" | "more" | "hasnextpage"));
    if let (Some(more), Some(parameter)) = (more, named(&AFTER)) {
        // Where a list has an `id` beside the identifier in question, that one is the cursor.
        let own = list(operation).map(|(_, item)| names(&item)).unwrap_or_default();
        let last =
            if own.iter().any(|(name, _)| name == "id") { Pointer::root().join("id") } else { id.clone() };
        return Paging::ByItem { more: more.pointer.clone(), parameter, last, size: named(&SIZE) };
    }
    let other = [
        "page",
        "cursor",
        "offset",
        "pagetoken",
        "after",
        "startingafter",
        "next",
        "nexttoken",
        "continue",
        "marker",
    ];
    let paged: Vec<String> =
        queries.iter().filter(|name| other.contains(&&*bare(name))).map(|name| (*name).to_owned()).collect();
    if paged.is_empty() { Paging::One } else { Paging::Otherwise(paged) }
}

/// Where an item tells that it was revoked, in two documented words.
fn state(item: &Schema) -> Option<(Pointer, String, String)> {
    let names = names(item);
    let (name, schema) = names.iter().find(|(name, _)| matches!(&*bare(name), "status" | "state"))?;
    let values: Vec<&str> = schema.enumeration()?.iter().filter_map(Value::as_str).collect();
    let pick = |words: &[&str]| {
        words
            .iter()
            .find_map(|word| values.iter().find(|value| bare(value) == *word))
            .map(|value| (*value).to_owned())
    };
    Some((Pointer::root().join(name), pick(&ALIVE)?, pick(&ENDED)?))
}
