//! The places for connections: who has one, what the server waits for on each, and whom to close when all are taken.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Connections;
use crate::clock::Stopwatch;

/// What happens on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// The server waits for the first byte of a request.
    Idle,
    /// It waits for the rest of the headers.
    Head,
    /// It waits for the rest of the body.
    Body,
    /// It makes or sends an answer.
    Work,
    /// It has said everything and reads what the peer still sends, so that the peer gets to read it.
    Linger,
    /// It is being closed.
    Closed,
}

impl Phase {
    const ALL: [Self; 6] = [Self::Idle, Self::Head, Self::Body, Self::Work, Self::Linger, Self::Closed];
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum End {
    /// One of the two had enough.
    Done,
    /// What came was no HTTP, or the network broke.
    Error,
    /// Another one needed the place.
    Displaced,
    /// No request came.
    Idle,
    /// The headers of a request took too long.
    SlowHeaders,
    /// The peer did not read its answer.
    SlowReader,
    /// The peer went on sending after it had been answered.
    Lingering,
    /// The server stopped.
    Stopped,
    /// The peer has too many.
    PeerBound,
}

impl End {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 9] = [
        Self::Done,
        Self::Error,
        Self::Displaced,
        Self::Idle,
        Self::SlowHeaders,
        Self::SlowReader,
        Self::Lingering,
        Self::Stopped,
        Self::PeerBound,
    ];

    /// The word for it in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Displaced => "displaced",
            Self::Idle => "idle",
            Self::SlowHeaders => "slow_headers",
            Self::SlowReader => "slow_reader",
            Self::Lingering => "lingering",
            Self::Stopped => "stopped",
            Self::PeerBound => "peer_bound",
        }
    }
}

/// How long a peer may go on sending after it was answered.
const LINGER: Duration = Duration::from_secs(2);

/// Bits that hold the time of a state; the phase is above them.
const TIME_BITS: u32 = 60;

/// A phase and the time of its beginning, in one word, so that both change at once.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moment(u64);

impl Moment {
    fn new(phase: Phase, nanos: u64) -> Self {
        Self(((phase as u64) << TIME_BITS) | (nanos & ((1 << TIME_BITS) - 1)))
    }

    fn phase(self) -> Phase {
        let index = usize::try_from(self.0 >> TIME_BITS).unwrap_or(usize::MAX);
        Phase::ALL.get(index).copied().unwrap_or(Phase::Closed)
    }

    fn nanos(self) -> u64 {
        self.0 & ((1 << TIME_BITS) - 1)
    }
}

/// The place of one connection.
#[derive(Debug)]
pub(super) struct Place {
    peer: IpAddr,
    moment: AtomicU64,
    /// Since when the peer reads nothing, plus one; zero if it reads or has nothing to read.
    stalled: AtomicU64,
    /// Whether the peer was answered before it had sent its whole body.
    unread: AtomicBool,
    end: AtomicU8,
    close: Notify,
    shared: Arc<Shared>,
}

impl Place {
    fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::SeqCst))
    }

    /// What happens on the connection now.
    pub(super) fn phase(&self) -> Phase {
        self.moment().phase()
    }

    /// Goes from one of the phases `from` to `to`; says whether it did.
    pub(super) fn turn(&self, from: &[Phase], to: Phase) -> bool {
        let now = self.shared.nanos();
        let mut seen = self.moment();
        loop {
            if !from.contains(&seen.phase()) {
                return false;
            }
            match self.exchange(seen, Moment::new(to, now)) {
                Ok(()) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// Goes from one of the phases `from` to work, unless as many requests are worked on as may be; says whether there
    /// was room. A connection that is being closed needs none.
    pub(super) fn begin(&self, from: &[Phase]) -> bool {
        let working = &self.shared.working;
        let another = |count: usize| match self.shared.requests {
            Some(most) if count >= most.get() => None,
            _ => Some(count + 1),
        };
        // Counted before it begins, so that no two take the last room.
        if working.fetch_update(Ordering::SeqCst, Ordering::SeqCst, another).is_err() {
            return false;
        }
        let mut seen = self.moment();
        while from.contains(&seen.phase()) {
            match self.swap(seen, Moment::new(Phase::Work, self.shared.nanos())) {
                Ok(()) => return true,
                Err(other) => seen = other,
            }
        }
        working.fetch_sub(1, Ordering::SeqCst);
        true
    }

    fn exchange(&self, from: Moment, to: Moment) -> Result<(), Moment> {
        self.swap(from, to)?;
        let was_work = from.phase() == Phase::Work;
        if to.phase() == Phase::Work && !was_work {
            self.shared.working.fetch_add(1, Ordering::SeqCst);
        } else if was_work && to.phase() != Phase::Work {
            self.shared.working.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(())
    }

    fn swap(&self, from: Moment, to: Moment) -> Result<(), Moment> {
        let (success, failure) = (Ordering::SeqCst, Ordering::SeqCst);
        self.moment.compare_exchange(from.0, to.0, success, failure).map(drop).map_err(Moment)
    }

    /// The peer takes no more bytes, or takes some again.
    pub(super) fn stall(&self, is_stalled: bool) {
        if !is_stalled {
            // Almost always there is nothing to take back, and a load is cheaper.
            if self.stalled.load(Ordering::SeqCst) != 0 {
                self.stalled.store(0, Ordering::SeqCst);
            }
        } else if self.stalled.load(Ordering::SeqCst) == 0 {
            self.stalled.store(self.shared.nanos() + 1, Ordering::SeqCst);
        }
    }

    /// The answer was made before the body had come.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::SeqCst);
    }

    /// Whether the peer may still be sending when it has been answered.
    pub(super) fn may_still_send(&self) -> bool {
        self.unread.load(Ordering::SeqCst) || self.phase() == Phase::Head
    }

    /// Completes when the connection has to be closed, with the reason.
    pub(super) async fn closed(&self) -> End {
        self.close.notified().await;
        End::ALL.get(usize::from(self.end.load(Ordering::SeqCst))).copied().unwrap_or(End::Done)
    }

    /// Since when the server has waited for the peer; `None` while the peer waits for the server.
    fn waiting_since(&self) -> Option<u64> {
        let stalled = self.stalled.load(Ordering::SeqCst);
        let moment = self.moment();
        match moment.phase() {
            Phase::Closed => None,
            _ if stalled != 0 => Some(stalled - 1),
            Phase::Work => None,
            Phase::Idle | Phase::Head | Phase::Body | Phase::Linger => Some(moment.nanos()),
        }
    }

    /// Closes the connection unless something has happened on it since `seen`.
    fn close(&self, seen: Moment, end: End) -> bool {
        if self.exchange(seen, Moment::new(Phase::Closed, self.shared.nanos())).is_err() {
            return false;
        }
        self.end.store(end as u8, Ordering::SeqCst);
        self.close.notify_one();
        true
    }

    /// Why the time of the peer is over, if it is.
    fn overdue(&self, bounds: &Connections, now: u64) -> Option<End> {
        let late = |since: u64, bound: Duration| Duration::from_nanos(now.saturating_sub(since)) > bound;
        let stalled = self.stalled.load(Ordering::SeqCst);
        if stalled != 0 && late(stalled - 1, bounds.write_time) {
            return Some(End::SlowReader);
        }
        let moment = self.moment();
        let (bound, end) = match moment.phase() {
            Phase::Idle => (bounds.idle_time, End::Idle),
            Phase::Head => (bounds.header_time, End::SlowHeaders),
            Phase::Linger => (LINGER, End::Lingering),
            // How long these take is for the routes to bound.
            Phase::Body | Phase::Work | Phase::Closed => return None,
        };
        late(moment.nanos(), bound).then_some(end)
    }
}

/// What all places of a listener have in common.
#[derive(Debug)]
struct Shared {
    watch: Stopwatch,
    /// How many requests may be worked on at once.
    requests: Option<NonZeroUsize>,
    working: AtomicUsize,
    taken: Mutex<Taken>,
    /// A place was given back.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    places: HashMap<u64, Arc<Place>>,
    peers: HashMap<IpAddr, usize>,
}

impl Taken {
    fn remove(&mut self, id: u64) {
        let Some(place) = self.places.remove(&id) else { return };
        if let Some(count) = self.peers.get_mut(&place.peer) {
            *count -= 1;
            if *count == 0 {
                self.peers.remove(&place.peer);
            }
        }
    }

    /// Closes the connection on which the server has waited longest, at least since `latest`, of those that concern us.
    fn displace(&mut self, latest: u64, concerns: impl Fn(&Place) -> bool) -> bool {
        loop {
            let waiting =
                self.places.iter().filter(|(_, place)| concerns(place)).filter_map(|(id, place)| {
                    let seen = place.moment();
                    let since = place.waiting_since().filter(|since| *since <= latest)?;
                    Some((since, *id, seen))
                });
            let Some((_, id, seen)) = waiting.min_by_key(|(since, ..)| *since) else { return false };
            let closed = self.places.get(&id).is_some_and(|place| place.close(seen, End::Displaced));
            if closed {
                self.remove(id);
                return true;
            }
            // It has just begun to be worked on; the next one then.
        }
    }
}

impl Shared {
    fn nanos(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The places of a listener.
#[derive(Clone, Debug)]
pub(super) struct Places {
    bounds: Connections,
    /// How long a connection has its place for certain, so that its request can arrive and be seen.
    grace: Duration,
    shared: Arc<Shared>,
}

/// What becomes of a new connection.
#[derive(Debug)]
pub(super) enum Admission {
    /// It has a place.
    Seated(Seat),
    /// All places are taken by connections that are worked on or have just come.
    Full,
    /// Its peer has too many, and all are worked on.
    PeerFull,
}

/// A place that is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    id: u64,
    place: Arc<Place>,
}

impl Seat {
    /// The place.
    pub(super) fn place(&self) -> &Arc<Place> {
        &self.place
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let seen = self.place.moment();
        if seen.phase() != Phase::Closed {
            self.place.close(seen, End::Done);
        }
        self.place.shared.taken().remove(self.id);
        self.place.shared.freed.notify_one();
    }
}

impl Places {
    /// Empty places.
    pub(super) fn new(bounds: Connections, grace: Duration) -> Self {
        let shared = Shared {
            watch: Stopwatch::start(),
            requests: bounds.requests,
            working: AtomicUsize::new(0),
            taken: Mutex::default(),
            freed: Notify::new(),
        };
        Self { bounds, grace, shared: Arc::new(shared) }
    }

    /// Takes a place for a connection from `peer`, if need be that of another one.
    pub(super) fn admit(&self, peer: IpAddr) -> Admission {
        let now = self.shared.nanos();
        let grace = u64::try_from(self.grace.as_nanos()).unwrap_or(u64::MAX);
        let mut taken = self.shared.taken();
        if let Some(most) = self.bounds.most_per_peer
            && taken.peers.get(&peer).is_some_and(|count| *count >= most.get())
            && !taken.displace(now, |place| place.peer == peer)
        {
            return Admission::PeerFull;
        }
        if taken.places.len() >= self.bounds.most.max(1)
            && !now.checked_sub(grace).is_some_and(|latest| taken.displace(latest, |_| true))
        {
            return Admission::Full;
        }
        let place = Arc::new(Place {
            peer,
            moment: AtomicU64::new(Moment::new(Phase::Idle, now).0),
            stalled: AtomicU64::new(0),
            unread: AtomicBool::new(false),
            end: AtomicU8::new(0),
            close: Notify::new(),
            shared: self.shared.clone(),
        });
        let id = taken.next;
        taken.next += 1;
        taken.places.insert(id, place.clone());
        *taken.peers.entry(peer).or_default() += 1;
        Admission::Seated(Seat { id, place })
    }

    /// Completes when a place may have become free.
    pub(super) async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// Closes connections whose peers have used up their time.
    pub(super) fn close_overdue(&self) {
        let now = self.shared.nanos();
        for place in self.shared.taken().places.values() {
            let seen = place.moment();
            if let Some(end) = place.overdue(&self.bounds, now) {
                place.close(seen, end);
            }
        }
    }

    /// How often to look for overdue connections.
    pub(super) fn period(&self) -> Duration {
        let bounds = [self.bounds.idle_time, self.bounds.header_time, self.bounds.write_time, LINGER];
        let shortest = bounds.into_iter().min().unwrap_or(LINGER);
        (shortest / 4).clamp(Duration::from_millis(5), Duration::from_millis(500))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peer(number: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, number])
    }

    fn seated(places: &Places, number: u8) -> Seat {
        match places.admit(peer(number)) {
            Admission::Seated(seat) => seat,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_longest_waited_for_gives_way_and_the_worked_on_never() {
        let places = Places::new(Connections { most: 3, ..Connections::default() }, Duration::ZERO);
        let (first, second, third) = (seated(&places, 1), seated(&places, 2), seated(&places, 3));
        assert!(first.place().turn(&[Phase::Idle], Phase::Work));
        // It trickles its headers, which buys it nothing.
        assert!(second.place().turn(&[Phase::Idle], Phase::Head));
        let fourth = seated(&places, 4);
        assert_eq!(
            [&first, &second, &third].map(|seat| seat.place().phase()),
            [Phase::Work, Phase::Head, Phase::Closed]
        );
        let fifth = seated(&places, 5);
        assert_eq!(second.place().phase(), Phase::Closed);
        assert!(fourth.place().turn(&[Phase::Idle], Phase::Work));
        assert!(fifth.place().turn(&[Phase::Idle], Phase::Work));
        assert!(matches!(places.admit(peer(6)), Admission::Full));
        // Who reads no answer waits for nothing.
        fourth.place().stall(true);
        let sixth = seated(&places, 6);
        assert_eq!(fourth.place().phase(), Phase::Closed);
        drop((second, third, fourth));
        assert!(sixth.place().turn(&[Phase::Idle], Phase::Work));
        assert!(matches!(places.admit(peer(7)), Admission::Full));
        drop(first);
        seated(&places, 7);
    }

    #[test]
    fn whoever_has_just_come_does_not_give_way() {
        let bounds = Connections { most: 1, ..Connections::default() };
        let places = Places::new(bounds, Duration::from_hours(1));
        let first = seated(&places, 1);
        assert!(matches!(places.admit(peer(2)), Admission::Full));
        drop(first);
        seated(&places, 2);
    }

    #[test]
    fn a_peer_displaces_itself() {
        let bounds = Connections { most_per_peer: NonZeroUsize::new(2), ..Connections::default() };
        let places = Places::new(bounds, Duration::ZERO);
        let (other, first, second) = (seated(&places, 9), seated(&places, 1), seated(&places, 1));
        let third = seated(&places, 1);
        assert_eq!(first.place().phase(), Phase::Closed);
        assert_eq!(other.place().phase(), Phase::Idle);
        for seat in [&second, &third] {
            assert!(seat.place().turn(&[Phase::Idle], Phase::Work));
        }
        assert!(matches!(places.admit(peer(1)), Admission::PeerFull));
        seated(&places, 2);
        drop(second);
        seated(&places, 1);
    }

    proptest! {
        /// However connections come, change and go, no more than allowed are open, and the count of requests is right.
        #[test]
        fn bounds_and_counts_hold(steps in prop::collection::vec((0..6_u8, 0..8_usize, 1..4_u8), 0..200)) {
            let bounds = Connections {
                most: 5,
                most_per_peer: NonZeroUsize::new(3),
                requests: NonZeroUsize::new(2),
                ..Connections::default()
            };
            let places = Places::new(bounds, Duration::ZERO);
            let mut seats: Vec<Seat> = Vec::new();
            for (step, index, number) in steps {
                match (step, index.checked_rem(seats.len())) {
                    (0, _) | (_, None) => {
                        if let Admission::Seated(seat) = places.admit(peer(number)) {
                            seats.push(seat);
                        }
                    }
                    (1, Some(index)) => drop(seats.swap_remove(index)),
                    (2, Some(index)) => {
                        let place = seats[index].place();
                        let before = (place.phase(), places.shared.working.load(Ordering::SeqCst));
                        let has_room = place.begin(&[Phase::Idle, Phase::Head, Phase::Body]);
                        prop_assert_eq!(has_room, before.1 < 2);
                        let begins = has_room && !matches!(before.0, Phase::Work | Phase::Closed);
                        prop_assert_eq!(place.phase(), if begins { Phase::Work } else { before.0 });
                    }
                    (3, Some(index)) => {
                        seats[index].place().turn(&[Phase::Work], Phase::Body);
                    }
                    (4, Some(index)) => {
                        seats[index].place().turn(&[Phase::Work, Phase::Body], Phase::Idle);
                    }
                    (_, Some(index)) => {
                        seats[index].place().turn(&[Phase::Idle], Phase::Head);
                    }
                }
                let open = seats.iter().filter(|seat| seat.place().phase() != Phase::Closed);
                prop_assert!(open.clone().count() <= 5);
                for number in 1..4 {
                    prop_assert!(open.clone().filter(|seat| seat.place().peer == peer(number)).count() <= 3);
                }
                let working = open.filter(|seat| seat.place().phase() == Phase::Work).count();
                prop_assert_eq!(places.shared.working.load(Ordering::SeqCst), working);
                prop_assert!(working <= 2);
                prop_assert_eq!(places.shared.taken().peers.values().sum::<usize>(), places.shared.taken().places.len());
            }
        }
    }
}
