//! What a deployment sees of a run that may not write, and that an address that looks like production is asked about.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "the server is not asked what is left")]
mod program;
#[path = "variants/proxy.rs"]
#[expect(dead_code, reason = "the variants change more")]
mod proxy;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use http::Method;
use http::request::Parts;
use rescind_conformance::reference::Reference;
use rescind_specs::{Contract, Operation, Vendor};

use program::{rescind, told};
use proxy::{Answer, Asked, Change, Proxy, Way, Writing};

/// Writes down what is asked.
#[derive(Default)]
struct Witness(Vec<(Method, String)>);

impl Change for Witness {
    fn ask(&mut self, parts: &mut Parts) -> Way {
        self.0.push((parts.method.clone(), parts.uri.path().to_owned()));
        Way::On
    }

    fn answer(&mut self, _: &Asked, _: &mut Answer) {}
}

/// The operations that give a token for a credential: they are called to read, and change nothing.
fn exchanges(contract: &Contract) -> Vec<&Operation> {
    let lifecycle = contract.lifecycle().unwrap();
    let kinds = lifecycle.credentials.values().flat_map(|kind| kind.tokens.values());
    kinds.filter_map(|token| contract.operation(&token.exchange.operation)).collect()
}

/// Without `--allow-writes` a deployment sees reading calls, and the exchanges of tokens that these take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_that_may_not_be() {
    for vendor in Vendor::ALL {
        let server = Reference::builder().start(&[vendor], &[]).await.unwrap();
        let deployment = server.deployment(vendor).unwrap();
        let behind = deployment.base.socket_addrs(|| None).unwrap()[0];
        let witness = Arc::new(Mutex::new(Witness::default()));
        let proxy = Proxy::start(behind, witness.clone(), Writing::Plain).await;
        let prefix = deployment.base.path().to_owned();
        let url = format!("http://{}{prefix}", proxy.address());
        let folder = tempfile::tempdir().unwrap();
        let mut judge = rescind(folder.path(), vendor.name(), &deployment);
        judge.args(["check", "--contract", vendor.name(), "--url", &url, "--seed", "1"]);
        let output = tokio::task::spawn_blocking(move || judge.output().unwrap()).await.unwrap();
        let text = told(&output);
        let contract = vendor.contract().expect("the bundled contract is right");
        let exchanges = exchanges(contract);
        let asked = std::mem::take(&mut witness.lock().unwrap().0);
        let writes = asked.iter().filter(|(method, path)| {
            let exchanges_token = exchanges.iter().any(|operation| {
                let full = format!("{prefix}{}", operation.path.fill(|_| None));
                *method == operation.method && *path == full
            });
            !method.is_safe() && !exchanges_token
        });
        assert_eq!(writes.collect::<Vec<_>>(), Vec::<&(Method, String)>::new(), "{vendor}: {text}");
        assert!(!asked.is_empty(), "{vendor}: {text}");
        assert!(!Path::new(folder.path()).join("rescind.cleanup").exists(), "nothing had to be written down");
        server.stop().await;
    }
}

/// Nothing is sent to an address that looks like production, unless that is meant.
#[test]
fn production_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut judge = Command::new(env!("CARGO_BIN_EXE_rescind"));
        judge.current_dir(folder.path()).env_clear().args(["check", "--contract", "wattshift"]);
        // A selection of nothing ends the run before anything is sent.
        judge.args(["--url", "https://api.acme.com", "--only", "R99"]);
        let output = judge.args(arguments).output().unwrap();
        (output.status.code(), told(&output))
    };
    let (code, text) = run(&["--allow-writes"]);
    assert!(code == Some(2) && text.contains("add --yes if that is meant"), "{text}");
    for meant in [&["--allow-writes", "--yes"][..], &[]] {
        let (code, text) = run(meant);
        assert!(
            code == Some(2) && text.contains("--only R99") && !text.contains("--yes"),
            "{meant:?}: {text}"
        );
    }
}
