//! Other projects, outside of this workspace, build from the packaged crate with one feature each, and work.
//!
//! They compile what they depend on, which takes a while: `RESCIND_PACKAGED=1 cargo test --test packaged -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rescind_server::{Server, Vendor};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Runs a program to its end, and returns what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder).env_remove("RUSTFLAGS");
    command
}

/// The crate as it would be published, unpacked.
fn packaged(folder: &Path) -> PathBuf {
    let arguments = [
        "package",
        "-p",
        "rescind-client",
        "--no-verify",
        "--allow-dirty",
        "--exclude-lockfile",
        "--offline",
    ];
    run(cargo(&root()).args(arguments).arg("--target-dir").arg(folder.join("package")));
    let name = format!("rescind-client-{}", env!("CARGO_PKG_VERSION"));
    let archive = folder.join("package/package").join(format!("{name}.crate"));
    run(Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder));
    folder.join(name)
}

/// A project that depends on the package with one feature and does what the example of that name does.
fn project(folder: &Path, package: &Path, feature: &str) -> PathBuf {
    let project = folder.join(feature);
    fs::create_dir_all(project.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"uses-{feature}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         rescind-client = {{ path = '{}', default-features = false, features = [\"{feature}\", \"tokio\"] }}\n\
         serde_json = \"1\"\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n[workspace]\n",
        package.display()
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::copy(package.join(format!("examples/{feature}.rs")), project.join("src/main.rs")).unwrap();
    // The versions that this work tree is tested with.
    fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    project
}

#[tokio::test]
async fn three_projects_build_from_the_package_and_rotate_a_credential() {
    if std::env::var_os("RESCIND_PACKAGED").is_none() {
        println!("not run: it compiles three projects; RESCIND_PACKAGED=1 says that it may");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let package = packaged(folder.path());
    let target = folder.path().join("target");
    for (vendor, told) in [
        (Vendor::Dinie, "is revoked"),
        (Vendor::ShiftAgent, "refers to crd_"),
        (Vendor::WattShift, "refused: AUTH_REVOKED_CREDENTIAL"),
    ] {
        let server = Server::builder().contract(vendor).spawn().await.unwrap();
        let project = project(folder.path(), &package, vendor.name());
        run(cargo(&project).args(["build", "--offline"]).env("CARGO_TARGET_DIR", &target));
        let mut program = Command::new(target.join("debug").join(format!("uses-{}", vendor.name())));
        program.arg(server.base_url(vendor));
        if let Some(caller) = server.target(vendor).callers.get("operator") {
            program.env("DINIE_ID", &caller.id).env("DINIE_SECRET", caller.secret.expose());
            program.env("SERVICE_KEY", caller.secret.expose());
        }
        let output = tokio::task::spawn_blocking(move || run(&mut program)).await.unwrap();
        assert!(output.contains(told), "{vendor}: {output}");
        let tree = run(cargo(&project).args(["tree", "--offline", "--edges", "normal", "--prefix", "none"]));
        let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        println!("== {vendor}: {} crates besides itself\n{output}", crates.len() - 1);
    }
}
