//! Values of arguments, as they are written.

use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};

use crate::cors::{Cors, NoOrigin, Origin};
use crate::store::PostgresUrl;
use crate::{Clock, Database};

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the facts are kept, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseArgument(pub(super) Database);

impl FromStr for DatabaseArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("sqlite:") {
            None if text == "memory" => Ok(Self(Database::Memory)),
            // Read when it is used, because a complaint about the command line would repeat its password.
            None if PostgresUrl::is_meant_by(text) => Ok(Self(Database::Postgres(PostgresUrl::new(text)))),
            Some(path) if !path.is_empty() => Ok(Self(Database::File(path.into()))),
            _ => Err("write `memory`, `sqlite:PATH` or `postgres://USER@HOST/DATABASE`"),
        }
    }
}

/// Which clock, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClockArgument {
    System,
    Virtual(Option<Timestamp>),
    Running(Option<Timestamp>),
}

impl ClockArgument {
    pub(super) fn clock(self) -> Clock {
        match self {
            Self::System => Clock::system(),
            Self::Virtual(None) => Clock::virtual_from_now(),
            Self::Virtual(Some(start)) => Clock::virtual_at(start),
            Self::Running(None) => Clock::running_from_now(),
            Self::Running(Some(start)) => Clock::running_from(start),
        }
    }
}

impl FromStr for ClockArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const USAGE: &str = "write `system`, `virtual`, `running`, or one of the last two with a start: `virtual:2026-01-01T00:00:00Z`";
        let (kind, start) = match text.split_once(':') {
            None => (text, None),
            Some((kind, start)) => (kind, Some(start.parse().map_err(|_| USAGE)?)),
        };
        match (kind, start) {
            ("system", None) => Ok(Self::System),
            ("virtual", start) => Ok(Self::Virtual(start)),
            ("running", start) => Ok(Self::Running(start)),
            _ => Err(USAGE),
        }
    }
}

/// Whose pages may call from a browser, as it is written.
#[derive(Clone, Debug)]
pub(super) enum CorsArgument {
    Nobody,
    Anybody,
    Of(Origin),
}

impl CorsArgument {
    /// What all of them come to: where somebody said `none`, nobody may.
    pub(super) fn together(arguments: &[Self]) -> Cors {
        let mut all = Cors::Nobody;
        for argument in arguments {
            all = match (argument, all) {
                (Self::Nobody, _) => return Cors::Nobody,
                (Self::Anybody, _) | (_, Cors::Anybody) => Cors::Anybody,
                (Self::Of(origin), Cors::Nobody) => Cors::Origins(vec![origin.clone()]),
                (Self::Of(origin), Cors::Origins(mut origins)) => {
                    origins.push(origin.clone());
                    Cors::Origins(origins)
                }
            };
        }
        all
    }
}

impl FromStr for CorsArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::Nobody),
            "any" | "*" => Ok(Self::Anybody),
            _ => text
                .parse()
                .map(Self::Of)
                .map_err(|reason: NoOrigin| format!("{reason}; or `any`, or `none`")),
        }
    }
}

/// A time with its unit.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let usage = "write a time with its unit, such as `500ms`, `30s` or `5m`";
    let parsed: SignedDuration = text.parse().map_err(|_| usage)?;
    parsed.try_into().map_err(|_| usage)
}

/// A filter of logs.
pub(super) fn log_level(text: &str) -> Result<String, &'static str> {
    let usage = "write a level such as `info`, or a filter such as `rescind_server=debug`";
    tracing_subscriber::EnvFilter::builder().parse(text).map_err(|_| usage)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_none_whatever_else_is_named() {
        let together = |texts: &[&str]| {
            let arguments: Result<Vec<CorsArgument>, _> = texts.iter().map(|text| text.parse()).collect();
            CorsArgument::together(&arguments.unwrap())
        };
        let origins =
            |texts: &[&str]| Cors::Origins(texts.iter().map(|text| text.parse().unwrap()).collect());
        let (one, two) = ("https://a.example", "https://b.example");
        assert_eq!(together(&[]), Cors::Nobody);
        assert_eq!(together(&[one, two]), origins(&[one, two]));
        assert_eq!(together(&[one, "any"]), Cors::Anybody);
        assert_eq!(together(&["*", one]), Cors::Anybody);
        for others in [&["none", "any"][..], &["any", "none"], &[one, "none"], &["none", one, two]] {
            assert_eq!(together(others), Cors::Nobody, "{others:?}");
        }
    }
}
