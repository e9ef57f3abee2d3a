//! The `Cargo.toml` of a generated crate: exactly the dependencies that its code names, in the versions of this workspace.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::artifact::Artifact;

/// The manifest of this workspace, which says the versions that generated code was tested with.
const WORKSPACE: &str = include_str!("../../Cargo.toml");
/// The crates of this workspace that generated code stands on, each with its folder.
const OWN: [(&str, &str); 3] =
    [("rescind-client", "client"), ("rescind-server", "server"), ("rescind-specs", "specs")];

/// Where a generated crate finds the crates that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// In this folder, which holds `client`, `server` and `specs`; as the manifest spells it.
    Folder(PathBuf),
    /// In the registry, in this version.
    Version(String),
}

/// Whether the crate is a workspace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It belongs to the workspace that it lies in, or to none.
    Plain,
    /// It says that it belongs to no workspace, because it lies in one that does not list it.
    Alone,
}

/// What a manifest says.
#[derive(Clone, Debug)]
pub struct Manifest<'a> {
    /// Name of the package.
    pub name: &'a str,
    /// Version of the package, which is legal.
    pub version: &'a str,
    /// One line about the package.
    pub description: &'a str,
    /// Where the crates beneath are found.
    pub runtime: &'a Runtime,
    /// Whether it is a workspace of its own.
    pub standing: Standing,
}

impl Manifest<'_> {
    /// The text, for a crate of these files.
    pub fn text(&self, files: &[Artifact]) -> String {
        let workspace: Table = WORKSPACE.parse().unwrap_or_default();
        let package = |key: &str| {
            let value = workspace.get("workspace").and_then(|part| part.get("package")?.get(key));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let mut text = String::from("[package]\n");
        for (key, value) in [
            ("name", self.name),
            ("version", self.version),
            ("description", self.description),
            ("edition", &package("edition")),
            ("rust-version", &package("rust-version")),
        ] {
            let _ = writeln!(text, "{key} = {}", Value::String(value.to_owned()));
        }
        text.push_str("publish = false\n");
        text.push_str("\n[dependencies]\n");
        for (name, spelling) in self.dependencies(&workspace, files) {
            let _ = writeln!(text, "{name} = {spelling}");
        }
        if self.standing == Standing::Alone {
            text.push_str("\n# It lies in the folder of a workspace that does not list it.\n[workspace]\n");
        }
        text
    }

    /// The dependencies that `files` name, in order, each with its part of the manifest.
    fn dependencies(&self, workspace: &Table, files: &[Artifact]) -> Vec<(String, Value)> {
        let known = workspace.get("workspace").and_then(|part| part.get("dependencies")?.as_table());
        let crates = crates(files);
        let names = |package: &str| crates.contains(package.replace('-', "_").as_str());
        let mut dependencies: Vec<(String, Value)> = Vec::new();
        for (name, folder) in OWN {
            if names(name) {
                dependencies.push((name.to_owned(), self.own(name, folder)));
            }
        }
        for (name, spelling) in known.into_iter().flatten() {
            if !OWN.iter().any(|(own, _)| own == name) && names(name) {
                dependencies.push((name.clone(), spelling.clone()));
            }
        }
        dependencies.sort_by(|one, other| one.0.cmp(&other.0));
        dependencies
    }

    fn own(&self, name: &str, folder: &str) -> Value {
        let mut part = Table::new();
        match self.runtime {
            Runtime::Folder(root) => part.insert("path".into(), slashes(&root.join(folder)).into()),
            Runtime::Version(version) => part.insert("version".into(), version.clone().into()),
        };
        if name == "rescind-client" {
            // None of the bundled contracts.
            part.insert("default-features".into(), false.into());
            part.insert("features".into(), vec!["rustls"].into());
        }
        Value::Table(part)
    }
}

/// A path as manifests write it on every system.
fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The crates that the code in `files` names: `one` of `::one::two`.
fn crates(files: &[Artifact]) -> BTreeSet<&str> {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let mut found = BTreeSet::new();
    let code = files.iter().filter(|file| file.path.extension().is_some_and(|extension| extension == "rs"));
    let lines = code.flat_map(|file| file.contents.lines());
    for line in lines.filter(|line| !line.trim_start().starts_with("//")) {
        for (at, sign) in line.match_indices("::") {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|sign| is_name(sign) || matches!(sign, '>' | ':')) {
                continue;
            }
            let path = &line[at + sign.len()..];
            let name = path.split(|sign| !is_name(sign)).next().unwrap_or_default();
            if path[name.len()..].starts_with("::") {
                found.insert(name);
            }
        }
    }
    found
}

/// A version that Cargo accepts, as near to `documented` as it can be.
pub fn version(documented: &str) -> String {
    let numbers: Vec<&str> = documented
        .trim()
        .trim_start_matches(['v', 'V'])
        .split(['-', '+', ' '])
        .next()
        .unwrap_or_default()
        .split('.')
        .collect();
    let number = |at: usize| {
        let text = numbers.get(at).copied().unwrap_or("0");
        let number = text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        number.map(|number| number.to_string())
    };
    match (number(0), number(1), number(2)) {
        (Some(major), Some(minor), Some(patch)) => format!("{major}.{minor}.{patch}"),
        (Some(major), Some(minor), None) => format!("{major}.{minor}.0"),
        (Some(major), None, _) => format!("{major}.0.0"),
        _ => "0.0.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_documented_version_becomes_a_legal_one() {
        for (documented, legal) in [
            ("1.2.3", "1.2.3"),
            ("v1", "1.0.0"),
            ("2011-11", "2011.0.0"),
            ("1.2", "1.2.0"),
            ("1.02.3-beta.1", "1.2.3"),
            ("", "0.0.0"),
            ("latest", "0.0.0"),
            ("1.x", "1.0.0"),
            ("99999999999", "0.0.0"),
            ("3.1.4.5", "3.1.4"),
            ("+1", "0.0.0"),
        ] {
            assert_eq!(version(documented), legal, "{documented}");
        }
    }

    #[test]
    fn only_what_the_code_names_is_a_dependency() {
        let contents = "\
            //! ::regress::Regex in a text\n\
            use ::rescind_client::support;\n\
            #[serde(with = \"::rescind_client::support::base64\")]\n\
            /// ::http::Uri in a text\n\
            struct A(::uuid::Uuid, crate::bytes::B, Vec<::serde_json::Value>);\n";
        let files = [Artifact { path: "src/lib.rs".into(), contents: contents.into() }];
        let manifest = Manifest {
            name: "billing-client",
            version: "1.0.0",
            description: "A \"quoted\" title",
            runtime: &Runtime::Folder("../rescind".into()),
            standing: Standing::Alone,
        };
        let text = manifest.text(&files);
        let read: Table = text.parse().unwrap();
        let names: Vec<&str> = read["dependencies"].as_table().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["rescind-client", "serde_json", "uuid"], "{text}");
        assert!(text.contains("path = \"../rescind/client\""), "{text}");
        assert!(read["workspace"].as_table().unwrap().is_empty());
        assert_eq!(read["package"]["description"].as_str(), Some("A \"quoted\" title"));
    }
}
