//! `rescind`: judges deployments of credential APIs.

fn main() -> std::process::ExitCode {
    rescind_conformance::cli::main()
}
