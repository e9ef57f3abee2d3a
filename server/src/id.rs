//! Ids and secrets: a prefix, then characters of an alphabet, from the operating system or from a seed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use uuid::Uuid;

/// The characters an id is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0-9a-f`, 4 bits a character.
    LowerHex,
    /// `0-9a-z`, a bit more than 5 bits a character.
    LowerAlphanumeric,
    /// `0-9A-Za-z`, almost 6 bits a character.
    Alphanumeric,
    /// `0-9`, a bit more than 3 bits a character.
    Digits,
}

impl Alphabet {
    /// Its characters, all ASCII.
    pub const fn characters(self) -> &'static [u8] {
        match self {
            Self::LowerHex => b"0123456789abcdef",
            Self::LowerAlphanumeric => b"0123456789abcdefghijklmnopqrstuvwxyz",
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            Self::Digits => b"0123456789",
        }
    }
}

/// What an id of one kind looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Starts every id of the kind: `crd_`.
    pub prefix: &'static str,
    /// The characters after the prefix.
    pub alphabet: Alphabet,
    /// How many of them.
    pub length: usize,
}

impl Format {
    /// A format from its three parts.
    pub const fn new(prefix: &'static str, alphabet: Alphabet, length: usize) -> Self {
        Self { prefix, alphabet, length }
    }

    /// Whether `text` has this format.
    pub fn matches(&self, text: &str) -> bool {
        text.strip_prefix(self.prefix).is_some_and(|rest| {
            rest.len() == self.length && rest.bytes().all(|byte| self.alphabet.characters().contains(&byte))
        })
    }
}

/// Makes ids, secrets and keys. Clones draw from the same stream.
#[derive(Clone)]
pub struct Ids(Arc<Mutex<StdRng>>);

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids(..)")
    }
}

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub struct NoRandomness;

impl Ids {
    /// Unpredictable ids, from a generator seeded by the operating system.
    pub fn from_os() -> Result<Self, NoRandomness> {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).map_err(|_| NoRandomness)?;
        Ok(Self(Arc::new(Mutex::new(StdRng::from_seed(seed)))))
    }

    /// The same ids in each run with the same seed; for tests, because whoever knows the seed knows the secrets.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// The same ids for the same key, as unpredictable as the key is.
    pub(crate) fn keyed(key: [u8; 32]) -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_seed(key))))
    }

    /// Goes on with another stream at each start but the first, so that servers on one database that are given the
    /// same seed do not make the same ids.
    pub(crate) fn branch(&self, start: u32) {
        if start == 0 {
            return;
        }
        let seed = crate::keys::hmac(&self.bytes(), format!("start {start}").as_bytes());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = StdRng::from_seed(seed);
    }

    /// An id, or the text of a secret, of this format.
    pub fn make(&self, format: &Format) -> String {
        let characters = format.alphabet.characters();
        // Bytes of the incomplete last round would favour the first characters.
        let fair = 256 - 256 % characters.len();
        let mut text = String::with_capacity(format.prefix.len() + format.length);
        text.push_str(format.prefix);
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = [0; 64];
        let wanted = format.prefix.len() + format.length;
        while text.len() < wanted {
            rng.fill_bytes(&mut bytes);
            let drawn = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
            text.extend(
                drawn.take(wanted - text.len()).map(|byte| char::from(characters[byte % characters.len()])),
            );
        }
        text
    }

    /// A random (version 4) UUID.
    pub fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// Random bytes, for keys and nonces.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CASES: [Format; 5] = [
        Format::new("crd_", Alphabet::LowerAlphanumeric, 20),
        Format::new("", Alphabet::LowerHex, 1),
        Format::new("key_", Alphabet::Alphanumeric, 200),
        Format::new("n-", Alphabet::Digits, 9),
        Format::new("empty", Alphabet::Digits, 0),
    ];

    proptest! {
        #[test]
        fn every_id_has_its_format(seed: u64) {
            let ids = Ids::seeded(seed);
            for format in CASES {
                let id = ids.make(&format);
                prop_assert!(format.matches(&id), "{id}");
            }
        }
    }

    #[test]
    fn a_seed_repeats_its_ids_and_no_id_repeats_within_a_stream() {
        let format = CASES[0];
        let (first, second) = (Ids::seeded(7), Ids::seeded(7));
        let drawn: Vec<_> = (0..1000).map(|_| first.make(&format)).collect();
        assert!(drawn.iter().all(|id| *id == second.make(&format)));
        let distinct: std::collections::HashSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), drawn.len());
        assert_ne!(drawn[0], Ids::seeded(8).make(&format));
    }

    #[test]
    fn every_character_of_an_alphabet_occurs() {
        let text = Ids::seeded(1).make(&Format::new("", Alphabet::Alphanumeric, 4000));
        assert!(Alphabet::Alphanumeric.characters().iter().all(|wanted| text.as_bytes().contains(wanted)));
    }

    #[test]
    fn a_foreign_text_does_not_match() {
        let format = CASES[0];
        for text in
            ["", "crd_", "crd_00000000000000000000X", "crd_0000000000000000000A", "key_00000000000000000000"]
        {
            assert!(!format.matches(text), "{text}");
        }
    }

    #[test]
    fn the_operating_system_seeds_different_streams() {
        let (first, second) = (Ids::from_os().unwrap(), Ids::from_os().unwrap());
        assert_ne!(first.bytes::<32>(), second.bytes::<32>());
        assert_eq!(first.uuid().get_version_num(), 4);
    }
}
