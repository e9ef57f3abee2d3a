//! The configuration file: its text, read against the definition of the command line.

use std::error::Error as _;
use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::key::{self, Kind};
use super::mistake::{FileError, Mistake};

/// What the file says for one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The argument.
    pub(super) id: String,
    /// The subcommand in whose table it stands; `None` for all commands that have the argument.
    pub(super) table: Option<String>,
    /// As they would be written on the command line.
    pub(super) values: Vec<String>,
    /// Where the key is.
    pub(super) line: usize,
    /// The name of the file, for people.
    pub(super) file: String,
}

impl Given {
    /// The definition with these values as the default, which is what flags and the environment come before.
    pub(super) fn supply(&self, command: Command) -> Command {
        let command = match &self.table {
            None => self.to(command),
            Some(_) => command,
        };
        command.mut_subcommands(|below| match &self.table {
            Some(table) if below.get_name() != table => below,
            _ => self.to(below),
        })
    }

    fn to(&self, command: Command) -> Command {
        if !command.get_arguments().any(|argument| argument.get_id() == self.id.as_str()) {
            return command;
        }
        command.mut_arg(&self.id, |argument| argument.required(false).default_values(self.values.clone()))
    }
}

/// Reads the file at `path`, whose keys are those of `command`.
pub(super) fn read(path: &Path, command: &Command) -> Result<Vec<Given>, FileError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    let wrong = |mistakes| FileError::Wrong { path: path.to_owned(), mistakes };
    let table = DeTable::parse(&text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default();
        wrong(vec![Mistake::at(&text, error.span().map_or(0, |span| span.start), message)])
    })?;
    let mut reader = Reader { path, text: &text, given: Vec::new(), mistakes: Vec::new() };
    reader.top(table.get_ref(), command);
    if reader.mistakes.is_empty() {
        return Ok(reader.given);
    }
    reader.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    Err(wrong(reader.mistakes))
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    given: Vec<Given>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn top(&mut self, table: &DeTable<'_>, command: &Command) {
        let keys: Vec<&Arg> = key::own(command).collect();
        let tables: Vec<_> = key::tables(command).collect();
        let tables_known = tables.iter().map(|(name, _)| *name);
        let known: Vec<&str> = keys.iter().map(|argument| key::name(argument)).chain(tables_known).collect();
        for (name, value) in table {
            let below = tables.iter().find(|(known, _)| *known == name.get_ref());
            if let Some((table, keys)) = below {
                match value.get_ref().as_table() {
                    Some(held) => {
                        let known: Vec<&str> = keys.iter().map(|argument| key::name(argument)).collect();
                        for (name, value) in held {
                            self.key(Some(table), keys, &known, (name.get_ref(), name.span().start), value);
                        }
                    }
                    None => self.mistake(value.span().start, format!("`{table}` is a table: [{table}]")),
                }
            } else {
                self.key(None, &keys, &known, (name.get_ref(), name.span().start), value);
            }
        }
    }

    fn key(
        &mut self,
        table: Option<&str>,
        keys: &[&Arg],
        known: &[&str],
        (name, at): (&str, usize),
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(argument) = keys.iter().find(|argument| key::name(argument) == name) else {
            let meant = meant(name, known).map(|meant| format!("; did you mean `{meant}`?"));
            let hint = meant.unwrap_or_else(|| {
                "; the keys are the long flags of `rescind-server --help` without dashes".to_owned()
            });
            self.mistake(at, format!("unknown key `{name}`{hint}"));
            return;
        };
        let kind = Kind::of(argument);
        let before = self.mistakes.len();
        let values = match (kind, value.get_ref()) {
            (Kind::List, DeValue::Array(items)) => self.items(argument, items),
            _ => self.value(argument, kind, value).into_iter().collect(),
        };
        if self.mistakes.len() == before {
            let line = Mistake::at(self.text, at, "").line;
            self.given.push(Given {
                id: argument.get_id().to_string(),
                table: table.map(str::to_owned),
                values,
                line,
                file: self.path.display().to_string(),
            });
        }
    }

    fn items(&mut self, argument: &Arg, items: &DeArray<'_>) -> Vec<String> {
        items.iter().filter_map(|item| self.value(argument, Kind::List, item)).collect()
    }

    /// A value as it would be written on the command line.
    fn value(&mut self, argument: &Arg, kind: Kind, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let at = value.span().start;
        let written = match (kind, value.get_ref()) {
            (_, DeValue::Table(table)) => match self.elsewhere(table) {
                Ok(found) => Some(found),
                Err(message) => {
                    self.mistake(at, format!("`{}`: {message}", key::name(argument)));
                    return None;
                }
            },
            (Kind::Switch, DeValue::Boolean(is_on)) => Some(is_on.to_string()),
            (Kind::Number, DeValue::Integer(number)) => {
                i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
            }
            (Kind::Text | Kind::Path | Kind::Database | Kind::List, DeValue::String(text)) => {
                Some(text.to_string())
            }
            _ => None,
        };
        let Some(written) = written else {
            let received = value.get_ref().type_str();
            let (name, documented) = (key::name(argument), kind.documented());
            self.mistake(at, format!("`{name}` is {documented}, not {received}"));
            return None;
        };
        let written = self.settle(kind, written);
        if let Err(message) = check(argument, &written) {
            self.mistake(at, format!("`{}`: {message}", key::name(argument)));
            return None;
        }
        Some(written)
    }

    /// A value that is kept elsewhere, so that the file holds no secret.
    fn elsewhere(&self, table: &DeTable<'_>) -> Result<String, String> {
        const USAGE: &str = "write the value itself, { env = \"NAME\" } or { file = \"PATH\" }";
        let mut entries = table.iter();
        let (Some((kind, name)), None) = (entries.next(), entries.next()) else {
            return Err(USAGE.to_owned());
        };
        let name = name.get_ref().as_str().ok_or(USAGE)?;
        match &**kind.get_ref() {
            "env" => std::env::var(name).map_err(|_| format!("the environment variable {name} is not set")),
            "file" => match std::fs::read_to_string(self.beside(name)) {
                Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => Err(format!("cannot read {name}: {error}")),
            },
            _ => Err(USAGE.to_owned()),
        }
    }

    /// Makes paths relative to the folder of the file.
    fn settle(&self, kind: Kind, written: String) -> String {
        match kind {
            Kind::Path => self.beside(&written),
            Kind::Database => match written.strip_prefix("sqlite:") {
                Some(path) if !path.is_empty() => format!("sqlite:{}", self.beside(path)),
                _ => written,
            },
            Kind::Switch | Kind::Number | Kind::Text | Kind::List => written,
        }
    }

    fn beside(&self, path: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.join(path).to_string_lossy().into_owned()
    }

    fn mistake(&mut self, at: usize, message: String) {
        self.mistakes.push(Mistake::at(self.text, at, message));
    }
}

/// What the command line would say to `written`, without repeating it.
fn check(argument: &Arg, written: &str) -> Result<(), String> {
    let alone = Arg::new("value")
        .long("value")
        .allow_hyphen_values(true)
        .value_parser(argument.get_value_parser().clone());
    let command = Command::new("file").no_binary_name(true).disable_help_flag(true).arg(alone);
    let Err(error) = command.try_get_matches_from([format!("--value={written}")]) else { return Ok(()) };
    if let Some(reason) = error.source() {
        return Err(reason.to_string());
    }
    let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue) else {
        return Err("the value is not understood".to_owned());
    };
    let known: Vec<_> = known.iter().map(|value| format!("\"{value}\"")).collect();
    Err(format!("write one of {}", known.join(", ")))
}

/// The name that a wrong one may have been.
fn meant<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    // Underscores are what other tools write.
    let written = wrong.replace('_', "-");
    let distance = |name: &str| strsim::damerau_levenshtein(name, &written);
    let nearest = known.iter().copied().min_by_key(|name| distance(name));
    nearest.filter(|name| distance(name) <= 2.max(name.len() / 3))
}
