//! The console in headless Chromium: what happens over HTTP shows in the page, what is done in the page happens, and
//! everything can be done with the keyboard alone.
//!
//! Needs `chromium` and `chromedriver` on the path. Without them nothing is tested, and said so; that is a failure
//! where `RESCIND_REQUIRE_CHROMIUM=1`. With `RESCIND_SCREENSHOTS=FOLDER`, what the page looks like is kept there.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use rescind_server::bootstrap::Pair;
use rescind_server::secret::SecretHash;
use rescind_server::store::{Guard, Names, NewCredential};
use rescind_server::{AdminToken, Clock, Fault, Running, Server, Vendor, vendor};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Runs scripts that an attacker got into the page, if there is a way.
const MARKUP: &str = "<img src=x onerror=\"window.intruder=1\">";

/// A browser with the program that drives it.
struct Browser {
    driver: WebDriver,
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
async fn browser() -> Option<Browser> {
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
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,900",
        &data,
    ] {
        wanted.add_arg(argument).unwrap();
    }
    wanted.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
    let driver = WebDriver::new(format!("http://127.0.0.1:{}", port.unwrap()), wanted).await.unwrap();
    driver.set_script_timeout(Duration::from_mins(1)).await.unwrap();
    Some(Browser { driver, program, _profile: profile })
}

/// Shows the console of a server to a browser, and ends the browser whatever comes of it.
async fn in_browser(running: &Running, work: impl AsyncFnOnce(&Page)) {
    let Some(browser) = browser().await else { return };
    let page = Page { driver: browser.driver.clone(), url: running.admin_url().unwrap() };
    let result = AssertUnwindSafe(async {
        page.driver.goto(format!("{}/", page.url)).await.unwrap();
        work(&page).await;
    })
    .catch_unwind()
    .await;
    let _ = browser.driver.clone().quit().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

/// The console in a browser.
struct Page {
    driver: WebDriver,
    url: String,
}

impl Page {
    /// What a script returns.
    async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.driver.execute(script, arguments).await.unwrap().json().clone()
    }

    /// Waits until an expression is true.
    async fn until(&self, condition: &str, arguments: Vec<Value>) {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const given = arguments;
             const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look();"
        );
        if let Err(error) = self.driver.execute_async(&script, arguments.clone()).await {
            let shown = self.script("return document.body.innerText", Vec::new()).await;
            panic!("waited for {condition} with {arguments:?}: {error}\n{shown}");
        }
    }

    /// Waits until the page is up to date and told so.
    async fn is_live(&self) {
        self.until("document.getElementById('link').dataset.is === 'open'", Vec::new()).await;
    }

    async fn click(&self, selector: &str) {
        self.driver.query(By::Css(selector)).first().await.unwrap().click().await.unwrap();
    }

    async fn press(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    async fn emulate(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    async fn is_as_wide_as(&self, width: u32) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.emulate("Emulation.setDeviceMetricsOverride", size).await;
    }

    async fn prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.emulate("Emulation.setEmulatedMedia", features).await;
    }

    /// How light the page is, from 0 to 255.
    async fn lightness(&self) -> u64 {
        let script =
            "const parts = getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g);
                      return Math.round((Number(parts[0]) + Number(parts[1]) + Number(parts[2])) / 3)";
        self.script(script, Vec::new()).await.as_u64().unwrap()
    }

    /// Keeps what the page looks like, if that is wanted.
    async fn screenshot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("RESCIND_SCREENSHOTS") {
            std::fs::create_dir_all(&folder).unwrap();
            let file = PathBuf::from(folder).join(format!("{name}.png"));
            self.driver.screenshot(&file).await.unwrap();
        }
    }

    /// The state of a credential in the table.
    async fn credential_is(&self, id: &str, state: &str) {
        let condition = "[...document.querySelectorAll('#credentials tr')].some((row) =>
             row.querySelector('.id')?.textContent === given[0]
             && row.querySelector('.state')?.textContent === given[1])";
        self.until(condition, vec![json!(id), json!(state)]).await;
    }

    /// Waits until the timeline of the credential that is open ends like this.
    async fn timeline_ends(&self, events: &[&str]) {
        let condition = "[...document.querySelectorAll('.timeline .what')].map((what) => what.textContent)
             .slice(-given[0].length).join() === given[0].join()";
        self.until(condition, vec![json!(events)]).await;
    }

    /// Nothing went wrong, nobody else was asked, and no stranger's script was run.
    async fn is_clean(&self) {
        let log = self.driver.browser_log().await.unwrap();
        let wrong: Vec<_> =
            log.iter().filter(|entry| !matches!(entry.level.as_str(), "INFO" | "DEBUG")).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let asked = self
            .script("return performance.getEntriesByType('resource').map((one) => one.name)", vec![])
            .await;
        let asked = asked.as_array().unwrap();
        assert!(!asked.is_empty());
        for name in asked {
            let name = name.as_str().unwrap();
            assert!(name.starts_with(&format!("{}/", self.url)) || name.starts_with("blob:"), "{name}");
        }
        assert_eq!(self.script("return window.intruder ?? null", vec![]).await, Value::Null);
    }
}

/// Status of the answer to a request over HTTP.
async fn call(running: &Running, method: &str, path: &str, by: &Pair, body: &str) -> u16 {
    let address = running.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} /entrytarget{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-api-key: {}\r\n\
         x-api-secret: {}\r\nx-note: {MARKUP}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        by.id,
        by.secret.expose(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer[9..12].parse().unwrap()
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn start() -> Running {
    let clock = Clock::virtual_at("2026-01-15T10:30:00Z".parse().unwrap());
    Server::builder().clock(clock).seed(1).admin(any()).spawn().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_shows_and_what_is_done_happens() {
    let running = start().await;
    in_browser(&running, async |page| {
        page.is_live().await;
        page.is_clean().await;

        // Issued over HTTP, seen in the page.
        let operator = running.target(Vendor::EntryTarget).callers["operator"].clone();
        let pair = vendor::mint(running.state(), 1).remove(0);
        let body = json!({ "api_key": pair.id, "api_secret": pair.secret.expose() }).to_string();
        assert_eq!(call(&running, "POST", "/credentials", &operator, &body).await, 201);
        page.credential_is(&pair.id, "active").await;
        page.click("#search").await;
        page.press(pair.id.as_str()).await;
        page.until("document.querySelectorAll('#credentials .opener').length === 1", vec![]).await;
        page.screenshot("1-issued").await;

        // Used, revoked, and accepted for as long as it may be remembered.
        let open = "[...document.querySelectorAll('.opener')].find((one) => one.textContent.includes(arguments[0])).click()";
        page.script(open, vec![json!(pair.id)]).await;
        page.timeline_ends(&["Issued"]).await;
        let probe = async || call(&running, "GET", "/account/6f1d2c0e-8b47-4e3a-9d15-7c20a4be93f8", &pair, "").await;
        assert_ne!(probe().await, 401);
        page.timeline_ends(&["Issued", "Used"]).await;
        let revoke = format!("/credentials/{}", pair.id);
        assert_eq!(call(&running, "DELETE", &revoke, &operator, "").await, 200);
        page.credential_is(&pair.id, "revoked").await;
        assert_ne!(probe().await, 401);
        page.timeline_ends(&["Used", "Revoked", "Used"]).await;
        page.screenshot("2-revoked").await;

        // 301 seconds later it is refused.
        page.click("[data-advance='301']").await;
        page.until("document.getElementById('now').textContent.startsWith('2026-01-15 10:35:01')", vec![]).await;
        assert_eq!(running.clock().now(), "2026-01-15T10:35:01Z".parse::<Timestamp>().unwrap());
        assert_eq!(probe().await, 401);
        page.timeline_ends(&["Revoked", "Used", "Refused"]).await;
        page.until("document.querySelector('#requests .status').textContent === '401'", vec![]).await;
        page.click("#requests .request").await;
        let shown = "return document.querySelector('.exchange').innerText";
        let shown = page.script(shown, vec![]).await;
        let shown = shown.as_str().unwrap();
        assert!(shown.contains(MARKUP), "{shown}");
        assert!(!shown.contains(pair.secret.expose()), "a secret is shown");
        page.screenshot("3-refused").await;

        // A promise is broken, and that cannot be overlooked.
        page.click("[data-view='faults']").await;
        page.click("#faults-filter [type='search']").await;
        page.press("accepted-after-revocation").await;
        page.click("#faults label:not([hidden]) .switch").await;
        let banner = "!document.getElementById('banner').hidden
             && document.getElementById('banner-text').textContent.includes('accepted-after-revocation')";
        page.until(banner, vec![]).await;
        assert!(running.faults().is_on(Fault::AcceptedAfterRevocation));
        page.screenshot("4-fault").await;

        // A disturbance from the form.
        page.click("#disturb button.main").await;
        page.until("document.querySelectorAll('#disturbances li').length === 1", vec![]).await;
        assert_eq!(running.disturbances().list().len(), 1);
        page.click("#keep-all").await;
        page.until("document.getElementById('banner').hidden", vec![]).await;
        assert_eq!(running.faults().on().count() + running.disturbances().list().len(), 0);

        page.is_clean().await;
    })
    .await;
}

/// Names come from callers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_text_whatever_it_holds() {
    let running = start().await;
    let realm = vendor::records::wattshift::CREDENTIALS.of(vendor::records::wattshift::TENANT);
    let credential = NewCredential {
        id: "ws_1",
        name: MARKUP,
        names: Names::Shared,
        secret_hash: SecretHash::of("secret"),
        material: None,
        attributes: serde_json::Map::new(),
        created_at: running.clock().now(),
        expires_at: None,
    };
    running.state().store().issue(realm, credential, None).await.unwrap();
    in_browser(&running, async |page| {
        page.is_live().await;
        page.credential_is("ws_1", "active").await;
        let name =
            "[...document.querySelectorAll('.opener .name')].some((name) => name.textContent === given[0])";
        page.until(name, vec![json!(MARKUP)]).await;
        assert_eq!(page.script("return document.images.length", vec![]).await, json!(0));
        // What is done beside the API shows while the clock stands still, and while requests keep coming.
        let steady = async {
            let nobody = Pair::new("nobody", "nothing");
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            loop {
                call(&running, "GET", "/health", &nobody, "").await;
                pace.tick().await;
            }
        };
        let revoked = async {
            let now = running.clock().now();
            running.state().store().revoke(realm, "ws_1", Guard::None, now).await.unwrap();
            page.credential_is("ws_1", "revoked").await;
        };
        tokio::select! {
            () = revoked => {}
            () = steady => {}
        }
        let once = "const ids = [...document.querySelectorAll('#requests [data-number]')].map((one) => one.dataset.number);
                    return ids.length > 0 && new Set(ids).size === ids.length";
        assert_eq!(page.script(once, vec![]).await, json!(true));
        page.is_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_fits_light_and_dark_wide_and_narrow() {
    let running = start().await;
    in_browser(&running, async |page| {
        page.is_live().await;
        page.prefers("light").await;
        let light = page.lightness().await;
        page.prefers("dark").await;
        let dark = page.lightness().await;
        assert!(light > 200 && dark < 60, "light {light}, dark {dark}");
        // Whoever chooses is not overruled.
        page.press("t").await;
        assert_eq!(page.lightness().await, light);
        page.press("t").await;
        page.prefers("light").await;
        assert_eq!(page.lightness().await, dark);
        page.screenshot("5-dark").await;
        for width in [360, 768, 1400, 2560] {
            page.is_as_wide_as(width).await;
            for view in ["live", "faults", "contracts", "state"] {
                page.script("location.hash = arguments[0]", vec![json!(view)]).await;
                page.until("!document.getElementById(`view-${given[0]}`).hidden", vec![json!(view)]).await;
                let excess =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(page.script(excess, vec![]).await, json!(0), "{view} at {width}");
                page.screenshot(&format!("6-{view}-{width}")).await;
            }
        }
        page.is_clean().await;
    })
    .await;
}

/// Everything can be reached with Tab, in the order of the page, and it shows where one is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_is_enough() {
    let running = start().await;
    in_browser(&running, async |page| {
        page.is_live().await;
        page.until("document.querySelectorAll('#credentials .opener').length > 2", vec![]).await;
        let controls = "window.controls = [...document.querySelectorAll('a, button, input, select')]
             .filter((one) => one.checkVisibility() && !one.disabled && !one.closest('dialog'));
             return window.controls.length";
        let count = page.script(controls, vec![]).await.as_u64().unwrap();
        assert!(count > 20, "{count} controls");
        for place in 0..count {
            page.press(Key::Tab).await;
            let here = page
                .script(
                    "const here = document.activeElement;
                     const style = getComputedStyle(here);
                     return [window.controls.indexOf(here), style.outlineStyle !== 'none', here.outerHTML.slice(0, 120)]",
                    vec![],
                )
                .await;
            assert_eq!((&here[0], &here[1]), (&json!(place), &json!(true)), "{here}");
        }
        // Every control says what it is.
        let nameless = "return window.controls.filter((one) => !(one.textContent.trim() || one.ariaLabel
             || one.labels?.length)).map((one) => one.outerHTML)";
        assert_eq!(page.script(nameless, vec![]).await, json!([]));

        let nowhere = "document.activeElement.blur()";
        page.script(nowhere, vec![]).await;
        page.press("a").await;
        page.until("document.getElementById('now').textContent.startsWith('2026-01-15 10:35:01')", vec![]).await;
        page.press("f").await;
        page.until("document.getElementById('pace-toggle').textContent === 'Freeze'", vec![]).await;
        page.press("?").await;
        page.until("document.getElementById('dialog-help').open", vec![]).await;
        page.press(Key::Escape).await;
        page.until("!document.getElementById('dialog-help').open", vec![]).await;

        page.press("2").await;
        page.until("!document.getElementById('view-faults').hidden", vec![]).await;
        page.press("/").await;
        page.press("sliding-cache").await;
        page.until("document.querySelectorAll('.fault:not([hidden])').length === 1", vec![]).await;
        page.press(Key::Tab).await;
        page.press(Key::Tab).await;
        page.press(" ").await;
        page.until("!document.getElementById('banner').hidden", vec![]).await;
        assert!(running.faults().is_on(Fault::SlidingCache));

        // From the banner on, everything is switched off again.
        page.script("document.getElementById('keep-all').focus()", vec![]).await;
        page.press(Key::Enter).await;
        page.until("document.getElementById('banner').hidden", vec![]).await;
        assert!(!running.faults().is_on(Fault::SlidingCache));
        page.is_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_asks_for_the_token() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let token = AdminToken::new(TOKEN).unwrap();
    let running = Server::builder().seed(1).admin(any()).admin_token(token).spawn().await.unwrap();
    in_browser(&running, async |page| {
        page.until("document.getElementById('dialog-token').open", vec![]).await;
        page.press("0123456789abcdef0123456789abcdee").await;
        page.press(Key::Enter).await;
        page.until("document.getElementById('token-why').textContent.startsWith('This is not')", vec![])
            .await;
        page.press(TOKEN).await;
        page.press(Key::Enter).await;
        page.is_live().await;
        page.until("!document.getElementById('dialog-token').open", vec![]).await;
        page.until("document.querySelectorAll('#contracts .contract').length === 4", vec![]).await;
    })
    .await;
}
