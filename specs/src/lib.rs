//! Contracts of credential APIs: the documents, and the one model that reads them.
//!
//! A contract is two documents. `openapi.yaml` says what one call looks like, `lifecycle.yaml` what calls mean over
//! time. [`Contract`] is what every other part of Rescind reads; [`Document`] is the raw text with its positions.

mod contract;
mod document;
mod encoding;
mod error;
mod excerpt;
mod lint;
mod media_type;
mod operation;
mod parameter;
mod pointer;
mod prepare;
mod read;
mod report;
mod response;
mod schema;
mod security;
mod source;
mod validator;
mod vendor;
mod yaml;

pub mod disguise;
pub mod lifecycle;

pub use contract::Contract;
pub use document::Document;
pub use encoding::Encoding;
pub use error::{Diagnostic, LoadError, Severity};
pub use lifecycle::Lifecycle;
pub use lint::lifecycle::{RULES as LIFECYCLE_RULES, Rule as LifecycleRule, lint_lifecycle};
pub use lint::lint;
pub use media_type::{MediaType, MediaTypeError};
pub use operation::{Operation, OperationId, PathPiece, PathTemplate, RequestBody};
pub use parameter::{EmptyValue, Parameter, ParameterLocation, ParameterStyle};
pub use pointer::{Pointer, PointerError};
pub use prepare::{LeftOut, Prepared};
pub use report::report;
pub use response::{Content, Response, ResponseHeader, Responses, StatusPattern, StatusPatternError};
pub use schema::{Schema, SchemaType, describes_secret};
pub use security::{KeyLocation, SchemeKind, SchemeName, SecurityRequirements, SecurityScheme};
pub use source::{Position, Source};
pub use validator::{Direction, Validator, Violation};
pub use vendor::{UnknownVendor, Vendor};
