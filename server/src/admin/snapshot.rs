//! The whole state, to keep and to bring back: what is stored, the time, the faults, the disturbances.

use std::num::NonZeroU64;

use http::StatusCode;
use serde_json::{Map, Value, from_value, to_value};

use super::Admin;
use super::answer::error;
use crate::disturbance::Rule;
use crate::fault::Fault;
use crate::generated::admin::response::{GetSnapshotResponse as Got, RestoreSnapshotResponse as Restored};
use crate::generated::admin::types::Snapshot;
use crate::runtime::Failure;
use crate::served::Served;
use crate::store::{Facts, StoreError};

/// The state as it is now.
pub(super) async fn get(admin: &Admin) -> Result<Got, Failure> {
    let facts = match admin.state.store().export().await {
        Ok(facts) => facts,
        Err(why) => return Ok(Got::ServiceUnavailable(error(why))),
    };
    // As often as they have yet to strike.
    let rules = admin.state.disturbances().list().into_iter().filter_map(|listed| {
        let times = listed.remaining.map(NonZeroU64::try_from).transpose().ok()?;
        Some(Rule { times, ..listed.rule })
    });
    let rules = rules.map(|rule| from_value(to_value(rule)?));
    let Value::Object(facts) = to_value(facts)? else { return Err(no_object()) };
    Ok(Got::Ok(Snapshot {
        now: admin.state.clock().now(),
        faults: admin.state.faults().on().map(|fault| fault.name().to_owned()).collect(),
        disturbances: rules.collect::<Result<_, serde_json::Error>>()?,
        facts,
    }))
}

/// What a snapshot holds, understood.
struct Parts {
    facts: Facts,
    faults: Vec<Fault>,
    rules: Vec<Rule>,
}

impl Parts {
    fn read(snapshot: &Snapshot) -> Result<Self, String> {
        let facts: Map<String, Value> = snapshot.facts.clone();
        let facts = from_value(Value::Object(facts)).map_err(|why| format!("facts: {why}"))?;
        let faults = snapshot.faults.iter().map(|name| name.parse::<Fault>());
        let faults = faults.collect::<Result<_, _>>().map_err(|why| why.to_string())?;
        let rules = snapshot.disturbances.iter().map(|rule| from_value(to_value(rule)?));
        let rules =
            rules.collect::<Result<_, serde_json::Error>>().map_err(|why| format!("disturbances: {why}"))?;
        Ok(Self { facts, faults, rules })
    }
}

/// Puts a snapshot in the place of everything.
pub(super) async fn restore(admin: &Admin, snapshot: &Snapshot) -> Restored {
    let parts = match Parts::read(snapshot) {
        Ok(parts) => parts,
        Err(why) => return Restored::Default { status: StatusCode::BAD_REQUEST, body: error(why) },
    };
    match admin.state.store().import(&parts.facts).await {
        Ok(()) => {}
        Err(why @ StoreError::Facts(_)) => return Restored::Conflict(error(why)),
        Err(why) => return Restored::ServiceUnavailable(error(why)),
    }
    let state = &admin.state;
    state.restart();
    state.faults().clear_all();
    state.disturbances().clear();
    parts.faults.into_iter().for_each(|fault| state.faults().set(fault));
    // A clock of the machine shows its own time, and one that is ahead never goes back.
    let _ = state.clock().set(snapshot.now);
    admin.contracts.iter().for_each(Served::undo);
    for rule in parts.rules {
        if let Err(why) = state.disturbances().add(rule) {
            return Restored::Conflict(error(format_args!("all but the disturbances was restored: {why}")));
        }
    }
    tracing::info!("a snapshot was restored");
    Restored::NoContent
}

fn no_object() -> Failure {
    crate::runtime::Rejection::internal("the facts are no object").into()
}
