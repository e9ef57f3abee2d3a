//! Pairs: registered and revoked once whatever goes wrong, and refused for good when the window is over.

use std::time::Duration;

use rescind_client::entrytarget::{
    Client, GetAccountError, Pair, RegisterCredentialError, Registered, RevokeCredentialError, WINDOW,
};
use rescind_client::{Acknowledged, Clock as _, Settings};
use rescind_server::Vendor;

use crate::support::{CHAOS, Deployment};

const NO_ACCOUNT: &str = "6f2c1f7e-6d0b-4b6a-9d53-0a4f0c8f9f11";

fn pair((id, secret): (String, rescind_client::Secret)) -> Pair {
    Pair { api_key: id.try_into().unwrap(), api_secret: secret.into() }
}

/// Whether the pair is accepted.
async fn is_accepted(client: &Client, pair: &Pair) -> bool {
    let error = client.acting_as(pair).get_account().id(NO_ACCOUNT).send().await.unwrap_err();
    match error.documented() {
        Some(GetAccountError::NotFound(_)) => true,
        Some(GetAccountError::Unauthorized(_)) => false,
        _ => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_pair_is_registered_once_whatever_goes_wrong() {
    for chaos in CHAOS {
        let deployment = Deployment::of(Vendor::EntryTarget).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        let fresh = pair(deployment.pair(0));
        deployment.disturb(&format!("{chaos},operation=registerCredential,times=2"));
        let registered = client.register(&fresh).await.unwrap_or_else(|error| panic!("{chaos}: {error}"));
        assert_eq!(registered == Registered::Earlier, is_struck_later(chaos), "{chaos}");
        assert!(is_accepted(&client, &fresh).await, "{chaos}");
        // Without a lost answer it is an error: the key may belong to a revoked pair.
        assert!(client.register(&fresh).await.is_err());
    }
}

#[tokio::test]
async fn a_pair_that_was_known_before_is_registered_only_if_it_is_accepted() {
    for is_revoked in [false, true] {
        let deployment = Deployment::of(Vendor::EntryTarget).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        let known = pair(deployment.pair(0));
        client.register(&known).await.unwrap();
        if is_revoked {
            client.revoke_itself(&known, &deployment.clock()).await.unwrap();
            deployment.clock().sleep(WINDOW).await;
        }
        deployment.disturb("status=503,operation=registerCredential,times=1");
        match client.register(&known).await {
            Ok(registered) => assert_eq!((registered, is_revoked), (Registered::Earlier, false)),
            Err(error) => {
                assert!(is_revoked, "{error}");
                assert!(matches!(error.documented(), Some(RegisterCredentialError::Conflict(_))), "{error}");
            }
        }
    }
}

/// Whether the deployment does what the disturbed request asks for, and the client cannot know.
fn is_struck_later(chaos: &str) -> bool {
    chaos.ends_with("on=answer")
}

#[tokio::test]
async fn a_leaked_pair_is_replaced_whatever_goes_wrong_and_refused_after_the_window() {
    for chaos in CHAOS {
        let deployment = Deployment::of(Vendor::EntryTarget).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        let (leaked, fresh) = (pair(deployment.pair(0)), pair(deployment.pair(1)));
        client.register(&leaked).await.unwrap();
        assert!(is_accepted(&client, &leaked).await);

        client.register(&fresh).await.unwrap();
        deployment.disturb(&format!("{chaos},operation=revokeCredential,times=2"));
        let revocation = client
            .acting_as(&fresh)
            .revoke(&leaked.api_key, &deployment.clock())
            .await
            .unwrap_or_else(|error| panic!("{chaos}: {error}"));
        assert_eq!(revocation.acknowledged == Acknowledged::Earlier, is_struck_later(chaos), "{chaos}");
        let clock = deployment.clock();
        assert_eq!(revocation.remaining(clock.now()), WINDOW);
        clock.sleep(revocation.remaining(clock.now())).await;
        assert_eq!(revocation.remaining(clock.now()), Duration::ZERO);
        assert!(!is_accepted(&client, &leaked).await, "{chaos}");
        assert!(is_accepted(&client, &fresh).await, "{chaos}");
    }
}

#[tokio::test]
async fn a_pair_revokes_itself_whatever_goes_wrong() {
    for chaos in CHAOS {
        let deployment = Deployment::of(Vendor::EntryTarget).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        let leaked = pair(deployment.pair(0));
        client.register(&leaked).await.unwrap();
        deployment.disturb(&format!("{chaos},operation=revokeCredential,times=2"));
        let revocation = client.revoke_itself(&leaked, &deployment.clock()).await;
        let revocation = revocation.unwrap_or_else(|error| panic!("{chaos}: {error}"));
        deployment.clock().sleep(revocation.remaining(deployment.clock().now())).await;
        assert!(!is_accepted(&client, &leaked).await, "{chaos}");
    }
}

#[tokio::test]
async fn a_key_that_was_not_there_to_begin_with_is_no_success() {
    let deployment = Deployment::of(Vendor::EntryTarget).await;
    let client = Client::new(&deployment.url()).with_settings(deployment.patient());
    let operator = client.acting_as(&pair(deployment.caller("operator")));
    // Nothing was lost before: the request did not arrive.
    deployment.disturb("status=429,retry-after=1s,operation=revokeCredential,times=1");
    let unknown = "ak_unknown".try_into().unwrap();
    let error = operator.revoke(&unknown, &deployment.clock()).await.unwrap_err();
    assert!(matches!(error.documented(), Some(RevokeCredentialError::NotFound(_))), "{error}");
    assert_eq!(error.attempts().unwrap().sent(), 2);
    assert!(!error.attempts().unwrap().may_have_happened());
}

#[tokio::test]
async fn nothing_is_repeated_without_being_asked_for() {
    let deployment = Deployment::of(Vendor::EntryTarget).await;
    let client = Client::new(&deployment.url()).with_settings(Settings::new());
    deployment.disturb("status=503,operation=registerCredential,times=1");
    assert!(client.register(&pair(deployment.pair(0))).await.is_err());
    assert_eq!(deployment.calls("registerCredential"), 1);
}
