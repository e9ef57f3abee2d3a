//! Lanes: what of a run goes on side by side. A lane is one thread of a run, such as the sequences of one requirement.
//!
//! So many lanes are active at once as the plan has jobs; one that waits gives its place to another. Where the
//! deployment's clock is moved, it is moved only when every lane waits, and then to the moment that the first of them
//! waits for: no time passes for a lane but what it waits for itself, whoever else is under way.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::clock::StillOpen;

/// The number of a lane within its run. Lanes are numbered in the order of the report, whoever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LaneId(u32);

/// The lanes of a run.
#[derive(Debug)]
pub(crate) struct Lanes {
    width: u32,
    places: Arc<Semaphore>,
    numbers: AtomicU32,
    rest: Mutex<Rest>,
    /// Told when the last lane falls asleep.
    idle: Notify,
}

/// Who is awake, and who waits for which moment of the deployment's clock.
#[derive(Debug, Default)]
struct Rest {
    awake: usize,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<Result<(), StillOpen>>>,
    slept: u64,
}

impl Lanes {
    /// Lanes of which so many may be active at once.
    pub(crate) fn new(width: u32) -> Self {
        Self {
            width,
            places: Arc::new(Semaphore::new(usize::try_from(width).unwrap_or(Semaphore::MAX_PERMITS))),
            numbers: AtomicU32::new(0),
            rest: Mutex::default(),
            idle: Notify::new(),
        }
    }

    /// How many lanes may be active at once.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// The next lane. It sends to the replica of this number unless it is told otherwise.
    pub(crate) fn next(&self, home: usize) -> Lane {
        let id = LaneId(self.numbers.fetch_add(1, Ordering::Relaxed));
        Lane { id, home: AtomicUsize::new(home), place: Mutex::default() }
    }

    /// Counts so many lanes as awake, until each is over or all of them are given up.
    pub(crate) fn awake(&self, count: usize) -> Awake<'_> {
        self.rest().awake += count;
        Awake(self)
    }

    /// Waits until the deployment's clock shows `until`, in a lane that is awake.
    pub(crate) async fn sleep(&self, until: Timestamp) -> Result<(), StillOpen> {
        let woken = {
            let mut rest = self.rest();
            let (wake, woken) = oneshot::channel();
            let key = (until, rest.slept);
            rest.slept += 1;
            rest.sleepers.insert(key, wake);
            rest.awake = rest.awake.saturating_sub(1);
            if rest.awake == 0 {
                self.idle.notify_one();
            }
            woken
        };
        woken.await.unwrap_or(Ok(()))
    }

    /// Whether anyone is counted as awake or asleep, so that the clock is not this lane's alone to move.
    pub(crate) fn is_shared(&self) -> bool {
        let rest = self.rest();
        rest.awake > 0 || !rest.sleepers.is_empty()
    }

    /// Waits until every lane is asleep. Returns what the first of them waits for.
    pub(crate) async fn all_asleep(&self) -> Timestamp {
        loop {
            if let Some(until) = self.first() {
                return until;
            }
            self.idle.notified().await;
        }
    }

    fn first(&self) -> Option<Timestamp> {
        let rest = self.rest();
        let first = rest.sleepers.first_key_value().map(|((until, _), _)| *until);
        first.filter(|_| rest.awake == 0)
    }

    /// Wakes everyone who waited for this moment, or for an earlier one.
    pub(crate) fn wake(&self, until: Timestamp, moved: &Result<(), StillOpen>) {
        let mut rest = self.rest();
        while let Some(entry) = rest.sleepers.first_entry() {
            if entry.key().0 > until {
                break;
            }
            // Whoever is not there any more has nothing to hear.
            let _ = entry.remove().send(moved.clone());
            rest.awake += 1;
        }
    }

    fn over(&self) {
        let mut rest = self.rest();
        rest.awake = rest.awake.saturating_sub(1);
        if rest.awake == 0 {
            self.idle.notify_one();
        }
    }

    fn rest(&self) -> std::sync::MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lanes that are counted as awake. When it goes, none is any more: they are over, or given up.
#[derive(Debug)]
pub(crate) struct Awake<'l>(&'l Lanes);

impl Awake<'_> {
    /// One of them is over.
    pub(crate) fn over(&self) {
        self.0.over();
    }
}

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        let mut rest = self.0.rest();
        rest.awake = 0;
        rest.sleepers.clear();
    }
}

/// One lane.
#[derive(Debug)]
pub(crate) struct Lane {
    id: LaneId,
    /// The replica that everything is sent to that is not meant for another one.
    home: AtomicUsize,
    /// The places that it holds while it is active.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Lane {
    /// Its number.
    pub(crate) fn id(&self) -> LaneId {
        self.id
    }

    /// The number of its home replica.
    pub(crate) fn home(&self) -> usize {
        self.home.load(Ordering::Relaxed)
    }

    /// Makes the next of `count` replicas its home.
    pub(crate) fn move_home(&self, count: usize) {
        let next = |home: usize| Some((home + 1) % count.max(1));
        let _ = self.home.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// Waits for a place, and keeps it until the lane goes.
    pub(crate) async fn enter(&self, lanes: &Lanes) {
        self.take(lanes, 1).await;
    }

    /// Gives its place to others for the time of `rest`.
    pub(crate) async fn aside<T>(&self, lanes: &Lanes, rest: impl Future<Output = T>) -> T {
        let held = self.give_up();
        let done = rest.await;
        if let Some(count) = held {
            self.take(lanes, count).await;
        }
        done
    }

    /// Does something while no other lane is active.
    pub(crate) async fn undisturbed<T>(&self, lanes: &Lanes, work: impl Future<Output = T>) -> T {
        // Whoever holds no place is the only one.
        if self.give_up().is_none() {
            return work.await;
        }
        self.take(lanes, lanes.width).await;
        let done = work.await;
        let mut place = self.place();
        let more = place.as_ref().map_or(0, OwnedSemaphorePermit::num_permits).saturating_sub(1);
        drop(place.as_mut().and_then(|place| place.split(more)));
        done
    }

    async fn take(&self, lanes: &Lanes, count: u32) {
        // The places are never closed.
        let place = Arc::clone(&lanes.places).acquire_many_owned(count).await.ok();
        *self.place() = place;
    }

    /// Gives up its places; how many these were, if it held any.
    fn give_up(&self) -> Option<u32> {
        let held = self.place().take()?;
        u32::try_from(held.num_permits()).ok()
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures::future::{join, join_all};
    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_gives_its_place_to_others() {
        let (lanes, all_wait) = (Lanes::new(1), Barrier::new(3));
        let work = async || {
            let lane = lanes.next(0);
            lane.enter(&lanes).await;
            // Nobody gets past this before all three are here, with one place for them.
            lane.aside(&lanes, all_wait.wait()).await;
        };
        join_all((0..3).map(|_| work())).await;
        assert_eq!(lanes.places.available_permits(), 1);
    }

    #[tokio::test]
    async fn no_more_are_active_than_there_are_places() {
        let (lanes, active, most) = (Lanes::new(2), AtomicU32::new(0), AtomicU32::new(0));
        let step = async || {
            let now = active.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            active.fetch_sub(1, Ordering::SeqCst);
            now
        };
        let work = async || {
            let lane = lanes.next(0);
            lane.enter(&lanes).await;
            step().await;
            let beside = lane.undisturbed(&lanes, step()).await;
            step().await;
            beside
        };
        let beside = join_all((0..5).map(|_| work())).await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert_eq!(beside, [1; 5], "what is not to be disturbed is active alone");
        assert_eq!(lanes.places.available_permits(), 2);
    }

    /// No time passes for a lane but what it waits for.
    #[tokio::test]
    async fn the_clock_is_moved_to_the_first_moment_that_is_waited_for() {
        let lanes = Lanes::new(1);
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        let awake = lanes.awake(2);
        let (now, seen) = (Mutex::new(at(0)), Mutex::new(Vec::new()));
        let work = async |moments: &[i64]| {
            for moment in moments {
                assert_eq!(lanes.sleep(at(*moment)).await, Ok(()));
                seen.lock().unwrap().push((*moment, *now.lock().unwrap()));
            }
            awake.over();
        };
        let clock = async {
            for _ in 0..2 {
                let until = lanes.all_asleep().await;
                *now.lock().unwrap() = until;
                lanes.wake(until, &Ok(()));
            }
        };
        join(join(work(&[5]), work(&[3, 5])), clock).await;
        let seen: Vec<_> =
            seen.lock().unwrap().iter().map(|(moment, now)| (*moment, now.as_second())).collect();
        assert_eq!(seen, [(3, 3), (5, 5), (5, 5)]);
        assert!(!lanes.is_shared());
    }

    #[tokio::test]
    async fn what_is_given_up_leaves_nobody_waiting() {
        let lanes = Lanes::new(1);
        let awake = lanes.awake(1);
        let sleep = lanes.sleep(Timestamp::default());
        tokio::select! {
            biased;
            slept = sleep => panic!("nobody moves the clock: {slept:?}"),
            until = lanes.all_asleep() => assert_eq!(until, Timestamp::default()),
        }
        drop(awake);
        assert!(!lanes.is_shared());
    }
}
