//! All facts of a deployment as one document, to keep, to restore and to start from; the same for both engines.
//!
//! It holds no secret: of secrets that are presented only SHA-256 hashes, and everything else sealed under the root key
//! of the deployment. The document names that key by its fingerprint, because under another one nothing sealed could be
//! opened. A document that somebody wrote by hand, as a start for tests, holds nothing sealed and need not name a key.

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Attributes, Pending};
use crate::secret::{KeyFingerprint, SecretHash};

/// The version of the form that this program writes, and reads.
pub const VERSION: u32 = 1;

/// All facts of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The version of this form; see [`VERSION`].
    pub version: u32,
    /// The root key that the sealed members are sealed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyFingerprint>,
    /// The credentials, in the order of their lists.
    #[serde(default)]
    pub credentials: Vec<CredentialFact>,
    /// The resources, in the order of their lists.
    #[serde(default)]
    pub resources: Vec<ResourceFact>,
    /// Where deleted records stood in their lists.
    #[serde(default)]
    pub deleted: Vec<DeletedFact>,
    /// The pairs of table `api_credential`.
    #[serde(default)]
    pub pairs: Vec<PairFact>,
    /// Answers under idempotency keys.
    #[serde(default)]
    pub answers: Vec<AnswerFact>,
}

/// A credential with everything that is kept of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialFact {
    /// The contract and the kind of record: `CONTRACT/credentials`.
    pub collection: String,
    /// Unique within the collection.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// Given by who issued it.
    pub name: String,
    /// Whether no other credential of the tenant may have the same name.
    #[serde(default)]
    pub name_is_unique: bool,
    /// SHA-256 of its secret, in hexadecimal digits.
    #[serde(with = "hash")]
    pub secret_hash: SecretHash,
    /// Secret material that was handed over for keeping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_secret: Option<Sealed>,
    /// What else the contract keeps with it.
    #[serde(default)]
    pub attributes: Attributes,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When its record changed last; when it was issued, if this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When it was last accepted in an exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// From when on it is expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Its place in the order of all lists of its kind; behind all others, if this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceFact {
    /// The contract and the kind of record.
    pub collection: String,
    /// Unique within the collection.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// Unique within its tenant and collection.
    pub name: String,
    /// The credential that it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Reference>,
    /// What else the contract keeps with it.
    #[serde(default)]
    pub attributes: Attributes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last; when it was made, if this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Its place in the order of all lists of its kind; behind all others, if this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
}

/// A credential that is referred to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The contract and the kind of record.
    pub collection: String,
    /// Its id.
    pub id: String,
}

/// Where a record that was deleted stood in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletedFact {
    /// The contract and the kind of record.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// Whose it was.
    pub tenant: String,
    /// Its place in the order of the list.
    pub place: i64,
}

/// A pair of table `api_credential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairFact {
    /// The half that identifies.
    pub api_key: String,
    /// SHA-256 of the half that proves, in hexadecimal digits.
    #[serde(with = "hash")]
    pub secret_hash: SecretHash,
    /// The column that anybody may clear by hand.
    pub active: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was revoked over the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// An answer under an idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFact {
    /// The contract and the kind of record that was asked for.
    pub collection: String,
    /// Who asked.
    pub principal: String,
    /// For what.
    pub operation: String,
    /// Under which key.
    pub key: String,
    /// A hash of what was asked.
    pub fingerprint: Sealed,
    /// The answer.
    pub sealed: Sealed,
    /// When it was given.
    pub stored_at: Timestamp,
    /// From when on the key is free again.
    pub forget_at: Timestamp,
}

/// Bytes that tell nothing without the root key; base64 in the document, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom("this is not base64"))
    }
}

/// The hash of a secret as hexadecimal digits.
mod hash {
    use super::{Deserialize, Deserializer, SecretHash, Serializer};
    use crate::secret::{from_hex, hex};

    pub(super) fn serialize<S: Serializer>(hash: &SecretHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(hash.as_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretHash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = from_hex(&text).and_then(|bytes| SecretHash::from_bytes(&bytes));
        bytes.ok_or_else(|| serde::de::Error::custom("a SHA-256 hash has 64 hexadecimal digits"))
    }
}

impl Facts {
    /// No facts, which need no key.
    pub fn none() -> Self {
        Self {
            version: VERSION,
            key: None,
            credentials: Vec::new(),
            resources: Vec::new(),
            deleted: Vec::new(),
            pairs: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Why these facts cannot be those of a deployment with this root key, if they cannot.
    pub(super) fn refusal(&self, own: KeyFingerprint) -> Option<String> {
        if self.version != VERSION {
            return Some(format!("they have version {}; this program reads version {VERSION}", self.version));
        }
        let places = self.credentials.iter().filter_map(|credential| credential.place);
        let places = places.chain(self.resources.iter().filter_map(|resource| resource.place));
        let mut places = places.chain(self.deleted.iter().map(|deleted| deleted.place));
        if let Some(place) = places.find(|place| !PLACES.contains(place)) {
            return Some(format!(
                "they have a record at place {place}, and places are from 1 to {}",
                PLACES.end()
            ));
        }
        let is_sealed = !self.answers.is_empty()
            || self.credentials.iter().any(|credential| credential.sealed_secret.is_some());
        match self.key {
            Some(key) if key != own => Some(
                "they were sealed under the key of another deployment; start the server with that key file"
                    .to_owned(),
            ),
            None if is_sealed => Some("they hold sealed values and do not say under which key".to_owned()),
            _ => None,
        }
    }
}

/// Where records may stand in their lists: behind the last there is room for as many again.
const PLACES: RangeInclusive<i64> = 1..=i64::MAX / 2;

/// All facts at once.
pub trait Transfer {
    /// All facts, as they are at one moment.
    fn export(&self) -> Pending<'_, Facts>;

    /// Puts these facts in the place of all that are there, in one step; what remembers facts outside of the store has
    /// to be cleared as well. Refuses facts that were sealed under another root key, that contradict each other, or that
    /// have another version.
    fn import<'a>(&'a self, facts: &'a Facts) -> Pending<'a, ()>;
}
