//! A leaked pair is replaced: `LEAKED_KEY=… LEAKED_SECRET=… FRESH_KEY=… FRESH_SECRET=… cargo run --example entrytarget --
//! http://127.0.0.1:8080/entrytarget`. The leaked pair is registered, the fresh one is not.

#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use rescind_client::entrytarget::{Client, GetAccountError, Pair};
use rescind_client::{Clock as _, Retry, Settings, SystemClock};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// No account has it, so a pair that is accepted is told that there is none.
const NO_ACCOUNT: &str = "6f2c1f7e-6d0b-4b6a-9d53-0a4f0c8f9f11";

fn pair(name: &str) -> Result<Pair, Failure> {
    let part = |part: &str| std::env::var(format!("{name}_{part}"));
    Ok(Pair { api_key: part("KEY")?.try_into()?, api_secret: part("SECRET")?.into() })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let base = std::env::args().nth(1).ok_or("usage: entrytarget BASE_URL")?;
    example(&base, pair("LEAKED")?, pair("FRESH")?).await
}

pub(crate) async fn example(base: &str, leaked: Pair, fresh: Pair) -> Result<(), Failure> {
    let ledger = Client::new(base).with_settings(Settings::new().retry(Retry::default()));

    ledger.register(&fresh).await?;
    println!("registered {}", fresh.api_key);
    match ledger.acting_as(&fresh).get_account().id(NO_ACCOUNT).send().await {
        Err(error) if matches!(error.documented(), Some(GetAccountError::NotFound(_))) => {
            println!("it is accepted");
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("there is such an account".into()),
    }

    let revocation = ledger.acting_as(&fresh).revoke(&leaked.api_key, &SystemClock).await?;
    println!("revoked {}", revocation.api_key);
    println!("it may be accepted for another {:.0?}", revocation.remaining(SystemClock.now()));
    Ok(())
}
