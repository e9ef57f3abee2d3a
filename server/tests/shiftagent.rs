//! ShiftAgent's requirements, spoken over the router with a clock to move.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use rescind_server::bootstrap::{COLLEAGUE, LEAVER, OPERATOR, OUTSIDER};
use rescind_server::id::Ids;
use rescind_server::keys::Keys;
use rescind_server::limiter::RateLimit;
use rescind_server::state::Settings;
use rescind_server::store::{Guard, ResourceChange, SqliteStore, Updated};
use rescind_server::vendor::records::shiftagent as records;
use rescind_server::{Clock, Vendor};
use serde_json::{Value, json};
use support::{App, Payload, Reply, Rule, Verdict, ensure, faults_are_caught, hold, rules};

const VENDOR: Vendor = Vendor::ShiftAgent;

/// An id that no credential has.
const NOBODY: &str = "crd_00000000000000000000";

/// Planted in every credential, and never to be seen again.
const SECRET: &str = "planted-2f9c41d07b";

fn key(app: &App, name: &str) -> String {
    app.start.callers[name].secret.expose().to_owned()
}

async fn call(app: &App, bearer: &str, method: Method, path: &str, body: Payload) -> Reply {
    app.call(method, path, &[("Authorization", &format!("Bearer {bearer}"))], body).await
}

async fn get(app: &App, path: &str) -> Reply {
    call(app, &key(app, OPERATOR), Method::GET, path, Payload::None).await
}

async fn post(app: &App, path: &str, body: Value) -> Reply {
    post_as(app, &key(app, OPERATOR), path, body).await
}

async fn post_as(app: &App, bearer: &str, path: &str, body: Value) -> Reply {
    call(app, bearer, Method::POST, path, Payload::Json(body)).await
}

async fn post_with_key(app: &App, path: &str, idempotency_key: &str, body: Payload) -> Reply {
    let bearer = format!("Bearer {}", key(app, OPERATOR));
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", idempotency_key)];
    app.call(Method::POST, path, &headers, body).await
}

fn credential(name: &str) -> Value {
    json!({ "name": name, "type": "generic_secret", "secret": SECRET, "metadata": { "rotation": "quarterly" } })
}

fn repository(name: &str, credential_id: &str) -> Value {
    json!({ "name": name, "repo_url": "https://git.invalid/a.git", "credential_id": credential_id })
}

/// The id in an answer that made something.
fn made(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.at("/id").to_owned()
}

/// A new credential of the operator.
async fn vaulted(app: &App, name: &str) -> String {
    made(&post(app, "/credentials", credential(name)).await)
}

/// A new repository of the operator that refers to a credential.
async fn registered(app: &App, name: &str, credential_id: &str) -> String {
    made(&post(app, "/repositories", repository(name, credential_id)).await)
}

async fn delete_as(app: &App, bearer: &str, id: &str) -> Reply {
    call(app, bearer, Method::DELETE, &format!("/credentials/{id}"), Payload::None).await
}

async fn delete(app: &App, id: &str) -> Reply {
    delete_as(app, &key(app, OPERATOR), id).await
}

async fn remove(app: &App, repository_id: &str) -> Reply {
    let path = format!("/repositories/{repository_id}");
    call(app, &key(app, OPERATOR), Method::DELETE, &path, Payload::None).await
}

async fn patch(app: &App, repository_id: &str, body: Value) -> Reply {
    let path = format!("/repositories/{repository_id}");
    call(app, &key(app, OPERATOR), Method::PATCH, &path, Payload::Json(body)).await
}

/// The credential that a repository refers to.
async fn reference(app: &App, repository_id: &str) -> Result<Value, String> {
    let reply = get(app, &format!("/repositories/{repository_id}")).await;
    ensure(reply.status == 200, reply.text)?;
    Ok(reply.body["credential_id"].clone())
}

/// All pages of a list, two items a page.
async fn list_as(app: &App, bearer: &str, kind: &str) -> Result<Vec<Value>, String> {
    let mut all: Vec<Value> = Vec::new();
    let mut path = format!("/{kind}?limit=2");
    loop {
        let reply = call(app, bearer, Method::GET, &path, Payload::None).await;
        ensure(reply.status == 200, reply.text.clone())?;
        all.extend(reply.body["data"].as_array().cloned().unwrap_or_default());
        if reply.body["has_more"] != true {
            ensure(reply.body["next_cursor"].is_null(), "a cursor on the last page")?;
            return Ok(all);
        }
        path = format!("/{kind}?limit=2&starting_after={}", reply.at("/next_cursor"));
    }
}

async fn is_listed(app: &App, id: &str) -> Result<bool, String> {
    let all = list_as(app, &key(app, OPERATOR), "credentials").await?;
    Ok(all.iter().any(|item| item["id"] == id))
}

async fn stays(app: &App, id: &str) -> Verdict {
    ensure(is_listed(app, id).await?, format!("{id} is gone"))
}

fn is_empty_204(reply: &Reply) -> Verdict {
    let is_right = reply.status == 204 && reply.text.is_empty() && reply.media_type.is_empty();
    ensure(is_right, format!("documented 204 without a body, received {} {}", reply.status, reply.text))
}

fn is_problem(reply: &Reply, status: u16, slug: &str) -> Verdict {
    let received_slug = reply.at("/type").rsplit_once("/problems/").map(|(_, slug)| slug).unwrap_or_default();
    let received = (reply.status, reply.media_type.as_str(), received_slug, &reply.body["status"]);
    let documented = (status, "application/problem+json", slug, &json!(status));
    ensure(received == documented, format!("documented {documented:?}, received {received:?}"))?;
    ensure(reply.at("/request_id").starts_with("req_"), "no request_id")?;
    ensure(!reply.text.contains("backtrace"), "the server shows its inside")
}

/// Whether the guard refuses, and names one of these.
fn is_guarded(reply: &Reply, by: &[&str]) -> Verdict {
    is_problem(reply, 409, "resource-in-use")?;
    let named = reply.at("/conflicting_resource_id");
    ensure(by.contains(&named), format!("the guard names {named:?}, not one of {by:?}"))
}

// What a deletion does.

async fn r1_a_deletion_succeeds(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    is_empty_204(&delete(&app, &id).await)
}

async fn r2_a_deleted_credential_is_not_listed(app: App) -> Verdict {
    let (first, id, last) = (vaulted(&app, "a").await, vaulted(&app, "b").await, vaulted(&app, "c").await);
    stays(&app, &id).await?;
    is_empty_204(&delete(&app, &id).await)?;
    ensure(!is_listed(&app, &id).await?, "still listed")?;
    stays(&app, &first).await?;
    stays(&app, &last).await
}

async fn r3_a_credential_in_use_is_not_deleted(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    registered(&app, "r", &id).await;
    is_problem(&delete(&app, &id).await, 409, "resource-in-use")
}

async fn r4_the_guard_names_a_dependent(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let first = registered(&app, "r1", &id).await;
    is_guarded(&delete(&app, &id).await, &[&first])?;
    let second = registered(&app, "r2", &id).await;
    is_guarded(&delete(&app, &id).await, &[&first, &second])?;
    is_empty_204(&remove(&app, &first).await)?;
    is_guarded(&delete(&app, &id).await, &[&second])
}

async fn r5_a_refused_deletion_changes_nothing(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let repository = registered(&app, "r", &id).await;
    let before = (get(&app, "/credentials").await.body, get(&app, "/repositories").await.body);
    ensure(delete(&app, &id).await.status == 409, "not refused")?;
    let after = (get(&app, "/credentials").await.body, get(&app, "/repositories").await.body);
    ensure(before == after, "something changed")?;
    ensure(reference(&app, &repository).await? == id, "the reference is gone")
}

async fn r6_clearing_or_repointing_lifts_the_guard(app: App) -> Verdict {
    let (old, new) = (vaulted(&app, "old").await, vaulted(&app, "new").await);
    let repository = registered(&app, "r", &old).await;
    let reply = patch(&app, &repository, json!({ "branch": "next" })).await;
    ensure(reply.body["credential_id"] == old, "a change of something else cleared the reference")?;
    let reply = patch(&app, &repository, json!({ "credential_id": new })).await;
    ensure(reply.status == 200 && reply.body["credential_id"] == new, reply.text)?;
    is_empty_204(&delete(&app, &old).await)?;
    is_guarded(&delete(&app, &new).await, &[&repository])?;
    let reply = patch(&app, &repository, json!({ "credential_id": null })).await;
    ensure(reply.status == 200 && reply.body["credential_id"].is_null(), reply.text)?;
    is_empty_204(&delete(&app, &new).await)
}

async fn r7_deleting_the_dependents_lifts_the_guard(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let repositories = [registered(&app, "r1", &id).await, registered(&app, "r2", &id).await];
    for repository in repositories {
        ensure(delete(&app, &id).await.status == 409, "not refused")?;
        is_empty_204(&remove(&app, &repository).await)?;
    }
    is_empty_204(&delete(&app, &id).await)
}

async fn r8_a_rotation_works_in_its_order(app: App) -> Verdict {
    let old = vaulted(&app, "old").await;
    let repository = registered(&app, "r", &old).await;
    is_guarded(&delete(&app, &old).await, &[&repository])?;
    let new = vaulted(&app, "new").await;
    ensure(patch(&app, &repository, json!({ "credential_id": new })).await.status == 200, "not repointed")?;
    is_empty_204(&delete(&app, &old).await)?;
    ensure(reference(&app, &repository).await? == new, "another reference")
}

async fn r9_a_deletion_is_final(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    is_empty_204(&delete(&app, &id).await)?;
    for hours in [0, 1, 24] {
        app.advance(hours * 3600);
        ensure(!is_listed(&app, &id).await?, "it is back")?;
        is_problem(&delete(&app, &id).await, 404, "not-found")?;
    }
    Ok(())
}

async fn r10_a_repeated_deletion_finds_nothing(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    is_empty_204(&delete(&app, &id).await)?;
    is_problem(&delete(&app, &id).await, 404, "not-found")
}

async fn r11_an_unknown_id_is_answered_404(app: App) -> Verdict {
    for unknown in [NOBODY, "x", "%00", "%ff", "crd_%2F"] {
        is_problem(&delete(&app, unknown).await, 404, "not-found")?;
    }
    Ok(())
}

async fn r12_a_foreign_id_is_like_an_unknown_one(app: App) -> Verdict {
    let (foreign, deleted) = (vaulted(&app, "a").await, vaulted(&app, "b").await);
    let stranger = key(&app, OUTSIDER);
    let own = call(&app, &stranger, Method::POST, "/credentials", Payload::Json(credential("a"))).await;
    ensure(own.status == 201, "a name in one root keeps another root from it")?;
    ensure(delete(&app, &deleted).await.status == 204, "not deleted")?;
    let mut seen = HashSet::new();
    for id in [NOBODY, &foreign, &deleted] {
        let reply = delete_as(&app, &stranger, id).await;
        is_problem(&reply, 404, "not-found")?;
        let mut body = reply.body;
        for varying in ["instance", "request_id"] {
            body.as_object_mut().and_then(|members| members.shift_remove(varying));
        }
        let mut headers: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        seen.insert(format!("{} {headers:?} {body}", reply.status));
    }
    ensure(seen.len() == 1, format!("ids are told apart: {seen:?}"))?;
    stays(&app, &foreign).await?;
    let listed = list_as(&app, &stranger, "credentials").await?;
    ensure(listed.len() == 1 && listed[0]["id"] == own.body["id"], "a foreign credential is listed")
}

async fn r13_a_foreign_id_is_unknown_even_in_use(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let repository = registered(&app, "r", &id).await;
    is_problem(&delete_as(&app, &key(&app, OUTSIDER), &id).await, 404, "not-found")?;
    let path = format!("/repositories/{repository}");
    for (method, body) in [
        (Method::GET, Payload::None),
        (Method::DELETE, Payload::None),
        (Method::PATCH, Payload::Json(json!({}))),
    ] {
        is_problem(&call(&app, &key(&app, OUTSIDER), method, &path, body).await, 404, "not-found")?;
    }
    ensure(reference(&app, &repository).await? == id, "the reference is gone")
}

// Who may delete.

async fn r14_a_bad_bearer_deletes_nothing(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let path = format!("/credentials/{id}");
    for headers in [
        &[][..],
        &[("Authorization", "Bearer")],
        &[("Authorization", "Bearer a b")],
        &[("Authorization", "Basic eDp5")],
        &[("Authorization", "Bearer sk_int_0000000000000000000000000000000000000000")],
        &[("Authorization", "Bearer x.y.z")],
    ] {
        let reply = app.call(Method::DELETE, &path, headers, Payload::None).await;
        is_problem(&reply, 401, "insufficient-scope")?;
        ensure(reply.at("/title") == "Unauthorized", "another title")?;
    }
    is_problem(&delete_as(&app, SECRET, &id).await, 401, "insufficient-scope")?;
    stays(&app, &id).await
}

async fn r15_the_token_of_a_user_deletes_nothing(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let body = json!({ "tenant_external_id": "tenant-1", "user_external_id": "user-1", "ttl_seconds": 60 });
    let reply = post(&app, "/auth/token-exchange", body).await;
    ensure(reply.status == 200, reply.text.clone())?;
    ensure(reply.body["expires_at"] == json!(app.now() + Duration::from_mins(1)), "another lifetime")?;
    let token = reply.at("/token");
    is_problem(&delete_as(&app, token, &id).await, 401, "insufficient-scope")?;
    stays(&app, &id).await?;
    app.advance(60);
    is_problem(&delete_as(&app, token, &id).await, 401, "insufficient-scope")?;
    stays(&app, &id).await
}

async fn r16_any_key_of_the_root_deletes(app: App) -> Verdict {
    let colleague = key(&app, COLLEAGUE);
    is_empty_204(&delete_as(&app, &colleague, &vaulted(&app, "a").await).await)?;
    let made = post_as(&app, &colleague, "/credentials", credential("b")).await;
    is_empty_204(&delete(&app, made.at("/id")).await)
}

async fn r17_no_answer_holds_a_secret(app: App) -> Verdict {
    let reply = post_with_key(&app, "/credentials", "k", Payload::Json(credential("a"))).await;
    let id = reply.at("/id").to_owned();
    let repository = post(&app, "/repositories", repository("r", &id)).await;
    let mut broken = credential("b");
    broken["metadata"] = json!({ "note": 7 });
    let replies = [
        reply,
        repository,
        post_with_key(&app, "/credentials", "k", Payload::Json(credential("a"))).await,
        post_with_key(&app, "/credentials", "k", Payload::Json(credential("b"))).await,
        post(&app, "/credentials", credential("a")).await,
        post(&app, "/credentials", broken).await,
        post(&app, "/credentials", json!({ "secret": SECRET, "name": 1 })).await,
        call(&app, SECRET, Method::GET, "/credentials", Payload::None).await,
        get(&app, "/credentials").await,
        get(&app, "/repositories").await,
        delete(&app, &id).await,
    ];
    for reply in replies {
        let whole = format!("{:?} {}", reply.headers, reply.text);
        ensure(!whole.contains(SECRET), format!("the secret is shown: {whole}"))?;
    }
    Ok(())
}

// Names and idempotency keys.

async fn r18_a_name_is_free_after_the_deletion(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let taken = post(&app, "/credentials", credential("a")).await;
    is_problem(&taken, 409, "name-conflict")?;
    ensure(taken.at("/conflicting_resource_id") == id, "another credential is named")?;
    is_empty_204(&delete(&app, &id).await)?;
    let anew = post(&app, "/credentials", credential("a")).await;
    ensure(anew.status == 201, format!("the name is still taken: {}", anew.text))?;
    ensure(anew.at("/id") != id, "the old id came back")
}

async fn r19_a_replay_brings_nothing_back(app: App) -> Verdict {
    let body = || Payload::Json(credential("a"));
    let first = post_with_key(&app, "/credentials", "key", body()).await;
    ensure(!first.headers.contains_key("idempotency-replayed"), "the first answer says it is a replay")?;
    let id = made(&first);
    is_empty_204(&delete(&app, &id).await)?;
    let replay = post_with_key(&app, "/credentials", "key", body()).await;
    ensure((replay.status, &replay.body) == (201, &first.body), "not the first answer")?;
    ensure(replay.headers.get("idempotency-replayed").is_some_and(|told| told == "true"), "not told")?;
    ensure(list_as(&app, &key(&app, OPERATOR), "credentials").await?.is_empty(), "something is listed")?;
    is_problem(&delete(&app, &id).await, 404, "not-found")?;
    let other = post_with_key(&app, "/credentials", "key", Payload::Json(credential("b"))).await;
    is_problem(&other, 409, "idempotency-key-conflict")?;
    let elsewhere = repository("r", &vaulted(&app, "c").await);
    let elsewhere = post_with_key(&app, "/repositories", "key", Payload::Json(elsewhere)).await;
    ensure(elsewhere.status == 201, "a key of one operation is one of another")?;
    app.advance(24 * 3600);
    let anew = post_with_key(&app, "/credentials", "key", body()).await;
    ensure(anew.status == 201 && anew.at("/id") != id, "the key is not free after a day")
}

async fn a_refusal_is_replayed_too(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let body = || Payload::Json(credential("a"));
    let first = post_with_key(&app, "/credentials", "key", body()).await;
    is_problem(&first, 409, "name-conflict")?;
    is_empty_204(&delete(&app, &id).await)?;
    let replay = post_with_key(&app, "/credentials", "key", body()).await;
    ensure((replay.status, &replay.body) == (409, &first.body), "not the first answer")?;
    ensure(replay.headers.contains_key("idempotency-replayed"), "not told")?;
    let long = "k".repeat(256);
    is_problem(&post_with_key(&app, "/credentials", &long, body()).await, 400, "validation-error")
}

async fn r20_a_deleted_credential_cannot_be_referred_to(app: App) -> Verdict {
    let (deleted, own) = (vaulted(&app, "a").await, vaulted(&app, "b").await);
    is_empty_204(&delete(&app, &deleted).await)?;
    let stranger = key(&app, OUTSIDER);
    let foreign = call(&app, &stranger, Method::POST, "/credentials", Payload::Json(credential("a"))).await;
    let holder = registered(&app, "r", &own).await;
    for gone in [deleted.as_str(), NOBODY, foreign.at("/id")] {
        let reply = post(&app, "/repositories", repository("s", gone)).await;
        is_problem(&reply, 404, "not-found")?;
        let reply = patch(&app, &holder, json!({ "credential_id": gone, "branch": "other" })).await;
        is_problem(&reply, 404, "not-found")?;
    }
    let all = list_as(&app, &key(&app, OPERATOR), "repositories").await?;
    ensure(all.len() == 1 && all[0]["credential_id"] == own, "something was made or changed")?;
    ensure(all[0]["branch"] == "main", "half of a change was done")
}

async fn r21_no_reference_dangles(app: App) -> Verdict {
    for round in 0..24 {
        let id = vaulted(&app, &format!("c{round}")).await;
        // Of the two the deletion reads more before it decides. Calls that read as well give it a lead that grows from none
        // to more than it needs, however fast the machine is.
        let lead = round % 6;
        let (first, deleted) = (app.clone(), id.clone());
        let (second, referred) = (app.clone(), id.clone());
        let deletion = tokio::spawn(async move { delete(&first, &deleted).await.status });
        let registration = tokio::spawn(async move {
            for _ in 0..lead {
                _ = get(&second, "/credentials").await;
            }
            let body = repository(&format!("r{round}"), &referred);
            post(&second, "/repositories", body).await.status
        });
        let statuses = (deletion.await.unwrap_or(0), registration.await.unwrap_or(0));
        ensure(matches!(statuses, (204, 404) | (409, 201)), format!("{statuses:?}"))?;
        ensure(is_listed(&app, &id).await? == (statuses.1 == 201), "the list says otherwise")?;
    }
    Ok(())
}

async fn r22_one_of_several_deletions_succeeds(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let calls = (0..8).map(|_| {
        let (app, id) = (app.clone(), id.clone());
        tokio::spawn(async move { delete(&app, &id).await.status })
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.unwrap_or(0));
    }
    statuses.sort_unstable();
    ensure(statuses == [204, 404, 404, 404, 404, 404, 404, 404], format!("{statuses:?}"))
}

// Service keys and users.

async fn r23_a_revoked_service_key_is_refused(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let reply = get(&app, "/integration/self").await;
    let pair = app.start.callers[OPERATOR].clone();
    ensure(reply.status == 200 && reply.at("/key_id") == pair.id, reply.text.clone())?;
    ensure(reply.at("/root_tenant_id") == records::ROOT_TENANTS[0], "another root")?;
    let realm = records::SERVICE_KEYS.of(records::ROOT_TENANTS[0]);
    app.state
        .store()
        .revoke(realm, &pair.id, Guard::None, app.now())
        .await
        .map_err(|error| error.to_string())?;
    for path in ["/integration/self", "/credentials", "/repositories"] {
        is_problem(&get(&app, path).await, 401, "insufficient-scope")?;
    }
    is_problem(&delete(&app, &id).await, 401, "insufficient-scope")
}

async fn r23_a_key_revoked_beside_the_api_is_refused(app: App) -> Verdict {
    let leaver = key(&app, LEAVER);
    let own = async || call(&app, &leaver, Method::GET, "/integration/self", Payload::None).await;
    ensure(own().await.status == 200, "refused before")?;
    app.hook("revoke_service_key", &app.start.callers[LEAVER].id).await;
    is_problem(&own().await, 401, "insufficient-scope")?;
    ensure(get(&app, "/integration/self").await.status == 200, "another one is refused")
}

async fn what_is_supplied_is_accepted(app: App) -> Verdict {
    let [tenant, user] = ["tenant", "user"].map(|name| app.start.supplied[name].clone());
    let body = json!({ "tenant_external_id": tenant, "user_external_id": user });
    let reply = post(&app, "/auth/token-exchange", body).await;
    ensure(reply.status == 200, reply.text)
}

async fn r25_suspended_and_deactivated_get_no_token(app: App) -> Verdict {
    let body = json!({ "tenant_external_id": "tenant-1", "user_external_id": "user-1" });
    let exchange = async |body: &Value| post(&app, "/auth/token-exchange", body.clone()).await;
    let set = async |realm, id: &str, status: &str| {
        let attributes = serde_json::Map::from_iter([("status".to_owned(), status.into())]);
        let change = ResourceChange { attributes, ..ResourceChange::default() };
        let done = app.state.store().update(realm, id, change, app.now()).await;
        ensure(matches!(done, Ok(Updated::Updated(_))), "not set")
    };
    let reply = exchange(&body).await;
    let (tenant, user) = (reply.at("/tenant_id").to_owned(), reply.at("/user_id").to_owned());
    ensure(reply.body["expires_at"] == json!(app.now() + Duration::from_mins(15)), "another lifetime")?;
    set(records::USERS.of(&tenant), &user, "deactivated").await?;
    is_problem(&exchange(&body).await, 403, "insufficient-scope")?;
    set(records::TENANTS.of(records::ROOT_TENANTS[0]), &tenant, "suspended").await?;
    is_problem(&exchange(&body).await, 403, "tenant-suspended")?;
    for member in ["tenant_external_id", "user_external_id"] {
        let mut unknown = body.clone();
        unknown[member] = "nobody".into();
        is_problem(&exchange(&unknown).await, 404, "not-found")?;
    }
    for ttl in [59, 3601] {
        let mut wrong = body.clone();
        wrong["ttl_seconds"] = ttl.into();
        is_problem(&exchange(&wrong).await, 400, "validation-error")?;
    }
    Ok(())
}

// Lists, repositories, the form of requests and answers.

async fn a_page_follows_the_other(app: App) -> Verdict {
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(vaulted(&app, &format!("c{number}")).await);
    }
    is_empty_204(&delete(&app, &all[2]).await)?;
    let deleted = all.remove(2);
    let ids = |items: &[Value]| -> Vec<String> {
        items.iter().filter_map(|item| item["id"].as_str()).map(ToOwned::to_owned).collect()
    };
    let listed = list_as(&app, &key(&app, OPERATOR), "credentials").await?;
    ensure(ids(&listed) == all, format!("made {all:?}, listed {:?}", ids(&listed)))?;
    for (query, wanted, has_more) in [
        (format!("limit=2&ending_before={}", all[3]), &all[1..3], true),
        (format!("limit=3&ending_before={}", all[3]), &all[..3], false),
        (format!("limit=2&starting_after={deleted}"), &all[2..], false),
        (format!("limit=1&starting_after={}&type=generic_secret", all[0]), &all[1..2], true),
        ("type=git_pat".to_owned(), &all[..0], false),
    ] {
        let reply = get(&app, &format!("/credentials?{query}")).await;
        let items = reply.body["data"].as_array().cloned().unwrap_or_default();
        ensure(ids(&items) == wanted, format!("{query}: {:?}", ids(&items)))?;
        ensure(reply.body["has_more"] == has_more, format!("{query}: has_more"))?;
    }
    for query in [
        format!("starting_after={}&ending_before={}", all[0], all[1]),
        format!("starting_after={NOBODY}"),
        format!("ending_before={NOBODY}"),
        "limit=0".to_owned(),
        "limit=101".to_owned(),
        "limit=x".to_owned(),
    ] {
        for kind in ["credentials", "repositories"] {
            let reply = get(&app, &format!("/{kind}?{query}")).await;
            is_problem(&reply, 400, "validation-error")?;
            ensure(reply.at("/errors/0/pointer").starts_with('/'), "nothing is named")?;
        }
    }
    Ok(())
}

async fn repositories_are_found_by_name(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let first = registered(&app, "one", &id).await;
    let second = registered(&app, "two", &id).await;
    let taken = post(&app, "/repositories", repository("one", &id)).await;
    is_problem(&taken, 409, "name-conflict")?;
    ensure(taken.at("/conflicting_resource_id") == first, "another repository is named")?;
    let taken = patch(&app, &second, json!({ "name": "one" })).await;
    is_problem(&taken, 409, "name-conflict")?;
    ensure(taken.at("/conflicting_resource_id") == first, "another repository is named")?;
    ensure(patch(&app, &second, json!({ "name": "three" })).await.status == 200, "not renamed")?;
    for (name, found) in [("one", 1), ("two", 0), ("three", 1)] {
        let reply = get(&app, &format!("/repositories?name={name}")).await;
        ensure(
            reply.body["data"].as_array().map(Vec::len) == Some(found),
            format!("{name}: {}", reply.text),
        )?;
    }
    for unknown in ["rep_0", "x", "%ff"] {
        let path = format!("/repositories/{unknown}");
        is_problem(&get(&app, &path).await, 404, "not-found")?;
        is_problem(&remove(&app, unknown).await, 404, "not-found")?;
        is_problem(&patch(&app, unknown, json!({})).await, 404, "not-found")?;
        is_problem(
            &post_with_key(&app, &format!("{path}/sync"), "k", Payload::None).await,
            404,
            "not-found",
        )?;
    }
    Ok(())
}

async fn a_sync_takes_its_time(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let repository = registered(&app, "r", &id).await;
    let path = format!("/repositories/{repository}");
    let state = async || get(&app, &path).await.at("/sync/state").to_owned();
    ensure(state().await == "pending", "not pending at first")?;
    app.advance(5);
    ensure(state().await == "ready", "not ready in the end")?;
    let sync = format!("{path}/sync");
    let first = post_with_key(&app, &sync, "key", Payload::None).await;
    ensure(first.status == 202 && first.at("/sync/state") == "syncing", first.text.clone())?;
    let calls = (0..4).map(|_| {
        let (app, sync) = (app.clone(), sync.clone());
        tokio::spawn(async move { post_with_key(&app, &sync, "", Payload::None).await.status })
    });
    for call in calls.collect::<Vec<_>>() {
        ensure(call.await.unwrap_or(0) == 409, "a second sync started")?;
    }
    app.advance(5);
    let replay = post_with_key(&app, &sync, "key", Payload::None).await;
    ensure((replay.status, &replay.body) == (202, &first.body), "not the first answer")?;
    ensure(state().await == "ready", "a replay started a sync")?;
    ensure(patch(&app, &repository, json!({ "branch": "main" })).await.at("/sync/state") == "ready", "same")?;
    let other = patch(&app, &repository, json!({ "branch": "next" })).await;
    ensure(other.at("/sync/state") == "pending", "another branch was read already")?;
    ensure(other.at("/sync/last_synced_at") == json!(app.now()), "the last sync is forgotten")
}

async fn a_malformed_request_is_answered_400(app: App) -> Verdict {
    let mut wrong = vec![json!([]), json!({}), json!({ "name": "n", "type": "t" })];
    for (member, value) in [
        ("name", json!("n".repeat(256))),
        ("name", json!(null)),
        ("type", json!(1)),
        ("secret", json!(null)),
        ("metadata", json!({ "k": "v".repeat(501) })),
        ("metadata", json!([])),
    ] {
        let mut body = credential("n");
        body[member] = value;
        wrong.push(body);
    }
    for body in wrong {
        let reply = post(&app, "/credentials", body).await;
        is_problem(&reply, 400, "validation-error")?;
        ensure(reply.body["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "nothing is named")?;
        ensure(reply.at("/instance") == "/credentials", "the path is not told")?;
    }
    for (media_type, text) in [("application/json", "{"), ("text/plain", "{}"), ("", "{}")] {
        let body = Payload::Raw(media_type, text.into());
        let reply = call(&app, &key(&app, OPERATOR), Method::POST, "/credentials", body).await;
        is_problem(&reply, 400, "validation-error")?;
    }
    let longest = vaulted(&app, &"n".repeat(255)).await;
    is_empty_204(&delete(&app, &longest).await)
}

async fn other_paths_and_methods_have_no_effect(app: App) -> Verdict {
    let id = vaulted(&app, "a").await;
    let path = format!("/credentials/{id}");
    for method in [Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::GET] {
        let reply = call(&app, &key(&app, OPERATOR), method.clone(), &path, Payload::None).await;
        ensure(reply.status == 405, format!("{method}: {}", reply.status))?;
    }
    is_problem(&get(&app, "/nowhere").await, 404, "not-found")?;
    stays(&app, &id).await
}

async fn too_many_calls_are_told_when_to_come_back(app: App) -> Verdict {
    let rate = RateLimit { calls: 2, window: Duration::from_mins(1) };
    let throttled = App::with(VENDOR, &[], Settings { rate, ..Settings::default() }).await;
    for path in ["/health", "/credentials"] {
        for _ in 0..2 {
            ensure(get(&throttled, path).await.status == 200, format!("{path} is refused"))?;
        }
        let reply = get(&throttled, path).await;
        is_problem(&reply, 429, "rate-limited")?;
        ensure(reply.headers.contains_key("retry-after"), "no time to wait")?;
    }
    throttled.advance(60);
    ensure(get(&throttled, "/health").await.status == 200, "still refused")?;
    let health = app.call(Method::GET, "/health", &[], Payload::None).await;
    ensure(health.status == 200 && health.body["time"] == json!(app.now()), health.text)
}

const RULES: &[Rule] = rules! {
    "R1" => r1_a_deletion_succeeds,
    "R2" => r2_a_deleted_credential_is_not_listed,
    "R2" => a_page_follows_the_other,
    "R3" => r3_a_credential_in_use_is_not_deleted,
    "R4" => r4_the_guard_names_a_dependent,
    "R5" => r5_a_refused_deletion_changes_nothing,
    "R6" => r6_clearing_or_repointing_lifts_the_guard,
    "R7" => r7_deleting_the_dependents_lifts_the_guard,
    "R8" => r8_a_rotation_works_in_its_order,
    "R9" => r9_a_deletion_is_final,
    "R10" => r10_a_repeated_deletion_finds_nothing,
    "R11" => r11_an_unknown_id_is_answered_404,
    "R12" => r12_a_foreign_id_is_like_an_unknown_one,
    "R13" => r13_a_foreign_id_is_unknown_even_in_use,
    "R14" => r14_a_bad_bearer_deletes_nothing,
    "R15" => r15_the_token_of_a_user_deletes_nothing,
    "R16" => r16_any_key_of_the_root_deletes,
    "R17" => r17_no_answer_holds_a_secret,
    "R18" => r18_a_name_is_free_after_the_deletion,
    "R19" => r19_a_replay_brings_nothing_back,
    "R20" => r20_a_deleted_credential_cannot_be_referred_to,
    "R21" => r21_no_reference_dangles,
    "R22" => r22_one_of_several_deletions_succeeds,
    "R23" => r23_a_revoked_service_key_is_refused,
    "R23" => r23_a_key_revoked_beside_the_api_is_refused,
    "supplied" => what_is_supplied_is_accepted,
    "R25" => r25_suspended_and_deactivated_get_no_token,
    "refusals" => a_refusal_is_replayed_too,
    "names" => repositories_are_found_by_name,
    "sync" => a_sync_takes_its_time,
    "malformed" => a_malformed_request_is_answered_400,
    "long bodies" => support::a_long_body_is_no_failure,
    "methods" => other_paths_and_methods_have_no_effect,
    "rate" => too_many_calls_are_told_when_to_come_back,
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
async fn a_deletion_destroys_the_secret_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.db");
    let clock = Clock::virtual_at("2026-01-15T10:30:00Z".parse().unwrap());
    let keys = Keys::generate(&Ids::seeded(3));
    let open = async || {
        let store = SqliteStore::open(&path, keys.sealer(), Ids::from_os().unwrap()).await.unwrap();
        App::over(VENDOR, Arc::new(store), keys.clone(), clock.clone(), &[], Settings::default()).await
    };
    let app = open().await;
    let (id, kept) = (vaulted(&app, "a").await, vaulted(&app, "b").await);
    let repository = registered(&app, "r", &kept).await;
    is_empty_204(&delete(&app, &id).await).unwrap();
    app.state.store().close().await.unwrap();
    let app = open().await;
    is_problem(&delete(&app, &id).await, 404, "not-found").unwrap();
    is_guarded(&delete(&app, &kept).await, &[&repository]).unwrap();
    app.state.store().close().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
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

fn path(repository: &str) -> impl Strategy<Value = String> + use<> {
    let fixed = ["/credentials", "/repositories", "/auth/token-exchange", "/integration/self", "/health"];
    prop_oneof![
        prop::sample::select(fixed.to_vec()).prop_map(ToOwned::to_owned),
        Just(format!("/repositories/{repository}")),
        Just(format!("/repositories/{repository}/sync")),
        "/(credentials|repositories)/[a-z0-9_%.~]{0,40}(/sync)?",
        "/(credentials|repositories)\\?(limit|starting_after|ending_before|type|name)=[a-z0-9%_-]{0,12}",
        "(/[a-z%0-9]{0,8}){0,4}",
    ]
    .prop_filter("a path", |path| path.parse::<http::Uri>().is_ok() && path.starts_with('/'))
}

fn body() -> impl Strategy<Value = Payload> {
    let json = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (any::<String>(), any::<String>())
            .prop_map(|(name, secret)| json!({ "name": name, "type": "t", "secret": secret })),
        any::<String>().prop_map(|name| json!({ "name": name, "repo_url": "https://git.invalid/a" })),
        "crd_[a-z0-9]{0,4}".prop_map(|id| json!({ "name": "n", "repo_url": "a:b", "credential_id": id })),
        any::<String>().prop_map(|branch| json!({ "branch": branch, "credential_id": null })),
        any::<i64>().prop_map(|ttl| {
            json!({ "tenant_external_id": "tenant-1", "user_external_id": "user-1", "ttl_seconds": ttl })
        }),
    ];
    prop_oneof![
        Just(Payload::None),
        json.prop_map(Payload::Json),
        any::<Vec<u8>>().prop_map(|bytes| Payload::Raw("application/json", bytes)),
        any::<Vec<u8>>().prop_map(|bytes| Payload::Raw("text/plain", bytes)),
    ]
}

#[test]
fn whatever_is_sent_the_answer_is_as_documented() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, repository) = runtime.block_on(async {
        let app = App::new(VENDOR, &[]).await;
        let id = vaulted(&app, "kept").await;
        let repository = registered(&app, "kept", &id).await;
        (app, repository)
    });
    let bearer = format!("Bearer {}", key(&app, OPERATOR));
    let presenting =
        prop::sample::select(vec![None, Some("Bearer x".to_owned()), Some(bearer.clone()), Some(bearer)]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let idempotency_key = prop::option::of("[ -~]{0,20}");
    let requests = (method(), path(&repository), presenting, idempotency_key, body());
    let result = runner.run(&requests, |(method, path, presenting, idempotency_key, body)| {
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if let Some(value) = &presenting {
            headers.push(("Authorization", value));
        }
        if let Some(value) = &idempotency_key {
            headers.push(("Idempotency-Key", value));
        }
        let has_body = method != Method::HEAD;
        let reply = runtime.block_on(app.call(method, &path, &headers, body));
        prop_assert!(reply.status < 500, "{}", reply.text);
        if reply.status >= 400 && has_body {
            prop_assert_eq!(&reply.media_type, "application/problem+json");
            prop_assert_eq!(&reply.body["status"], &json!(reply.status));
            prop_assert!(reply.at("/type").contains("/problems/"));
            prop_assert!(reply.at("/request_id").starts_with("req_"));
        }
        Ok(())
    });
    result.unwrap();
    app.documented().unwrap();
}
