//! The collections of each contract, and what its ids and secrets look like.

use rescind_specs::Vendor;

use crate::id::{Alphabet, Format};
use crate::store::{Collection, Names};

/// The registered pairs. They have a table of their own; this is what they are called beside the others.
pub const PAIRS: Collection = Collection::new(Vendor::EntryTarget, "pairs");

/// What a contract keeps, save pairs.
pub fn collections(vendor: Vendor) -> &'static [Collection] {
    match vendor {
        Vendor::WattShift => &[wattshift::CREDENTIALS],
        Vendor::Dinie => &[dinie::CREDENTIALS],
        Vendor::ShiftAgent => &[
            shiftagent::CREDENTIALS,
            shiftagent::REPOSITORIES,
            shiftagent::SERVICE_KEYS,
            shiftagent::TENANTS,
            shiftagent::USERS,
        ],
        Vendor::EntryTarget => &[entrytarget::ACCOUNTS],
    }
}

/// Whether the names of these credentials are unique within a tenant.
pub fn names(collection: Collection) -> Names {
    if collection == shiftagent::CREDENTIALS { Names::Unique } else { Names::Shared }
}

/// Sandbox keys for agents.
pub mod wattshift {
    use super::{Alphabet, Collection, Format, Vendor};

    /// The keys.
    pub const CREDENTIALS: Collection = Collection::new(Vendor::WattShift, "credentials");
    /// The contract knows no tenants.
    pub const TENANT: &str = "-";
    /// `credential_id`.
    pub const CREDENTIAL_ID: Format = Format::new("ws_agent_cred_", Alphabet::LowerAlphanumeric, 20);
    /// `credential`, the secret.
    pub const CREDENTIAL: Format = Format::new("wsk_agent_", Alphabet::Alphanumeric, 40);
    /// `request_id` of a success.
    pub const REQUEST_ID: Format = Format::new("ws_request_", Alphabet::LowerAlphanumeric, 20);
    /// `credential_request_id`.
    pub const CREDENTIAL_REQUEST_ID: Format =
        Format::new("ws_cred_request_", Alphabet::LowerAlphanumeric, 20);
}

/// Client credentials of partners.
pub mod dinie {
    use super::{Alphabet, Collection, Format, Vendor};

    /// The client credentials; the tenant is the partner.
    pub const CREDENTIALS: Collection = Collection::new(Vendor::Dinie, "credentials");
    /// `client_id`, which is also `id`.
    pub const CLIENT_ID: Format = Format::new("dinie_ci_", Alphabet::LowerHex, 32);
    /// `client_secret`.
    pub const CLIENT_SECRET: Format = Format::new("dinie_cs_live_", Alphabet::Alphanumeric, 32);
    /// What an access token starts with, before the JWT.
    pub const TOKEN_PREFIX: &str = "dinie_at_";
    /// The partners that exist from the start: the operator's, the outsider's.
    pub const PARTNERS: [&str; 2] = ["partner-1", "partner-2"];
}

/// Vaulted credentials, and the service keys that manage them.
pub mod shiftagent {
    use super::{Alphabet, Collection, Format, Vendor};

    /// Vaulted credentials; the tenant is the root tenant of the service key.
    pub const CREDENTIALS: Collection = Collection::new(Vendor::ShiftAgent, "credentials");
    /// Repositories, which refer to credentials.
    pub const REPOSITORIES: Collection = Collection::new(Vendor::ShiftAgent, "repositories");
    /// Service keys, found by their secret. The tenant is the root tenant, attribute `scopes` what they may do.
    pub const SERVICE_KEYS: Collection = Collection::new(Vendor::ShiftAgent, "service-keys");
    /// Tenants below a root tenant, named by their external id. Attribute `status` is `active` or `suspended`.
    pub const TENANTS: Collection = Collection::new(Vendor::ShiftAgent, "tenants");
    /// Users of a tenant, named by their external id. Attribute `status` is `active` or `deactivated`.
    pub const USERS: Collection = Collection::new(Vendor::ShiftAgent, "users");
    /// Id of a vaulted credential.
    pub const CREDENTIAL_ID: Format = Format::new("crd_", Alphabet::LowerAlphanumeric, 20);
    /// Id of a repository.
    pub const REPOSITORY_ID: Format = Format::new("rep_", Alphabet::LowerAlphanumeric, 20);
    /// Id of a tenant.
    pub const TENANT_ID: Format = Format::new("tnt_", Alphabet::LowerAlphanumeric, 20);
    /// Id of a user.
    pub const USER_ID: Format = Format::new("usr_", Alphabet::LowerAlphanumeric, 20);
    /// `request_id`.
    pub const REQUEST_ID: Format = Format::new("req_", Alphabet::LowerAlphanumeric, 20);
    /// Id of a service key.
    pub const KEY_ID: Format = Format::new("key_", Alphabet::LowerAlphanumeric, 20);
    /// A service key.
    pub const SERVICE_KEY: Format = Format::new("sk_int_", Alphabet::Alphanumeric, 40);
    /// The root tenants that exist from the start: the operator's, the outsider's.
    pub const ROOT_TENANTS: [&str; 2] = ["tnt_root1", "tnt_root2"];
    /// External id of the tenant that exists from the start below each root tenant.
    pub const TENANT_EXTERNAL_ID: &str = "tenant-1";
    /// External id of the user that exists from the start in that tenant.
    pub const USER_EXTERNAL_ID: &str = "user-1";
    /// What a service key may do.
    pub const SCOPES: [&str; 6] = [
        "tenants:write",
        "users:write",
        "roles:write",
        "repositories:write",
        "conversations:read_all",
        "conversations:write",
    ];
}

/// Derived key pairs of a ledger.
pub mod entrytarget {
    use super::{Alphabet, Collection, Format, Vendor};
    use crate::keys::PairDerivation;
    use crate::state::State;

    /// Accounts, named by their id. Attributes `category` and `asset`, among others.
    pub const ACCOUNTS: Collection = Collection::new(Vendor::EntryTarget, "accounts");
    /// A deployment has one tenant.
    pub const TENANT: &str = "-";
    /// `api_key`.
    pub const API_KEY: Format = Format::new("ak_", Alphabet::LowerAlphanumeric, 24);
    /// What an `api_secret` starts with.
    pub const API_SECRET_PREFIX: &str = "sk_";

    /// How the secret of a key is derived in this deployment.
    pub fn derivation(state: &State) -> PairDerivation {
        PairDerivation::new(state.keys(), "pair derivation", API_KEY, API_SECRET_PREFIX)
    }
}
