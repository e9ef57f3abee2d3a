//! A process of `rescind-server`, and who may call it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::client::{Client, Pair};
use crate::wire::Wire;

/// A process.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    address: String,
    callers: Arc<Callers>,
}

/// Who may call, of the contracts that ask who calls.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// An access token of Dinie's operator, as it is presented.
    pub(crate) partner: String,
    /// The service key of ShiftAgent's operator, as it is presented.
    pub(crate) service: String,
    /// The pair of EntryTarget's operator.
    pub(crate) ledger: Pair,
    /// Pairs that EntryTarget's vendor made, and that nobody has registered.
    pub(crate) pool: Mutex<Vec<Pair>>,
}

impl Server {
    /// Starts one on a database and waits until it serves.
    pub(crate) async fn start(folder: &Path, database: &str) -> Self {
        let target = folder.join("target.toml");
        let _ = std::fs::remove_file(&target);
        let mut process = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
            .args(["--listen", "127.0.0.1:0", "--log-format", "json", "--rate-limit", "100000000"])
            .args(["--database", database])
            .arg("--key-file")
            .arg(folder.join("root.key"))
            .arg("--write-target")
            .arg(&target)
            .env("RUST_LOG", "rescind_server=info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut ready = Some(ready);
            let mut said = String::new();
            // Reads on to the end, because nobody may fill the pipe.
            for line in log.lines().map_while(Result::ok) {
                if line.contains("target file written") {
                    ready.take().map(|ready| ready.send(Ok(())));
                }
                if ready.is_some() {
                    said.extend([&line, "\n"]);
                }
            }
            ready.take().map(|ready| ready.send(Err(said)));
        });
        let started: Result<(), String> = is_ready.await.unwrap();
        assert_eq!(started, Ok(()), "the server does not start");
        let target: toml::Table = std::fs::read_to_string(&target).unwrap().parse().unwrap();
        let contracts = &target["contracts"];
        let url = contracts["dinie"]["url"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().split_once('/').unwrap().0.to_owned();
        let operator = |contract: &str| pair(&contracts[contract]["callers"]["operator"]);
        let pool = contracts["entrytarget"]["pool"].as_array().unwrap().iter().map(pair).collect();
        let callers = Callers {
            partner: String::new(),
            service: format!("Bearer {}", operator("shiftagent").secret),
            ledger: operator("entrytarget"),
            pool: Mutex::new(pool),
        };
        let mut server = Self { process, address, callers: Arc::default() };
        let (status, token) = server.client().await.unwrap().exchange(&operator("dinie")).await.unwrap();
        assert_eq!(status, 200, "{token}");
        let partner = format!("Bearer {}", token["access_token"].as_str().unwrap());
        server.callers = Arc::new(Callers { partner, ..callers });
        server
    }

    pub(crate) async fn client(&self) -> std::io::Result<Client> {
        Ok(Client::new(Wire::to(&self.address).await?, self.callers.clone()))
    }

    /// Kills the process, which has no time to end anything.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A caller or a pair of the target file.
fn pair(entry: &toml::Value) -> Pair {
    Pair {
        id: entry["id"].as_str().unwrap().to_owned(),
        secret: entry["secret"]["literal"].as_str().unwrap().to_owned(),
    }
}
