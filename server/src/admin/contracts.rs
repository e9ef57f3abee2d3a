//! The contracts that are served, over the admin listener.

use rescind_specs::Document;

use super::Admin;
use crate::generated::admin::types;
use crate::hook::HookError;
use crate::served::Served;

/// A contract has no such document.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoDocument {
    #[error(transparent)]
    NotServed(#[from] HookError),
    #[error("contract {0} was given without a lifecycle document")]
    NoLifecycle(String),
}

/// All of them.
pub(super) fn all(admin: &Admin) -> Vec<types::Contract> {
    admin.contracts.iter().zip(&admin.urls).map(|(served, url)| shown(served, url)).collect()
}

fn shown(served: &Served, url: &str) -> types::Contract {
    let contract = served.contract();
    let path = |document: &str| format!("/contracts/{}/{document}.yaml", served.name());
    types::Contract {
        name: served.name().to_owned(),
        title: contract.title().to_owned(),
        url: url.to_owned(),
        hooks: served.hooks().names(),
        documents: types::Documents {
            openapi: path("openapi"),
            lifecycle: contract.lifecycle_document().map(|_| path("lifecycle")),
        },
    }
}

/// The text of its OpenAPI document.
pub(super) fn openapi(admin: &Admin, name: &str) -> Result<String, NoDocument> {
    Ok(text(named(admin, name)?.contract().document()))
}

/// The text of its lifecycle document.
pub(super) fn lifecycle(admin: &Admin, name: &str) -> Result<String, NoDocument> {
    let document = named(admin, name)?.contract().lifecycle_document();
    document.map(text).ok_or_else(|| NoDocument::NoLifecycle(name.to_owned()))
}

fn text(document: &Document) -> String {
    document.source().text().to_owned()
}

fn named<'a>(admin: &'a Admin, name: &str) -> Result<&'a Served, HookError> {
    admin.contracts.get(name).ok_or_else(|| HookError::NotServed(name.to_owned()))
}
