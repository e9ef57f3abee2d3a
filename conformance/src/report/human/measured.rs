//! What was measured on the way, a line a kind.

use std::io;

use super::layout::{DIM, Page};
use crate::report::{Measurement, Report, Unit};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for contract in &report.contracts {
        for requirement in &contract.requirements {
            for measurement in &requirement.measurements {
                let name = format!("{}/{}", contract.contract, requirement.id.0);
                page.line(&format!("measured      {name}  {DIM}{}{DIM:#}", words(measurement)))?;
            }
        }
    }
    Ok(())
}

/// `time to the answer, an unknown identifier: 0.8 ms to 2.1 ms, median 1 ms (5 samples)`.
fn words(measurement: &Measurement) -> String {
    let Measurement { what, of, unit, samples, min, median, max } = measurement;
    let samples = match samples {
        1 => "1 sample".to_owned(),
        many => format!("{many} samples"),
    };
    let value = |value: &f64| match unit {
        Unit::Seconds => time(*value),
    };
    format!("{what}, {of}: {} to {}, median {} ({samples})", value(min), value(max), value(median))
}

/// A length of time with three digits or so.
fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}
