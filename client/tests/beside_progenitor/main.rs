//! Another generator's client of the same document sends the same requests and reads the same answers.
//!
//! The document, `plain_calls`, holds only what both can carry. What the comparison leaves out is in
//! [`calls::known_difference`] and [`exchange::not_compared`], by name and with the reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use wiremock::MockServer;

mod calls;
mod exchange;
mod values;

use calls::{Call, Known};
use exchange::{Exchange, Read};
use values::Answer;

/// What our generator makes of the document.
#[rustfmt::skip]
#[path = "../../../xtask/tests/golden/plain_calls/client.rs"]
#[allow(clippy::allow_attributes, clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub)]
#[allow(unused_qualifications)]
mod ours;

/// What progenitor makes of it.
#[allow(clippy::allow_attributes, clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub)]
#[allow(unused_qualifications)]
mod theirs {
    progenitor::generate_api!(spec = "../xtask/tests/golden/plain_calls/openapi.yaml", interface = Builder,);
}

/// A deployment, and what both clients send over.
struct Place {
    server: MockServer,
    uri: String,
    http: reqwest::Client,
}

/// How often each operation came to each kind of outcome, as both told it.
type Tally = BTreeMap<(&'static str, &'static str), usize>;

async fn compare(
    place: &Place,
    call: &Call,
    answer: &Answer,
    tally: &RefCell<Tally>,
) -> Result<(), TestCaseError> {
    let ours = Exchange::watch(place, answer, call.by_ours(place)).await;
    match call.known_difference() {
        // What the caller meant is what ours has to send.
        Some(Known::TheyLoseIt) => {}
        Some(Known::WeRefuse) => {
            prop_assert_eq!(ours.read, Read::Refused);
            prop_assert!(ours.sent.is_none());
            return Ok(());
        }
        None => {
            let theirs = Exchange::watch(place, answer, call.by_theirs(place)).await;
            prop_assert_eq!(&ours, &theirs);
            *tally.borrow_mut().entry((call.operation(), ours.read.kind())).or_default() += 1;
        }
    }
    if let Some(sent) = ours.sent {
        prop_assert_eq!(sent.path, call.path());
    }
    Ok(())
}

#[test]
fn both_clients_say_and_understand_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(MockServer::start());
    let place = Place { uri: server.uri(), server, http: reqwest::Client::new() };
    let tally = RefCell::default();
    let config = ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&(calls::call(), values::answer()), |(call, answer)| {
        let answer = Answer::of(&call, answer);
        runtime.block_on(compare(&place, &call, &answer, &tally))
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
    // Every operation succeeded, failed as documented and failed otherwise; a label with a line break was refused.
    let tally = tally.into_inner();
    for operation in ["getBook", "replaceBook", "removeBook", "listBooks", "lendBook", "sendCover"] {
        for kind in ["success", "documented", "malformed", "unexpected"] {
            assert!(tally.contains_key(&(operation, kind)), "{operation} never came to {kind}: {tally:?}");
        }
    }
    assert!(tally.contains_key(&("getBook", "refused")), "{tally:?}");
}
