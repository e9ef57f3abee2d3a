//! The keys of a deployment, all derived from one, so that a restart changes none of them.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::id::{Format, Ids};
use crate::secret::Sealer;

/// The root key of a deployment. Kept in a file of its own beside the database (or in memory, with the database), so
/// that a copy of the database discloses neither secrets nor the means to make tokens.
#[derive(Clone)]
pub struct Keys([u8; 32]);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It can be neither read nor made.
    #[error("the key file {path} can be neither read nor made; check its folder and its permissions")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "{path} is no key file: it does not have 32 bytes; restore it, or remove it together with its database"
    )]
    Length {
        /// The file.
        path: PathBuf,
    },
}

impl Keys {
    /// A new root key.
    pub fn generate(ids: &Ids) -> Self {
        Self(ids.bytes())
    }

    /// The root key in a file, which is made, readable by its owner alone, if it is missing.
    pub fn open(path: &Path, ids: &Ids) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        match Self::make(path, ids) {
            Ok(keys) => Ok(keys),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut bytes = Vec::new();
                File::open(path).and_then(|file| file.take(33).read_to_end(&mut bytes)).map_err(failed)?;
                let key = bytes.try_into().map_err(|_| KeyError::Length { path: path.to_owned() })?;
                Ok(Self(key))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes the file in one step, so that of several servers that start at once, one makes it and the others read it
    /// whole.
    fn make(path: &Path, ids: &Ids) -> io::Result<Self> {
        if path.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let keys = Self::generate(ids);
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}.new", Ids::keyed(keys.0).uuid()));
        let mut file = create_private(draft.as_ref())?;
        let made = file
            .write_all(&keys.0)
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::hard_link(&draft, path));
        // The key is in place or not needed; either way the draft has served.
        let _ = std::fs::remove_file(&draft);
        made.map(|()| keys)
    }

    /// The key for one purpose; keys of different purposes tell nothing of each other.
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.0, purpose.as_bytes())
    }

    /// A text of this format that is always the same for a purpose, for ids and secrets that survive a restart.
    pub fn text(&self, purpose: &str, format: &Format) -> String {
        Ids::keyed(self.key(purpose)).make(format)
    }

    /// What seals values in the store.
    pub fn sealer(&self) -> Sealer {
        Sealer::new(&self.key("seal"))
    }
}

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new(&block.into()).chain_update(message).finalize().into_bytes().into()
}

/// Waits for its turn among the servers that start on one database; the turn ends when the file is dropped.
///
/// SQLite does not wait for others while it changes the journal mode of a new file, so the opening has to be one at a time.
pub(crate) async fn turn(key_file: PathBuf) -> Result<File, KeyError> {
    let path = key_file.clone();
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::open(&path)?;
        match file.lock() {
            // Where files cannot be locked, a server that starts at the same moment may have to be started again.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(file),
        }
    });
    let locked = locked.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    locked.map_err(|source| KeyError::File { path: key_file, source })
}

/// A new file that its owner alone can read; fails if it exists.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes and recognises pairs whose secret is derived from their key: HMAC-SHA256 under the derivation key of the
/// deployment, as lower-case hex. Only who has the derivation key can make a pair.
#[derive(Clone)]
pub struct PairDerivation {
    key: [u8; 32],
    key_format: Format,
    secret_prefix: &'static str,
}

impl fmt::Debug for PairDerivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairDerivation(..)")
    }
}

impl PairDerivation {
    /// The derivation of a deployment; `purpose` tells several apart.
    pub fn new(keys: &Keys, purpose: &str, key_format: Format, secret_prefix: &'static str) -> Self {
        Self { key: keys.key(purpose), key_format, secret_prefix }
    }

    /// The secret of a key.
    pub fn secret(&self, api_key: &str) -> crate::runtime::Secret {
        format!("{}{}", self.secret_prefix, crate::secret::hex(&hmac(&self.key, api_key.as_bytes()))).into()
    }

    /// Whether this is the secret of the key; takes the same time wherever they differ.
    pub fn verify(&self, api_key: &str, secret: &str) -> bool {
        self.secret(api_key) == crate::runtime::Secret::new(secret)
    }

    /// A pair that was never made before.
    pub fn mint(&self, ids: &Ids) -> (String, crate::runtime::Secret) {
        let api_key = ids.make(&self.key_format);
        let secret = self.secret(&api_key);
        (api_key, secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Alphabet;

    #[test]
    fn keys_depend_on_root_and_purpose() {
        let keys = Keys::generate(&Ids::seeded(1));
        assert_eq!(keys.key("a"), Keys::generate(&Ids::seeded(1)).key("a"));
        assert_ne!(keys.key("a"), keys.key("b"));
        assert_ne!(keys.key("a"), Keys::generate(&Ids::seeded(2)).key("a"));
        let format = Format::new("id_", Alphabet::LowerHex, 32);
        assert!(format.matches(&keys.text("a", &format)));
        assert_eq!(keys.text("a", &format), keys.text("a", &format));
    }

    #[test]
    fn a_key_file_is_private_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.key");
        let made = Keys::open(&path, &Ids::seeded(1)).unwrap();
        let read = Keys::open(&path, &Ids::seeded(2)).unwrap();
        assert_eq!(made.key("a"), read.key("a"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(Keys::open(&path, &Ids::seeded(3)), Err(KeyError::Length { .. })));
        let missing = folder.path().join("none").join("db.key");
        assert!(matches!(Keys::open(&missing, &Ids::seeded(3)), Err(KeyError::File { .. })));
    }

    #[test]
    fn only_the_derived_secret_is_accepted() {
        let ids = Ids::seeded(1);
        let format = Format::new("ak_", Alphabet::LowerAlphanumeric, 24);
        let derivation = PairDerivation::new(&Keys::generate(&ids), "pairs", format, "sk_");
        let (key, secret) = derivation.mint(&ids);
        assert!(format.matches(&key));
        assert!(secret.expose().starts_with("sk_"));
        assert!(derivation.verify(&key, secret.expose()));
        let (other_key, other_secret) = derivation.mint(&ids);
        assert!(!derivation.verify(&key, other_secret.expose()));
        assert!(!derivation.verify(&other_key, secret.expose()));
        assert!(!derivation.verify(&key, ""));
        let elsewhere = PairDerivation::new(&Keys::generate(&Ids::seeded(2)), "pairs", format, "sk_");
        assert!(!elsewhere.verify(&key, secret.expose()));
    }
}
