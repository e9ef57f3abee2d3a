//! WattShift's requirements, spoken over the router with a clock to move.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod support;

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use proptest::prelude::*;
use rescind_server::limiter::RateLimit;
use rescind_server::state::Settings;
use rescind_server::{Bootstrap, Vendor};
use serde_json::{Value, json};
use support::{App, Payload, Reply, Rule, Verdict, ensure, faults_are_caught, hold, rules};

const VENDOR: Vendor = Vendor::WattShift;

/// An issued credential.
#[derive(Clone, Debug)]
struct Issued {
    id: String,
    key: String,
    path: String,
}

/// What asks for a credential, with some members replaced.
fn wanted(other: &Value) -> Value {
    let mut body = json!({
        "organization_name": "Example Energy Lab",
        "user_name": "Robin Example",
        "assignment": "Check that revoked keys are refused.",
        "requested_scopes": ["calculate", "homes"],
        "requested_ttl_seconds": 3600,
    });
    for (name, value) in other.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn ask(app: &App, body: Value) -> Reply {
    app.call(Method::POST, "/v1/agent-credentials", &[], Payload::Json(body)).await
}

async fn issued(app: &App, other: Value) -> Result<Issued, String> {
    let reply = ask(app, wanted(&other)).await;
    ensure(reply.at("/outcome") == "issued", reply.text.clone())?;
    Ok(Issued {
        id: reply.at("/credential_id").to_owned(),
        key: reply.at("/credential").to_owned(),
        path: reply.at("/revocation_path").to_owned(),
    })
}

async fn fresh(app: &App) -> Result<Issued, String> {
    issued(app, json!({})).await
}

async fn post(app: &App, key: &str, path: &str, body: Payload) -> Reply {
    app.call(Method::POST, path, &[("X-WS-API-Key", key)], body).await
}

async fn revoke(app: &App, key: &str, id: &str) -> Reply {
    post(app, key, &format!("/v1/agent-credentials/{id}/revoke"), Payload::None).await
}

/// A credential that was used and has revoked itself.
async fn revoked(app: &App) -> Result<Issued, String> {
    let credential = fresh(app).await?;
    is_accepted(app, &credential.key).await?;
    let reply = revoke(app, &credential.key, &credential.id).await;
    ensure(reply.status == 200, format!("revoking: {}", reply.text))?;
    Ok(credential)
}

async fn probe(app: &App, key: &str) -> Reply {
    let body = json!({ "zipcode": "94107", "detailLevel": "minimal" });
    post(app, key, "/v1/utility/get", Payload::Json(body)).await
}

fn says(reply: &Reply, status: u16, code: &str) -> Verdict {
    let received = (reply.status, reply.at("/error_code"));
    ensure(received == (status, code), format!("documented {status} {code}, received {received:?}"))
}

async fn is_accepted(app: &App, key: &str) -> Verdict {
    let utility = probe(app, key).await;
    ensure(utility.status == 200 && !utility.body.as_array().unwrap().is_empty(), utility.text)?;
    let homes = post(app, key, "/v1/homes/list", Payload::None).await;
    ensure(homes.status == 200, homes.text)
}

async fn is_refused(app: &App, key: &str, code: &str) -> Verdict {
    let session = "/v1/onboarding/session-token/generate";
    says(&probe(app, key).await, 401, code)?;
    says(&post(app, key, "/v1/homes/list", Payload::None).await, 401, code)?;
    says(&post(app, key, session, Payload::None).await, 401, code)
}

const REVOKED: &str = "AUTH_REVOKED_CREDENTIAL";

// Revoking.

async fn r1_a_revocation_is_confirmed(app: App) -> Verdict {
    let credential = fresh(&app).await?;
    let reply = revoke(&app, &credential.key, &credential.id).await;
    let told = (reply.status, reply.at("/outcome"), reply.at("/credential_id"));
    ensure(told == (200, "revoked", credential.id.as_str()), format!("{told:?}"))?;
    ensure(reply.media_type == "application/json", reply.media_type.clone())?;
    ensure(reply.body["production_access"] == false, "production access")?;
    ensure(!reply.at("/next_steps").is_empty() && !reply.at("/request_id").is_empty(), reply.text.clone())
}

async fn r2_a_revoked_key_no_longer_works(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    app.advance(300);
    for _ in 0..10 {
        ensure(probe(&app, &credential.key).await.status == 401, "accepted")?;
        app.advance(60);
    }
    Ok(())
}

async fn r3_a_revoked_key_is_told_from_an_unknown_one(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    is_refused(&app, &credential.key, REVOKED).await?;
    for unknown in ["wsk_agent_unknown", "x", &credential.key[..credential.key.len() - 1], &credential.id] {
        is_refused(&app, unknown, "AUTH_INVALID_API_KEY").await?;
    }
    Ok(())
}

async fn r4_a_revocation_takes_effect_at_once(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    is_refused(&app, &credential.key, REVOKED).await
}

async fn r4_a_revocation_is_done_though_the_key_is_used(app: App) -> Verdict {
    // More than once: whether a use meets the revocation is a matter of chance.
    for _ in 0..10 {
        let credential = fresh(&app).await?;
        let uses = (0..4).map(|_| {
            let (app, credential) = (app.clone(), credential.clone());
            tokio::spawn(async move { probe(&app, &credential.key).await.status })
        });
        let uses: Vec<_> = uses.collect();
        let reply = revoke(&app, &credential.key, &credential.id).await;
        ensure(reply.status == 200, reply.text)?;
        for used in uses {
            ensure([200, 401].contains(&used.await.unwrap_or(0)), "a use failed")?;
        }
        is_refused(&app, &credential.key, REVOKED).await?;
    }
    Ok(())
}

async fn r5_a_revocation_is_final(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    app.advance(300);
    for _ in 0..20 {
        is_refused(&app, &credential.key, REVOKED).await?;
        app.advance(360);
    }
    Ok(())
}

async fn r5_a_restart_revives_nothing(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    app.hook("restart", "").await;
    is_refused(&app, &credential.key, REVOKED).await
}

async fn r6_a_new_request_gives_another_credential(app: App) -> Verdict {
    let old = revoked(&app).await?;
    let new = fresh(&app).await?;
    ensure(old.id != new.id && old.key != new.key, "the same credential again")?;
    is_accepted(&app, &new.key).await?;
    is_refused(&app, &old.key, REVOKED).await
}

async fn r7_a_sibling_is_safe(app: App) -> Verdict {
    let (one, other) = (fresh(&app).await?, fresh(&app).await?);
    says(&revoke(&app, &one.key, &other.id).await, 403, "FORBIDDEN")?;
    is_accepted(&app, &one.key).await?;
    is_accepted(&app, &other.key).await
}

async fn r8_an_unknown_id_is_answered_like_a_foreign_one(app: App) -> Verdict {
    let (one, other, dead) = (fresh(&app).await?, fresh(&app).await?, revoked(&app).await?);
    let mut foreign = revoke(&app, &one.key, &other.id).await;
    foreign.body["request_id"] = Value::Null;
    for id in [dead.id.as_str(), "ws_agent_cred_unknown", "x", "%20", "..%2f..", "%E2%82%AC"] {
        let mut reply = revoke(&app, &one.key, id).await;
        ensure(reply.status == 403 && !reply.at("/request_id").is_empty(), reply.text.clone())?;
        reply.body["request_id"] = Value::Null;
        ensure(reply.body == foreign.body, reply.text)?;
    }
    is_accepted(&app, &one.key).await
}

async fn r10_nobody_revokes_without_a_key(app: App) -> Verdict {
    let credential = fresh(&app).await?;
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("x-ws-api-key", "")],
        &[("x-ws-api-key", &credential.key), ("x-ws-api-key", "wsk_agent_unknown")],
        &[("Authorization", &credential.key)],
    ];
    for headers in cases {
        let reply = app.call(Method::POST, &credential.path, headers, Payload::None).await;
        says(&reply, 401, "AUTH_MISSING_API_KEY")?;
        ensure(!reply.at("/recovery_action").is_empty(), reply.text)?;
    }
    is_accepted(&app, &credential.key).await
}

async fn r11_a_repeated_revocation_finds_the_key_dead(app: App) -> Verdict {
    let credential = revoked(&app).await?;
    for _ in 0..3 {
        says(&revoke(&app, &credential.key, &credential.id).await, 401, REVOKED)?;
        is_refused(&app, &credential.key, REVOKED).await?;
    }
    Ok(())
}

async fn r12_the_body_is_optional_and_bounded(app: App) -> Verdict {
    let accepted = [
        Payload::None,
        Payload::Json(json!({})),
        Payload::Json(json!({ "reason": "" })),
        Payload::Json(json!({ "reason": "é".repeat(255) })),
        Payload::Json(json!({ "reason": "done", "more": 1 })),
    ];
    for body in accepted {
        let credential = fresh(&app).await?;
        let reply = post(&app, &credential.key, &credential.path, body).await;
        ensure(reply.status == 200, reply.text)?;
    }
    let credential = fresh(&app).await?;
    let body = Payload::Json(json!({ "reason": "é".repeat(256) }));
    let reply = post(&app, &credential.key, &credential.path, body).await;
    says(&reply, 400, "VALIDATION_FAILED")?;
    ensure(reply.at("/field_errors/0/field") == "reason", reply.text)?;
    is_accepted(&app, &credential.key).await
}

async fn r13_a_refused_revocation_changes_nothing(app: App) -> Verdict {
    let (credential, other) = (fresh(&app).await?, fresh(&app).await?);
    let key = credential.key.as_str();
    let bodies = [
        Payload::Json(json!({ "reason": "x".repeat(256) })),
        Payload::Json(json!({ "reason": 1 })),
        Payload::Json(json!([])),
        Payload::Raw("application/json", b"{".to_vec()),
        Payload::Raw("text/plain", b"{}".to_vec()),
    ];
    for body in bodies {
        says(&post(&app, key, &credential.path, body).await, 400, "VALIDATION_FAILED")?;
        is_accepted(&app, key).await?;
    }
    for (other_key, status) in [("wsk_agent_unknown", 401), (other.key.as_str(), 403)] {
        ensure(revoke(&app, other_key, &credential.id).await.status == status, "another status")?;
        is_accepted(&app, key).await?;
    }
    says(&app.call(Method::POST, &credential.path, &[], Payload::None).await, 401, "AUTH_MISSING_API_KEY")?;
    is_accepted(&app, key).await
}

async fn r19_of_several_revocations_one_is_confirmed(app: App) -> Verdict {
    let credential = fresh(&app).await?;
    let calls = (0..16).map(|_| {
        let (app, credential) = (app.clone(), credential.clone());
        tokio::spawn(async move { revoke(&app, &credential.key, &credential.id).await })
    });
    let mut confirmed = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            confirmed += 1;
        } else {
            says(&reply, 401, REVOKED)?;
        }
    }
    ensure(confirmed == 1, format!("{confirmed} were confirmed"))?;
    is_refused(&app, &credential.key, REVOKED).await
}

// Issuing.

async fn r14_the_secret_is_shown_once(app: App) -> Verdict {
    let (credential, other) = (fresh(&app).await?, fresh(&app).await?);
    let answers = [
        probe(&app, &credential.key).await,
        revoke(&app, &credential.key, &other.id).await,
        post(&app, &credential.key, &credential.path, Payload::Json(json!({ "reason": 1 }))).await,
        revoke(&app, &credential.key, &credential.id).await,
        revoke(&app, &credential.key, &credential.id).await,
        probe(&app, &credential.key).await,
        probe(&app, &format!("{}0", credential.key)).await,
        ask(&app, json!({ "user_name": credential.key })).await,
    ];
    ensure(!answers.iter().any(|answer| answer.text.contains(&credential.key)), "the secret was repeated")
}

async fn r15_the_answer_describes_its_revocation(app: App) -> Verdict {
    let reply = ask(&app, wanted(&json!({}))).await;
    let (id, path) = (reply.at("/credential_id"), reply.at("/revocation_path"));
    ensure(path == format!("/v1/agent-credentials/{id}/revoke"), path)?;
    ensure(id.starts_with("ws_agent_cred_") && reply.at("/credential").starts_with("wsk_agent_"), id)?;
    ensure(reply.at("/key_prefix") == "wsk_agent", reply.at("/key_prefix"))?;
    let method: Method = reply.at("/revocation_method").parse().map_err(|_| "no method")?;
    let headers = [("x-ws-api-key", reply.at("/credential"))];
    let revoked = app.call(method, path, &headers, Payload::None).await;
    ensure(revoked.at("/outcome") == "revoked", revoked.text)
}

async fn r16_a_denial_issues_nothing(app: App) -> Verdict {
    for (other, outcome) in [
        (json!({ "requested_environment": "production" }), "production_denied"),
        (json!({ "assignment": "0123456789 ..." }), "needs_more_info"),
    ] {
        let reply = ask(&app, wanted(&other)).await;
        ensure((reply.status, reply.at("/outcome")) == (200, outcome), reply.text.clone())?;
        ensure(reply.at("/environment") == "sandbox", reply.text.clone())?;
        ensure(reply.body["production_access"] == false, reply.text.clone())?;
        for member in ["credential", "credential_id", "key_prefix", "expires_at", "revocation_path", "scopes"]
        {
            ensure(reply.body.get(member).is_none(), format!("{outcome} has {member}"))?;
        }
    }
    Ok(())
}

async fn r17_an_expired_key_is_told_from_a_revoked_one(app: App) -> Verdict {
    let asked = ask(&app, wanted(&json!({ "requested_ttl_seconds": 120 }))).await;
    let expires_at: Timestamp = asked.at("/expires_at").parse().map_err(|_| "no expires_at")?;
    ensure(expires_at.duration_since(app.now()).as_secs() == 120, "another lifetime")?;
    let (key, id) = (asked.at("/credential"), asked.at("/credential_id"));
    app.advance(119);
    is_accepted(&app, key).await?;
    app.advance(1);
    is_refused(&app, key, "AUTH_EXPIRED_CREDENTIAL").await?;
    says(&revoke(&app, key, id).await, 401, "AUTH_EXPIRED_CREDENTIAL")
}

async fn r18_production_access_is_never_given(app: App) -> Verdict {
    let asked = ask(&app, wanted(&json!({}))).await;
    ensure(asked.body["production_access"] == false, asked.text.clone())?;
    ensure(asked.at("/environment") == "sandbox", asked.text.clone())?;
    let reply = revoke(&app, asked.at("/credential"), asked.at("/credential_id")).await;
    ensure(reply.body["production_access"] == false, reply.text)
}

// The form of answers.

async fn form_of_requests(app: App) -> Verdict {
    let long = |length: usize| "x".repeat(length);
    let accepted = [
        json!({ "assignment": long(10) }),
        json!({ "assignment": long(4000), "organization_name": long(255), "user_name": long(1) }),
        json!({ "requested_scopes": vec![long(128); 20], "tech_stack": vec![long(64); 20] }),
        json!({ "requested_ttl_seconds": 1, "requested_environment": "sandbox" }),
        json!({ "requested_ttl_seconds": u64::MAX }),
        json!({ "user_email": "robin@example.com", "docs_context": "https://example.com/docs" }),
    ];
    for other in accepted {
        issued(&app, other).await?;
    }
    let rejected = [
        ("assignment", json!(long(9))),
        ("assignment", json!(long(4001))),
        ("organization_name", json!("")),
        ("user_name", json!(long(256))),
        ("requested_scopes", json!([])),
        ("requested_scopes", json!(vec!["x"; 21])),
        ("requested_scopes.0", json!([long(129)])),
        ("tech_stack.1", json!(["rust", long(65)])),
        ("agent", json!(long(129))),
        ("company", json!(256)),
        ("requested_environment", json!("staging")),
        ("requested_ttl_seconds", json!(0)),
        ("requested_ttl_seconds", json!(1.5)),
    ];
    for (field, value) in rejected {
        let member = field.split('.').next().unwrap_or_default();
        let reply = ask(&app, wanted(&json!({ member: value }))).await;
        says(&reply, 400, "VALIDATION_FAILED")?;
        ensure(reply.at("/field_errors/0/field") == field, format!("{field}: {}", reply.text))?;
    }
    let reply = ask(&app, json!({})).await;
    says(&reply, 400, "VALIDATION_FAILED")?;
    ensure(reply.body["field_errors"].as_array().is_some_and(|errors| errors.len() == 4), reply.text)
}

async fn form_of_refusals(app: App) -> Verdict {
    let credential = fresh(&app).await?;
    for (path, status) in [("/nowhere", 404), ("/v1/agent-credentials/", 404), ("/v1/homes/list", 405)] {
        let reply = app.call(Method::GET, path, &[], Payload::None).await;
        ensure(reply.status == status && !reply.at("/error_code").is_empty(), reply.text)?;
    }
    let long = vec![b'a'; app.state.limits().body + 1];
    for (media_type, bytes) in [
        ("application/json", b"{".to_vec()),
        ("application/json", b"\xff".to_vec()),
        ("text/plain", b"{}".to_vec()),
        ("", b"{}".to_vec()),
        ("application/json", long),
        ("application/json", b"[]".to_vec()),
        ("application/json", br#"{"zipcode": "x"}"#.to_vec()),
    ] {
        let body = Payload::Raw(media_type, bytes);
        let reply = post(&app, &credential.key, "/v1/utility/get", body).await;
        says(&reply, 400, "VALIDATION_FAILED")?;
        ensure(!reply.text.contains("backtrace"), reply.text)?;
    }
    Ok(())
}

async fn form_of_other_methods(app: App) -> Verdict {
    let credential = fresh(&app).await?;
    for method in [Method::HEAD, Method::OPTIONS, Method::GET, Method::DELETE] {
        let headers = [("x-ws-api-key", credential.key.as_str())];
        let reply = app.call(method, &credential.path, &headers, Payload::None).await;
        ensure(reply.status == 405, format!("{}", reply.status))?;
    }
    is_accepted(&app, &credential.key).await
}

const REVOKING: &[Rule] = rules![
    "R1" => r1_a_revocation_is_confirmed,
    "R2" => r2_a_revoked_key_no_longer_works,
    "R3" => r3_a_revoked_key_is_told_from_an_unknown_one,
    "R4" => r4_a_revocation_is_done_though_the_key_is_used,
    "R5" => r5_a_restart_revives_nothing,
    "R4" => r4_a_revocation_takes_effect_at_once,
    "R5" => r5_a_revocation_is_final,
    "R6" => r6_a_new_request_gives_another_credential,
    "R11" => r11_a_repeated_revocation_finds_the_key_dead,
    "R12" => r12_the_body_is_optional_and_bounded,
    "R13" => r13_a_refused_revocation_changes_nothing,
    "R19" => r19_of_several_revocations_one_is_confirmed,
];

const CALLERS: &[Rule] = rules![
    "R7" => r7_a_sibling_is_safe,
    "R8" => r8_an_unknown_id_is_answered_like_a_foreign_one,
    "R9" => r1_a_revocation_is_confirmed,
    "R10" => r10_nobody_revokes_without_a_key,
];

const ISSUING: &[Rule] = rules![
    "R14" => r14_the_secret_is_shown_once,
    "R15" => r15_the_answer_describes_its_revocation,
    "R16" => r16_a_denial_issues_nothing,
    "R17" => r17_an_expired_key_is_told_from_a_revoked_one,
    "R18" => r18_production_access_is_never_given,
];

const FORM: &[Rule] = rules![
    "requests" => form_of_requests,
    "refusals" => form_of_refusals,
    "long bodies" => support::a_long_body_is_no_failure,
    "other methods" => form_of_other_methods,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revoking() {
    hold(VENDOR, REVOKING).await;
}

#[tokio::test]
async fn who_may_revoke() {
    hold(VENDOR, CALLERS).await;
}

#[tokio::test]
async fn issuing() {
    hold(VENDOR, ISSUING).await;
}

#[tokio::test]
async fn form_of_answers() {
    hold(VENDOR, FORM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_breaks_what_it_says() {
    faults_are_caught(VENDOR, &[REVOKING, CALLERS, ISSUING, FORM].concat()).await;
}

#[tokio::test]
async fn throttling_is_an_outcome() {
    let rate = RateLimit { calls: 2, window: Duration::from_mins(1) };
    let app = App::with(VENDOR, &[], Settings { rate, ..Settings::default() }).await;
    for _ in 0..2 {
        fresh(&app).await.unwrap();
    }
    let reply = ask(&app, wanted(&json!({}))).await;
    assert_eq!((reply.status, reply.at("/outcome")), (200, "rate_limited"));
    assert_eq!(reply.body["retry_after_seconds"], 60);
    assert_eq!(reply.body.get("credential_id"), None);
    app.advance(60);
    fresh(&app).await.unwrap();
    app.documented().unwrap();
}

#[tokio::test]
async fn what_is_granted_is_what_was_asked_for() {
    let app = App::new(VENDOR, &[]).await;
    assert_eq!(app.start, Bootstrap::default(), "nobody needs a credential to ask for one");
    let scopes = json!(["homes", "utility:read", "homes", ""]);
    let reply =
        ask(&app, wanted(&json!({ "requested_scopes": scopes, "requested_ttl_seconds": null }))).await;
    assert_eq!(reply.status, 400, "null is no lifetime");
    let mut body = wanted(&json!({ "requested_scopes": scopes }));
    body.as_object_mut().unwrap().shift_remove("requested_ttl_seconds");
    let reply = ask(&app, body).await;
    assert_eq!(reply.body["scopes"], json!(["homes", "utility:read", ""]));
    assert_eq!(reply.at("/expires_at"), "2026-01-16T10:30:00Z");
    let reply = ask(&app, wanted(&json!({ "requested_ttl_seconds": u64::MAX }))).await;
    assert_eq!(reply.at("/expires_at"), "2027-01-15T10:30:00Z");
    app.documented().unwrap();
}

#[tokio::test]
async fn a_failing_database_refuses_nobody() {
    let app = App::new(VENDOR, &[]).await;
    let credential = fresh(&app).await.unwrap();
    app.state.store().close().await.unwrap();
    says(&probe(&app, &credential.key).await, 500, "INTERNAL_ERROR").unwrap();
}

#[tokio::test]
async fn a_key_shows_utilities_homes_and_a_session() {
    let app = App::new(VENDOR, &[]).await;
    let key = fresh(&app).await.unwrap().key;
    let utilities = async |body: Value| {
        let reply = post(&app, &key, "/v1/utility/get", Payload::Json(body)).await;
        let utilities = reply.body.as_array().unwrap().clone();
        utilities.iter().map(|utility| utility["utilityId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(utilities(json!({})).await, ["14328", "17609", "4226"]);
    assert_eq!(utilities(json!({ "zipcode": "10001" })).await, ["4226"]);
    assert_eq!(utilities(json!({ "utilityId": "17609", "zipcode": "94107" })).await, ["17609"]);
    assert_eq!(utilities(json!({ "utilityId": "none" })).await, [""; 0]);
    let homes = post(&app, &key, "/v1/homes/list", Payload::None).await;
    assert_eq!(homes.body.as_array().unwrap().len(), 1);
    let session = "/v1/onboarding/session-token/generate";
    let tokens = [
        post(&app, &key, session, Payload::None).await,
        post(&app, &key, session, Payload::Json(json!({ "userId": "user_1" }))).await,
    ];
    assert!(tokens.iter().all(|reply| reply.status == 200 && !reply.at("/sessionToken").is_empty()));
    assert_ne!(tokens[0].text, tokens[1].text);
    app.documented().unwrap();
}

/// What a random traffic consists of.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Issue(u64),
    Use(usize),
    Revoke(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0u64..100).prop_map(Act::Wait),
        2 => (1u64..400).prop_map(Act::Issue),
        4 => any::<usize>().prop_map(Act::Use),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(by, whom)| Act::Revoke(by, whom)),
    ]
}

/// A credential as it should be.
struct Known {
    issued: Issued,
    expires_at: Timestamp,
    revoked: bool,
}

impl Known {
    /// The code with which it is refused now.
    fn refusal(&self, now: Timestamp) -> Option<&'static str> {
        if self.revoked {
            Some(REVOKED)
        } else {
            (self.expires_at <= now).then_some("AUTH_EXPIRED_CREDENTIAL")
        }
    }
}

/// Anything that could stand in a request.
fn noise() -> impl Strategy<Value = (usize, String, String, Vec<u8>, bool)> {
    let path = prop_oneof![
        Just("/v1/agent-credentials".to_owned()),
        "/v1/agent-credentials/[a-zA-Z0-9%_.~-]{0,20}/revoke",
        Just("/v1/utility/get".to_owned()),
        Just("/v1/homes/list".to_owned()),
        Just("/v1/onboarding/session-token/generate".to_owned()),
    ];
    let member =
        "\"(reason|zipcode|assignment|user_name|requested_ttl_seconds|requested_scopes|lat|userId)\"";
    let value = "(\"[ -!#-\\[\\]-~]{0,20}\"|[0-9]{1,30}|-1e999|null|\\[\\]|\\{\\}|true)";
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::string::string_regex(&format!("\\{{({member}:{value},){{0,3}}{member}:{value}\\}}"))
            .unwrap()
            .prop_map(String::into_bytes),
    ];
    (0usize..6, path, "(wsk_agent_)?[ -~]{0,20}", body, any::<bool>())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_credential_is_what_was_done_to_it(acts in prop::collection::vec(act(), 1..60)) {
        runtime().block_on(async {
            let app = App::new(VENDOR, &[]).await;
            let mut all: Vec<Known> = Vec::new();
            for act in acts {
                match act {
                    Act::Wait(seconds) => app.advance(seconds),
                    Act::Issue(seconds) => {
                        let issued = issued(&app, json!({ "requested_ttl_seconds": seconds })).await.unwrap();
                        let expires_at = app.now() + Duration::from_secs(seconds);
                        all.push(Known { issued, expires_at, revoked: false });
                    }
                    Act::Use(_) | Act::Revoke(..) if all.is_empty() => {}
                    Act::Use(whom) => {
                        let known = &all[whom % all.len()];
                        let verdict = match known.refusal(app.now()) {
                            None => is_accepted(&app, &known.issued.key).await,
                            Some(code) => is_refused(&app, &known.issued.key, code).await,
                        };
                        prop_assert_eq!(verdict, Ok(()));
                    }
                    Act::Revoke(by, whom) => {
                        let (by, whom) = (by % all.len(), whom % all.len());
                        let reply = revoke(&app, &all[by].issued.key, &all[whom].issued.id).await;
                        match all[by].refusal(app.now()) {
                            Some(code) => prop_assert_eq!(says(&reply, 401, code), Ok(())),
                            None if by != whom => prop_assert_eq!(says(&reply, 403, "FORBIDDEN"), Ok(())),
                            None => {
                                prop_assert_eq!(reply.status, 200);
                                all[whom].revoked = true;
                            }
                        }
                    }
                }
            }
            prop_assert_eq!(app.documented(), Ok(()));
            Ok(())
        })?;
    }

    #[test]
    fn any_request_gets_a_documented_answer(requests in prop::collection::vec(noise(), 1..40)) {
        runtime().block_on(async {
            let app = App::new(VENDOR, &[]).await;
            let live = fresh(&app).await.unwrap();
            let methods = [Method::POST, Method::POST, Method::POST, Method::GET, Method::HEAD, Method::PUT];
            for (method, path, key, body, authenticated) in requests {
                let is_head = methods[method] == Method::HEAD;
                let key = if authenticated { &live.key } else { &key };
                let body = Payload::Raw("application/json", body);
                let reply = app.call(methods[method].clone(), &path, &[("x-ws-api-key", key)], body).await;
                prop_assert!(reply.status < 500, "{} {}", reply.status, reply.text);
                // The answer to HEAD has no body.
                if reply.status >= 400 && !is_head {
                    prop_assert!(!reply.at("/error_code").is_empty(), "{}", reply.text);
                    prop_assert!(!reply.at("/request_id").is_empty(), "{}", reply.text);
                    prop_assert_eq!(reply.media_type, "application/json");
                }
            }
            prop_assert_eq!(app.documented(), Ok(()));
            Ok(())
        })?;
    }
}
