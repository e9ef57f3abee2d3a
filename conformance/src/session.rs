//! One run against one deployment: the only place that sends. Every exchange is recorded, every secret remembered.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use http::header::RETRY_AFTER;
use jiff::{SignedDuration, Timestamp};
use rescind_specs::Contract;
use rescind_specs::lifecycle::{CallerName, HookEffect, HookName, Ids};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::call::Bindings;
use crate::cleanup::file::Durability;
use crate::cleanup::line::{Asked, Issued, Line, Thing};
use crate::clock::{self, Clock, StillOpen};
use crate::credential::Credential;
use crate::deployment::{Deployment, Pair};
use crate::exchange::{Exchange, ExchangeId, OriginKind, Replica, Reply, Request, Response, Span, Timing};
use crate::gate::Gate;
use crate::lane::{Lane, LaneId, Lanes};
use crate::ledger::{Answered, Ledger, answered};
use crate::lifecycle::ObservedDelay;
use crate::plan::Plan;
use crate::prerequisite::takes_turns;
use crate::progress::{Event, Progress, Silent};
use crate::redact::Redactor;
use crate::report::CredentialTimeline;

/// How often a throttled call is sent again.
const REPEATS: usize = 3;
/// The longest wait that a `Retry-After` may ask for.
const LONGEST_RETRY: Duration = Duration::from_mins(1);
/// A request with a longer body gets a connection of its own. Many a server answers it before all of it was read and
/// then closes the connection, which would look like a lost answer to whatever was sent next.
const LONG_BODY: usize = 64 * 1024;

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The HTTP client cannot be made.
    #[error("failed to prepare the HTTP client: {0}")]
    Client(String),
    /// The clock was named and does not answer.
    #[error(
        "failed to read the deployment's clock at {control}: {why}; leave the control address out to wait in real time"
    )]
    Control {
        /// The control address.
        control: Url,
        /// What went wrong.
        why: String,
    },
}

/// One run against one deployment, as one lane of it sees it.
pub struct Session<'r> {
    run: Arc<Run<'r>>,
    lane: Lane,
}

/// What all lanes of a run share.
struct Run<'r> {
    contract: &'r Contract,
    deployment: &'r Deployment,
    plan: &'r Plan,
    progress: &'r dyn Progress,
    redactor: Redactor,
    client: reqwest::Client,
    /// Keeps no connection open.
    brief: reqwest::Client,
    /// For what stands beside the deployment.
    outside: reqwest::Client,
    clock: Clock,
    next: AtomicU64,
    pool: AtomicUsize,
    words: AtomicU64,
    slot: Mutex<Option<Instant>>,
    exchanges: Mutex<Vec<(LaneId, Arc<Exchange>)>>,
    tainted: Mutex<BTreeSet<String>>,
    ledger: Ledger,
    gate: Gate,
    /// Counts the beginnings and endings of exchanges.
    order: AtomicU64,
    delays: Mutex<Vec<(LaneId, ObservedDelay)>>,
    timelines: Mutex<Vec<(LaneId, CredentialTimeline)>>,
    outages: Mutex<Vec<HookName>>,
    lanes: Lanes,
    /// When nothing more is begun.
    deadline: Option<Instant>,
    /// Whether something was not begun for that.
    cut: AtomicBool,
}

impl<'r> Session<'r> {
    /// Begins a run; sends nothing to the deployment itself.
    ///
    /// # Errors
    /// The control address does not answer.
    pub async fn open(
        contract: &'r Contract,
        deployment: &'r Deployment,
        plan: &'r Plan,
        redactor: &Redactor,
        progress: &'r dyn Progress,
    ) -> Result<Self, SessionError> {
        let clients = Clients::new(deployment, plan)?;
        let control = deployment.control.as_ref();
        let controls = control.into_iter().chain(&deployment.further_controls).cloned().collect();
        let clock = Clock::open(&clients.outside, controls, deployment.control_token.clone()).await.map_err(
            |why| SessionError::Control {
                control: control.cloned().unwrap_or_else(|| deployment.base.clone()),
                why,
            },
        )?;
        let how = (contract, deployment, plan, progress);
        Ok(Self::begin(how, redactor, clock, clients))
    }

    /// What a run would begin with. It sends nothing, and takes it that a clock that is named can be moved.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(crate) fn unopened(
        contract: &'r Contract,
        deployment: &'r Deployment,
        plan: &'r Plan,
        redactor: &Redactor,
    ) -> Result<Self, SessionError> {
        let controls = deployment.control.iter().chain(&deployment.further_controls).cloned().collect();
        let how = (contract, deployment, plan, &Silent as &dyn Progress);
        Ok(Self::begin(how, redactor, Clock::unread(controls), Clients::new(deployment, plan)?))
    }

    fn begin(
        (contract, deployment, plan, progress): (&'r Contract, &'r Deployment, &'r Plan, &'r dyn Progress),
        redactor: &Redactor,
        clock: Clock,
        Clients { client, brief, outside }: Clients,
    ) -> Self {
        // The time goes in as well, so that a second run with the same seed asks for other names than the first.
        let start = clock.now().as_nanosecond();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "only the lower bits matter"
        )]
        let words = mix(plan.seed) ^ (start as u64);
        let run = Run {
            contract,
            deployment,
            plan,
            progress,
            redactor: redactor.clone(),
            client,
            brief,
            outside,
            clock,
            next: AtomicU64::new(0),
            pool: AtomicUsize::new(0),
            words: AtomicU64::new(words),
            slot: Mutex::default(),
            exchanges: Mutex::default(),
            tainted: Mutex::default(),
            ledger: Ledger::default(),
            gate: Gate::default(),
            order: AtomicU64::new(0),
            delays: Mutex::default(),
            timelines: Mutex::default(),
            outages: Mutex::default(),
            lanes: Lanes::new(if takes_turns(contract) { 1 } else { plan.jobs.get() }),
            deadline: plan.max_time.and_then(|time| clock::stopwatch().checked_add(time)),
            cut: AtomicBool::new(false),
        };
        let lane = run.lanes.next(0);
        let session = Self { run: Arc::new(run), lane };
        for pair in deployment.callers.values().chain(&deployment.pool) {
            session.taint(pair.secret.expose_secret());
        }
        if let Some(token) = &deployment.control_token {
            session.taint(token.expose_secret());
        }
        // What a proxy or a gateway is shown is no business of the API: no answer of it can give that away.
        deployment.access.secrets().for_each(|secret| redactor.taint(secret.expose_secret()));
        session
    }

    /// Sends a request, once, and records what came of it. Never fails: a lost reply is recorded as lost.
    pub async fn send(&self, request: Request) -> Arc<Exchange> {
        self.send_to(self.home(), request, Timing::InTurn).await
    }

    /// Sends a request to one replica, once, and records what came of it. What it may issue is written down before.
    pub async fn send_to(&self, replica: Replica, mut request: Request, timing: Timing) -> Arc<Exchange> {
        self.run.deployment.access.dress(&mut request);
        self.pace().await;
        // Held until what was issued is written down.
        let _passage = self.run.gate.enter().await;
        let id = ExchangeId(self.run.next.fetch_add(1, Ordering::Relaxed));
        let asked = Ledger::intent(self.run.contract, &request, id, || self.signed_by(&request));
        let unrecorded = match &asked {
            Some(asked) => self.write_down(Line::Asked(asked.clone()), Durability::Process).await.err(),
            None => None,
        };
        let sent = self.now();
        let watch = clock::stopwatch();
        let began = self.run.order.fetch_add(1, Ordering::SeqCst);
        let reply = match unrecorded {
            None => self.transfer(replica, &request).await,
            Some(why) => {
                Reply::Lost(format!("it was not sent, because the cleanup file cannot be written: {why}"))
            }
        };
        let span = Span { began, ended: self.run.order.fetch_add(1, Ordering::SeqCst) };
        let (received, took) = (self.now(), watch.elapsed());
        let exchange = Arc::new(Exchange { id, request, reply, sent, received, took, replica, timing, span });
        self.observe(asked, &exchange).await;
        let entry = (self.lane.id(), Arc::clone(&exchange));
        self.run.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.run.progress.event(Event::Exchanged);
        exchange
    }

    /// Takes notice of what an exchange issued or put away, and writes it down.
    async fn observe(&self, asked: Option<Asked>, exchange: &Exchange) {
        let by = asked.as_ref().and_then(|asked| asked.by.as_ref());
        let noticed = self.run.ledger.observe(self.run.contract, exchange, by);
        if let Some(secret) = noticed.issued.as_ref().and_then(|credential| credential.secret.as_ref()) {
            self.taint(&secret.text);
        }
        let contract = || self.run.contract.name().to_owned();
        let mut lines = Vec::new();
        if let Some(credential) = &noticed.issued {
            lines.push(Line::Issued(Box::new(Issued::of(self.run.contract, exchange.id.0, credential))));
        }
        for (name, id) in &noticed.created {
            lines.push(Line::Issued(Box::new(Issued {
                contract: contract(),
                request: exchange.id.0,
                what: Thing::Dependent(name.clone()),
                id: id.text.clone(),
                secret: None,
                expires_at: None,
                by: by.cloned(),
            })));
        }
        if let Some(asked) = asked {
            match answered(self.run.contract, &asked, exchange, &noticed) {
                Answered::Issued => {}
                Answered::Refused => {
                    lines.push(Line::Refused { contract: contract(), request: asked.request });
                }
                Answered::Unclearly => self.run.ledger.asked(asked),
            }
        }
        let gone = noticed.gone.into_iter();
        lines.extend(gone.map(|(what, id)| Line::Gone { contract: contract(), what, id }));
        for line in lines {
            let durability = match line {
                Line::Issued(_) => Durability::Machine,
                _ => Durability::Process,
            };
            if let Err(why) = self.write_down(line, durability).await {
                let note = format!("the cleanup file cannot be written: {why}");
                self.run.progress.event(Event::Note(note.into()));
            }
        }
    }

    async fn write_down(&self, line: Line, durability: Durability) -> Result<(), String> {
        match &self.run.plan.record {
            None => Ok(()),
            Some(record) => record.add(line, durability).await.map_err(|error| error.to_string()),
        }
    }

    /// Records that something is gone although no answer acknowledged it.
    pub(crate) async fn put_away(&self, what: Thing, id: &str) {
        self.run.ledger.put_away(&what, id);
        let line = Line::Gone { contract: self.run.contract.name().to_owned(), what, id: id.to_owned() };
        // Without it something is asked for once more that is gone.
        let _ = self.write_down(line, Durability::Process).await;
    }

    /// Records that something that was asked for without an answer came to be after all.
    pub(crate) async fn found(&self, request: u64, credential: Arc<Credential>) {
        self.run.ledger.cleared(request);
        self.run.ledger.issued(Arc::clone(&credential), Ids::Unique);
        let line = Line::Issued(Box::new(Issued::of(self.run.contract, request, &credential)));
        let _ = self.write_down(line, Durability::Process).await;
    }

    /// Records that something that was asked for did not come to be, or that what came of it is recorded elsewhere.
    pub(crate) async fn clear(&self, request: u64) {
        self.run.ledger.cleared(request);
        let line = Line::Refused { contract: self.run.contract.name().to_owned(), request };
        let _ = self.write_down(line, Durability::Process).await;
    }

    /// The caller whose credential, or a token of it, stands on a request.
    fn signed_by(&self, request: &Request) -> Option<CallerName> {
        request.origins.iter().find_map(|origin| match &origin.from {
            OriginKind::Supplied(source) => {
                let mut callers = self.run.deployment.callers.iter();
                callers.find(|(_, pair)| pair.source == *source).map(|(name, _)| name.clone())
            }
            OriginKind::Response { exchange, .. } => {
                let exchange = self.exchange(*exchange)?;
                self.signed_by(&exchange.request)
            }
        })
    }

    /// An exchange by its number.
    fn exchange(&self, id: ExchangeId) -> Option<Arc<Exchange>> {
        let exchanges = self.run.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        // They are about in order.
        exchanges.iter().rev().map(|(_, exchange)| exchange).find(|exchange| exchange.id == id).cloned()
    }

    /// Sends nothing any more, and waits for the answers to what was sent.
    pub(crate) async fn come_to_rest(&self) {
        self.run.gate.close().await;
    }

    /// Goes on after [`come_to_rest`](Self::come_to_rest). Nobody may be left who waited to send.
    pub(crate) fn go_on(&self) {
        self.run.gate.open();
    }

    /// Sends a request; as long as it is throttled with a `Retry-After`, waits and sends it again, a few times.
    pub async fn send_patiently(&self, request: Request) -> Arc<Exchange> {
        self.send_patiently_to(self.home(), request).await
    }

    /// As [`send_patiently`](Self::send_patiently), to one replica.
    pub async fn send_patiently_to(&self, replica: Replica, request: Request) -> Arc<Exchange> {
        for _ in 0..REPEATS {
            let exchange = self.send_to(replica, request.clone(), Timing::InTurn).await;
            let Some(wait) = retry_after(&exchange) else { return exchange };
            if self.wait_for(wait, "Retry-After", self.run.plan.patience.max(LONGEST_RETRY)).await.is_err() {
                return exchange;
            }
        }
        self.send_to(replica, request, Timing::InTurn).await
    }

    /// The replica that everything is sent to that is not meant for another one.
    pub fn home(&self) -> Replica {
        Replica(self.lane.home())
    }

    /// Makes the next replica the one that everything is sent to, so that each of them is asked to revoke in its turn.
    pub(crate) fn move_home(&self) {
        self.lane.move_home(self.replicas());
    }

    /// What the expressions of a call stand for that do not depend on the sequence: `$unique` and `$supplied`.
    pub fn bindings(&self) -> Bindings {
        let supplied = Arc::new(self.run.deployment.supplied.clone());
        Bindings { unique: self.unique(), supplied, ..Bindings::default() }
    }

    /// Records how long a revoked credential went on to be accepted.
    pub(crate) fn observe_delays(&self, delays: Vec<ObservedDelay>) {
        let delays = delays.into_iter().map(|delay| (self.lane.id(), delay));
        self.run.delays.lock().unwrap_or_else(PoisonError::into_inner).extend(delays);
    }

    /// How long revoked credentials went on to be accepted.
    pub fn delays(&self) -> Vec<ObservedDelay> {
        let mut all = self.run.delays.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|(lane, _)| *lane);
        all.into_iter().map(|(_, delay)| delay).collect()
    }

    /// Records the life of credentials in a sequence.
    pub(crate) fn observe_timelines(&self, timelines: Vec<CredentialTimeline>) {
        let timelines = timelines.into_iter().map(|timeline| (self.lane.id(), timeline));
        self.run.timelines.lock().unwrap_or_else(PoisonError::into_inner).extend(timelines);
    }

    /// The lives of credentials so far, secrets and all.
    pub(crate) fn timelines(&self) -> Vec<CredentialTimeline> {
        let mut all = self.run.timelines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|(lane, _)| *lane);
        all.into_iter().map(|(_, timeline)| timeline).collect()
    }

    /// Runs a step outside of the API. One that begins an outage is remembered until it is over.
    ///
    /// # Errors
    /// The contract has no such hook, the operator did not supply it, or it failed.
    pub async fn run_hook(&self, name: &HookName, credential: Option<&str>) -> Result<(), String> {
        let hooks = self.run.contract.lifecycle().map(|lifecycle| &lifecycle.hooks);
        let hook =
            hooks.and_then(|hooks| hooks.get(name)).ok_or_else(|| format!("there is no hook {name}"))?;
        let supplied = |name: &HookName| {
            let action = self.run.deployment.hooks.get(name);
            action.ok_or_else(|| format!("the hook {name} was not supplied"))
        };
        if let HookEffect::OutageUntil(end) = &hook.does {
            // Nothing is broken off that cannot be put right again.
            supplied(end)?;
            self.run.outages.lock().unwrap_or_else(PoisonError::into_inner).push(end.clone());
        }
        let done = supplied(name)?.run(&self.run.outside, self.run.deployment, name, credential).await;
        if hook.does == HookEffect::Recover && done.is_ok() {
            self.run.outages.lock().unwrap_or_else(PoisonError::into_inner).retain(|end| end != name);
        }
        done.map_err(|why| self.run.redactor.redact(&why).into_owned())
    }

    /// Whether an outage that a hook began goes on.
    pub(crate) fn is_out(&self) -> bool {
        !self.run.outages.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Ends every outage that a hook began. What could not be ended is told.
    pub(crate) async fn recover(&self) -> Vec<String> {
        let ends = self.run.outages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut failed = Vec::new();
        for end in ends {
            if let Err(why) = self.run_hook(&end, None).await {
                failed.push(format!("an outage that the run began was not ended: {end}: {why}"));
            }
        }
        failed
    }

    async fn transfer(&self, replica: Replica, request: &Request) -> Reply {
        let base = self.run.deployment.address(replica).as_str().trim_end_matches('/');
        let address = match Url::parse(&format!("{base}{}", request.target)) {
            Ok(address) => address,
            Err(error) => return Reply::Lost(format!("the address cannot be written: {error}")),
        };
        let long = request.body.as_ref().is_some_and(|body| body.len() > LONG_BODY);
        let client = if long { &self.run.brief } else { &self.run.client };
        let mut builder = client.request(request.method.clone(), address).headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return Reply::Lost(lost(&error)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        match response.bytes().await {
            Ok(body) => Reply::Received(Response { status, headers, body }),
            Err(error) => Reply::Lost(lost(&error)),
        }
    }

    /// Keeps to the rate of the plan.
    async fn pace(&self) {
        let Some(rate) = self.run.plan.rate.filter(|rate| *rate > 0) else { return };
        let now = clock::stopwatch();
        let at = {
            let mut slot = self.run.slot.lock().unwrap_or_else(PoisonError::into_inner);
            let at = slot.map_or(now, |slot| slot.max(now));
            *slot = Some(at + Duration::from_secs(1) / rate);
            at
        };
        if at > now {
            clock::sleep(at - now).await;
        }
    }

    /// Lets the deployment's time pass: by moving its clock, else by waiting as long as the plan's patience allows.
    ///
    /// # Errors
    /// The wait is longer than the patience or the time that is left, or the clock does not move.
    pub async fn wait(&self, time: Duration) -> Result<(), StillOpen> {
        self.has_time_for(time)?;
        self.wait_for(time, "a bound", self.run.plan.patience).await
    }

    pub(crate) async fn wait_for(
        &self,
        time: Duration,
        why: &str,
        patience: Duration,
    ) -> Result<(), StillOpen> {
        if time.is_zero() {
            return Ok(());
        }
        if self.run.clock.moves() {
            let until =
                SignedDuration::try_from(time).ok().and_then(|time| self.now().checked_add(time).ok());
            return match until.filter(|_| self.run.lanes.is_shared()) {
                Some(until) => self.lane.aside(&self.run.lanes, self.run.lanes.sleep(until)).await,
                None => self.run.clock.wait(&self.run.outside, time, patience).await,
            };
        }
        if time <= patience {
            self.run.progress.event(Event::Waiting { time, why });
        }
        let wait = self.run.clock.wait(&self.run.outside, time, patience);
        self.lane.aside(&self.run.lanes, wait).await
    }

    /// The deployment's present time.
    pub fn now(&self) -> Timestamp {
        self.run.clock.now()
    }

    /// Whether time can be made to pass at once.
    pub fn moves_time(&self) -> bool {
        self.run.clock.moves()
    }

    /// Where the deployment's clock can be moved, if it was named.
    pub fn control(&self) -> Option<&Url> {
        self.run.deployment.control.as_ref()
    }

    /// Remembers a secret: found in any later answer it is a breach, and no report shows it.
    pub fn taint(&self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        self.run.redactor.taint(secret);
        self.run.tainted.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }

    /// Every secret and token that was supplied, issued or planted.
    pub fn tainted(&self) -> BTreeSet<String> {
        self.run.tainted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The gate for everything that is printed or stored.
    pub fn redactor(&self) -> &Redactor {
        &self.run.redactor
    }

    /// Every exchange so far: lane by lane, each in the order sent.
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        let mut all = self.run.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|(lane, exchange)| (*lane, exchange.id));
        all.into_iter().map(|(_, exchange)| exchange).collect()
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.run.next.load(Ordering::Relaxed)
    }

    /// What was issued, and what became of it.
    pub fn ledger(&self) -> &Ledger {
        &self.run.ledger
    }

    /// A word that no other call of this or another run uses: 32 lower-case hexadecimal digits.
    pub fn unique(&self) -> String {
        let first = mix(self.run.words.fetch_add(STEP, Ordering::Relaxed));
        let second = mix(self.run.words.fetch_add(STEP, Ordering::Relaxed));
        format!("{first:016x}{second:016x}")
    }

    /// The next pair that can be registered; each is given once.
    pub fn next_pair(&self) -> Option<Pair> {
        self.run.deployment.pool.get(self.run.pool.fetch_add(1, Ordering::Relaxed)).cloned()
    }

    /// How many of those pairs are left.
    pub(crate) fn pairs_left(&self) -> usize {
        self.run.deployment.pool.len().saturating_sub(self.run.pool.load(Ordering::Relaxed))
    }

    /// The contract that is judged by.
    pub fn contract(&self) -> &'r Contract {
        self.run.contract
    }

    /// What is judged.
    pub fn deployment(&self) -> &'r Deployment {
        self.run.deployment
    }

    /// What is run.
    pub fn plan(&self) -> &'r Plan {
        self.run.plan
    }

    /// Whoever wants to know how far the run is.
    pub fn progress(&self) -> &'r dyn Progress {
        self.run.progress
    }

    /// How many replicas the deployment has.
    fn replicas(&self) -> usize {
        self.run.deployment.replicas.len() + 1
    }
}

/// What goes on side by side.
impl Session<'_> {
    /// Another lane of the same run.
    pub(crate) fn lane(&self) -> Self {
        Self { run: Arc::clone(&self.run), lane: self.run.lanes.next(self.home().0) }
    }

    /// Waits for the turn of this lane.
    pub(crate) async fn enter(&self) {
        self.lane.enter(&self.run.lanes).await;
    }

    /// Does something while no other lane is active.
    pub(crate) async fn undisturbed<T>(&self, work: impl Future<Output = T>) -> T {
        self.lane.undisturbed(&self.run.lanes, work).await
    }

    /// Does the work of several lanes to its end, and returns what came of it in the order of the lanes. With one job
    /// a lane begins when the one before is over.
    pub(crate) async fn together<F: Future>(&self, works: impl IntoIterator<Item = F>) -> Vec<F::Output> {
        if self.run.lanes.width() > 1 {
            return self.side_by_side(works.into_iter().collect()).await;
        }
        let mut all = Vec::new();
        for work in works {
            all.extend(self.side_by_side(vec![work]).await);
        }
        all
    }

    async fn side_by_side<F: Future>(&self, works: Vec<F>) -> Vec<F::Output> {
        let lanes = &self.run.lanes;
        let awake = lanes.awake(works.len());
        let numbered =
            works.into_iter().enumerate().map(|(number, work)| async move { (number, work.await) });
        let mut under_way: FuturesUnordered<_> = numbered.collect();
        let mut done = Vec::with_capacity(under_way.len());
        loop {
            tokio::select! {
                biased;
                over = under_way.next() => match over {
                    Some(over) => {
                        done.push(over);
                        awake.over();
                    }
                    None => break,
                },
                until = lanes.all_asleep() => {
                    let moved = self.move_to(until).await;
                    lanes.wake(until.max(self.now()), &moved);
                }
            }
        }
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, output)| output).collect()
    }

    /// Moves the deployment's clock on to this moment.
    async fn move_to(&self, until: Timestamp) -> Result<(), StillOpen> {
        let time = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
        if time.is_zero() {
            return Ok(());
        }
        self.run.clock.wait(&self.run.outside, time, Duration::MAX).await
    }

    /// How much time is left until nothing more is begun.
    pub(crate) fn time_left(&self) -> Duration {
        let left = |deadline: Instant| deadline.saturating_duration_since(clock::stopwatch());
        self.run.deadline.map_or(Duration::MAX, left)
    }

    /// Whether a wait for a bound ends before the time of the run is up. Where it does not, the run is marked as cut short.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn has_time_for(&self, wait: Duration) -> Result<(), StillOpen> {
        if self.moves_time() || wait <= self.time_left() {
            return Ok(());
        }
        self.run.cut.store(true, Ordering::Relaxed);
        Err(StillOpen::TimeUp { needed: wait })
    }

    /// Whether something may still be begun. Where it may not, the run is marked as cut short.
    pub(crate) fn may_begin(&self) -> bool {
        let up = self.time_left().is_zero();
        if up {
            self.run.cut.store(true, Ordering::Relaxed);
        }
        !up
    }

    /// Whether something was not begun because the time was up.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.run.cut.load(Ordering::Relaxed)
    }
}

/// What requests are sent with.
struct Clients {
    client: reqwest::Client,
    brief: reqwest::Client,
    outside: reqwest::Client,
}

impl Clients {
    fn new(deployment: &Deployment, plan: &Plan) -> Result<Self, SessionError> {
        let error = |error: reqwest::Error| SessionError::Client(clock::root(&error));
        let access = &deployment.access;
        let brief = access.client(plan.timeout).map_err(error)?;
        let brief = brief.pool_max_idle_per_host(0).build().map_err(error)?;
        let client = access.client(plan.timeout).and_then(reqwest::ClientBuilder::build).map_err(error)?;
        let outside = access.outside(plan.timeout).build().map_err(error)?;
        Ok(Self { client, brief, outside })
    }
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of splitmix64.
pub(crate) fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(STEP);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// How long a throttled answer asks to wait.
fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let response = exchange.response()?;
    if !matches!(response.status.as_u16(), 429 | 503) {
        return None;
    }
    let text = response.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(until.duration_since(exchange.received)).unwrap_or_default()
    };
    Some(wait.clamp(Duration::from_millis(100), LONGEST_RETRY))
}

/// Why there is no response, without the address: it may hold an identifier.
fn lost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer within the time limit".to_owned()
    } else if error.is_connect() {
        format!("no connection: {}", clock::root(error))
    } else {
        format!("the connection broke: {}", clock::root(error))
    }
}
