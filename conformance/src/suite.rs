//! Requirements as tests of another project: a test of its own for each, which test runners list, choose and report.

use std::fmt;
use std::future::Future;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::future::BoxFuture;
use libtest_mimic::{Completion, Conclusion, Failed, Trial};
use rescind_specs::Contract;
use rescind_specs::lifecycle::Coverage;
use tokio::runtime::Runtime;

pub use libtest_mimic::Arguments;

use crate::check::request::REQUEST_CHECKS;
use crate::check::response::RESPONSE_CHECKS;
use crate::judge::Judge;
use crate::machine::reference_machine;
use crate::report::{Outcome, Report, human};
use crate::verdict::Verdict;

/// Why a deployment could not be made ready.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The requirements of contracts, each as a test.
///
/// A test program without the usual harness has this as its `main`, with one statement a contract. In `Cargo.toml`:
///
/// ```toml
/// [[test]]
/// name = "contract"
/// harness = false
/// ```
///
/// and in `tests/contract.rs`:
///
/// ```no_run
/// use rescind_conformance::deployment::Deployment;
/// use rescind_conformance::{Contract, Judge, suite::Suite};
/// # struct App;
/// # impl App {
/// #     async fn start() -> Result<App, std::io::Error> { Ok(App) }
/// #     fn url(&self) -> url::Url { unimplemented!() }
/// #     fn secret(&self) -> String { String::new() }
/// # }
///
/// fn main() -> std::process::ExitCode {
///     let billing = Contract::load("billing/openapi.yaml".as_ref(), Some("billing/lifecycle.yaml".as_ref()));
///     Suite::new()
///         .contract(billing.expect("the contract is right"), |contract| async move {
///             let app = App::start().await?;
///             let deployment = Deployment::at(app.url()).caller("operator", "op_1", app.secret());
///             Ok(Judge::new(contract, deployment).allow_writes().keep(app))
///         })
///         .main()
/// }
/// ```
///
/// A test is called `CONTRACT::R3`, or `CONTRACT::status_code_conformance` for what every contract implies. The deployment
/// is made ready before the first test that needs it, and not where tests are only listed. What is chosen is judged in
/// one run; a runner that has a process for each test, such as nextest, gets a run for each.
///
/// A test fails if the promise is broken and if it stays open, for a promise that nobody saw kept is no pass. It is
/// ignored, with the reason, if it cannot be seen from outside or needs something that was not supplied.
#[must_use = "a suite runs nothing until it is told to"]
pub struct Suite {
    subjects: Vec<Subject>,
}

/// A contract, and how its deployment is made ready.
struct Subject {
    contract: Arc<Contract>,
    start: Start,
}

/// Makes the deployment of a contract ready.
type Start = Box<dyn FnOnce(Arc<Contract>) -> BoxFuture<'static, Result<Judge, BoxError>> + Send>;

/// What came of a contract, once someone asked.
struct Judged {
    name: String,
    runtime: Arc<Runtime>,
    contract: Arc<Contract>,
    start: Mutex<Option<Start>>,
    /// What to judge; empty: everything.
    only: Vec<String>,
    report: OnceLock<Result<Report, String>>,
}

impl Suite {
    /// A suite without any test as yet.
    pub fn new() -> Self {
        Self { subjects: Vec::new() }
    }

    /// Adds a test for each promise of a contract. `start` makes a deployment ready, and says how it is judged.
    pub fn contract<F>(
        mut self,
        contract: impl Into<Arc<Contract>>,
        start: impl FnOnce(Arc<Contract>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Judge, BoxError>> + Send + 'static,
    {
        let start: Start = Box::new(|contract| Box::pin(start(contract)));
        self.subjects.push(Subject { contract: contract.into(), start });
        self
    }

    /// Does what the arguments of the process say, as test programs do.
    pub fn main(self) -> ExitCode {
        self.run(&Arguments::from_args()).exit_code()
    }

    /// Runs the tests that the arguments choose.
    pub fn run(self, arguments: &Arguments) -> Conclusion {
        // Kept until every test is over: the deployments may live on it.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map(Arc::new);
        let trials = match &runtime {
            Ok(runtime) => self.subjects.into_iter().flat_map(|one| one.trials(runtime, arguments)).collect(),
            Err(error) => {
                let why = format!("no threads to work with: {error}");
                vec![Trial::test("suite", move || Err(Failed::from(why)))]
            }
        };
        libtest_mimic::run(arguments, trials)
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.subjects.iter().map(|subject| subject.contract.name())).finish()
    }
}

impl Subject {
    fn trials(self, runtime: &Arc<Runtime>, arguments: &Arguments) -> Vec<Trial> {
        let Self { contract, start } = self;
        let name = contract.name().to_owned();
        let promises = promises(&contract);
        let chosen = promises.iter().filter(|promise| is_chosen(arguments, &promise.test(&name)));
        let chosen: Vec<&Promise> = chosen.collect();
        // What single answers say can be told only where there are answers to everything else.
        let all = chosen.len() == promises.len() || chosen.iter().any(|promise| promise.of == Of::Answers);
        let only = if all { Vec::new() } else { chosen.iter().map(|promise| promise.id.clone()).collect() };
        let judged = Arc::new(Judged {
            name: name.clone(),
            runtime: Arc::clone(runtime),
            contract,
            start: Mutex::new(Some(start)),
            only,
            report: OnceLock::new(),
        });
        let trials = promises.into_iter().map(|promise| {
            let (judged, test) = (Arc::clone(&judged), promise.test(&name));
            let ignored = promise.of == Of::Nothing;
            Trial::ignorable_test(test, move || judged.outcome(&promise.id)).with_ignored_flag(ignored)
        });
        trials.collect()
    }
}

/// A requirement or a check.
struct Promise {
    id: String,
    of: Of,
}

/// What a promise is seen from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Requests of its own.
    Requests,
    /// The answers to all requests.
    Answers,
    /// Nothing that there is.
    Nothing,
}

impl Promise {
    fn test(&self, contract: &str) -> String {
        format!("{contract}::{}", self.id)
    }
}

/// Everything that a contract promises, in the order of a report.
fn promises(contract: &Contract) -> Vec<Promise> {
    let known = contract.lifecycle().into_iter().flat_map(|lifecycle| &lifecycle.requirements);
    let requirements = known.map(|requirement| {
        let of = match requirement.coverage() {
            Coverage::Checked(_) => Of::Requests,
            Coverage::Pending(_) | Coverage::NotObserved(_) => Of::Nothing,
        };
        Promise { id: requirement.id.0.clone(), of }
    });
    let answers = RESPONSE_CHECKS.iter().map(|check| Promise { id: check.id().to_owned(), of: Of::Answers });
    let requests = REQUEST_CHECKS.iter().map(|check| Promise { id: check.id().to_owned(), of: Of::Requests });
    let machine =
        contract.lifecycle().map(|_| Promise { id: reference_machine::ID.to_owned(), of: Of::Requests });
    requirements.chain(answers).chain(requests).chain(machine).collect()
}

/// Whether the arguments choose a test of this name.
fn is_chosen(arguments: &Arguments, test: &str) -> bool {
    let fits =
        |filter: &String| if arguments.exact { test == filter } else { test.contains(filter.as_str()) };
    arguments.filter.as_ref().is_none_or(fits) && !arguments.skip.iter().any(fits)
}

impl Judged {
    /// What came of one promise. Whoever asks first has the contract judged.
    fn outcome(&self, id: &str) -> Result<Completion, Failed> {
        let report = self.report.get_or_init(|| self.runtime.block_on(self.judge()));
        let report = report.as_ref().map_err(Failed::from)?;
        let contracts = report.contracts.iter();
        let outcomes = contracts.flat_map(|contract| {
            let requirements = contract.requirements.iter().map(|one| (one.id.0.as_str(), &one.outcome));
            requirements.chain(contract.checks.iter().map(|one| (one.id.as_str(), &one.outcome)))
        });
        let mut named = outcomes.filter(|(name, _)| *name == id).map(|(_, outcome)| outcome);
        match named.next() {
            Some(Outcome::Judged(Verdict::Pass | Verdict::Divergence)) => Ok(Completion::Completed),
            Some(Outcome::NotRun(why) | Outcome::Pending(why) | Outcome::NotObserved(why)) => {
                Ok(Completion::ignored_with(why))
            }
            Some(Outcome::Judged(_) | Outcome::NotExercised(_)) => {
                Err(Failed::from(human::one(report, &format!("{}/{id}", self.name))))
            }
            None => Err(Failed::from(format!("the report does not tell of {id}"))),
        }
    }

    async fn judge(&self) -> Result<Report, String> {
        let start = self.start.lock().unwrap_or_else(PoisonError::into_inner).take();
        let start = start.ok_or("its deployment was made ready before")?;
        let judge = start(Arc::clone(&self.contract)).await;
        let judge = judge.map_err(|error| format!("the deployment is not ready: {error}"))?;
        let judge = if self.only.is_empty() { judge } else { judge.only(&self.only) };
        judge.run().await.map_err(|error| error.to_string())
    }
}
