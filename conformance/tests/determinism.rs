//! One seed gives one run: two reports of it differ in times, ports and ids and in nothing else, but for what calls at
//! once come to. Where sequences go on side by side, the order of the requests is a matter of chance as well, and how
//! long lists are; what is done and what is said of it are not.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::num::NonZeroU32;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{Breach, ContractReport, Report, json};
use rescind_conformance::runner;
use rescind_server::Fault;
use rescind_specs::Vendor;
use serde_json::Value;

/// Checks that make calls at once. What comes of those is a matter of chance, and so is what has to be looked at then.
const RACES: [&str; 4] = ["concurrent_revocation", "racing_use", "racing_reference", "last_two_active"];

/// A whole run with a seed.
async fn judge(vendor: Vendor, faults: &[Fault], seed: u64, jobs: u32) -> ContractReport {
    let server = Reference::builder().seed(seed).start(&[vendor], faults).await;
    let server = server.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let skip = RACES.map(str::to_owned).to_vec();
    let jobs = NonZeroU32::new(jobs).expect("there is something to do");
    let plan = Plan { seed, skip, jobs, ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

/// A whole run with a seed, one thing after the other, as the report in JSON has it.
async fn run(vendor: Vendor, faults: &[Fault], seed: u64) -> String {
    let contracts = vec![judge(vendor, faults, seed, 1).await];
    let report = Report { version: "0".to_owned(), seed, began: None, contracts };
    let mut out = Vec::new();
    json::write(&report, &mut out).expect("a report is JSON");
    let mut value = serde_json::from_slice(&out).expect("a report is JSON");
    level(&mut value);
    serde_json::to_string_pretty(&value).expect("a value is JSON")
}

/// Replaces what may differ: how long something took, and the ports that were free.
fn level(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_ids(&without_ports(text)),
        Value::Array(items) => match items.as_mut_slice() {
            // A header.
            [Value::String(name), value] if name == "date" => *value = Value::Null,
            items => items.iter_mut().for_each(level),
        },
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "seconds" | "took" | "min" | "median" | "max" => *member = Value::Null,
                    _ => level(member),
                }
            }
        }
        _ => {}
    }
}

fn without_ports(text: &str) -> String {
    const HOST: &str = "127.0.0.1:";
    let mut pieces = text.split(HOST);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut text, piece| {
        let rest = piece.trim_start_matches(|digit: char| digit.is_ascii_digit());
        // Writing to a String cannot fail.
        let _ = write!(text, "{HOST}PORT{rest}");
        text
    })
}

/// The text with one id in place of all others: long words with digits in them.
fn without_ids(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let mut words = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter| !plain(letter)) {
        let end = word.trim_end_matches(|letter| !plain(letter)).len();
        let (name, rest) = word.split_at(end);
        let id = name.len() >= 16 && name.contains(|letter: char| letter.is_ascii_digit());
        words.push_str(if id { "ID" } else { name });
        words.push_str(rest);
    }
    words
}

/// The lines that differ, with those around them.
fn difference(one: &str, other: &str) -> String {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let same = ours.iter().zip(&theirs).take_while(|(one, other)| one == other).count();
    let around = |lines: &[&str]| {
        let from = same.saturating_sub(12).min(lines.len());
        lines[from..lines.len().min(same + 12)].join("\n")
    };
    format!("from line {} on:\n{}\n--- but the second time ---\n{}", same + 1, around(&ours), around(&theirs))
}

async fn repeats(vendor: Vendor, faults: &[Fault], seed: u64) {
    let (one, other) = (run(vendor, faults, seed).await, run(vendor, faults, seed).await);
    assert!(one == other, "{vendor} {faults:?}, {}", difference(&one, &other));
}

#[tokio::test]
async fn one_seed_gives_one_run() {
    for vendor in Vendor::ALL {
        repeats(vendor, &[], 5).await;
    }
}

#[tokio::test]
async fn one_seed_finds_one_breach() {
    for vendor in Vendor::ALL {
        repeats(vendor, &[Fault::UnauthenticatedRevocationSucceeds], 6).await;
        repeats(vendor, &[Fault::SecretEchoedInList, Fault::UnknownIdSuccess], 7).await;
    }
}

/// The text without how many items lists had.
fn without_lengths(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 1..words.len() {
        if words[at] == "items" {
            words[at - 1] = "some";
        }
    }
    words.join(" ")
}

/// What a report says: of each promise the outcome, how often it was exercised, and what was found in which steps.
fn said(report: &ContractReport) -> Vec<String> {
    let steps = |breach: &Breach| without_lengths(&without_ids(&without_ports(&breach.steps.join(" / "))));
    let found = |findings: &[Breach]| -> Vec<String> {
        findings.iter().map(|breach| format!("{}: {}", breach.finding.message, steps(breach))).collect()
    };
    // How many answers there were depends on how long the lists are, and some look at all of them.
    let searches = |checks: &[String]| checks.iter().any(|check| check == "secret_shown_once");
    let requirements = report.requirements.iter().map(|one| {
        let exercised = if searches(&one.checks) { 0 } else { one.exercised };
        format!("{} {:?} {exercised} {:#?}", one.id, one.outcome, found(&one.findings))
    });
    let checks =
        report.checks.iter().map(|one| format!("{} {:?} {:#?}", one.id, one.outcome, found(&one.findings)));
    requirements.chain(checks).collect()
}

async fn says_the_same(vendor: Vendor, faults: &[Fault], seed: u64) {
    let alone = said(&judge(vendor, faults, seed, 1).await);
    for jobs in [2, 4, 16] {
        let beside = said(&judge(vendor, faults, seed, jobs).await);
        for (alone, beside) in alone.iter().zip(&beside) {
            assert_eq!(alone, beside, "{vendor} {faults:?}, {jobs} jobs");
        }
    }
}

#[tokio::test]
async fn side_by_side_the_same_is_said() {
    for vendor in Vendor::ALL {
        says_the_same(vendor, &[], 8).await;
    }
}

#[tokio::test]
async fn side_by_side_the_same_breach_is_found() {
    for vendor in Vendor::ALL {
        says_the_same(vendor, &[Fault::UnauthenticatedRevocationSucceeds], 9).await;
        says_the_same(vendor, &[Fault::SecretEchoedInList, Fault::UnknownIdSuccess], 10).await;
    }
}
