//! Disturbances: what goes wrong between a caller and an API that keeps its contract. Answers come late, cut short, as
//! another status or not at all; and promises of the catalogue are broken for some callers, some operations, some of
//! the time.
//!
//! A [`Rule`] says what happens, where, for whom and how often. [`Disturbances`] holds the rules of a server, none at
//! first.
//!
//! ```
//! use rescind_server::disturbance::{Disturbances, Rule};
//!
//! let disturbances = Disturbances::new([7; 32]);
//! let late: Rule = "latency=200ms..2s,operation=revokeCredential,probability=0.3".parse()?;
//! # let late = Rule { operation: None, ..late };
//! let id = disturbances.add(late)?;
//! disturbances.add(Rule::reset().once())?;
//! assert_eq!(disturbances.get(id)?.struck, 0);
//! disturbances.clear();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod effect;
mod handle;
mod latency;
mod layer;
mod line;
mod place;
mod rule;
mod text;
pub(crate) mod wire;

pub use effect::{Disturbed, Effect};
pub use handle::{Disturbances, Listed, RuleError, RuleId, UnknownRule};
pub use latency::Latency;
pub use layer::wrap;
pub use rule::{CallerMark, Disturbance, HeaderMark, HeaderText, MethodName, Replacement, Rule, Status, Way};
pub use text::{Cut, Drip, Probability, Time, Unreadable};
