//! The keys of the configuration file, read from the definition of the command line.

use std::any::TypeId;
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};

use super::CONFIG;
use crate::cli::DatabaseArgument;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// The path of a file, relative to the folder of the configuration file.
    Path,
    /// A text that may have such a path in it.
    Database,
    /// Several texts.
    List,
}

impl Kind {
    /// What the key of an argument holds.
    pub(super) fn of(argument: &Arg) -> Self {
        let held = argument.get_value_parser().type_id();
        let numbers = [
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
            TypeId::of::<NonZeroU16>(),
            TypeId::of::<NonZeroU32>(),
            TypeId::of::<NonZeroU64>(),
            TypeId::of::<NonZeroUsize>(),
        ];
        if matches!(argument.get_action(), ArgAction::Append) {
            Self::List
        } else if held == TypeId::of::<bool>() {
            Self::Switch
        } else if numbers.iter().any(|number| held == *number) {
            Self::Number
        } else if held == TypeId::of::<PathBuf>() {
            Self::Path
        } else if held == TypeId::of::<DatabaseArgument>() {
            Self::Database
        } else {
            Self::Text
        }
    }

    /// What is documented for it.
    pub(super) fn documented(self) -> &'static str {
        match self {
            Self::Switch => "`true` or `false`",
            Self::Number => "a whole number",
            Self::Text | Self::Database => "a text in quotes",
            Self::Path => "a path in quotes",
            Self::List => "a text in quotes or a list of them",
        }
    }
}

/// The arguments of `command` itself that have a key, in the order of the help.
pub(super) fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| {
        argument.get_env().is_some() && argument.get_long().is_some() && argument.get_id() != CONFIG
    })
}

/// The subcommands with a table in the file, each with the arguments that have a key there: those that serving without a
/// subcommand does not have.
pub(super) fn tables(command: &Command) -> impl Iterator<Item = (&str, Vec<&Arg>)> {
    let shared = |argument: &Arg| own(command).any(|known| known.get_id() == argument.get_id());
    command.get_subcommands().filter_map(move |below| {
        let keys: Vec<_> = own(below).filter(|argument| !shared(argument)).collect();
        (!keys.is_empty()).then(|| (below.get_name(), keys))
    })
}

/// The name of the key of an argument.
pub(super) fn name(argument: &Arg) -> &str {
    argument.get_long().unwrap_or_default()
}
