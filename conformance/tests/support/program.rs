//! The program `rescind` as a child process, against a reference server of this process.

use std::path::Path;
use std::process::{Command, Output};

use rescind_conformance::deployment::Deployment;
use rescind_conformance::target_file::variable;
use secrecy::ExposeSecret as _;
use serde_json::Value;

/// The program in a folder, in an environment that names nothing but the callers of a deployment.
pub(crate) fn rescind(folder: &Path, contract: &str, deployment: &Deployment) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind"));
    command.current_dir(folder).env_clear().env("COLUMNS", "80");
    for pair in deployment.callers.values() {
        command.env(&pair.source, pair.secret.expose_secret());
        command.env(pair.source.replace("_SECRET", "_ID"), &pair.id);
    }
    for (name, value) in &deployment.supplied {
        command.env(variable(contract, &name.0), value);
    }
    let pool = deployment.pool.iter().map(|pair| format!("{} {}\n", pair.id, pair.secret.expose_secret()));
    let path = folder.join(format!("{contract}.pool"));
    std::fs::write(&path, pool.collect::<String>()).unwrap();
    command.env(variable(contract, "POOL"), path);
    command
}

/// What was printed, and the exit status.
pub(crate) fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// The credentials of a contract that work, as the server itself says.
pub(crate) async fn active(deployment: &Deployment, contract: &str) -> Vec<String> {
    let control = deployment.control.as_ref().unwrap();
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = format!("{control}credentials?contract={contract}&state=active&limit=1000{after}");
        let page: Value =
            serde_json::from_slice(&reqwest::get(page).await.unwrap().bytes().await.unwrap()).unwrap();
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
}
