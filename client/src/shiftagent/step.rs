//! How far a rotation is. Whatever it does next may have been done before, by a run that ended in between.

use serde::{Deserialize, Serialize};

use super::types::CredentialId;

/// The next thing that a rotation does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Nothing has been sent.
    Start,
    /// The new credential is registered. It may be there already.
    Register,
    /// Repositories that refer to the old one are made to refer to the new one.
    Repoint {
        /// The new credential.
        new: CredentialId,
    },
    /// The old one is deleted. It may be gone already.
    Delete {
        /// The new credential.
        new: CredentialId,
    },
    /// Nothing: the new credential has taken the place of the old one.
    Done {
        /// The new credential.
        new: CredentialId,
    },
}

impl Step {
    /// The new credential, once there is one.
    pub fn new_credential(&self) -> Option<&CredentialId> {
        match self {
            Self::Start | Self::Register => None,
            Self::Repoint { new } | Self::Delete { new } | Self::Done { new } => Some(new),
        }
    }
}
