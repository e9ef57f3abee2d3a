//! Resources: everything else with an id and a name, which may refer to a credential.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Collection, Issue, Listing, NewAnswer, Page, Pending, Realm, StoredAnswer};

/// What a contract keeps with a record beyond the members that the store knows.
pub type Attributes = Map<String, Value>;

/// A resource as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Unique within its collection.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// Unique within its tenant and collection.
    pub name: String,
    /// The credential it refers to, which exists as long as it does.
    pub credential_id: Option<String>,
    /// What else the contract keeps with it.
    pub attributes: Attributes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A resource to register.
#[derive(Clone, Debug)]
pub struct NewResource<'a> {
    /// From the id generator.
    pub id: &'a str,
    /// From the caller.
    pub name: &'a str,
    /// The credential it shall refer to: its collection and its id.
    pub credential: Option<(Collection, &'a str)>,
    /// What else is kept with it.
    pub attributes: Attributes,
    /// The present time.
    pub created_at: Timestamp,
}

/// What came of registering a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// As for a credential: made, name taken, replayed, key reused.
    Issue(Issue),
    /// There is a resource with this id already, whoever's it is; nothing was stored.
    IdTaken,
    /// The tenant has no such credential, or it is revoked; nothing was stored.
    CredentialUnknown,
}

/// What shall become of a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pointing<'a> {
    /// It stays.
    #[default]
    Keep,
    /// The resource refers to nothing.
    Clear,
    /// It refers to this credential: collection and id.
    At(Collection, &'a str),
}

/// A change of a resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceChange<'a> {
    /// A new name.
    pub name: Option<&'a str>,
    /// What becomes of the reference.
    pub credential: Pointing<'a>,
    /// Attributes that replace those of the same name; the others stay.
    pub attributes: Attributes,
    /// What has to hold.
    pub condition: Condition<'a>,
    /// An answer to keep under an idempotency key, in the same step.
    pub answer: Option<NewAnswer<'a>>,
}

/// What has to hold for a change to be made.
#[derive(Clone, Copy, Debug, Default)]
pub enum Condition<'a> {
    /// Nothing.
    #[default]
    None,
    /// The resource is still as it was read. Whoever finds it changed reads it again.
    Still(&'a Resource),
}

/// What came of changing a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    /// As it is now.
    Updated(Resource),
    /// The realm has no such id.
    Unknown,
    /// This id has the new name; nothing changed.
    NameTaken(String),
    /// The tenant has no such credential, or it is revoked; nothing changed.
    CredentialUnknown,
    /// The condition of the change did not hold; nothing changed.
    Refused,
    /// The key was used for the same request before; this is the answer of then. Nothing else was done.
    Replayed(StoredAnswer),
    /// The key was used for another request before. Nothing was done.
    KeyReused,
}

/// Facts about resources.
pub trait Resources {
    /// Makes a resource whose credential, if it names one, exists and belongs to the same tenant.
    fn register<'a>(
        &'a self,
        realm: Realm<'a>,
        resource: NewResource<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Registered>;

    /// The resource with this id.
    fn resource<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, Option<Resource>>;

    /// The resource with this name.
    fn resource_named<'a>(&'a self, realm: Realm<'a>, name: &'a str) -> Pending<'a, Option<Resource>>;

    /// A page of the tenant's resources; of those whose attribute has this value, if a filter is given.
    fn resources<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Resource>>;

    /// Changes a resource in one step.
    fn update<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        change: ResourceChange<'a>,
        now: Timestamp,
    ) -> Pending<'a, Updated>;

    /// Deletes a resource, with its reference; says whether it was there.
    fn remove<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, bool>;
}
