//! A value that is not written down: where it comes from, in the words that stand in its place.

use std::fmt;
use std::str::FromStr;

use rescind_specs::Pointer;
use rescind_specs::lifecycle::{CallerName, SuppliedName};

use crate::exchange::Place;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The answer to an earlier request, counted from 1: `answer.1.body#/client_secret`.
    Answer(usize, Place),
    /// A caller: `caller.operator.secret`.
    Caller(CallerName, Half),
    /// A pair that can be registered, counted from 1 in the order of use: `pool.1.id`.
    Pool(usize, Half),
    /// A value that the operator supplied: `supplied.account`.
    Supplied(SuppliedName),
    /// A word that no other request of a run has, counted from 1: `unique.1`.
    Unique(usize),
}

/// The two values of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// Its identifier.
    Id,
    /// Its secret.
    Secret,
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::Secret => "secret",
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(step, Place::Body(pointer)) => write!(f, "answer.{step}.body#{pointer}"),
            Self::Answer(step, Place::Header(name)) => write!(f, "answer.{step}.header.{name}"),
            Self::Answer(step, Place::Cookie(name)) => write!(f, "answer.{step}.cookie.{name}"),
            Self::Caller(name, half) => write!(f, "caller.{name}.{half}"),
            Self::Pool(number, half) => write!(f, "pool.{number}.{half}"),
            Self::Supplied(name) => write!(f, "supplied.{}", name.0),
            Self::Unique(number) => write!(f, "unique.{number}"),
        }
    }
}

impl FromStr for Source {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (what, rest) = text.split_once('.').ok_or(())?;
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0).ok_or(());
        let halved = || {
            let (name, half) = rest.rsplit_once('.').ok_or(())?;
            match half {
                "id" => Ok((name, Half::Id)),
                "secret" => Ok((name, Half::Secret)),
                _ => Err(()),
            }
        };
        match what {
            "answer" => {
                let (step, place) = rest.split_once('.').ok_or(())?;
                let place = if let Some(pointer) = place.strip_prefix("body#") {
                    Place::Body(Pointer::parse(pointer).map_err(drop)?)
                } else if let Some(name) = place.strip_prefix("header.") {
                    Place::Header(name.to_owned())
                } else {
                    Place::Cookie(place.strip_prefix("cookie.").ok_or(())?.to_owned())
                };
                Ok(Self::Answer(number(step)?, place))
            }
            "caller" => halved().map(|(name, half)| Self::Caller(name.into(), half)),
            "pool" => halved().and_then(|(name, half)| Ok(Self::Pool(number(name)?, half))),
            "supplied" => Ok(Self::Supplied(SuppliedName(rest.to_owned()))),
            "unique" => number(rest).map(Self::Unique),
            _ => Err(()),
        }
    }
}
