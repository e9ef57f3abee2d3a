//! How late an answer is: always alike, or by chance.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::{Rng, RngExt as _};

use super::text::{Time, Unreadable, written_as_text};

/// A distribution of waits, by the time of the machine whatever the server's clock shows.
///
/// | written | what it is |
/// |---|---|
/// | `200ms` | always the same |
/// | `200ms..2s` | anything between the two, equally likely |
/// | `normal:300ms:100ms` | a normal distribution: mean and standard deviation |
/// | `lognormal:300ms:0.5` | a log-normal one, as networks have it: median, and deviation of the logarithm |
///
/// The last two take the longest wait as one part more, `lognormal:300ms:0.5:2s`; without, it is ten times the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency(Shape);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant(Time),
    Uniform { from: Time, to: Time },
    Normal { mean: Time, deviation: Time, most: Option<Time> },
    LogNormal { median: Time, sigma: f64, most: Option<Time> },
}

/// The longest wait of distributions without a bound of their own, as a multiple of their middle.
const USUAL_MOST: u32 = 10;

/// Beyond this, nearly all waits of a log-normal distribution are zero or the longest.
const MOST_SIGMA: f64 = 10.0;

impl Latency {
    /// Always `time`.
    pub fn constant(time: Duration) -> Self {
        Self(Shape::Constant(Time(time)))
    }

    /// From `from` to `to`, equally likely; an error unless they are in this order.
    pub fn uniform(from: Duration, to: Duration) -> Result<Self, Unreadable> {
        if from <= to {
            Ok(Self(Shape::Uniform { from: Time(from), to: Time(to) }))
        } else {
            Err(Unreadable::because("a range of waits starts with the shorter one, such as 200ms..2s"))
        }
    }

    /// One wait.
    pub(super) fn sample(self, dice: &mut impl Rng) -> Duration {
        match self.0 {
            Shape::Constant(time) => time.0,
            Shape::Uniform { from, to } => from.0 + to.0.saturating_sub(from.0).mul_f64(dice.random::<f64>()),
            Shape::Normal { mean, deviation, most } => {
                bounded(mean.0.as_secs_f64() + deviation.0.as_secs_f64() * normal(dice), mean, most)
            }
            Shape::LogNormal { median, sigma, most } => {
                bounded(median.0.as_secs_f64() * (sigma * normal(dice)).exp(), median, most)
            }
        }
    }
}

/// A number of the standard normal distribution, from two uniform ones (Box and Muller's way).
fn normal(dice: &mut impl Rng) -> f64 {
    // From just above 0 to 1, because 0 has no logarithm.
    let radius = (-2.0 * (1.0 - dice.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * dice.random::<f64>()).cos()
}

fn bounded(seconds: f64, middle: Time, most: Option<Time>) -> Duration {
    let most = most.map_or(middle.0.saturating_mul(USUAL_MOST), |most| most.0);
    if seconds <= 0.0 {
        return Duration::ZERO;
    }
    // What cannot be represented is longer than the longest.
    Duration::try_from_secs_f64(seconds).map_or(most, |wait| wait.min(most))
}

impl FromStr for Latency {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        if let Some((from, to)) = text.split_once("..") {
            return Self::uniform(from.parse::<Time>()?.0, to.parse::<Time>()?.0);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let most = |text: Option<&&str>| text.map(|text| text.parse::<Time>()).transpose();
        let shape = match parts.as_slice() {
            [time] => Shape::Constant(time.parse()?),
            ["normal", mean, deviation, rest @ ..] if rest.len() <= 1 => {
                let [mean, deviation] = [mean.parse()?, deviation.parse()?];
                Shape::Normal { mean, deviation, most: most(rest.first())? }
            }
            ["lognormal", median, sigma, rest @ ..] if rest.len() <= 1 => {
                let sigma = sigma.parse().ok().filter(|sigma| (0.0..=MOST_SIGMA).contains(sigma));
                let sigma = sigma.ok_or_else(|| {
                    Unreadable::because(
                        "the deviation of the logarithm is a number from 0 to 10, such as 0.5",
                    )
                })?;
                let median = median.parse()?;
                if median == Time(Duration::ZERO) {
                    return Err(Unreadable::because(
                        "the median of a log-normal distribution is more than zero",
                    ));
                }
                Shape::LogNormal { median, sigma, most: most(rest.first())? }
            }
            _ => {
                return Err(Unreadable(format!(
                    "{text:?} is no latency; write 200ms, 200ms..2s, normal:300ms:100ms or lognormal:300ms:0.5"
                )));
            }
        };
        Ok(Self(shape))
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = match self.0 {
            Shape::Constant(time) => return write!(f, "{time}"),
            Shape::Uniform { from, to } => return write!(f, "{from}..{to}"),
            Shape::Normal { mean, deviation, most } => {
                write!(f, "normal:{mean}:{deviation}")?;
                most
            }
            Shape::LogNormal { median, sigma, most } => {
                write!(f, "lognormal:{median}:{sigma}")?;
                most
            }
        };
        most.map_or(Ok(()), |most| write!(f, ":{most}"))
    }
}

written_as_text!(
    Latency,
    "A wait (`200ms`), a range (`200ms..2s`), `normal:MEAN:DEVIATION[:MOST]` or `lognormal:MEDIAN:SIGMA[:MOST]`",
    "200ms..2s"
);

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn drawn(text: &str) -> Vec<Duration> {
        let latency: Latency = text.parse().unwrap();
        assert_eq!(latency.to_string().parse(), Ok(latency), "{text} reads back");
        let mut dice = StdRng::seed_from_u64(7);
        let mut drawn: Vec<_> = (0..10_001).map(|_| latency.sample(&mut dice)).collect();
        drawn.sort_unstable();
        drawn
    }

    fn within(time: Duration, from: u64, to: u64) {
        let (from, to) = (Duration::from_millis(from), Duration::from_millis(to));
        assert!((from..=to).contains(&time), "{time:?} is not within {from:?} and {to:?}");
    }

    #[test]
    fn waits_are_distributed_as_asked() {
        let constant = drawn("200ms");
        assert_eq!(constant[0], constant[10_000]);
        let uniform = drawn("200ms..2s");
        within(uniform[0], 200, 205);
        within(uniform[5000], 1050, 1150);
        within(uniform[10_000], 1990, 2000);
        let normal = drawn("normal:300ms:100ms");
        within(normal[0], 0, 10);
        within(normal[5000], 295, 305);
        within(normal[8413], 390, 410);
        let lognormal = drawn("lognormal:300ms:0.5");
        within(lognormal[5000], 290, 310);
        within(lognormal[8413], 480, 510);
        within(lognormal[10_000], 1000, 3000);
        within(drawn("lognormal:300ms:0.5:400ms")[10_000], 400, 400);
        within(drawn("normal:300ms:100ms:310ms")[10_000], 310, 310);
        within(drawn("lognormal:300ms:10")[10_000], 3000, 3000);
    }

    #[test]
    fn nonsense_is_refused_with_a_way_out() {
        for text in [
            "",
            "2",
            "2s..1s",
            "1s..",
            "normal:1s",
            "normal:1s:1s:1s:1s",
            "lognormal:1s:x",
            "lognormal:1s:-1",
            "lognormal:0s:1",
            "lognormal:1s:1:x",
            "pareto:1s:1",
            "-1s",
        ] {
            let reason = text.parse::<Latency>().unwrap_err().to_string();
            assert!(
                reason.contains("such as") || reason.contains("write") || reason.contains("more than"),
                "{text}: {reason}"
            );
        }
    }
}
