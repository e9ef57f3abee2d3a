//! The examples do what they say, against the reference server.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]
#![expect(dead_code, reason = "each example has a `main` of its own")]

#[path = "../examples/dinie.rs"]
mod dinie;
#[path = "../examples/entrytarget.rs"]
mod entrytarget;
#[path = "../examples/shiftagent.rs"]
mod shiftagent;
#[path = "../examples/wattshift.rs"]
mod wattshift;

use rescind_client::entrytarget::{Client, Pair};
use rescind_server::{Running, Server, Vendor};

async fn start(contract: Vendor) -> (Running, String) {
    let server = Server::builder().contract(contract).spawn().await.unwrap();
    let url = server.base_url(contract);
    (server, url)
}

#[tokio::test]
async fn a_client_credential_is_replaced() {
    let (server, url) = start(Vendor::Dinie).await;
    let target = server.target(Vendor::Dinie);
    let operator = &target.callers["operator"];
    dinie::example(&url, operator.id.clone(), operator.secret.expose().to_owned()).await.unwrap();
    server.journal().expect("createCredential").answered(201).times(1);
    server.journal().expect("revokeCredential").answered(204).times(1);
}

#[tokio::test]
async fn a_pair_is_replaced() {
    let (server, url) = start(Vendor::EntryTarget).await;
    let target = server.target(Vendor::EntryTarget);
    let pair = |place: usize| Pair {
        api_key: target.pool[place].id.as_str().try_into().unwrap(),
        api_secret: target.pool[place].secret.expose().into(),
    };
    Client::new(&url).register(&pair(0)).await.unwrap();
    entrytarget::example(&url, pair(0), pair(1)).await.unwrap();
    server.journal().expect("revokeCredential").answered(200).times(1);
}

#[tokio::test]
async fn a_vaulted_credential_is_rotated() {
    let (server, url) = start(Vendor::ShiftAgent).await;
    let target = server.target(Vendor::ShiftAgent);
    shiftagent::example(&url, target.callers["operator"].secret.expose().to_owned()).await.unwrap();
    server.journal().expect("createCredential").answered(201).times(2);
    server.journal().expect("updateRepository").answered(200).times(1);
    server.journal().expect("deleteCredential").answered(204).times(1);
}

#[tokio::test]
async fn a_key_is_replaced() {
    let (server, url) = start(Vendor::WattShift).await;
    wattshift::example(&url).await.unwrap();
    server.journal().expect("requestAgentSandboxCredential").answered(200).times(2);
    server.journal().expect("revokeAgentSandboxCredential").answered(200).times(2);
}
