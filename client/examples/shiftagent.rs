//! A vaulted credential is rotated: `SERVICE_KEY=… cargo run --example shiftagent -- http://127.0.0.1:8080/shiftagent`.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use rescind_client::shiftagent::types::{CreateCredentialRequest, RegisterRepositoryRequest};
use rescind_client::shiftagent::{Client, Rotation};
use rescind_client::{Credentials, Retry, Settings};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let base = std::env::args().nth(1).ok_or("usage: shiftagent BASE_URL")?;
    example(&base, std::env::var("SERVICE_KEY")?).await
}

pub(crate) async fn example(base: &str, service_key: String) -> Result<(), Failure> {
    let client = Client::new(base)
        .with_credentials(Credentials::new().bearer(service_key))
        .with_settings(Settings::new().retry(Retry::default()));

    // Something to rotate.
    let credential = CreateCredentialRequest::builder()
        .name("git-main-token-1")
        .type_("git_pat")
        .secret("an example, and no secret");
    let old =
        client.create_credential().idempotency_key("first").body(credential).send().await?.into_inner().id;
    let repository = RegisterRepositoryRequest::builder()
        .name("main")
        .repo_url("https://git.example.com/main.git")
        .credential_id(old.clone());
    let repository = client.register_repository().body(repository).send().await?.into_inner().id;
    println!("{repository} refers to {old}");

    let mut rotation = Rotation::new(old, "git-main-token-2", "git_pat", "rotation-of-december");
    let save = |rotation: &Rotation| -> Result<(), serde_json::Error> {
        // A program writes this to a file, and reads it again after a crash.
        println!("next: {}", serde_json::to_value(rotation)?["step"]);
        Ok(())
    };
    rotation.run(&client, &"another example".into(), save).await?;

    let repository = client.get_repository().repository_id(repository).send().await?;
    if let Some(new) = &repository.credential_id {
        println!("{} refers to {new}", repository.id);
    }
    Ok(())
}
