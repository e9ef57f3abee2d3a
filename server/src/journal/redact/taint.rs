//! Secrets that were seen, so that they are found wherever they are repeated. Only keyed hashes of them are kept.
//!
//! Of each form of a secret (as it is, and its Base64) the hash of the last bytes is looked for at every place of a
//! text; where it is found, the hash of the whole decides. The memory is bounded: of two generations the older one is
//! forgotten when the younger one is full, and a secret that is seen again moves to the younger one.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::mem;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use rescind_specs::disguise::{SHORTEST_SECRET, View, forms};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

/// How many secrets a generation remembers.
const GENERATION: usize = 16_384;

/// How many bytes at the end of a secret are looked for.
const TAIL: usize = 8;

/// How many secrets may share a tail before they are no longer told apart.
const CROWD: usize = 32;

/// Bits of the two filters, of which the near one fits into the nearest cache of the processor: what is not in both
/// need not be looked up.
const NEAR_BITS: u32 = 15;
const FAR_BITS: u32 = 20;

/// An odd number without a pattern; the top bits of a product with it spread well (Knuth, 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The secrets that were seen.
pub(in crate::journal) struct Taints {
    hasher: RandomState,
    key: [u8; 16],
    generations: RwLock<[Generation; 2]>,
    capacity: usize,
}

#[derive(Default)]
struct Generation {
    /// Of whole secrets.
    known: HashSet<u64>,
    tails: HashMap<u64, Tail>,
    /// Of secrets that are shorter than a tail.
    short: HashSet<u64>,
    /// Whether there are short ones of a length.
    lengths: [bool; TAIL],
    filter: Filter,
}

/// The secrets that end alike.
enum Tail {
    Few(Vec<Print>),
    /// So many that the longest stands for all.
    Many {
        longest: usize,
    },
}

#[derive(PartialEq, Eq)]
struct Print {
    length: usize,
    digest: [u8; 16],
}

/// Says of most windows at once that they are no tail.
struct Filter {
    near: Vec<u64>,
    far: Vec<u64>,
}

impl Default for Filter {
    fn default() -> Self {
        let words = |bits: u32| vec![0; 1 << (bits - 6)];
        Self { near: words(NEAR_BITS), far: words(FAR_BITS) }
    }
}

impl Filter {
    fn place(window: u64, bits: u32) -> (usize, u64) {
        let bit = window.wrapping_mul(SPREAD) >> (64 - bits);
        (usize::try_from(bit >> 6).unwrap_or_default(), 1 << (bit & 63))
    }

    fn insert(&mut self, window: u64) {
        for (words, bits) in [(&mut self.near, NEAR_BITS), (&mut self.far, FAR_BITS)] {
            let (word, bit) = Self::place(window, bits);
            if let Some(word) = words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_hold(&self, window: u64) -> bool {
        [(&self.near, NEAR_BITS), (&self.far, FAR_BITS)].into_iter().all(|(words, bits)| {
            let (word, bit) = Self::place(window, bits);
            words.get(word).is_some_and(|word| word & bit != 0)
        })
    }
}

impl Default for Taints {
    fn default() -> Self {
        Self::with_capacity(GENERATION)
    }
}

impl Taints {
    fn with_capacity(capacity: usize) -> Self {
        let hasher = RandomState::new();
        let mut key = [0; 16];
        for (part, half) in key.chunks_exact_mut(8).zip(0_u64..) {
            part.copy_from_slice(&hasher.hash_one(half).to_le_bytes());
        }
        Self { hasher, key, generations: RwLock::default(), capacity }
    }

    /// Remembers a secret. Very short texts are ignored.
    pub(in crate::journal) fn add(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST_SECRET {
            return;
        }
        let whole = self.hasher.hash_one(secret);
        if self.generations.read().unwrap_or_else(PoisonError::into_inner)[0].known.contains(&whole) {
            return;
        }
        let mut forms = forms(secret);
        let mut generations = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.known.len() >= self.capacity {
            *old = mem::take(young);
        }
        young.known.insert(whole);
        for form in &forms {
            self.insert(young, form.as_bytes());
        }
        drop(generations);
        forms.zeroize();
    }

    fn insert(&self, generation: &mut Generation, form: &[u8]) {
        let Some(tail) = form.last_chunk::<TAIL>() else {
            if let Some(length) = generation.lengths.get_mut(form.len()) {
                *length = true;
            }
            generation.short.insert(self.hasher.hash_one(form));
            return;
        };
        generation.filter.insert(u64::from_le_bytes(*tail));
        let print = Print { length: form.len(), digest: self.digest(form) };
        let tail =
            generation.tails.entry(self.hasher.hash_one(tail)).or_insert_with(|| Tail::Few(Vec::new()));
        match tail {
            Tail::Many { longest } => *longest = (*longest).max(form.len()),
            Tail::Few(prints) if prints.contains(&print) => {}
            Tail::Few(prints) if prints.len() < CROWD => prints.push(print),
            Tail::Few(prints) => {
                let longest = prints.iter().map(|print| print.length).max().unwrap_or_default();
                *tail = Tail::Many { longest: longest.max(form.len()) };
            }
        }
    }

    fn digest(&self, form: &[u8]) -> [u8; 16] {
        let digest = Sha256::new().chain_update(self.key).chain_update(form).finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// The secrets that were seen so far. None is added while this is held.
    pub(in crate::journal) fn seen(&self) -> Seen<'_> {
        let generations = self.generations.read().unwrap_or_else(PoisonError::into_inner);
        let is_empty = generations.iter().all(|generation| generation.known.is_empty());
        Seen { taints: self, generations, is_empty }
    }
}

/// The secrets that were seen, to be looked for.
pub(in crate::journal) struct Seen<'t> {
    taints: &'t Taints,
    generations: RwLockReadGuard<'t, [Generation; 2]>,
    is_empty: bool,
}

impl Seen<'_> {
    /// Adds to `spans` where secrets stand in the text, however they are written.
    pub(in crate::journal) fn find(&self, text: &str, spans: &mut Vec<Range<usize>>) {
        if self.is_empty || text.len() < SHORTEST_SECRET {
            return;
        }
        let mut search = |bytes: &[u8], origin: &dyn Fn(Range<usize>) -> Range<usize>| {
            // Whole secrets are hashed for at most so many bytes; a text made to cost more is masked as a whole.
            let mut patience = (64 << 10) + 8 * bytes.len();
            for generation in &*self.generations {
                for found in self.search(generation, bytes, &mut patience) {
                    spans.push(origin(found));
                }
            }
            if patience == 0 {
                spans.push(0..text.len());
            }
        };
        search(text.as_bytes(), &|range| range);
        for view in View::readings(text) {
            search(view.bytes(), &|range| view.origin(range));
        }
    }

    fn search(&self, generation: &Generation, bytes: &[u8], patience: &mut usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !generation.tails.is_empty() {
            for (at, window) in bytes.array_windows::<TAIL>().enumerate() {
                if generation.filter.may_hold(u64::from_le_bytes(*window))
                    && let Some(tail) = generation.tails.get(&self.taints.hasher.hash_one(window))
                {
                    self.confirm(tail, bytes, at + TAIL, patience, &mut found);
                }
            }
        }
        for length in SHORTEST_SECRET..TAIL {
            if generation.lengths.get(length) == Some(&true) {
                let windows = bytes.windows(length).enumerate();
                let hits = windows
                    .filter(|(_, window)| generation.short.contains(&self.taints.hasher.hash_one(window)));
                found.extend(hits.map(|(at, _)| at..at + length));
            }
        }
        found
    }

    fn confirm(
        &self,
        tail: &Tail,
        bytes: &[u8],
        end: usize,
        patience: &mut usize,
        found: &mut Vec<Range<usize>>,
    ) {
        match tail {
            Tail::Many { longest } => found.push(end.saturating_sub(*longest)..end),
            Tail::Few(prints) => {
                for print in prints {
                    let Some(start) = end.checked_sub(print.length) else { continue };
                    *patience = patience.saturating_sub(print.length);
                    if *patience == 0 {
                        return;
                    }
                    let candidate = bytes.get(start..end).unwrap_or_default();
                    if self.taints.digest(candidate) == print.digest {
                        found.push(start..end);
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Taints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taints(***)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use rescind_specs::disguise::mask;

    use super::*;

    fn redacted(taints: &Taints, text: &str) -> String {
        let mut spans = Vec::new();
        taints.seen().find(text, &mut spans);
        mask(text, spans).into_owned()
    }

    fn taints(secrets: &[impl AsRef<str>]) -> Taints {
        let taints = Taints::default();
        for secret in secrets {
            taints.add(secret.as_ref());
        }
        taints
    }

    #[test]
    fn each_form_is_found() {
        let secret = "s3cr3t/+\"é' x";
        let taints = taints(&[secret, "short"]);
        let check = |text: &str, expected: &str| assert_eq!(redacted(&taints, text), expected, "{text}");
        check("nothing here", "nothing here");
        check(&format!("a{secret}b"), "a***b");
        check("ashortb", "a***b");
        check("?q=s3cr3t%2F%2B%22%C3%A9%27%20x&r=1", "?q=***&r=1");
        check("?q=s3cr3t%2f%2b%22%c3%a9'+x&r=1", "?q=***&r=1");
        check(r#"{"a":"s3cr3t\/+\"\u00e9' x"}"#, r#"{"a":"***"}"#);
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_seen_again_stays() {
        let taints = Taints::with_capacity(4);
        for index in 0..12 {
            taints.add("the-one-that-comes-back");
            taints.add(&format!("passing-by-{index:04}"));
        }
        assert_eq!(redacted(&taints, "the-one-that-comes-back"), "***");
        assert_eq!(redacted(&taints, "passing-by-0011"), "***");
        assert_eq!(redacted(&taints, "passing-by-0000"), "passing-by-0000");
    }

    #[test]
    fn secrets_that_end_alike_are_found_however_many_there_are() {
        let secrets: Vec<String> = (0..100).map(|index| format!("{index:03}-ends-alike")).collect();
        let taints = taints(&secrets);
        for secret in &secrets {
            assert!(!redacted(&taints, &format!("x {secret} y")).contains(secret.as_str()));
        }
    }

    #[test]
    fn a_text_that_is_made_to_cost_is_masked_as_a_whole() {
        let taints = taints(&[&"a".repeat(16 << 10)]);
        assert_eq!(redacted(&taints, &"a".repeat(64 << 10)), "***");
    }

    #[test]
    fn nothing_is_printed() {
        assert_eq!(format!("{:?}", taints(&["0123456789"])), "Taints(***)");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_secret(
            secrets in prop::collection::vec("[a-zA-Z0-9+/_\"'\\\\%é&-]{6,24}", 1..4),
            before in ".{0,12}",
            after in ".{0,12}",
        ) {
            let taints = taints(&secrets);
            for secret in &secrets {
                let text = format!("{before}{secret}{after}{}", secrets.join(""));
                let quoted = serde_json::to_string(&text).unwrap();
                let percent = text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
                for text in [text, quoted, percent] {
                    let masked = redacted(&taints, &text);
                    prop_assert!(secrets.iter().all(|secret| !masked.contains(secret.as_str())), "{masked}");
                }
                for encoded in [STANDARD.encode(format!("{before}{secret}")), URL_SAFE_NO_PAD.encode(format!("{before}{secret}{after}"))] {
                    prop_assert!(redacted(&taints, &encoded).contains("***"), "{encoded}");
                }
            }
        }
    }
}
