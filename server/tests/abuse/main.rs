//! What the program does when it is treated badly, on real sockets: other callers must not notice, its memory stays
//! bounded, and what it answers is the documented envelope or a closed connection.
//!
//! `RESCIND_ABUSE=full cargo test --release -p rescind-server --test abuse -- --nocapture` does the same with ten thousand
//! connections and bodies of a hundred mebibytes, and prints what came of it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod crowd;
mod neighbour;
mod outcome;
mod shape;
mod victim;

use outcome::Tally;
use victim::Victim;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Connections at once.
    pub(crate) crowd: usize,
    /// Places that the program has for them.
    pub(crate) places: usize,
    /// Bytes of a long body.
    pub(crate) body: usize,
    /// Long bodies at once.
    pub(crate) bodies: usize,
    /// How often a shape of request is repeated.
    pub(crate) repeats: usize,
}

impl Scale {
    fn of_the_environment() -> Self {
        if std::env::var_os("RESCIND_ABUSE").is_some_and(|value| value == "full") {
            Self { crowd: 10_000, places: 1024, body: 100 << 20, bodies: 16, repeats: 50 }
        } else {
            Self { crowd: 150, places: 64, body: 8 << 20, bodies: 4, repeats: 2 }
        }
    }

    fn is_full(self) -> bool {
        self.crowd >= 10_000
    }
}

/// More memory than the program may use beside its connections, whatever is done to it: the journal, the bodies that it
/// reads.
const MOST_GROWTH: usize = 192 << 20;

/// More memory than it may use for a connection on which nothing is sent.
const MOST_FOR_A_PLACE: usize = 32 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn abuse_is_survived_and_nobody_else_notices() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let scale = Scale::of_the_environment();
    let victim = Victim::start(scale.places, "3s");
    let mut tally = Tally::new(&victim);
    tally.run("idle connections", &victim, crowd::idle(&victim, scale)).await;
    tally.run("slow headers", &victim, crowd::slow_headers(&victim, scale)).await;
    tally.run("slow bodies", &victim, crowd::slow_bodies(&victim, scale)).await;
    tally.run("answers that nobody reads", &victim, crowd::no_reading(&victim, scale)).await;
    tally.run("long bodies", &victim, crowd::long_bodies(&victim, scale)).await;
    tally.run("connections cut off", &victim, crowd::cut_off(&victim, scale)).await;
    for (name, shapes) in shape::all() {
        tally.run(name, &victim, crowd::shapes(&victim, shapes, scale)).await;
    }
    tally.print();
    if scale.is_full() {
        // The same crowd with room for all of it.
        let roomy = Victim::start(2 * scale.crowd, "1m");
        let mut held = Tally::new(&roomy);
        held.run("idle connections, all held", &roomy, crowd::idle(&roomy, scale)).await;
        held.print();
        held.check(&roomy, MOST_GROWTH + scale.crowd * MOST_FOR_A_PLACE);
    }
    tally.check(&victim, MOST_GROWTH + scale.places * MOST_FOR_A_PLACE);
}
