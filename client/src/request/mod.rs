//! Requests as the contract writes them: arguments, styles of parameters, bodies, parts.

mod argument;
mod base;
mod body;
mod chain;
mod escape;
mod multipart;
mod outgoing;
mod style;

pub use argument::Argument;
pub(crate) use base::Base;
pub use multipart::{File, Parts};
pub use outgoing::{Outgoing, as_is};
pub use style::Style;
