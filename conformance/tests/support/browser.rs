//! A headless browser, and what the tests of pages ask it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

/// A browser with the program that drives it.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    program: Child,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has ended already if all went well.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// A browser, or nothing where there is none and none is demanded.
async fn start() -> Option<Browser> {
    let chromium = program(&["chromium", "chromium-browser", "google-chrome"]);
    let (Some(chromium), Some(chromedriver)) = (chromium, program(&["chromedriver"])) else {
        let demanded = std::env::var("RESCIND_REQUIRE_CHROMIUM").is_ok_and(|value| value == "1");
        assert!(
            !demanded,
            "chromium or chromedriver is missing, and RESCIND_REQUIRE_CHROMIUM=1 demands both"
        );
        #[expect(clippy::print_stderr, reason = "a test that was not run has to say so")]
        {
            eprintln!("NOT RUN: chromium or chromedriver is not on the path");
        }
        return None;
    };
    let mut program = Command::new(chromedriver)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.rsplit_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
    });
    let profile = tempfile::tempdir().unwrap();
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(chromium.to_str().unwrap()).unwrap();
    let data = format!("--user-data-dir={}", profile.path().display());
    for argument in [
        "--headless=new",
        // The tests may run as root.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,900",
        &data,
    ] {
        wanted.add_arg(argument).unwrap();
    }
    wanted.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
    let driver = WebDriver::new(format!("http://127.0.0.1:{}", port.unwrap()), wanted).await.unwrap();
    Some(Browser { driver, program, _profile: profile })
}

/// Works in a browser, and ends it whatever comes of it.
pub(crate) async fn in_browser(work: impl AsyncFnOnce(&Browser)) {
    let Some(browser) = start().await else { return };
    let result = AssertUnwindSafe(work(&browser)).catch_unwind().await;
    let _ = browser.driver.clone().quit().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

impl Browser {
    /// What an expression is worth in the page. Works where the page may run no scripts of its own.
    async fn worth(&self, script: &str) -> Value {
        self.driver.execute(format!("return {script}"), Vec::<Value>::new()).await.unwrap().json().clone()
    }

    pub(crate) async fn emulate(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    pub(crate) async fn is_as_wide_as(&self, width: u32) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.emulate("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub(crate) async fn prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.emulate("Emulation.setEmulatedMedia", features).await;
    }

    /// How light the page is, from 0 to 255.
    pub(crate) async fn lightness(&self) -> u64 {
        let script = "Math.round(getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g)
             .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3)";
        self.worth(script).await.as_u64().unwrap()
    }

    /// By how many pixels the page is wider than the screen.
    pub(crate) async fn overflow(&self) -> u64 {
        let script = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.worth(script).await.as_u64().unwrap()
    }

    /// The text of the first element of a kind, as it is shown.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let text = self.worth(&format!("document.querySelector({})?.innerText ?? ''", json!(selector))).await;
        text.as_str().unwrap().to_owned()
    }

    /// An attribute of each element of a kind.
    pub(crate) async fn values(&self, selector: &str, attribute: &str) -> Vec<String> {
        let (selector, attribute) = (json!(selector), json!(attribute));
        let script =
            format!("[...document.querySelectorAll({selector})].map((one) => one.getAttribute({attribute}))");
        serde_json::from_value(self.worth(&script).await).unwrap()
    }

    /// Whether the first element of a kind is there and not folded away.
    pub(crate) async fn is_shown(&self, selector: &str) -> bool {
        let script = format!("document.querySelector({})?.checkVisibility() ?? false", json!(selector));
        self.worth(&script).await.as_bool().unwrap()
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.driver.find(By::Css(selector)).await.unwrap().click().await.unwrap();
    }

    pub(crate) async fn press(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    /// The text of whatever has the focus.
    pub(crate) async fn focused(&self) -> String {
        self.worth("document.activeElement.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps what the whole page looks like, if that is wanted.
    pub(crate) async fn screenshot(&self, name: &str) {
        let whole = json!({ "captureBeyondViewport": true, "format": "png" });
        if let Some(folder) = folder() {
            let shot = self.driver.cdp().send_raw("Page.captureScreenshot", whole).await.unwrap();
            let image = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}.png")), image).unwrap();
        }
    }

    /// The page on paper; kept if that is wanted.
    pub(crate) async fn print(&self, name: &str) -> Vec<u8> {
        let options = json!({ "printBackground": true });
        let printed = self.driver.cdp().send_raw("Page.printToPDF", options).await.unwrap();
        let paper = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        if let Some(folder) = folder() {
            std::fs::write(folder.join(format!("{name}.pdf")), &paper).unwrap();
        }
        paper
    }

    /// Nothing went wrong, and nothing else was asked for.
    pub(crate) async fn is_clean(&self) {
        let log = self.driver.browser_log().await.unwrap();
        let wrong: Vec<_> =
            log.iter().filter(|entry| !matches!(entry.level.as_str(), "INFO" | "DEBUG")).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let asked = self.worth("performance.getEntriesByType('resource').map((one) => one.name)").await;
        assert_eq!(asked, json!([]));
    }
}

/// Where pictures are kept.
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("RESCIND_SCREENSHOTS")?);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}
