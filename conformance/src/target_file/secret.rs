//! Where a secret of a target file comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Environment, TargetError};

/// A secret, or where it is.
#[derive(Clone, JsonSchema)]
#[schemars(untagged)]
pub enum SecretEntry {
    /// The name of the environment variable that holds it.
    Env(FromEnv),
    /// The file that holds it, white space at its end not counted.
    File(FromFile),
    /// A program that prints it, such as that of a password store.
    Command(FromCommand),
    /// The secret itself. The file should be readable by its owner alone.
    Literal(Literal),
}

/// A secret in an environment variable.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FromEnv {
    env: String,
}

/// A secret in a file.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FromFile {
    /// Relative to the folder of the target file.
    file: PathBuf,
}

/// A secret that a program prints on its standard output, white space at its end not counted.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FromCommand {
    /// The program, then its arguments, run in the folder of the judge.
    #[schemars(length(min = 1))]
    command: Vec<String>,
}

/// A secret that stands in the file.
#[derive(Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Literal {
    literal: String,
}

/// The value of a header: a text that everybody may see, or a secret.
#[derive(Clone, JsonSchema)]
#[schemars(untagged)]
pub enum HeaderEntry {
    /// The value itself, which is no secret.
    Plain(String),
    /// A secret.
    Secret(SecretEntry),
}

/// How a secret is written.
const WAYS: &str = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }";

impl SecretEntry {
    /// By hand, so that no message repeats a secret that is written in a wrong way.
    fn read(value: Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            return Err(match value {
                Value::String(_) => format!(
                    "a secret is not written into this file by accident: say where it is, as {WAYS}, or say \
                     {{ literal = \"…\" }} if it is to stand here"
                ),
                _ => format!("a secret is {WAYS}, or {{ literal = \"…\" }}"),
            });
        };
        Self::read_table(members).ok_or_else(|| {
            format!("a secret is one of {WAYS}, or {{ literal = \"…\" }}, and nothing beside it")
        })
    }

    fn read_table(members: Map<String, Value>) -> Option<Self> {
        let mut members = members.into_iter();
        let ((name, value), None) = (members.next()?, members.next()) else { return None };
        Some(match (name.as_str(), value) {
            ("env", Value::String(env)) => Self::Env(FromEnv { env }),
            ("file", Value::String(file)) => Self::File(FromFile { file: file.into() }),
            ("literal", Value::String(literal)) => Self::Literal(Literal { literal }),
            ("command", Value::Array(words)) if !words.is_empty() => {
                let words = words.into_iter().map(|word| match word {
                    Value::String(word) => Some(word),
                    _ => None,
                });
                Self::Command(FromCommand { command: words.collect::<Option<_>>()? })
            }
            _ => return None,
        })
    }

    /// Whether it stands in the target file.
    pub(super) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// The secret. `place` is where it is asked for; files are relative to `folder`.
    pub(super) fn resolve(
        &self,
        place: &str,
        folder: &Path,
        environment: &dyn Environment,
    ) -> Result<SecretString, TargetError> {
        match self {
            Self::Literal(Literal { literal }) => Ok(literal.clone().into()),
            Self::Env(FromEnv { env }) => match environment.variable(env) {
                Some(value) => Ok(value.into()),
                None => Err(TargetError::Unset { place: place.to_owned(), variable: env.clone() }),
            },
            Self::File(FromFile { file }) => {
                let path = folder.join(file);
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|source| TargetError::Read { path, source })?;
                Ok(text.trim_end().to_owned().into())
            }
            Self::Command(FromCommand { command }) => {
                printed(command).map_err(|why| TargetError::NotPrinted { place: place.to_owned(), why })
            }
        }
    }
}

/// What a program prints. Neither its arguments nor what it prints is ever told: both may be secret.
fn printed(command: &[String]) -> Result<SecretString, String> {
    let (program, arguments) = command.split_first().ok_or("its command is empty")?;
    // It may ask whoever sits at the terminal, through standard input or beside it.
    let ended = Command::new(program).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).output();
    let ended = ended.map_err(|error| format!("its program {program:?} could not be run: {error}"))?;
    if !ended.status.success() {
        return Err(format!(
            "its program {program:?} ended with {}; run it by hand to see why",
            ended.status
        ));
    }
    let text = String::from_utf8(ended.stdout)
        .map_err(|_| format!("its program {program:?} printed what is no text"))?;
    match text.trim_end() {
        "" => Err(format!("its program {program:?} printed nothing")),
        text => Ok(text.to_owned().into()),
    }
}

impl<'de> Deserialize<'de> for SecretEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format!("a secret is {WAYS}, or {{ literal = \"…\" }}")))?;
        Self::read(value).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for HeaderEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let error = || D::Error::custom(format!("the value of a header is a text, or a secret as {WAYS}"));
        match Value::deserialize(deserializer).map_err(|_| error())? {
            Value::String(text) => Ok(Self::Plain(text)),
            Value::Object(members) => SecretEntry::read_table(members).map(Self::Secret).ok_or_else(error),
            _ => Err(error()),
        }
    }
}

impl fmt::Debug for SecretEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("***"),
            Self::Env(FromEnv { env }) => write!(f, "{{ env = {env:?} }}"),
            Self::File(FromFile { file }) => write!(f, "{{ file = {:?} }}", file.display()),
            Self::Command(FromCommand { command }) => {
                write!(f, "{{ command = [{:?}, …] }}", command.first().map_or("", String::as_str))
            }
        }
    }
}

impl fmt::Debug for HeaderEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => fmt::Debug::fmt(text, f),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}
