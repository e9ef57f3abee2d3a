//! How many crates another project gets with this one, as the table of the README says, and how large a call is: no more
//! unnoticed.

#![expect(clippy::unwrap_used, reason = "what cannot be counted fails the test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use rescind_client::dinie::Client;

/// The crates that come with these features, this one not counted. Where the machine is another one, they differ.
fn crates(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--offline", "--no-default-features", "--features", features])
        .args(["--package", "rescind-client", "--edges", "normal", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    lines.filter(|line| !line.starts_with("rescind-client ")).collect()
}

#[test]
fn the_number_of_crates_is_as_documented() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut rows = 0;
    for line in readme.lines() {
        // | `dinie`, `rustls` | 94 |
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, features, number, _] = cells.as_slice() else { continue };
        let Ok(documented) = number.parse::<usize>() else { continue };
        let features = features.replace(['`', ' '], "");
        let found = crates(&features);
        assert_eq!(
            found.len(),
            documented,
            "`{features}` brings another number of crates than client/README.md says: {found:#?}"
        );
        rows += 1;
    }
    assert!(rows >= 6, "the table of the README has {rows} rows");
}

#[test]
fn nothing_heavy_comes_unasked() {
    for feature in ["dinie", "entrytarget", "shiftagent", "wattshift"] {
        let found = crates(feature);
        for heavy in
            ["rustls ", "native-tls ", "regex ", "chrono ", "tracing-subscriber ", "serde_yaml ", "indexmap "]
        {
            assert!(!found.iter().any(|one| one.starts_with(heavy)), "`{feature}` brings {heavy}");
        }
    }
}

#[test]
fn a_call_is_small() {
    // Whoever awaits it or spawns it moves it first. Of its parts only the largest counts, and not their sum.
    let client = Client::new("http://127.0.0.1:9");
    let size = size_of_val(&client.list_credentials().send());
    assert!(size <= 1536, "the future of a call takes {size} bytes; reqwest's own takes a third of that");
}
