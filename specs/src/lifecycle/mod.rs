//! `lifecycle.yaml`: what the calls of a contract mean over time.

mod call;
mod check;
mod condition;
mod credential;
mod expression;
mod hook;
mod obtained;
mod period;
mod requirement;
mod resolve;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::{
    Action, Actor, Call, CallerName, DependentName, HookName, KindName, ObtainedName, Presentation, Probe,
    SuppliedName, TokenName, WayName,
};
pub use check::{
    AfterLast, AnswerOf, BodyCase, CallAfterRevocation, CheckSpec, ConcurrentRevocation, Expiry, FirstUse,
    ForeignCredential, Guard, GuardLifted, HiddenIdentifiers, HiddenState, Impostor, LastActive,
    LastTwoActive, Lift, ListedAfterRevocation, ListedAs, Means, Nothing, OfKind, OthersRevoked,
    OthersUnaffected, OutstandingTokens, RacingReference, RacingUse, RefusedIssue, Reissue, Reissued,
    RepeatedRevocation, ReplayedIssue, RevocationAnswer, RevocationBody, RevokedByAnother, RevokedReference,
    SecretShownOnce, SelfRevocation, Settles, Stranger, Successes, ThenIssue, TokenLifetime, Traffic,
    UnauthorizedRevocation, UsableAfterIssue, UseAfterRevocation, UseDuringOutage,
};
pub use condition::{Condition, Pattern, PatternError, Payload, StatusSet};
pub use credential::{
    AfterRevocation, CredentialKind, Dependent, Ends, Expiring, Ids, Issue, ListedState, Listing, NextPage,
    Revoke, SelfDescription, TokenKind, Way,
};
pub use expression::{Expression, ExpressionError, JsonTemplate, Piece, Template};
pub use hook::{Hook, HookEffect, Supplied};
pub use obtained::Obtained;
pub use period::{Period, PeriodError};
pub use requirement::{Basis, Coverage, Requirement, RequirementId};

use crate::{Document, LoadError, Operation, OperationId, SecurityScheme};

/// The lifecycle document of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Lifecycle document", description = "What the calls of a contract mean over time.")]
pub struct Lifecycle {
    /// Who acts in a run.
    #[serde(default)]
    pub callers: IndexMap<CallerName, Caller>,
    /// The kinds of credential.
    pub credentials: IndexMap<KindName, CredentialKind>,
    /// Resources that can hold a reference to a credential.
    #[serde(default)]
    pub dependents: IndexMap<DependentName, Dependent>,
    /// Steps outside of the API that the operator of a run can supply.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Hook>")]
    pub hooks: IndexMap<HookName, Hook>,
    /// Values that only the operator of a run knows.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Supplied>")]
    pub supplied: IndexMap<SuppliedName, Supplied>,
    /// Values that a call gives right before another one needs them.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Obtained>")]
    pub obtained: IndexMap<ObtainedName, Obtained>,
    /// Operations of which the documentation lists not every answer, and what is known to be missing. An undocumented
    /// status of these is no finding.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub incomplete: IndexMap<OperationId, String>,
    /// What a deployment promises.
    pub requirements: Vec<Requirement>,
}

/// Somebody who acts in a run. The secrets come from the target file or the environment of the run, never from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Who it is, in a sentence.
    pub about: String,
    /// The kind of credential it holds.
    pub holds: KindName,
    /// Whether a run goes on without it.
    #[serde(default)]
    pub need: Need,
}

/// Whether a run goes on without a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// It does not.
    #[default]
    Required,
    /// It does; requirements that need the caller are not run.
    Optional,
}

impl Lifecycle {
    /// Reads a lifecycle document against the operations and security schemes that it speaks of.
    ///
    /// # Errors
    /// Every mistake, with file, line, column and pointer.
    pub fn read(
        document: &Document,
        operations: &[Operation],
        schemes: &[SecurityScheme],
    ) -> Result<Self, LoadError> {
        resolve::read(document, operations, schemes)
    }

    /// The kind of that name, or the first that can be issued and revoked.
    pub fn kind(&self, name: Option<&KindName>) -> Option<(&KindName, &CredentialKind)> {
        match name {
            Some(name) => self.credentials.get_key_value(name),
            None => self.credentials.iter().find(|(_, kind)| kind.issue.is_some() && kind.revoke.is_some()),
        }
    }

    /// The requirement of that number.
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id.0 == id)
    }

    /// The JSON Schema of lifecycle documents, for editors.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Lifecycle).to_value()
    }
}
