//! The result as SARIF 2.1.0, which code hosts and editors show beside the lines of the contract: rules are promises,
//! results are findings.
//!
//! A breach is an error, a divergence a note; what the operator accepts is suppressed. What is open is a result of the kind `open`, which is neither.

use std::fmt::Write as _;
use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::subject::Subject;
use super::text::{block, code, markdown, visible};
use super::{Breach, ContractReport, Outcome, Report};
use crate::exit_code::ExitCode;
use crate::explain;
use crate::verdict::Verdict;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    writeln!(out)
}

fn log(report: &Report) -> Value {
    let mut rules = Rules::default();
    let results: Vec<Value> =
        Subject::all(report).flat_map(|subject| results(&subject, &mut rules)).collect();
    let code = ExitCode::of(report);
    let contracts = report.contracts.iter().map(|contract| {
        json!({ "name": contract.contract, "title": contract.title, "url": contract.url, "verdict": contract.verdict() })
    });
    let contracts: Vec<Value> = contracts.collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "rescind",
                    "semanticVersion": report.version,
                    "rules": rules.0.into_values().collect::<Vec<_>>(),
                },
            },
            "invocations": [{
                "executionSuccessful": code != ExitCode::Internal,
                "exitCode": code.code(),
                "exitCodeDescription": code.meaning(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "seed": report.seed, "contracts": contracts },
        }],
    })
}

/// The rules that results refer to, by identifier.
#[derive(Default)]
struct Rules(IndexMap<String, Value>);

impl Rules {
    /// The identifier of a promise as a rule, and its place in the list. Checks are the same rule in each contract.
    fn add(&mut self, subject: &Subject<'_>) -> (String, usize) {
        let id = if subject.source.is_some() { subject.name() } else { subject.id.to_owned() };
        let entry = self.0.entry(id.clone());
        let index = entry.index();
        entry.or_insert_with(|| rule(&id, subject));
        (id, index)
    }
}

fn rule(id: &str, subject: &Subject<'_>) -> Value {
    let text = visible(subject.text);
    let mut help = text.clone().into_owned();
    let mut page = markdown(subject.text);
    if let Some((source, basis)) = subject.source {
        // Writing to a String cannot fail, here and below.
        let _ = write!(help, "\n\nSource: {source}\nBasis: {basis}");
        let _ = write!(page, "\n\n**Source:** {}  \n**Basis:** {basis}", markdown(source));
    }
    let checks = if subject.checks.is_empty() { vec![subject.id] } else { subject.checks.clone() };
    for check in explain::checks().filter(|check| checks.contains(&check.id)) {
        let _ = write!(help, "\n\n{}: {}\n\n{}", check.id, check.question, check.page);
        let _ = write!(page, "\n\n## {}\n\n{}\n\n{}", code(check.id), check.question, deeper(&check.page));
    }
    json!({
        "id": id,
        "shortDescription": { "text": text },
        "fullDescription": { "text": text },
        "help": { "text": help.trim_end(), "markdown": page.trim_end() },
        "defaultConfiguration": { "level": level(Verdict::Fail.capped_by(subject)) },
        "properties": { "tags": checks },
    })
}

/// A manual page below a heading of its own.
fn deeper(page: &str) -> String {
    page.lines()
        .map(|line| if line.starts_with('#') { format!("##{line}\n") } else { format!("{line}\n") })
        .collect()
}

impl Verdict {
    /// The worst that a promise can come to.
    fn capped_by(self, subject: &Subject<'_>) -> Self {
        subject.source.map_or(self, |(_, basis)| self.capped(basis))
    }
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail | Verdict::Error => "error",
        Verdict::Divergence => "note",
        Verdict::Pass | Verdict::Inconclusive => "none",
    }
}

fn results(subject: &Subject<'_>, rules: &mut Rules) -> Vec<Value> {
    let (id, index) = rules.add(subject);
    let mut results: Vec<Value> =
        subject.findings.iter().map(|breach| result(subject, breach, (&id, index))).collect();
    if let Outcome::NotExercised(why) = subject.outcome
        && subject.findings.is_empty()
    {
        results.push(json!({
            "ruleId": id,
            "ruleIndex": index,
            "kind": "open",
            "level": "none",
            "message": { "text": format!("{} was never exercised: {}", subject.name(), visible(why)) },
            "locations": locations(subject.contract, None),
        }));
    }
    results
}

fn result(subject: &Subject<'_>, breach: &Breach, (id, index): (&str, usize)) -> Value {
    let finding = &breach.finding;
    let kind = match finding.verdict {
        Verdict::Fail | Verdict::Divergence | Verdict::Error => "fail",
        Verdict::Inconclusive => "open",
        Verdict::Pass => "pass",
    };
    let operation = finding.operation.as_ref().map(ToString::to_string);
    let parts =
        [&subject.name(), &finding.check, operation.as_deref().unwrap_or_default(), &finding.documented];
    // What is received may hold identifiers and times, which differ from run to run.
    let fingerprint = parts.join(" | ");
    let suppressions: Vec<Value> = subject
        .acceptance()
        .map(|why| json!({ "kind": "external", "status": "accepted", "justification": visible(&why) }))
        .into_iter()
        .collect();
    json!({
        "ruleId": id,
        "ruleIndex": index,
        "kind": kind,
        "level": level(finding.verdict),
        "suppressions": suppressions,
        "message": { "text": text(subject, breach), "markdown": page(subject, breach) },
        "locations": locations(subject.contract, finding.place.as_deref()),
        "partialFingerprints": { "promise/v1": fingerprint },
        "occurrenceCount": breach.times.max(1),
        "properties": {
            "contract": subject.contract.contract,
            "url": subject.contract.url,
            "check": finding.check,
            "operation": operation,
            "verdict": finding.verdict,
            "exchanges": finding.exchanges,
            "steps": breach.steps,
            "reproduction": breach.reproduction,
        },
    })
}

fn facts(subject: &Subject<'_>, breach: &Breach) -> Vec<(&'static str, String)> {
    let finding = &breach.finding;
    let facts = [
        ("Promise", format!("{}: {}", subject.name(), subject.text)),
        ("Operation", subject.operation(breach).unwrap_or_default()),
        ("Documented", finding.documented.clone()),
        ("Received", finding.received.clone()),
        ("Breaks", subject.breaks(breach).unwrap_or_default()),
        ("Source", subject.source().unwrap_or_default()),
        ("Seen", Subject::seen(breach).unwrap_or_default()),
    ];
    facts.into_iter().filter(|(_, what)| !what.is_empty()).collect()
}

fn text(subject: &Subject<'_>, breach: &Breach) -> String {
    let mut text = format!("{}\n", breach.finding.message);
    for (label, what) in facts(subject, breach) {
        let _ = write!(text, "\n{label}: {what}");
    }
    for (number, step) in breach.steps.iter().enumerate() {
        text.push_str(if number == 0 { "\n\nShortest sequence:" } else { "" });
        let _ = write!(text, "\n{}. {step}", number + 1);
    }
    visible(&text).into_owned()
}

fn page(subject: &Subject<'_>, breach: &Breach) -> String {
    let mut text = format!("**{}**\n\n", markdown(&breach.finding.message));
    for (label, what) in facts(subject, breach) {
        let _ = writeln!(text, "- {label}: {}", markdown(&what));
    }
    if !breach.steps.is_empty() {
        text.push_str("\nShortest sequence:\n\n");
    }
    for (number, step) in breach.steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", number + 1, markdown(step));
    }
    if !breach.reproduction.is_empty() {
        let _ = write!(text, "\nReproduce with:\n\n{}", block("sh", &breach.reproduction));
    }
    text
}

/// Where the contract says it; else the beginning of the contract, because code hosts refuse results without a place.
fn locations(contract: &ContractReport, place: Option<&str>) -> Value {
    let place = place.and_then(split);
    let Some((file, line, column)) = place.or_else(|| Some((contract.documents.last()?.as_str(), 1, 1)))
    else {
        return json!([]);
    };
    json!([{
        "physicalLocation": {
            "artifactLocation": { "uri": uri(file) },
            "region": { "startLine": line, "startColumn": column },
        },
    }])
}

/// `file:line:column` in its parts. A file may have colons in its name.
fn split(place: &str) -> Option<(&str, u64, u64)> {
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((
        file,
        line.parse().ok().filter(|line| *line > 0)?,
        column.parse().ok().filter(|column| *column > 0)?,
    ))
}

/// The name of a file as a reference: of the work tree where it is relative.
fn uri(file: &str) -> String {
    if let Ok(url) = url::Url::from_file_path(file) {
        return url.to_string();
    }
    let file = file.replace('\\', "/");
    let file = file.trim_start_matches("./");
    file.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn segment(text: &str) -> String {
    rescind_specs::PathTemplate::new("{segment}").fill(|_| Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_split_from_its_end() {
        assert_eq!(split("specs/a.yaml:84:9"), Some(("specs/a.yaml", 84, 9)));
        assert_eq!(split("C:\\a.yaml:1:2"), Some(("C:\\a.yaml", 1, 2)));
        assert_eq!(split("a.yaml"), None);
        assert_eq!(split("a.yaml:0:1"), None);
    }

    #[test]
    fn a_file_becomes_a_reference() {
        assert_eq!(uri("specs/a b.yaml"), "specs/a%20b.yaml");
        assert_eq!(uri("./a:b.yaml"), "a%3Ab.yaml");
        assert_eq!(uri("specs\\a.yaml"), "specs/a.yaml");
        #[cfg(unix)]
        assert_eq!(uri("/tmp/a b.yaml"), "file:///tmp/a%20b.yaml");
    }
}
