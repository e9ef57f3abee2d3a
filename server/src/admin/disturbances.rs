//! The rules by which requests are disturbed, over the admin listener.

use http::StatusCode;
use serde_json::{Value, from_value, to_value};

use super::Admin;
use super::answer::error;
use crate::disturbance::{Listed, Rule, RuleId};
use crate::generated::admin::response::{
    AddDisturbanceResponse as Added, GetDisturbanceResponse as Got, RemoveDisturbanceResponse as Removed,
};
use crate::generated::admin::types;
use crate::runtime::Failure;

/// All rules in force.
pub(super) fn all(admin: &Admin) -> Result<Vec<types::Disturbance>, Failure> {
    admin.state.disturbances().list().iter().map(shown).collect()
}

pub(super) fn add(admin: &Admin, rule: &types::Rule) -> Result<Added, Failure> {
    // The document has the members, the rule itself knows how each is written.
    let rule: Rule = match from_value(to_value(rule)?) {
        Ok(rule) => rule,
        Err(why) => return Ok(Added::Default { status: StatusCode::BAD_REQUEST, body: error(why) }),
    };
    let rules = admin.state.disturbances();
    Ok(match rules.add(rule).map(|id| rules.get(id)) {
        Ok(Ok(listed)) => Added::Created(shown(&listed)?),
        // Somebody else was quick to remove it.
        Ok(Err(why)) => Added::Conflict(error(why)),
        Err(why) => Added::Conflict(error(why)),
    })
}

pub(super) fn get(admin: &Admin, id: i64) -> Result<Got, Failure> {
    Ok(match admin.state.disturbances().get(number(id)) {
        Ok(listed) => Got::Ok(shown(&listed)?),
        Err(why) => Got::NotFound(error(why)),
    })
}

pub(super) fn remove(admin: &Admin, id: i64) -> Result<Removed, Failure> {
    Ok(match admin.state.disturbances().remove(number(id)) {
        Ok(listed) => Removed::Ok(shown(&listed)?),
        Err(why) => Removed::NotFound(error(why)),
    })
}

/// The document excludes what is negative.
fn number(id: i64) -> RuleId {
    RuleId(id.unsigned_abs())
}

fn shown(listed: &Listed) -> Result<types::Disturbance, Failure> {
    let shown: Value = to_value(listed)?;
    Ok(from_value(shown)?)
}
