//! Real or virtual time: the only place of this crate that reads the time of the machine, or waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The time of a deployment. Clones are handles on the same clock.
///
/// A *virtual* clock is moved by whoever holds a handle. It stands still, or it runs at the pace of the machine from
/// wherever it was set; [`freeze`](Self::freeze) and [`run`](Self::run) switch between the two.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Virtual(Arc<Hands>),
}

/// How a clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It shows the time of the machine and cannot be moved.
    Machine,
    /// It is virtual and stands still.
    Frozen,
    /// It is virtual and goes as fast as the time of the machine.
    Running,
}

impl fmt::Display for Pace {
    /// A word: `machine`, `frozen` or `running`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "machine",
            Self::Frozen => "frozen",
            Self::Running => "running",
        })
    }
}

/// What a virtual clock shows, in one word of memory, so that reading it costs one load and no reader sees half a change.
#[derive(Debug)]
struct Hands {
    /// When the clock was made. A monotonic base: corrections of the machine's time never move a virtual clock back.
    made: Instant,
    /// Twice a number of microseconds, plus one while the clock runs. Frozen, the number is the time since the Unix
    /// epoch; running, it is that time less what has passed since `made`.
    position: AtomicI64,
}

/// The parts of a position.
#[derive(Clone, Copy)]
struct Position {
    micros: i64,
    is_running: bool,
}

impl Position {
    fn unpack(word: i64) -> Self {
        Self { micros: word >> 1, is_running: word & 1 == 1 }
    }

    fn pack(self) -> Option<i64> {
        Some(self.micros.checked_mul(2)? | i64::from(self.is_running))
    }
}

impl Hands {
    fn new(start: Timestamp, is_running: bool) -> Self {
        // A timestamp has far fewer microseconds than half of what the word holds.
        let position = Position { micros: start.as_microsecond(), is_running }.pack().unwrap_or(i64::MAX);
        Self { made: instant(), position: AtomicI64::new(position) }
    }

    /// Microseconds since the clock was made.
    fn passed(&self) -> i64 {
        i64::try_from(instant().duration_since(self.made).as_micros()).unwrap_or(i64::MAX)
    }

    /// The time at a position, in microseconds since the Unix epoch.
    fn time(&self, position: Position) -> i64 {
        if !position.is_running {
            return position.micros;
        }
        // At the end of representable time it stands still.
        position.micros.saturating_add(self.passed()).min(Timestamp::MAX.as_microsecond())
    }

    fn now(&self) -> i64 {
        self.time(Position::unpack(self.position.load(Ordering::SeqCst)))
    }

    /// Moves to the time, and goes on at the pace, that `next` makes of the present ones.
    fn update(
        &self,
        next: impl Fn(i64, bool) -> Result<(i64, bool), ClockError>,
    ) -> Result<Timestamp, ClockError> {
        let mut word = self.position.load(Ordering::SeqCst);
        loop {
            let position = Position::unpack(word);
            let (micros, is_running) = next(self.time(position), position.is_running)?;
            if micros > Timestamp::MAX.as_microsecond() {
                return Err(ClockError::OutOfRange);
            }
            let time = timestamp(micros);
            let micros = if is_running { micros.saturating_sub(self.passed()) } else { micros };
            let then = Position { micros, is_running }.pack().ok_or(ClockError::OutOfRange)?;
            match self.position.compare_exchange(word, then, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Ok(time),
                Err(seen) => word = seen,
            }
        }
    }
}

impl Clock {
    /// The time of the machine.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still at `start` until it is moved.
    pub fn virtual_at(start: Timestamp) -> Self {
        Self(Kind::Virtual(Arc::new(Hands::new(start, false))))
    }

    /// A virtual clock that starts at the time of the machine.
    pub fn virtual_from_now() -> Self {
        Self::virtual_at(Self::system().now())
    }

    /// A virtual clock that runs from `start` on.
    pub fn running_from(start: Timestamp) -> Self {
        Self(Kind::Virtual(Arc::new(Hands::new(start, true))))
    }

    /// A virtual clock that shows the time of the machine until it is moved.
    pub fn running_from_now() -> Self {
        Self::running_from(Self::system().now())
    }

    /// The present time, in whole microseconds, so that a time read back from the store equals the time written.
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one reading of the machine's time")]
            Kind::System => Timestamp::now().as_microsecond(),
            Kind::Virtual(hands) => hands.now(),
        };
        timestamp(micros)
    }

    /// Whether [`advance`](Self::advance), [`set`](Self::set), [`freeze`](Self::freeze) and [`run`](Self::run) work.
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual(_))
    }

    /// How it goes at present.
    pub fn pace(&self) -> Pace {
        match &self.0 {
            Kind::System => Pace::Machine,
            Kind::Virtual(hands) => {
                let position = Position::unpack(hands.position.load(Ordering::SeqCst));
                if position.is_running { Pace::Running } else { Pace::Frozen }
            }
        }
    }

    /// Moves a virtual clock forward and returns the new time. One that runs goes on running from there.
    pub fn advance(&self, by: Duration) -> Result<Timestamp, ClockError> {
        let hands = self.hands()?;
        let by = i64::try_from(by.as_micros()).map_err(|_| ClockError::OutOfRange)?;
        hands.update(|now, is_running| Ok((now.checked_add(by).ok_or(ClockError::OutOfRange)?, is_running)))
    }

    /// Sets a virtual clock to a later time and returns it. One that runs goes on running from there.
    pub fn set(&self, to: Timestamp) -> Result<Timestamp, ClockError> {
        let to = to.as_microsecond();
        self.hands()?.update(
            |now, is_running| {
                if to < now { Err(ClockError::Backwards) } else { Ok((to, is_running)) }
            },
        )
    }

    /// Lets a virtual clock stand still from now on, and returns the time at which it stands. One that stands already
    /// is left alone.
    pub fn freeze(&self) -> Result<Timestamp, ClockError> {
        self.hands()?.update(|now, _| Ok((now, false)))
    }

    /// Lets a virtual clock run from now on, and returns the time from which it runs. One that runs already is left
    /// alone.
    pub fn run(&self) -> Result<Timestamp, ClockError> {
        self.hands()?.update(|now, _| Ok((now, true)))
    }

    fn hands(&self) -> Result<&Hands, ClockError> {
        match &self.0 {
            Kind::System => Err(ClockError::NotVirtual),
            Kind::Virtual(hands) => Ok(hands),
        }
    }
}

fn timestamp(micros: i64) -> Timestamp {
    // Only the fraction of the last second there is cannot be made of microseconds.
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

#[expect(clippy::disallowed_methods, reason = "durations are those of the machine")]
fn instant() -> Instant {
    Instant::now()
}

/// Waits, by the time of the machine, whatever any clock shows.
pub(crate) async fn pause(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// Measures how long something takes, whatever the clock shows; for logs.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self(instant())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Why a clock was not moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It shows the time of the machine.
    #[error("the clock shows the time of the machine; start the server with a virtual clock to move it")]
    NotVirtual,
    /// Bounds that were already kept would be broken afterwards.
    #[error("the clock only moves forward; name a time that is not before the present one")]
    Backwards,
    /// The result is no representable time.
    #[error("the clock cannot show that time; move it by less")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Waits until the machine's time is seen to have moved; no bound on how long that takes.
    fn let_time_pass() {
        let watch = Stopwatch::start();
        while watch.elapsed() < Duration::from_micros(50) {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_virtual_clock_stands_still_until_moved() {
        let clock = Clock::virtual_at(Timestamp::UNIX_EPOCH);
        let handle = clock.clone();
        let before = clock.now();
        let_time_pass();
        assert_eq!(clock.now(), before);
        assert_eq!(handle.advance(Duration::from_mins(5)).unwrap().as_second(), 300);
        assert_eq!(clock.now().as_second(), 300);
        assert_eq!(clock.set(at(299)), Err(ClockError::Backwards));
        assert_eq!(clock.set(at(301)).unwrap(), at(301));
        assert_eq!(clock.pace(), Pace::Frozen);
    }

    #[test]
    fn a_clock_that_runs_moves_with_the_machine_and_can_be_moved_all_the_same() {
        let clock = Clock::running_from(at(1000));
        let first = clock.now();
        let_time_pass();
        assert!(clock.now() > first);
        assert!(first >= at(1000));
        let moved = clock.advance(Duration::from_hours(1)).unwrap();
        assert!(moved >= at(4600));
        let_time_pass();
        assert!(clock.now() > moved);
        assert_eq!(clock.set(first), Err(ClockError::Backwards));
        assert_eq!(clock.set(at(10_000)), Ok(at(10_000)));
        assert!(clock.now() >= at(10_000));
        assert_eq!(clock.pace(), Pace::Running);
    }

    #[test]
    fn a_clock_is_frozen_and_let_run_at_any_time_without_a_jump() {
        let clock = Clock::virtual_at(at(1000));
        let handle = clock.clone();
        assert_eq!(handle.run(), Ok(at(1000)));
        assert_eq!(clock.pace(), Pace::Running);
        let_time_pass();
        let stands = handle.freeze().unwrap();
        assert!(stands > at(1000));
        let_time_pass();
        assert_eq!(clock.now(), stands);
        assert_eq!(clock.freeze(), Ok(stands), "freezing twice is freezing once");
        assert_eq!(clock.run(), Ok(stands), "the time that stood still is not caught up with");
        let_time_pass();
        let later = clock.run().unwrap();
        assert!(later > stands, "running twice is running once");
        assert!(clock.now() >= later);
    }

    #[test]
    fn a_move_out_of_range_is_refused_and_changes_nothing() {
        let clock = Clock::virtual_at(Timestamp::MAX);
        let before = clock.now();
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(ClockError::OutOfRange));
        assert_eq!(clock.advance(Duration::MAX), Err(ClockError::OutOfRange));
        assert_eq!(clock.now(), before);
        clock.run().unwrap();
        let_time_pass();
        assert_eq!(clock.now(), Timestamp::MAX, "there is no later time to run to");
    }

    #[test]
    fn the_machine_clock_cannot_be_moved() {
        let clock = Clock::system();
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(ClockError::NotVirtual));
        assert_eq!(clock.set(Timestamp::MAX), Err(ClockError::NotVirtual));
        assert_eq!(clock.freeze(), Err(ClockError::NotVirtual));
        assert_eq!(clock.run(), Err(ClockError::NotVirtual));
        assert_eq!(clock.pace(), Pace::Machine);
    }

    proptest! {
        #[test]
        fn every_time_is_shown_as_it_was_set(micros in Timestamp::MIN.as_microsecond()..=Timestamp::MAX.as_microsecond()) {
            let time = Timestamp::from_microsecond(micros).unwrap();
            prop_assert_eq!(Clock::virtual_at(time).now(), time);
            prop_assert!(Clock::running_from(time).now() >= time);
            prop_assert_eq!(Clock::virtual_at(Timestamp::MIN).set(time), Ok(time));
        }
    }
}
