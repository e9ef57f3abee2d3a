//! Numbers that differ from call to call: good enough to spread retries and to tell parts of a form apart, not for keys.

pub(crate) use source::{fraction, number};

#[cfg(not(target_arch = "wasm32"))]
mod source {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};

    /// A number that nobody outside of this process can foretell. The standard library seeds its hash maps well enough.
    pub(crate) fn number() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// A number from 0 to 1.
    pub(crate) fn fraction() -> f64 {
        f64::from(u32::try_from(number() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

/// In browsers the seeds of hash maps are always the same.
#[cfg(target_arch = "wasm32")]
mod source {
    /// A number of which 52 bits are chance.
    pub(crate) fn number() -> u64 {
        fraction().to_bits()
    }

    /// A number from 0 to 1.
    pub(crate) fn fraction() -> f64 {
        js_sys::Math::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_differ_and_stay_within_their_bounds() {
        let fractions: Vec<f64> = (0..100).map(|_| fraction()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction)));
        assert!(fractions.iter().any(|fraction| (fraction - fractions[0]).abs() > f64::EPSILON));
    }
}
