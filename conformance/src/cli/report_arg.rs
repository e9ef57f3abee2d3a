//! `--report FORMAT=FILE`: which report is written where.

use std::path::PathBuf;
use std::str::FromStr;

/// A rendering of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// The whole result.
    Json,
    /// For CI servers that show tests.
    Junit,
    /// For code hosts and editors, with the lines of the contract.
    Sarif,
    /// Every request with its answer.
    Har,
    /// For the summary of a job, a comment or a ticket.
    Markdown,
    /// One page for a browser.
    Html,
}

impl Format {
    /// All of them, as the help lists them.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Json, Self::Junit, Self::Sarif, Self::Har, Self::Markdown, Self::Html];

    /// Its name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Har => "har",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To standard output.
    Stdout,
    /// To a file, in place of what is in it.
    File(PathBuf),
    /// To the end of the file that `GITHUB_STEP_SUMMARY` names.
    JobSummary,
}

/// A report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportArg {
    /// How.
    pub format: Format,
    /// Where.
    pub to: Destination,
}

impl FromStr for ReportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = text.split_once('=').unwrap_or((text, ""));
        if name == "github" {
            return match file {
                "" => Ok(Self { format: Format::Markdown, to: Destination::JobSummary }),
                _ => Err("github takes no file: it is the one that GITHUB_STEP_SUMMARY names; for another one write \
                          markdown=FILE"
                    .to_owned()),
            };
        }
        let format = Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.map(Format::name).to_vec();
            format!(
                "there is no format {name:?}; write FORMAT=FILE with one of {}, or github",
                known.join(", ")
            )
        })?;
        let to = match file {
            "" => {
                return Err(format!(
                    "the file is missing; write {name}=FILE, or {name}=- for standard output"
                ));
            }
            "-" => Destination::Stdout,
            _ => Destination::File(file.into()),
        };
        Ok(Self { format, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_goes_where_it_is_sent() {
        let check = |text: &str, format, to| assert_eq!(text.parse(), Ok(ReportArg { format, to }), "{text}");
        for format in Format::ALL {
            let name = format.name();
            check(&format!("{name}=-"), format, Destination::Stdout);
            check(&format!("{name}=a/b=c"), format, Destination::File("a/b=c".into()));
        }
        check("github", Format::Markdown, Destination::JobSummary);
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        let check = |text: &str, hint: &str| {
            let error = text.parse::<ReportArg>().unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        };
        check("xml=a", "junit");
        check("html", "html=FILE");
        check("github=a", "markdown=FILE");
        check("", "FORMAT=FILE");
    }
}
