//! A reference server and mock of credential APIs.

pub mod access_log;
mod admin;
pub mod auth_cache;
pub mod bootstrap;
pub mod cli;
pub mod clock;
mod connection;
pub mod disturbance;
pub mod fault;
pub mod generated;
pub mod hook;
pub mod id;
pub mod journal;
pub mod keys;
pub mod limiter;
mod reset;
pub mod runtime;
pub mod secret;
mod served;
mod server;
pub mod state;
pub mod store;
pub mod target;
pub mod token;
pub mod vendor;

pub use admin::{AdminToken, TokenError};
pub use bootstrap::Bootstrap;
pub use clock::{Clock, Pace};
pub use connection::Connections;
pub use disturbance::{Disturbances, Rule};
pub use fault::{Fault, Faults};
pub use hook::HookError;
pub use journal::Journal;
pub use rescind_specs::Vendor;
pub use served::{Contracts, Served};
pub use server::{Builder, Database, Placement, Running, Server, StartError};
