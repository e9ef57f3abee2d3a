//! Kinds of credential: how one is issued, presented, probed, listed and revoked, and which tokens it gives.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, Call, Condition, JsonTemplate, Period, Presentation, Probe, Template, TokenName, WayName,
};
use crate::{OperationId, Pointer, SchemeName};

/// A kind of credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialKind {
    /// What it is, in a sentence.
    pub about: String,
    /// How one comes to be; absent: only the operator has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<Issue>,
    /// How it is put on a request, by security scheme.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Presentation>")]
    pub present: IndexMap<SchemeName, Presentation>,
    /// The tokens that can be had for it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tokens: IndexMap<TokenName, TokenKind>,
    /// A call that shows whether it still works; absent: only the list shows whether it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Where it is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listing>,
    /// How it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<Revoke>,
}

impl CredentialKind {
    /// Whether the identifier of a revoked credential can be given to another one.
    pub fn ids(&self) -> Ids {
        self.issue.as_ref().map(|issue| issue.ids).unwrap_or_default()
    }

    /// Whether this operation revokes such a credential, in one of its ways.
    pub fn revokes_by(&self, operation: &OperationId) -> bool {
        let revoke = self.revoke.iter();
        let mut calls = revoke.flat_map(|revoke| {
            std::iter::once(&revoke.call).chain(revoke.ways.values().map(|way| &way.call))
        });
        calls.any(|call| call.operation == *operation)
    }
}

/// How a credential comes to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The call. Where it uses `$pool`, each credential uses up one pair that the operator supplied.
    pub call: Call,
    /// Answers that mean that a credential was issued.
    pub success: Condition,
    /// Where its identifier is found.
    pub id: Template,
    /// A well-formed identifier that no credential has; `$unique` makes it so.
    pub unknown_id: Template,
    /// Whether the identifier of a revoked credential can be given to another one.
    #[serde(default, skip_serializing_if = "Ids::are_unique")]
    pub ids: Ids,
    /// Where its secret is found; absent: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Template>,
    /// Where the instant of its expiry is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Template>,
    /// Where its remaining life in seconds is found, if the answer tells that instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Template>,
    /// How one with a short life is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiring: Option<Expiring>,
    /// Where the answer says how to revoke it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_description: Option<SelfDescription>,
    /// The name of the header parameter that makes a repeat of the call harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Whether the identifier of a revoked credential can be given to another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ids {
    /// Never.
    #[default]
    Unique,
    /// It can: after a revocation its identifier may be that of whatever is issued next.
    Reused,
}

impl Ids {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn are_unique(&self) -> bool {
        *self == Self::Unique
    }
}

/// A credential with a short life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expiring {
    /// How long it lives.
    pub lifetime: Period,
    /// Members that replace those of the body (RFC 7396).
    pub body: JsonTemplate,
}

/// An answer that says how to revoke what it issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfDescription {
    /// Where the method is found.
    pub method: Template,
    /// Where the path is found, relative to the base URL of the deployment.
    pub path: Template,
}

/// A kind of token that is exchanged for a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenKind {
    /// The call that gives one, made with the credential.
    pub exchange: Call,
    /// Answers that mean that a token was given.
    pub success: Condition,
    /// Where the token is found.
    pub token: Template,
    /// Where its remaining life in seconds is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<Template>,
    /// Longest life that is documented.
    pub lifetime: Period,
    /// What becomes of it when its credential is revoked.
    pub after_revocation: AfterRevocation,
    /// How it is put on a request, by security scheme.
    #[schemars(with = "std::collections::BTreeMap<String, Presentation>")]
    pub present: IndexMap<SchemeName, Presentation>,
    /// A call that shows whether it still works; absent: no operation of the contract takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

/// What becomes of a token when its credential is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterRevocation {
    /// It works until it expires.
    Survives,
    /// It dies with the credential.
    Dies,
    /// Nothing is documented.
    Unspecified,
}

/// A list that shows credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The call that gives the first page.
    pub call: Call,
    /// Where the items are.
    #[schemars(with = "String")]
    pub items: Pointer,
    /// Where an item has its identifier.
    #[schemars(with = "String")]
    pub id: Pointer,
    /// How the next page is asked for; absent: there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextPage>,
    /// Where an item says whether it was revoked; absent: a revoked credential is not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ListedState>,
}

/// How the next page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextPage {
    /// Where the answer says whether there is one.
    #[schemars(with = "String")]
    pub more: Pointer,
    /// The query parameter that carries the cursor.
    pub parameter: String,
    /// Where the last item has the cursor.
    #[schemars(with = "String")]
    pub last: Pointer,
    /// The query parameter that bounds the length of a page. Lists are then read in short pages as well, so that what
    /// is lost between two of them is missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
}

/// Where a listed credential says whether it was revoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedState {
    /// Where in the item.
    #[schemars(with = "String")]
    pub pointer: Pointer,
    /// The value before the revocation.
    pub active: String,
    /// The value after it.
    pub revoked: String,
}

/// How a credential is revoked: the call, its success, and how long it may still be accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The call.
    pub call: Call,
    /// Answers that mean that it was revoked.
    pub success: Condition,
    /// Longest time that a revoked credential may still be accepted, counted from the answer.
    pub propagation_delay: Period,
    /// Further ways to revoke it, by name. Checks with `by: { way: NAME }` prove them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Way>")]
    pub ways: IndexMap<WayName, Way>,
}

/// A further way to revoke a credential: its owner ends it, everything of its owner is ended, what it belongs to is
/// deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What it is, in a sentence.
    pub about: String,
    /// The call.
    pub call: Call,
    /// Answers that mean that it was done.
    pub success: Condition,
    /// What it ends.
    #[serde(default)]
    pub ends: Ends,
}

/// What a way to revoke ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// The one credential.
    #[default]
    One,
    /// Every credential of the kind that the same holder has.
    All,
}

/// A resource that can hold a reference to a credential, and so guard it against revocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependent {
    /// What it is, in a sentence.
    pub about: String,
    /// Makes one that refers to `$credential.id`.
    pub create: Action,
    /// Where its identifier is found in the answer to `create`.
    pub id: Template,
    /// Reads one.
    pub read: Action,
    /// Where the answer to `read` has the reference.
    #[schemars(with = "String")]
    pub reference: Pointer,
    /// Makes it refer to `$credential.id` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repoint: Option<Action>,
    /// Makes it refer to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Action>,
    /// Deletes it.
    pub delete: Action,
}
