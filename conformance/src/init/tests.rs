//! What is written loads, and what is left of it to be answered is all that the lint has to say.

use std::path::{Path, PathBuf};

use rescind_specs::{Contract, Document, Prepared, Vendor, lint_lifecycle};

use super::{lifecycle, target};
use crate::guess::draft;

/// Rules that name what a draft leaves to be completed.
const TO_COMPLETE: [&str; 5] = [
    "open_question",
    "nothing_is_judged",
    "no_requirements",
    "nothing_shows_revocation",
    "unaccounted_operation",
];

/// The contract with its draft, and the text of that.
fn drafted(contract: &Contract) -> (Contract, String) {
    let text = lifecycle(contract, "openapi.yaml", &draft(contract));
    let document =
        Document::parse("lifecycle.yaml", text.clone()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let loaded = Contract::new(contract.name(), contract.document().clone(), Some(&document));
    (loaded.unwrap_or_else(|error| panic!("{error}\n{text}")), text)
}

fn bare(vendor: Vendor) -> Contract {
    let [(name, text), _] = vendor.documents();
    Contract::new(vendor.name(), Document::parse(name, text).unwrap(), None).unwrap()
}

#[test]
fn the_drafts_of_the_bundled_contracts_only_ask_questions() {
    for vendor in Vendor::ALL {
        let (contract, text) = drafted(&bare(vendor));
        let found = lint_lifecycle(&contract);
        let other: Vec<String> = found
            .iter()
            .filter(|diagnostic| !TO_COMPLETE.contains(&diagnostic.rule().unwrap_or_default()))
            .map(ToString::to_string)
            .collect();
        assert!(other.is_empty(), "{vendor}: {other:#?}\n{text}");
        assert!(found.len() > 5, "{vendor}");
    }
}

#[test]
fn a_draft_reads_as_it_should() {
    let (_, text) = drafted(&bare(Vendor::Dinie));
    insta::assert_snapshot!("dinie", text);
    let (_, text) = drafted(&bare(Vendor::ShiftAgent));
    insta::assert_snapshot!("shiftagent", text);
}

/// Documents that show one difficulty each, those with mistakes among them.
#[test]
fn every_document_gives_a_draft_that_loads() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/tests/golden");
    let folders = std::fs::read_dir(golden).unwrap();
    let documents: Vec<PathBuf> = folders
        .map(|folder| folder.unwrap().path().join("openapi.yaml"))
        .filter(|path| path.exists())
        .collect();
    assert!(documents.len() > 10);
    for path in documents {
        if let Ok(prepared) = Prepared::read("api", &path) {
            drafted(&prepared.contract);
        }
    }
}

#[test]
fn the_part_of_the_target_file_can_be_read() {
    for vendor in Vendor::ALL {
        let contract = bare(vendor);
        let snippet =
            target(&contract, Path::new("openapi.yaml"), Path::new("lifecycle.yaml"), &draft(&contract));
        assert!(toml::from_str::<toml::Table>(&snippet).is_ok(), "{snippet}");
        assert!(!snippet.contains("secret = \""), "{snippet}");
    }
    let contract = bare(Vendor::Dinie);
    let snippet =
        target(&contract, Path::new("openapi.yaml"), Path::new("lifecycle.yaml"), &draft(&contract));
    insta::assert_snapshot!(snippet, @r#"
    [contracts.dinie]
    openapi = "openapi.yaml"
    lifecycle = "lifecycle.yaml"
    url = "https://api.dinie.com.br/v3"
    callers.operator = { id = "…", secret = { env = "RESCIND_DINIE_OPERATOR_SECRET" } }
    "#);
}

/// Servers that others wrote: sessions in cookies, tokens against forged requests, several ways to revoke.
#[test]
fn the_drafts_of_the_examples_only_ask_questions() {
    for name in ["allauth", "jupyterhub", "oidc-provider", "synapse"] {
        let path = format!("{}/examples/{name}/openapi.yaml", env!("CARGO_MANIFEST_DIR"));
        let document = Document::parse("openapi.yaml", std::fs::read_to_string(path).unwrap()).unwrap();
        let (contract, text) = drafted(&Contract::new(name, document, None).unwrap());
        let errors: Vec<String> = lint_lifecycle(&contract)
            .iter()
            .filter(|diagnostic| diagnostic.severity == rescind_specs::Severity::Error)
            .filter(|diagnostic| !TO_COMPLETE.contains(&diagnostic.rule().unwrap_or_default()))
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}\n{text}");
    }
}
