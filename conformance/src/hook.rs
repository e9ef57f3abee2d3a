//! Steps outside of the API: how the operator of a run lets them be done.

use std::process::Stdio;
use std::time::Duration;

use rescind_specs::lifecycle::HookName;
use secrecy::ExposeSecret as _;
use serde_json::json;
use url::Url;

use crate::clock;
use crate::deployment::Deployment;

/// Longest time for one step outside of the API, such as the restart of a service.
const LONGEST: Duration = Duration::from_mins(2);

/// How a step outside of the API is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAction {
    /// A program with its arguments. It finds the name of the hook in `RESCIND_HOOK` and, where the hook is about a
    /// credential, its identifier in `RESCIND_CREDENTIAL_ID`; it ends with 0 when the step is done.
    Command {
        /// The program.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// URLs that `{"credential": {"id": …}}` is posted to, one after the other; each answers 2xx when its part of the
    /// step is done.
    Post(Vec<Url>),
}

impl HookAction {
    /// Does it, and waits until it is done.
    ///
    /// # Errors
    /// It could not be begun, failed, or took too long; says what it answered.
    pub(crate) async fn run(
        &self,
        client: &reqwest::Client,
        deployment: &Deployment,
        name: &HookName,
        credential: Option<&str>,
    ) -> Result<(), String> {
        match self {
            Self::Command { program, arguments } => command(program, arguments, name, credential).await,
            Self::Post(addresses) => {
                for address in addresses {
                    post(client, deployment, address, credential).await?;
                }
                Ok(())
            }
        }
    }
}

async fn command(
    program: &str,
    arguments: &[String],
    name: &HookName,
    credential: Option<&str>,
) -> Result<(), String> {
    let mut running = tokio::process::Command::new(program);
    // What is secret is no business of a hook, and what a hook writes is none of the report's.
    let secrets = std::env::vars_os().map(|(name, _)| name);
    for name in secrets.filter(|name| name.to_string_lossy().starts_with("RESCIND_")) {
        running.env_remove(name);
    }
    if let Some(id) = credential {
        running.env("RESCIND_CREDENTIAL_ID", id);
    }
    running.args(arguments).env("RESCIND_HOOK", &name.0).kill_on_drop(true);
    running.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let unable = |error: std::io::Error| format!("its program could not be run: {error}");
    let ended = tokio::time::timeout(LONGEST, running.status()).await;
    let ended = ended.map_err(|_| format!("its program did not end within {} s", LONGEST.as_secs()))?;
    let status = ended.map_err(unable)?;
    if status.success() { Ok(()) } else { Err(format!("its program ended with {status}")) }
}

async fn post(
    client: &reqwest::Client,
    deployment: &Deployment,
    address: &Url,
    credential: Option<&str>,
) -> Result<(), String> {
    let body = credential.map_or_else(|| json!({}), |id| json!({ "credential": { "id": id } }));
    let mut request = client
        .post(address.clone())
        .timeout(LONGEST)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body.to_string());
    if let Some(token) = deployment.token_for(address) {
        request = request.bearer_auth(token.expose_secret());
    }
    let reply = request.send().await.map_err(|error| clock::root(&error))?;
    if reply.status().is_success() {
        return Ok(());
    }
    Err(format!("its URL answered {}", reply.status()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(action: &HookAction, credential: Option<&str>) -> Result<(), String> {
        let deployment = Deployment::at("http://127.0.0.1:1".parse().unwrap());
        action.run(&reqwest::Client::new(), &deployment, &"restart".into(), credential).await
    }

    async fn shell(script: &str, credential: Option<&str>) -> Result<(), String> {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let action = HookAction::Command { program: "sh".to_owned(), arguments };
        run(&action, credential).await
    }

    #[tokio::test]
    async fn a_program_is_told_what_it_is_about() {
        let script = "test \"$RESCIND_HOOK $RESCIND_CREDENTIAL_ID\" = 'restart ak_1'";
        assert_eq!(shell(script, Some("ak_1")).await, Ok(()));
        assert!(shell(script, Some("ak_2")).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_is_told_without_what_the_hook_is_made_of() {
        let failed = shell("echo password >&2; exit 3", None).await;
        assert_eq!(failed, Err("its program ended with exit status: 3".to_owned()));
        let program = "/no/such/program".to_owned();
        let action = HookAction::Command { program, arguments: Vec::new() };
        let missing = run(&action, None).await.unwrap_err();
        assert!(missing.starts_with("its program could not be run"), "{missing}");
    }

    /// A program that leaves a daemon behind is done when it ends.
    #[tokio::test]
    async fn a_daemon_is_not_waited_for() {
        assert_eq!(shell("sleep 60 & exit 0", None).await, Ok(()));
    }
}
