//! The behaviour of each contract, and nothing else: one file a vendor.

pub mod besides;
pub mod breaks;
mod dinie;
mod entrytarget;
mod load;
pub mod records;
mod shiftagent;
mod spoil;
mod start;
mod wattshift;

use axum::Router;
pub use records::{PAIRS, collections, names};
use rescind_specs::Vendor;
pub use start::{bootstrap, mint};

use crate::hook::Hooks;
use crate::runtime::GateError;
use crate::state::State;

/// The prefix under which a contract is served, unless it is the only one and served at the root.
pub fn prefix(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::WattShift => "/wattshift",
        Vendor::Dinie => "/dinie/v3",
        Vendor::ShiftAgent => "/shiftagent",
        Vendor::EntryTarget => "/entrytarget",
    }
}

/// A contract as it is served.
#[derive(Debug)]
pub struct Service {
    /// Its routes, relative to its prefix.
    pub routes: Router,
    /// The steps beside its API.
    pub hooks: Hooks,
}

/// Deploys a contract over a state.
///
/// # Errors
/// A mistake in the contract's documents; the tests of this crate exclude it.
pub fn deploy(vendor: Vendor, state: &State) -> Result<Service, GateError> {
    match vendor {
        Vendor::Dinie => dinie::deploy(state),
        Vendor::EntryTarget => entrytarget::deploy(state),
        Vendor::WattShift => wattshift::deploy(state),
        Vendor::ShiftAgent => shiftagent::deploy(state),
    }
}
