//! What other projects can name, as lists in `client/public-api/`: a change of them is seen where it is reviewed.
//!
//! `UPDATE_API=1 cargo test -p rescind-client --test public_api` writes them again.

#![expect(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod render;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use tree::Tree;

/// The lists, by the name of their files: one a contract and one of the rest.
fn lists() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = Tree::read(&root.join("src/lib.rs"));
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tree.public_lines() {
        let contract =
            rescind_client::CONTRACTS.iter().find(|name| line.contains(&format!("rescind_client::{name}::")));
        let list = contract.map_or("common", |name| *name);
        lists.entry(list.to_owned()).or_default().push(line);
    }
    let text = |mut lines: Vec<String>| {
        lines.sort();
        lines.dedup();
        lines.join("\n") + "\n"
    };
    lists.into_iter().map(|(name, lines)| (name, text(lines))).collect()
}

#[test]
fn the_public_api_is_as_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("public-api");
    let lists = lists();
    if std::env::var_os("UPDATE_API").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &lists {
            std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
        }
    }
    for (name, text) in &lists {
        let known = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap_or_default();
        let (known, now): (Vec<&str>, Vec<&str>) = (known.lines().collect(), text.lines().collect());
        let gone: Vec<_> =
            known.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}")).collect();
        let new: Vec<_> =
            now.iter().filter(|line| !known.contains(line)).map(|line| format!("+ {line}")).collect();
        assert!(
            gone.is_empty() && new.is_empty(),
            "the public API of `{name}` has changed; if that is meant, write client/public-api/ again with UPDATE_API=1\n{}\n{}",
            gone.join("\n"),
            new.join("\n")
        );
    }
}

#[test]
fn the_list_knows_what_is_public_and_what_is_not() {
    let lists = lists();
    let common = &lists["common"];
    for line in [
        "pub fn rescind_client::Secret::expose(&self) -> &str",
        "pub enum rescind_client::Error<E> #[non_exhaustive]",
        "pub rescind_client::Error::Transport(TransportError)",
        "pub trait rescind_client::Clock: Send + Sync",
        "fn rescind_client::Clock::now(&self) -> Timestamp",
    ] {
        assert!(common.lines().any(|known| known == line), "{line} is missing in\n{common}");
    }
    let dinie = &lists["dinie"];
    assert!(dinie.contains("pub async fn rescind_client::dinie::Session::ready"));
    assert!(dinie.contains("pub fn rescind_client::dinie::Client::revoke_credential"));
    assert!(dinie.contains("pub rescind_client::dinie::types::Credential::client_id: ClientId"));
    for text in lists.values() {
        assert!(!text.contains("::generated::") && !text.contains("NotSendable") && !text.contains("Inner"));
    }
}
