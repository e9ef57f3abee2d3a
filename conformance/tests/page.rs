//! The report for browsers in headless Chromium, made of a real run with a broken promise: it is read without a script,
//! by keyboard, in light and dark, on a small screen and on paper.
//!
//! Needs `chromium` and `chromedriver` on the path. Without them nothing is tested, and said so; that is a failure
//! where `RESCIND_REQUIRE_CHROMIUM=1`. With `RESCIND_SCREENSHOTS=FOLDER`, what the page looks like is kept there.

#![cfg(feature = "reference")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/browser.rs"]
mod browser;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::{self, Reference};
use rescind_conformance::report::{Report, html};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::{Contract, Vendor};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;

use browser::in_browser;

/// The bundled contract that documents a propagation delay, and how its server lets a credential live longer.
const CONTRACT: Vendor = Vendor::EntryTarget;
const FAULT: &str = "slow-revocation";

/// The page of a run against a server whose revocations take too long, in a file.
async fn page_of_a_run() -> (TempDir, String, Report) {
    let contract = Contract::of(CONTRACT).unwrap();
    let faults = reference::faults(&[FAULT.to_owned()]).unwrap();
    let server = Reference::start(&[CONTRACT], &faults).await.unwrap();
    let redactor = Redactor::new();
    let plan = Plan { only: vec!["use_after_revocation".to_owned()], ..Plan::default() };
    let deployment = server.deployment(CONTRACT).unwrap();
    let judged = runner::run(&contract, &deployment, &plan, &redactor, &Silent).await.unwrap();
    server.stop().await;
    let report = Report { version: "0.1.0".to_owned(), seed: 0, began: None, contracts: vec![judged] };
    let report = redactor.redact_report(&report).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let mut page = Vec::new();
    html::write(&report, &mut page).unwrap();
    std::fs::write(&file, page).unwrap();
    let url = format!("file://{}", file.display());
    (folder, url, report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_read_in_a_browser() {
    let (_folder, url, report) = page_of_a_run().await;
    assert_eq!(report.verdict(), Verdict::Fail);
    in_browser(async |browser| {
        // Whoever forbids scripts reads the same page.
        browser.emulate("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
        browser.driver.goto(&url).await.unwrap();
        for (scheme, light) in [("light", true), ("dark", false)] {
            browser.prefers(scheme).await;
            assert_eq!(browser.lightness().await > 128, light, "{scheme}");
            browser.screenshot(&format!("report-{scheme}")).await;
        }
        browser.prefers("light").await;
        let text = browser.text("main").await;
        assert!(text.contains("A promise was broken"), "{text}");
        assert!(text.contains("documented to be refused within 5m"), "{text}");
        assert!(text.contains("too late"), "{text}");

        // The plot has its bound at the same place in each row, and a use that was accepted behind it.
        let bounds = browser.values("figure.delays td.track line.bound", "x1").await;
        assert!(!bounds.is_empty() && bounds.iter().all(|bound| *bound == bounds[0]), "{bounds:?}");
        let late = browser.values("figure.delays tr.late circle.accepted", "cx").await;
        let percent = |text: &String| text.trim_end_matches('%').parse::<f64>().unwrap();
        assert!(late.iter().any(|accepted| percent(accepted) > percent(&bounds[0])), "{late:?}");

        // The life of the credential of the finding is open, and tells all of it.
        let life = browser.text("details.life[open]").await;
        for told in ["issued", "revoked", "accepted too late"] {
            assert!(life.contains(told), "{told}: {life}");
        }
        assert!(!browser.values("tr.window", "class").await.is_empty(), "no use in the window is told");

        // Each exchange is one click away, though the list is folded.
        assert!(!browser.is_shown("details.exchanges .full").await);
        browser.click("section.finding .facts a[href*='exchange']").await;
        assert!(browser.is_shown(":target").await);
        let shown = browser.text(":target").await;
        assert!(shown.contains("201 Created") && shown.contains("***"), "{shown}");
        browser.is_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_read_by_keyboard_on_a_small_screen_and_on_paper() {
    let (_folder, url, _) = page_of_a_run().await;
    in_browser(async |browser| {
        browser.driver.goto(&url).await.unwrap();
        // The first stop skips to the result.
        browser.press(Key::Tab).await;
        assert_eq!(browser.focused().await, "Skip to the result");
        browser.press(Key::Enter).await;
        assert!(browser.driver.current_url().await.unwrap().as_str().ends_with("#main"));
        // Whatever is folded away opens by keyboard.
        let mut opened = false;
        for _ in 0..200 {
            browser.press(Key::Tab).await;
            if browser.focused().await.starts_with("Reproduce with curl") {
                browser.press(Key::Enter).await;
                opened = browser.is_shown("details.script[open] pre").await;
                break;
            }
        }
        assert!(opened, "the script was not reached");

        for width in [360, 1280] {
            browser.is_as_wide_as(width).await;
            assert_eq!(browser.overflow().await, 0, "wider than {width} pixels");
            browser.screenshot(&format!("report-{width}")).await;
        }
        let paper = browser.print("report").await;
        assert!(paper.starts_with(b"%PDF"));
        browser.is_clean().await;
    })
    .await;
}
