//! The bundled contracts: their names and their embedded documents.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::{Contract, Document, LoadError};

/// A bundled contract. To add one: a folder with its two documents, and a line here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    /// Issues a sandbox agent key and lets it revoke itself.
    WattShift,
    /// Revokes a client credential whose tokens outlive it.
    Dinie,
    /// Deletes a vaulted credential, unless something still refers to it.
    ShiftAgent,
    /// Revokes one of several derived key pairs, behind a five-minute authentication cache.
    EntryTarget,
}

macro_rules! documents {
    ($folder:literal) => {
        [
            (
                concat!("specs/", $folder, "/openapi.yaml"),
                include_str!(concat!("../", $folder, "/openapi.yaml")),
            ),
            (
                concat!("specs/", $folder, "/lifecycle.yaml"),
                include_str!(concat!("../", $folder, "/lifecycle.yaml")),
            ),
        ]
    };
}

impl Vendor {
    /// All bundled contracts, in report order.
    pub const ALL: [Self; 4] = [Self::WattShift, Self::Dinie, Self::ShiftAgent, Self::EntryTarget];

    /// The name on the command line, and of the folder: `wattshift`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WattShift => "wattshift",
            Self::Dinie => "dinie",
            Self::ShiftAgent => "shiftagent",
            Self::EntryTarget => "entrytarget",
        }
    }

    /// The two documents, each with its path in the source tree and its text: OpenAPI, lifecycle.
    pub fn documents(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::WattShift => documents!("wattshift"),
            Self::Dinie => documents!("dinie"),
            Self::ShiftAgent => documents!("shiftagent"),
            Self::EntryTarget => documents!("entrytarget"),
        }
    }

    /// The contract, parsed once a process, when it is first asked for.
    ///
    /// # Errors
    /// A mistake in an embedded document; the tests of this crate exclude it.
    pub fn contract(self) -> Result<&'static Contract, &'static LoadError> {
        static CONTRACTS: [OnceLock<Result<Contract, LoadError>>; 4] = [const { OnceLock::new() }; 4];
        let contract = CONTRACTS[self as usize].get_or_init(|| {
            let [(openapi, openapi_text), (lifecycle, lifecycle_text)] = self.documents();
            Contract::new(
                self.name(),
                Document::parse(openapi, openapi_text)?,
                Some(&Document::parse(lifecycle, lifecycle_text)?),
            )
        });
        contract.as_ref()
    }
}

impl AsRef<str> for Vendor {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No bundled contract has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no bundled contract {name:?}; choose one of {known}")]
pub struct UnknownVendor {
    name: String,
    known: String,
}

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == text).ok_or_else(|| UnknownVendor {
            name: text.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
