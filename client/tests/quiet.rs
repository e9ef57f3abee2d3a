//! Spans are named by their operations, and nothing that the client writes down holds a secret.
//!
//! A program of its own: who listens in one test would matter to the spans of all others.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "chores/support.rs"]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use rescind_client::dinie::{Client, Session};
use rescind_client::{Hook, Sending, Sent};
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

#[tokio::test(flavor = "current_thread")]
async fn a_replacement_leaves_no_secret_in_logs_errors_and_debug_output() {
    let log = Log::default();
    // Everything that anybody in this process says, the HTTP client included.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let deployment = Deployment::of(Vendor::Dinie).await;
    let listening = tracing::subscriber::set_default(subscriber);

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
    let (replaced, _) =
        leaked.replace("new", "replace-1", |_| Ok::<_, std::convert::Infallible>(())).await.unwrap();
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
