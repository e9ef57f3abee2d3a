//! Revoking credentials.

use rescind_specs::lifecycle::{Call, Expression};
use serde_json::Value;

use super::asked::Asked;
use super::fill::{echo, rename, stamp_end};
use super::issue::failed;
use super::kind::{Cause, Kind, Removal};
use super::principal::Principal;
use super::{Engine, about};
use crate::runtime::{Answer, Rejection};
use crate::secret::SecretHash;
use crate::store::{Deletion, References, Revocation};

impl Engine {
    /// Revokes the credential that a request names.
    pub(super) async fn revoke(
        &self,
        place: usize,
        index: usize,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(index)?;
        let context = &asked.context;
        let Some(revoke) = &kind.spec.revoke else { return Err(Rejection::NotImplemented) };
        let Some(caller) = self.speaker(&revoke.call, caller, asked).await? else {
            return self.refused(place, index, Cause::Unknown, None, context);
        };
        let id = self.named((index, &revoke.call), &caller, asked).await?;
        let Some(id) = id else { return self.refused(place, index, Cause::UnknownId, None, context) };
        let store = self.store().map_err(failed)?;
        let known = store.credential(kind.collection, &id).await.map_err(failed)?;
        let is_own = match &caller {
            Principal::Anybody => true,
            Principal::Holder(holder) if kind.revokes_itself() => holder.id == id,
            Principal::Holder(holder) => known.as_ref().is_none_or(|known| known.tenant == holder.tenant),
        };
        if !is_own {
            let cause = if known.is_some() { Cause::ForeignId } else { Cause::UnknownId };
            let cause = if kind.speaks_of(cause) { cause } else { Cause::ForeignId };
            return self.refused(place, index, cause, Some(&id), context);
        }
        let Some(known) = known else {
            // A deletion leaves nothing, and says so as it said the first time.
            return self.refused(place, index, Cause::UnknownId, Some(&id), context);
        };
        let realm = kind.collection.of(&known.tenant);
        let now = self.0.state.clock().now();
        let cause = match kind.removal {
            Removal::Mark => match store.revoke(realm, &id, kind.guard, now).await.map_err(failed)? {
                Revocation::Revoked => None,
                Revocation::AlreadyRevoked { .. } => Some(Cause::Repeated),
                Revocation::Unknown => Some(Cause::UnknownId),
                Revocation::LastActive => Some(Cause::LastActive),
            },
            Removal::Delete => match store.delete(realm, &id, References::Prevent).await.map_err(failed)? {
                Deletion::Deleted => None,
                Deletion::Unknown => Some(Cause::UnknownId),
                Deletion::InUse { dependent } => {
                    return self.in_use(place, index, kind, &id, &dependent, asked);
                }
            },
        };
        match cause {
            Some(cause) => self.refused(place, index, cause, Some(&id), context),
            None => self.revoked(place, index, &id, asked),
        }
    }

    /// The identifier that a request names, by itself or by the secret; where the call names none, that of the caller.
    pub(super) async fn named(
        &self,
        (index, call): (usize, &Call),
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Option<String>, Rejection> {
        let kind = self.kind(index)?;
        if !call.names_credential() {
            return Ok(match caller {
                Principal::Holder(holder) if holder.kind == index => Some(holder.id.clone()),
                Principal::Holder(_) | Principal::Anybody => None,
            });
        }
        if let Some(id) = asked.find(call, &Expression::CredentialId) {
            return Ok(Some(id));
        }
        let Some(secret) = asked.find(call, &Expression::CredentialSecret) else { return Ok(None) };
        let store = self.store().map_err(failed)?;
        let found = store.credential_by_secret(kind.collection, &SecretHash::of(&secret)).await;
        Ok(found.map_err(failed)?.map(|credential| credential.id))
    }

    fn revoked(&self, place: usize, index: usize, id: &str, asked: &Asked<'_>) -> Result<Answer, Rejection> {
        let form = self.form(place, index, Cause::Revoked)?;
        let body = form.body().map(|body| {
            let mut body = about(body, &asked.context);
            // The example tells of the parameter's example.
            for parameter in &asked.operation.parameters {
                let stale = self.0.contract.document().get(&parameter.pointer.join("example"));
                let fresh = asked.text(&parameter.name);
                if let (Some(Value::String(stale)), Some(fresh)) = (stale, fresh) {
                    rename(&mut body, stale, &fresh);
                }
            }
            let now = self.0.state.clock().now();
            echo(&form, asked, &mut body, &[]);
            stamp_end(&form, &mut body, now);
            body
        });
        Ok(form.fill(body, &|expression| super::credential_value(expression, Some(id))))
    }

    fn in_use(
        &self,
        place: usize,
        index: usize,
        kind: &Kind,
        id: &str,
        dependent: &str,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let form = self.form(place, index, Cause::InUse)?;
        let body = form.body().map(|body| {
            let mut body = about(body, &asked.context);
            if let Some(pointer) = &kind.names_dependent {
                super::form::set(&mut body, pointer, dependent.into());
            }
            body
        });
        Ok(form.fill(body, &|expression| match expression {
            Expression::DependentId => Some(dependent.into()),
            other => super::credential_value(other, Some(id)),
        }))
    }
}
