//! Secrets: what is kept of them, how two are compared, and how material is sealed for the store.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::Alphabet;

/// SHA-256 of a secret. All secrets made here have at least 120 random bits, so a slow hash would add nothing.
/// Two hashes are compared in constant time.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a secret's text.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// The hash as it was stored; `None` unless it has 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

/// Encrypts what the store must be able to give back or must keep for somebody, so that a copy of the database alone
/// discloses nothing. ChaCha20-Poly1305; the context (where the value is stored) is authenticated with it.
#[derive(Clone)]
pub struct Sealer {
    cipher: ChaCha20Poly1305,
    fingerprint: KeyFingerprint,
}

/// Tells a key from others and nothing else of it, so it may be stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFingerprint([u8; 16]);

impl KeyFingerprint {
    fn of(key: &[u8; 32]) -> Self {
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&crate::keys::hmac(key, b"fingerprint")[..16]);
        Self(fingerprint)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Serialize for KeyFingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for KeyFingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = from_hex(&String::deserialize(deserializer)?).and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("the fingerprint of a key has 32 hexadecimal digits"))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = Alphabet::LowerHex.characters();
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(digits[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// The bytes of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect()
}

/// A sealed value was changed, moved, or sealed with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened; was the key file replaced?")]
pub struct Unsealable;

const NONCE: usize = 12;

impl Sealer {
    /// A sealer with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(key.into()), fingerprint: KeyFingerprint::of(key) }
    }

    /// Which key it has.
    pub fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    /// Seals `plain` for one place. The nonce must be random: 96 bits suffice for the few values a deployment seals.
    pub fn seal(&self, nonce: [u8; NONCE], context: &str, plain: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = self.cipher.encrypt((&nonce).into(), payload).map_err(|_| Unsealable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        self.cipher.decrypt(nonce.into(), payload).map_err(|_| Unsealable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_equals_only_that_of_the_same_secret() {
        assert_eq!(SecretHash::of("sk_one"), SecretHash::of("sk_one"));
        assert_ne!(SecretHash::of("sk_one"), SecretHash::of("sk_two"));
        assert_eq!(format!("{:?}", SecretHash::of("sk_one")), "SecretHash(..)");
        assert!(SecretHash::from_bytes(&[0; 31]).is_none());
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let sealer = Sealer::new(&[1; 32]);
        let kept = sealer.seal([2; 12], "here", b"material").unwrap();
        assert!(!kept.windows(8).any(|window| window == b"material"));
        assert_eq!(sealer.open("here", &kept).unwrap(), b"material");
        assert_eq!(sealer.open("there", &kept), Err(Unsealable));
        assert_eq!(Sealer::new(&[3; 32]).open("here", &kept), Err(Unsealable));
        assert_eq!(sealer.open("here", &kept[..11]), Err(Unsealable));
    }
}
