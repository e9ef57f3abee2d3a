//! How runs are made: what is a flag of `rescind check` and may stand in the target file, what is left out, and what is
//! accepted.

use std::path::PathBuf;

use jiff::civil::Date;
use rescind_specs::lifecycle::Period;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// How runs are made. A flag comes before its environment variable, that before the target file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CheckTable {
    /// As `--allow-writes`. It does not count where `--url` leads to another deployment than this file describes.
    pub allow_writes: bool,
    /// As `--only`.
    pub only: Vec<String>,
    /// As `--seed`.
    pub seed: Option<u64>,
    /// As `--cases`.
    pub cases: Option<u32>,
    /// As `--sequences`.
    #[schemars(range(min = 1))]
    pub sequences: Option<std::num::NonZeroU32>,
    /// As `--patience`.
    pub patience: Option<Period>,
    /// As `--timeout`.
    pub timeout: Option<Period>,
    /// As `--rate`.
    pub rate: Option<std::num::NonZeroU32>,
    /// As `--jobs`.
    pub jobs: Option<std::num::NonZeroU32>,
    /// As `--max-time`.
    pub max_time: Option<Period>,
    /// As `--seeds`; relative to the folder of this file.
    pub seeds: Option<PathBuf>,
    /// As `--cleanup`; relative to the folder of this file.
    pub cleanup: Option<PathBuf>,
    /// As `--report`: `FORMAT=FILE`, relative to the folder of this file.
    pub report: Vec<String>,
}

/// A requirement or a check that is left out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipEntry {
    /// A requirement (`dinie/R3`, or `R3` of each contract) or a check.
    pub id: String,
    /// Why; the report repeats it.
    #[serde(deserialize_with = "reason")]
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// A breach that is accepted until a day: it is shown, and does not redden the run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptEntry {
    /// A requirement (`dinie/R3`, or `R3` of each contract) or a check.
    pub id: String,
    /// From this day on, in UTC, it counts again.
    #[serde(deserialize_with = "day")]
    #[schemars(with = "String", extend("format" = "date"))]
    pub until: Date,
    /// Why; the report repeats it.
    #[serde(deserialize_with = "reason")]
    #[schemars(length(min = 1))]
    pub reason: String,
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("the reason is empty; say for whoever reads this later why it is so"));
    }
    Ok(text)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let error = || D::Error::custom("the day is written as 2027-01-31, without a time and without quotes");
    let written = toml::value::Datetime::deserialize(deserializer).map_err(|_| error())?;
    match (written.date, written.time) {
        (Some(date), None) => date.to_string().parse().map_err(|_| error()),
        _ => Err(error()),
    }
}
