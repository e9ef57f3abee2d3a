//! The program `rescind-server`: arguments, logs, signals, exit codes.

#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use anyhow::Context as _;
use rescind_server::cli::{self, Command, Health, LogFormat, Schema, SchemaOf, Serve, Url};
use rescind_server::config::{self, Unusable, schema_text};
use rescind_server::{Fault, Mock, Vendor, health, manual};
use rescind_specs::LoadError;
use tracing_subscriber::EnvFilter;

// The journal makes and drops many small texts for each request, which the allocator of the C library is slow at.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What went wrong and why, without causes that are told already.
fn told(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let invocation = match config::parse(&arguments, Path::new("")) {
        Ok(invocation) => invocation,
        Err(unusable) => return explain(&unusable),
    };
    let done = match &invocation.cli.command {
        None => serve(&invocation.cli.serve, invocation.file.as_deref(), None),
        Some(Command::Mock(arguments)) => match arguments.read() {
            Ok(mock) => serve(&arguments.serve, invocation.file.as_deref(), Some(mock)),
            Err(error) => return wrong_document(&error),
        },
        Some(Command::Faults) => print(&faults()),
        Some(Command::Config(_)) => print(config::print(&invocation.settings).as_bytes()),
        Some(Command::Health(asked)) => ask(asked),
        Some(Command::Man { out }) => manual(out.as_deref()),
        Some(Command::Schema(Schema { of: SchemaOf::Config })) => print(schema_text().as_bytes()),
        Some(Command::Completions { shell }) => {
            // Into memory first: the generator panics when its writer fails.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut cli::command(), "rescind-server", &mut script);
            print(&script)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this cannot be written, the exit code remains.
            let _ = writeln!(io::stderr(), "rescind-server: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// Says why there is nothing to do; asking for help is no mistake.
fn explain(unusable: &Unusable) -> ExitCode {
    match unusable {
        Unusable::Arguments(error) => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { WRONG } else { 0 })
        }
        Unusable::File(error) => {
            let _ = writeln!(io::stderr(), "rescind-server: {error}");
            ExitCode::from(WRONG)
        }
    }
}

/// Says what is wrong with a document that cannot be mocked.
fn wrong_document(error: &LoadError) -> ExitCode {
    let text = error.render(io::stderr().is_terminal());
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::from(WRONG)
}

/// The exit code when flags, environment, configuration file or the documents of a mock are wrong.
const WRONG: u8 = 2;

/// Asks a running server how it is.
fn ask(asked: &Health) -> anyhow::Result<()> {
    let Some(Url(address)) = asked.admin.or(asked.metrics) else {
        anyhow::bail!(
            "name the admin listener of the server with --admin, or the one for metrics with --metrics"
        );
    };
    let path = if asked.live { health::LIVE } else { health::READY };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("failed to ask")?;
    let answer =
        runtime.block_on(async { tokio::time::timeout(asked.timeout, health::ask(address, path)).await });
    match answer {
        Ok(answer) => Ok(answer?),
        Err(_) => anyhow::bail!("{address} did not answer within {:?}", asked.timeout),
    }
}

fn manual(out: Option<&Path>) -> anyhow::Result<()> {
    match out {
        None => print(&manual::page().context("failed to write the manual page")?),
        Some(folder) => {
            let written = manual::write(folder)
                .with_context(|| format!("failed to write manual pages to {}", folder.display()))?;
            let list: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            print((list.join("\n") + "\n").as_bytes())
        }
    }
}

/// Prints a text. A reader that went away is no failure.
fn print(text: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("failed to print"),
        _ => Ok(()),
    }
}

fn faults() -> Vec<u8> {
    let mut text = String::new();
    for fault in Fault::ALL {
        let requirements: Vec<_> = fault.requirements().collect();
        let mut contracts: Vec<_> = fault.contracts().map(Vendor::name).collect();
        contracts.dedup();
        let breaks = if requirements.is_empty() {
            format!("the documents of {}", contracts.join(", "))
        } else {
            requirements.join(" ")
        };
        let where_seen =
            if fault.needs_replicas() { "\n    shows with several servers on one database" } else { "" };
        text.extend([fault.name(), "\n    ", fault.about(), "\n    breaks ", &breaks, where_seen, "\n"]);
    }
    text.into_bytes()
}

fn serve(arguments: &Serve, file: Option<&Path>, mock: Option<Mock>) -> anyhow::Result<()> {
    start_logs(arguments.log_format(), arguments.log_level())?;
    if let Some(file) = file {
        tracing::info!(file = %file.display(), "settings read");
    }
    raise_file_limit(arguments.max_connections());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the threads that serve")?;
    runtime.block_on(async {
        // Listened for before anything is started, so that no signal is lost.
        let mut stop = Stop::listen().context("failed to listen for signals")?;
        let mut builder = if mock.is_some() { arguments.builder_of_a_mock() } else { arguments.builder() };
        if let Some(token) = arguments.admin_token().context("failed to start")? {
            builder = builder.admin_token(token);
        }
        if let Some(seed) = arguments.seed().context("failed to start")? {
            builder = builder.facts(seed);
        }
        if let Some(mock) = mock {
            tell(&mock);
            builder = builder.mock(mock);
        }
        let running = builder.spawn().await.context("failed to start")?;
        for served in running.contracts() {
            let name = served.name();
            tracing::info!(contract = name, url = running.base_url(name), "serving");
        }
        if let Some(url) = running.admin_url() {
            tracing::info!(url, "admin listener; whoever reaches it rules this server");
        }
        if let Some(url) = running.metrics_url() {
            tracing::info!(url, "listener for metrics and health");
        }
        for fault in running.faults().on() {
            let name = fault.name();
            if running.contracts().iter().any(|served| served.breakable().any(|breakable| breakable == fault))
            {
                tracing::warn!(fault = name, "breaking a promise");
            } else {
                tracing::warn!(
                    fault = name,
                    "no contract that is served makes this promise, so none is broken"
                );
            }
        }
        for listed in running.disturbances().list() {
            tracing::warn!(rule = %listed.rule, "disturbing requests");
        }
        if let Some(path) = arguments.write_target() {
            running.describe().write(path)?;
            tracing::info!(path = %path.display(), "target file written");
        }
        stop.wait().await;
        tracing::info!("stopping; a second signal stops at once");
        running.state().leave();
        let leave = async {
            // Callers come until the balancer has seen that this server is not ready any more.
            let _ = tokio::time::timeout(arguments.shutdown_delay(), std::future::pending::<()>()).await;
            running.shutdown().await;
        };
        tokio::select! {
            () = leave => tracing::info!("stopped"),
            () = stop.wait() => tracing::warn!("stopped at once"),
        }
        Ok(())
    })
}

/// How many files the process may need besides connections.
const OTHER_FILES: u64 = 64;

/// Lets the process open as many files as it may, because every connection is one.
fn raise_file_limit(connections: usize) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files < OTHER_FILES.saturating_add(connections as u64) => tracing::warn!(
            files,
            connections,
            "fewer files may be open than connections; raise the limit (ulimit -n) or lower --max-connections"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

/// Tells what of the documents of a mock was read in another way than it is written, what is left out, and what is not
/// kept.
fn tell(mock: &Mock) {
    for warning in mock.warnings() {
        tracing::warn!("{warning}");
    }
    for left_out in mock.left_out() {
        let reasons: Vec<String> = left_out.reasons.iter().map(ToString::to_string).collect();
        tracing::warn!(operation = left_out.signature, "not mocked: {}", reasons.join("; "));
    }
    for sentence in mock.not_kept() {
        tracing::warn!("not kept: {sentence}");
    }
}

fn start_logs(format: LogFormat, level: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(level).context("failed to read what to log")?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(log_writer()?);
    // Whoever read the log may be gone; that is no failure of a request.
    let logs = logs.log_internal_errors(false);
    match format {
        LogFormat::Text => logs.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}

/// Standard error without the lock of the standard library, at which all threads would wait for each other: a line is
/// one write, and the operating system keeps lines apart.
#[cfg(unix)]
fn log_writer() -> anyhow::Result<Arc<File>> {
    use std::os::fd::AsFd as _;

    let stderr = io::stderr().as_fd().try_clone_to_owned().context("failed to open the log")?;
    Ok(Arc::new(stderr.into()))
}

/// Standard error.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it cannot fail here")]
fn log_writer() -> anyhow::Result<fn() -> io::Stderr> {
    Ok(io::stderr)
}

/// The signals that stop the program.
#[cfg(unix)]
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signal that stops the program.
#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        // Without signals there is only the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
