//! EntryTarget's requirements, spoken over the router with a clock to move.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod support;

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;
use proptest::prelude::*;
use rescind_server::bootstrap::{OPERATOR, Pair};
use rescind_server::id::Ids;
use rescind_server::keys::Keys;
use rescind_server::state::Settings;
use rescind_server::store::{PairState, SqliteStore};
use rescind_server::{Clock, Vendor, vendor};
use serde_json::json;
use sqlx::Connection as _;
use support::{App, Payload, Reply, Rule, Verdict, ensure, faults_are_caught, hold, rules};

const VENDOR: Vendor = Vendor::EntryTarget;

/// The bound on the life of a revoked pair, in seconds.
const BOUND: u64 = 300;

/// An id that no account has.
const NOWHERE: &str = "/account/6f1d2c0e-8b47-4e3a-9d15-7c20a4be93f8";

fn operator(app: &App) -> Pair {
    app.start.callers[OPERATOR].clone()
}

/// A genuine pair that is not registered.
fn mint(app: &App) -> Pair {
    vendor::mint(&app.state, 1).remove(0)
}

async fn register(app: &App, pair: &Pair) -> Reply {
    let body = json!({ "api_key": pair.id, "api_secret": pair.secret.expose() });
    app.call(Method::POST, "/credentials", &[], Payload::Json(body)).await
}

/// A registered pair.
async fn registered(app: &App) -> Pair {
    let pair = mint(app);
    assert_eq!(register(app, &pair).await.status, 201);
    pair
}

async fn call(app: &App, by: &Pair, method: Method, path: &str, body: Payload) -> Reply {
    let headers = [("X-Api-Key", by.id.as_str()), ("X-Api-Secret", by.secret.expose())];
    app.call(method, path, &headers, body).await
}

async fn revoke(app: &App, by: &Pair, api_key: &str) -> Reply {
    call(app, by, Method::DELETE, &format!("/credentials/{api_key}"), Payload::None).await
}

/// A pair that was used, and then revoked by the operator.
async fn revoked(app: &App) -> Result<Pair, String> {
    let pair = registered(app).await;
    is_accepted(app, &pair).await?;
    let reply = revoke(app, &operator(app), &pair.id).await;
    ensure(reply.status == 200, format!("revoking: {}", reply.status))?;
    Ok(pair)
}

async fn probe(app: &App, pair: &Pair) -> Reply {
    call(app, pair, Method::GET, NOWHERE, Payload::None).await
}

fn says(reply: &Reply, status: u16, code: &str) -> Verdict {
    let received = (reply.status, reply.at("/error/code"));
    ensure(received == (status, code), format!("documented {status} {code}, received {received:?}"))
}

async fn is_accepted(app: &App, pair: &Pair) -> Verdict {
    says(&probe(app, pair).await, 404, "ACCOUNT_NOT_FOUND")
}

async fn is_refused(app: &App, pair: &Pair) -> Verdict {
    says(&probe(app, pair).await, 401, "UNAUTHORIZED")
}

fn confirms(reply: &Reply, api_key: &str) -> Verdict {
    let confirmed = json!({ "api_key": api_key, "revoked": true });
    ensure(reply.status == 200 && reply.body == confirmed, format!("{} {}", reply.status, reply.text))
}

/// Revokes while the pair is used every `step` seconds, and says at which second it was last accepted.
async fn last_accepted(app: &App, step: u64, until: u64) -> Result<u64, String> {
    let pair = revoked(app).await?;
    let mut last = 0;
    for second in (0..until).step_by(usize::try_from(step).unwrap()) {
        if is_accepted(app, &pair).await.is_ok() {
            last = second;
        }
        is_accepted(app, &operator(app)).await?;
        app.advance(step);
    }
    Ok(last)
}

// Registering.

async fn r17_a_wrong_secret_is_no_pair(app: App) -> Verdict {
    let (pair, other) = (mint(&app), mint(&app));
    for secret in ["sk_", "sk_0", other.secret.expose(), &pair.secret.expose()[..40]] {
        says(&register(&app, &Pair::new(&pair.id, secret)).await, 403, "INVALID_CREDENTIAL")?;
    }
    ensure(app.state.store().pair(&pair.id).await.unwrap().is_none(), "something was stored")?;
    let reply = register(&app, &pair).await;
    ensure(reply.status == 201 && reply.body == json!({ "api_key": pair.id }), reply.text)?;
    is_accepted(&app, &pair).await
}

async fn r18_a_live_pair_cannot_be_registered_again(app: App) -> Verdict {
    let pair = registered(&app).await;
    says(&register(&app, &pair).await, 409, "DUPLICATE_API_KEY")?;
    is_accepted(&app, &pair).await
}

async fn r19_an_existing_key_is_told_to_nobody(app: App) -> Verdict {
    let (known, unknown) = (registered(&app).await, mint(&app));
    let known = register(&app, &Pair::new(known.id, "sk_0")).await;
    let unknown = register(&app, &Pair::new(unknown.id, "sk_0")).await;
    ensure((known.status, &known.text) == (unknown.status, &unknown.text), known.text.clone())
}

async fn r20_no_answer_holds_a_secret(app: App) -> Verdict {
    let (pair, caller) = (mint(&app), operator(&app));
    let mut answers = vec![register(&app, &Pair::new(&pair.id, format!("{}0", pair.secret.expose()))).await];
    for _ in 0..2 {
        answers.push(register(&app, &pair).await);
    }
    answers.push(probe(&app, &pair).await);
    answers.push(probe(&app, &Pair::new("ak_unknown", pair.secret.expose())).await);
    for _ in 0..2 {
        answers.push(revoke(&app, &caller, &pair.id).await);
    }
    answers.push(app.call(Method::GET, "/metrics", &[], Payload::None).await);
    let holds =
        |answer: &Reply| [&pair, &caller].iter().any(|pair| answer.text.contains(pair.secret.expose()));
    ensure(!answers.iter().any(holds), "a secret was answered")
}

async fn r21_a_new_pair_works_at_once(app: App) -> Verdict {
    let pair = mint(&app);
    is_refused(&app, &pair).await?;
    ensure(register(&app, &pair).await.status == 201, "not registered")?;
    is_accepted(&app, &pair).await
}

// Revoking.

async fn r1_a_revocation_is_confirmed(app: App) -> Verdict {
    let pair = registered(&app).await;
    let at = app.now();
    let reply = revoke(&app, &operator(&app), &pair.id).await;
    confirms(&reply, &pair.id)?;
    ensure(reply.media_type == "application/json", reply.media_type)?;
    let stored = app.state.store().pair(&pair.id).await.unwrap().unwrap();
    ensure(stored.state == PairState::Revoked { at: Some(at) }, format!("{stored:?}"))
}

async fn r7_a_revoked_pair_stays_dead(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    ensure(register(&app, &pair).await.status != 201, "registered again")?;
    app.advance(BOUND);
    for _ in 0..25 {
        is_refused(&app, &pair).await?;
        app.advance(3600);
    }
    Ok(())
}

async fn r8_a_revoked_pair_cannot_be_registered_again(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    says(&register(&app, &pair).await, 409, "DUPLICATE_API_KEY")?;
    app.advance(BOUND);
    is_refused(&app, &pair).await
}

async fn r9_a_repeated_revocation_finds_nothing(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    for _ in 0..3 {
        says(&revoke(&app, &operator(&app), &pair.id).await, 404, "CREDENTIAL_NOT_FOUND")?;
        app.advance(200);
    }
    is_refused(&app, &pair).await
}

async fn r10_an_unknown_key_is_answered_like_a_revoked_one(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    let dead = revoke(&app, &operator(&app), &pair.id).await;
    for unknown in ["ak_unknown", "x", "%20", "ak_%00", "%FF"] {
        let reply = revoke(&app, &operator(&app), unknown).await;
        says(&reply, 404, "CREDENTIAL_NOT_FOUND")?;
        ensure(reply.text == dead.text, reply.text)?;
    }
    Ok(())
}

async fn r27_one_of_several_revocations_wins(app: App) -> Verdict {
    let pair = registered(&app).await;
    let calls = (0..16).map(|_| {
        let (app, pair) = (app.clone(), pair.clone());
        tokio::spawn(async move { revoke(&app, &operator(&app), &pair.id).await })
    });
    let mut confirmed = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            confirmed += 1;
        } else {
            says(&reply, 404, "CREDENTIAL_NOT_FOUND")?;
        }
    }
    ensure(confirmed == 1, format!("{confirmed} were confirmed"))
}

// How long a revoked pair works.

async fn r2_a_revoked_pair_is_refused_in_time(app: App) -> Verdict {
    let last = last_accepted(&app, 5, 600).await?;
    ensure(last < BOUND, format!("accepted after {last} s"))
}

async fn r3_within_the_bound_it_is_remembered(app: App) -> Verdict {
    // Either is right; this server remembers, so that its callers see what the contract allows.
    let last = last_accepted(&app, 1, 301).await?;
    ensure(last == BOUND - 1, format!("last accepted after {last} s"))
}

async fn r4_use_does_not_stretch_the_bound(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    app.advance(BOUND - 1);
    probe(&app, &pair).await;
    app.advance(6);
    is_refused(&app, &pair).await
}

async fn r5_once_refused_is_always_refused(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    let mut refused = false;
    for _ in 0..150 {
        let accepted = is_accepted(&app, &pair).await.is_ok();
        ensure(!(refused && accepted), "accepted again")?;
        refused = !accepted;
        app.advance(60);
    }
    ensure(refused, "never refused")
}

async fn r6_an_unused_pair_is_refused_at_once(app: App) -> Verdict {
    let pair = registered(&app).await;
    revoke(&app, &operator(&app), &pair.id).await;
    is_refused(&app, &pair).await
}

async fn r2_uses_beside_the_revocation_do_not_stretch_the_bound(app: App) -> Verdict {
    let pair = registered(&app).await;
    let uses = (0..8).map(|_| {
        let (app, pair) = (app.clone(), pair.clone());
        tokio::spawn(async move {
            for _ in 0..20 {
                probe(&app, &pair).await;
            }
        })
    });
    let uses: Vec<_> = uses.collect();
    confirms(&revoke(&app, &operator(&app), &pair.id).await, &pair.id)?;
    app.advance(BOUND - 1);
    for used in uses {
        used.await.map_err(|error| error.to_string())?;
    }
    app.advance(1);
    is_refused(&app, &pair).await
}

async fn r15_a_revoked_pair_revokes_nobody_after_its_time(app: App) -> Verdict {
    let (dead, live) = (revoked(&app).await?, registered(&app).await);
    app.advance(BOUND);
    says(&revoke(&app, &dead, &live.id).await, 401, "UNAUTHORIZED")?;
    is_accepted(&app, &live).await
}

// Who may revoke.

async fn r11_any_pair_revokes_any_other(app: App) -> Verdict {
    let (one, other) = (registered(&app).await, registered(&app).await);
    confirms(&revoke(&app, &one, &other.id).await, &other.id)
}

async fn r12_a_pair_revokes_itself(app: App) -> Verdict {
    let pair = registered(&app).await;
    confirms(&revoke(&app, &pair, &pair.id).await, &pair.id)?;
    app.advance(BOUND);
    is_refused(&app, &pair).await
}

async fn r13_the_last_pair_may_go(app: App) -> Verdict {
    let last = operator(&app);
    confirms(&revoke(&app, &last, &last.id).await, &last.id)?;
    let next = registered(&app).await;
    is_accepted(&app, &next).await
}

async fn r14_nobody_else_revokes(app: App) -> Verdict {
    let (pair, caller) = (registered(&app).await, operator(&app));
    let path = format!("/credentials/{}", pair.id);
    let (key, secret) = (caller.id.as_str(), caller.secret.expose());
    let wrong = pair.secret.expose();
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("X-Api-Key", key)],
        &[("X-Api-Secret", secret)],
        &[("X-Api-Key", key), ("X-Api-Secret", wrong)],
        &[("X-Api-Key", key), ("X-Api-Secret", "")],
        &[("X-Api-Key", ""), ("X-Api-Secret", secret)],
        &[("X-Api-Key", key), ("X-Api-Key", &pair.id), ("X-Api-Secret", secret)],
        &[("X-Api-Key", "ak_unknown"), ("X-Api-Secret", secret)],
        &[("X-Api-Key", secret), ("X-Api-Secret", key)],
        &[("Authorization", secret)],
    ];
    // The caller is remembered; a wrong secret must not profit from it.
    is_accepted(&app, &caller).await?;
    let mut texts = Vec::new();
    for headers in cases {
        let reply = app.call(Method::DELETE, &path, headers, Payload::None).await;
        says(&reply, 401, "UNAUTHORIZED")?;
        texts.push(reply.text);
    }
    ensure(texts.iter().all(|text| *text == texts[0]), "the refusals differ")?;
    is_accepted(&app, &pair).await
}

async fn r16_others_are_left_alone(app: App) -> Verdict {
    let (pair, other) = (registered(&app).await, registered(&app).await);
    revoke(&app, &operator(&app), &pair.id).await;
    for _ in 0..3 {
        is_accepted(&app, &operator(&app)).await?;
        is_accepted(&app, &other).await?;
        app.advance(BOUND);
    }
    Ok(())
}

async fn r2_a_revocation_is_done_though_the_pair_is_used(app: App) -> Verdict {
    // More than once: whether a use meets the revocation is a matter of chance.
    for _ in 0..10 {
        let pair = registered(&app).await;
        let uses = (0..4).map(|_| {
            let (app, pair) = (app.clone(), pair.clone());
            tokio::spawn(async move { probe(&app, &pair).await.status })
        });
        let uses: Vec<_> = uses.collect();
        confirms(&revoke(&app, &operator(&app), &pair.id).await, &pair.id)?;
        for used in uses {
            ensure([401, 404].contains(&used.await.unwrap_or(0)), "a use failed")?;
        }
        app.advance(BOUND);
        is_refused(&app, &pair).await?;
    }
    Ok(())
}

// What is done beside the API.

async fn r22_a_pair_made_inactive_by_hand_is_refused_in_time(app: App) -> Verdict {
    let pair = registered(&app).await;
    is_accepted(&app, &pair).await?;
    app.hook("deactivate", &pair.id).await;
    app.advance(BOUND);
    is_refused(&app, &pair).await?;
    app.advance(BOUND);
    is_refused(&app, &pair).await
}

async fn r23_a_pair_made_inactive_by_hand_counts_as_revoked(app: App) -> Verdict {
    let pair = registered(&app).await;
    app.hook("deactivate", &pair.id).await;
    says(&revoke(&app, &operator(&app), &pair.id).await, 404, "CREDENTIAL_NOT_FOUND")?;
    says(&register(&app, &pair).await, 409, "DUPLICATE_API_KEY")?;
    is_refused(&app, &pair).await
}

async fn r24_a_change_by_hand_is_no_violation(app: App) -> Verdict {
    let (pair, caller) = (registered(&app).await, operator(&app));
    app.hook("deactivate", &pair.id).await;
    let checked = call(&app, &caller, Method::GET, "/integrity", Payload::None).await;
    ensure(checked.status == 200 && checked.body.is_object(), checked.text)
}

async fn r24_a_change_by_hand_prevents_no_write(app: App) -> Verdict {
    let (pair, caller) = (registered(&app).await, operator(&app));
    app.hook("deactivate", &pair.id).await;
    let account = json!({ "category": "cash", "asset": "brl" });
    let opened = call(&app, &caller, Method::POST, "/account", Payload::Json(account)).await;
    ensure(opened.status == 201, opened.text)
}

async fn r26_an_outage_is_no_verdict(app: App) -> Verdict {
    let (pair, caller) = (registered(&app).await, operator(&app));
    app.hook("stop_store", "").await;
    says(&probe(&app, &pair).await, 500, "INTERNAL_ERROR")?;
    says(&revoke(&app, &caller, &pair.id).await, 500, "INTERNAL_ERROR")?;
    app.hook("start_store", "").await;
    is_accepted(&app, &pair).await?;
    app.hook("stop_store", "").await;
    // Remembered, so let in; nothing is read for the check of the rows.
    let checked = call(&app, &pair, Method::GET, "/integrity", Payload::None).await;
    ensure(checked.status == 200, checked.text)?;
    app.hook("start_store", "").await;
    is_accepted(&app, &pair).await
}

async fn r29_a_restart_forgets(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    app.hook("restart", "").await;
    is_refused(&app, &pair).await?;
    is_accepted(&app, &operator(&app)).await
}

// The form of answers.

async fn form_of_refusals(app: App) -> Verdict {
    let caller = operator(&app);
    for (path, status) in [("/nowhere", 404), ("/", 404), ("/credentials", 405), ("/account/asset/", 404)] {
        let reply = app.call(Method::GET, path, &[], Payload::None).await;
        ensure(reply.status == status && reply.body["error"]["code"].is_string(), reply.text)?;
    }
    let long = vec![b'a'; app.state.limits().body + 1];
    let bodies = [
        Payload::None,
        Payload::Json(json!({})),
        Payload::Json(json!({ "api_key": "x", "api_secret": "y", "category": "", "asset": "a b" })),
        Payload::Json(json!([])),
        Payload::Raw("application/json", b"{".to_vec()),
        Payload::Raw("application/json", b"\xff".to_vec()),
        Payload::Raw("text/plain", b"{}".to_vec()),
        Payload::Raw("", b"{}".to_vec()),
        Payload::Raw("application/json", long),
    ];
    for body in bodies {
        says(&app.call(Method::POST, "/credentials", &[], body.clone()).await, 400, "INVALID_FIELD")?;
        let reply = call(&app, &caller, Method::POST, "/account", body).await;
        says(&reply, 400, "INVALID_FIELD")?;
        ensure(!reply.text.contains("backtrace"), reply.text)?;
    }
    says(&call(&app, &caller, Method::GET, "/account/x", Payload::None).await, 404, "ACCOUNT_NOT_FOUND")?;
    says(&app.call(Method::GET, "/account/x", &[], Payload::None).await, 401, "UNAUTHORIZED")
}

async fn form_of_other_methods(app: App) -> Verdict {
    let pair = registered(&app).await;
    for method in [Method::HEAD, Method::OPTIONS, Method::GET, Method::POST] {
        let path = format!("/credentials/{}", pair.id);
        let reply = call(&app, &operator(&app), method, &path, Payload::None).await;
        ensure(reply.status == 405, format!("{}", reply.status))?;
    }
    let stored = app.state.store().pair(&pair.id).await.unwrap().unwrap();
    ensure(stored.state == PairState::Active, "revoked by another method")
}

const REGISTERING: &[Rule] = rules![
    "R17" => r17_a_wrong_secret_is_no_pair,
    "R18" => r18_a_live_pair_cannot_be_registered_again,
    "R19" => r19_an_existing_key_is_told_to_nobody,
    "R20" => r20_no_answer_holds_a_secret,
    "R21" => r21_a_new_pair_works_at_once,
];

const REVOKING: &[Rule] = rules![
    "R1" => r1_a_revocation_is_confirmed,
    "R7" => r7_a_revoked_pair_stays_dead,
    "R8" => r8_a_revoked_pair_cannot_be_registered_again,
    "R9" => r9_a_repeated_revocation_finds_nothing,
    "R10" => r10_an_unknown_key_is_answered_like_a_revoked_one,
    "R27" => r27_one_of_several_revocations_wins,
];

const PROPAGATION: &[Rule] = rules![
    "R2" => r2_a_revoked_pair_is_refused_in_time,
    "R2" => r2_a_revocation_is_done_though_the_pair_is_used,
    "R2" => r2_uses_beside_the_revocation_do_not_stretch_the_bound,
    "R3" => r3_within_the_bound_it_is_remembered,
    "R4" => r4_use_does_not_stretch_the_bound,
    "R5" => r5_once_refused_is_always_refused,
    "R6" => r6_an_unused_pair_is_refused_at_once,
    "R15" => r15_a_revoked_pair_revokes_nobody_after_its_time,
];

const CALLERS: &[Rule] = rules![
    "R11" => r11_any_pair_revokes_any_other,
    "R12" => r12_a_pair_revokes_itself,
    "R13" => r13_the_last_pair_may_go,
    "R14" => r14_nobody_else_revokes,
    "R16" => r16_others_are_left_alone,
];

const BESIDE: &[Rule] = rules![
    "R22" => r22_a_pair_made_inactive_by_hand_is_refused_in_time,
    "R23" => r23_a_pair_made_inactive_by_hand_counts_as_revoked,
    "R24" => r24_a_change_by_hand_is_no_violation,
    "R24" => r24_a_change_by_hand_prevents_no_write,
    "R26" => r26_an_outage_is_no_verdict,
    "R29" => r29_a_restart_forgets,
];

const FORM: &[Rule] = rules![
    "refusals" => form_of_refusals,
    "long bodies" => support::a_long_body_is_no_failure,
    "other methods" => form_of_other_methods,
];

#[tokio::test]
async fn registering() {
    hold(VENDOR, REGISTERING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revoking() {
    hold(VENDOR, REVOKING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn propagation_delay() {
    hold(VENDOR, PROPAGATION).await;
}

#[tokio::test]
async fn who_may_revoke() {
    hold(VENDOR, CALLERS).await;
}

#[tokio::test]
async fn steps_beside_the_api() {
    hold(VENDOR, BESIDE).await;
}

#[tokio::test]
async fn form_of_answers() {
    hold(VENDOR, FORM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_breaks_what_it_says() {
    faults_are_caught(VENDOR, &[REGISTERING, REVOKING, PROPAGATION, CALLERS, BESIDE, FORM].concat()).await;
}

/// R22, R23, R29: what is done to the table by hand, and what a restart does.
#[tokio::test]
async fn the_table_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ids = Ids::seeded(1);
    let keys = Keys::generate(&ids);
    let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
    let start = async || {
        let store = SqliteStore::open(&path, keys.sealer(), ids.clone()).await.unwrap();
        App::over(VENDOR, Arc::new(store), keys.clone(), clock.clone(), &[], Settings::default()).await
    };
    let app = start().await;
    let pair = registered(&app).await;
    is_accepted(&app, &pair).await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut by_hand = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let change = sqlx::query("UPDATE api_credential SET active = 0 WHERE api_key = $1").bind(&pair.id);
    assert_eq!(change.execute(&mut by_hand).await.unwrap().rows_affected(), 1);
    app.advance(BOUND - 1);
    is_accepted(&app, &pair).await.unwrap();
    app.advance(1);
    is_refused(&app, &pair).await.unwrap();
    says(&revoke(&app, &operator(&app), &pair.id).await, 404, "CREDENTIAL_NOT_FOUND").unwrap();
    says(&register(&app, &pair).await, 409, "DUPLICATE_API_KEY").unwrap();
    let stored = app.state.store().pair(&pair.id).await.unwrap().unwrap();
    assert_eq!(stored.state, PairState::Revoked { at: None });

    let pair = revoked(&app).await.unwrap();
    is_accepted(&app, &pair).await.unwrap();
    let restarted = start().await;
    is_refused(&restarted, &pair).await.unwrap();
    assert_eq!(operator(&restarted), operator(&app));
    is_accepted(&restarted, &operator(&app)).await.unwrap();
}

/// R26: a failure of the database is no verdict on the pair.
#[tokio::test]
async fn a_failing_database_refuses_nobody() {
    let app = App::new(VENDOR, &[]).await;
    let (warm, cold) = (registered(&app).await, registered(&app).await);
    let account = json!({ "category": "cash", "asset": "brl" });
    is_accepted(&app, &warm).await.unwrap();
    app.state.store().close().await.unwrap();
    says(&probe(&app, &cold).await, 500, "INTERNAL_ERROR").unwrap();
    says(&revoke(&app, &cold, &warm.id).await, 500, "INTERNAL_ERROR").unwrap();
    says(&call(&app, &cold, Method::POST, "/account", Payload::Json(account)).await, 500, "INTERNAL_ERROR")
        .unwrap();
    // Remembered, so accepted; the account cannot be read.
    says(&probe(&app, &warm).await, 500, "INTERNAL_ERROR").unwrap();
    let health = app.call(Method::GET, "/health", &[], Payload::None).await;
    assert_eq!((health.status, health.body), (200, json!({ "status": "ok" })));
    app.documented().unwrap();
}

#[tokio::test]
async fn accounts() {
    let app = App::new(VENDOR, &[]).await;
    let caller = operator(&app);
    let open = async |category: &str, asset: &str| {
        let body = json!({ "category": category, "asset": asset });
        let reply = call(&app, &caller, Method::POST, "/account", Payload::Json(body)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.at("/id").to_owned()
    };
    let first = open("payment_account", "brl").await;
    let second = open("PAYMENT_ACCOUNT", "BRL").await;
    open("FEES_2", "Brl").await;
    open("FEES_2", "USD").await;
    assert_ne!(first, second);
    let reply = call(&app, &caller, Method::GET, &format!("/account/{first}"), Payload::None).await;
    let documented = json!({
        "id": first, "category": "PAYMENT_ACCOUNT", "asset": "BRL", "balance": 0, "version": 0,
        "created_at": "2026-01-15T10:30:00Z",
    });
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, documented);
    let upper =
        call(&app, &caller, Method::GET, &format!("/account/{}", first.to_uppercase()), Payload::None).await;
    assert_eq!(upper.body, documented);
    let reply = call(&app, &caller, Method::GET, "/account/asset/brl", Payload::None).await;
    let documented =
        json!([{ "category": "PAYMENT_ACCOUNT", "balance": 0 }, { "category": "FEES_2", "balance": 0 }]);
    assert_eq!((reply.status, reply.body), (200, documented));
    let reply = call(&app, &caller, Method::GET, "/account/asset/XYZ", Payload::None).await;
    assert_eq!((reply.status, reply.body), (200, json!([])));
    app.documented().unwrap();
}

#[tokio::test]
async fn metrics_count_results() {
    let app = App::new(VENDOR, &[]).await;
    let pair = revoked(&app).await.unwrap();
    revoke(&app, &operator(&app), &pair.id).await;
    register(&app, &Pair::new(&pair.id, "sk_0")).await;
    let reply = app.call(Method::GET, "/metrics", &[], Payload::None).await;
    assert_eq!((reply.status, reply.media_type.as_str()), (200, "text/plain"));
    insta::assert_snapshot!(reply.text, @r#"
    # HELP ledger_authentications_total Calls with both headers, by result.
    # TYPE ledger_authentications_total counter
    ledger_authentications_total{result="cached"} 1
    ledger_authentications_total{result="accepted"} 2
    ledger_authentications_total{result="refused"} 0
    # HELP ledger_credential_registrations_total Well-formed registrations, by result.
    # TYPE ledger_credential_registrations_total counter
    ledger_credential_registrations_total{result="registered"} 1
    ledger_credential_registrations_total{result="invalid"} 1
    ledger_credential_registrations_total{result="duplicate"} 0
    # HELP ledger_credential_revocations_total Authenticated revocations, by result.
    # TYPE ledger_credential_revocations_total counter
    ledger_credential_revocations_total{result="revoked"} 1
    ledger_credential_revocations_total{result="not_found"} 1
    # HELP ledger_accounts_opened_total Accounts opened.
    # TYPE ledger_accounts_opened_total counter
    ledger_accounts_opened_total 0
    "#);
    app.documented().unwrap();
}

/// What a random traffic consists of.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Use(usize),
    Register(usize),
    Revoke(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u64..200).prop_map(Act::Wait),
        5 => (0usize..4).prop_map(Act::Use),
        1 => (0usize..4).prop_map(Act::Register),
        2 => (0usize..4, 0usize..4).prop_map(|(by, whom)| Act::Revoke(by, whom)),
    ]
}

/// Anything that could stand in a request.
fn noise() -> impl Strategy<Value = (usize, String, String, Vec<u8>, bool)> {
    let path = prop_oneof![
        Just("/credentials".to_owned()),
        Just("/account".to_owned()),
        "/credentials/[ -~]{0,20}",
        "/account/[!-~]{0,40}",
        "/account/asset/[a-zA-Z0-9%_]{0,20}",
        Just("/health".to_owned()),
        Just("/metrics".to_owned()),
    ];
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "\\{\"(api_key|category)\": ?\"[ -~]{0,10}\", ?\"(api_secret|asset)\": ?(\"[ -~]{0,10}\"|1e999|null)\\}"
            .prop_map(String::into_bytes),
    ];
    (0usize..6, path, "(ak_)?[ -~]{0,20}", body, any::<bool>())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_accepted_later_than_the_bound(acts in prop::collection::vec(act(), 1..60)) {
        runtime().block_on(async {
            let app = App::new(VENDOR, &[]).await;
            let pairs: Vec<Pair> = (0..4).map(|_| mint(&app)).collect();
            let mut revoked_at: [Option<Timestamp>; 4] = [None; 4];
            for act in acts {
                match act {
                    Act::Wait(seconds) => app.advance(seconds),
                    Act::Register(pair) => {
                        let status = register(&app, &pairs[pair]).await.status;
                        prop_assert!(revoked_at[pair].is_none() || status == 409);
                    }
                    Act::Use(pair) => {
                        let accepted = is_accepted(&app, &pairs[pair]).await.is_ok();
                        let late = revoked_at[pair].is_some_and(|at| app.now().duration_since(at).as_secs() >= 300);
                        prop_assert!(!(accepted && late));
                    }
                    Act::Revoke(by, whom) => {
                        let status = revoke(&app, &pairs[by], &pairs[whom].id).await.status;
                        prop_assert!(status != 200 || revoked_at[whom].is_none(), "confirmed twice");
                        if status == 200 {
                            revoked_at[whom] = Some(app.now());
                        }
                        let late = revoked_at[by].is_some_and(|at| app.now().duration_since(at).as_secs() >= 300);
                        prop_assert!(!late || status == 401);
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
            for (method, path, key, body, authenticated) in requests {
                let method = [Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::PUT, Method::PATCH][method].clone();
                let is_head = method == Method::HEAD;
                let path = path.replace([' ', '#', '?', '"', '<', '>', '`', '{', '}', '\\', '^', '|'], "-");
                let body = Payload::Raw("application/json", body);
                let reply = if authenticated {
                    call(&app, &operator(&app), method, &path, body).await
                } else {
                    let headers = [("X-Api-Key", key.as_str()), ("X-Api-Secret", key.as_str())];
                    app.call(method, &path, &headers, body).await
                };
                prop_assert!(reply.status < 500, "{} {}", reply.status, reply.text);
                // The answer to HEAD has no body.
                if reply.status >= 400 && !is_head {
                    prop_assert!(reply.body["error"]["code"].is_string(), "{}", reply.text);
                    prop_assert_eq!(reply.media_type, "application/json");
                }
            }
            prop_assert_eq!(app.documented(), Ok(()));
            Ok(())
        })?;
    }
}
