//! What generated stubs call: the gate in front of every operation, and the answers behind it. It knows no contract
//! by name; everything it does is read from a [`rescind_specs::Contract`].

mod answer;
mod arriving;
mod body;
mod context;
pub mod example;
mod gate;
mod limits;
mod multipart;
mod nullable;
mod parameter;
mod presented;
mod refusal;
mod rejection;
mod request;
mod route;
mod secret;
mod serve;
mod shape;
mod stream;
mod text;
pub mod typing;

pub use answer::{Answer, AnswerBody, HeaderSet, RangeStatus, RawBody, StatusOutOfRange};
pub use arriving::BodyStream;
pub use context::{Authentication, Context, Matched};
pub use gate::{Gate, GateError};
pub use limits::{Limits, Mode};
pub use multipart::{FilePart, Multipart};
pub use nullable::Nullable;
pub(crate) use presented::values as presented_values;
pub use presented::{BasicCredential, CredentialSet, Presented, ScopedToken};
pub use refusal::{refuse, refuse_by_example};
pub(crate) use refusal::{refuse_in_words, refuse_with, reworded};
pub use rejection::{BoxError, Failure, Location, Phase, Refused, Rejection, RequestViolation};
pub use request::{Admitted, AdmittedBody};
pub use route::Routed;
pub(crate) use route::Routes;
pub use secret::Secret;
pub use serve::{Handler, serve};
pub use stream::{Event, OpenBody, StreamBody};
pub(crate) use text::decode_form;
pub(crate) use text::decoded as query_pairs;
