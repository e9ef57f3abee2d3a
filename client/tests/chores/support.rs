//! A server, its clock as the client's, and what can go wrong on the way.

use std::time::Duration;

use jiff::Timestamp;
use rescind_client::{BoxFuture, Clock, Retry, Secret, Settings};
use rescind_server::disturbance::RuleError;
use rescind_server::{Running, Server, Vendor};

/// What can go wrong with one exchange. What is struck on the way of the answer has been carried out.
pub(crate) const CHAOS: [&str; 10] = [
    "status=503",
    "status=503,on=answer",
    "status=500,on=answer",
    "status=429,retry-after=2s",
    "drop",
    "drop,on=answer",
    "reset",
    "reset,on=answer",
    "truncate=50%,on=answer",
    "latency=1ms..2ms",
];

/// The server's clock as the client's. Whoever waits moves it.
#[derive(Clone, Debug)]
pub(crate) struct Moved(pub(crate) rescind_server::Clock);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0.advance(time).unwrap();
        Box::pin(tokio::task::yield_now())
    }
}

pub(crate) struct Deployment {
    pub(crate) server: Running,
    contract: Vendor,
}

impl Deployment {
    pub(crate) async fn of(contract: Vendor) -> Self {
        Self::seeded(contract, 7).await
    }

    pub(crate) async fn seeded(contract: Vendor, seed: u64) -> Self {
        let clock = rescind_server::Clock::virtual_at("2026-03-04T12:00:00Z".parse().unwrap());
        let server = Server::builder().contract(contract).clock(clock).seed(seed).spawn().await.unwrap();
        Self { server, contract }
    }

    pub(crate) fn url(&self) -> String {
        self.server.base_url(self.contract)
    }

    pub(crate) fn clock(&self) -> Moved {
        Moved(self.server.clock().clone())
    }

    /// Retries by the server's clock, and patiently.
    pub(crate) fn patient(&self) -> Settings {
        Settings::new().retry(Retry::with_clock(self.clock()).attempts(12).jitter(|| 0.5))
    }

    /// The identifier and the secret of a caller that the server starts with.
    pub(crate) fn caller(&self, name: &str) -> (String, Secret) {
        let target = self.server.target(self.contract);
        let pair = target.callers.get(name).unwrap();
        (pair.id.clone(), Secret::from(pair.secret.expose()))
    }

    /// A pair that was never registered.
    pub(crate) fn pair(&self, place: usize) -> (String, Secret) {
        let pair = &self.server.target(self.contract).pool[place];
        (pair.id.clone(), Secret::from(pair.secret.expose()))
    }

    pub(crate) fn disturb(&self, rule: &str) {
        self.try_disturb(rule).unwrap();
    }

    fn try_disturb(&self, rule: &str) -> Result<(), RuleError> {
        self.server.disturb(rule.parse().unwrap()).map(|_| ())
    }

    /// How often the journal has seen the operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.server.journal().expect(operation).received().len()
    }
}
