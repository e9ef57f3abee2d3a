//! The program `rescind-server`: arguments, logs, signals, exit codes.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser as _};
use rescind_server::cli::{Cli, Command, LogFormat, Serve};
use rescind_server::{Fault, Vendor};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        None => serve(&cli.serve),
        Some(Command::Faults) => print(&faults()),
        Some(Command::Completions { shell }) => {
            // Into memory first: the generator panics when its writer fails.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "rescind-server", &mut script);
            print(&script)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this cannot be written, the exit code remains.
            let _ = writeln!(io::stderr(), "rescind-server: {error:#}");
            ExitCode::FAILURE
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

fn serve(arguments: &Serve) -> anyhow::Result<()> {
    start_logs(arguments.log_format());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the threads that serve")?;
    runtime.block_on(async {
        // Listened for before anything is started, so that no signal is lost.
        let mut stop = Stop::listen().context("failed to listen for signals")?;
        let mut builder = arguments.builder();
        if let Some(token) = arguments.admin_token().context("failed to start")? {
            builder = builder.admin_token(token);
        }
        let running = builder.spawn().await.context("failed to start")?;
        for served in running.contracts() {
            let name = served.name();
            tracing::info!(contract = name, url = running.base_url(name), "serving");
        }
        if let Some(url) = running.admin_url() {
            tracing::info!(url, "admin listener; whoever reaches it rules this server");
        }
        for fault in running.faults().on() {
            tracing::warn!(fault = fault.name(), "breaking a promise");
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
        tokio::select! {
            () = running.shutdown() => {}
            () = stop.wait() => {}
        }
        Ok(())
    })
}

fn start_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => logs.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().init(),
    }
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
