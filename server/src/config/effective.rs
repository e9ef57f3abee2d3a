//! What holds in the end, and why: each setting with the place it comes from.

use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use toml::Value;

use super::file::Given;
use super::key::{self, Kind};
use super::redact::redact;
use super::{CONFIG, innermost};

/// A setting as it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its key in the configuration file.
    pub key: String,
    /// The table of the file that the key stands in, if it is not at the top.
    pub table: Option<String>,
    /// The value, without passwords; `None` if it has none.
    pub value: Option<Value>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a setting comes from. Earlier ones come before later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag.
    Flag,
    /// This environment variable.
    Environment(String),
    /// The configuration file.
    File {
        /// The file, as it was named.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The settings of the command that was called. `given` is what the file says.
pub(super) fn settings(command: &Command, found: &ArgMatches, given: &[Given]) -> Vec<Setting> {
    let (found, called) = innermost(found);
    let shared: Vec<&Arg> = key::own(command).collect();
    let below = called.and_then(|name| command.find_subcommand(name));
    let arguments = key::own(below.unwrap_or(command));
    // A command that serves has all of them; others have none to speak of.
    if found.try_get_raw(CONFIG).is_err() {
        return Vec::new();
    }
    let setting = |argument: &Arg| {
        let id = argument.get_id().as_str();
        let is_shared = shared.iter().any(|known| known.get_id() == id);
        let table = called.filter(|_| !is_shared);
        let in_file = given.iter().find(|given| given.id == id && given.table.as_deref() == table);
        let source = match (found.value_source(id), in_file) {
            (Some(ValueSource::CommandLine), _) => Source::Flag,
            (Some(ValueSource::EnvVariable), _) => {
                let name = argument.get_env().map(|name| name.to_string_lossy().into_owned());
                Source::Environment(name.unwrap_or_default())
            }
            (Some(_), Some(given)) => Source::File { file: given.file.clone(), line: given.line },
            _ => Source::Default,
        };
        Setting {
            key: key::name(argument).to_owned(),
            table: table.map(str::to_owned),
            value: value(argument, found),
            source,
        }
    };
    arguments.map(setting).collect()
}

fn value(argument: &Arg, found: &ArgMatches) -> Option<Value> {
    let id = argument.get_id().as_str();
    let kind = Kind::of(argument);
    if kind == Kind::Switch {
        return found.get_one::<bool>(id).copied().map(Value::Boolean);
    }
    let texts = found.get_raw(id)?.map(|text| redact(&text.to_string_lossy()));
    let mut texts: Vec<String> = texts.collect();
    match kind {
        Kind::List => Some(Value::Array(texts.into_iter().map(Value::String).collect())),
        Kind::Number => {
            let text = texts.pop()?;
            Some(text.parse().map_or(Value::String(text), Value::Integer))
        }
        _ => texts.pop().map(Value::String),
    }
}

/// The settings as a configuration file, each with a remark that says where it comes from.
pub fn print(settings: &[Setting]) -> String {
    let line = |setting: &Setting| match &setting.value {
        Some(value) => (format!("{} = {value}", setting.key), setting.source.to_string()),
        None => (format!("# {} =", setting.key), "not set".to_owned()),
    };
    let width = |setting: &Setting| line(setting).0.chars().count();
    let width = settings.iter().map(width).filter(|width| *width <= 48).max().unwrap_or_default();
    let shown = |setting: &Setting| {
        let (written, source) = line(setting);
        format!("{written:width$}  # {source}\n")
    };
    let (own, top): (Vec<&Setting>, Vec<&Setting>) =
        settings.iter().partition(|setting| setting.table.is_some());
    let mut text: String = top.into_iter().map(shown).collect();
    let mut table = None;
    for setting in own {
        if table != setting.table.as_ref() {
            table = setting.table.as_ref();
            text.extend(table.map(|name| format!("\n[{name}]\n")));
        }
        text.push_str(&shown(setting));
    }
    text
}
