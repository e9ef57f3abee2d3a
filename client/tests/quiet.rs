//! Spans are named by their operations, and nothing that the client writes down holds a secret.
//!
//! A program of its own: who listens in one test would matter to the spans of all others.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "chores/support.rs"]
mod support;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};

use rescind_client::dinie::{Client, Session};
use rescind_client::shiftagent::types::{CreateCredentialRequest, RegisterRepositoryRequest};
use rescind_client::shiftagent::{self, Rotation};
use rescind_client::{Credentials, Hook, Secret, Sending, Sent, entrytarget, wattshift};
use rescind_server::Vendor;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use support::Deployment;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Writes down all that a hook can see.
struct Everything(Log);

impl Hook for Everything {
    fn before(&self, sending: &mut Sending<'_>) {
        writeln!(self.0.clone(), "{sending:?}").unwrap();
    }

    fn after(&self, sent: &Sent<'_>) {
        writeln!(self.0.clone(), "{sent:?}").unwrap();
    }
}

/// Everything that anybody in this process says, the HTTP client and the server included.
fn listen(log: &Log) -> tracing::subscriber::DefaultGuard {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_default(subscriber)
}

/// What goes wrong under each chore.
const TROUBLE: [&str; 5] = [
    "drop,probability=0.2",
    "reset,on=answer,probability=0.2",
    "status=503,on=answer,probability=0.2",
    "status=429,retry-after=1s,probability=0.2",
    "truncate=50%,on=answer,probability=0.2",
];

/// What a chore printed of what it holds, and what must not be in it.
#[derive(Default)]
struct Told {
    text: String,
    secrets: Vec<String>,
}

#[tokio::test(flavor = "current_thread")]
async fn no_chore_leaves_a_secret_in_logs_errors_and_debug_output() {
    for seed in 0..4 {
        let log = Log::default();
        let listening = listen(&log);
        let mut told = Told::default();
        replace_a_pair(seed, &log, &mut told).await;
        rotate_a_vaulted_credential(seed, &log, &mut told).await;
        revoke_a_key(seed, &log, &mut told).await;
        drop(listening);
        let text = log.text() + &told.text;
        for operation in ["registerCredential", "revokeCredential", "deleteCredential"] {
            assert!(text.contains(&format!("{operation}{{otel.kind=\"client\"")), "no span of {operation}");
        }
        assert!(text.contains("http.request.resend_count=1"), "nothing went wrong");
        for secret in told.secrets {
            assert!(secret.len() > 8 && !text.contains(&secret), "a secret was written down");
        }
    }
}

async fn troubled(contract: Vendor, seed: u64) -> Deployment {
    let deployment = Deployment::seeded(contract, seed).await;
    for rule in TROUBLE {
        deployment.disturb(rule);
    }
    deployment
}

async fn replace_a_pair(seed: u64, log: &Log, told: &mut Told) {
    let deployment = troubled(Vendor::EntryTarget, seed).await;
    let settings = deployment.patient().hook(Everything(log.clone()));
    let client = entrytarget::Client::new(&deployment.url()).with_settings(settings);
    let [leaked, fresh, wrong] = [0, 1, 2].map(|place| {
        let (id, secret) = deployment.pair(place);
        told.secrets.push(secret.expose().to_owned());
        let api_secret = if place == 2 { Secret::from("planted-and-wrong").into() } else { secret.into() };
        entrytarget::Pair { api_key: id.try_into().unwrap(), api_secret }
    });
    told.secrets.push("planted-and-wrong".to_owned());
    let registered = [client.register(&leaked).await, client.register(&fresh).await];
    let refused = client.register(&wrong).await.unwrap_err();
    let acting = client.acting_as(&fresh);
    let revoked = acting.revoke(&leaked.api_key, &deployment.clock()).await;
    let itself = client.revoke_itself(&fresh, &deployment.clock()).await;
    let held = (&leaked, &fresh, &acting);
    write!(told.text, "{registered:?} {refused} {refused:?} {revoked:?} {itself:?} {held:?}").unwrap();
}

async fn rotate_a_vaulted_credential(seed: u64, log: &Log, told: &mut Told) {
    let deployment = troubled(Vendor::ShiftAgent, seed).await;
    let (_, key) = deployment.caller("operator");
    told.secrets.extend(["planted-old", "planted-new", key.expose()].map(str::to_owned));
    let client = shiftagent::Client::new(&deployment.url())
        .with_credentials(Credentials::new().bearer(key))
        .with_settings(deployment.patient().hook(Everything(log.clone())));
    let body = CreateCredentialRequest::builder().name("token-1").type_("git_pat").secret("planted-old");
    let old = client.create_credential().idempotency_key("old").body(body).send().await.unwrap().into_inner();
    let body = RegisterRepositoryRequest::builder()
        .name("main")
        .repo_url("https://git.example.com/main.git")
        .credential_id(old.id.clone());
    client.register_repository().idempotency_key("main").body(body).send().await.unwrap();
    let mut rotation = Rotation::new(old.id.clone(), "token-2", "git_pat", "rotation-1");
    let save = |rotation: &Rotation| -> Result<(), Infallible> {
        write!(told.text, "{rotation:?} {}", serde_json::to_string(rotation).unwrap()).unwrap();
        Ok(())
    };
    let new = rotation.run(&client, &"planted-new".into(), save).await;
    write!(told.text, "{old:?} {new:?} {client:?}").unwrap();
}

async fn revoke_a_key(seed: u64, log: &Log, told: &mut Told) {
    let deployment = Deployment::seeded(Vendor::WattShift, seed).await;
    let settings = deployment.patient().hook(Everything(log.clone()));
    let client = wattshift::Client::new(&deployment.url()).with_settings(settings);
    let request = wattshift::types::CreateAgentCredentialRequestDto::builder()
        .organization_name("Example Ltd")
        .user_name("Ada Example")
        .assignment("Try out a sandbox key.")
        .requested_scopes(vec!["homes".try_into().unwrap()]);
    let outcome = client.issue(request).await;
    write!(told.text, "{outcome:?}").unwrap();
    let Ok(wattshift::Outcome::Issued(issued)) = outcome else { panic!("{outcome:?}") };
    told.secrets.push(issued.credential.expose().to_owned());
    for rule in TROUBLE {
        deployment.disturb(rule);
    }
    let revoked = issued.revoke(&client).await;
    let refused = issued.client(&client).get_utility().send().await.unwrap_err();
    write!(told.text, "{revoked:?} {refused} {refused:?} {issued:?}").unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_replacement_leaves_no_secret_in_logs_errors_and_debug_output() {
    let log = Log::default();
    let deployment = Deployment::of(Vendor::Dinie).await;
    let listening = listen(&log);

    let (id, secret) = deployment.caller("operator");
    let settings = deployment.patient().hook(Everything(log.clone()));
    let client = Client::new(&deployment.url()).with_settings(settings);
    let leaked = Session::new(&client, id.try_into().unwrap(), secret.clone(), deployment.clock());
    for rule in [
        "reset,on=answer,times=1,operation=createCredential",
        "status=503,times=1,operation=revokeCredential",
    ] {
        deployment.disturb(rule);
    }
    let (replaced, _) = leaked.replace("new", "replace-1", |_| Ok::<_, Infallible>(())).await.unwrap();
    let error = leaked.client().list_credentials().send().await.unwrap_err();
    drop(listening);

    let text = format!("{} {error} {error:?} {replaced:?} {leaked:?} {client:?}", log.text());
    let secrets = [secret.expose(), replaced.credential.client_secret.expose(), "dinie_at_"];
    for secret in secrets {
        assert!(secret.len() > 8 && !text.contains(secret), "a secret was written down");
    }
    for operation in ["createToken", "createCredential", "revokeCredential"] {
        assert!(text.contains(&format!("{operation}{{otel.kind=\"client\"")), "no span of {operation}");
    }
    assert!(text.contains("http.response.status_code=204"), "{text}");
    assert!(text.contains("http.request.resend_count=1"));
}
