//! Where a PostgreSQL database is. The password in it is never printed.

use std::borrow::Cow;
use std::fmt;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use crate::store::StoreError;

/// The URL of a PostgreSQL database: `postgres://USER@HOST:PORT/DATABASE?PARAMETER=VALUE`.
///
/// What it leaves out comes from the variables of libpq (`PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE` and
/// others), the password from `PGPASSWORD` or the password file (`~/.pgpass`, `PGPASSFILE`). Parameters are those of
/// libpq: `sslmode`, `sslrootcert`, `host` (a folder means a Unix socket), `options` and so on. Others change nothing.
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

    /// The URL without the parameters that the driver does not know: it would warn of them, with their values.
    fn known(&self) -> Cow<'_, str> {
        let Ok(mut url) = Url::parse(&self.0) else { return Cow::Borrowed(&self.0) };
        if url.query_pairs().all(|(name, _)| is_known(&name)) {
            return Cow::Borrowed(&self.0);
        }
        let all = url.clone();
        let known = all.query_pairs().filter(|(name, _)| is_known(name));
        url.query_pairs_mut().clear().extend_pairs(known);
        Cow::Owned(url.into())
    }

    /// Whether it has parameters that change nothing.
    pub(super) fn has_unknown(&self) -> bool {
        matches!(self.known(), Cow::Owned(_))
    }

    /// How to connect.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        if !["postgres://", "postgresql://"].iter().any(|start| self.0.starts_with(start)) {
            return Err(StoreError::Url("it does not begin with postgres://".to_owned()));
        }
        self.known().parse().map_err(|error: sqlx::Error| match error {
            // What is wrong, without the text that is.
            sqlx::Error::Configuration(cause) => StoreError::Url(cause.to_string()),
            _ => StoreError::Url("it cannot be read".to_owned()),
        })
    }
}

/// The parameters that the driver knows, and `options[NAME]`.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

fn is_known(name: &str) -> bool {
    PARAMETERS.contains(&name) || (name.starts_with("options[") && name.ends_with(']'))
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
    use std::sync::{Arc, Mutex};

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
    fn the_driver_sees_no_parameter_that_it_would_warn_of() {
        let known =
            "postgres://h/d?sslmode=disable&options[search_path]=a&application_name=b%26c&ssl-mode=allow";
        for name in ["sslpassword", "Password", "connect_timeout", "options[", ""] {
            let url = PostgresUrl::new(format!("{known}&{name}=planted&port=7"));
            assert!(url.has_unknown());
            assert!(!url.known().contains("planted"), "{}", url.known());
            let options = url.options().unwrap();
            assert_eq!((options.get_port(), options.get_application_name()), (7, Some("b&c")));
            assert_eq!(options.get_options(), Some("-c search_path=a"));
        }
        assert!(!PostgresUrl::new(known).has_unknown());
    }

    #[test]
    fn every_parameter_is_one_that_the_driver_takes() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let unknown: Result<PgConnectOptions, _> = "postgres://h/d?sslpassword=planted".parse();
            unknown.unwrap();
            assert!(
                lines.text().contains("planted"),
                "the driver does not warn any more; what is left out may go"
            );
            lines.0.lock().unwrap().clear();
            for name in PARAMETERS.into_iter().chain(["options[a]"]) {
                let value = match name {
                    "sslmode" | "ssl-mode" => "prefer",
                    "hostaddr" => "127.0.0.1",
                    _ => "1",
                };
                PostgresUrl::new(format!("postgres://h/d?{name}={value}&sslpassword=planted"))
                    .options()
                    .unwrap();
            }
        });
        assert_eq!(lines.text(), "");
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_url_that_is_none_is_refused() {
        for text in ["mysql://host/db", "postgres:/\u{0}/[", "postgres://host:port/db"] {
            assert!(matches!(PostgresUrl::new(text).options(), Err(StoreError::Url(_))), "{text}");
        }
    }
}
