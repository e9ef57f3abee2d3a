//! Many runs at a time.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

/// How many runs share a thread: while one of them waits, another goes on.
const AT_ONCE: usize = 2;

/// Does the work on every item, on all processors, and returns what came of it in the order of the items.
pub(crate) fn all<T: Send, R: Send>(items: Vec<T>, work: impl AsyncFn(T) -> R + Sync) -> Vec<R> {
    let queue: Mutex<VecDeque<(usize, T)>> = Mutex::new(items.into_iter().enumerate().collect());
    let done = Mutex::new(BTreeMap::new());
    let worker = async || {
        loop {
            let next = queue.lock().expect("nobody panicked").pop_front();
            let Some((number, item)) = next else { return };
            let result = work(item).await;
            done.lock().expect("nobody panicked").insert(number, result);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let workers = futures::future::join_all((0..AT_ONCE).map(|_| worker()));
                runtime.expect("a runtime").block_on(workers);
            });
        }
    });
    done.into_inner().expect("nobody panicked").into_values().collect()
}
