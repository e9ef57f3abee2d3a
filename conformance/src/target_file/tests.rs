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
callers.operator = { id = "ak_1", secret = "sk_1", expendable = true }
pool = [{ id = "ak_2", secret = "sk_2" }]
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
    let text = FILE.replace("[control]\n", "[control]\ntoken = \"control-token-1\"\n");
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
