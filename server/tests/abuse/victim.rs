//! The program that is treated badly.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

/// A running program; killed when this goes out of scope.
pub(crate) struct Victim {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// What `Authorization` has to be for a token.
    pub(crate) authorization: String,
}

impl Victim {
    /// Starts it with so many places for connections, which may be idle for so long, and little patience otherwise. Neighbours
    /// are served also where the machine holds still for a while.
    pub(crate) fn start(places: usize, idle: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target.toml");
        let places = places.to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rescind-server"))
            .args(["--listen", "127.0.0.1:0", "--max-connections", &places, "--rate-limit", "100000000"])
            .args(["--header-timeout", "2s", "--request-timeout", "10s", "--write-timeout", "2s"])
            .args(["--idle-timeout", idle])
            .args(["--log-format", "json", "--log-level", "warn,rescind_server=warn", "--write-target"])
            .arg(&target)
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        // It is written as a whole, when everything serves.
        let written = loop {
            if let Ok(text) = std::fs::read_to_string(&target)
                && let Ok(written) = text.parse::<toml::Table>()
                && written.contains_key("contracts")
            {
                break written;
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended: {:?}", log.lock().unwrap());
            std::thread::yield_now();
        };
        let dinie = &written["contracts"]["dinie"];
        let url = dinie["url"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
        let operator = &dinie["callers"]["operator"];
        let pair = format!(
            "{}:{}",
            operator["id"].as_str().unwrap(),
            operator["secret"]["literal"].as_str().unwrap()
        );
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
        Self { child, log, _folder: folder, address, authorization: format!("Basic {encoded}") }
    }

    /// A line of `/proc/PID/status` that tells of memory, in bytes.
    pub(crate) fn memory(&self, line: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
        found.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// What it logged as a failure of its own.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let lines = self.log.lock().unwrap();
        let bad = |line: &&String| line.contains("panicked") || line.contains("\"ERROR\"");
        lines.iter().filter(bad).cloned().collect()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
