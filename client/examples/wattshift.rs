//! A leaked key is replaced: `cargo run --example wattshift -- http://127.0.0.1:8080/wattshift`.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use rescind_client::wattshift::types::CreateAgentCredentialRequestDto;
use rescind_client::wattshift::{Client, GetUtilityError, Issued, Outcome};
use rescind_client::{Retry, Settings};

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn issue(client: &Client) -> Result<Issued, Failure> {
    let request = CreateAgentCredentialRequestDto::builder()
        .organization_name("Example Ltd")
        .user_name("Ada Example")
        .assignment("Try out a sandbox key and take it back.")
        .requested_scopes(vec!["homes".try_into()?]);
    match client.issue(request).await? {
        Outcome::Issued(issued) => Ok(*issued),
        Outcome::NeedsMoreInfo(notice) | Outcome::ProductionDenied(notice) => Err(notice.next_steps.into()),
        Outcome::RateLimited { delay, .. } => Err(format!("too many keys; again after {delay:?}").into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let base = std::env::args().nth(1).ok_or("usage: wattshift BASE_URL")?;
    example(&base).await
}

pub(crate) async fn example(base: &str) -> Result<(), Failure> {
    let client = Client::new(base).with_settings(Settings::new().retry(Retry::default()));

    let leaked = issue(&client).await?;
    println!("issued {}", leaked.id);
    let homes = leaked.client(&client).list_homes().send().await?;
    println!("used it: {} homes", homes.len());

    let fresh = issue(&client).await?;
    println!("issued {}", fresh.id);
    leaked.revoke(&client).await?;
    println!("revoked {}", leaked.id);

    match leaked.client(&client).get_utility().send().await {
        Err(error) => match error.documented() {
            Some(GetUtilityError::Unauthorized(envelope)) => println!("refused: {}", envelope.error_code),
            _ => return Err(error.into()),
        },
        Ok(_) => return Err("the key still works".into()),
    }
    fresh.revoke(&client).await?;
    Ok(())
}
