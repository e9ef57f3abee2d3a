//! Dinie's requirements, spoken over the router with a clock to move.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use proptest::prelude::*;
use rescind_server::bootstrap::{OPERATOR, OUTSIDER, Pair};
use rescind_server::id::Ids;
use rescind_server::keys::Keys;
use rescind_server::limiter::RateLimit;
use rescind_server::state::Settings;
use rescind_server::store::SqliteStore;
use rescind_server::{Clock, Vendor};
use serde_json::{Value, json};
use support::{App, Payload, Reply, Rule, Verdict, ensure, faults_are_caught, hold, rules};

const VENDOR: Vendor = Vendor::Dinie;

const CREDENTIALS: &str = "/auth/credentials";

/// A client_id that nobody has.
const NOBODY: &str = "dinie_ci_00000000000000000000000000000000";

fn caller(app: &App, name: &str) -> Pair {
    app.start.callers[name].clone()
}

fn basic(pair: &Pair) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", pair.id, pair.secret.expose())))
}

async fn exchange(app: &App, pair: &Pair) -> Reply {
    let form = Payload::Raw("application/x-www-form-urlencoded", b"grant_type=client_credentials".to_vec());
    app.call(Method::POST, "/auth/token", &[("Authorization", &basic(pair))], form).await
}

/// A token for this pair.
async fn token(app: &App, pair: &Pair) -> String {
    exchange(app, pair).await.at("/access_token").to_owned()
}

/// A token of the operator.
async fn operator(app: &App) -> String {
    token(app, &caller(app, OPERATOR)).await
}

async fn call(app: &App, bearer: &str, method: Method, path: &str, body: Payload) -> Reply {
    app.call(method, path, &[("Authorization", &format!("Bearer {bearer}"))], body).await
}

async fn create(app: &App, bearer: &str, body: Value) -> Reply {
    call(app, bearer, Method::POST, CREDENTIALS, Payload::Json(body)).await
}

async fn create_with_key(app: &App, bearer: &str, key: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {bearer}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", key)];
    app.call(Method::POST, CREDENTIALS, &headers, Payload::Json(body)).await
}

fn pair_in(reply: &Reply) -> Pair {
    Pair::new(reply.at("/client_id"), reply.at("/client_secret"))
}

/// A new pair of the operator.
async fn issued(app: &App) -> Pair {
    let reply = create(app, &operator(app).await, json!({ "name": "tested" })).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    pair_in(&reply)
}

async fn revoke(app: &App, bearer: &str, client_id: &str) -> Reply {
    call(app, bearer, Method::DELETE, &format!("{CREDENTIALS}/{client_id}"), Payload::None).await
}

/// A new pair of the operator, revoked.
async fn revoked(app: &App) -> Result<Pair, String> {
    let pair = issued(app).await;
    is_live(app, &pair).await?;
    is_empty_204(&revoke(app, &operator(app).await, &pair.id).await)?;
    Ok(pair)
}

fn is_empty_204(reply: &Reply) -> Verdict {
    let is_right = reply.status == 204 && reply.text.is_empty() && reply.media_type.is_empty();
    ensure(is_right, format!("documented 204 without a body, received {} {}", reply.status, reply.text))
}

async fn is_live(app: &App, pair: &Pair) -> Verdict {
    let reply = exchange(app, pair).await;
    ensure(reply.status == 200, format!("{} cannot be exchanged: {}", pair.id, reply.text))
}

async fn is_dead(app: &App, pair: &Pair) -> Verdict {
    let reply = exchange(app, pair).await;
    is_problem(&reply, 401, "")?;
    ensure(!reply.text.contains("access_token"), "a refusal has a token")
}

/// Whether the reply is problem details of this status and code; none if the code is empty.
fn is_problem(reply: &Reply, status: u16, code: &str) -> Verdict {
    let received = (reply.status, reply.media_type.as_str(), reply.at("/code"), &reply.body["status"]);
    let documented = (status, "application/problem+json", code, &json!(status));
    ensure(received == documented, format!("documented {documented:?}, received {received:?}"))?;
    ensure(!reply.text.contains("backtrace"), "the server shows its inside")
}

/// All pages of the list, two items a page.
async fn list(app: &App, bearer: &str) -> Result<Vec<Value>, String> {
    let mut all: Vec<Value> = Vec::new();
    let mut path = format!("{CREDENTIALS}?limit=2");
    loop {
        let reply = call(app, bearer, Method::GET, &path, Payload::None).await;
        ensure(reply.status == 200, reply.text.clone())?;
        let page = reply.body["data"].as_array().cloned().unwrap_or_default();
        all.extend(page);
        if reply.body["has_more"] != true {
            return Ok(all);
        }
        let last = all.last().and_then(|item| item["id"].as_str()).ok_or("an empty page with more")?;
        path = format!("{CREDENTIALS}?limit=2&starting_after={last}");
    }
}

/// The rows of a pair in the operator's list.
async fn rows(app: &App, client_id: &str) -> Result<Vec<Value>, String> {
    let all = list(app, &operator(app).await).await?;
    Ok(all.into_iter().filter(|row| row["client_id"] == client_id).collect())
}

async fn row(app: &App, client_id: &str) -> Result<Value, String> {
    let mut found = rows(app, client_id).await?;
    ensure(found.len() == 1, format!("{} rows", found.len()))?;
    Ok(found.remove(0))
}

async fn is_accepted(app: &App, bearer: &str) -> Verdict {
    let reply = call(app, bearer, Method::GET, &format!("{CREDENTIALS}?limit=1"), Payload::None).await;
    ensure(reply.status == 200, format!("a token is refused: {}", reply.text))
}

// What a revocation does.

async fn r1_a_revocation_is_answered_204(app: App) -> Verdict {
    revoked(&app).await.map(drop)
}

async fn r2_no_token_is_had_after_it(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    for second in [0, 1, 4, 55, 240, 3000] {
        app.advance(second);
        is_dead(&app, &pair).await?;
        is_live(&app, &caller(&app, OPERATOR)).await?;
    }
    Ok(())
}

async fn r2_a_revocation_is_done_though_the_pair_is_used(app: App) -> Verdict {
    // More than once: whether a use meets the revocation is a matter of chance.
    for _ in 0..10 {
        let (pair, bearer) = (issued(&app).await, operator(&app).await);
        let uses = (0..4).map(|_| {
            let (app, pair) = (app.clone(), pair.clone());
            tokio::spawn(async move { exchange(&app, &pair).await.status })
        });
        let uses: Vec<_> = uses.collect();
        is_empty_204(&revoke(&app, &bearer, &pair.id).await)?;
        for used in uses {
            ensure([200, 401].contains(&used.await.unwrap_or(0)), "a use failed")?;
        }
        is_dead(&app, &pair).await?;
    }
    Ok(())
}

async fn r3_tokens_live_on(app: App) -> Verdict {
    let pair = issued(&app).await;
    let held = token(&app, &pair).await;
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)?;
    is_accepted(&app, &held).await?;
    app.advance(3599);
    is_accepted(&app, &held).await
}

async fn r4_no_token_outlives_an_hour(app: App) -> Verdict {
    let reply = exchange(&app, &issued(&app).await).await;
    let held = reply.at("/access_token").to_owned();
    ensure(reply.body["expires_in"] == 3600, "expires_in is not 3600")?;
    ensure(reply.at("/token_type").eq_ignore_ascii_case("bearer"), "the token is no bearer token")?;
    app.advance(3600);
    let late = call(&app, &held, Method::GET, CREDENTIALS, Payload::None).await;
    is_problem(&late, 401, "token_expired")
}

async fn r5_a_revocation_is_final(app: App) -> Verdict {
    let body = json!({ "name": "same again" });
    let pair = pair_in(&create(&app, &operator(&app).await, body.clone()).await);
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)?;
    let other = pair_in(&create(&app, &operator(&app).await, body).await);
    ensure(other.id != pair.id, "the id was issued again")?;
    for hours in [0, 1, 23, 1] {
        app.advance(hours * 3600);
        is_dead(&app, &pair).await?;
    }
    is_live(&app, &other).await
}

async fn r5_a_restart_revives_nothing(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    app.hook("restart", "").await;
    is_dead(&app, &pair).await
}

async fn r6_revoked_credentials_stay_listed(app: App) -> Verdict {
    let pair = issued(&app).await;
    let before = row(&app, &pair.id).await?;
    ensure(before["status"] == "active", "not listed as active")?;
    app.advance(60);
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)?;
    let after = row(&app, &pair.id).await?;
    ensure(after["status"] == "revoked", "not listed as revoked")?;
    for member in ["id", "name", "created_at", "expires_at"] {
        ensure(before[member] == after[member], format!("{member} changed"))?;
    }
    ensure(after["updated_at"] == json!(app.now()), "updated_at is not the time of the revocation")
}

async fn r7_the_secret_is_shown_once(app: App) -> Verdict {
    let body = json!({ "name": "with a key" });
    let bearer = operator(&app).await;
    let reply = create_with_key(&app, &bearer, "k", body).await;
    let pair = pair_in(&reply);
    ensure(reply.text.matches(pair.secret.expose()).count() == 1, "not shown once at creation")?;
    let listed = call(&app, &bearer, Method::GET, CREDENTIALS, Payload::None).await;
    let wrong = create(&app, &bearer, json!({ "name": 1, "secret": pair.secret.expose() })).await;
    let gone = revoke(&app, &bearer, &pair.id).await;
    let refused = exchange(&app, &pair).await;
    for later in [listed, wrong, gone, refused] {
        let headers = format!("{:?}", later.headers);
        ensure(!later.text.contains(pair.secret.expose()), format!("shown again: {}", later.text))?;
        ensure(!headers.contains(pair.secret.expose()), "shown in a header")?;
    }
    Ok(())
}

async fn r8_others_are_left_alone(app: App) -> Verdict {
    let sibling = issued(&app).await;
    revoked(&app).await?;
    is_live(&app, &sibling).await?;
    is_live(&app, &caller(&app, OPERATOR)).await?;
    is_live(&app, &caller(&app, OUTSIDER)).await
}

async fn r9_any_token_of_the_partner_may_revoke(app: App) -> Verdict {
    let (pair, other) = (issued(&app).await, issued(&app).await);
    is_empty_204(&revoke(&app, &token(&app, &other).await, &pair.id).await)?;
    is_dead(&app, &pair).await
}

async fn r10_a_credential_may_revoke_itself(app: App) -> Verdict {
    let pair = issued(&app).await;
    let own = token(&app, &pair).await;
    is_empty_204(&revoke(&app, &own, &pair.id).await)?;
    is_accepted(&app, &own).await?;
    is_dead(&app, &pair).await
}

async fn r11_the_last_active_one_stays(app: App) -> Verdict {
    let outsider = caller(&app, OUTSIDER);
    let bearer = token(&app, &outsider).await;
    is_problem(&revoke(&app, &bearer, &outsider.id).await, 409, "last_active_credential")?;
    is_live(&app, &outsider).await?;
    let fleeting = json!({ "name": "fleeting", "expires_at": app.now() + Duration::from_mins(1) });
    ensure(create(&app, &bearer, fleeting).await.status == 201, "no second credential")?;
    app.advance(60);
    // An expired credential keeps nobody in.
    is_problem(&revoke(&app, &bearer, &outsider.id).await, 409, "last_active_credential")
}

async fn r12_an_unknown_id_is_answered_404(app: App) -> Verdict {
    let bearer = operator(&app).await;
    let before = list(&app, &bearer).await?;
    for unknown in [NOBODY, "x", "%00", "dinie_ci_%2F", "%ff"] {
        is_problem(&revoke(&app, &bearer, unknown).await, 404, "credential_not_found")?;
    }
    ensure(list(&app, &bearer).await? == before, "the list changed")
}

async fn r13_a_foreign_id_is_like_an_unknown_one(app: App) -> Verdict {
    let bearer = operator(&app).await;
    let outsider = caller(&app, OUTSIDER);
    let strip = |reply: Reply| {
        let mut body = reply.body;
        body.as_object_mut().map(|members| members.shift_remove("instance"));
        let names: HashSet<String> = reply.headers.keys().map(ToString::to_string).collect();
        (reply.status, names, body)
    };
    let foreign = revoke(&app, &bearer, &outsider.id).await;
    is_problem(&foreign, 404, "credential_not_found")?;
    let unknown = revoke(&app, &bearer, NOBODY).await;
    ensure(strip(foreign) == strip(unknown), "a foreign id is told from an unknown one")?;
    is_live(&app, &outsider).await?;
    ensure(rows(&app, &outsider.id).await?.is_empty(), "a foreign credential is listed")?;
    let after = format!("{CREDENTIALS}?starting_after={}", outsider.id);
    is_problem(&call(&app, &bearer, Method::GET, &after, Payload::None).await, 400, "")
}

async fn r14_a_repetition_is_harmless(app: App) -> Verdict {
    let pair = revoked(&app).await?;
    let before = row(&app, &pair.id).await?;
    app.advance(60);
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)?;
    ensure(row(&app, &pair.id).await? == before, "the row changed")?;
    is_dead(&app, &pair).await
}

// Who may revoke.

async fn r15_a_bad_bearer_revokes_nothing(app: App) -> Verdict {
    let pair = issued(&app).await;
    let stale = token(&app, &pair).await;
    app.advance(3600);
    let path = format!("{CREDENTIALS}/{}", pair.id);
    let bare = app.call(Method::DELETE, &path, &[], Payload::None).await;
    is_problem(&bare, 401, "missing_token")?;
    let forged = format!("{}A", operator(&app).await);
    let unsigned = format!("dinie_at_e30.{}.", URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{}"}}"#, pair.id)));
    for garbage in ["x", "dinie_at_a.b.c", "dinie_at_", &forged, &unsigned] {
        is_problem(&revoke(&app, garbage, &pair.id).await, 401, "invalid_token")?;
    }
    is_problem(&revoke(&app, &stale, &pair.id).await, 401, "token_expired")?;
    for malformed in ["Bearer", "Bearer ", "Bearer a b", "Bearer \u{e9}"] {
        let reply = app.call(Method::DELETE, &path, &[("Authorization", malformed)], Payload::None).await;
        ensure(reply.status == 401, format!("{malformed}: {}", reply.status))?;
    }
    is_live(&app, &pair).await
}

async fn r16_a_secret_is_no_bearer(app: App) -> Verdict {
    let pair = issued(&app).await;
    is_problem(&revoke(&app, pair.secret.expose(), &pair.id).await, 401, "invalid_token")?;
    let path = format!("{CREDENTIALS}/{}", pair.id);
    let reply = app.call(Method::DELETE, &path, &[("Authorization", &basic(&pair))], Payload::None).await;
    is_problem(&reply, 401, "missing_token")?;
    is_live(&app, &pair).await
}

// Idempotency keys, expiry, concurrency.

async fn r17_a_replay_revives_nothing(app: App) -> Verdict {
    let bearer = operator(&app).await;
    let body = json!({ "name": "replayed" });
    let first = create_with_key(&app, &bearer, "key", body.clone()).await;
    let pair = pair_in(&first);
    let count = list(&app, &bearer).await?.len();
    is_empty_204(&revoke(&app, &bearer, &pair.id).await)?;
    let replay = create_with_key(&app, &bearer, "key", body.clone()).await;
    ensure((replay.status, &replay.body) == (201, &first.body), "not the stored answer")?;
    is_dead(&app, &pair).await?;
    ensure(list(&app, &bearer).await?.len() == count, "another credential")?;
    is_problem(&create_with_key(&app, &bearer, "key", json!({ "name": "other" })).await, 422, "")?;
    let foreign = token(&app, &caller(&app, OUTSIDER)).await;
    let theirs = create_with_key(&app, &foreign, "key", json!({ "name": "other" })).await;
    ensure(theirs.status == 201, "another partner's key")?;
    app.advance(24 * 3600);
    let anew = create_with_key(&app, &operator(&app).await, "key", body).await;
    ensure(anew.status == 201 && pair_in(&anew).id != pair.id, "the key is not free after a day")?;
    is_dead(&app, &pair).await
}

async fn r18_an_expired_credential_is_refused(app: App) -> Verdict {
    let end = app.now() + Duration::from_mins(2);
    let reply = create(&app, &operator(&app).await, json!({ "name": "brief", "expires_at": end })).await;
    ensure(reply.body["expires_at"] == json!(end), "the expiry is not told")?;
    let pair = pair_in(&reply);
    app.advance(119);
    is_live(&app, &pair).await?;
    app.advance(1);
    is_dead(&app, &pair).await?;
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)
}

async fn r19_a_throttled_revocation_may_be_repeated(app: App) -> Verdict {
    let rate = RateLimit { calls: 6, window: Duration::from_mins(1) };
    let throttled = App::with(VENDOR, &[], Settings { rate, ..Settings::default() }).await;
    let bearer = operator(&throttled).await;
    let pair = pair_in(&create(&throttled, &bearer, json!({ "name": "throttled" })).await);
    let mut reply = is_accepted(&throttled, &bearer).await.map(|()| None)?;
    for _ in 0..6 {
        reply = Some(call(&throttled, &bearer, Method::GET, CREDENTIALS, Payload::None).await);
    }
    let last = reply.ok_or("no reply")?;
    is_problem(&last, 429, "rate_limit_exceeded")?;
    ensure(last.headers["x-ratelimit-remaining"] == "0", "calls remain")?;
    ensure(last.headers["x-ratelimit-limit"] == "6", "another limit")?;
    ensure(last.headers.contains_key("retry-after"), "no time to wait")?;
    is_problem(&revoke(&throttled, &bearer, &pair.id).await, 429, "rate_limit_exceeded")?;
    is_live(&throttled, &pair).await?;
    let reset: u64 = last.headers["x-ratelimit-reset"].to_str().unwrap_or_default().parse().unwrap_or(0);
    throttled.advance(reset - u64::try_from(throttled.now().as_second()).unwrap_or(0));
    is_empty_204(&revoke(&throttled, &bearer, &pair.id).await)?;
    is_dead(&throttled, &pair).await?;
    throttled.documented()?;
    drop(app);
    Ok(())
}

async fn r20_concurrent_revocations_leave_one_active(app: App) -> Verdict {
    let pair = issued(&app).await;
    let bearer = operator(&app).await;
    let calls = (0..8).map(|_| {
        let (app, bearer, id) = (app.clone(), bearer.clone(), pair.id.clone());
        tokio::spawn(async move { revoke(&app, &bearer, &id).await.status })
    });
    for call in calls.collect::<Vec<_>>() {
        ensure(call.await.unwrap_or(0) == 204, "a repetition was refused")?;
    }
    is_dead(&app, &pair).await?;
    let mut survivor = caller(&app, OUTSIDER);
    for round in 0..8 {
        let bearer = token(&app, &survivor).await;
        let second = pair_in(&create(&app, &bearer, json!({ "name": round.to_string() })).await);
        let races = [survivor.id.clone(), second.id.clone()].map(|id| {
            let (app, bearer) = (app.clone(), bearer.clone());
            tokio::spawn(async move { revoke(&app, &bearer, &id).await.status })
        });
        let mut statuses = Vec::new();
        for race in races {
            statuses.push(race.await.unwrap_or(0));
        }
        ensure(statuses == [204, 409] || statuses == [409, 204], format!("the last two: {statuses:?}"))?;
        if statuses[0] == 204 {
            survivor = second;
        }
        is_live(&app, &survivor).await?;
    }
    Ok(())
}

async fn r22_only_accepted_exchanges_are_noted(app: App) -> Verdict {
    let pair = issued(&app).await;
    ensure(row(&app, &pair.id).await?["last_used_at"].is_null(), "used before its first use")?;
    app.advance(5);
    is_live(&app, &pair).await?;
    let used = json!(app.now());
    ensure(row(&app, &pair.id).await?["last_used_at"] == used, "its use was not noted")?;
    app.advance(5);
    let wrong = Pair::new(&*pair.id, "dinie_cs_live_00000000000000000000000000000000");
    is_dead(&app, &wrong).await?;
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await)?;
    is_dead(&app, &pair).await?;
    ensure(row(&app, &pair.id).await?["last_used_at"] == used, "a refused use was noted")
}

// The form of requests and answers.

async fn a_page_follows_the_other(app: App) -> Verdict {
    let bearer = operator(&app).await;
    let mut made = vec![caller(&app, OPERATOR).id];
    for number in 0..6 {
        made.push(pair_in(&create(&app, &bearer, json!({ "name": number.to_string() })).await).id);
    }
    let listed = list(&app, &bearer).await?;
    let ids: Vec<&str> = listed.iter().filter_map(|row| row["client_id"].as_str()).collect();
    ensure(ids == made, format!("made {made:?}, listed {ids:?}"))
}

async fn a_credential_is_usable_at_once(app: App) -> Verdict {
    is_live(&app, &issued(&app).await).await
}

async fn a_wrong_pair_is_refused(app: App) -> Verdict {
    let (pair, other) = (issued(&app).await, issued(&app).await);
    let unknown = exchange(&app, &Pair::new(NOBODY, "x")).await;
    is_problem(&unknown, 401, "")?;
    for secret in ["", "x", other.secret.expose()] {
        let reply = exchange(&app, &Pair::new(&*pair.id, secret)).await;
        ensure(
            (reply.status, &reply.body) == (401, &unknown.body),
            "a wrong secret is told from a wrong id",
        )?;
    }
    let form =
        || Payload::Raw("application/x-www-form-urlencoded", b"grant_type=client_credentials".to_vec());
    for headers in [&[][..], &[("Authorization", "Basic !")], &[("Authorization", "Bearer x")]] {
        is_problem(&app.call(Method::POST, "/auth/token", headers, form()).await, 401, "")?;
    }
    let form = Payload::Raw("application/x-www-form-urlencoded", b"grant_type=password".to_vec());
    let reply = app.call(Method::POST, "/auth/token", &[("Authorization", &basic(&pair))], form).await;
    is_problem(&reply, 400, "")?;
    ensure(row(&app, &pair.id).await?["last_used_at"].is_null(), "a malformed exchange was noted")
}

async fn a_malformed_request_is_answered_400(app: App) -> Verdict {
    let bearer = operator(&app).await;
    let wrong = [json!({}), json!([]), json!({ "name": null }), json!({ "name": "n", "expires_at": "soon" })];
    for body in wrong {
        let reply = create(&app, &bearer, body).await;
        is_problem(&reply, 400, "")?;
        ensure(reply.body["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "nothing is named")?;
        ensure(reply.at("/instance") == CREDENTIALS, "the path is not told")?;
    }
    for (media_type, text) in [("application/json", "{"), ("text/plain", "{}"), ("", "{}")] {
        let body = Payload::Raw(media_type, text.into());
        is_problem(&call(&app, &bearer, Method::POST, CREDENTIALS, body).await, 400, "")?;
    }
    for query in ["limit=0", "limit=101", "limit=x", "starting_after=x"] {
        let path = format!("{CREDENTIALS}?{query}");
        let reply = call(&app, &bearer, Method::GET, &path, Payload::None).await;
        is_problem(&reply, 400, "")?;
        ensure(reply.body["param"] == query.split('=').next().unwrap_or_default(), "another parameter")?;
    }
    Ok(())
}

async fn other_paths_and_methods_have_no_effect(app: App) -> Verdict {
    let pair = issued(&app).await;
    let bearer = operator(&app).await;
    let path = format!("{CREDENTIALS}/{}", pair.id);
    for method in [Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::GET] {
        let reply = call(&app, &bearer, method.clone(), &path, Payload::None).await;
        ensure(reply.status == 405, format!("{method}: {}", reply.status))?;
        ensure(reply.headers.contains_key("allow"), "no Allow")?;
        ensure(reply.headers.contains_key("x-ratelimit-limit"), "no rate limit")?;
    }
    is_problem(&call(&app, &bearer, Method::GET, "/nowhere", Payload::None).await, 404, "")?;
    is_live(&app, &pair).await
}

const RULES: &[Rule] = rules! {
    "R1" => r1_a_revocation_is_answered_204,
    "R2" => r2_no_token_is_had_after_it,
    "R3" => r3_tokens_live_on,
    "R2" => r2_a_revocation_is_done_though_the_pair_is_used,
    "R5" => r5_a_restart_revives_nothing,
    "R4" => r4_no_token_outlives_an_hour,
    "R5" => r5_a_revocation_is_final,
    "R6" => r6_revoked_credentials_stay_listed,
    "R6" => a_page_follows_the_other,
    "R7" => r7_the_secret_is_shown_once,
    "R8" => r8_others_are_left_alone,
    "R9" => r9_any_token_of_the_partner_may_revoke,
    "R10" => r10_a_credential_may_revoke_itself,
    "R11" => r11_the_last_active_one_stays,
    "R12" => r12_an_unknown_id_is_answered_404,
    "R13" => r13_a_foreign_id_is_like_an_unknown_one,
    "R14" => r14_a_repetition_is_harmless,
    "R15" => r15_a_bad_bearer_revokes_nothing,
    "R16" => r16_a_secret_is_no_bearer,
    "R17" => r17_a_replay_revives_nothing,
    "R18" => r18_an_expired_credential_is_refused,
    "R19" => r19_a_throttled_revocation_may_be_repeated,
    "R20" => r20_concurrent_revocations_leave_one_active,
    "R22" => r22_only_accepted_exchanges_are_noted,
    "use" => a_credential_is_usable_at_once,
    "pair" => a_wrong_pair_is_refused,
    "malformed" => a_malformed_request_is_answered_400,
    "long bodies" => support::a_long_body_is_no_failure,
    "methods" => other_paths_and_methods_have_no_effect,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_requirement_holds() {
    hold(VENDOR, RULES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_breaks_its_requirements() {
    faults_are_caught(VENDOR, RULES).await;
}

#[tokio::test]
async fn a_token_says_no_more_than_whom_it_is_for_and_until_when() {
    let app = App::new(VENDOR, &[]).await;
    let pair = issued(&app).await;
    let token = token(&app, &pair).await;
    let parts: Vec<&str> = token.strip_prefix("dinie_at_").unwrap().split('.').collect();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(claims, json!({ "sub": pair.id, "exp": app.now().as_second() + 3600 }));
}

#[tokio::test]
async fn a_revocation_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::virtual_at("2026-01-15T10:30:00Z".parse().unwrap());
    let keys = Keys::generate(&Ids::seeded(3));
    let open = async || {
        let path = folder.path().join("facts.db");
        let store = SqliteStore::open(&path, keys.sealer(), Ids::from_os().unwrap()).await.unwrap();
        App::over(VENDOR, Arc::new(store), keys.clone(), clock.clone(), &[], Settings::default()).await
    };
    let app = open().await;
    let pair = issued(&app).await;
    let held = token(&app, &pair).await;
    is_empty_204(&revoke(&app, &operator(&app).await, &pair.id).await).unwrap();
    let listed = row(&app, &pair.id).await.unwrap();
    app.state.store().close().await.unwrap();
    let app = open().await;
    is_dead(&app, &pair).await.unwrap();
    is_accepted(&app, &held).await.unwrap();
    assert_eq!(row(&app, &pair.id).await.unwrap(), listed);
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::PUT,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
    ])
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/auth/token".to_owned()),
        Just(CREDENTIALS.to_owned()),
        "/auth/credentials/[a-z0-9_%.~]{0,40}",
        "/auth/credentials\\?(limit|starting_after|x)=[a-z0-9%_-]{0,12}",
        "(/[a-z%0-9]{0,8}){0,4}",
    ]
    .prop_filter("a path", |path| path.parse::<http::Uri>().is_ok() && path.starts_with('/'))
}

fn body() -> impl Strategy<Value = Payload> {
    let json = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(|name| json!({ "name": name })),
        (any::<String>(), any::<String>()).prop_map(|(name, at)| json!({ "name": name, "expires_at": at })),
        (any::<i64>()).prop_map(|name| json!({ "name": name, "expires_at": null })),
    ];
    prop_oneof![
        Just(Payload::None),
        json.prop_map(Payload::Json),
        any::<Vec<u8>>().prop_map(|bytes| Payload::Raw("application/json", bytes)),
        any::<Vec<u8>>().prop_map(|bytes| Payload::Raw("application/x-www-form-urlencoded", bytes)),
        Just(Payload::Raw("application/x-www-form-urlencoded", b"grant_type=client_credentials".to_vec())),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Presenting {
    Nothing,
    Token,
    Pair,
    Garbage,
}

#[test]
fn whatever_is_sent_the_answer_is_as_documented() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, bearer) = runtime.block_on(async {
        let app = App::new(VENDOR, &[]).await;
        let bearer = operator(&app).await;
        (app, bearer)
    });
    let pair = basic(&caller(&app, OPERATOR));
    let presenting = prop::sample::select(vec![
        Presenting::Nothing,
        Presenting::Token,
        Presenting::Token,
        Presenting::Pair,
        Presenting::Garbage,
    ]);
    let key = prop::option::of("[ -~]{0,20}");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let requests = (method(), path(), presenting, key, body());
    let result = runner.run(&requests, |(method, path, presenting, key, body)| {
        let authorization = match presenting {
            Presenting::Nothing => None,
            Presenting::Token => Some(format!("Bearer {bearer}")),
            Presenting::Pair => Some(pair.clone()),
            Presenting::Garbage => Some("Bearer dinie_at_x".to_owned()),
        };
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if let Some(value) = &authorization {
            headers.push(("Authorization", value));
        }
        if let Some(value) = &key {
            headers.push(("Idempotency-Key", value));
        }
        let has_body = method != Method::HEAD;
        let reply = runtime.block_on(app.call(method, &path, &headers, body));
        prop_assert!(reply.status < 500, "{}", reply.text);
        prop_assert!(reply.headers.contains_key("x-ratelimit-remaining"));
        if reply.status >= 400 && has_body {
            prop_assert_eq!(&reply.media_type, "application/problem+json");
            prop_assert_eq!(&reply.body["status"], &json!(reply.status));
            prop_assert!(reply.at("/type").starts_with("https://"));
        }
        Ok(())
    });
    result.unwrap();
    app.documented().unwrap();
}
