//! PostgreSQL for tests: the server that `DATABASE_URL` names, or a throwaway cluster of the installed binaries.
//!
//! Each test gets a schema of its own, dropped with its [`Schema`]. A cluster is shared by the tests of a program, keeps
//! its data in a temporary folder, listens on a Unix socket there, and ends with the program, however that ends. Where there is neither, tests say that they did not run; with
//! `RESCIND_REQUIRE_POSTGRES=1` they fail.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A schema of one test.
pub(crate) struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// A new schema, or nothing, and then a line that says so, if there is no PostgreSQL.
    pub(crate) async fn new() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let url = server()?;
        let name = format!("rescind_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let schema = Self { url: url.to_owned(), name };
        schema.run(&format!("CREATE SCHEMA {}", schema.name)).await;
        Some(schema)
    }

    /// The URL of a database whose tables are in this schema.
    pub(crate) fn url(&self) -> String {
        let joint = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-c%20search_path%3D{}", self.url, self.name)
    }

    /// Runs a statement in the schema.
    pub(crate) async fn run(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        // A thread of its own: a runtime cannot be entered twice, and none may be there.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(&url).await {
                    // A connection of the test may not have ended what it read, and its runtime waits for this.
                    let statement = format!("SET lock_timeout = '2s'; DROP SCHEMA {name} CASCADE");
                    let statement = AssertSqlSafe(statement);
                    // A cluster of our own goes anyway.
                    let _ = sqlx::raw_sql(statement).execute(&mut connection).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

/// The URL of a server for tests.
fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Result<(String, Option<Cluster>), String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| match std::env::var("DATABASE_URL") {
        Ok(url) if url.starts_with("postgres") => Ok((url, None)),
        _ => Cluster::start(FAST).map(|cluster| (cluster.url(), Some(cluster))),
    });
    match server {
        Ok((url, _)) => Some(url),
        Err(reason) => {
            not_run(reason);
            None
        }
    }
}

/// Says, past the capture of a test's output, that something was not tested; an error where it has to be.
pub(crate) fn not_run(reason: &str) {
    assert!(
        std::env::var_os("RESCIND_REQUIRE_POSTGRES").is_none_or(|value| value.is_empty() || value == "0"),
        "RESCIND_REQUIRE_POSTGRES is set, and {reason}"
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(
        std::io::stderr(),
        "NOT RUN on PostgreSQL: {test}: {reason} (name a server in DATABASE_URL, or install PostgreSQL)"
    );
}

/// A cluster of the installed binaries.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    settings: &'static [&'static str],
    running: Running,
}

/// A server of a cluster.
struct Running {
    /// Waits for the end of its input, then stops the server and removes the folder, so that neither outlives this
    /// program, however it ends.
    guard: Child,
    input: ChildStdin,
    server: String,
}

/// Settings for tests that are about something else than crashes.
const FAST: &[&str] = &["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=300"];

/// What stops the server. It is the server's parent, and so knows when it has ended.
const GUARD: &str = r#"
folder=$1; shift
"$@" & server=$!
# A signal to the whole group ends the tests, and with them what is written below; this still has to clear up.
trap '' HUP INT TERM
# What is written on is the server alone, so that the end of its log is seen.
exec 2>/dev/null
echo "$server"
read -r word
[ "$word" = keep ] || kill -INT "$server" 2>/dev/null
wait "$server"
[ "$word" = keep ] || rm -rf "$folder"
"#;

impl Cluster {
    /// Makes a cluster and starts it; an error says what is missing.
    pub(crate) fn start(settings: &'static [&'static str]) -> Result<Self, String> {
        let bin = binaries().ok_or("no PostgreSQL was found")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?.keep();
        if is_root() {
            // The server refuses to run as root, so its folder has to be somebody else's.
            run(Command::new("chown").arg(user()).arg(&folder))?;
        }
        run(unprivileged(&folder, &bin.join("initdb"))
            .args(["--username=rescind", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .args(["--pgdata", "data"]))?;
        let running = Running::start(&bin, &folder, settings)?;
        Ok(Self { bin, folder, settings, running })
    }

    /// The URL of its database, over a Unix socket.
    pub(crate) fn url(&self) -> String {
        format!("postgres:///postgres?user=rescind&host={}", self.folder.display())
    }

    /// Kills the server as a crash would, and starts it again.
    pub(crate) fn crash(&mut self) -> Result<(), String> {
        run(Command::new("kill").args(["-KILL", &self.running.server]))?;
        self.running.input.write_all(b"keep\n").map_err(|error| error.to_string())?;
        self.running.guard.wait().map_err(|error| error.to_string())?;
        let mut failure = String::new();
        for _ in 0..200 {
            // As long as a process of the old server lives, a new one refuses to start.
            match Running::start(&self.bin, &self.folder, self.settings) {
                Ok(running) => {
                    self.running = running;
                    return Ok(());
                }
                Err(reason) => failure = reason,
            }
        }
        Err(failure)
    }
}

impl Running {
    fn start(bin: &Path, folder: &Path, settings: &[&str]) -> Result<Self, String> {
        let mut guard = unprivileged(folder, Path::new("sh"))
            .args(["-c", GUARD, "guard"])
            .arg(folder)
            .arg(bin.join("postgres"))
            .args(["-D", "data", "-c", "listen_addresses=", "-c", "lc_messages=C"])
            .args(["-c", "logging_collector=off", "-c", "log_destination=stderr"])
            .arg("-k")
            .arg(folder)
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let (input, output, log) = (guard.stdin.take(), guard.stdout.take(), guard.stderr.take());
        let (Some(mut input), Some(output), Some(log)) = (input, output, log) else {
            return Err("the server has no pipes".to_owned());
        };
        let mut server = String::new();
        BufReader::new(output).read_line(&mut server).map_err(|error| error.to_string())?;
        let (ready, is_ready) = std::sync::mpsc::channel();
        // Reads on to the end, because nobody may fill the pipe.
        std::thread::spawn(move || {
            let mut said = String::new();
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                if line.contains("database system is ready to accept connections") {
                    let _ = ready.send(Ok(()));
                }
                if said.len() < 4096 {
                    said.extend([&line, "\n"]);
                }
            }
            let _ = ready.send(Err(said));
        });
        match is_ready.recv() {
            Ok(Ok(())) => Ok(Self { guard, input, server: server.trim().to_owned() }),
            Ok(Err(said)) => {
                // It ends without touching the folder.
                let _ = input.write_all(b"keep\n");
                let _ = guard.wait();
                Err(said)
            }
            Err(_) => Err("the server went away".to_owned()),
        }
    }
}

/// The folder of the server's programs.
fn binaries() -> Option<PathBuf> {
    let is_there = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let mut folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&said.stdout).trim().into());
    }
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    installed.sort();
    folders.extend(installed.into_iter().rev());
    folders.into_iter().find(is_there)
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn is_root() -> bool {
    output("id", &["-u"]).is_some_and(|user| user == "0")
}

/// Who runs the server instead of root.
fn user() -> &'static str {
    if output("id", &["-u", "postgres"]).is_some() { "postgres" } else { "nobody" }
}

/// A program that is run in this folder, by somebody who is not root.
fn unprivileged(folder: &Path, program: &Path) -> Command {
    let mut command = if is_root() {
        let group = output("id", &["-g", user()]).unwrap_or_default();
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user(), "--regid", &group, "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

/// Runs a program to its end; an error is what it said.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr).trim()))
}
