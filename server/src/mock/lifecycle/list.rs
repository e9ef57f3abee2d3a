//! Listing credentials, page by page.

use rescind_specs::lifecycle::{ListedState, Listing as Spec};
use rescind_specs::{Direction, Schema};
use serde_json::{Map, Value};

use super::Engine;
use super::asked::{Asked, plain};
use super::fill::rename;
use super::form::{Form, set};
use super::issue::failed;
use super::kind::{Kind, Removal};
use super::principal::Principal;
use crate::runtime::{Answer, Location, Rejection, RequestViolation, example};
use crate::store::{Credential, Listing, Page, Start};

/// Items of a page that nobody bounds.
const USUAL: u32 = 1000;

impl Engine {
    /// The page of the list that a request asks for.
    pub(super) async fn list(
        &self,
        place: usize,
        index: usize,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(index)?;
        let listed = kind.spec.listed.as_ref().ok_or(Rejection::NotImplemented)?;
        let operation = self.operation(place)?;
        let form = Form::success(&self.0.contract, operation).ok_or(Rejection::NotImplemented)?;
        let next = listed.next.as_ref();
        let cursor = next.and_then(|next| asked.text(&next.parameter));
        let size = next.and_then(|next| next.size.as_ref());
        let limit = size.and_then(|size| {
            let documented = operation.parameters.iter().find(|parameter| parameter.name == *size);
            let default = documented.and_then(|known| known.schema.as_ref()?.keyword("default")?.as_u64());
            asked.parameter(size).and_then(|given| plain(given).parse().ok()).or(default)
        });
        let limit = limit.map_or(USUAL, |limit| u32::try_from(limit).unwrap_or(USUAL).max(1));
        let Some((credentials, has_more)) =
            self.page(kind, listed, caller.tenant(), cursor.as_deref(), limit).await?
        else {
            return Err(Rejection::Violations(vec![RequestViolation {
                location: Location::Query,
                parameter: next.map(|next| next.parameter.clone()),
                pointer: rescind_specs::Pointer::root(),
                keyword: "enum".to_owned(),
                message: "must be a cursor of this list".to_owned(),
            }]));
        };
        let mut body = form.body().cloned().unwrap_or_default();
        let sample =
            listed.items.get(&body).and_then(Value::as_array).and_then(|items| items.first()).cloned();
        let sample = sample.or_else(|| self.made_item(operation, listed));
        let items: Vec<Value> =
            credentials.iter().map(|credential| item(kind, listed, sample.as_ref(), credential)).collect();
        if let Some(next) = next {
            // The member is a flag, or it is the cursor itself.
            let is_flag = next.more.get(&body).is_none_or(Value::is_boolean);
            let last = items.last().and_then(|item| next.last.get(item)).cloned();
            let more = if is_flag { has_more.into() } else { last.filter(|_| has_more).unwrap_or_default() };
            set(&mut body, &next.more, more);
        }
        set(&mut body, &listed.items, Value::Array(items));
        Ok(form.fill(Some(body), &|_| None))
    }

    /// The credentials of a page, and whether there are more; `None` for a cursor that is none.
    async fn page(
        &self,
        kind: &Kind,
        listed: &Spec,
        tenant: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Option<(Vec<Credential>, bool)>, Rejection> {
        let shows_revoked = listed.state.is_some() || kind.removal == Removal::Delete;
        let store = self.store().map_err(failed)?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found: Vec<Credential> = Vec::new();
        let mut after = cursor.map(ToOwned::to_owned);
        loop {
            let start = after.as_deref().map_or(Start::Beginning, Start::After);
            let page = Page { start, limit: limit.saturating_add(1) };
            let listing = store.credentials(kind.collection.of(tenant), None, page).await.map_err(failed)?;
            let Listing::Page { items, has_more } = listing else { return Ok(None) };
            after = items.last().map(|credential| credential.id.clone());
            found.extend(items.into_iter().filter(|item| shows_revoked || item.revoked_at.is_none()));
            if found.len() > wanted || !has_more || after.is_none() {
                let has_more = found.len() > wanted;
                found.truncate(wanted);
                return Ok(Some((found, has_more)));
            }
        }
    }

    /// An item made from the schema of the list, where its example is empty.
    fn made_item(&self, operation: &rescind_specs::Operation, listed: &Spec) -> Option<Value> {
        let contents = operation.responses.iter().filter(|response| response.status.is_success());
        let schema =
            contents.flat_map(|response| &response.content).find_map(|content| content.schema.clone())?;
        let within = listed.items.tokens().try_fold(schema, |schema: Schema, name| schema.property(&name))?;
        example::make(&self.0.contract, &within.items()?, Direction::Response)
    }
}

/// A credential as a list shows it.
fn item(kind: &Kind, listed: &Spec, sample: Option<&Value>, credential: &Credential) -> Value {
    let mut item = sample.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if let Some(Value::String(stale)) = listed.id.get(&item).cloned() {
        rename(&mut item, &stale, &credential.id);
    }
    if let Value::Object(members) = &mut item {
        for (name, member) in members.iter_mut() {
            if let Some(known) = credential.attributes.get(name) {
                member.clone_from(known);
            }
        }
        // What the answer to the issue says and the example of the list does not.
        for (name, known) in &credential.attributes {
            if sample.is_none() && !members.contains_key(name) {
                members.insert(name.clone(), known.clone());
            }
        }
    }
    set(&mut item, &listed.id, credential.id.as_str().into());
    if let Some(ListedState { pointer, active, revoked }) = &listed.state {
        let state = if credential.revoked_at.is_some() { revoked } else { active };
        set(&mut item, pointer, state.as_str().into());
    }
    for pointer in &kind.moves {
        let used = credential.last_used_at.map_or(Value::Null, |time| time.to_string().into());
        set(&mut item, pointer, used);
    }
    item
}
