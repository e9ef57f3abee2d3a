//! The documents of every example load without a diagnostic, and its target file names what they ask for.

use std::path::Path;

use rescind_conformance::target_file::TargetFile;
use rescind_specs::Contract;

#[test]
fn the_documents_of_every_example_load() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(&examples).expect("the folder of examples") {
        let folder = entry.expect("an entry").path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let contract = Contract::load(&folder.join("openapi.yaml"), Some(&folder.join("lifecycle.yaml")));
        let contract = contract.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(contract.warnings().is_empty(), "{name}: {:?}", contract.warnings());
        let lifecycle = contract.lifecycle().expect("a lifecycle document");
        assert!(!lifecycle.requirements.is_empty(), "{name} promises nothing");

        let text = std::fs::read_to_string(folder.join("rescind.toml")).expect("a target file");
        let file: TargetFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let target = file.contracts.get(&name).unwrap_or_else(|| panic!("{name} is not its own target"));
        for caller in lifecycle.callers.keys() {
            assert!(
                target.callers.contains_key(&caller.0),
                "{name}: the caller {caller} is not in its target file"
            );
        }
        for supplied in lifecycle.supplied.keys() {
            assert!(
                target.supplied.contains_key(&supplied.0),
                "{name}: {supplied} is not in its target file"
            );
        }
        for file in ["README.md", "serve.sh"] {
            assert!(folder.join(file).is_file(), "{name} has no {file}");
        }
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} examples");
}
