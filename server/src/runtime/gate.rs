//! The gate in front of every operation. It is built once from a contract; nothing that breaks the contract passes.
//!
//! In order: path and method, presence of credentials, (the caller's turn to check them,) length and media type of the
//! body, its syntax, and then every violation of parameters and body in one pass.

use std::sync::Arc;

use axum::body::Body;
use http::Method;
use http::request::Parts;
use rescind_specs::{Contract, Diagnostic, KeyLocation, LoadError, Operation, ParameterLocation, SchemeName};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::body;
use super::parameter;
use super::presented::{CredentialSet, Presented, Requirement};
use super::rejection::Rejection;
use super::request::Admitted;
use super::route::{Routed, Routes, Unrouted};
use super::{Context, Limits, Matched};

/// At most this many violations are reported for one request.
const MOST_VIOLATIONS: usize = 100;

/// The gate of one contract.
#[derive(Debug)]
pub struct Gate {
    contract: Contract,
    limits: Limits,
    routes: Routes,
    operations: Vec<Arc<Door>>,
}

/// Why there is no gate: the document is at fault.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// It cannot be read.
    #[error(transparent)]
    Load(#[from] &'static LoadError),
    /// One of its schemas cannot be checked.
    #[error(transparent)]
    Schema(#[from] Diagnostic),
}

/// The gate of one operation.
#[derive(Debug)]
pub(crate) struct Door {
    matched: Matched,
    requirement: Requirement,
    /// One a parameter of the operation; `None` for those that repeat a security scheme.
    parameters: Vec<Option<parameter::Reader>>,
    body: Option<body::Reader>,
}

impl Gate {
    /// Prepares all operations of a contract.
    ///
    /// # Errors
    /// A schema that cannot be checked, with its place in the document.
    pub fn new(contract: Contract, limits: Limits) -> Result<Self, GateError> {
        let name: Arc<str> = contract.name().into();
        let sets = contract.credential_sets();
        let doors = contract
            .operations()
            .iter()
            .map(|operation| Door::new(&contract, &name, &sets, operation).map(Arc::new));
        let operations = doors.collect::<Result<_, Diagnostic>>()?;
        Ok(Self { routes: Routes::new(&contract), operations, limits, contract })
    }

    /// The contract behind this gate.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The bounds on requests.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The operation that a method and a path, relative to the contract's base, mean.
    pub fn route(&self, method: &Method, path: &str) -> Result<Routed, Rejection> {
        self.routes.find(method, path).map_err(|unrouted| match unrouted {
            Unrouted::UnknownPath => Rejection::UnknownPath,
            Unrouted::MethodNotAllowed(allowed) => Rejection::MethodNotAllowed { allowed },
        })
    }

    /// The operation in short, for extensions of the response.
    pub fn matched(&self, operation: usize) -> Option<&Matched> {
        Some(&self.operations.get(operation)?.matched)
    }

    /// The documented operation.
    pub fn operation(&self, operation: usize) -> Option<&Operation> {
        self.contract.operations().get(operation)
    }

    /// The credentials that the operation requires; `None` where it allows none and none are complete.
    pub fn credentials(
        &self,
        operation: usize,
        parts: &Parts,
    ) -> Result<Option<Presented<CredentialSet>>, Rejection> {
        self.door(operation)?.requirement.read(parts)
    }

    /// Values of `WWW-Authenticate` for a refused caller of this operation.
    pub(crate) fn challenges(&self, operation: usize) -> Vec<String> {
        let door = self.operations.get(operation);
        door.map(|door| door.requirement.challenges(self.contract.name())).unwrap_or_default()
    }

    /// Reads and checks parameters, and reads the body. A body sent to an operation without one is not read.
    ///
    /// If anything is wrong with the parameters, a JSON body is checked as well, so that all violations are told at
    /// once; otherwise it is checked when it is read out of [`Admitted`].
    pub async fn admit(&self, routed: &Routed, context: &Context, body: Body) -> Result<Admitted, Rejection> {
        let door = self.door(routed.operation)?;
        let parsed = match &door.body {
            None => None,
            Some(reader) => reader.read(context.headers(), body, self.limits).await?,
        };
        let mut found = Vec::new();
        let read = |reader: &Option<parameter::Reader>| {
            reader.as_ref().and_then(|reader| reader.read(routed, context.parts(), &mut found))
        };
        let parameters = door.parameters.iter().map(read).collect();
        if let Some(reader) = &door.body
            && (!found.is_empty() || parsed.as_ref().is_none_or(|parsed| !parsed.is_unread()))
        {
            reader.check(parsed.as_ref(), &mut found)?;
        }
        if found.is_empty() {
            Ok(Admitted::new(context.clone(), door.clone(), parameters, parsed))
        } else {
            found.truncate(MOST_VIOLATIONS);
            Err(Rejection::Violations(found))
        }
    }

    fn door(&self, operation: usize) -> Result<&Arc<Door>, Rejection> {
        self.operations.get(operation).ok_or_else(|| Rejection::internal("there is no such operation"))
    }
}

impl Door {
    /// The parameter at that place of the operation's list.
    pub(crate) fn parameter(&self, index: usize) -> Option<&parameter::Reader> {
        self.parameters.get(index)?.as_ref()
    }

    /// A JSON body as a `T`, checked while it is read; `None` where that is not certain.
    pub(crate) fn typed_json<T: DeserializeOwned>(&self, content: usize, bytes: &[u8]) -> Option<T> {
        self.body.as_ref()?.typed(content, bytes)
    }

    /// A JSON body as a value, or all that is wrong with it.
    pub(crate) fn read_json(&self, content: usize, bytes: &[u8]) -> Result<Value, Rejection> {
        let reader = self.body.as_ref().ok_or_else(|| Rejection::internal("there is no such body"))?;
        let mut found = Vec::new();
        let value = reader.value(content, bytes, &mut found)?;
        if found.is_empty() {
            return Ok(value);
        }
        found.truncate(MOST_VIOLATIONS);
        Err(Rejection::Violations(found))
    }

    fn new(
        contract: &Contract,
        name: &Arc<str>,
        sets: &[&[SchemeName]],
        operation: &Operation,
    ) -> Result<Self, Diagnostic> {
        let requirement = Requirement::new(contract, sets, operation);
        let mut parameters = Vec::new();
        for parameter in &operation.parameters {
            let key = match parameter.location {
                ParameterLocation::Path => None,
                ParameterLocation::Query => Some(KeyLocation::Query),
                ParameterLocation::Header => Some(KeyLocation::Header),
                ParameterLocation::Cookie => Some(KeyLocation::Cookie),
            };
            // A parameter that repeats a security scheme is the credential, and judged as such.
            let credential = key.is_some_and(|key| requirement.carries(key, &parameter.name));
            parameters.push(if credential {
                None
            } else {
                Some(parameter::Reader::new(contract, parameter)?)
            });
        }
        Ok(Self {
            matched: Matched::new(name.clone(), operation.id.clone(), operation.path.as_str()),
            body: operation
                .request_body
                .as_ref()
                .map(|body| body::Reader::new(contract, body))
                .transpose()?,
            requirement,
            parameters,
        })
    }
}
