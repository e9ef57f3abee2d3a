//! Each check, on histories written by hand: one that it catches, one that is right, one that does not tell.

mod outside;

use rescind_specs::Vendor::{Dinie, EntryTarget, ShiftAgent, WattShift};
use serde_json::{Value, json};

use super::testing::Said::{Divergence, Fail, Open, Pass};
use super::testing::{Story, dependent, story};
use crate::lifecycle::{By, Issuing, Key, Patch, Slot, Step, Target};

const NOTHING: Value = Value::Null;

fn live(vendor: rescind_specs::Vendor) -> Story {
    story(vendor).issued(0).used(0, true)
}

#[test]
fn usable_after_issue() {
    let check = json!({ "usable_after_issue": {} });
    live(EntryTarget).says(check.clone(), Pass);
    story(EntryTarget).issued(0).used(0, false).says(check.clone(), Fail);
    story(EntryTarget).issued(0).used(0, false).control_refused().says(check.clone(), Open);
    story(EntryTarget).issue(0, 403, NOTHING).says(check, Open);
    let check = json!({ "usable_after_issue": { "first": "refused" } });
    story(EntryTarget).used(0, false).issued(0).used(0, true).says(check.clone(), Pass);
    story(EntryTarget).used(0, false).issued(0).used(0, false).says(check.clone(), Fail);
    story(EntryTarget).used(0, true).issued(0).used(0, true).says(check, Open);
}

#[test]
fn issue_answer() {
    let check =
        json!({ "issue_answer": { "answer": [{ "status": 200, "body": { "/production_access": false } }] } });
    let issue = |granted: bool| story(WattShift).issue(0, 200, json!({ "production_access": granted }));
    issue(false).says(check.clone(), Pass);
    issue(true).says(check.clone(), Fail);
    story(WattShift).issue(0, 503, NOTHING).says(check.clone(), Open);
    story(WattShift).issue(0, 0, NOTHING).says(check, Open);
}

#[test]
fn revocation_answer() {
    let check = json!({ "revocation_answer": {
        "answer": [{ "status": [200, 204] }], "preferred": { "status": 204, "payload": "empty" },
    } });
    live(ShiftAgent).revoke(0, 204, NOTHING).says(check.clone(), Pass);
    live(ShiftAgent).revoke(0, 200, NOTHING).says(check.clone(), Divergence);
    live(ShiftAgent).revoke(0, 202, NOTHING).says(check.clone(), Fail);
    live(ShiftAgent).revoke(0, 500, NOTHING).says(check.clone(), Fail);
    live(ShiftAgent).revoke(0, 429, NOTHING).says(check.clone(), Open);
    live(ShiftAgent).revoke(0, 401, NOTHING).control_refused().says(check.clone(), Open);
    story(ShiftAgent).issued(0).used(0, false).revoke(0, 204, NOTHING).says(check, Open);
    let check = json!({ "revocation_answer": { "answer": [{ "body": { "/api_key": "$credential.id" } }] } });
    live(EntryTarget).revoke(0, 200, json!({ "api_key": "id-0" })).says(check.clone(), Pass);
    live(EntryTarget).revoke(0, 200, json!({ "api_key": "id-1" })).says(check, Fail);
}

#[test]
fn use_after_revocation() {
    let check = json!({ "use_after_revocation": { "within": "5m", "watch": "10m" } });
    let revoked = || live(EntryTarget).revoked(0);
    revoked().used(0, true).after(305).used(0, false).says(check.clone(), Pass);
    revoked().used(0, false).after(305).used(0, false).says(check.clone(), Pass);
    // Within the bound both may alternate; the margin belongs to the bound.
    revoked()
        .used(0, false)
        .used(0, true)
        .after(304)
        .used(0, true)
        .after(1)
        .used(0, false)
        .says(check.clone(), Pass);
    revoked().used(0, true).after(305).used(0, true).says(check.clone(), Fail);
    revoked().after(305).used(0, false).after(300).used(0, true).says(check.clone(), Fail);
    revoked().after(305).used(0, false).control_refused().says(check.clone(), Open);
    revoked().after(305).used(0, false).unclear().says(check.clone(), Open);
    // Nothing was seen past the bound.
    revoked().used(0, false).after(299).used(0, false).says(check.clone(), Open);
    revoked().after(305).used(0, false).still_open().says(check.clone(), Open);
    live(EntryTarget).revoke(0, 404, NOTHING).after(305).used(0, false).says(check.clone(), Open);
    story(EntryTarget).issued(0).used(0, false).revoked(0).after(305).used(0, false).says(check, Open);

    let check = json!({ "use_after_revocation": { "within": "0s", "watch": "5m" } });
    live(Dinie).revoked(0).used(0, false).says(check.clone(), Pass);
    live(Dinie).revoked(0).used(0, true).says(check.clone(), Fail);
    live(Dinie).used(0, true).revoked(0).used(0, false).after(300).used(0, true).says(check, Fail);

    let check = json!({ "use_after_revocation": { "within": "0s", "watch": "5m", "traffic": "unused" } });
    story(EntryTarget).issued(0).revoked(0).used(0, false).says(check.clone(), Pass);
    story(EntryTarget).issued(0).revoked(0).used(0, true).says(check, Fail);

    let settles = json!({
        "use_after_revocation": { "within": "5m", "watch": "10m", "settles": "at-first-refusal" },
    });
    revoked().used(0, true).used(0, false).after(305).used(0, false).says(settles.clone(), Pass);
    revoked().used(0, false).used(0, true).after(305).used(0, false).says(settles, Fail);

    let refused = json!({ "use_after_revocation": {
        "within": "5m", "watch": "10m", "refused": { "body": { "/error/code": "UNAUTHORIZED" } },
    } });
    let with = |code: &str| revoked().after(305).used_with(0, false, json!({ "error": { "code": code } }));
    with("UNAUTHORIZED").says(refused.clone(), Pass);
    with("REVOKED").says(refused.clone(), Fail);
    revoked()
        .used_with(0, false, json!({}))
        .after(305)
        .used_with(0, false, json!({ "error": { "code": "UNAUTHORIZED" } }))
        .says(refused, Pass);
}

#[test]
fn outstanding_tokens() {
    let check = json!({ "outstanding_tokens": { "token": "access" } });
    let token = || story(Dinie).issued(0).token(0, 3600).token_used(0, true, NOTHING);
    let revoked = || token().revoked(0);
    revoked().token_used(0, true, NOTHING).after(3540).token_used(0, true, NOTHING).says(check.clone(), Pass);
    revoked().token_used(0, false, NOTHING).says(check.clone(), Fail);
    revoked()
        .token_used(0, true, NOTHING)
        .after(3540)
        .token_used(0, false, NOTHING)
        .says(check.clone(), Fail);
    revoked().token_used(0, false, NOTHING).control_refused().says(check.clone(), Open);
    // Past its expiry its refusal is right.
    revoked()
        .token_used(0, true, NOTHING)
        .after(3600)
        .token_used(0, false, NOTHING)
        .says(check.clone(), Pass);
    token().revoke(0, 409, NOTHING).token_used(0, false, NOTHING).says(check, Open);
}

#[test]
fn token_lifetime() {
    let check = json!({ "token_lifetime": {
        "token": "access", "at_most": "1h", "refused": { "body": { "/code": "token_expired" } },
    } });
    let expired = json!({ "code": "token_expired" });
    let token =
        |seconds: i64| story(Dinie).issued(0).token(0, seconds).token_used(0, true, NOTHING).revoked(0);
    token(3600).after(3605).token_used(0, false, expired.clone()).says(check.clone(), Pass);
    token(3600).after(3605).token_used(0, true, NOTHING).says(check.clone(), Fail);
    token(3600).after(3605).token_used(0, false, NOTHING).says(check.clone(), Divergence);
    token(7200).says(check.clone(), Fail);
    token(3600).after(3599).token_used(0, true, NOTHING).says(check.clone(), Open);
    token(3600).after(3605).token_used(0, false, expired).control_refused().says(check, Open);
}

#[test]
fn repeated_revocation() {
    let check = json!({ "repeated_revocation": {
        "answer": [{ "status": [204, 404, 409] }], "preferred": { "status": 204 },
    } });
    let again = |status: u16| live(Dinie).revoked(0).revoke(0, status, NOTHING).after(600);
    again(204).used(0, false).says(check.clone(), Pass);
    again(404).used(0, false).says(check.clone(), Divergence);
    again(500).used(0, false).says(check.clone(), Fail);
    again(204).used(0, true).says(check.clone(), Fail);
    again(503).used(0, false).says(check.clone(), Open);
    live(Dinie).revoke(0, 409, NOTHING).revoke(0, 409, NOTHING).used(0, true).says(check, Open);
}

#[test]
fn unknown_credential() {
    let check = json!({ "unknown_credential": { "answer": [{ "status": 404 }] } });
    let ask = |status: u16| {
        let step = Step::Revoke { target: Target::Unknown, by: By::Documented, body: None };
        live(Dinie).step(step, &[(status, NOTHING)])
    };
    ask(404).used(0, true).says(check.clone(), Pass);
    ask(204).used(0, true).says(check.clone(), Fail);
    ask(404).used(0, false).says(check.clone(), Fail);
    ask(404).used(0, false).control_refused().says(check.clone(), Open);
    ask(0).says(check.clone(), Open);
    story(Dinie).issued(0).says(check, Open);
}

#[test]
fn foreign_credential() {
    let check = json!({ "foreign_credential": { "by": "sibling", "answer": [{ "status": 403 }] } });
    let ask = |status: u16| {
        let both = live(WattShift).issued(1).used(1, true);
        both.step(Step::revoke_by(0, By::Slot(Slot(1))), &[(status, json!({ "outcome": "revoked" }))])
    };
    ask(403).used(1, true).used(0, true).says(check.clone(), Pass);
    ask(200).used(1, true).used(0, false).says(check.clone(), Fail);
    ask(403).used(1, true).used(0, false).says(check.clone(), Fail);
    ask(403).used(1, false).used(0, true).says(check.clone(), Fail);
    ask(429).used(0, true).says(check.clone(), Open);
    live(WattShift).says(check, Open);
}

#[test]
fn hidden_identifiers() {
    let check = json!({ "hidden_identifiers": {
        "states": ["unknown", "foreign"], "stranger": "sibling", "except": ["/detail"],
    } });
    let problem = |code: &str, detail: &str| json!({ "code": code, "detail": detail });
    let ask = |foreign: (u16, Value)| {
        let by = By::Slot(Slot(1));
        story(Dinie)
            .issued(0)
            .issued(1)
            .step(
                Step::Revoke { target: Target::Unknown, by: by.clone(), body: None },
                &[(404, problem("gone", "one"))],
            )
            .step(Step::revoke_by(0, by), &[foreign])
    };
    ask((404, problem("gone", "another"))).says(check.clone(), Pass);
    ask((403, problem("gone", "one"))).says(check.clone(), Fail);
    ask((404, problem("foreign", "one"))).says(check.clone(), Fail);
    ask((404, json!({ "code": "gone", "detail": "one", "owner": "x" }))).says(check.clone(), Fail);
    ask((404, NOTHING)).says(check.clone(), Fail);
    ask((0, NOTHING)).says(check, Open);
    let revoked = json!({ "hidden_identifiers": { "states": ["unknown", "revoked"] } });
    let ask = |status: u16| {
        let unknown = Step::Revoke { target: Target::Unknown, by: By::Documented, body: None };
        let story = story(EntryTarget).issued(0).issued(2).revoked(2).step(unknown, &[(404, json!({}))]);
        story.revoke(2, status, json!({}))
    };
    ask(404).says(revoked.clone(), Pass);
    ask(409).says(revoked, Fail);
}

#[test]
fn unauthorized_revocation() {
    let check = json!({ "unauthorized_revocation": {
        "with": ["nobody"], "answer": [{ "status": 401 }], "preferred": { "body": { "/code": "missing_token" } },
    } });
    let ask = |status: u16, code: &str| {
        live(Dinie).step(Step::revoke_by(0, By::Nobody), &[(status, json!({ "code": code }))])
    };
    ask(401, "missing_token").used(0, true).says(check.clone(), Pass);
    ask(401, "other").used(0, true).says(check.clone(), Divergence);
    ask(403, "missing_token").used(0, true).says(check.clone(), Fail);
    ask(401, "missing_token").used(0, false).says(check.clone(), Fail);
    ask(401, "missing_token").used(0, false).control_refused().says(check.clone(), Open);
    story(Dinie).issued(0).used(0, false).says(check, Open);
}

#[test]
fn revocation_body() {
    let check = json!({ "revocation_body": {
        "accepted": [{ "absent": {} }],
        "rejected": [{ "long-text": { "member": "reason", "length": 256 } }],
        "answer": [{ "status": 400 }],
    } });
    let ask = |refused: u16, accepted: u16| {
        let revoked = json!({ "outcome": "revoked" });
        let story = live(WattShift).revoke(0, refused, revoked.clone()).used(0, refused != 200);
        story.issued(1).revoke(1, accepted, revoked)
    };
    ask(400, 200).says(check.clone(), Pass);
    ask(200, 200).says(check.clone(), Fail);
    ask(400, 400).says(check.clone(), Fail);
    ask(400, 503).says(check.clone(), Open);
    live(WattShift).revoke(0, 400, NOTHING).used(0, false).says(check.clone(), Fail);
    story(WattShift).issue(0, 200, json!({ "outcome": "rate_limited" })).says(check, Open);
}

#[test]
fn others_unaffected() {
    let check = json!({ "others_unaffected": {} });
    let both = || live(Dinie).issued(1).used(1, true);
    both().revoked(0).used(1, true).says(check.clone(), Pass);
    both().revoked(0).used(1, false).says(check.clone(), Fail);
    // Whoever revokes all revokes the control as well.
    both().revoked(0).used(1, false).control_refused().says(check.clone(), Fail);
    both().revoked(0).used(1, false).unclear().says(check.clone(), Open);
    both().revoke(0, 404, NOTHING).used(1, true).says(check, Open);
}

#[test]
fn revoked_by_another() {
    let check = json!({ "revoked_by_another": {} });
    let ask = |status: u16| {
        let body = json!({ "revoked": true });
        live(EntryTarget)
            .issued(1)
            .used(1, true)
            .step(Step::revoke_by(0, By::Slot(Slot(1))), &[(status, body)])
    };
    ask(200).after(905).used(0, false).says(check.clone(), Pass);
    ask(403).after(905).used(0, true).says(check.clone(), Fail);
    ask(200).after(905).used(0, true).says(check.clone(), Fail);
    // A use within the propagation delay says nothing.
    ask(200).used(0, true).after(905).used(0, false).says(check.clone(), Pass);
    ask(503).says(check.clone(), Open);
    live(EntryTarget).says(check, Open);
}

#[test]
fn self_revocation() {
    let check = json!({ "self_revocation": { "answer": [{ "status": 204 }] } });
    let token = || live(Dinie).token(0, 3600);
    let ask = |status: u16| token().step(Step::revoke_by(0, By::Slot(Slot(0))), &[(status, NOTHING)]);
    ask(204).token_used(0, true, NOTHING).after(600).used(0, false).says(check.clone(), Pass);
    ask(403).says(check.clone(), Fail);
    ask(204).token_used(0, false, NOTHING).after(600).used(0, false).says(check.clone(), Fail);
    ask(204).after(600).used(0, true).says(check.clone(), Fail);
    ask(204).after(600).used(0, false).control_refused().says(check.clone(), Open);
    live(Dinie).says(check, Open);
}

#[test]
fn secret_shown_once() {
    let check = json!({ "secret_shown_once": {} });
    let shows = json!({ "client_secret": "secret-0-0123456789", "outcome": "issued" });
    let issued = || story(Dinie).issue(0, 201, shows.clone());
    issued().used(0, true).says(check.clone(), Pass);
    issued().listed(json!([{ "client_id": "id-0" }])).says(check.clone(), Pass);
    issued().listed(json!([{ "client_secret": "secret-0-0123456789" }])).says(check.clone(), Fail);
    issued().revoke(0, 409, json!({ "detail": "not secret-0-0123456789" })).says(check.clone(), Fail);
    issued().revoke(0, 409, json!({ "detail": "c2VjcmV0LTAtMDEyMzQ1Njc4OQ" })).says(check.clone(), Fail);
    story(Dinie).issue(0, 400, NOTHING).says(check.clone(), Open);
    // Where the caller made the secret up, not even the issuing answer may hold it.
    let echo = json!({ "id": "id-0", "secret": "secret-0-0123456789" });
    story(ShiftAgent).issue(0, 201, echo).says(check, Fail);
}

#[test]
fn listed_after_revocation() {
    let item =
        |id: &str, status: &str, name: &str| json!({ "client_id": id, "status": status, "name": name });
    let check = json!({ "listed_after_revocation": { "listed": "revoked", "keeps": ["/name"] } });
    let other = || item("id-1", "active", "b");
    let before = || story(Dinie).issued(0).issued(1).listed(json!([item("id-0", "active", "a"), other()]));
    let after = |items: Value| before().revoked(0).listed(items);
    after(json!([item("id-0", "revoked", "a"), other()])).says(check.clone(), Pass);
    after(json!([other()])).says(check.clone(), Fail);
    after(json!([item("id-0", "active", "a"), other()])).says(check.clone(), Fail);
    after(json!([item("id-0", "revoked", "z"), other()])).says(check.clone(), Fail);
    after(json!([item("id-0", "revoked", "a")])).says(check.clone(), Open);
    before().revoke(0, 409, NOTHING).says(check, Open);

    let check = json!({ "listed_after_revocation": { "listed": "gone" } });
    let item = |id: &str| json!({ "id": id });
    let before =
        || story(ShiftAgent).issued(0).issued(1).listed(json!([item("id-0"), item("id-1")])).revoked(0);
    before().listed(json!([item("id-1")])).says(check.clone(), Pass);
    before().listed(json!([item("id-0"), item("id-1")])).says(check.clone(), Fail);
    before().listed(json!([])).says(check, Open);
}

#[test]
fn reissue() {
    let check = json!({ "reissue": { "gives": "another" } });
    let revoked = || live(Dinie).revoked(0);
    revoked().again(Key::Fresh, None, 201).used(1, true).after(600).used(0, false).says(check.clone(), Pass);
    revoked()
        .again(Key::Fresh, Some(0), 201)
        .used(1, true)
        .after(600)
        .used(0, false)
        .says(check.clone(), Fail);
    revoked().again(Key::Fresh, None, 201).used(1, true).after(600).used(0, true).says(check.clone(), Fail);
    revoked().again(Key::Fresh, None, 409).after(600).used(0, false).says(check.clone(), Fail);
    revoked().again(Key::Fresh, None, 429).after(600).used(0, false).says(check.clone(), Open);
    live(Dinie).revoke(0, 409, NOTHING).again(Key::Fresh, None, 201).says(check, Open);

    let check = json!({ "reissue": { "gives": "refusal", "answer": [{ "status": 409 }] } });
    let again = |status: u16| live(EntryTarget).revoked(0).again(Key::Fresh, Some(0), status).after(905);
    again(409).used(0, false).says(check.clone(), Pass);
    again(201).used(0, true).says(check.clone(), Fail);
    again(403).used(0, false).says(check.clone(), Fail);
    again(409).used(0, true).says(check, Fail);
}

#[test]
fn repeated_issue() {
    let check = json!({ "repeated_issue": { "answer": [{ "status": 409 }] } });
    let again = |status: u16| live(EntryTarget).again(Key::Fresh, Some(0), status);
    again(409).used(0, true).says(check.clone(), Pass);
    again(201).used(0, true).says(check.clone(), Fail);
    again(409).used(0, false).says(check.clone(), Fail);
    again(409).used(0, false).control_refused().says(check.clone(), Open);
    story(EntryTarget).issued(0).used(0, false).says(check, Open);
}

#[test]
fn replayed_issue() {
    let check = json!({ "replayed_issue": { "window": "24h" } });
    let replay = |gives: u8, status: u16| live(Dinie).revoked(0).again(Key::Same, Some(gives), status);
    replay(0, 201).used(0, false).says(check.clone(), Pass);
    replay(0, 409).used(0, false).says(check.clone(), Pass);
    replay(0, 201).used(0, true).says(check.clone(), Fail);
    replay(7, 201).used(0, false).says(check.clone(), Fail);
    replay(0, 0).used(0, false).says(check.clone(), Open);
    // Past the window the key is free.
    live(Dinie).revoked(0).after(86_400).again(Key::Same, Some(7), 201).says(check, Open);
}

#[test]
fn self_described_revocation() {
    let check = json!({ "self_described_revocation": { "answer": [{ "status": 200 }] } });
    let ask = |status: u16| {
        live(WattShift).step(Step::RevokeAsDescribed(Slot(0)), &[(status, json!({ "outcome": "revoked" }))])
    };
    ask(200).after(600).used(0, false).says(check.clone(), Pass);
    ask(404).says(check.clone(), Fail);
    ask(200).after(600).used(0, true).says(check.clone(), Fail);
    ask(503).says(check.clone(), Open);
    live(WattShift).says(check, Open);
}

#[test]
fn refused_issue() {
    let check = json!({ "refused_issue": {
        "body": { "api_secret": "wrong" }, "answer": [{ "status": 403 }], "then": "succeeds",
    } });
    let wrong = |status: u16| {
        let body = json!("wrong").try_into().unwrap();
        let issuing = Issuing { like: Some(Slot(0)), patch: Patch::Body(body), key: Key::Fresh, by: None };
        story(EntryTarget).issue_with(1, issuing, None, status, NOTHING)
    };
    wrong(403).issued(0).used(0, true).says(check.clone(), Pass);
    wrong(409).issued(0).used(0, true).says(check.clone(), Fail);
    wrong(201).says(check.clone(), Fail);
    wrong(403).issue(0, 409, NOTHING).says(check.clone(), Fail);
    wrong(403).issue(0, 503, NOTHING).says(check.clone(), Open);
    wrong(0).says(check.clone(), Open);
    story(EntryTarget).says(check, Open);
}

#[test]
fn expiry() {
    let check = json!({ "expiry": { "refused": { "body": { "/error_code": "AUTH_EXPIRED_CREDENTIAL" } } } });
    let expired = json!({ "error_code": "AUTH_EXPIRED_CREDENTIAL" });
    let issued = || story(WattShift).issued(0).expiring(0, 120).used(0, true);
    issued().after(125).used_with(0, false, expired.clone()).says(check.clone(), Pass);
    issued().after(125).used(0, true).says(check.clone(), Fail);
    issued().after(125).used(0, false).says(check.clone(), Fail);
    issued().after(125).used_with(0, false, expired).control_refused().says(check.clone(), Open);
    issued().after(119).used(0, true).says(check.clone(), Open);
    story(WattShift).issued(0).used(0, true).says(check, Open);
}

fn repository(credential: &str) -> Value {
    json!({ "credential_id": credential })
}

#[test]
fn guard() {
    let check = json!({ "guard": {
        "by": "repository", "answer": [{ "status": 409 }], "names_dependent": "/conflicting_resource_id",
    } });
    let create = || Step::Create("repository".into(), dependent(0), Slot(0));
    let guarded = || live(ShiftAgent).dependent(create(), 201, json!({ "id": "dep-0" }));
    let refused = |named: &str| guarded().revoke(0, 409, json!({ "conflicting_resource_id": named }));
    let read = |story: Story, credential: &str| {
        story.used(0, true).dependent(Step::Read(dependent(0)), 200, repository(credential))
    };
    read(refused("dep-0"), "id-0").says(check.clone(), Pass);
    read(refused("dep-9"), "id-0").says(check.clone(), Fail);
    read(refused("dep-0"), "id-9").says(check.clone(), Fail);
    guarded().revoke(0, 204, NOTHING).used(0, false).says(check.clone(), Fail);
    refused("dep-0").used(0, false).says(check.clone(), Fail);
    guarded().revoke(0, 503, NOTHING).says(check.clone(), Open);
    live(ShiftAgent).dependent(create(), 400, NOTHING).says(check, Open);
}

#[test]
fn guard_lifted() {
    let check = json!({ "guard_lifted": { "by": "repository", "ways": ["clear"] } });
    let create = Step::Create("repository".into(), dependent(0), Slot(0));
    let guarded = |status: u16| {
        let story = story(ShiftAgent).issued(0).dependent(create.clone(), 201, NOTHING);
        story.dependent(Step::Clear(dependent(0)), status, NOTHING)
    };
    guarded(200).revoke(0, 204, NOTHING).says(check.clone(), Pass);
    guarded(200).revoke(0, 409, NOTHING).says(check.clone(), Fail);
    guarded(200).revoke(0, 503, NOTHING).says(check.clone(), Open);
    guarded(404).revoke(0, 409, NOTHING).says(check, Open);
}

#[test]
fn revoked_reference() {
    let check = json!({ "revoked_reference": { "by": "repository", "answer": [{ "status": "4XX" }] } });
    let revoked = || story(ShiftAgent).issued(0).issued(1).revoked(0);
    let create = |status: u16| {
        revoked().dependent(Step::Create("repository".into(), dependent(0), Slot(0)), status, NOTHING)
    };
    let repoint = |status: u16, refers: &str| {
        let story = create(404).dependent(Step::Repoint(dependent(1), Slot(0)), status, NOTHING);
        story.dependent(Step::Read(dependent(1)), 200, repository(refers))
    };
    repoint(404, "id-1").says(check.clone(), Pass);
    create(201).says(check.clone(), Fail);
    repoint(200, "id-0").says(check.clone(), Fail);
    repoint(404, "id-0").says(check.clone(), Fail);
    create(503).says(check.clone(), Open);
    story(ShiftAgent).issued(0).revoke(0, 404, NOTHING).says(check, Open);
}

#[test]
fn last_active() {
    let check = json!({ "last_active": {
        "by": "outsider", "answer": [{ "status": 409 }], "preferred": { "body": { "/code": "last_active_credential" } },
    } });
    let ask = |status: u16, code: &str| {
        live(Dinie)
            .step(Step::revoke_by(0, By::Caller("outsider".into())), &[(status, json!({ "code": code }))])
    };
    ask(409, "last_active_credential").used(0, true).says(check.clone(), Pass);
    ask(409, "conflict").used(0, true).says(check.clone(), Divergence);
    ask(204, "").used(0, false).says(check.clone(), Fail);
    ask(409, "last_active_credential").used(0, false).says(check.clone(), Fail);
    ask(503, "").says(check.clone(), Open);
    live(Dinie).says(check, Open);
}

#[test]
fn concurrent_revocation() {
    let check = |successes: &str| {
        json!({ "concurrent_revocation": {
            "parallel": 3, "successes": successes, "others": [{ "status": 404 }],
        } })
    };
    let ask = |statuses: &[u16]| {
        let answers: Vec<_> = statuses.iter().map(|status| (*status, json!({ "revoked": true }))).collect();
        live(EntryTarget).step(Step::RevokeMany(Slot(0), 3), &answers).after(905)
    };
    ask(&[404, 200, 404]).used(0, false).says(check("one"), Pass);
    ask(&[200, 200, 404]).used(0, false).says(check("one"), Fail);
    ask(&[200, 200, 404]).used(0, false).says(check("at-least-one"), Pass);
    ask(&[404, 404, 404]).says(check("at-least-one"), Fail);
    ask(&[200, 500, 404]).used(0, false).says(check("one"), Fail);
    ask(&[200, 404, 404]).used(0, true).says(check("one"), Fail);
    ask(&[200, 503, 404]).used(0, false).says(check("one"), Open);
    live(EntryTarget).says(check("one"), Open);
}

/// Every check of every bundled contract makes a scenario, and says of an empty history that it was not exercised.
#[test]
fn nothing_is_passed_without_being_exercised() {
    for vendor in rescind_specs::Vendor::ALL {
        let lifecycle = vendor.contract().unwrap().lifecycle().unwrap();
        for check in lifecycle.requirements.iter().flat_map(|requirement| &requirement.check) {
            story(vendor).says(serde_json::to_value(check).unwrap(), Open);
        }
    }
}
