//! Real or virtual time: the only place of this crate that reads the time of the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// The time of a deployment. Clones are handles on the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    /// Microseconds since the Unix epoch.
    Virtual(Arc<AtomicI64>),
}

impl Clock {
    /// The time of the machine.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still at `start` until it is moved.
    pub fn virtual_at(start: Timestamp) -> Self {
        Self(Kind::Virtual(Arc::new(AtomicI64::new(start.as_microsecond()))))
    }

    /// A virtual clock that starts at the time of the machine.
    pub fn virtual_from_now() -> Self {
        Self::virtual_at(Self::system().now())
    }

    /// The present time, in whole microseconds, so that a time read back from the store equals the time written.
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one reading of the machine's time")]
            Kind::System => Timestamp::now().as_microsecond(),
            Kind::Virtual(micros) => micros.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Whether [`advance`](Self::advance) and [`set`](Self::set) work.
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Kind::Virtual(_))
    }

    /// Moves a virtual clock forward and returns the new time.
    pub fn advance(&self, by: Duration) -> Result<Timestamp, ClockError> {
        let micros = i64::try_from(by.as_micros()).map_err(|_| ClockError::OutOfRange)?;
        self.update(|now| now.checked_add(micros).ok_or(ClockError::OutOfRange))
    }

    /// Sets a virtual clock to a later time and returns it.
    pub fn set(&self, to: Timestamp) -> Result<Timestamp, ClockError> {
        let to = to.as_microsecond();
        self.update(|now| if to < now { Err(ClockError::Backwards) } else { Ok(to) })
    }

    fn update(&self, next: impl Fn(i64) -> Result<i64, ClockError>) -> Result<Timestamp, ClockError> {
        let Kind::Virtual(micros) = &self.0 else { return Err(ClockError::NotVirtual) };
        let mut now = micros.load(Ordering::SeqCst);
        loop {
            let then = next(now)?;
            let time = Timestamp::from_microsecond(then).map_err(|_| ClockError::OutOfRange)?;
            match micros.compare_exchange(now, then, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Ok(time),
                Err(seen) => now = seen,
            }
        }
    }
}

/// Measures how long something takes, whatever the clock shows; for logs.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "durations in logs are those of the machine")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
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
    use super::*;

    #[test]
    fn a_virtual_clock_stands_still_until_moved() {
        let clock = Clock::virtual_at(Timestamp::UNIX_EPOCH);
        let handle = clock.clone();
        assert_eq!(clock.now(), clock.now());
        assert_eq!(handle.advance(Duration::from_mins(5)).unwrap().as_second(), 300);
        assert_eq!(clock.now().as_second(), 300);
        assert_eq!(clock.set(Timestamp::from_second(299).unwrap()), Err(ClockError::Backwards));
        assert_eq!(clock.set(Timestamp::from_second(301).unwrap()).unwrap().as_second(), 301);
    }

    #[test]
    fn a_move_out_of_range_is_refused_and_changes_nothing() {
        let clock = Clock::virtual_at(Timestamp::MAX);
        let before = clock.now();
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(ClockError::OutOfRange));
        assert_eq!(clock.advance(Duration::MAX), Err(ClockError::OutOfRange));
        assert_eq!(clock.now(), before);
    }

    #[test]
    fn the_machine_clock_cannot_be_moved() {
        assert_eq!(Clock::system().advance(Duration::from_secs(1)), Err(ClockError::NotVirtual));
    }
}
