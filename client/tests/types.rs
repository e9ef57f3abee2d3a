//! Every type that is generated for the bundled contracts reads what its schema allows, and writes the same again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rescind_conformance::strategy::{minimal, valid};
use rescind_specs::{Contract, Direction, Schema, Vendor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A value through a type and back.
type Through = fn(&Value) -> Result<Value, serde_json::Error>;

fn through<T: Serialize + DeserializeOwned>(value: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value.clone())?)
}

macro_rules! types {
    ($module:ident: $($name:ident)*) => {
        BTreeMap::from([$((stringify!($name), through::<rescind_client::$module::types::$name> as Through)),*])
    };
}

fn types(vendor: Vendor) -> BTreeMap<&'static str, Through> {
    match vendor {
        Vendor::Dinie => types! { dinie:
            CreateCredentialRequest Credential CredentialList CredentialStatus CredentialWithSecret Problem ProblemItem
            Token TokenRequest
        },
        Vendor::EntryTarget => types! { entrytarget:
            Account AssetSummary CreateAccountRequest CreatedAccount ErrorDetail ErrorEnvelope Health Integrity
            RegisterCredentialRequest RegisteredCredential RevokedCredential
        },
        Vendor::ShiftAgent => types! { shiftagent:
            ApproverKey CreateCredentialRequest Credential CredentialList CredentialType FieldProblem Health
            IntegrationPrincipal Metadata Problem RegisterRepositoryRequest Repository RepositoryList RepositorySync
            Token TokenExchangeRequest UpdateRepositoryRequest
        },
        Vendor::WattShift => types! { wattshift:
            AgentCredentialResponseDto AgentCredentialRevocationResponseDto ApiErrorEnvelopeDto
            CreateAgentCredentialRequestDto ErrorCode FieldError GenerateSessionTokenRequest Home HomeList RatePlan
            RevokeAgentCredentialRequest SessionToken Utility UtilityList UtilityRequestDto
        },
    }
}

/// Every named schema of the contract that a body is made of, with the way that it travels.
fn schemas(contract: &Contract) -> BTreeMap<(String, bool), Schema> {
    let mut found = BTreeMap::new();
    for operation in contract.operations() {
        let asked = operation.request_body.iter().flat_map(|body| &body.content);
        let answered = operation.responses.iter().flat_map(|response| &response.content);
        for schema in asked.filter_map(|content| content.schema.as_ref()) {
            collect(schema, true, &mut found);
        }
        for schema in answered.filter_map(|content| content.schema.as_ref()) {
            collect(schema, false, &mut found);
        }
    }
    found
}

fn collect(schema: &Schema, asked: bool, found: &mut BTreeMap<(String, bool), Schema>) {
    if let Some(name) = schema.component()
        && found.insert((name, asked), schema.clone()).is_some()
    {
        return;
    }
    for (_, member) in schema.properties() {
        collect(&member, asked, found);
    }
    if let Some(items) = schema.items() {
        collect(&items, asked, found);
    }
}

/// Whether the two say the same: an instant or a number may be written in several ways, null may be left out.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let absent = Value::Null;
            one.iter().all(|(name, value)| same(value, other.get(name).unwrap_or(&absent)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) => {
            one == other
                || one.eq_ignore_ascii_case(other)
                || matches!((one.parse::<Timestamp>(), other.parse::<Timestamp>()), (Ok(one), Ok(other)) if one == other)
        }
        (one, other) => one == other,
    }
}

#[test]
fn every_type_reads_what_its_schema_allows_and_writes_it_again() {
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        let types = types(vendor);
        let mut untested: Vec<&str> = types.keys().copied().collect();
        for ((name, asked), schema) in schemas(&contract) {
            // `UtilityRequestDTO` is `UtilityRequestDto` in Rust.
            let found = types.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
            let (known, through) = found.unwrap_or_else(|| panic!("{vendor}: `{name}` is not in the table"));
            untested.retain(|name| name != known);
            let direction = if asked { Direction::Request } else { Direction::Response };
            let validator = contract.validator(&schema, direction).unwrap();
            let mut runner =
                TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
            let check = |value: Value| {
                let fail = |why: String| TestCaseError::fail(format!("{vendor} {name}: {why}: {value}"));
                let once = through(&value).map_err(|error| fail(error.to_string()))?;
                // What a type does not know it leaves out; nothing that it knows may change.
                if !same(&once, &value) {
                    return Err(fail(format!("became {once}")));
                }
                if !validator.is_valid(&once) {
                    return Err(fail(format!("is not valid any more: {once}")));
                }
                let twice = through(&once).map_err(|error| fail(error.to_string()))?;
                if twice == once { Ok(()) } else { Err(fail(format!("became {once}, then {twice}"))) }
            };
            runner
                .run(&valid(&contract, &schema, direction), check)
                .unwrap_or_else(|error| panic!("{error}"));
            runner
                .run(&minimal(&contract, &schema, direction), check)
                .unwrap_or_else(|error| panic!("{error}"));
        }
        assert!(untested.is_empty(), "{vendor}: no body is made of {untested:?}");
    }
}
