//! No secret reaches anything that is printed or written: whatever was supplied, issued or exchanged is looked for in every
//! artefact of a run that finds something broken, in any encoding.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "the server is not asked what is left")]
mod program;
#[path = "variants/proxy.rs"]
#[expect(dead_code, reason = "the variants change more")]
mod proxy;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use http::request::Parts;
use rescind_conformance::deployment::Deployment;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::{self, Reference};
use rescind_specs::Vendor;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use program::told;
use proxy::{Answer, Asked, Change, Proxy, Way, Writing};

const PROXY_PASSWORD: &str = "planted-proxy-password";
const GATEWAY_KEY: &str = "planted-gateway-key";
const STAGE_KEY: &str = "planted-stage-key";
/// Members of answers that hold secrets.
const SECRET: [&str; 4] = ["client_secret", "access_token", "credential", "token"];

/// A proxy that listens: to the secrets that pass, and to what the judge has written down at each moment.
struct Listener {
    cleanup: PathBuf,
    /// What stood in the cleanup file, the longest that was seen.
    written: String,
    secrets: Vec<String>,
}

impl Change for Listener {
    fn ask(&mut self, parts: &mut Parts) -> Way {
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let login = header("proxy-authorization").expect("the judge says who it is");
        let expected = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("me:{PROXY_PASSWORD}"),
        );
        assert_eq!(login, format!("Basic {expected}"));
        assert_eq!(header("x-gateway-key").as_deref(), Some(GATEWAY_KEY));
        assert_eq!(header("x-stage-key").as_deref(), Some(STAGE_KEY));
        for name in ["authorization", "x-api-secret", "x-ws-api-key"] {
            let value = header(name).unwrap_or_default();
            // What is made up to be refused is no secret.
            self.secrets
                .extend(value.strip_prefix("Bearer ").filter(|token| token.len() > 40).map(str::to_owned));
        }
        if let Ok(text) = std::fs::read_to_string(&self.cleanup)
            && text.len() > self.written.len()
        {
            self.written = text;
        }
        Way::On
    }

    fn answer(&mut self, _: &Asked, answer: &mut Answer) {
        if answer.status.is_success()
            && let Some(body) = answer.json()
        {
            collect(&body, &mut self.secrets);
        }
    }
}

fn collect(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if SECRET.contains(&name.as_str()) => secrets.push(text.clone()),
                    _ => collect(member, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        _ => {}
    }
}

/// A target file with a secret from each place that there is.
fn target(vendor: Vendor, deployment: &Deployment, proxy: &str, folder: &Path) -> String {
    let mut text = format!("[contracts.{vendor}]\nurl = \"{}\"\n", deployment.base);
    let _ = writeln!(
        text,
        "proxy = {{ url = {proxy:?}, user = \"me\", password = {{ env = \"PROXY_PASSWORD\" }} }}"
    );
    let print = format!("{{ command = [\"printf\", \"%s\\\\n\", {GATEWAY_KEY:?}] }}");
    let _ = writeln!(
        text,
        "headers.X-Gateway-Key = {print}\nheaders.X-Stage-Key = {{ literal = {STAGE_KEY:?} }}"
    );
    for (name, pair) in &deployment.callers {
        let file = format!("{name}.secret");
        std::fs::write(folder.join(&file), format!("{}\n", pair.secret.expose_secret())).unwrap();
        let _ = writeln!(text, "callers.{name} = {{ id = {:?}, secret = {{ file = {file:?} }} }}", pair.id);
    }
    for (name, value) in &deployment.supplied {
        let _ = writeln!(text, "supplied.{name} = {value:?}");
    }
    for pair in &deployment.pool {
        let secret = pair.secret.expose_secret();
        let _ = writeln!(
            text,
            "[[contracts.{vendor}.pool]]\nid = {:?}\nsecret = {{ literal = {secret:?} }}",
            pair.id
        );
    }
    let control = deployment.control.as_ref().unwrap();
    let _ = writeln!(text, "[control]\nurl = \"{control}\"");
    text
}

/// Every format of a report that the program has, by what it says to one that it has not.
fn formats() -> Vec<String> {
    let help =
        Command::new(env!("CARGO_BIN_EXE_rescind")).args(["check", "--report", "no-such-format=x"]).output();
    let text = told(&help.unwrap());
    let (_, formats) = text.split_once("with one of ").unwrap();
    let (formats, _) = formats.split_once(", or ").unwrap();
    formats.split(", ").map(str::to_owned).collect()
}

async fn is_silent(vendor: Vendor) {
    let faults = ["accepted-after-revocation", "guard-ignored"].map(str::to_owned);
    let faults = reference::faults(&faults).unwrap();
    let server = Reference::builder().start(&[vendor], &faults).await.unwrap();
    let deployment = server.deployment(vendor).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let supplied = deployment.secrets().map(|secret| secret.expose_secret().to_owned());
    let planted = [PROXY_PASSWORD, GATEWAY_KEY, STAGE_KEY].map(str::to_owned);
    let listener = Arc::new(Mutex::new(Listener {
        cleanup: folder.path().join("rescind.cleanup"),
        written: String::new(),
        secrets: supplied.chain(planted).collect(),
    }));
    let behind = deployment.base.socket_addrs(|| None).unwrap()[0];
    let proxy = Proxy::start(behind, listener.clone(), Writing::Plain).await;
    let address = format!("http://{}", proxy.address());
    let text = target(vendor, &deployment, &address, folder.path());
    std::fs::write(folder.path().join("rescind.toml"), text).unwrap();
    let mut judge = Command::new(env!("CARGO_BIN_EXE_rescind"));
    judge.current_dir(folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    judge.env("PROXY_PASSWORD", PROXY_PASSWORD).args(["check", "--allow-writes", "-v", "--cases", "6"]);
    let formats = formats();
    assert!(formats.len() > 1, "{formats:?}");
    for format in &formats {
        judge.args(["--report", &format!("{format}=report.{format}")]);
    }
    let output = tokio::task::spawn_blocking(move || judge.output().unwrap()).await.unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{vendor}: {text}");
    assert!(text.contains("Reproduce with:") && text.contains("HEADER_X_GATEWAY_KEY"), "{vendor}: {text}");
    server.stop().await;

    let Listener { written, secrets, .. } = &*listener.lock().unwrap();
    assert!(secrets.len() > 10, "{vendor}: {} secrets passed", secrets.len());
    let redactor = Redactor::new();
    for secret in secrets {
        redactor.taint(secret);
    }
    let search = |name: &str, text: &str| {
        for line in text.lines() {
            assert!(!redactor.finds(line), "{vendor}: {name} holds a secret: {line}");
        }
    };
    search("the terminal", &text);
    for format in formats {
        let name = format!("report.{format}");
        search(&name, &std::fs::read_to_string(folder.path().join(&name)).unwrap());
    }
    search(
        "the file of seeds",
        &std::fs::read_to_string(folder.path().join("rescind.seeds")).unwrap_or_default(),
    );
    assert!(written.lines().count() > 10, "{vendor}: {written}");
    let kept = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let kept = kept.map(|mut line| (line.as_object_mut().unwrap().shift_remove("secret"), line));
    let (excepted, rest): (Vec<_>, Vec<_>) = kept.unzip();
    // Only where a credential revokes itself does it take its secret.
    let expected = vendor == Vendor::WattShift;
    assert_eq!(excepted.iter().any(Option::is_some), expected, "{vendor}: {written}");
    for line in rest {
        search("the cleanup file", &line.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_printed_or_written() {
    for vendor in Vendor::ALL {
        is_silent(vendor).await;
    }
}
