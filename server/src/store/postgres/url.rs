//! Where a PostgreSQL database is. The password in it is never printed.

use std::fmt;

use sqlx::postgres::PgConnectOptions;

use crate::store::StoreError;

/// The URL of a PostgreSQL database: `postgres://USER@HOST:PORT/DATABASE?PARAMETER=VALUE`.
///
/// What it leaves out comes from the variables of libpq (`PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE` and
/// others), the password from `PGPASSWORD` or the password file (`~/.pgpass`, `PGPASSFILE`). Parameters are those of
/// libpq: `sslmode`, `sslrootcert`, `host` (a folder means a Unix socket), `options` and so on.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// Takes a text for a URL. Whether it is one is found out when it is used, with an error that does not repeat it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text means a PostgreSQL database.
    pub fn is_meant_by(text: &str) -> bool {
        ["postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// How to connect.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        if !["postgres://", "postgresql://"].iter().any(|start| self.0.starts_with(start)) {
            return Err(StoreError::Url("it does not begin with postgres://".to_owned()));
        }
        self.0.parse().map_err(|error: sqlx::Error| match error {
            // What is wrong, without the text that is.
            sqlx::Error::Configuration(cause) => StoreError::Url(cause.to_string()),
            _ => StoreError::Url("it cannot be read".to_owned()),
        })
    }
}

/// Host, port and database, if they can be told from the rest.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.options() {
            Ok(options) => {
                write!(f, "postgres://{}:{}/", options.get_host(), options.get_port())?;
                f.write_str(options.get_database().unwrap_or_default())
            }
            Err(_) => f.write_str("postgres://"),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_printed() {
        for text in [
            "postgres://user:planted@host:1/db?password=planted",
            "postgres://user:planted@host:port/db",
            "postgres://user:planted@[host/db",
            "postgresql://user:planted@host/db?sslmode=planted",
            "planted",
        ] {
            let url = PostgresUrl::new(text);
            let printed = format!("{url} {url:?} {:?}", url.options().map(|_| ()));
            let quoted = text.contains("sslmode");
            assert!(quoted || !printed.contains("planted"), "{printed}");
            assert!(!printed.contains("user:planted"), "{printed}");
        }
        assert_eq!(PostgresUrl::new("postgres://a:b@h:5/d").to_string(), "postgres://h:5/d");
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        for text in ["mysql://host/db", "postgres:/\u{0}/[", "postgres://host:port/db"] {
            assert!(matches!(PostgresUrl::new(text).options(), Err(StoreError::Url(_))), "{text}");
        }
    }
}
