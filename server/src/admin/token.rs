//! The token that opens the admin listener where it is bound wider than the loopback interface.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::runtime::Secret;
use crate::secret::SecretHash;

/// The fewest characters of a token: 16 hexadecimal digits have 64 random bits.
const SHORTEST: usize = 16;

/// The token of the admin listener.
#[derive(Clone)]
pub struct AdminToken {
    secret: Secret,
    hash: SecretHash,
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// A text is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its file cannot be read.
    #[error("the file of the admin token, {path}, cannot be read; make one: {HOW_TO_MAKE_ONE}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// Somebody could guess it, or no header could carry it.
    #[error(
        "the admin token has to have at least {SHORTEST} characters, printable ASCII without spaces; \
         make one: {HOW_TO_MAKE_ONE}"
    )]
    Unusable,
}

/// A command that makes a token.
pub(crate) const HOW_TO_MAKE_ONE: &str = "(umask 077 && openssl rand -hex 32 > admin.token)";

impl AdminToken {
    /// A token from its text.
    ///
    /// # Errors
    /// It is short, or holds a character that no header can carry.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Unusable);
        }
        Ok(Self { secret: Secret::new(text), hash: SecretHash::of(text) })
    }

    /// The token in a file; white space around it does not count.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TokenError::File { path: path.to_owned(), source })?;
        Self::new(text.trim())
    }

    /// Whether this is the token. Takes the same time whatever is presented.
    pub(crate) fn is(&self, presented: &str) -> bool {
        SecretHash::of(presented) == self.hash
    }

    /// The text, for whoever has to present it.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_fits_in_a_header() {
        for bad in ["", "short", "0123456789abcde", "0123456789 abcdef", "0123456789abcdé0"] {
            assert!(AdminToken::new(bad).is_err(), "{bad:?}");
        }
        let token = AdminToken::new("0123456789abcdef").unwrap();
        assert!(token.is("0123456789abcdef"));
        assert!(!token.is("0123456789abcdeg"));
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn a_file_may_end_with_a_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        assert!(AdminToken::read(&path).unwrap_err().to_string().contains("openssl rand"));
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        assert!(AdminToken::read(&path).unwrap().is("0123456789abcdef"));
    }
}
