//! What a run tells while it goes on, and how that is shown on standard error.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::redact::Redactor;
use crate::report::Outcome;
use crate::report::text::visible;

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub enum Event<'e> {
    /// A deployment is about to be judged.
    Began {
        /// The name of the contract.
        contract: &'e str,
        /// How much there is to do: a requirement, a generated request and a random sequence are a step each.
        steps: usize,
    },
    /// A requirement or a check is about to be run, or goes on.
    Step {
        /// Its identifier: `R3`, `malformed_body_rejected`; or what is done in the end.
        id: &'e str,
    },
    /// It is over.
    Settled {
        /// Its identifier.
        id: &'e str,
        /// What came of it.
        outcome: &'e Outcome,
    },
    /// A generated request or a random sequence is over.
    Advanced,
    /// A request was sent and its reply is there, or lost.
    Exchanged,
    /// The run waits.
    Waiting {
        /// How long, in real time.
        time: Duration,
        /// What for.
        why: &'e str,
    },
    /// Something that the operator may want to know.
    Note(Cow<'e, str>),
    /// Something that the operator has to know, because it is theirs to put right.
    Warning(Cow<'e, str>),
    /// The deployment is judged.
    Ended,
}

/// Whoever wants to know how far a run is.
pub trait Progress: Send + Sync {
    /// Takes notice. Called often; must not block.
    fn event(&self, event: Event<'_>);
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing but warnings.
    Quiet,
    /// A bar, if standard error is a terminal.
    Bar,
    /// A line for each requirement and check.
    Lines,
}

/// Shows the progress on standard error.
#[derive(Debug)]
pub struct Console {
    detail: Detail,
    redactor: Redactor,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    contract: String,
    bar: Option<ProgressBar>,
    requests: u64,
}

impl Console {
    /// A console that shows that much.
    pub fn new(detail: Detail, redactor: Redactor) -> Self {
        Self { detail, redactor, state: Mutex::default() }
    }

    /// Shows `text` above the bar.
    fn line(&self, bar: Option<&ProgressBar>, text: &str) {
        let text = self.redactor.redact(text);
        let text = visible(&text);
        let print = || {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(anstream::stderr(), "{text}");
        };
        match bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Progress for Console {
    fn event(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Began { contract, steps } => {
                contract.clone_into(&mut state.contract);
                state.requests = 0;
                if self.detail == Detail::Bar && std::io::stderr().is_terminal() {
                    state.bar = Some(bar(contract, steps));
                }
            }
            Event::Step { id } => {
                if let Some(bar) = &state.bar {
                    bar.set_message(id.to_owned());
                }
            }
            Event::Settled { id, outcome } => {
                if let Some(bar) = &state.bar {
                    bar.inc(1);
                }
                if self.detail == Detail::Lines {
                    let requests = state.requests;
                    let text = format!(
                        "{:>14}  {}/{id} ({requests} requests so far)",
                        outcome.word(),
                        state.contract
                    );
                    self.line(None, &text);
                }
            }
            Event::Advanced => {
                if let Some(bar) = &state.bar {
                    bar.inc(1);
                }
            }
            Event::Exchanged => {
                state.requests += 1;
                if let Some(bar) = &state.bar {
                    bar.set_prefix(format!("{} requests", state.requests));
                }
            }
            Event::Waiting { time, why } => match (&state.bar, self.detail) {
                (Some(bar), _) => bar.set_message(format!("waiting {} s: {why}", time.as_secs())),
                (None, Detail::Lines) => {
                    self.line(None, &format!("{:>14}  {} s: {why}", "waiting", time.as_secs()));
                }
                (None, _) => {}
            },
            Event::Note(_) if self.detail == Detail::Quiet => {}
            Event::Note(text) => self.line(state.bar.as_ref(), &format!("note: {text}")),
            Event::Warning(text) => self.line(state.bar.as_ref(), &format!("warning: {text}")),
            Event::Ended => {
                if let Some(bar) = state.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

fn bar(contract: &str, steps: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
    let template = format!("{contract:>12} {{bar:24}} {{pos}}/{{len}} {{prefix}} {{wide_msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
