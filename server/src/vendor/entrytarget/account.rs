//! Accounts of the ledger. Nothing is posted to them here, so each keeps the balance it was opened with.

use indexmap::IndexMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::metrics::Event;
use super::refusal::{Code, envelope};
use super::{EntryTarget, records};
use crate::generated::entrytarget::response::{
    CreateAccountResponse, GetAccountByAssetResponse, GetAccountResponse,
};
use crate::generated::entrytarget::types::{Account, AssetSummary, CreatedAccount, Integrity};
use crate::runtime::Failure;
use crate::store::{Attributes, Issue, Listing, NewResource, Page, Realm, Registered, Resource, Start};

/// Accounts that are read from the store at a time.
const PAGE: u32 = 500;

fn realm() -> Realm<'static> {
    records::ACCOUNTS.of(records::TENANT)
}

/// A text attribute; empty where somebody else wrote the row.
fn text<'r>(account: &'r Resource, name: &str) -> &'r str {
    account.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(account: &Resource, name: &str) -> i64 {
    account.attributes.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// What the check of the rows finds. Nothing changes an account once it was opened, and credentials are not checked.
/// Source: entrytarget/R24.
pub(super) fn intact() -> Integrity {
    Integrity([("violations".to_owned(), Value::from(0))].into_iter().collect())
}

impl EntryTarget {
    /// Opens an account with balance and version 0. There may be any number for one category and asset.
    pub(super) async fn open(&self, category: &str, asset: &str) -> Result<CreateAccountResponse, Failure> {
        if self.raises_alarm().await? {
            return Ok(CreateAccountResponse::Conflict(envelope(Code::IntegrityViolation)));
        }
        let id = self.state.ids().uuid();
        let name = id.to_string();
        let attributes: Attributes = [
            ("category".to_owned(), Value::from(category.to_ascii_uppercase())),
            ("asset".to_owned(), Value::from(asset.to_ascii_uppercase())),
            ("balance".to_owned(), Value::from(0)),
            ("version".to_owned(), Value::from(0)),
        ]
        .into_iter()
        .collect();
        let account = NewResource {
            id: &name,
            name: &name,
            credential: None,
            attributes,
            created_at: self.state.clock().now(),
        };
        match self.store()?.register(realm(), account, None).await? {
            Registered::Issue(Issue::Issued) => {
                self.metrics.count(Event::AccountOpened);
                Ok(CreateAccountResponse::Created(CreatedAccount { id }))
            }
            _ => Err(Failure::Internal("a new account's id was taken".into())),
        }
    }

    pub(super) async fn show(&self, id: Uuid) -> Result<GetAccountResponse, Failure> {
        let Some(account) = self.store()?.resource(realm(), &id.to_string()).await? else {
            return Ok(GetAccountResponse::NotFound(envelope(Code::AccountNotFound)));
        };
        Ok(GetAccountResponse::Ok(Account {
            id,
            category: text(&account, "category").try_into()?,
            asset: text(&account, "asset").try_into()?,
            balance: number(&account, "balance"),
            version: number(&account, "version"),
            created_at: account.created_at,
        }))
    }

    /// The total of each category over all accounts with the asset; none is no error.
    pub(super) async fn sum(&self, asset: &str) -> Result<GetAccountByAssetResponse, Failure> {
        let asset = asset.to_ascii_uppercase();
        let mut totals: IndexMap<String, i64> = IndexMap::new();
        let mut last: Option<String> = None;
        loop {
            let start = last.as_deref().map_or(Start::Beginning, Start::After);
            let page = Page { start, limit: PAGE };
            let listing = self.store()?.resources(realm(), Some(("asset", &asset)), page).await?;
            let Listing::Page { items, has_more } = listing else { break };
            for account in &items {
                let total = totals.entry(text(account, "category").to_owned()).or_default();
                *total = total.saturating_add(number(account, "balance"));
            }
            last = items.into_iter().next_back().map(|account| account.id);
            if !has_more || last.is_none() {
                break;
            }
        }
        let summary =
            totals.into_iter().map(|(category, balance)| json!({ "category": category, "balance": balance }));
        Ok(GetAccountByAssetResponse::Ok(AssetSummary(summary.collect())))
    }
}
