//! What a target file gives a deployment, and what it does not give another one.

use std::path::Path;

use rescind_specs::Vendor;
use rescind_specs::lifecycle::CallerName;
use secrecy::ExposeSecret as _;

use super::{Environment, Sources, TargetError, TargetFile};
use crate::deployment::{Deployment, Kept};
use crate::plan::Writes;

const FILE: &str = r#"
[contracts.entrytarget]
url = "https://staging.invalid"
replicas = ["https://staging-2.invalid"]
callers.operator = { id = "ak_1", secret = { literal = "sk_1" }, expendable = true }
pool = [{ id = "ak_2", secret = { literal = "sk_2" } }]
hooks.restart = { command = ["./restart.sh", "now"] }
hooks.deactivate = { post = ["http://127.0.0.1:1/a", "http://127.0.0.1:2/a"] }

[control]
url = "http://127.0.0.1:1"
replicas = ["http://127.0.0.1:2"]
"#;

struct Variables(&'static [(&'static str, &'static str)]);

impl Environment for Variables {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }
}

fn deployment(
    text: &str,
    urls: &[String],
    variables: &'static [(&'static str, &'static str)],
) -> Result<Deployment, TargetError> {
    let file: TargetFile = toml::from_str(text).unwrap();
    let sources = Sources {
        urls,
        controls: &[],
        file: Some((&file, Path::new("rescind.toml"))),
        environment: &Variables(variables),
        writes: Writes::Allowed,
    };
    sources.deployment(Vendor::EntryTarget.contract().unwrap())
}

#[test]
fn everything_of_the_file_is_taken() {
    let deployment = deployment(FILE, &[], &[]).unwrap();
    let addresses: Vec<&str> =
        deployment.all_replicas().map(|replica| deployment.address(replica).as_str()).collect();
    assert_eq!(addresses, ["https://staging.invalid/", "https://staging-2.invalid/"]);
    assert_eq!(deployment.hooks.len(), 2);
    assert_eq!(deployment.further_controls.len(), 1);
    assert_eq!(deployment.callers[&CallerName::from("operator")].kept, Kept::Expendable);
}

/// The file may describe another deployment: nothing of that one is stopped, and nobody of this one is used up.
#[test]
fn a_url_of_the_command_line_takes_no_hook_of_the_file() {
    let urls = ["https://live.invalid".to_owned()];
    let live = deployment(FILE, &urls, &[]).unwrap();
    assert!(live.hooks.is_empty() && live.control.is_none());
    assert_eq!(live.callers[&CallerName::from("operator")].kept, Kept::Always);
    let own = [("RESCIND_ENTRYTARGET_OPERATOR_ID", "ak_9"), ("RESCIND_ENTRYTARGET_OPERATOR_SECRET", "sk_9")];
    let own: &'static [(&str, &str)] = Box::leak(Box::new(own));
    assert_eq!(deployment(FILE, &[], own).unwrap().callers[&CallerName::from("operator")].kept, Kept::Always);
}

#[test]
fn what_the_contract_does_not_know_is_refused() {
    let told = |from: &str, to: &str| deployment(&FILE.replace(from, to), &[], &[]).unwrap_err().to_string();
    let hook = told("hooks.restart", "hooks.restrat");
    assert!(hook.contains("has no hook \"restrat\"") && hook.contains("restart, deactivate"), "{hook}");
    let empty = told(r#"["./restart.sh", "now"]"#, "[]");
    assert!(empty.contains("contracts.entrytarget.hooks.restart has an empty command"), "{empty}");
    let address = told("http://127.0.0.1:2/a", "127.0.0.1:2/a");
    assert!(address.contains("contracts.entrytarget.hooks.deactivate"), "{address}");
}

#[test]
fn what_the_generator_reads_is_passed_over() {
    let file: TargetFile = toml::from_str("[[codegen]]\nopenapi = 'a.yaml'\nclient = 'b'\n").unwrap();
    assert!(file.contracts.is_empty());
}

#[test]
fn the_token_of_the_control_interface_goes_nowhere_else() {
    let text = FILE.replace("[control]\n", "[control]\ntoken = { literal = \"control-token-1\" }\n");
    let own = deployment(&text, &[], &[]).unwrap();
    let token = |address: &str| {
        own.token_for(&address.parse().unwrap()).map(|token| token.expose_secret().to_owned())
    };
    assert_eq!(token("http://127.0.0.1:1/hooks/x").as_deref(), Some("control-token-1"));
    assert_eq!(token("http://127.0.0.1:2/clock").as_deref(), Some("control-token-1"));
    assert_eq!(token("http://127.0.0.1:3/clock"), None);
    assert_eq!(token("https://staging.invalid/hooks"), None);
    let environment: &[(&str, &str)] = &[("RESCIND_CONTROL_TOKEN", "control-token-2")];
    let overridden = deployment(&text, &[], environment).unwrap().control_token.unwrap();
    assert_eq!(overridden.expose_secret(), "control-token-2");
    let elsewhere = deployment(&text, &["https://live.invalid".to_owned()], &[]).unwrap();
    assert!(elsewhere.control_token.is_none());
}

/// Everything about the way to a deployment, with secrets from each place that there is.
#[cfg(unix)]
#[test]
fn a_deployment_is_reached_as_the_file_says() {
    let way = r#"
[contracts.entrytarget.headers]
X-Stage = "blue"
X-Gateway = { command = ["printf", "gateway-key\\n"] }
X-Other = { env = "OTHER" }

[contracts.entrytarget.proxy]
url = "http://proxy.invalid:3128"
user = "me"
password = { literal = "proxy-password" }
"#;
    let environment: &[(&str, &str)] =
        &[("OTHER", "of-the-environment"), ("RESCIND_ENTRYTARGET_HEADER_X_STAGE", "green")];
    let access = deployment(&format!("{FILE}{way}"), &[], environment).unwrap().access;
    let headers: Vec<(&str, &str, Option<&str>)> = access
        .headers
        .iter()
        .map(|header| (header.name.as_str(), header.value.expose_secret(), header.source.as_deref()))
        .collect();
    let variable = |name: &str| format!("RESCIND_ENTRYTARGET_HEADER_{name}");
    let (stage, gateway, other) = (variable("X_STAGE"), variable("X_GATEWAY"), variable("X_OTHER"));
    // What comes from the environment may be secret.
    assert_eq!(
        headers,
        [
            ("x-gateway", "gateway-key", Some(gateway.as_str())),
            ("x-other", "of-the-environment", Some(other.as_str())),
            ("x-stage", "green", Some(stage.as_str())),
        ]
    );
    let proxy = access.proxy.as_ref().unwrap();
    assert_eq!(proxy.url.as_str(), "http://proxy.invalid:3128/");
    let debug = format!("{access:?}");
    assert!(
        access.secrets().count() == 4
            && access.secrets().all(|secret| !debug.contains(secret.expose_secret()))
    );
}

#[test]
fn what_the_contract_demands_is_no_header_for_every_request() {
    let told = |line: &str| {
        let text = format!("{FILE}\n[contracts.entrytarget.headers]\n{line}\n");
        deployment(&text, &[], &[]).unwrap_err().to_string()
    };
    let taken = told("X-Api-Key = { literal = 'sk_hidden' }");
    assert!(taken.contains("contracts.entrytarget.headers.X-Api-Key") && taken.contains("apiKey"), "{taken}");
    assert!(!taken.contains("sk_hidden"));
    assert!(told("'X Y' = 'a'").contains("its name"));
    assert!(told("X-Y = \"a\\nb\"").contains("its value"));
}

#[test]
fn certificates_are_pem_files() {
    let told = |tls: &str| deployment(&format!("{FILE}\n{tls}"), &[], &[]).unwrap_err().to_string();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let empty = told(&format!("[contracts.entrytarget.tls]\nroots = {manifest:?}\n"));
    assert!(empty.contains("Cargo.toml has no certificates"), "{empty}");
    let alone = told("[contracts.entrytarget.tls]\nkey = 'client.key'\n");
    assert!(alone.contains("without its certificate"), "{alone}");
    assert!(told("[contracts.entrytarget.tls]\ncertificate = 'no/such/file'\n").contains("cannot read"));
}

#[test]
fn exceptions_have_reasons_and_days() {
    let text = "[[skip]]\nid = 'R1'\nreason = 'later'\n[[accept]]\nid = 'R2'\nuntil = 2027-01-31\nreason = 'known'\n";
    let file: TargetFile = toml::from_str(text).unwrap();
    assert_eq!(file.skip[0].reason, "later");
    assert_eq!(file.accept[0].until.to_string(), "2027-01-31");
}

/// Editors read it; `UPDATE_SCHEMA=1` writes it.
#[test]
fn the_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target.schema.json");
    let schema = crate::report::json::pretty(&TargetFile::json_schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == schema, "conformance/target.schema.json is stale; run the tests with UPDATE_SCHEMA=1");
}
