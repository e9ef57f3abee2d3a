//! Checks of races and of steps outside of the API, on histories written by hand.

use rescind_specs::Vendor::{Dinie, EntryTarget, ShiftAgent};
use serde_json::{Value, json};

use super::super::testing::Said::{Fail, Open, Pass};
use super::super::testing::{Story, dependent, story};
use crate::lifecycle::{By, Slot, Step};

const NOTHING: Value = Value::Null;

fn live(vendor: rescind_specs::Vendor) -> Story {
    story(vendor).issued(0).used(0, true)
}

#[test]
fn racing_use() {
    let check = json!({ "racing_use": { "within": "0s" } });
    live(Dinie).revoked(0).used(0, true).in_flight().used(0, false).says(check.clone(), Pass);
    live(Dinie).revoked(0).used(0, false).in_flight().used(0, true).says(check.clone(), Fail);
    live(Dinie).revoked(0).used(0, false).control_refused().says(check.clone(), Open);
    live(Dinie).revoke(0, 500, NOTHING).used(0, true).says(check.clone(), Open);
    live(Dinie).revoked(0).used(0, true).in_flight().says(check, Open);
    let check = json!({ "racing_use": { "within": "5m" } });
    live(EntryTarget).revoked(0).used(0, true).after(305).used(0, false).says(check.clone(), Pass);
    live(EntryTarget).revoked(0).used(0, false).after(305).used(0, true).says(check, Fail);
}

#[test]
fn racing_reference() {
    let check = json!({ "racing_reference": { "by": "repository", "rounds": 1 } });
    let create = || Step::Create("repository".into(), dependent(0), Slot(0));
    let reference = |id: &str| json!({ "credential_id": id });
    let race = |revoked: u16, created: u16| {
        let problem = json!({ "type": "https://x/problems/resource-in-use" });
        let answer = if revoked == 409 { problem } else { NOTHING };
        let story = story(ShiftAgent).issued(0).revoke(0, revoked, answer);
        story.dependent(create(), created, json!({})).in_flight()
    };
    // What is never created cannot race.
    race(204, 404).says(check.clone(), Open);
    let read = || Step::Read(dependent(0));
    race(409, 201).dependent(read(), 200, reference("id-0")).says(check.clone(), Pass);
    race(204, 201).dependent(read(), 200, reference("id-0")).says(check.clone(), Fail);
    race(204, 201).dependent(read(), 200, json!({ "credential_id": null })).says(check.clone(), Pass);
    race(503, 201).says(check.clone(), Open);
    let after = story(ShiftAgent).issued(0).revoke(0, 204, NOTHING).dependent(create(), 201, json!({}));
    after.says(check.clone(), Open);
    story(ShiftAgent).issued(0).says(check, Open);
}

#[test]
fn last_two_active() {
    let check = json!({ "last_two_active": { "by": "outsider", "answer": [{ "status": 409 }] } });
    let revoke = |slot: u8| Step::revoke_by(slot, By::Caller("outsider".into()));
    let race = |first: u16, second: u16| {
        let both = story(Dinie).issued(0).issued(1);
        both.step(revoke(0), &[(first, NOTHING)]).step(revoke(1), &[(second, NOTHING)])
    };
    race(204, 409).says(check.clone(), Open);
    let race = |first: u16, second: u16| race(first, second).in_flight();
    race(204, 409).says(check.clone(), Pass);
    race(409, 204).says(check.clone(), Pass);
    race(204, 204).says(check.clone(), Fail);
    race(204, 404).says(check.clone(), Fail);
    race(204, 503).says(check.clone(), Open);
    story(Dinie).issued(0).says(check, Open);
}

#[test]
fn use_during_outage() {
    let check = json!({ "use_during_outage": { "during": "stop_store", "answer": [{ "status": 500 }] } });
    let out = || story(EntryTarget).issued(0).hook("stop_store", None);
    let during = |status: u16| out().probed(0, status).hook("start_store", None);
    during(500).used(0, true).says(check.clone(), Pass);
    during(401).used(0, true).says(check.clone(), Fail);
    // Nobody is accepted for the moment: a refusal is a refusal all the same.
    out().probed(0, 401).control_refused().hook("start_store", None).used(0, true).says(check.clone(), Fail);
    during(500).used(0, false).says(check.clone(), Fail);
    during(0).used(0, true).says(check.clone(), Open);
    out().used(0, true).hook("start_store", None).used(0, true).says(check.clone(), Open);
    story(EntryTarget).issued(0).says(check, Open);
}

#[test]
fn call_after_revocation() {
    let check = json!({ "call_after_revocation": {
        "by": { "hook": "deactivate" },
        "call": { "operation": "getIntegrity", "as": "operator" },
        "answer": [{ "status": 200 }],
    } });
    let called = |status: u16| live(EntryTarget).called("getIntegrity", status).hook("deactivate", Some(0));
    called(200).called("getIntegrity", 200).says(check.clone(), Pass);
    called(200).called("getIntegrity", 409).says(check.clone(), Fail);
    called(500).called("getIntegrity", 500).says(check.clone(), Open);
    live(EntryTarget).called("getIntegrity", 200).says(check, Open);
}

#[test]
fn revocations_by_a_hook() {
    let check =
        json!({ "use_after_revocation": { "within": "5m", "watch": "10m", "by": { "hook": "deactivate" } } });
    let revoked = || live(EntryTarget).hook("deactivate", Some(0)).after(305);
    revoked().used(0, false).says(check.clone(), Pass);
    revoked().used(0, true).says(check.clone(), Fail);
    live(EntryTarget).says(check, Open);
    let check =
        json!({ "repeated_revocation": { "by": { "hook": "deactivate" }, "answer": [{ "status": 404 }] } });
    let again = |status: u16| {
        live(EntryTarget).hook("deactivate", Some(0)).revoke(0, status, json!({ "revoked": true }))
    };
    again(404).says(check.clone(), Pass);
    again(200).says(check, Fail);
}

#[test]
fn each_replica_settles_for_itself() {
    let check =
        json!({ "use_after_revocation": { "within": "5m", "watch": "10m", "settles": "at-first-refusal" } });
    let refused = || live(EntryTarget).revoked(0).used(0, false).used(0, true).elsewhere();
    refused().after(305).used(0, false).says(check.clone(), Pass);
    refused().used(0, false).elsewhere().used(0, true).elsewhere().says(check, Fail);
}

#[test]
fn lists_in_short_pages_and_members_that_move() {
    let check = json!({ "listed_after_revocation": { "listed": "revoked" } });
    let item = |slot: u8, status: &str| json!({ "client_id": format!("id-{slot}"), "status": status });
    let all = |status: &str| json!([item(0, status), item(1, "active")]);
    let read = || story(Dinie).issued(0).issued(1).listed(all("active")).revoked(0).listed(all("revoked"));
    let short = |items: Value| read().listed(items).in_short_pages();
    short(all("revoked")).listed(all("revoked")).says(check.clone(), Pass);
    short(json!([item(0, "revoked")])).listed(all("revoked")).says(check.clone(), Fail);
    // Somebody else's is there for certain only if it is before and after.
    let more = json!([item(0, "revoked"), item(1, "active"), item(9, "active")]);
    short(all("revoked")).listed(more.clone()).says(check.clone(), Pass);
    let between =
        |last: Value| read().listed(more.clone()).listed(all("revoked")).in_short_pages().listed(last);
    between(all("revoked")).says(check.clone(), Pass);
    between(more.clone()).says(check.clone(), Fail);
    between(more.clone()).unclear().says(check.clone(), Open);
    short(json!([item(0, "revoked")])).says(check, Open);

    let check = json!({ "listed_after_revocation": { "listed": "revoked", "moves": ["/last_used_at"] } });
    let used = |status: &str, at: u8| {
        json!([
            { "client_id": "id-0", "status": status, "last_used_at": at },
            { "client_id": "id-1", "status": "active", "last_used_at": 0 },
        ])
    };
    let moves = |after_use: u8, after_refusal: u8| {
        let live = story(Dinie).issued(0).issued(1).listed(used("active", 0)).used(0, true);
        let revoked = live.listed(used("active", after_use)).revoked(0).listed(used("revoked", after_use));
        revoked.used(0, false).listed(used("revoked", after_refusal))
    };
    moves(1, 1).says(check.clone(), Pass);
    moves(0, 0).says(check.clone(), Fail);
    moves(1, 2).says(check, Fail);
}
