//! The requirements of the bundled contracts as tests of this project, judged on the reference server. With
//! `RESCIND_SUITE_FAULT=NAME` the server breaks a promise, and what is about that promise fails.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::ExitCode;

use rescind_conformance::reference::Reference;
use rescind_conformance::suite::Suite;
use rescind_conformance::{Judge, Vendor};

fn main() -> ExitCode {
    let suite = Vendor::ALL.into_iter().fold(Suite::new(), |suite, vendor| {
        let contract = rescind_conformance::Contract::of(vendor).expect("the bundled contract is right");
        suite.contract(contract, move |contract| async move {
            let fault = std::env::var("RESCIND_SUITE_FAULT").ok().map(|name| name.parse()).transpose()?;
            let server = Reference::start(&[vendor], fault.as_slice()).await?;
            Ok(Judge::new(contract, server.deployment(vendor)?).allow_writes().keep(server))
        })
    });
    suite.main()
}
