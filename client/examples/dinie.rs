//! A leaked client credential is replaced: `DINIE_ID=… DINIE_SECRET=… cargo run --example dinie -- http://127.0.0.1:8080/dinie/v3`.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use rescind_client::dinie::types::CredentialWithSecret;
use rescind_client::dinie::{Client, Session};
use rescind_client::{Retry, Settings, SystemClock};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let base = std::env::args().nth(1).ok_or("usage: dinie BASE_URL")?;
    example(&base, std::env::var("DINIE_ID")?, std::env::var("DINIE_SECRET")?).await
}

pub(crate) async fn example(base: &str, id: String, secret: String) -> Result<(), Failure> {
    let client = Client::new(base).with_settings(Settings::new().retry(Retry::default()));
    let leaked = Session::new(&client, id.try_into()?, secret, SystemClock);
    println!("{} works: {}", leaked.id(), leaked.ready().await.is_ok());

    // The second text is the idempotency key: a run that breaks off goes on with it. What is kept here is forgotten with the
    // process; a service writes it into its vault, before the leaked one is revoked.
    let mut kept = None;
    let keep = |credential: &CredentialWithSecret| {
        kept = Some(credential.clone());
        Ok::<_, Failure>(())
    };
    let (replaced, _) = leaked.replace("replacement", "replacement-of-december", keep).await?;
    println!("replaced by {}", replaced.credential.client_id);

    for credential in &replaced.session.client().list_credentials().send().await?.data {
        println!("{} is {}", credential.client_id, credential.status);
    }
    match leaked.client().list_credentials().send().await {
        Err(error) => println!("the old session: {error}"),
        Ok(_) => return Err("the old session still works".into()),
    }
    Ok(())
}
