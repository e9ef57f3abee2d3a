//! What was measured on the way: a statistic for the reader, which no verdict rests on.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One value that a check read off its exchanges.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was measured: `time to the answer`.
    pub what: String,
    /// Of what it was measured: `an unknown identifier`.
    pub of: String,
    /// The unit of the value.
    pub unit: Unit,
    /// The value.
    pub value: f64,
}

impl Sample {
    /// A length of time.
    pub fn time(what: impl Into<String>, of: impl Into<String>, time: Duration) -> Self {
        Self { what: what.into(), of: of.into(), unit: Unit::Seconds, value: time.as_secs_f64() }
    }
}

/// The values of one kind that a run measured, summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// What was measured.
    pub what: String,
    /// Of what it was measured.
    pub of: String,
    /// The unit of the values.
    pub unit: Unit,
    /// How many values there were.
    pub samples: u64,
    /// The least.
    pub min: f64,
    /// The one in the middle; of an even number of values the lower one of the two.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

/// A unit of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds.
    Seconds,
}

impl Measurement {
    /// Sums samples up, those of one kind together, in the order in which the kinds first appear.
    pub fn of(samples: &[Sample]) -> Vec<Self> {
        let mut kinds: Vec<(&Sample, Vec<f64>)> = Vec::new();
        for sample in samples.iter().filter(|sample| sample.value.is_finite()) {
            let like = |known: &Sample| {
                known.what == sample.what && known.of == sample.of && known.unit == sample.unit
            };
            match kinds.iter_mut().find(|(known, _)| like(known)) {
                Some((_, values)) => values.push(sample.value),
                None => kinds.push((sample, vec![sample.value])),
            }
        }
        kinds.into_iter().filter_map(|(kind, values)| Self::sum(kind, values)).collect()
    }

    fn sum(kind: &Sample, mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        Some(Self {
            what: kind.what.clone(),
            of: kind.of.clone(),
            unit: kind.unit,
            samples: values.len() as u64,
            min: *values.first()?,
            median: *values.get((values.len() - 1) / 2)?,
            max: *values.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_kind_are_summed_up_together() {
        let time = |of: &str, millis| Sample::time("time to the answer", of, Duration::from_millis(millis));
        let samples = [time("one", 4), time("other", 7), time("one", 2), time("one", 9), time("one", 3)];
        let sums = Measurement::of(&samples);
        let brief: Vec<_> =
            sums.iter().map(|sum| (sum.of.as_str(), sum.samples, sum.min, sum.median, sum.max)).collect();
        assert_eq!(brief, [("one", 4, 0.002, 0.003, 0.009), ("other", 1, 0.007, 0.007, 0.007)]);
        assert_eq!(Measurement::of(&[]), Vec::new());
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let sample = Sample { value: f64::NAN, ..Sample::time("a", "b", Duration::ZERO) };
        assert_eq!(Measurement::of(&[sample]), Vec::new());
    }
}
