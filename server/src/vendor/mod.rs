//! The behaviour of each contract, and nothing else: one file a vendor.

pub mod breaks;
mod dinie;
mod entrytarget;
pub mod records;
mod shiftagent;
mod spoil;
mod start;
mod wattshift;

use axum::Router;
use rescind_specs::Vendor;
pub use start::{bootstrap, mint};

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

/// The routes of a contract, relative to its prefix.
///
/// # Errors
/// A mistake in the contract's documents; the tests of this crate exclude it.
pub fn router(vendor: Vendor, state: &State) -> Result<Router, GateError> {
    match vendor {
        Vendor::Dinie => dinie::router(state),
        Vendor::EntryTarget => entrytarget::router(state),
        Vendor::WattShift => wattshift::router(state),
        Vendor::ShiftAgent => shiftagent::router(state),
    }
}
