//! Rotations: to their end whatever goes wrong, also when the process ends at any step.

use std::convert::Infallible;

use rescind_client::shiftagent::types::{
    CreateCredentialRequest, CredentialId, CredentialSecret, RegisterRepositoryRequest, RepositoryId,
};
use rescind_client::shiftagent::{Client, Rotation, RotationError, Step};
use rescind_client::{Credentials, Settings};
use rescind_server::Vendor;

use crate::support::{CHAOS, Deployment};

const OPERATIONS: [&str; 6] = [
    "createCredential",
    "listCredentials",
    "listRepositories",
    "updateRepository",
    "deleteCredential",
    "getRepository",
];

fn client(deployment: &Deployment, settings: Settings) -> Client {
    let (_, key) = deployment.caller("operator");
    Client::new(&deployment.url()).with_credentials(Credentials::new().bearer(key)).with_settings(settings)
}

async fn vault(client: &Client, name: &str) -> CredentialId {
    let body = CreateCredentialRequest::builder().name(name).type_("git_pat").secret("planted-old");
    client.create_credential().body(body).send().await.unwrap().into_inner().id
}

async fn repository(client: &Client, name: &str, credential: &CredentialId) -> RepositoryId {
    let body = RegisterRepositoryRequest::builder()
        .name(name)
        .repo_url("https://git.example.com/main.git")
        .credential_id(credential.clone());
    client.register_repository().body(body).send().await.unwrap().into_inner().id
}

fn rotation(old: &CredentialId) -> Rotation {
    Rotation::new(old.clone(), "token-2", "git_pat", "rotation-1")
}

fn secret() -> CredentialSecret {
    "planted-new".into()
}

#[expect(clippy::unnecessary_wraps, reason = "a rotation takes a function that may fail")]
fn nowhere(_: &Rotation) -> Result<(), Infallible> {
    Ok(())
}

/// Nothing refers to the old credential, everything to the new one, and there is one of it.
async fn assert_rotated(client: &Client, old: &CredentialId, new: &CredentialId, repositories: usize) {
    let credentials = client.list_credentials().limit(100).send().await.unwrap();
    let ids: Vec<_> = credentials.data.iter().map(|credential| &credential.id).collect();
    assert!(ids.contains(&new) && !ids.contains(&old), "{ids:?}");
    assert_eq!(credentials.data.iter().filter(|credential| *credential.name == "token-2").count(), 1);
    let listed = client.list_repositories().limit(100).send().await.unwrap();
    assert_eq!(listed.data.len(), repositories);
    for repository in &listed.data {
        assert_eq!(repository.credential_id.as_ref(), Some(new));
    }
}

#[tokio::test]
async fn a_credential_is_rotated_whatever_goes_wrong() {
    for operation in OPERATIONS {
        for chaos in CHAOS {
            let deployment = Deployment::of(Vendor::ShiftAgent).await;
            let client = client(&deployment, deployment.patient());
            let old = vault(&client, "token-1").await;
            for name in ["one", "two"] {
                repository(&client, name, &old).await;
            }
            deployment.disturb(&format!("{chaos},operation={operation},times=2"));
            let new = rotation(&old).run(&client, &secret(), nowhere).await;
            let new = new.unwrap_or_else(|error| panic!("{operation}, {chaos}: {error} {error:?}"));
            assert_rotated(&client, &old, &new, 2).await;
        }
    }
}

/// Ends at each step in turn, before it and after it, and goes on from what was kept.
#[tokio::test]
async fn a_rotation_survives_the_end_of_its_process_at_any_step() {
    // A failure on the way there is like an end before the step, one on the way back like an end after it.
    for way in ["status=503", "drop,on=answer"] {
        for operation in [
            "listCredentials",
            "createCredential",
            "listRepositories",
            "updateRepository",
            "deleteCredential",
        ] {
            let deployment = Deployment::of(Vendor::ShiftAgent).await;
            // Nothing is repeated by itself.
            let client = client(&deployment, Settings::new());
            let old = vault(&client, "token-1").await;
            for name in ["one", "two"] {
                repository(&client, name, &old).await;
            }
            deployment.disturb(&format!("{way},operation={operation},times=1"));
            let mut kept = Vec::new();
            let mut first = rotation(&old);
            let save = |rotation: &Rotation| -> Result<(), serde_json::Error> {
                kept = serde_json::to_vec(rotation)?;
                Ok(())
            };
            assert!(first.run(&client, &secret(), save).await.is_err(), "{way}, {operation}");
            drop(first);
            assert!(!String::from_utf8_lossy(&kept).contains("planted"), "the state holds no secret");
            let mut second: Rotation = serde_json::from_slice(&kept).unwrap();
            let new = second.run(&client, &secret(), nowhere).await;
            let new = new.unwrap_or_else(|error| panic!("{way}, {operation}: {error} {error:?}"));
            assert_eq!(second.step(), &Step::Done { new: new.clone() });
            assert_rotated(&client, &old, &new, 2).await;
        }
    }
}

#[tokio::test]
async fn after_the_idempotency_window_the_name_leads_to_the_new_credential() {
    let deployment = Deployment::of(Vendor::ShiftAgent).await;
    let client = client(&deployment, Settings::new());
    let old = vault(&client, "token-1").await;
    deployment.disturb("drop,on=answer,operation=createCredential,times=1");
    let mut rotation = rotation(&old);
    let error = rotation.run(&client, &secret(), nowhere).await.unwrap_err();
    assert!(matches!(error, RotationError::Register(_)), "{error}");
    deployment.server.clock().advance(std::time::Duration::from_hours(25)).unwrap();
    let new = rotation.run(&client, &secret(), nowhere).await.unwrap();
    assert_rotated(&client, &old, &new, 0).await;
}

#[tokio::test]
async fn what_turns_out_to_refer_to_it_is_repointed_as_well() {
    let deployment = Deployment::of(Vendor::ShiftAgent).await;
    let client = client(&deployment, Settings::new());
    let old = vault(&client, "token-1").await;
    repository(&client, "one", &old).await;
    // A rotation that has everything repointed, as far as it knows; then somebody registers another repository.
    let mut rotation = rotation(&old);
    let late = |rotation: &Rotation| match rotation.step() {
        Step::Delete { .. } => Err("the process ends"),
        _ => Ok(()),
    };
    assert!(matches!(rotation.run(&client, &secret(), late).await, Err(RotationError::Save(_))));
    for name in ["late", "later"] {
        repository(&client, name, &old).await;
    }
    let new = rotation.run(&client, &secret(), nowhere).await.unwrap();
    deployment.server.journal().expect("deleteCredential").answered(409).times(2);
    assert_rotated(&client, &old, &new, 3).await;
}

#[tokio::test]
async fn nothing_is_done_about_a_credential_that_is_not_there_or_a_name_that_is_taken() {
    let deployment = Deployment::of(Vendor::ShiftAgent).await;
    let client = client(&deployment, Settings::new());
    let unknown = "crd_unknown".try_into().unwrap();
    let error = rotation(&unknown).run(&client, &secret(), nowhere).await.unwrap_err();
    assert!(matches!(error, RotationError::Unknown { .. }), "{error}");
    let old = vault(&client, "token-1").await;
    let taken = vault(&client, "token-2").await;
    let error = rotation(&old).run(&client, &secret(), nowhere).await.unwrap_err();
    assert!(matches!(&error, RotationError::NameTaken { by, .. } if *by == taken.as_str()), "{error}");
    assert_eq!(deployment.calls("createCredential"), 2, "none for the rotations");
}

/// The rival waits for its answer on a thread, and the server answers on another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_somebody_else_takes_meanwhile_is_not_taken_for_ones_own() {
    let deployment = Deployment::of(Vendor::ShiftAgent).await;
    let client = client(&deployment, Settings::new());
    let old = vault(&client, "token-1").await;
    let mut rotation = rotation(&old);
    let (url, (_, key)) = (deployment.url(), deployment.caller("operator"));
    let rival = |rotation: &Rotation| {
        if *rotation.step() == Step::Register {
            let client = Client::new(&url).with_credentials(Credentials::new().bearer(key.clone()));
            let made = async move { vault(&client, "token-2").await };
            let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            std::thread::spawn(move || runtime().block_on(made)).join().unwrap();
        }
        Ok::<_, Infallible>(())
    };
    let is_taken =
        |error: &RotationError| matches!(error, RotationError::NameTaken { name, .. } if name == "token-2");
    let error = rotation.run(&client, &secret(), rival).await.unwrap_err();
    assert!(is_taken(&error), "{error}");
    // Nor when it is run again, nor where a failure came first.
    deployment.disturb("status=503,operation=createCredential,times=1");
    let patient = client.clone().with_settings(deployment.patient());
    for client in [&patient, &client] {
        let error = rotation.run(client, &secret(), nowhere).await.unwrap_err();
        assert!(is_taken(&error), "{error}");
    }
    let listed = client.list_credentials().limit(100).send().await.unwrap();
    assert!(listed.data.iter().any(|credential| credential.id == old));
}

#[tokio::test]
async fn what_another_service_key_does_not_see_is_not_taken_for_deleted() {
    let deployment = Deployment::of(Vendor::ShiftAgent).await;
    let client = client(&deployment, Settings::new());
    let old = vault(&client, "token-1").await;
    let mut rotation = rotation(&old);
    let stop = |rotation: &Rotation| match rotation.step() {
        Step::Delete { .. } => Err("the process ends"),
        _ => Ok(()),
    };
    assert!(rotation.run(&client, &secret(), stop).await.is_err());
    let (_, key) = deployment.caller("outsider");
    let outsider = Client::new(&deployment.url()).with_credentials(Credentials::new().bearer(key));
    let error = rotation.run(&outsider, &secret(), nowhere).await.unwrap_err();
    assert!(matches!(error, RotationError::Delete(_)), "{error}");
    let new = rotation.run(&client, &secret(), nowhere).await.unwrap();
    assert_rotated(&client, &old, &new, 0).await;
}
