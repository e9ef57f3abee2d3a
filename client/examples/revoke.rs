//! Issue a key, use it, revoke it with itself, be refused: `cargo run --example revoke -- http://127.0.0.1:8080/wattshift`.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use rescind_client::Credentials;
use rescind_client::wattshift::types::CreateAgentCredentialRequestDto;
use rescind_client::wattshift::{Client, GetUtilityError, RevokeAgentSandboxCredentialError};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let base = std::env::args().nth(1).ok_or("usage: revoke BASE_URL")?;

    let request = CreateAgentCredentialRequestDto::builder()
        .organization_name("Example Ltd")
        .user_name("Ada Example")
        .assignment("Try out a sandbox key and take it back.")
        .requested_scopes(vec!["homes".try_into()?]);
    let issued =
        Client::new(&base).request_agent_sandbox_credential().body(request).send().await?.into_inner();
    let (Some(secret), Some(id)) = (issued.credential, issued.credential_id) else {
        return Err(format!("no key was issued: {}", issued.next_steps).into());
    };
    println!("issued {id}");

    let client = Client::new(&base).with_credentials(Credentials::new().api_key("x-ws-api-key", secret));
    let homes = client.list_homes().send().await?;
    println!("used it: {} homes", homes.len());

    match client
        .revoke_agent_sandbox_credential()
        .credential_id("ws_agent_cred_of_somebody_else")
        .send()
        .await
    {
        Err(error) => match error.documented() {
            Some(RevokeAgentSandboxCredentialError::Forbidden) => println!("another key's id is refused"),
            _ => return Err(error.into()),
        },
        Ok(_) => return Err("another key was revoked".into()),
    }

    let revoked = client.revoke_agent_sandbox_credential().credential_id(&id).send().await?;
    println!("revoked it: {}", revoked.next_steps);

    match client.get_utility().send().await {
        Err(error) => match error.documented() {
            Some(GetUtilityError::Unauthorized(envelope)) => println!("refused: {}", envelope.error_code),
            _ => return Err(error.into()),
        },
        Ok(_) => return Err("the key still works".into()),
    }
    Ok(())
}
