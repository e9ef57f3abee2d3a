//! From seconds to places on a line, with marks at round times.

use std::time::Duration;

/// Distances of marks that people count in, in seconds.
const STEPS: [f64; 23] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0,
    300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
];
/// More marks than this make a line unreadable.
const MARKS: f64 = 6.0;

/// A line from 0 to a time, in percent of its length from `left` to `right`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    longest: f64,
    left: f64,
    right: f64,
}

impl Scale {
    /// A line that has a place for each of these times, in seconds.
    pub(super) fn of(times: impl IntoIterator<Item = f64>, left: f64, right: f64) -> Self {
        let longest = times.into_iter().filter(|time| time.is_finite()).fold(0.0, f64::max);
        // A line without a length has no places.
        let longest = if longest > 0.0 { longest * 1.06 } else { 1.0 };
        Self { longest, left, right }
    }

    /// Where a time is, in percent.
    pub(super) fn at(self, seconds: f64) -> f64 {
        let part = (seconds / self.longest).clamp(0.0, 1.0);
        self.left + part * (self.right - self.left)
    }

    /// Whether a time has a place of its own, and is not beyond the end.
    pub(super) fn has(self, seconds: f64) -> bool {
        seconds <= self.longest
    }

    /// As [`at`](Self::at), for an attribute.
    pub(super) fn percent(self, seconds: f64) -> String {
        percent(self.at(seconds))
    }

    /// Times so far from each other that they can be told apart.
    pub(super) fn resolution(self) -> f64 {
        self.longest / 250.0
    }

    /// The marks.
    pub(super) fn marks(self) -> Vec<f64> {
        let step = STEPS.into_iter().find(|step| self.longest / step <= MARKS);
        // Beyond the list, in whole hours.
        let step = step.unwrap_or_else(|| (self.longest / MARKS / 3600.0).ceil() * 3600.0);
        let mut marks = Vec::new();
        let mut at = 0.0;
        while at <= self.longest {
            marks.push(at);
            at += step;
        }
        marks
    }
}

/// A percentage for an attribute.
pub(super) fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

/// A length of time for people, in its two greatest units: `5m 5s`, `1h`, `12ms`.
pub(super) fn words(seconds: f64) -> String {
    if seconds > 0.0 && seconds < 0.001 {
        return "<1ms".to_owned();
    }
    let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    if time.as_secs() < 10 {
        let millis = (time.as_secs_f64() * 1000.0).round();
        let digits = if time.as_secs() == 0 { 1.0 } else { 100.0 };
        let rounded =
            Duration::try_from_secs_f64((millis / digits).round() * digits / 1000.0).unwrap_or_default();
        return match rounded.subsec_millis() {
            0 => format!("{}s", rounded.as_secs()),
            millis if rounded.as_secs() == 0 => format!("{millis}ms"),
            _ => format!("{:.1}s", rounded.as_secs_f64()),
        };
    }
    let whole = time.as_secs_f64().round();
    let units = [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)];
    let mut rest = whole;
    let mut parts = Vec::new();
    for (unit, length) in units {
        let count = (rest / length).floor();
        rest -= count * length;
        if count > 0.0 {
            parts.push(format!("{count}{unit}"));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_few() {
        let check = |longest: f64, expected: &[&str]| {
            let marks: Vec<String> =
                Scale::of([longest], 0.0, 100.0).marks().into_iter().map(words).collect();
            assert_eq!(marks, expected, "{longest}");
        };
        check(300.0, &["0s", "1m", "2m", "3m", "4m", "5m"]);
        check(0.0, &["0s", "200ms", "400ms", "600ms", "800ms", "1s"]);
        check(3600.0, &["0s", "15m", "30m", "45m", "1h"]);
        check(0.0301, &["0s", "10ms", "20ms", "30ms"]);
    }

    #[test]
    fn each_time_has_its_place() {
        let scale = Scale::of([100.0, f64::NAN], 20.0, 98.0);
        assert!((scale.at(0.0) - 20.0).abs() < 1e-9);
        assert!((scale.at(106.0) - 98.0).abs() < 1e-9);
        assert!((scale.at(1e9) - 98.0).abs() < 1e-9);
        assert_eq!(words(0.000_4), "<1ms");
        assert!(scale.has(106.0) && !scale.has(107.0));
    }

    #[test]
    fn a_time_is_told_in_two_units() {
        let check = |seconds: f64, expected: &str| assert_eq!(words(seconds), expected, "{seconds}");
        check(0.0, "0s");
        check(0.0123, "12ms");
        check(0.9996, "1s");
        check(1.26, "1.3s");
        check(59.9, "1m");
        check(300.0, "5m");
        check(305.2, "5m 5s");
        check(45_305.0, "12h 35m");
        check(86_401.0, "1d");
    }
}
