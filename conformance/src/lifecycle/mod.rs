//! Sequences of steps through the life of a credential: what is done, and what came of it.

pub mod control;
pub mod driver;
pub mod history;
pub mod impostor;
pub mod propagation;
pub mod step;
mod written;

pub use control::Controls;
pub use driver::{Company, Driver};
pub(crate) use driver::{PAGES, USES_IN_A_RACE};
pub use history::{Event, History, Seen, revokes};
pub use propagation::ObservedDelay;
pub use step::{By, DependentSlot, Issuing, Key, Lead, Patch, Slot, Step, Target, TokenSlot, Until};
