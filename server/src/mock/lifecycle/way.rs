//! Revoking credentials in another way than the first one.

use rescind_specs::lifecycle::{Ends, Way};

use super::Engine;
use super::asked::Asked;
use super::form::Form;
use super::issue::failed;
use super::kind::{Cause, Kind, Removal};
use super::principal::Principal;
use crate::runtime::{Answer, Rejection};
use crate::store::{
    Deletion, Guard, Listing, Page, References, Revocation, Start, State as CredentialState, StoreError,
};

/// So many credentials are looked at in one go.
const PAGE: u32 = 500;

impl Engine {
    /// Revokes the credential that a request names, or whose holder it comes from, and with it whatever the way ends.
    pub(super) async fn revoke_by_way(
        &self,
        (place, index): (usize, usize),
        way: &Way,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(index)?;
        let refused = |cause, id: Option<&str>| self.refused(place, index, cause, id, &asked.context);
        let Some(caller) = self.speaker(&way.call, caller, asked).await? else {
            return refused(Cause::Unknown, None);
        };
        let id = self.named((index, &way.call), &caller, asked).await?;
        // Whoever holds another kind ends everything of its tenant, and needs to name nothing for that.
        let known = match &id {
            Some(id) => {
                self.store().map_err(failed)?.credential(kind.collection, id).await.map_err(failed)?
            }
            None if way.ends == Ends::All && !way.call.names_credential() => None,
            None => return refused(Cause::UnknownId, None),
        };
        let tenant = match (&known, &caller) {
            (Some(known), Principal::Holder(holder)) if known.tenant != holder.tenant => {
                return refused(Cause::ForeignId, Some(&known.id));
            }
            (Some(known), _) => known.tenant.clone(),
            (None, _) if id.is_some() => return refused(Cause::UnknownId, id.as_deref()),
            (None, caller) => caller.tenant().to_owned(),
        };
        if let Some(known) = &known {
            if known.state(self.0.state.clock().now()) != CredentialState::Active {
                return refused(Cause::Repeated, Some(&known.id));
            }
            // What refers to a credential stands only in the way of an operation that says so.
            let in_use = kind.demands(Cause::InUse, &asked.operation.id);
            let is_guarded = kind.speaks_of(Cause::InUse)
                && Form::documented(&self.0.contract, asked.operation, &in_use).is_some();
            let references = if is_guarded { References::Prevent } else { References::Clear };
            if let Some(cause) = self.end(kind, &tenant, &known.id, references).await.map_err(failed)? {
                return refused(cause, Some(&known.id));
            }
        }
        if way.ends == Ends::All {
            self.end_all(kind, &tenant).await.map_err(failed)?;
        }
        let form = Form::documented(&self.0.contract, asked.operation, &vec![vec![&way.success]]);
        let form = form.ok_or(Rejection::NotImplemented)?;
        Ok(super::filled(&form, id.as_deref(), &asked.context))
    }

    /// Ends a credential; otherwise why it was not ended.
    async fn end(
        &self,
        kind: &Kind,
        tenant: &str,
        id: &str,
        references: References,
    ) -> Result<Option<Cause>, StoreError> {
        let (store, realm) = (self.store()?, kind.collection.of(tenant));
        Ok(match kind.removal {
            Removal::Mark => match store.revoke(realm, id, Guard::None, self.0.state.clock().now()).await? {
                Revocation::Revoked => None,
                Revocation::AlreadyRevoked { .. } => Some(Cause::Repeated),
                Revocation::Unknown => Some(Cause::UnknownId),
                Revocation::LastActive => Some(Cause::LastActive),
            },
            Removal::Delete => match store.delete(realm, id, references).await? {
                Deletion::Deleted => None,
                Deletion::Unknown => Some(Cause::UnknownId),
                Deletion::InUse { .. } => Some(Cause::InUse),
            },
        })
    }

    /// Ends every credential of a tenant but those that callers were given when the server started.
    async fn end_all(&self, kind: &Kind, tenant: &str) -> Result<(), StoreError> {
        let given = self.given(kind).await?;
        let mut after: Option<String> = None;
        loop {
            let start = after.as_deref().map_or(Start::Beginning, Start::After);
            let page = Page { start, limit: PAGE };
            let listing = self.store()?.credentials(kind.collection.of(tenant), None, page).await?;
            let Listing::Page { items, has_more } = listing else { return Ok(()) };
            for credential in items.iter().filter(|credential| !given.contains(&credential.id)) {
                // Who has ended it meanwhile has done so as well.
                self.end(kind, tenant, &credential.id, References::Clear).await?;
            }
            match items.last() {
                Some(last) if has_more => after = Some(last.id.clone()),
                _ => return Ok(()),
            }
        }
    }
}
