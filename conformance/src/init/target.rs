//! The part of a target file that a run of the drafted contract needs.

use std::fmt::Write as _;
use std::path::Path;

use rescind_specs::Contract;

use crate::guess::{Draft, Guess, Operator, Placement};
use crate::target_file::variable;

/// What to write into `rescind.toml` for a contract of one's own; the paths are as its user gave them.
pub fn target(contract: &Contract, openapi: &Path, lifecycle: &Path, draft: &Draft) -> String {
    let name = key(contract.name());
    let text = |path: &Path| toml::Value::from(path.display().to_string()).to_string();
    let url = contract.servers().iter().find(|url| url.starts_with("http") && !url.contains('{'));
    let url = url.map_or("https://sandbox.example", String::as_str);
    let mut snippet = format!("[contracts.{name}]\n");
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(snippet, "openapi = {}", text(openapi));
    let _ = writeln!(snippet, "lifecycle = {}", text(lifecycle));
    let _ = writeln!(snippet, "url = {}", toml::Value::from(url));
    if draft.operator.is_some() {
        let secret = toml::Value::from(format!("{}_SECRET", variable(contract.name(), "operator")));
        let id = if presents_id(draft) { "id = \"…\", " } else { "" };
        let _ = writeln!(snippet, "callers.operator = {{ {id}secret = {{ env = {secret} }} }}");
    }
    for name in draft.supplied.keys() {
        let _ = writeln!(snippet, "supplied.{} = \"…\"", key(name));
    }
    snippet
}

/// Whether what the operator holds has an identifier beside its secret.
fn presents_id(draft: &Draft) -> bool {
    let present = match &draft.operator {
        Some(Guess { value: Operator::Another(present, _), .. }) => Some(present),
        _ => draft.present.as_ref().map(|present| &present.value),
    };
    let placements = present.into_iter().flat_map(|present| &present.0);
    placements.into_iter().any(|(_, placement)| matches!(placement, Placement::Pair | Placement::Id))
}

/// A key of TOML, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if bare { name.to_owned() } else { toml::Value::from(name).to_string() }
}
