//! Everything goes wrong at once, by chance: each chore comes to its end, and what it leaves is what was meant.

use std::convert::Infallible;

use rescind_client::dinie::types::CredentialStatus;
use rescind_client::shiftagent::types::{CreateCredentialRequest, RegisterRepositoryRequest};
use rescind_client::shiftagent::{Rotation, RotationError};
use rescind_client::{Credentials, dinie, entrytarget, shiftagent, wattshift};
use rescind_server::Vendor;

use crate::support::Deployment;

const SEEDS: std::ops::Range<u64> = 0..12;

const STORM: [&str; 6] = [
    "drop,probability=0.12",
    "reset,on=answer,probability=0.12",
    "status=503,on=answer,probability=0.12",
    "status=503,retry-after=1s,probability=0.12",
    "status=429,retry-after=1s,probability=0.12",
    "truncate=50%,on=answer,probability=0.12",
];

fn begins(deployment: &Deployment) {
    for rule in STORM {
        deployment.disturb(rule);
    }
}

fn ends(deployment: &Deployment) {
    deployment.server.disturbances().clear();
}

#[tokio::test]
async fn a_client_credential_is_replaced_by_one() {
    for seed in SEEDS {
        let deployment = Deployment::seeded(Vendor::Dinie, seed).await;
        let (id, secret) = deployment.caller("operator");
        let client = dinie::Client::new(&deployment.url()).with_settings(deployment.patient());
        let leaked = dinie::Session::new(&client, id.try_into().unwrap(), secret, deployment.clock());
        begins(&deployment);
        let mut runs = 0;
        let replaced = loop {
            runs += 1;
            match leaked.replace("new", "replace-1", |_| Ok::<_, Infallible>(())).await {
                Ok((replaced, _)) => break replaced,
                Err(error) => assert!(runs < 10, "seed {seed}: {error}"),
            }
        };
        ends(&deployment);
        let listed = replaced.session.client().list_credentials().limit(100).send().await.unwrap();
        let new: Vec<_> = listed.data.iter().filter(|credential| credential.name == "new").collect();
        assert_eq!(new.len(), 1, "seed {seed}");
        assert_eq!(new[0].client_id, replaced.credential.client_id);
        let old = listed.data.iter().find(|credential| credential.client_id == *leaked.id()).unwrap();
        assert_eq!(old.status, CredentialStatus::Revoked, "seed {seed}");
    }
}

#[tokio::test]
async fn a_vaulted_credential_is_rotated_in_as_many_runs_as_it_takes() {
    for seed in SEEDS {
        let deployment = Deployment::seeded(Vendor::ShiftAgent, seed).await;
        let (_, key) = deployment.caller("operator");
        // Nothing is repeated by itself: every failure ends the run, as a crash would.
        let client =
            shiftagent::Client::new(&deployment.url()).with_credentials(Credentials::new().bearer(key));
        let body = CreateCredentialRequest::builder().name("token-1").type_("git_pat").secret("planted");
        let old = client.create_credential().body(body).send().await.unwrap().into_inner().id;
        for name in ["one", "two", "three"] {
            let body = RegisterRepositoryRequest::builder()
                .name(name)
                .repo_url("https://git.example.com/main.git")
                .credential_id(old.clone());
            client.register_repository().body(body).send().await.unwrap();
        }
        begins(&deployment);
        let first = Rotation::new(old.clone(), "token-2", "git_pat", "rotation-1");
        let mut kept = serde_json::to_string(&first).unwrap();
        let mut runs = 0;
        let new = loop {
            runs += 1;
            let mut rotation: Rotation = serde_json::from_str(&kept).unwrap();
            let save = |rotation: &Rotation| -> Result<(), Infallible> {
                kept = serde_json::to_string(rotation).unwrap();
                Ok(())
            };
            match rotation.run(&client, &"planted too".into(), save).await {
                Ok(new) => break new,
                Err(RotationError::NameTaken { .. } | RotationError::Unknown { .. }) => panic!("seed {seed}"),
                Err(error) => assert!(runs < 200, "seed {seed}: {error}"),
            }
        };
        ends(&deployment);
        let credentials = client.list_credentials().send().await.unwrap();
        let ids: Vec<_> = credentials.data.iter().map(|credential| &credential.id).collect();
        assert_eq!(ids, [&new], "seed {seed}");
        let repositories = client.list_repositories().send().await.unwrap();
        assert!(repositories.data.iter().all(|one| one.credential_id.as_ref() == Some(&new)), "seed {seed}");
    }
}

#[tokio::test]
async fn a_pair_is_replaced() {
    for seed in SEEDS {
        let deployment = Deployment::seeded(Vendor::EntryTarget, seed).await;
        let client = entrytarget::Client::new(&deployment.url()).with_settings(deployment.patient());
        let pair = |place: usize| {
            let (id, secret) = deployment.pair(place);
            entrytarget::Pair { api_key: id.try_into().unwrap(), api_secret: secret.into() }
        };
        let (leaked, fresh) = (pair(0), pair(1));
        begins(&deployment);
        client.register(&leaked).await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        client.register(&fresh).await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let revocation = client.acting_as(&fresh).revoke(&leaked.api_key, &deployment.clock()).await;
        let revocation = revocation.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        ends(&deployment);
        deployment.server.clock().set(revocation.accepted_until).unwrap();
        let health = |pair: &entrytarget::Pair| client.acting_as(pair);
        assert_eq!(health(&leaked).get_integrity().send().await.unwrap_err().status().unwrap(), 401);
        health(&fresh).get_integrity().send().await.unwrap();
    }
}

#[tokio::test]
async fn a_key_is_revoked() {
    for seed in SEEDS {
        let deployment = Deployment::seeded(Vendor::WattShift, seed).await;
        let client = wattshift::Client::new(&deployment.url()).with_settings(deployment.patient());
        let request = wattshift::types::CreateAgentCredentialRequestDto::builder()
            .organization_name("Example Ltd")
            .user_name("Ada Example")
            .assignment("Try out a sandbox key.")
            .requested_scopes(vec!["homes".try_into().unwrap()]);
        let Ok(wattshift::Outcome::Issued(issued)) = client.issue(request).await else { panic!() };
        begins(&deployment);
        issued.revoke(&client).await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        ends(&deployment);
        let error = issued.client(&client).get_utility().send().await.unwrap_err();
        assert_eq!(error.problem().unwrap().code.as_deref(), Some("AUTH_REVOKED_CREDENTIAL"), "seed {seed}");
    }
}
