//! Sessions: one exchange for everybody, renewed in time, over once the credential is; and replacements.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rescind_client::dinie::types::{ClientId, CredentialStatus, CredentialWithSecret};
use rescind_client::dinie::{Client, Ended, ReplaceError, Session, SessionError};
use rescind_client::{Acknowledged, Clock as _, Error, Hook, Retry, Sent, Settings};
use rescind_server::Vendor;

use crate::support::{CHAOS, Deployment, Moved};

fn session(deployment: &Deployment, name: &str, settings: Settings) -> Session {
    let (id, secret) = deployment.caller(name);
    let client = Client::new(&deployment.url()).with_settings(settings);
    Session::new(&client, id.try_into().unwrap(), secret, deployment.clock())
}

#[expect(clippy::unnecessary_wraps, reason = "a replacement takes a function that may fail")]
fn nowhere(_: &CredentialWithSecret) -> Result<(), Infallible> {
    Ok(())
}

/// Each credential with its state, as another one of the same partner sees it.
async fn listed(session: &Session) -> Vec<(ClientId, String, CredentialStatus)> {
    let page = session.client().list_credentials().limit(100).send().await.unwrap();
    assert!(!page.has_more);
    let credential = page.into_inner().data.into_iter();
    credential.map(|credential| (credential.client_id, credential.name, credential.status)).collect()
}

#[tokio::test]
async fn one_exchange_serves_everybody() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    // Long enough for all of them to ask before the first one is answered.
    deployment.disturb("latency=50ms,operation=createToken");
    let session = session(&deployment, "operator", Settings::new());
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let client = session.client();
            tokio::spawn(async move { client.list_credentials().send().await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((deployment.calls("createToken"), deployment.calls("listCredentials")), (1, 40));
}

#[tokio::test]
async fn one_failure_is_told_to_everybody_that_waited_for_it() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    deployment.disturb("latency=50ms,operation=createToken");
    deployment.disturb("status=503,operation=createToken,times=1");
    let session = session(&deployment, "operator", Settings::new());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.ready().await })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        let SessionError::Exchange(cause) = &error else { panic!("{error}") };
        assert_eq!(cause.status().unwrap(), 503);
    }
    assert_eq!(deployment.calls("createToken"), 1);
    // That is no verdict on the credential.
    session.ready().await.unwrap();
}

/// Panics once.
#[derive(Default)]
struct Hasty(AtomicBool);

impl Hook for Hasty {
    fn after(&self, _: &Sent<'_>) {
        assert!(self.0.swap(true, Ordering::Relaxed), "too hasty");
    }
}

#[tokio::test]
async fn a_hook_that_panics_keeps_nobody_waiting_and_does_no_lasting_harm() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    deployment.disturb("latency=50ms,operation=createToken");
    let session = session(&deployment, "operator", Settings::new().hook(Hasty::default()));
    let (first, second) = tokio::join!(session.ready(), session.ready());
    for waited in [first, second] {
        let error = waited.unwrap_err();
        assert!(matches!(&error, SessionError::Exchange(cause) if cause.status().is_none()), "{error}");
    }
    session.ready().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_used_to_its_end_where_it_cannot_be() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", Settings::new());
    let client = session.client();
    client.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_secs(3539)).unwrap();
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 1);

    deployment.server.clock().advance(Duration::from_secs(30)).unwrap();
    deployment.disturb("drop,operation=createToken,times=1");
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 2, "one was tried");
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 2, "not with each call");
    deployment.server.clock().advance(Duration::from_secs(6)).unwrap();
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 3);
    deployment.server.clock().advance(Duration::from_secs(3500)).unwrap();
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.calls("createToken"), 3);
    deployment.server.journal().expect("listCredentials").answered(401).never();
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_replaced_and_the_call_made_again() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let (id, secret) = deployment.caller("operator");
    // A clock that has stopped: the token ends without anybody noticing.
    let stopped = Moved(rescind_server::Clock::virtual_at("2026-03-04T12:00:00Z".parse().unwrap()));
    let session = Session::new(&Client::new(&deployment.url()), id.try_into().unwrap(), secret, stopped);
    let client = session.client();
    client.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_hours(2)).unwrap();
    client.list_credentials().send().await.unwrap();
    deployment.server.journal().expect("listCredentials").answered(401).times(1);
    assert_eq!(deployment.calls("createToken"), 2);
}

#[tokio::test]
async fn nothing_of_a_revoked_credential_is_used_although_its_token_lives() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let operator = session(&deployment, "operator", Settings::new());
    let issued =
        operator.client().create_credential().body_map(|body| body.name("short")).send().await.unwrap();
    let client = Client::new(&deployment.url());
    let session = Session::new(&client, issued.client_id.clone(), &issued.client_secret, deployment.clock());
    let kept = session.client();
    kept.list_credentials().send().await.unwrap();
    assert_eq!(session.revoke(session.id()).await.unwrap(), Acknowledged::Now);
    assert_eq!(session.ended(), Some(Ended::Revoked));

    let before = deployment.server.journal().expect_any().received().len();
    let error = kept.list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::Credentials(_)), "{error}");
    assert!(error.to_string().contains("was revoked"), "{error}");
    assert_eq!(deployment.server.journal().expect_any().received().len(), before, "nothing was sent");
}

#[tokio::test]
async fn a_revocation_elsewhere_is_noticed_at_the_next_renewal() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let operator = session(&deployment, "operator", Settings::new());
    let issued =
        operator.client().create_credential().body_map(|body| body.name("short")).send().await.unwrap();
    let client = Client::new(&deployment.url());
    let session = Session::new(&client, issued.client_id.clone(), &issued.client_secret, deployment.clock());
    let kept = session.client();
    kept.list_credentials().send().await.unwrap();
    operator.revoke(&issued.client_id).await.unwrap();
    // The token lives, and nobody has told.
    kept.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_secs(3550)).unwrap();
    let error = kept.list_credentials().send().await.unwrap_err();
    assert!(error.to_string().contains("was refused"), "{error}");
    assert_eq!(session.ended(), Some(Ended::Refused));
    let exchanges = deployment.calls("createToken");
    assert!(kept.list_credentials().send().await.is_err());
    assert_eq!(deployment.calls("createToken"), exchanges, "it is not asked for again");
}

#[tokio::test]
async fn a_leaked_credential_is_replaced_whatever_goes_wrong_and_by_one_alone() {
    for operation in ["createToken", "createCredential", "revokeCredential"] {
        for chaos in CHAOS {
            let deployment = Deployment::of(Vendor::Dinie).await;
            let leaked = session(&deployment, "operator", deployment.patient());
            leaked.ready().await.unwrap();
            let before = listed(&leaked).await;
            deployment.disturb(&format!("{chaos},operation={operation},times=2"));
            let (replaced, _) = leaked.replace("new", "replace-1", nowhere).await.unwrap_or_else(|error| {
                panic!("{operation}, {chaos}: {error} {error:?}");
            });
            let after = listed(&replaced.session).await;
            let new: Vec<_> = after.iter().filter(|(_, name, _)| name == "new").collect();
            assert_eq!(new.len(), 1, "{operation}, {chaos}: {after:?}");
            assert_eq!(new[0].0, replaced.credential.client_id);
            assert_eq!(after.len(), before.len() + 1);
            for (id, _, status) in &after {
                let documented =
                    if id == leaked.id() { CredentialStatus::Revoked } else { CredentialStatus::Active };
                assert_eq!(*status, documented, "{operation}, {chaos}: {id}");
            }
            assert_eq!(leaked.ended(), Some(Ended::Revoked));
        }
    }
}

#[tokio::test]
async fn a_replacement_that_stops_half_way_goes_on_with_the_credential_that_it_made() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let leaked = session(&deployment, "operator", Settings::new());
    leaked.ready().await.unwrap();
    deployment.disturb("status=503,operation=revokeCredential,times=1");
    let error = leaked.replace("new", "replace-1", nowhere).await.unwrap_err();
    let ReplaceError::Revoke { replaced: first, .. } = &error else { panic!("{error}") };
    let (second, acknowledged) = leaked.replace("new", "replace-1", nowhere).await.unwrap();
    assert_eq!(second.credential.client_id, first.credential.client_id);
    assert_eq!(acknowledged, Acknowledged::Now);
    let listed = listed(&second.session).await;
    assert_eq!(listed.iter().filter(|(_, name, _)| name == "new").count(), 1);
}

#[tokio::test]
async fn nothing_is_revoked_before_the_new_credential_is_kept() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let leaked = session(&deployment, "operator", Settings::new());
    let error = leaked.replace("new", "replace-1", |_| Err("the vault is shut")).await.unwrap_err();
    assert!(
        matches!(&error, ReplaceError::Keep { source, .. } if source.to_string() == "the vault is shut"),
        "{error}"
    );
    assert_eq!((deployment.calls("revokeCredential"), leaked.ended()), (0, None));

    // The process ends between the two.
    let mut kept = None;
    deployment.disturb("drop,operation=revokeCredential");
    let keep = |credential: &CredentialWithSecret| {
        kept = Some(credential.clone());
        Ok::<_, Infallible>(())
    };
    assert!(leaked.replace("new", "replace-1", keep).await.is_err());
    deployment.server.disturbances().clear();
    let kept = kept.unwrap();
    let client = Client::new(&deployment.url());
    let next = Session::new(&client, kept.client_id, &kept.client_secret, deployment.clock());
    assert_eq!(next.revoke(leaked.id()).await.unwrap(), Acknowledged::Now);
    assert_eq!(listed(&next).await.iter().filter(|(_, name, _)| name == "new").count(), 1);
}

#[tokio::test]
async fn a_credential_that_never_was_is_not_taken_for_a_revoked_one() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", deployment.patient());
    let unknown: ClientId = "dinie_ci_00000000000000000000000000000000".try_into().unwrap();
    deployment.disturb("status=503,operation=revokeCredential,times=1");
    let error = session.revoke(&unknown).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts().unwrap().sent()), (404, 2));
}

/// A session of a credential of its own that has a token, which is over before anything is sent again.
async fn short_lived(deployment: &Deployment) -> Session {
    let operator = session(deployment, "operator", Settings::new());
    let issued =
        operator.client().create_credential().body_map(|body| body.name("short")).send().await.unwrap();
    let hours = Duration::from_hours(2);
    let retry = Retry::with_clock(deployment.clock()).backoff(hours, hours);
    let client = Client::new(&deployment.url()).with_settings(Settings::new().retry(retry));
    let session = Session::new(&client, issued.client_id.clone(), &issued.client_secret, deployment.clock());
    session.ready().await.unwrap();
    session
}

#[tokio::test]
async fn a_credential_that_is_refused_after_a_lost_answer_has_revoked_itself() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = short_lived(&deployment).await;
    deployment.disturb("drop,on=answer,operation=revokeCredential,times=1");
    assert_eq!(session.revoke(session.id()).await.unwrap(), Acknowledged::Earlier);
    assert_eq!(deployment.calls("revokeCredential"), 1);
    assert!(session.ended().is_some());
}

#[tokio::test]
async fn where_no_token_is_had_for_a_repeat_the_error_tells_what_was_sent_before() {
    for (chaos, perhaps) in [("drop", true), ("status=429", false)] {
        let deployment = Deployment::of(Vendor::Dinie).await;
        let session = short_lived(&deployment).await;
        deployment.disturb(&format!("{chaos},operation=revokeCredential,times=1"));
        deployment.disturb("status=503,retry-after=90s,operation=createToken");
        let error = session.revoke(session.id()).await.unwrap_err();
        assert!(matches!(&error, Error::Credentials(_)), "{chaos}: {error}");
        let attempts = error.attempts().unwrap();
        assert_eq!((attempts.sent(), attempts.may_have_happened()), (1, perhaps), "{chaos}");
        assert!(error.is_retryable(), "{chaos}");
        assert_eq!(error.retry_after().unwrap().delay(deployment.clock().now()), Duration::from_secs(90));
    }
}

#[tokio::test]
async fn a_session_that_ends_while_its_token_is_renewed_presents_it_no_more() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", Settings::new());
    let client = session.client();
    client.list_credentials().send().await.unwrap();
    let calls = deployment.calls("listCredentials");
    deployment.server.clock().advance(Duration::from_secs(3570)).unwrap();
    deployment.disturb("latency=50ms,operation=createToken");
    deployment.disturb("status=503,operation=createToken");
    let mut call = pin!(client.list_credentials().send());
    assert!(tokio::time::timeout(Duration::from_millis(10), call.as_mut()).await.is_err());
    session.forget();
    let answer = call.await;
    assert!(matches!(answer.unwrap_err(), Error::Credentials(_)));
    assert_eq!(deployment.calls("listCredentials"), calls);
}

#[tokio::test]
async fn a_call_that_nobody_polls_holds_up_no_other() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    deployment.disturb("latency=50ms,operation=createToken");
    let client = session(&deployment, "operator", Settings::new()).client();
    let mut first = pin!(client.list_credentials().send());
    // It has begun the exchange, and stands still.
    assert!(tokio::time::timeout(Duration::from_millis(10), first.as_mut()).await.is_err());
    client.list_credentials().send().await.unwrap();
    first.await.unwrap();
    assert_eq!(deployment.calls("createToken"), 1);
}

#[tokio::test]
async fn an_exchange_that_everybody_gave_up_is_begun_anew() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", Settings::new());
    deployment.disturb("latency=50ms,operation=createToken,times=1");
    assert!(tokio::time::timeout(Duration::from_millis(10), session.ready()).await.is_err());
    session.ready().await.unwrap();
    session.client().list_credentials().send().await.unwrap();
}

#[tokio::test]
async fn the_last_credential_stays_and_so_does_its_session() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let outsider = session(&deployment, "outsider", Settings::new());
    let error = outsider.revoke(outsider.id()).await.unwrap_err();
    assert_eq!(error.problem().unwrap().code.as_deref(), Some("last_active_credential"));
    assert_eq!(outsider.ended(), None);
    outsider.client().list_credentials().send().await.unwrap();
}

/// A hold-up of a renewal is no hold-up of the call, whose token still works.
#[tokio::test]
async fn while_a_token_works_nobody_waits_long_for_another() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", deployment.patient());
    let client = session.client();
    client.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_secs(3541)).unwrap();
    let began = deployment.server.clock().now();
    // Given up by its caller, who would have waited for longer than any test takes.
    deployment.disturb("latency=1h,operation=createToken,times=1");
    let struck = async {
        while deployment.server.disturbances().list()[0].struck == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = struck => {}
        answer = client.list_credentials().send() => panic!("{answer:?}"),
    }
    deployment.disturb("status=503,retry-after=50s,operation=createToken");
    client.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_secs(6)).unwrap();
    client.list_credentials().send().await.unwrap();
    assert_eq!(deployment.server.clock().now().duration_since(began).as_secs(), 6, "nothing was waited for");
    deployment.server.journal().expect("createToken").answered(503).times(1);
}

/// The last moments of a token are no reason to be content with a short try.
#[tokio::test]
async fn a_token_that_ends_while_another_is_tried_for_is_exchanged_with_patience() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", deployment.patient());
    let client = session.client();
    client.list_credentials().send().await.unwrap();
    deployment.server.clock().advance(Duration::from_secs(3599)).unwrap();
    deployment.disturb("latency=20ms,operation=createToken,times=1");
    deployment.disturb("status=503,operation=createToken,times=2");
    let end = async {
        while deployment.server.disturbances().list()[0].struck == 0 {
            tokio::task::yield_now().await;
        }
        deployment.server.clock().advance(Duration::from_secs(1)).unwrap();
        // Whoever comes now waits for the same exchange.
        client.list_credentials().send().await
    };
    let (first, second) = tokio::join!(client.list_credentials().send(), end);
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    deployment.server.journal().expect("createToken").answered(503).times(2);
}

#[tokio::test]
async fn where_there_is_no_token_the_deployment_is_not_asked_before_it_wants_to_be() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    deployment.disturb("status=429,retry-after=600s,operation=createToken,times=1");
    let session = session(&deployment, "operator", Settings::new());
    for _ in 0..3 {
        let error = session.client().list_credentials().send().await.unwrap_err();
        assert!(matches!(&error, Error::Credentials(_)) && error.is_retryable(), "{error}");
        deployment.server.clock().advance(Duration::from_secs(199)).unwrap();
    }
    assert_eq!(deployment.calls("createToken"), 1);
    deployment.server.clock().advance(Duration::from_secs(3)).unwrap();
    session.ready().await.unwrap();
}

#[tokio::test]
async fn nothing_is_issued_under_an_empty_key() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let session = session(&deployment, "operator", Settings::new());
    let error = session.replace("new", "", nowhere).await.unwrap_err();
    assert!(matches!(error, ReplaceError::Issue(Error::InvalidRequest(_))), "{error}");
    assert_eq!(deployment.calls("createCredential"), 0);
}

/// A deployment that refuses a repetition with `409`, and whose pages begin again and again.
#[tokio::test]
async fn a_list_decides_what_a_refused_revocation_means_and_ends() {
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    let json = |status, body| ResponseTemplate::new(status).set_body_raw(body, "application/json");
    let clock = rescind_server::Clock::virtual_at("2026-03-04T12:00:00Z".parse().unwrap());
    for (id, status, expected) in [
        ("dinie_ci_old", "revoked", true),
        ("dinie_ci_old", "active", false),
        ("dinie_ci_other", "revoked", false),
    ] {
        let server = MockServer::start().await;
        let token = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":""}"#;
        Mock::given(method("POST")).respond_with(json(200, token.to_owned())).mount(&server).await;
        let conflict = r#"{"type":"https://a.example/e","title":"T","status":409,"detail":"D"}"#;
        let conflict = ResponseTemplate::new(409).set_body_raw(conflict, "application/problem+json");
        Mock::given(method("DELETE")).respond_with(conflict).mount(&server).await;
        let page = format!(
            r#"{{"data":[{{"id":"{id}","client_id":"{id}","name":"n","status":"{status}","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","last_used_at":null,"expires_at":null}}],"has_more":true}}"#
        );
        Mock::given(method("GET")).respond_with(json(200, page)).mount(&server).await;
        let own = "dinie_ci_own".try_into().unwrap();
        let session = Session::new(&Client::new(&server.uri()), own, "s", Moved(clock.clone()));
        let outcome = session.revoke(&"dinie_ci_old".try_into().unwrap()).await;
        assert_eq!(outcome.is_ok(), expected, "{id} {status}: {outcome:?}");
    }
}
