//! Numbers within bounds.

use rescind_specs::Schema;
use serde_json::{Value, json};

/// The bounds that several schemas set together.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    least: f64,
    above: bool,
    most: f64,
    below: bool,
    step: f64,
}

/// Beyond this, a `f64` no longer tells integers apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Bounds {
    fn of(schemas: &[Schema]) -> Self {
        let mut bounds =
            Self { least: f64::NEG_INFINITY, above: false, most: f64::INFINITY, below: false, step: 0.0 };
        for schema in schemas {
            if let Some(least) = schema.number("minimum").filter(|least| *least >= bounds.least) {
                bounds.above |= schema.flag("exclusiveMinimum");
                bounds.least = least;
            }
            if let Some(most) = schema.number("maximum").filter(|most| *most <= bounds.most) {
                bounds.below |= schema.flag("exclusiveMaximum");
                bounds.most = most;
            }
            if let Some(step) = schema.number("multipleOf").filter(|step| *step > 0.0) {
                bounds.step = common(bounds.step, step);
            }
        }
        bounds
    }

    fn holds(&self, number: f64) -> bool {
        (number > self.least || (!self.above && number >= self.least))
            && (number < self.most || (!self.below && number <= self.most))
    }

    /// The multiple of `step` that is nearest to zero.
    fn multiple(&self, step: f64) -> Option<f64> {
        let near = if self.holds(0.0) {
            0.0
        } else if self.least > 0.0 || (self.least >= 0.0 && self.above) {
            (self.least / step).ceil()
        } else {
            (self.most / step).floor()
        };
        [near, near + 1.0, near - 1.0]
            .into_iter()
            .map(|count| count * step)
            .find(|number| number.is_finite() && self.holds(*number))
    }
}

/// A number of which both steps are parts, where that is easily said.
fn common(known: f64, step: f64) -> f64 {
    if known == 0.0 || known % step == 0.0 {
        known.max(step)
    } else if step % known == 0.0 {
        step
    } else {
        known * step
    }
}

/// An integer that satisfies all schemas.
pub(super) fn integer(schemas: &[Schema]) -> Option<Value> {
    // Bounds that a `f64` cannot tell apart are integers themselves.
    let bounds = Bounds::of(schemas);
    let step = if bounds.step == 0.0 { 1.0 } else { common(bounds.step, 1.0) };
    // One says more than zero.
    let number = if bounds.step == 0.0 && bounds.holds(1.0) { 1.0 } else { bounds.multiple(step)? };
    if number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "an integer that a f64 holds exactly")]
        return (number.fract() == 0.0).then(|| json!(number as i64));
    }
    let said = ["minimum", "maximum"]
        .iter()
        .flat_map(|keyword| schemas.iter().filter_map(|schema| schema.keyword(keyword)));
    said.into_iter().next().cloned()
}

/// A number that satisfies all schemas.
pub(super) fn number(schemas: &[Schema]) -> Option<Value> {
    let bounds = Bounds::of(schemas);
    if bounds.step > 0.0 {
        return bounds.multiple(bounds.step).map(plain);
    }
    let middle = bounds.least / 2.0 + bounds.most / 2.0;
    [1.0, 0.0, -1.0, bounds.least, bounds.most, bounds.least + 1.0, bounds.most - 1.0, middle]
        .into_iter()
        .find(|number| number.is_finite() && bounds.holds(*number))
        .map(plain)
}

/// Without a fraction where there is none.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "an integer that a f64 holds exactly")]
        return json!(number as i64);
    }
    json!(number)
}
